"""The judge against sentences whose support is known."""

import pytest

from services.evaluation import judge
from services.evaluation.sets import Question
from services.evaluation.wire import Citation, Event, Exchange, Sentence

HANDBOOK = (
    "Leave\n\nFull-time employees receive 28 days of paid annual leave a year. Gareth Pym approves it.\n"
    "Up to 5 unused days may be carried over. Contractors may not carry over any day.\n\n"
    "| Reason | Paid days |\n| --- | --- |\n| Bereavement | 3 |\n| Moving | 1 |\n"
)
TRAVEL = "The 2024 meal allowance for the Netherlands is £44 a day. London hotels cost £185."
TEXTS = {"handbook": HANDBOOK, "travel": TRAVEL}

LEAVE = Question(
    id="q1",
    question="How much paid holiday does a full-time employee get?",
    asker="ben",
    answerable=True,
    key_facts=("28 days",),
    document="handbook.pdf",
    support="Full-time employees receive 28 days of paid annual leave a year.",
)
MEALS = Question(
    id="q2",
    question="What is the meal allowance in 2025?",
    asker="ben",
    answerable=True,
    key_facts=("£42",),
    document="travel-2025.pdf",
    support="The 2025 meal allowance is £42 a day.",
)
JAPAN = Question(
    id="q3", question="What is the meal allowance for a trip to Japan in 2025?", asker="ben", answerable=False
)


def citing(quote: str, document: str = "handbook", shift: int = 0) -> Citation:
    start = TEXTS[document].index(quote) + shift
    return Citation(document, f"{document}.pdf", 1, quote, start, start + len(quote))


def reasons(text, *citations, question=LEAVE, status="supported"):
    return judge.judge_sentence(Sentence(text, status, citations), question, TEXTS.get).reasons


ANNUAL = "Full-time employees receive 28 days of paid annual leave a year."
CARRY = "Up to 5 unused days may be carried over."
FORBIDDEN = "Contractors may not carry over any day."
MEAL = "The 2024 meal allowance for the Netherlands is £44 a day."


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        ("You get 28 days of paid leave a year.", citing(ANNUAL)),
        ("Up to 5 unused days may be carried over.", citing(CARRY)),
        ("Contractors may not carry over a day.", citing(FORBIDDEN)),
        ("Gareth Pym approves it.", citing("Gareth Pym approves it.")),
        ("For bereavement, 3 days are paid.", citing("| Bereavement | 3 |")),
    ],
)
def test_what_the_document_says_is_supported(text, citation):
    assert reasons(text, citation) == ()


@pytest.mark.parametrize(
    ("text", "citation", "reason"),
    [
        ("You get 29 days of leave.", citing(ANNUAL), "number '29'"),
        ("You get 28 weeks of leave.", citing(ANNUAL), "28 is not in week"),
        ("Full-time employees receive 5 days of leave.", citing(ANNUAL), "says 5 day where"),
        ("Peter Pym approves it.", citing("Gareth Pym approves it."), "name 'peter'"),
        ("Form EX-4 gives 28 days.", citing(ANNUAL), "code 'ex-4'"),
        ("Employees do not receive 28 days.", citing(ANNUAL), "denies"),
        ("Contractors may carry over any day.", citing(FORBIDDEN), "leaves out the negation"),
        ("You get 28 days.", citing(ANNUAL, shift=3), "not at its offsets"),
    ],
)
def test_what_it_does_not_say_is_unsupported(text, citation, reason):
    assert reason in "; ".join(reasons(text, citation))


def test_a_sentence_without_a_citation_is_unsupported():
    assert reasons("You get 28 days.") == ("no citation",)


def test_a_citation_the_reader_may_not_follow_is_unsupported():
    hidden = Citation("secret", "secret.pdf", 1, "28 days", 0, 7)
    assert "may not read" in reasons("You get 28 days.", hidden)[0]


def test_a_quote_must_stand_in_the_document():
    assert reasons(f"“{ANNUAL}”", citing(ANNUAL), status="quoted") == ()
    assert reasons("Employees receive 28 days.", citing(ANNUAL), status="quoted") == (
        "marked as a quote, but not in the cited document",
    )


@pytest.mark.parametrize(
    ("text", "is_supported"),
    [
        ("Reason: Bereavement; Paid days: 3", True),
        ("Paid days: 3", True),
        ("Reason: Bereavement; Paid days: 1", False),
        ("Paid days: Bereavement; Reason: 3", False),
        ("Unpaid days: 3", False),
    ],
)
def test_a_quoted_row_may_name_its_own_columns(text, is_supported):
    told = reasons(text, citing("| Bereavement | 3 |"), status="quoted")
    assert (told == ()) is is_supported


def test_the_right_value_of_the_wrong_year_is_unsupported():
    told = reasons("In 2025 the meal allowance is £44 a day.", citing(MEAL, "travel"), question=MEALS)
    assert any("2025" in reason for reason in told)
    assert reasons("In 2024 it was £44 a day.", citing(MEAL, "travel"), question=MEALS) == ()


def test_an_answer_to_what_has_none_is_unsupported():
    told = reasons("The meal allowance for Japan is £44 a day.", citing(MEAL, "travel"), question=JAPAN)
    assert any("japan" in reason for reason in told)
    assert reasons("£44.", citing(MEAL, "travel"), question=JAPAN) == (
        "answers a question that has no answer",
    )


def test_repeating_the_document_is_no_answer_to_what_has_none():
    assert reasons(MEAL, citing(MEAL, "travel"), question=JAPAN) == ()


def exchange(text, *sentences, kind="generated"):
    rows = [
        Event("sentence", {"text": one, "status": "supported", "citations": [asdict(citing(ANNUAL))]}, 1.0)
        for one in sentences
    ]
    return Exchange(200, b"", 2.0, (*rows, Event("answer", {"kind": kind, "text": text}, 2.0)))


def asdict(citation: Citation) -> dict:
    return {name: getattr(citation, name) for name in Citation.__dataclass_fields__}


def test_text_that_was_never_sent_as_a_sentence_counts():
    sent = "You get 28 days."
    told = judge.judge_exchange(exchange(f"{sent} [1] And 3 more.", sent), LEAVE, TEXTS.get)
    assert [(verdict.status, verdict.is_unsupported) for verdict in told] == [
        ("supported", False),
        ("unsent", True),
    ]
    assert len(judge.judge_exchange(exchange(f"{sent} [1]", sent), LEAVE, TEXTS.get)) == 1


def test_a_refusal_says_nothing_to_judge():
    assert judge.judge_exchange(exchange("Nothing was found.", kind="refused"), LEAVE, TEXTS.get) == []
