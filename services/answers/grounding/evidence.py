"""What may support a claim: a passage sentence, a table row with its column names, and what stands around."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from services.answers.grounding import facts, sentences, words
from services.answers.grounding.facts import Facts, Source
from services.answers.grounding.sentences import Sentence
from services.passages import Passage

_LEANS_BACK = re.compile(
    r"^\W*(?:it|they|he|she|this|these|those|that|such|there|both|er|sie|es|diese[rsmn]?|dies|beide)\b", re.I
)
_RULE_ROW = re.compile(r"^[|\s:+-]+$")
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")


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
        self.aliases: frozenset[str] = frozenset()
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
        return facts.terms(self.shown) | self.aliases

    @cached_property
    def ordered_stems(self) -> list[str]:
        """Content words in their order."""
        return words.content_stems(self.shown)

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
        return Source(
            self.facts,
            facts.spoken_stems(self.shown),
            self.context_stems,
            around.identifiers | facts.read(self.passage.document_name).identifiers,
            self.heading_years,
        )

    @cached_property
    def heading_years(self) -> frozenset[str]:
        """Years of the innermost heading that has any, else of the document's name."""
        places = [*reversed(self.passage.heading_path), self.passage.document_name]
        return next((frozenset(years) for place in places if (years := _YEAR.findall(place))), frozenset())

    @property
    def years(self) -> frozenset[str]:
        """The years it speaks of, else those of its headings and its document's name."""
        return self.facts.years or self.heading_years

    def has_compound(self, stem: str) -> bool:
        """A German compound here contains `stem`, or is contained in it."""
        return len(stem) > 4 and any(stem in own or (len(own) > 4 and own in stem) for own in self.stems)


def row_cells(row: str) -> list[str]:
    """Cells of one Markdown table row."""
    return [
        cell.replace("\\|", "|").strip()
        for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))
    ]


def read_passages(passages: Sequence[Passage]) -> list[Evidence]:
    """The sentences of all passages, numbered through."""
    columns: dict[tuple[str, int], list[str]] = {}
    split = [sentences.split_sentences(passage.text) for passage in passages]
    for passage, found in zip(passages, split, strict=True):
        for header in _header_rows(found):
            columns.setdefault((passage.version_id, len(header)), header)
    items = [
        item
        for passage, found in zip(passages, split, strict=True)
        for item in _read_passage(passage, found, columns)
    ]
    for position, item in enumerate(items):
        item.position = position
    return items


def _header_rows(found: Sequence[Sentence]) -> Iterator[list[str]]:
    """Rows right above a rule line: they name the columns."""
    for row, following in pairwise(found):
        if row.kind == following.kind == "row" and _is_rule(following):
            yield row_cells(row.text)


def _read_passage(
    passage: Passage, found: Sequence[Sentence], columns: Mapping[tuple[str, int], list[str]]
) -> Iterator[Evidence]:
    own_headers = list(_header_rows(found))
    headings: Sequence[str] = row_cells(passage.prefix.split("\n", 1)[0]) if passage.prefix else ()
    lead_in = ""
    split = [sentence for sentence in found if not _is_rule(sentence)]
    for order, sentence in enumerate(split):
        cells = row_cells(sentence.text) if sentence.kind == "row" else []
        if not cells:
            headings = ()
        elif cells in own_headers:
            headings = cells
        elif not headings:  # the rows of a long table may have come without their header
            headings = columns.get((passage.version_id, len(cells)), ())
        if not cells and sentence.kind != "item":
            lead_in = sentence.text if sentence.text.endswith(":") else ""
        body = headings if cells != headings else ()
        yield Evidence(0, passage, sentence, before=_before(split, order, lead_in), headings=body)


def _is_rule(sentence: Sentence) -> bool:
    return bool(_RULE_ROW.match(sentence.text)) or not any(character.isalnum() for character in sentence.text)


def _before(split: Sequence[Sentence], order: int, lead_in: str) -> list[str]:
    """What a sentence leans on: a list's lead-in, or the sentence that a pronoun points back to."""
    sentence = split[order]
    if sentence.kind in ("item", "row"):
        return [lead_in] if lead_in else []
    if order and _LEANS_BACK.match(sentence.text):
        return [split[order - 1].text]
    return []
