"""A labelled set for the support decision, from the public questions: which sentences does a source state?

Supported: the gold sentence, and the same without a trailing clause. Unsupported: the same with a number, a
name, a date's year or the negation changed, or with its own paragraph taken away ("tied to another passage").
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.answers import grounding
from services.passages import Passage

DATA = Path(__file__).parents[3] / "shared" / "data" / "answers" / "squad2"
NEIGHBOURS = 7

_NUMBER = re.compile(r"(?<![\d.,\w])\d{1,4}(?![\d.,\w])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_NOUN = re.compile(r"(?<=the )[a-z]{5,}\b")
_VERB = re.compile(r"\b(is|was|were|are|can|must|could|has|had)\b(?! not)")
_NOT = re.compile(r" not\b")


@dataclass(frozen=True)
class Case:
    """One sentence to decide on."""

    kind: str
    is_supported: bool
    question: str
    sentence: str
    passages: tuple[Passage, ...]


def derive(questions: int, seed: int = 7) -> Iterator[Case]:
    """Cases from so many answerable questions."""
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    paragraphs = {row["_id"]: row for row in _rows("documents.jsonl")}
    by_title = defaultdict(list)
    for row in paragraphs.values():
        by_title[row["title"]].append(row)
    asked = [row for row in _rows("questions.jsonl") if row["answerable"]]
    for row in chance.sample(asked, questions):
        gold = paragraphs[row["sources"][0]]
        others = [other for other in by_title[gold["title"]] if other is not gold]
        near = chance.sample(others, min(NEIGHBOURS, len(others)))
        yield from _cases(row, gold, near, chance)


def _cases(row: dict, gold: dict, near: list[dict], chance: random.Random) -> Iterator[Case]:
    answer = row["answers"][0]
    found = [item.text for item in grounding.split_sentences(gold["text"]) if answer in item.text]
    if not found:
        return
    sentence, question = found[0], row["question"]
    passages = tuple(_passage(other) for other in [gold, *near])
    yield Case("verbatim", True, question, sentence, passages)
    if (shorter := _without_last_clause(sentence, answer)) is not None:
        yield Case("clause dropped", True, question, shorter, passages)
    for kind, changed in _changed(sentence, near, chance):
        if changed not in gold["text"]:
            yield Case(kind, False, question, changed, passages)
    yield Case("other passage", False, question, sentence, passages[1:])


def _changed(sentence: str, near: list[dict], chance: random.Random) -> Iterator[tuple[str, str]]:
    if number := _NUMBER.search(sentence):
        value = int(number.group()) + chance.choice([1, 2, 5, 10])
        yield "number changed", sentence[: number.start()] + str(value) + sentence[number.end() :]
    names = sorted({name for other in near for name in _NAME.findall(other["text"])} - set(sentence.split()))
    if (name := _NAME.search(sentence)) and names:
        yield "name changed", sentence[: name.start()] + chance.choice(names) + sentence[name.end() :]
    nouns = sorted({word for other in near for word in _NOUN.findall(other["text"])} - set(sentence.split()))
    if (noun := _NOUN.search(sentence)) and nouns:
        yield "word changed", sentence[: noun.start()] + chance.choice(nouns) + sentence[noun.end() :]
    if _NOT.search(sentence):
        yield "negation dropped", _NOT.sub("", sentence, count=1)
    elif verb := _VERB.search(sentence):
        yield "negation added", sentence[: verb.end()] + " not" + sentence[verb.end() :]


def _without_last_clause(sentence: str, answer: str) -> str | None:
    head, comma, _ = sentence.rpartition(", ")
    return f"{head}." if comma and answer in head and len(head) > len(sentence) / 2 else None


def _passage(row: dict) -> Passage:
    text = row["text"]
    return Passage(
        row["_id"], row["_id"], row["_id"], "squad2", row["title"].replace("_", " "), text, 0, len(text), 1.0
    )


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
