"""Near-copies that change one word, or who did it to whom."""

import pytest

from services.answers.grounding import alignment


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Wellington defeated Napoleon at Waterloo.", "Napoleon defeated Wellington at Waterloo."),
        ("Managers report to employees.", "Employees report to managers."),
        ("Japan attacked the United States in 1941.", "The United States attacked Japan in 1941."),
        (
            "In 1926 the museum sold car 11 to the society.",
            "In 1926 the society sold car 11 to the museum.",
        ),
    ],
)
def test_parties_in_each_others_place_are_noticed(claim, source):
    assert alignment.exchanged(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Napoleon was defeated by Wellington at Waterloo.", "Wellington defeated Napoleon at Waterloo."),
        ("In 2024 the company filled 71 vacancies.", "The company filled 71 vacancies in 2024."),
        ("Priya Raman and Judith Farrow split the key.", "Judith Farrow and Priya Raman split the key."),
        ("Bread and rolls are baked at night.", "Rolls and bread are baked at night."),
        ("The scarf is lent by the choir.", "The scarf is lent by the choir."),
    ],
)
def test_what_is_only_said_in_another_order_is_let_be(claim, source):
    assert alignment.exchanged(claim, source) is None


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The oven was bought in the winter of 2019.", "The oven was bought in the spring of 2019."),
        ("Every visitor is met at the canteen.", "Every visitor is met at reception."),
    ],
)
def test_a_word_in_anothers_place_is_noticed(claim, source):
    assert "stands for" in (alignment.replaced(claim, source, frozenset()) or "")


def test_a_pronoun_may_be_spelled_out():
    source = "It was built in 1913 and returned to service in 2019."
    claim = "The tram was built in 1913 and returned to service in 2019."
    assert alignment.replaced(claim, source, frozenset(["tram"])) is None
    assert alignment.replaced(claim, source, frozenset(["ferry"]))


def test_another_wording_is_no_near_copy():
    source = "Dogs may ride on the rear platform only."
    assert alignment.replaced("You can take a dog along at the back.", source, frozenset()) is None
