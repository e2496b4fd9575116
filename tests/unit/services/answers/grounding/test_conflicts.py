"""Sources that say the same with other figures: both are heard, and nothing else is called a conflict."""

from datetime import date

import pytest

from services.answers.grounding import AnswerDraft, index_passages
from services.passages import Passage

QUESTION = "What may a hotel cost?"
SAID = "A hotel may cost at most 120 euro a night."


def passage(number, text, name="", **more):
    place = {"start": 0, "end": len(text), "score": 1.0}
    return Passage(
        str(number) * 64, f"v{number}", f"d{number}", "c", name or f"{number}.pdf", text, **place, **more
    )


def answered(*passages, question=QUESTION, said=SAID):
    draft = AnswerDraft(index_passages(passages, question))
    draft.feed(said)
    draft.finish()
    return draft.answer()


def test_another_figure_in_the_same_words_is_said_and_cited_beside():
    rival = "A hotel may cost at most 150 euro a night."
    given = answered(passage(1, SAID), passage(2, rival))
    (conflict,) = given.conflicts
    assert (conflict.one.quote, conflict.other.quote, conflict.are_editions) == (SAID, rival, False)
    notice = given.sentences[-1]
    assert notice.text.startswith("The sources disagree: “A hotel may cost at most 120 euro a night” (1)")
    assert [place.number for place in notice.citations] == [1, 2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "Policy 2022.pdf"}, {"name": "Policy 2023.pdf"}),
        ({"valid_until": date(2022, 12, 31)}, {"valid_from": date(2023, 1, 1)}),
    ],
    ids=["titles", "validity"],
)
def test_editions_of_one_rule_are_called_so(first, second):
    rival = "A hotel may cost at most 150 euro a night."
    given = answered(passage(1, SAID, **first), passage(2, rival, **second))
    assert given.conflicts[0].are_editions
    assert given.sentences[-1].text.startswith("The editions differ")


def test_another_date_is_a_conflict():
    said = "The travel policy applies from 3 March 2023."
    given = answered(
        passage(1, said),
        passage(2, "The travel policy applies from 3 May 2023."),
        question="From when does the travel policy apply?",
        said=said,
    )
    assert len(given.conflicts) == 1


def test_it_is_said_in_the_language_of_the_question():
    said = "Ein Hotel darf höchstens 120 Euro kosten."
    rival = "Ein Hotel darf höchstens 150 Euro kosten."
    given = answered(passage(1, said), passage(2, rival), question="Was darf ein Hotel kosten?", said=said)
    assert given.sentences[-1].text.startswith("Die Quellen sagen Verschiedenes")


@pytest.mark.parametrize(
    "other",
    [
        SAID,
        "A hotel may cost at most EUR 120 a night.",
        "A hotel may cost at most 150 euro a night for managers.",
        "A hostel may cost at most 40 euro a night.",
        "A hotel in Paris may cost at most 150 euro a night.",
        "A hotel may cost at most 150 euro a night in 2 rooms.",
        "A hotel may cost what it costs.",
    ],
)
def test_what_is_said_of_something_else_is_no_conflict(other):
    assert answered(passage(1, SAID), passage(2, other)).conflicts == ()


def test_who_asks_about_one_year_is_not_told_of_another():
    rival = passage(2, "A hotel may cost at most 150 euro a night.", "Policy 2022.pdf")
    mine = passage(1, SAID, "Policy 2023.pdf")
    assert answered(mine, rival, question="What may a hotel cost in 2023?").conflicts == ()
    assert len(answered(mine, rival).conflicts) == 1


def test_statements_of_their_own_years_do_not_contradict_each_other():
    said = "In 2023 a hotel may cost at most 120 euro a night."
    rival = passage(2, "In 2022 a hotel may cost at most 150 euro a night.")
    assert answered(passage(1, said), rival, said=said).conflicts == ()


def test_one_document_does_not_contradict_itself():
    one = passage(1, SAID)
    rival = passage(2, "A hotel may cost at most 150 euro a night.")
    same = Passage(**{field: getattr(rival, field) for field in Passage.__slots__} | {"document_id": "d1"})
    assert answered(one, same).conflicts == ()
