"""The passages of one answer, indexed once: their sentences, what stands around each, and word weights."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.answers.grounding import facts, questions, sentences, words
from services.answers.grounding.facts import Facts, Source
from services.answers.grounding.questions import Question
from services.answers.grounding.sentences import Sentence
from services.passages import Passage

_LEANS_BACK = re.compile(
    r"^\W*(?:it|they|he|she|this|these|those|that|such|there|both|er|sie|es|diese[rsmn]?|dies|beide)\b", re.I
)
_RULE_ROW = re.compile(r"^[|\s:+-]+$")
_CONTEXT_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table row with its column's name."""

    heading: str
    text: str

    @property
    def heading_stems(self) -> frozenset[str]:
        """Words of the column's name."""
        return frozenset(words.content_stems(self.heading))

    @property
    def values(self) -> frozenset[str]:
        """Numbers in the cell."""
        return frozenset(quantity.value for quantity in facts.read(self.text).quantities)


class Evidence:
    """One passage sentence (or two neighbours) that may support a claim; facts are read when first needed."""

    def __init__(
        self,
        position: int,
        passage: Passage,
        sentence: Sentence,
        *,
        before: Sequence[str] = (),
        headings: Sequence[str] = (),
    ) -> None:
        self.position = position
        self.passage = passage
        self.sentence = sentence
        self.start, self.end = sentence.start, sentence.end
        self._before = before
        self._headings = headings

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of a table row under a known header, else none."""
        if self.sentence.kind != "row" or not self._headings:
            return ()
        return tuple(
            Cell(heading, text)
            for heading, text in zip(self._headings, row_cells(self.sentence.text), strict=False)
        )

    @cached_property
    def shown(self) -> str:
        """The sentence as a reader understands it alone: a row with its columns' names."""
        if not self.cells:
            return sentences.without_marker(self.sentence.text)
        return "; ".join(
            f"{cell.heading}: {cell.text}" if cell.heading else cell.text for cell in self.cells if cell.text
        )

    @cached_property
    def stems(self) -> frozenset[str]:
        """Content words of the sentence and of a row's column names."""
        return facts.terms(self.shown)

    @cached_property
    def context_stems(self) -> frozenset[str]:
        """Words from the heading path, the document's name and the sentence this one leans on."""
        around = " . ".join([self.passage.document_name, *self.passage.heading_path, *self._before])
        return facts.spoken_stems(re.sub(r"[_\-./]+", " ", around))

    @property
    def leans_back(self) -> bool:
        """It opens with a word that points to the sentence before."""
        return bool(_LEANS_BACK.match(self.sentence.text))

    @cached_property
    def facts(self) -> Facts:
        """Exact parts of the sentence."""
        return facts.read(self.shown)

    @cached_property
    def source(self) -> Source:
        """What a claim is compared with."""
        around = facts.read(" . ".join([*self.passage.heading_path, *self._before]))
        years = frozenset(
            re.findall(
                r"(?<!\d)(?:19|20|21)\d\d(?!\d)",
                " ".join([self.passage.document_name, *self.passage.heading_path]),
            )
        )
        return Source(
            self.facts,
            facts.spoken_stems(self.shown),
            self.context_stems,
            around.identifiers | facts.read(self.passage.document_name).identifiers,
            years,
        )

    @property
    def years(self) -> frozenset[str]:
        """The years it speaks of, else those of its headings and its document's name."""
        return self.facts.years or self.source.context_years

    def has_compound(self, stem: str) -> bool:
        """A German compound here contains `stem`, or is contained in it."""
        return len(stem) > 4 and any(stem in own or (len(own) > 4 and own in stem) for own in self.stems)


class PassageIndex:
    """Everything one answer is checked against."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self.passages = tuple(passages)
        self.question: Question = questions.read(question)
        self.evidence = [item for passage in passages for item in _read_passage(passage)]
        for position, item in enumerate(self.evidence):
            item.position = position
        self._postings: defaultdict[str, list[int]] = defaultdict(list)
        for item in self.evidence:
            for stem in item.stems:
                self._postings[stem].append(item.position)

    def weight(self, stem: str) -> float:
        """How rare a word is among the sentences; one that none has weighs most."""
        return math.log(1 + (len(self.evidence) + 1) / (len(self._postings.get(stem, ())) + 0.5))

    def knows(self, stem: str) -> bool:
        """Some sentence has the word."""
        return stem in self._postings

    def overlaps(self, stems: Iterable[str]) -> dict[int, float]:
        """Weight of the shared words, for every sentence that shares any."""
        scores: dict[int, float] = {}
        for stem in set(stems):
            weight = self.weight(stem)
            for position in self._postings.get(stem, ()):
                scores[position] = scores.get(position, 0.0) + weight
        return scores

    @cached_property
    def lower_stems(self) -> frozenset[str]:
        """Stems of the words that passages or question write in lower case."""
        texts = [self.question.text, *(passage.text for passage in self.passages)]
        return frozenset(
            words.stem(word) for text in texts for word, _, _ in words.tokens(text) if word[0].islower()
        )

    @cached_property
    def passage_stems(self) -> list[frozenset[str]]:
        """All words of each passage, with its heading path and its document's name."""
        found: dict[int, set[str]] = {id(passage): set() for passage in self.passages}
        for item in self.evidence:
            found[id(item.passage)] |= item.stems | item.context_stems
        return [frozenset(found[id(passage)]) for passage in self.passages]

    @cached_property
    def folded_texts(self) -> list[str]:
        """Passages in folded case with headings and names, to look identifiers up in."""
        return [
            " ".join([passage.document_name, *passage.heading_path, passage.text]).casefold()
            for passage in self.passages
        ]

    def passage_rank(self, item: Evidence) -> int:
        """Place of the sentence's passage in the order found."""
        return self._ranks[id(item.passage)]

    @cached_property
    def _ranks(self) -> dict[int, int]:
        return {id(passage): rank for rank, passage in enumerate(self.passages)}

    @cached_property
    def relevances(self) -> list[float]:
        """For every sentence the share of the question's words it has; words from around it count less."""
        weights = {stem: self.weight(stem) for stem in self.question.stems}
        total = sum(weights.values()) or 1.0
        return [
            sum(
                weight
                * (1.0 if stem in item.stems else _CONTEXT_SHARE if stem in item.context_stems else 0.0)
                for stem, weight in weights.items()
            )
            / total
            for item in self.evidence
        ]

    def neighbour(self, item: Evidence, step: int) -> Evidence | None:
        """The sentence before or after, within the same passage."""
        position = item.position + step
        if not 0 <= position < len(self.evidence):
            return None
        found = self.evidence[position]
        return found if found.passage is item.passage else None

    def pair(self, item: Evidence, step: int) -> Evidence | None:
        """A sentence of prose together with its neighbour, as one source."""
        other = self.neighbour(item, step)
        if other is None or {item.sentence.kind, other.sentence.kind} != {"prose"}:
            return None
        start, end = min(item.start, other.start), max(item.end, other.end)
        return Evidence(item.position, item.passage, Sentence(item.passage.text[start:end], start, end))


def index_passages(passages: Sequence[Passage], question: str) -> PassageIndex:
    """Reads the passages once, for every check of one answer."""
    return PassageIndex(passages, question)


def row_cells(row: str) -> list[str]:
    """Cells of one Markdown table row."""
    return [
        cell.replace("\\|", "|").strip()
        for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))
    ]


def _read_passage(passage: Passage) -> list[Evidence]:
    found: list[Evidence] = []
    headings: list[str] = []
    lead_in = ""
    split = [sentence for sentence in sentences.split_sentences(passage.text) if not _is_rule(sentence)]
    rules = {sentence.start for sentence in sentences.split_sentences(passage.text) if _is_rule(sentence)}
    for order, sentence in enumerate(split):
        headings = _headings(sentence, headings, rules, passage.text) if sentence.kind == "row" else []
        if sentence.kind not in ("item", "row"):
            lead_in = sentence.text if sentence.text.endswith(":") else ""
        before = _before(split, order, lead_in)
        found.append(
            Evidence(
                0, passage, sentence, before=before, headings=headings if _is_body(sentence, headings) else ()
            )
        )
    return found


def _is_rule(sentence: Sentence) -> bool:
    return bool(_RULE_ROW.match(sentence.text)) or not any(character.isalnum() for character in sentence.text)


def _headings(row: Sentence, current: list[str], rules: set[int], text: str) -> list[str]:
    """A row right above a rule line names the columns."""
    following = row.end + len(text[row.end :]) - len(text[row.end :].lstrip())
    return row_cells(row.text) if not current or following in rules else current


def _is_body(row: Sentence, headings: list[str]) -> bool:
    return row.kind == "row" and row_cells(row.text) != headings


def _before(split: list[Sentence], order: int, lead_in: str) -> list[str]:
    """What a sentence leans on: a list's lead-in, or the sentence that a pronoun points back to."""
    sentence = split[order]
    if sentence.kind in ("item", "row"):
        return [lead_in] if lead_in else []
    if order and _LEANS_BACK.match(sentence.text):
        return [split[order - 1].text]
    return []
