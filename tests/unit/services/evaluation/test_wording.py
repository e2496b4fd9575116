import pytest

from services.evaluation import wording


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("| London | £185 |", "London | £185"),
        ("The midpoint is £54,100.", "54100"),
        ("after *six* hours", "6 hours"),
        ("Flights longer than 6 hours", "six hours"),
        ("at\n 10:15", "10:15"),
        ("ask for code CLOSE\u2011MAGPIE", "CLOSE-MAGPIE"),
    ],
)
def test_finds_the_same_words_written_otherwise(text, wanted):
    assert wording.holds(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("119 weeks", "9"),
        ("9.5 weeks", "9"),
        ("E-17 or E-171", "E-1"),
        ("5 or more times", "5 times"),
        ("", "9"),
    ],
)
def test_refuses_parts_of_tokens_and_gaps(text, wanted):
    assert not wording.holds(text, wanted)


def test_a_canary_inside_a_longer_word_is_not_written_there():
    assert wording.is_written_in("54100", "a midpoint of 54,100 pounds")
    assert not wording.is_written_in("54100", "chunk 9a54100bc")


def test_a_support_of_two_sentences_falls_into_two_pieces():
    assert wording.pieces("It has expired. Run the tool certrenew.exe and restart.") == [
        "It has expired.",
        "Run the tool certrenew.exe and restart.",
    ]
