"""Changes planted in a recorded release, each of which a drift check must find and name by its part.

`make eval-drift` prints `drift_changes_named` and keeps it in build/figures; the tests plant the same changes
one by one. Embedder and engine are fakes: what is measured is whether a change is found and blamed rightly.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np

from services.answers import prompt
from services.database.session import Transactions, open_engine
from services.evaluation.drift import checking
from services.evaluation.drift.recording import Recording
from services.evaluation.drift.verdict import Tolerance, Verdict
from services.release import File
from services.resources import Resources
from services.settings import Settings
from tests.fakes import FakeEmbedder
from tests.ground import close_ground, open_ground, provisional_lock
from tests.quality import figures

COMMAND = "make eval-drift"
TOLERANCE = Tolerance(vectors=1e-4, logprobs=0.05)
SAYS = ("Up to ", "145 euros ", "per night.")


@dataclass(frozen=True, slots=True)
class Situation:
    """What was recorded, what runs now, and with which templates where they are not the code's."""

    then: Recording
    resources: Resources
    templates: dict[str, str] | None = None

    def with_lock(self, **parts: object) -> "Situation":
        return replace(self, resources=replace(self.resources, lock=replace(self.resources.lock, **parts)))

    def with_model(self, **values: object) -> "Situation":
        return replace(self, resources=replace(self.resources, model=replace(self.resources.model, **values)))

    def with_embedder(self, embedder: FakeEmbedder) -> "Situation":
        return replace(self, resources=replace(self.resources, embedder=embedder))

    def with_text(self, ordinal: int, text: str) -> "Situation":
        frozen = list(self.then.passages)
        frozen[ordinal] = replace(frozen[ordinal], text=text)
        return replace(self, then=replace(self.then, passages=tuple(frozen)))


class OtherEmbedder(FakeEmbedder):
    """Puts every word elsewhere."""

    def _place(self, word: str) -> int:
        return (super()._place(word) * 7 + 1) % self.dimensions


class NoisyEmbedder(FakeEmbedder):
    """As another processor may compute: a little beside."""

    def embed(self, texts: object, on_done: object = None) -> np.ndarray:
        return super().embed(texts, on_done) + np.float32(1e-6)


class Backwards:
    """A reranker that likes most what the search liked least."""

    candidates = 24

    def scores(self, question: str, texts: list[str]) -> list[float]:
        return [float(place) for place in range(len(texts))]


Change = Callable[[Situation], Situation]


def altered_vector(one: Situation) -> Situation:
    vectors = one.then.vectors.copy()
    vectors[2] = np.roll(vectors[2], 5)
    return replace(one, then=replace(one.then, vectors=vectors))


def other_engine(one: Situation, **values: object) -> Situation:
    return one.with_lock(engine=replace(one.resources.lock.engine, **values))


def other_told(one: Situation, **values: str) -> Situation:
    return one.with_model(told=one.resources.model.told | values)


# (what is changed, the part that must be named, how)
CHANGES: list[tuple[str, str, Change]] = [
    ("a prompt's template", "prompt",
     lambda one: replace(one, templates=prompt._templates() | {"answer_system.md": "Answer as a pirate."})),
    ("the prompts of the lock", "prompt",
     lambda one: one.with_lock(prompts=dict(one.resources.lock.prompts) | {"more.md": File("a" * 64, 1)})),
    ("the embedder", "retrieval", lambda one: one.with_embedder(OtherEmbedder())),
    ("the embedder of the lock", "retrieval",
     lambda one: one.with_lock(embedder=replace(one.resources.lock.embedder, precision="bfloat16"))),
    ("a frozen vector", "retrieval", altered_vector),
    ("a canary chunk", "retrieval", lambda one: one.with_text(0, "Hotels in Lyon may cost 200 euros.")),
    ("a chunk no canary finds first", "retrieval", lambda one: one.with_text(5, "The lathe is red.")),
    ("the order of passages", "retrieval",
     lambda one: replace(one, resources=replace(one.resources, reranker=Backwards()))),
    ("the chunker", "retrieval",
     lambda one: one.with_lock(ingestion=replace(one.resources.lock.ingestion, chunker="other"))),
    ("a token", "model", lambda one: one.with_model(pieces=("Up to ", "154 euros ", "per night."))),
    ("the last token", "model", lambda one: one.with_model(pieces=SAYS[:-1])),
    ("log-probabilities", "model", lambda one: one.with_model(logprob=-0.75)),
    ("the model of the lock", "model",
     lambda one: one.with_lock(generator=replace(one.resources.lock.generator, revision="2"))),
    ("the engine's version", "engine", lambda one: other_told(one, version="1.1")),
    ("the engine's version in the lock", "engine", lambda one: other_engine(one, version="1.1")),
    ("a flag of the engine in the lock", "engine", lambda one: other_engine(one, prefix_caching=False)),
    ("a flag of the running engine", "engine", lambda one: other_told(one, block_size="32")),
    ("an engine that gives other tokens", "engine",
     lambda one: other_told(one, version="1.1").with_model(pieces=("Up to ", "it."))),
    ("a threshold of the checks on sentences", "grounding",
     lambda one: one.with_lock(grounding=dict(one.resources.lock.grounding) | {"answering_share": 0.01})),
]  # fmt: skip
# (what is changed, the state that must come of it): nothing may be blamed for these.
HARMLESS: list[tuple[str, str, Change]] = [
    ("nothing", "exact", lambda one: one),
    ("the last bits of log-probabilities", "within_tolerance", lambda one: one.with_model(logprob=-0.26)),
    ("the last bits of vectors", "within_tolerance", lambda one: one.with_embedder(NoisyEmbedder())),
]


@contextmanager
def recorded(folder: Path) -> Iterator[Situation]:
    """A release whose canaries are recorded; it is still what it was."""
    settings = Settings(data_dir=folder / "data")
    lock = provisional_lock(folder / "models")
    engine = open_engine(settings)
    resources = open_ground(settings, Transactions(engine), lock)
    resources.model.pieces = SAYS
    then = asyncio.run(checking.record(resources))
    try:
        yield Situation(Recording.of_bytes(then.as_bytes()), resources)
    finally:
        close_ground(resources)
        engine.dispose()


def found(one: Situation) -> Verdict:
    """What a check says of the situation."""
    templates = one.templates or prompt._templates()
    with mock.patch.object(prompt, "_templates", return_value=templates):
        return asyncio.run(checking.check(one.then, one.resources, TOLERANCE))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, recorded(Path(folder)) as situation:
        named = {what: found(change(situation)).drifted == (part,) for what, part, change in CHANGES}
        left = {what: found(change(situation)).state == state for what, state, change in HARMLESS}
    for what, is_right in (named | left).items():
        sys.stdout.write(f"{'named' if is_right else 'WRONG':6} {what}\n")
    rows = [
        figures.share("drift_changes_named", sum(named.values()), len(named), "= 1", COMMAND),
        figures.share("drift_false_alarms", len(left) - sum(left.values()), len(left), "= 0", COMMAND),
    ]
    for row in rows:
        sys.stdout.write(f"{row.name} {row.value} ({row.detail}; target {row.target})\n")
    figures.write("drift", rows)
    return 0 if all((named | left).values()) else 1


if __name__ == "__main__":
    sys.exit(main())
