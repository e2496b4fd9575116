import pytest

from services.answers.grounding import facts, quantities


def numbers(text):
    return [str(quantity) for quantity in facts.read(text).quantities]


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("1,200", "1200"),
        ("1.200", "1200"),
        ("1.200,50", "1200.5"),
        ("1,200.50", "1200.5"),
        ("3,5", "3.5"),
        ("3.50", "3.5"),
        ("0.125", "0.125"),
        ("1'000'000", "1000000"),
        ("007", "7"),
        ("0", "0"),
    ],
)
def test_a_number_has_one_value_in_every_writing(figure, value):
    assert quantities.canonical_value(figure) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs €1,200.50.", ["1200.5 EUR"]),
        ("Es kostet 1.200,50 €.", ["1200.5 EUR"]),
        ("about $1.2 million a year", ["1200000 USD"]),
        ("30 % or 30 percent or 30 Prozent", ["30 %", "30 %", "30 %"]),
        ("a plug of 3.5 mm", ["3.5 mm"]),
        ("thirty days and twenty-five weeks", ["30 day", "25 week"]),
        ("zwei Wochen", ["2 week"]),
        ("30 calendar days", ["30 day"]),
        ("a 5-day course", ["5 day"]),
        ("-5 °C at night", ["-5 °C"]),
        ("5-10 km", ["5", "10 km"]),
        ("twice a year", ["2 times"]),
        ("before 5 p.m. and after 9:30", ["17:00 clock", "9:30 clock"]),
        ("the 3rd floor", ["3 ordinal"]),
    ],
)
def test_numbers_are_read_with_their_units(text, found):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on 2025-03-03", ["2025-3-3"]),
        ("on 3 March 2025", ["2025-3-3"]),
        ("on March 3, 2025", ["2025-3-3"]),
        ("am 03.03.2025", ["2025-3-3"]),
        ("am 3. März 2025", ["2025-3-3"]),
        ("in the first quarter of 2024 and Q3", ["Q1-2024", "Q3"]),
        ("in May", ["5"]),
        ("you may march on", []),
        ("chapter 3.5", []),
    ],
)
def test_dates_are_read_in_every_form(text, found):
    assert [str(date) for date in facts.read(text).dates] == found


def test_parts_of_a_date_are_not_numbers_as_well():
    assert numbers("on 3 March 2025 and 2024-12-24") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Error HF-204 in v2.1.3 on 10.0.0.1", {"hf-204", "v2.1.3", "10.0.0.1"}),
        (
            "Write to Anna@Firm.example or see https://a.example/x?y=1.",
            {"anna@firm.example", "https://a.example/x?y=1"},
        ),
        ("a 24-hour service over 5km", set()),
    ],
)
def test_identifiers_are_kept_whole(text, found):
    assert facts.read(text).identifiers == found


def test_a_sentence_start_is_marked_as_such():
    found = {name.text: name.is_initial for name in facts.read("Managers ask Anna Berger in Leeds.").names}
    assert found == {"Managers": True, "Anna": False, "Berger": False, "Leeds": False}


@pytest.mark.parametrize(
    "text",
    [
        "It must not leave.",
        "Nobody may enter.",
        "Das gilt nicht.",
        "Keine Haftung.",
        "They can't.",
        "It is prohibited.",
    ],
)
def test_denials_are_seen(text):
    assert facts.read(text).polarity.denies


@pytest.mark.parametrize(
    "text", ["See No. 5.", "Not only managers may.", "Pay no later than Monday.", "It is allowed."]
)
def test_what_only_looks_like_a_denial_is_none(text):
    assert not facts.read(text).polarity.denies
