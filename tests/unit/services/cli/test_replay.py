"""How a replay is told on the command line."""

from services.cli import replay

SAME = {
    "outcome": "identical", "said": "identical", "shown": "identical", "prompt_is_same": True, "cause": "",
    "reason": "", "changed_parts": [], "release_then": "a" * 64, "release_now": "a" * 64, "diff": [],
}  # fmt: skip


def test_identical_is_said_first(capsys):
    replay._show(SAME)
    assert capsys.readouterr().out.splitlines()[0] == "identical"


def test_difference_names_its_cause_and_shows_the_lines(capsys):
    other = {"outcome": "different", "said": "different", "shown": "different", "cause": "release",
             "reason": "Another release answers now.", "changed_parts": ["generator"],
             "release_now": "b" * 64, "diff": ["-old [1]", "+new [bold]"]}  # fmt: skip
    replay._show(SAME | other)
    told = capsys.readouterr().out
    assert "cause: release. Another release answers now." in told
    assert "release aaaaaaaaaaaa is now bbbbbbbbbbbb, other in: generator" in told
    assert "+new [bold]" in told


def test_cannot_says_why(capsys):
    replay._show({"outcome": "cannot", "reason": "cannot: source removed on 2026-11-21"})
    assert capsys.readouterr().out == "cannot: source removed on 2026-11-21\n"
