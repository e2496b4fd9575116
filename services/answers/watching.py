"""What an ended answer tells those who watch the product: metrics and spans, without a word of its text."""

from collections import Counter

from services import metrics, tracing
from services.answers.schemas import AnswerOut
from services.answers.work import Work
from services.database.tables.answers import DONE, REFUSED

DROPPED = "dropped"


def answer_ended(work: Work, answer: AnswerOut) -> None:
    """Count the answer and send its spans."""
    sentences: Counter[str] = Counter(sentence.status for sentence in answer.sentences)
    sentences[DROPPED] += answer.dropped_sentences
    outcome = answer.kind if answer.state in (DONE, REFUSED) else answer.state
    metrics.answer_ended(
        outcome=outcome,
        policy=answer.policy,
        timings_ms=work.timings,
        usage=work.usage,
        sentences=sentences,
    )
    moments = {name: ms for name, ms in work.timings.items() if name != "total"}
    tracing.record(
        "answer",
        tracing.steps_between(moments),
        {"answer": answer.id, "release": answer.release_id, "outcome": outcome, **work.usage},
    )
