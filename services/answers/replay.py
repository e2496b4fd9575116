"""An answer made again: its prompt from the stored passages, the model asked anew, both compared with then.

    recall (SQL) → prompt, its hash compared → model → what it says compared → checked, shown text compared

A follow-up question enters the prompt as it was searched then, which is stored with the answer; so no earlier
turn has to be understood anew. What the model said is known by its digest only: under `strict` some of it was
never shown, and a replay shows no more than the answer did.
"""

import secrets
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from fastapi.concurrency import run_in_threadpool

from services import audit, release
from services.adapters.vllm import Sampling
from services.answers import ask, grounding, making, prompt, records, replay_sources
from services.answers.grounding import AnswerDraft, GroundedAnswer, GroundingThresholds, Policy
from services.answers.making import MadeWith
from services.answers.prompt import Prompt
from services.answers.replay_verdict import Cannot, Making, Replayed, compare
from services.answers.schemas import SentenceOut
from services.database.tables.answers import DONE, REFUSED, Answer
from services.identity import limits, recognition
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources

TEXTS = ("generated", "quoted", "refused")
_INSTRUCTIONS = 1024
_NO_LIMIT = 1_000_000  # tokens: the stored places say what fitted


@dataclass(frozen=True, slots=True)
class _Recalled:
    """An answer whose passages are all there."""

    then: Making
    made_with: MadeWith
    prompt: Prompt
    found: tuple[Passage, ...]
    searched_as: str
    policy: Policy
    sampling: Sampling
    is_open_ended: bool
    """Whether the model was not heard to its end then; it is not now either."""


async def replay(caller: Caller, answer_id: str, resources: Resources) -> Replayed | Cannot:
    """Make one's own answer again and compare; errors.NotFound unless all of its sources may be read now."""
    recalled = await run_in_threadpool(_recall, caller, answer_id, resources)
    if isinstance(recalled, Cannot):
        return await run_in_threadpool(_record, caller, recalled, resources)
    said, is_afresh = await _say(caller, recalled, resources)
    outcome = await run_in_threadpool(_judge, recalled, said, resources)
    outcome = replace(outcome, is_afresh=is_afresh)
    return await run_in_threadpool(_record, caller, outcome, resources)


def _recall(caller: Caller, answer_id: str, resources: Resources) -> _Recalled | Cannot:
    with resources.transactions.read() as session:
        row = replay_sources.own_answer(session, caller, answer_id)
        if (gone := replay_sources.removed_at(session, answer_id)) is not None:
            return Cannot(row.id, f"source removed on {gone:%Y-%m-%d}", removed_at=gone)
        made_with = MadeWith.of_row(row.made_with)
        if (reason := _unrepeatable(row, made_with)) or made_with is None:
            return Cannot(row.id, reason)
        places = (*made_with.passages, *made_with.prompt)
        found = replay_sources.chunks_at(session, caller, places)
    if any(place.chunk_id not in found for place in places):
        return Cannot(row.id, "its passages were cut anew or changed since", cause="passages")
    files = resources.files
    fitted = [replay_sources.passage_at(one, found[one.chunk_id], files) for one in made_with.prompt]
    return _Recalled(
        then=_then(row, made_with),
        made_with=made_with,
        prompt=_prompt(row, fitted, resources),
        found=tuple(replay_sources.passage_at(one, found[one.chunk_id], files) for one in made_with.passages),
        searched_as=row.searched_as,
        policy=cast("Policy", row.policy),
        sampling=_sampling(row.sampling),
        is_open_ended=not row.finish_reason,
    )


def _unrepeatable(row: Answer, made_with: MadeWith | None) -> str:
    """Why there is nothing to make again; empty where there is."""
    if row.state not in (DONE, REFUSED):
        return "it did not come to its end"
    if not row.prompt_hash:
        return "it was given without asking the model"
    if row.kind not in TEXTS:
        return f"answers of the kind {row.kind} are not replayed"
    return "" if made_with else "it was given before what makes it again was kept"


def _prompt(row: Answer, fitted: list[Passage], resources: Resources) -> Prompt:
    model = resources.model
    return prompt.build_prompt(row.searched_as, fitted, model.count_tokens, _NO_LIMIT, model.special_tokens)


def _sampling(stored: Mapping[str, Any]) -> Sampling:
    return Sampling(**(dict(stored) | {"stop": tuple(stored["stop"])}))


def _then(row: Answer, made_with: MadeWith) -> Making:
    return Making(
        answer_id=row.id,
        given_at=row.created_at,
        release_id=row.release_id,
        parts=made_with.parts,
        templates=made_with.templates,
        prompt_hash=row.prompt_hash,
        said=made_with.said,
        words=made_with.words,
        text=row.text,
        sentences=tuple(records.marked(SentenceOut.model_validate(one)) for one in row.sentences),
    )


async def _say(caller: Caller, recalled: _Recalled, resources: Resources) -> tuple[str, bool]:
    """What the model says now, and whether it read the sources afresh for it, past its prefix cache.

    What lies in the cache is computed in other steps, whose last bits may differ: with vLLM on CPU, one
    answer of five was another with the whole prompt cached, and a third with nothing cached. Most answers
    were the first to their sources, with the instructions cached: so it is asked first, then as any question.
    """
    salt = secrets.token_hex(16)
    await _read_instructions(resources, salt)
    afresh = await _once(caller, recalled, resources, salt)
    if making.digest(afresh) == recalled.made_with.said:
        return afresh, True
    usual = await _once(caller, recalled, resources)
    is_then = making.digest(usual) == recalled.made_with.said
    return (usual, False) if is_then else (afresh, True)


async def _read_instructions(resources: Resources, salt: str) -> None:
    """Put into the cache, for this salt, what every answer's prompt begins with."""
    messages = prompt.build_prompt("Ready?", [], resources.model.count_tokens, _INSTRUCTIONS).messages
    async with aclosing(resources.model.stream(messages, Sampling(1), cache_salt=salt)) as pieces:
        async for _piece in pieces:
            pass


async def _once(caller: Caller, recalled: _Recalled, resources: Resources, cache_salt: str = "") -> str:
    """No longer than then where the model was not heard to its end."""
    said: list[str] = []
    tokens = 0
    messages, sampling = recalled.prompt.messages, recalled.sampling
    stream = resources.model.stream(messages, sampling, cache_salt=cache_salt)
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            said.append(piece.text)
            tokens = max(tokens, piece.prompt_tokens + piece.completion_tokens)
            if recalled.is_open_ended and sum(map(len, said)) >= recalled.made_with.characters:
                break
    await run_in_threadpool(limits.spend, caller, max(tokens, len(said)), resources)
    text = "".join(said)
    return text[: recalled.made_with.characters] if recalled.is_open_ended else text


def _judge(recalled: _Recalled, said: str, resources: Resources) -> Replayed:
    given = _checked(recalled, said, resources)
    return compare(
        recalled.then,
        Making(
            answer_id=recalled.then.answer_id,
            given_at=datetime.now(recalled.then.given_at.tzinfo),
            release_id=resources.lock.release_id,
            parts=release.part_digests(resources.lock),
            templates=recalled.prompt.template_digest,
            prompt_hash=recalled.prompt.rendered_hash,
            said=making.digest(said),
            words=making.digest_of_words(said),
            text=records.shown_text(given),
            sentences=tuple(records.marked(records.sentence_view(one)) for one in given.sentences),
        ),
    )


def _checked(recalled: _Recalled, said: str, resources: Resources) -> GroundedAnswer:
    index = grounding.index_passages(recalled.found, recalled.searched_as)
    thresholds = GroundingThresholds.from_lock(resources.lock.grounding)
    draft = AnswerDraft(index, recalled.policy, thresholds, similarity=ask.similarity(resources))
    draft.feed(said)
    draft.finish()
    return draft.answer()


def _record(caller: Caller, outcome: Replayed | Cannot, resources: Resources) -> Replayed | Cannot:
    """Note the replay and hand it out; nothing of it where a source was withdrawn while the model spoke."""
    with resources.transactions.write() as session:
        now_in = recognition.now_in(session, caller)
        replay_sources.own_answer(session, now_in, outcome.answer_id)
        if isinstance(outcome, Replayed) and replay_sources.removed_at(session, outcome.answer_id):
            outcome = Cannot(outcome.answer_id, records.WITHDRAWN)
        audit.record(
            session, caller.person_id, "answer.replay", outcome.answer_id,
            credential=caller.credential_id, outcome=outcome.outcome,
        )  # fmt: skip
    return outcome
