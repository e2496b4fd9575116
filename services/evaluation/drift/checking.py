"""Records the running release's canaries, and makes a recording again to compare the two.

    passages → vectors → found → messages → tokens

Tokens are drawn one question after the other, past the prefix cache, with the release's own engine: whatever
else it is asked meanwhile runs beside them, and speculation is on where the release has it on.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastapi.concurrency import run_in_threadpool

from services import release
from services.adapters.vllm import Sampling
from services.adapters.vllm_probe import Draw
from services.answers import prompt
from services.database.tables.drift import CanaryRecord
from services.evaluation.drift import canaries, queries, verdict
from services.evaluation.drift.canaries import CanaryPassage, Vectors
from services.evaluation.drift.frozen_search import frozen_collection
from services.evaluation.drift.recording import Canary, Recording
from services.evaluation.drift.verdict import Tolerance, Verdict
from services.passages import Passage
from services.resources import Resources

LONGEST_ANSWER = 32
PROMPT_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class _Asked:
    """A canary before the model is asked."""

    question: str
    found: tuple[str, ...]
    messages: tuple[prompt.Message, ...]


async def record(resources: Resources) -> Recording:
    """What the running release makes of the canaries that come with this build."""
    frozen, questions = canaries.shipped()
    return await _made(frozen, questions, resources)


async def check(then: Recording, resources: Resources, tolerance: Tolerance) -> Verdict:
    """What the running release makes of a recording's canaries, compared with it part by part."""
    questions = [one.question for one in then.canaries]
    now = await _made(then.passages, questions, resources, then)
    return verdict.compare(then, now, tolerance)


async def check_recorded(resources: Resources) -> tuple[CanaryRecord, Verdict]:
    """Check the newest recording with the settings' tolerance; one that was tampered with is not asked.

    errors.NotFound while nothing was recorded, errors.EngineUnavailable while the engine is away.
    """
    row, then, is_whole = await run_in_threadpool(_recorded, resources)
    settings = resources.settings.drift
    tolerance = Tolerance(settings.vector_tolerance, settings.logprob_tolerance)
    return row, await check(then, resources, tolerance) if is_whole else verdict.damaged(then)


def _recorded(resources: Resources) -> tuple[CanaryRecord, Recording, bool]:
    with resources.transactions.read() as session:
        row = queries.recording_for(session, resources.lock.release_id)
    then, is_whole = queries.read(row, resources)
    return row, then, is_whole


async def _made(
    frozen: tuple[CanaryPassage, ...],
    questions: Sequence[str],
    resources: Resources,
    then: Recording | None = None,
) -> Recording:
    """With `then`, every step starts from what was recorded of the step before."""
    facts = await resources.model.facts()
    vectors = await run_in_threadpool(_embed, frozen, resources)
    asked = await run_in_threadpool(_asked, frozen, questions, vectors, resources, then)
    sampling = Sampling(**then.sampling) if then else _sampling(resources)
    sent = [one.messages for one in (then.canaries if then else asked)]
    draws: list[tuple[Draw, ...]] = [await resources.model.draw(messages, sampling) for messages in sent]
    return Recording(
        release_id=resources.lock.release_id,
        parts=release.part_digests(resources.lock),
        engine=_engine(resources),
        facts=facts,
        templates=prompt.prompts_digest(),
        sampling=_plain(sampling),
        passages=frozen,
        vectors=vectors,
        canaries=tuple(
            Canary(one.question, one.found, one.messages, drawn)
            for one, drawn in zip(asked, draws, strict=True)
        ),
    )


def _embed(frozen: Sequence[CanaryPassage], resources: Resources) -> Vectors:
    return resources.embedder.embed([one.embedded_text for one in frozen])


def _asked(
    frozen: Sequence[CanaryPassage],
    questions: Sequence[str],
    vectors: Vectors,
    resources: Resources,
    then: Recording | None,
) -> list[_Asked]:
    is_comparable = then is not None and then.vectors.shape == vectors.shape
    kept = then.vectors if then is not None and is_comparable else vectors
    with frozen_collection(frozen, kept, resources) as collection:
        found = [collection.find(question) for question in questions]
    recorded = [one.found for one in then.canaries] if then else None
    told = [_as_recorded(frozen, ids) for ids in recorded] if recorded else found
    return [
        _Asked(question, tuple(one.chunk_id for one in hits), _messages(question, passages, resources))
        for question, hits, passages in zip(questions, found, told, strict=True)
    ]


def _as_recorded(frozen: Sequence[CanaryPassage], ids: Sequence[str]) -> tuple[Passage, ...]:
    by_id = {one.id: one.as_passage() for one in frozen}
    return tuple(by_id[name] for name in ids)


def _messages(question: str, passages: Sequence[Passage], resources: Resources) -> tuple[prompt.Message, ...]:
    model = resources.model
    made = prompt.build_prompt(question, passages, model.count_tokens, PROMPT_TOKENS, model.special_tokens)
    return made.messages


def _sampling(resources: Resources) -> Sampling:
    """Greedy, whatever the release says: what is drawn must not be left to chance."""
    return Sampling(max_tokens=min(LONGEST_ANSWER, resources.lock.sampling.max_tokens))


def _plain(sampling: Sampling) -> dict[str, Any]:
    return {"max_tokens": sampling.max_tokens, "temperature": sampling.temperature,
            "top_p": sampling.top_p, "seed": sampling.seed}  # fmt: skip


def _engine(resources: Resources) -> dict[str, Any]:
    return release.present(asdict(resources.lock.engine))
