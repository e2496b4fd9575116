"""From a question to a cited answer: the whole flow on one page.

    begin → find passages → (refuse, or ask back) → prompt → model → grounded sentences → end

Nothing leaves before its sentence is checked (under `strict`), no database connection is held while the
model speaks, and whatever happens after `begin` the answer's end is written: a caller who leaves gets what
there is kept as `stopped`.
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import anyio
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from services import errors, metrics
from services.answers import filling, grounding, prompt, records, rewriting, watching
from services.answers.grounding import (
    AnswerDraft,
    GroundedSentence,
    GroundingThresholds,
    LeafChecker,
    Similarity,
)
from services.answers.prompt import Prompt
from services.answers.records import Problem
from services.answers.schemas import (
    AnswerOut,
    PassagesEvent,
    QuestionEvent,
    TokenEvent,
    UnderstoodEvent,
)
from services.answers.shapes import Shape
from services.answers.still_reading import Watch
from services.answers.work import Question, Work
from services.database.tables.answers import DONE, FAILED, REFUSED
from services.resources import Resources
from services.retrieval import search
from services.retrieval.schemas import PassageOut
from services.retrieval.search import Found

log = logging.getLogger(__name__)
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell the asker, as soon as it is so."""

    name: str
    data: BaseModel


async def answer_question(question: Question, resources: Resources) -> AsyncGenerator[Event, None]:
    """Events in their order: question, understood?, passages, token* or sentence*, then answer or failed."""
    with anyio.CancelScope(shield=True):  # one who leaves now still leaves an answer that has an end
        work = Work(question, await run_in_threadpool(records.begin, question, resources))
    metrics.ANSWERS_IN_PROGRESS.inc()
    try:
        yield Event(
            "question", QuestionEvent(id=work.answer_id, question=question.text, searched_as=question.text)
        )
        watch = Watch(question.caller, resources)
        if await rewriting.understand(work, resources):
            await watch.before("understood", work.rests_on)
            yield Event("understood", UnderstoodEvent(searched_as=work.searched_as))
        found = await _find(work, resources)
        await watch.before("passages", work.rests_on.union(one.version_id for one in work.passages))
        yield Event("passages", _passages_event(found))
        async with aclosing(_speak(work, resources)) as events:
            async for event in events:
                await watch.before(event.name, work.rests_on.union(one.version_id for one in work.passages))
                yield event
    except errors.HoldfastError as error:
        work.state, work.error = FAILED, error
    except Exception:
        log.exception("an answer broke off", extra={"answer": work.answer_id})
        work.state, work.error = FAILED, errors.HoldfastError()
    finally:
        metrics.ANSWERS_IN_PROGRESS.dec()
        with anyio.CancelScope(shield=True):
            work.mark("total")
            answer = await run_in_threadpool(records.end, work, resources)
            watching.answer_ended(work, answer)
    if work.error is not None:
        yield Event("failed", Problem.of(work.error, answer))
    else:
        yield Event("answer", answer)


async def answer_at_once(question: Question, resources: Resources) -> AnswerOut | Problem:
    """What the events come to, for those who do not want to watch."""
    async with aclosing(answer_question(question, resources)) as events:
        async for event in events:
            if isinstance(event.data, AnswerOut | Problem):
                return event.data
    raise errors.HoldfastError


async def _find(work: Work, resources: Resources) -> Found:
    question, limit = work.question, resources.settings.answers.passages
    found = await run_in_threadpool(
        search.find_passages,
        question.caller,
        work.searched_as,
        resources,
        collections=question.collections,
        limit=limit,
    )
    work.mark("search")
    for side in found.degraded:
        metrics.DEGRADED.labels(side).inc()
    work.passages, work.nearest = found.passages, found.passages[:NEAREST]
    work.similarity = max((one.similarity or 0.0 for one in found.evidence.values()), default=0.0)
    return found


async def _speak(work: Work, resources: Resources) -> AsyncGenerator[Event, None]:
    """The model's sentences as they are checked, or nothing where no passage is good enough."""
    index = grounding.index_passages(work.passages, work.searched_as)
    thresholds = GroundingThresholds.from_lock(resources.lock.grounding)
    if not grounding.can_answer(index, thresholds, nearest=work.similarity).is_answerable:
        work.state = REFUSED
        return
    if _may_ask_back(work) and (options := grounding.find_options(index)):
        work.options, work.state = options, DONE
        return
    work.prompt = await run_in_threadpool(_build_prompt, work, resources)
    work.mark("prompt")
    if work.question.shape is not None:
        await _fill(work, work.question.shape, thresholds, resources)
        return
    draft = work.draft = AnswerDraft(
        index, work.question.policy, thresholds, similarity=similarity(resources)
    )
    async with aclosing(_texts(work, work.prompt, resources)) as texts:
        async for text in texts:
            if text and work.question.policy == "off":
                yield Event("token", TokenEvent(text=text))
            # Checking may embed sentences, which must not hold up everybody else's stream; taking a token in
            # is quicker than the way to a thread and back.
            if ended := draft.take(text):
                for sentence in await run_in_threadpool(draft.judge, ended):
                    yield _sentence_event(work, sentence)
            if draft.is_going_round:
                break
    work.mark("model")
    for sentence in await run_in_threadpool(draft.finish):
        yield _sentence_event(work, sentence)
    work.state = DONE if draft.answer().kind != "refused" else REFUSED


def _may_ask_back(work: Work) -> bool:
    """Who wants JSON, or the model's words unchecked, gets those."""
    return work.question.shape is None and work.question.policy != "off"


async def _texts(work: Work, asked: Prompt, resources: Resources) -> AsyncGenerator[str, None]:
    """What the model says as it says it, noted on the way."""
    async with aclosing(resources.model.stream(asked.messages, work.question.sampling)) as pieces:
        async for piece in pieces:
            work.mark("first_token")
            work.said.append(piece.text)
            work.finish_reason = piece.finish_reason or work.finish_reason
            if piece.completion_tokens:
                work.usage = {
                    "prompt_tokens": piece.prompt_tokens,
                    "completion_tokens": piece.completion_tokens,
                }
            yield piece.text


async def _fill(work: Work, shape: Shape, thresholds: GroundingThresholds, resources: Resources) -> None:
    """The model's JSON; nothing of it leaves before all of it is checked."""
    if work.prompt is not None:
        async with aclosing(_texts(work, work.prompt, resources)) as texts:
            async for _text in texts:
                pass
    work.mark("model")
    checker = LeafChecker(work.passages, work.searched_as, thresholds, similarity(resources))
    work.filled = await run_in_threadpool(filling.fill, "".join(work.said), shape, checker)
    work.state = DONE


def similarity(resources: Resources) -> Similarity:
    """Cosine of a text with each of the others, by the release's embedder."""

    def cosines(text: str, others: Sequence[str]) -> list[float]:
        vectors = resources.embedder.embed([text, *others])
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]

    return cosines


def _build_prompt(work: Work, resources: Resources) -> Prompt:
    settings = resources.settings.answers
    room = resources.lock.generator.context_tokens - work.question.sampling.max_tokens
    return prompt.build_prompt(
        work.searched_as,
        work.passages,
        resources.model.count_tokens,
        min(settings.prompt_tokens, room),
        resources.model.special_tokens,
        schema=work.question.sampling.json_schema,
    )


def _sentence_event(work: Work, sentence: GroundedSentence) -> Event:
    work.mark("first_sentence")
    return Event("sentence", records.sentence_view(sentence))


def _passages_event(found: Found) -> PassagesEvent:
    return PassagesEvent(
        passages=[PassageOut.of(passage) for passage in found.passages], degraded=list(found.degraded)
    )
