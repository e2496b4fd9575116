"""What the gateway costs: the same rendered prompt through Holdfast under `off`, and straight to vLLM.

Both sides of a pair find the prompt in the engine's prefix cache (a `strict` question has warmed it), so the
difference is the gateway's own; the order within pairs alternates.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select
from tokenizers import Tokenizer

from services.answers import prompt
from services.answers.prompt import Message
from services.database.session import Transactions
from services.database.tables.library import ChunkRow, Document, Version
from services.evaluation.wire import Event, EventReader, Exchange
from services.passages import Passage
from services.release import Lock
from services.retrieval import hydration
from services.settings import Settings
from tests.benchmarks import intervals
from tests.quality.asking import TIMEOUT, Person
from tests.quality.figures import Figure

COMMAND = "make bench"
ENOUGH_TOKENS = 16
"""Below this a speed is mostly noise; such pairs count for the first token only."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One generation as its reader saw it: when text came, how many tokens it was, and what it said."""

    first_s: float
    last_s: float
    tokens: int
    text: str

    @property
    def tokens_per_s(self) -> float:
        return (self.tokens - 1) / (self.last_s - self.first_s)


@dataclass(frozen=True, slots=True)
class Pair:
    """One question both ways, and its first verified sentence under `strict` with a prompt not yet cached."""

    question: str
    through: Spoken
    straight: Spoken
    search_ms: float
    strict_first_s: float | None
    strict_total_s: float

    @property
    def added_ms(self) -> float:
        """Time to first token that the gateway adds, retrieval taken out."""
        return (self.through.first_s - self.straight.first_s) * 1000 - self.search_ms

    @property
    def speed_ratio(self) -> float | None:
        """Tokens/s through the gateway over tokens/s straight; None where too few were spoken."""
        spoken = (self.through, self.straight)
        if any(one.tokens < ENOUGH_TOKENS or one.last_s <= one.first_s for one in spoken):
            return None
        return self.through.tokens_per_s / self.straight.tokens_per_s


class PromptDiffers(RuntimeError):
    """The prompt built here is not the one that the answer was made from: the pair would compare nothing."""


class Straight:
    """vLLM without the gateway in between."""

    def __init__(self, url: str, api_key: str, lock: Lock) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=TIMEOUT, trust_env=False
        )
        self._lock = lock

    def speak(self, messages: Sequence[Message], max_tokens: int) -> Spoken:
        sampling = self._lock.sampling
        body = {
            "model": self._lock.generator.served_name,
            "messages": [dict(message) for message in messages],
            "max_tokens": max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        sent, reader = time.perf_counter(), EventReader()
        events: list[Event] = []
        with self._http.stream("POST", "chat/completions", json=body) as reply:
            reply.raise_for_status()
            for piece in reply.iter_bytes():
                events += reader.feed(piece, time.perf_counter() - sent)
        return straight_spoken(events)

    def close(self) -> None:
        self._http.close()


def straight_spoken(events: Sequence[Event]) -> Spoken:
    """The engine's own stream: pieces of content, the token count in the last chunk."""
    pieces = [
        (event.at_s, choice["delta"]["content"])
        for event in events
        for choice in event.data.get("choices", [])
        if choice["delta"].get("content")
    ]
    counts = [event.data["usage"] for event in events if event.data.get("usage")]
    return _spoken(pieces, counts[-1] if counts else {})


def gateway_spoken(exchange: Exchange) -> Spoken:
    """Holdfast's stream under `off`: `token` events, the token count in the answer."""
    pieces = [(event.at_s, event.data["text"]) for event in exchange.events if event.name == "token"]
    return _spoken(pieces, exchange.answer.get("usage", {}))


def _spoken(pieces: Sequence[tuple[float, str]], used: dict[str, Any]) -> Spoken:
    if not pieces:
        raise ValueError("the model said nothing")
    return Spoken(
        pieces[0][0], pieces[-1][0], used.get("completion_tokens", 0), "".join(text for _, text in pieces)
    )


class PromptBuilder:
    """The prompt of an answer, built again from the database by the product's own prompt room."""

    def __init__(self, transactions: Transactions, settings: Settings, lock: Lock) -> None:
        self._transactions, self._settings, self._lock = transactions, settings, lock
        folder = settings.models_root / lock.generator.folder
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()  # a tokenizer's file may ask for it, and the product does not obey
        self._tokenizer.no_padding()

    @property
    def max_tokens(self) -> int:
        return min(self._lock.sampling.max_tokens, self._settings.answers.max_tokens)

    def messages(self, exchange: Exchange) -> tuple[Message, ...]:
        """PromptDiffers unless its digest is the one in the answer's record."""
        found = next(event.data["passages"] for event in exchange.events if event.name == "passages")
        answer = exchange.answer
        room = self._lock.generator.context_tokens - self.max_tokens
        built = prompt.build_prompt(
            answer["question"],
            self._passages([one["chunk_id"] for one in found]),
            self._count,
            min(self._settings.answers.prompt_tokens, room),
        )
        if built.rendered_hash != answer["prompt_hash"]:
            raise PromptDiffers(answer["question"])
        return built.messages

    def _passages(self, chunk_ids: Sequence[str]) -> list[Passage]:
        query = select(ChunkRow, Version, Document).join(ChunkRow.version).join(Version.document)
        with self._transactions.read() as session:
            rows = session.execute(query.where(ChunkRow.id.in_(chunk_ids))).all()
            found = {row[0].id: hydration.passage((row[0], row[1], row[2]), 0.0) for row in rows}
        return [found[chunk_id] for chunk_id in chunk_ids]

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoded.ids) for encoded in self._tokenizer.encode_batch_fast(list(texts))]


def measure(
    person: Person, builder: PromptBuilder, straight: Straight, questions: Sequence[str], wanted: int
) -> list[Pair]:
    """Up to `wanted` pairs, one a question; questions that Holdfast refuses without the model make none."""
    pairs: list[Pair] = []
    for question in questions:
        if len(pairs) == wanted:
            break
        strict = person.ask(question, policy="strict")
        if strict.answer.get("prompt_hash"):
            pairs.append(_pair(person, builder, straight, strict, through_first=len(pairs) % 2 == 0))
    return pairs


def _pair(
    person: Person, builder: PromptBuilder, straight: Straight, strict: Exchange, *, through_first: bool
) -> Pair:
    question, messages = strict.answer["question"], builder.messages(strict)
    if through_first:
        exchange = person.ask(question, policy="off")
        spoken = straight.speak(messages, builder.max_tokens)
    else:
        spoken = straight.speak(messages, builder.max_tokens)
        exchange = person.ask(question, policy="off")
    builder.messages(exchange)  # the same prompt again, or no pair
    return Pair(
        question=question,
        through=gateway_spoken(exchange),
        straight=spoken,
        search_ms=exchange.answer["timings"]["search"],
        strict_first_s=strict.first("sentence"),
        strict_total_s=strict.total_s,
    )


def figures(pairs: Sequence[Pair]) -> list[Figure]:
    same = sum(pair.through.text == pair.straight.text for pair in pairs)
    rows = [
        _figure("ttft_added_ms", "ms", "≤ 40", [pair.added_ms for pair in pairs], 1),
        _figure("ttft_search_ms", "ms", "", [pair.search_ms for pair in pairs], 1),
        _figure("ttft_straight_ms", "ms", "", [pair.straight.first_s * 1000 for pair in pairs], 1),
        _figure("ttft_through_ms", "ms", "", [pair.through.first_s * 1000 for pair in pairs], 1),
        _figure("tokens_per_s_ratio", "ratio", "≥ 0.97", _known(pairs, lambda pair: pair.speed_ratio), 3),
        _figure("first_verified_sentence_s", "s", "", _known(pairs, lambda pair: pair.strict_first_s), 2),
        _figure("strict_total_s", "s", "", [pair.strict_total_s for pair in pairs], 2),
    ]
    return [*rows, Figure("same_text_pairs", same, "count", "", COMMAND, f"of {len(pairs)} pairs")]


def _known(pairs: Sequence[Pair], value: Callable[[Pair], float | None]) -> list[float]:
    return [known for pair in pairs if (known := value(pair)) is not None]


def _figure(name: str, unit: str, target: str, values: Sequence[float], digits: int) -> Figure:
    if not values:
        return Figure(name, float("nan"), unit, target, COMMAND, "none measured")
    middle = intervals.median(values)
    return Figure(name, round(middle.value, digits), unit, target, COMMAND, middle.detail(digits))
