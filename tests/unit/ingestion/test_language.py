import pytest

from ingestion.language import language_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Every employee has twenty-five days of annual leave, which are agreed with the manager.", "en"),
        (
            "Alle Beschäftigten haben fünfundzwanzig Tage Urlaub, die mit der Leitung abgesprochen werden.",
            "de",
        ),
        ("Chaque salarié dispose de vingt-cinq jours de congés, fixés avec son responsable.", "fr"),
        ("従業員は年間二十五日の有給休暇を取得できます。上司と相談して決めてください。", "ja"),
        ("| 1 | 2 | 3 |\n| 25.5 | 17 | 0 |", ""),
        ("OK", ""),
    ],
)
def test_language_is_told_where_there_are_words(text: str, expected: str) -> None:
    assert language_of(text) == expected


def test_long_text_is_judged_by_its_parts() -> None:
    assert language_of("Der Urlaub wird mit der Leitung abgesprochen. " * 5000) == "de"
