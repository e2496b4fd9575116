"""What learning in context is worth: questions answered without passages, with those found, with the gold.

**none**: the bare model, asked to answer in a sentence or to say that it does not know. **found**: the
product's own answer. **gold**: the product's prompt, checking and quoting over the passages that hold the
gold support. An answer is right by the same rule in all three ways (key facts, or the gold span), wrong when
it is given and not right, refused when nothing is answered. `icl_gain_points` is how many more of a hundred
answerable questions are right with the found passages than without any: the mean of the sets.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import httpx
import numpy as np

from services.answers import grounding, prompt
from services.answers.grounding import AnswerDraft, GroundingThresholds
from services.evaluation import matching, wording
from services.evaluation.outcomes import Outcome
from services.evaluation.wire import EventReader
from services.passages import Passage
from services.settings import Answers
from tests.quality import figures
from tests.quality.asking import TIMEOUT, Person
from tests.quality.figures import Figure
from tests.quality.offline import Vectors
from tests.quality.public_answers import PublicOutcome

COMMAND = "make eval"
WAYS = ("none", "found", "gold")
WITHOUT = "Answer the question in one sentence. If you do not know the answer, say that you do not know."
LONGEST_WITHOUT = 96
FOUND_AT_MOST = 50
DRAWS = 4000
Came = Literal["right", "wrong", "refused", "failed"]


class NoBareModel(RuntimeError):
    """The stack does not let anybody ask the model alone (HOLDFAST_ALLOW_BARE_MODEL)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One question and what came of it each way; a way that could not be tried is left out."""

    question: str
    answerable: bool
    came: Mapping[str, Came]
    said: Mapping[str, str]

    def as_row(self) -> dict[str, Any]:
        told = {way: [self.came[way], self.said[way]] for way in self.came}
        return {"question": self.question, "answerable": self.answerable} | told


@dataclass(frozen=True, slots=True)
class Gold:
    """What decides whether a text is right, and the passages that hold it."""

    question: str
    answerable: bool
    key_facts: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()

    def came_of(self, text: str, *, is_answered: bool) -> Came:
        if not is_answered:
            return "refused"
        return "right" if self.answerable and self._is_right(text) else "wrong"

    def _is_right(self, text: str) -> bool:
        if self.key_facts:
            return wording.all_hold(text, self.key_facts)
        said = grounding.split_sentences(text)
        return any(matching.gives(sentence.text, self.answers) for sentence in said)


class BareModel:
    """The engine without documents, through the product's own door, with a key that is revoked at the end."""

    def __init__(self, person: Person) -> None:
        self._person = person
        body = {"name": "evaluation", "scopes": ["model:bare"], "expires_in_days": 1}
        reply = person.http.post("/api/v1/api-keys", json=body)
        if reply.is_client_error:
            raise NoBareModel(reply.text)
        made = reply.json()
        self._key_id = made["id"]
        headers = {"Authorization": f"Bearer {made['key']}"}
        self._http = httpx.Client(
            base_url=person.http.base_url, headers=headers, timeout=TIMEOUT, trust_env=False
        )
        names = [one["id"] for one in self._http.get("/v1/models").raise_for_status().json()["data"]]
        self._name = next(name for name in names if name.startswith("model:"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._person.http.delete(f"/api/v1/api-keys/{self._key_id}")

    def speak(self, messages: Sequence[Mapping[str, str]], max_tokens: int) -> Iterator[str]:
        """Pieces of text as they come; closing the iterator ends the request."""
        told = [dict(message) for message in messages]
        body = {"model": self._name, "messages": told, "max_tokens": max_tokens, "stream": True}
        reader = EventReader()
        with self._http.stream("POST", "/v1/chat/completions", json=body) as reply:
            reply.raise_for_status()
            for event in itertools.chain.from_iterable(
                reader.feed(piece, 0.0) for piece in reply.iter_bytes()
            ):
                for choice in event.data.get("choices", []):
                    yield choice["delta"].get("content") or ""


class Trial:
    """Asks the two ways that the product itself has no door for."""

    def __init__(self, bare: BareModel, vectors: Vectors) -> None:
        self._bare, self._vectors = bare, vectors
        self._settings, self._thresholds = Answers(), GroundingThresholds()

    def try_out(self, gold: Gold, found: Came, found_text: str) -> Tried:
        came: dict[str, Came] = {"found": found}
        said = {"found": found_text}
        said["none"] = self._without(gold.question)
        is_given = bool(said["none"].strip()) and not grounding.is_model_refusal(said["none"])
        came["none"] = gold.came_of(said["none"], is_answered=is_given)
        if gold.passages:
            said["gold"], is_given = self._with(gold)
            came["gold"] = gold.came_of(said["gold"], is_answered=is_given)
        return Tried(gold.question, gold.answerable, came, said)

    def _without(self, question: str) -> str:
        messages = ({"role": "system", "content": WITHOUT}, {"role": "user", "content": question})
        return "".join(self._bare.speak(messages, LONGEST_WITHOUT))

    def _with(self, gold: Gold) -> tuple[str, bool]:
        """As `services.answers.ask` speaks, over these passages."""
        index = grounding.index_passages(gold.passages, gold.question)
        similarity = self._vectors.similarity()
        nearest = max(similarity(gold.question, [one.text for one in gold.passages]))
        if not grounding.can_answer(index, self._thresholds, nearest=nearest).is_answerable:
            return "", False
        draft = AnswerDraft(index, "strict", self._thresholds, similarity=similarity)
        built = prompt.build_prompt(
            gold.question, gold.passages, self._vectors.count_tokens, self._settings.prompt_tokens
        )
        for piece in self._bare.speak(built.messages, self._settings.max_tokens):
            draft.feed(piece)
            if draft.is_going_round:
                break
        draft.finish()
        answer = draft.answer()
        text = " ".join(sentence.text for sentence in answer.sentences)
        return text, answer.kind != "refused"


def try_golden(trial: Trial, outcomes: Iterable[Outcome], people: Mapping[str, Person]) -> Iterator[Tried]:
    for outcome in outcomes:
        one = outcome.question
        gold = Gold(
            one.question, one.answerable, one.key_facts,
            passages=tuple(_golden_passages(outcome, people[one.asker])),
        )  # fmt: skip
        came = gold.came_of(outcome.text, is_answered=outcome.exchange.is_answered)
        yield trial.try_out(gold, _of_product(outcome.exchange.kind, came), outcome.said)


def try_squad2(trial: Trial, outcomes: Iterable[PublicOutcome], texts: Mapping[str, str]) -> Iterator[Tried]:
    for outcome in outcomes:
        one = outcome.question
        paragraph = Passage(
            one.source, one.source, one.source, "gold", one.group, texts[one.source], 0, 0, 1.0
        )
        gold = Gold(one.question, one.answerable, answers=one.answers, passages=(paragraph,))
        said = " ".join(sentence.text for sentence in outcome.exchange.sentences)
        came = "right" if outcome.is_right else "wrong" if outcome.is_wrong else "refused"
        yield trial.try_out(gold, _of_product(outcome.exchange.kind, came), said)


def _of_product(kind: str, came: Came) -> Came:
    return "failed" if kind == "failed" else came


def _golden_passages(outcome: Outcome, person: Person) -> Iterator[Passage]:
    """The passages of the gold document that hold a piece of the gold support, as the library cut them."""
    gold = outcome.question
    pieces = wording.pieces(gold.support or "")
    if not pieces:
        return
    found = person.search(gold.support or "", limit=FOUND_AT_MOST)
    for one in found:
        if one["document_name"] == gold.document and any(
            wording.holds(one["text"], piece) for piece in pieces
        ):
            yield Passage(
                one["chunk_id"], one["version_id"], one["document_id"], one["collection_id"],
                one["document_name"], one["text"], one["start"], one["end"], one["score"],
                tuple(one["heading_path"]), one["page"], one["page"],
            )  # fmt: skip


def figures_of(tried: Mapping[str, Sequence[Tried]]) -> list[Figure]:
    """Right of the answerable, wrong and refused of all, for each set and way; and what it is worth."""
    rows = [row for name, some in tried.items() for way in WAYS for row in _shares(name, way, some)]
    return [*rows, gain(tried)]


def _shares(name: str, way: str, tried: Sequence[Tried]) -> Iterator[Figure]:
    seen = [one for one in tried if way in one.came]
    answerable = [one for one in seen if one.answerable]
    for came, of in (("right", answerable), ("wrong", seen), ("refused", seen)):
        hits = sum(one.came[way] == came for one in of)
        yield figures.share(f"icl_{name}_{way}_{came}", hits, len(of), "", COMMAND)


def gain(tried: Mapping[str, Sequence[Tried]]) -> Figure:
    """Points of a hundred, with the 95 % interval of drawing the questions of each set again."""
    gains = {name: _gains(some) for name, some in tried.items()}
    gains = {name: found for name, found in gains.items() if len(found)}
    if not gains:
        return Figure("icl_gain_points", float("nan"), "points", "", COMMAND, "no answerable question")
    chance = np.random.default_rng(0)
    drawn = [found[chance.integers(0, len(found), (DRAWS, len(found)))].mean(1) for found in gains.values()]
    low, high = 100 * np.percentile(np.mean(drawn, axis=0), [2.5, 97.5])
    value = 100 * float(np.mean([found.mean() for found in gains.values()]))
    parts = ", ".join(f"{name} {100 * found.mean():+.1f} of {len(found)}" for name, found in gains.items())
    detail = f"{parts}; 95 % {low:+.1f} to {high:+.1f}"
    return Figure("icl_gain_points", round(value, 1), "points", "", COMMAND, detail)


def _gains(tried: Sequence[Tried]) -> np.ndarray:
    """+1 where only the passages made it right, -1 where it was right without them only."""
    answerable = [one for one in tried if one.answerable]
    right = [[one.came[way] == "right" for way in ("none", "found")] for one in answerable]
    return np.array([int(found) - int(none) for none, found in right], dtype=float)
