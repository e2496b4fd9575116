"""How a drift check is told on the command line."""

from services.cli import drift


def test_drifted_parts_are_said_first_and_explained(capsys):
    parts = {"retrieval": "exact", "prompt": "drifted", "model": "within_tolerance"}
    drift._show({"state": "drifted", "parts": parts, "findings": {"prompt": ["the templates are others"]}})
    assert capsys.readouterr().out.splitlines() == [
        "drifted by prompt",
        "  retrieval  exact",
        "  prompt     drifted",
        "    the templates are others",
        "  model      within tolerance",
    ]


def test_exact_blames_nobody(capsys):
    drift._show({"state": "exact", "parts": {"engine": "exact"}, "findings": {}})
    assert capsys.readouterr().out.splitlines() == ["exact", "  engine     exact"]
