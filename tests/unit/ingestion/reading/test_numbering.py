import pytest

from ingestion.reading.numbering import BULLET, Counters, Level, shown

LEVELS = {
    0: Level(1, "decimal", "%1."),
    1: Level(1, "lowerLetter", "%1.%2)"),
    2: Level(1, "upperRoman", "(%3)"),
}


def test_deeper_levels_begin_anew_under_each_item() -> None:
    counters = Counters()
    labels = [counters.label("list", depth, LEVELS) for depth in (0, 1, 1, 2, 0, 1)]

    assert labels == ["1.", "1.a)", "1.b)", "(I)", "2.", "2.a)"]


def test_level_before_its_parent_counts_the_parent_as_begun() -> None:
    assert Counters().label("list", 1, LEVELS) == "1.a)"


def test_restarted_list_begins_at_its_number() -> None:
    counters = Counters()
    counters.label("list", 0, LEVELS)
    counters.restart("list", 0, 5)

    assert counters.label("list", 0, LEVELS) == "5."


def test_legal_level_shows_every_number_in_digits() -> None:
    levels = {0: Level(2, "upperRoman", "%1"), 1: Level(1, "lowerLetter", "%1.%2", is_legal=True)}
    assert Counters().label("list", 1, levels) == "2.1"


def test_bullet_is_a_dash() -> None:
    assert Counters().label("list", 0, {0: Level(form=BULLET, text="\uf0b7")}) == "-"


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (28, "lowerLetter", "bb"),
        (3, "upperLetter", "C"),
        (1994, "lowerRoman", "mcmxciv"),
        (7, "decimalZero", "07"),
        (7, "none", ""),
        (0, "lowerRoman", "0"),
        (7, "chicago", "7"),
    ],
)
def test_number_is_written_as_its_form_says(number: int, form: str, expected: str) -> None:
    assert shown(number, form) == expected
