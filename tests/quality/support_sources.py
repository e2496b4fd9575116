"""Gold sentences of the public sets with the passages around them, in one shape, for the support decision."""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion import parsing
from services import media_types
from services.answers import grounding
from services.passages import Passage
from services.settings import Ingestion

SHARED = Path(__file__).parents[3] / "shared" / "data"
NEIGHBOURS = 7
LONGEST_PASSAGE = 1800

_WORD = re.compile(r"[a-z0-9]{3,}")


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence of `passages[0]`; `rewordings` say the same in the words of whoever answered.

    `group` is what a half is made of: all of a document's sentences fall into the same half.
    """

    group: str
    question: str
    sentence: str
    answer: str
    passages: tuple[Passage, ...]
    rewordings: tuple[str, ...] = ()


def squad2(questions: int, seed: int = 7) -> Iterator[GoldSentence]:
    """The sentence that holds the gold span, beside other paragraphs of its article."""
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    folder = SHARED / "answers" / "squad2"
    paragraphs = {row["_id"]: row for row in rows(folder / "documents.jsonl")}
    by_title = defaultdict(list)
    for row in paragraphs.values():
        by_title[row["title"]].append(row)
    asked = [row for row in rows(folder / "questions.jsonl") if row["answerable"]]
    for row in chance.sample(asked, min(questions, len(asked))):
        gold = paragraphs[row["sources"][0]]
        others = [other for other in by_title[gold["title"]] if other is not gold]
        near = chance.sample(others, min(NEIGHBOURS, len(others)))
        answer = row["answers"][0]
        found = [one for one in _prose(gold["text"]) if answer in one]
        if found:
            passages = tuple(_passage(one["_id"], one["title"], one["text"]) for one in [gold, *near])
            yield GoldSentence(gold["title"], row["question"], found[0], answer, passages)


def scifact(questions: int, seed: int = 7) -> Iterator[GoldSentence]:
    """The sentence of the judged abstract that speaks of the claim, beside other abstracts."""
    folder = SHARED / "retrieval" / "scifact"
    corpus = {row["_id"]: row for row in rows(folder / "corpus.jsonl")}
    claims = {row["_id"]: row["text"] for row in rows(folder / "queries.jsonl")}
    judged = [line.split("\t") for line in (folder / "qrels.tsv").read_text().splitlines()[1:]]
    chance = random.Random(seed)  # noqa: S311
    for claim, abstract, _ in chance.sample(judged, min(questions, len(judged))):
        gold = corpus[abstract]
        near = chance.sample(list(corpus.values()), NEIGHBOURS)
        sentence = _nearest(claims[claim], _prose(gold["text"]))
        if sentence:
            passages = tuple(
                _passage(one["_id"], one["title"], one["text"]) for one in [gold, *near] if one is not None
            )
            yield GoldSentence(abstract, claims[claim], sentence, "", passages)


def handbook(questions: int, seed: int = 7) -> Iterator[GoldSentence]:
    """The sentence of the judged file that speaks of the question, beside other files."""
    folder = SHARED / "handbook"
    judged = dict(line.split("\t")[:2] for line in (folder / "qrels.tsv").read_text().splitlines()[1:])
    files = sorted(str(path.relative_to(folder)) for path in (folder / "sourcegraph").rglob("*.md"))
    chance = random.Random(seed)  # noqa: S311
    asked = rows(folder / "questions.jsonl")
    for row in chance.sample(asked, min(questions, len(asked))):
        name = judged[row["id"]]
        own = _pieces((folder / name).read_text(errors="replace"))
        found = [(piece, one) for piece in own for one in _prose(piece)]
        sentence = _nearest(f"{row['question']} {row['answers'][0]}", [one for _, one in found])
        if not sentence:
            continue
        gold = next(piece for piece, one in found if one == sentence)
        near = [
            piece
            for other in chance.sample(files, NEIGHBOURS)
            if other != name and (piece := _opening(folder / other))
        ]
        passages = tuple(_passage(f"{name}#{n}", name, text) for n, text in enumerate([gold, *near]))
        yield GoldSentence(name, row["question"], sentence, "", passages)


def contoso() -> Iterator[GoldSentence]:
    """The gold answers, each sentence a rewording of the gold pages, beside the pages around them."""
    folder = SHARED / "answers" / "contoso"
    asked = rows(folder / "questions.jsonl")
    names = {page["doc"] for row in asked for page in row["pages"]}
    pages = {name: _pages(folder / "documents" / name) for name in sorted(names)}
    for row in asked:
        gold = [(page["doc"], page["page"]) for page in row["pages"]]
        doc, number = gold[0]
        around = [(doc, number + step) for step in (-3, -2, -1, 1, 2, 3, 4)]
        places = [place for place in [*dict.fromkeys(gold), *around] if pages[place[0]].get(place[1])]
        passages = tuple(
            _passage(f"{name}#{page}", name, pages[name][page], page) for name, page in dict.fromkeys(places)
        )
        sentence = _nearest(row["answers"][0], _prose(passages[0].text))
        rewordings = tuple(_prose(" ".join(row["answers"][0].split())))
        if sentence:
            yield GoldSentence(row["id"], row["question"], sentence, "", passages, rewordings)


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _prose(text: str) -> list[str]:
    """Whole sentences of some length, white space made plain."""
    found = [item for item in grounding.split_sentences(text) if item.kind == "prose"]
    plain = [" ".join(item.text.split()) for item in found]
    return [one for one in plain if len(one.split()) >= 6 and one[-1] in ".!" and not one.startswith("#")]


def _nearest(wanted: str, texts: Sequence[str]) -> str | None:
    """The sentence that shares most words."""
    words = set(_WORD.findall(wanted.lower()))
    return max(texts, key=lambda one: len(words & set(_WORD.findall(one.lower()))), default=None)


def _opening(file: Path) -> str:
    return next(iter(_pieces(file.read_text(errors="replace"))), "")


def _pieces(text: str) -> list[str]:
    """A file cut at its headings, long sections cut further at empty lines."""
    found = []
    for section in re.split(r"(?m)^(?=#+ )", text):
        piece = ""
        for block in re.split(r"\n\s*\n", section):
            if piece and len(piece) + len(block) > LONGEST_PASSAGE:
                found.append(piece)
                piece = ""
            piece = f"{piece}\n\n{block}".strip()
        if piece:
            found.append(piece)
    return found


def _pages(file: Path) -> dict[int, str]:
    with file.open("rb") as opened:
        kind = media_types.detect_media_type(file.name, opened.read(media_types.HEAD_BYTES))
    parsed = parsing.parse_file(file, kind, parsing.limits_of(Ingestion(parse_wall_s=600, parse_cpu_s=600)))
    found: dict[int, list[str]] = defaultdict(list)
    for block in parsed.blocks:
        found[block.page or 1].append(block.text)
    return {page: "\n\n".join(texts) for page, texts in found.items()}


def _passage(name: str, title: str, text: str, page: int | None = None) -> Passage:
    shown = title.replace("_", " ")
    return Passage(
        name, name, name, "public", shown, text, 0, len(text), 1.0, first_page=page, last_page=page
    )
