import pytest

from tests.quality import figures, figures_table
from tests.quality.figures import Figure
from tests.quality.figures_table import BEGIN, END

HIT = Figure("golden_hit_at_5", 0.9375, "share", "≥ 0.9", "make eval", "30 of 32", "2026-11-21", "2 cores")
SLOW = Figure("ttft_added_ms", 51.2, "ms", "≤ 40", "make bench")


def test_a_row_says_value_denominator_target_and_where_from():
    assert figures_table.render([HIT])["golden_hit_at_5"] == (
        "| `golden_hit_at_5` | 94% (30 of 32) | ≥ 0.9 ✓ | `make eval` | 2026-11-21, 2 cores |"
    )


def test_a_missed_target_is_marked():
    assert "≤ 40 ✗" in figures_table.render([SLOW])["ttft_added_ms"]


def test_the_table_stands_between_the_comments_and_nothing_else_changes():
    text = f"# Title\n{BEGIN}\nstale\n{END}\nthe rest\n"
    new = figures_table.updated(text, [HIT])
    assert new.startswith(f"# Title\n{BEGIN}\n| figure |")
    assert new.endswith(f"{END}\nthe rest\n")
    assert "stale" not in new
    assert figures_table.updated(new, [HIT]) == new


def test_figures_not_measured_this_time_keep_their_rows():
    first = figures_table.updated(f"{BEGIN}\n{END}", [HIT, SLOW])
    faster = Figure("ttft_added_ms", 12.0, "ms", "≤ 40", "make bench")
    again = figures_table.updated(first, [faster])
    assert "golden_hit_at_5" in again
    assert "12 ms" in again
    assert "51.2" not in again


def test_a_readme_without_the_comments_is_refused():
    with pytest.raises(figures_table.NoPlaceForFigures):
        figures_table.updated("# Title", [HIT])


def test_the_command_writes_and_checks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n")
    figures.write("golden", [HIT], tmp_path)
    arguments = ["--readme", str(readme), "--figures", str(tmp_path)]
    assert figures_table.main([*arguments, "--check"]) == 1
    assert figures_table.main(arguments) == 0
    assert figures_table.main([*arguments, "--check"]) == 0
