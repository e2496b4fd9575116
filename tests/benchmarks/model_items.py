"""Short tasks that every form of the model is given, and the rules they are judged by."""

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

FILE = Path(__file__).with_name("model_items.toml")
KINDS = ("writing", "reasoning", "language", "entities")
LONGEST_ANSWER = 56
AT_ONCE = 8
DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Item:
    """One task; the fields after `ask` are what its answer is held to, as the data file says."""

    kind: str
    ask: str
    options: tuple[str, ...] = ()
    answer: str = ""
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    most_words: int = 0

    def is_right(self, said: str) -> bool:
        plain = said.strip().lower()
        if self.options:
            return plain == self.answer.lower()
        return (
            bool(plain)
            and all(word in plain for word in self.all)
            and (not self.any or any(word in plain for word in self.any))
            and not any(word in plain for word in self.none)
            and (not self.most_words or len(plain.split()) <= self.most_words)
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of the original's right answers another form gives: a share, with its 95 % interval."""

    value: float
    low: float
    high: float


def read(file: Path = FILE) -> list[Item]:
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["item"]
    return [Item(**{name: _frozen(value) for name, value in row.items()}) for row in rows]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def ask_all(client: httpx.Client, name: str, items: Sequence[Item]) -> list[str]:
    """What the served model says to each, greedy, a few at once."""
    ask: Callable[[Item], str] = lambda item: _ask(client, name, item)  # noqa: E731  (one argument for map)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, items))


def _ask(client: httpx.Client, name: str, item: Item) -> str:
    body: dict[str, Any] = {
        "model": name,
        "messages": [{"role": "user", "content": item.ask}],
        "max_tokens": LONGEST_ANSWER,
        "temperature": 0,
    }
    if item.options:
        body["structured_outputs"] = {"choice": list(item.options)}
    reply = client.post("/v1/chat/completions", json=body)
    reply.raise_for_status()
    said: str = reply.json()["choices"][0]["message"]["content"] or ""
    return said


def right(items: Sequence[Item], said: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(right, asked) of each kind."""
    found: dict[str, tuple[int, int]] = {}
    for kind in KINDS:
        judged = [one.is_right(text) for one, text in zip(items, said, strict=True) if one.kind == kind]
        found[kind] = (sum(judged), len(judged))
    return found


def agreement(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of items to which both say exactly the same."""
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def kept(items: Sequence[Item], original: Sequence[str], other: Sequence[str], seed: int = 0) -> Kept | None:
    """Paired bootstrap over items; None where the original has nothing right that could be kept."""
    pairs = [
        (item.is_right(before), item.is_right(after))
        for item, before, after in zip(items, original, other, strict=True)
    ]
    whole = _ratio(pairs)
    if whole is None:
        return None
    chance = random.Random(seed)  # noqa: S311  (resampling, not secrecy)
    drawn = sorted(
        ratio for _ in range(DRAWS) if (ratio := _ratio(chance.choices(pairs, k=len(pairs)))) is not None
    )
    return Kept(whole, drawn[int(len(drawn) * 0.025)], drawn[int(len(drawn) * 0.975) - 1])


def _ratio(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    before = sum(pair[0] for pair in pairs)
    return sum(pair[1] for pair in pairs) / before if before else None


def counts(found: Mapping[str, tuple[int, int]]) -> str:
    """As the table shows it: right of each kind."""
    return " / ".join(str(found[kind][0]) for kind in KINDS)
