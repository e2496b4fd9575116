import pytest

from services.evaluation import facts
from services.evaluation.facts import Figure


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("28 days of leave", {Figure("28", "day")}),
        ("15 working days", {Figure("15", "day")}),
        ("a 12-month warranty", {Figure("12", "month")}),
        ("£1,200 or 7 %", {Figure("1200", "£"), Figure("7", "percent")}),
        ("six hours", {Figure("6", "hour")}),
        ("at 10:15", {Figure("10:15")}),
        ("permit PR-2 for E-17", set()),
        ("one of the two", {Figure("2")}),
    ],
)
def test_reads_figures_with_their_units(text, figures):
    assert facts.figures(text) == figures


def test_codes_are_neither_numbers_nor_names():
    text = "Code E-17 of F15-250 needs form EX-4."
    assert facts.identifiers(text) == {"e-17", "f15-250", "ex-4"}
    assert facts.names(text) == set()


def test_a_first_word_is_a_name_only_before_another_capital():
    assert facts.names("Charging costs 32 pence.") == set()
    assert facts.names("Gareth Pym leads it.") == {"gareth", "pym"}
    assert facts.names("Use the Ledgerline app. Claims end there.") == {"ledgerline"}


def test_names_are_found_whatever_their_ending():
    assert facts.names("That is Gareth's desk at the Employees office") <= facts.name_words(
        "gareth employee office"
    )


@pytest.mark.parametrize(
    ("text", "is_negated"),
    [
        ("They may not fly", True),
        ("It doesn\u2019t apply", True),
        ("No one may", True),
        ("A notable note", False),
    ],
)
def test_sees_negations(text, is_negated):
    assert facts.is_negated(text) is is_negated
