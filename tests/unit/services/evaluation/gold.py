"""Outcomes made by hand, and the results that they come to."""

from datetime import UTC, datetime

from services.evaluation import results
from services.evaluation.outcomes import Outcome
from services.evaluation.sets import Question, QuestionSet
from services.evaluation.wire import Event, Exchange

GOLD = Question(
    id="q1",
    question="How long is the lead time?",
    answers=("9 weeks", "nine weeks or more"),
    document="list.pdf",
    pages=(2,),
)
NO_ANSWER = Question(id="q2", question="Why?", answerable=False)
MOMENT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def passage(text="", document="list.pdf", page=2):
    return {"document_id": document, "document_name": document, "text": text, "page": page, "score": 1.0}


def outcome(question=GOLD, kind="generated", text="It takes 9 weeks.", page=2, *, of_it=(), **answer):
    """One question answered with one sentence; `of_it` are the passages found."""
    named = {"document_id": "list.pdf", "document_name": "list.pdf"}
    citation = named | {"page": page, "quote": "", "start": 0, "end": 0}
    sentence = {"text": text, "status": "supported", "citations": [citation]}
    told = [] if kind == "refused" else [Event("sentence", sentence, 1.5)]
    last = Event("answer", {"kind": kind, "text": text, "release_id": "r" * 64} | answer, 2.0)
    return Outcome(question, of_it, Exchange(200, b"", 2.0, (*told, last)))


def result(*outcomes, label="", digest="d" * 64):
    question_set = QuestionSet("leave", digest, tuple(one.question for one in outcomes))
    return results.make(results.Run(question_set, label, {}, MOMENT, MOMENT), outcomes)
