"""Blocks to chunks: pieces that fit the embedder's window, cut where a reader would cut them.

A chunk never reaches over a heading; it begins with the headings that lead to its text. A table stays whole
where it fits, else it is cut between rows and every part carries the header row. Sentences are cut only where
one alone is longer than the window. Tokens are counted in a few large batches.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from langchain_text_splitters import RecursiveCharacterTextSplitter

from ingestion.blocks import Block, ParsedDocument
from services.passages import Chunk, headings_above

CHUNKER_VERSION = "1"
BETWEEN_BLOCKS = "\n\n"
LEAST_WINDOW = 16

CountTokens = Callable[[Sequence[str]], Sequence[int]]

sentence = re.compile(
    r".+?(?:[.!?](?=[\"'\u201d\u2019)\]]*\s)[\"'\u201d\u2019)\]]*\s+|[\u3002\uff01\uff1f]|\n+|\Z)", re.S
)
table_header = re.compile(r"^\|.*\|\n\|(?: --- \|)+$", re.M)


@dataclass(frozen=True, slots=True)
class StoredText:
    """A version's text as it is stored; spans are character offsets into it.

    `pages` holds `(page, start, end)` in order, `blocks` the span of each parsed block.
    """

    text: str
    pages: tuple[tuple[int, int, int], ...]
    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """The least that is kept together: a block, a sentence of a long one, or a row of a long table."""

    start: int
    end: int
    tokens: int
    kind: str
    page: int | None
    prefix: str = ""
    prefix_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading, led by the headings directly above them."""

    path: tuple[str, ...]
    numbers: tuple[int, ...]


def assemble(parsed: ParsedDocument) -> StoredText:
    ends = list(accumulate(len(block.text) + len(BETWEEN_BLOCKS) for block in parsed.blocks))
    spans = [
        (end - len(BETWEEN_BLOCKS) - len(block.text), end - len(BETWEEN_BLOCKS))
        for end, block in zip(ends, parsed.blocks, strict=True)
    ]
    pages: list[tuple[int, int, int]] = []
    for block, (start, end) in zip(parsed.blocks, spans, strict=True):
        if block.page is None:
            continue
        if pages and pages[-1][0] == block.page:
            pages[-1] = (block.page, pages[-1][1], end)
        else:
            pages.append((block.page, start, end))
    return StoredText(BETWEEN_BLOCKS.join(block.text for block in parsed.blocks), tuple(pages), tuple(spans))


def chunk_document(
    parsed: ParsedDocument, count_tokens: CountTokens, max_tokens: int
) -> tuple[StoredText, tuple[Chunk, ...]]:
    """The stored text and its chunks; `count_tokens` may count tokens that frame each text, such as [CLS]."""
    if max_tokens < LEAST_WINDOW:
        raise ValueError(f"a window of {max_tokens} tokens is too small to chunk for")
    chunker = Chunker(parsed.blocks, assemble(parsed), count_tokens, max_tokens)
    return chunker.stored, chunker.chunks()


class Chunker:
    """One document's chunking: the text, the counter and the window that every step needs."""

    def __init__(
        self, blocks: Sequence[Block], stored: StoredText, count_tokens: CountTokens, max_tokens: int
    ) -> None:
        self.blocks = blocks
        self.stored = stored
        self.text = stored.text
        self.count_tokens = count_tokens
        self.frame = count_tokens([""])[0]
        self.window = max_tokens - self.frame
        self.sections = [self._shortened(section) for section in sections(blocks)]
        self.block_tokens = self._count([block.text for block in blocks])
        self.path_tokens = self._count_paths()

    def chunks(self) -> tuple[Chunk, ...]:
        drafts = [self._draft(section, units) for section in self.sections for units in self._packed(section)]
        fitting = self._fitted([draft for draft in drafts if draft.text])
        return tuple(replace(chunk, ordinal=number) for number, chunk in enumerate(fitting))

    def _count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text itself, without those that frame whatever is counted."""
        return [tokens - self.frame for tokens in self.count_tokens(texts)] if texts else []

    def _shortened(self, section: Section) -> Section:
        """A heading path that leaves at least half of the window to the text: innermost headings first."""
        path = section.path
        while path and self._count([" > ".join(path)])[0] > self.window // 2:
            path = path[1:] if len(path) > 1 else (path[0][: len(path[0]) // 2].strip(),)
            path = tuple(heading for heading in path if heading)
        return Section(path, section.numbers)

    def _count_paths(self) -> dict[tuple[str, ...], int]:
        paths = sorted(
            {section.path[:depth] for section in self.sections for depth in range(len(section.path) + 1)}
        )
        counts = self._count([" > ".join(path) for path in paths])
        return dict(zip(paths, counts, strict=True))

    def _packed(self, section: Section) -> Iterator[list[Unit]]:
        """Units under one heading, as many together as the window takes."""
        taken: list[Unit] = []
        used = 0
        for unit in self._units(section):
            room = self.window - self._overhead(section, taken or [unit])
            if taken and (used + unit.tokens > room or unit.prefix != taken[0].prefix):
                yield taken
                taken, used = [], 0
            taken.append(unit)
            used += unit.tokens
        if taken:
            yield taken

    def _overhead(self, section: Section, units: Sequence[Unit]) -> int:
        above = headings_above(section.path, self.text[units[0].start : units[0].end])
        return self.path_tokens[above] + units[0].prefix_tokens

    def _units(self, section: Section) -> Iterator[Unit]:
        room = self.window - self.path_tokens[section.path]
        for number in section.numbers:
            block, (start, end) = self.blocks[number], self.stored.blocks[number]
            tokens = self.block_tokens[number]
            if tokens <= room:
                yield Unit(start, end, tokens, block.kind, block.page)
            elif block.kind == "table":
                yield from self._rows(block, start, room)
            else:
                yield from self._parts(Unit(start, end, tokens, block.kind, block.page), room)

    def _rows(self, block: Block, start: int, room: int) -> Iterator[Unit]:
        """Rows of a table too long for one chunk; later ones are read with the header row before them."""
        header = "\n".join(block.text.split("\n")[:2])
        lines = _lines(block.text)
        counts = self._count([header, *(block.text[a:b] for a, b in lines)])
        fits = counts[0] <= room // 2 and len(lines) > 2
        lead = sum(b - a + 1 for a, b in lines[:2]) - 1
        first_room = room
        for (a, b), tokens in zip(lines, counts[1:], strict=True):
            is_first = first_room >= tokens
            first_room = first_room - tokens if is_first else -1
            prefix = header if fits and not is_first and a > lead else ""
            cost = counts[0] if prefix else 0
            unit = Unit(start + a, start + b, tokens, block.kind, block.page, prefix, cost)
            yield from self._parts(unit, room - cost) if tokens > room - cost else (unit,)

    def _parts(self, unit: Unit, room: int) -> Iterator[Unit]:
        """Sentences of a unit longer than the window, and parts of those that are longer still."""
        text = self.text[unit.start : unit.end]
        pieces = [found.group() for found in sentence.finditer(text)]
        size = room * 3
        while True:
            counts = self._count(pieces)
            if size < 1 or max(counts) <= room:
                break
            pieces = [
                part
                for piece, tokens in zip(pieces, counts, strict=True)
                for part in (cut(piece, size) if tokens > room else [piece])
            ]
            size //= 2
        at = unit.start
        for piece, tokens in zip(pieces, counts, strict=True):
            yield replace(unit, start=at, end=at + len(piece), tokens=tokens)
            at += len(piece)

    def _draft(self, section: Section, units: Sequence[Unit]) -> Chunk:
        start, end = trimmed(self.text, units[0].start, units[-1].end)
        pages = [unit.page for unit in units if unit.page is not None]
        return Chunk(
            ordinal=0,
            text=self.text[start:end],
            start=start,
            end=end,
            heading_path=section.path,
            first_page=min(pages, default=None),
            last_page=max(pages, default=None),
            kind=main_kind(units),
            prefix=units[0].prefix,
        )

    def _fitted(self, drafts: Sequence[Chunk]) -> list[Chunk]:
        """Chunks with their true counts; what counting piece by piece misjudged is halved until it fits."""
        done: list[Chunk] = []
        waiting = list(drafts)
        while waiting:
            counts = self._count([chunk.embedded_text for chunk in waiting])
            counted = [
                replace(chunk, tokens=tokens + self.frame)
                for chunk, tokens in zip(waiting, counts, strict=True)
            ]
            done += [chunk for chunk in counted if chunk.tokens <= self.window + self.frame]
            waiting = [
                half
                for chunk in counted
                if chunk.tokens > self.window + self.frame
                for half in self._halves(chunk)
            ]
        return sorted(done, key=lambda chunk: chunk.start)

    def _halves(self, chunk: Chunk) -> list[Chunk]:
        if len(chunk.text) < 2:
            return [replace(chunk, heading_path=(), prefix="")] if chunk.heading_path or chunk.prefix else []
        middle = len(chunk.text) // 2
        breaks = [found.end() for found in sentence.finditer(chunk.text)][:-1] or _spaces(chunk.text)
        at = chunk.start + min(breaks or [middle], key=lambda place: abs(place - middle))
        header = table_header.search(self.text, chunk.start, at) if chunk.kind == "table" else None
        prefix = header.group() if header and len(header.group()) * 2 < middle else ""
        halves = [
            (chunk.prefix, trimmed(self.text, chunk.start, at)),
            (chunk.prefix or prefix, trimmed(self.text, at, chunk.end)),
        ]
        return [
            replace(chunk, text=self.text[a:b], start=a, end=b, prefix=lead)
            for lead, (a, b) in halves
            if a < b
        ]


def sections(blocks: Sequence[Block]) -> Iterator[Section]:
    """Headings in a row belong to the text that follows the last of them."""
    numbers: list[int] = []
    for number, block in enumerate(blocks):
        if block.kind == "heading" and numbers and blocks[numbers[-1]].kind != "heading":
            yield Section(blocks[numbers[-1]].heading_path, tuple(numbers))
            numbers = []
        numbers.append(number)
    if numbers:
        yield Section(blocks[numbers[-1]].heading_path, tuple(numbers))


def cut(text: str, size: int) -> list[str]:
    """Parts of at most `size` characters that together are `text`, cut at the best places there are."""
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=size,
        chunk_overlap=0,
        separators=["\n", "; ", ", ", " ", ""],
        keep_separator="end",
        strip_whitespace=False,
    )
    return splitter.split_text(text)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    found = text[start:end]
    return start + len(found) - len(found.lstrip()), end - (len(found) - len(found.rstrip()))


def main_kind(units: Sequence[Unit]) -> str:
    """The kind most of a chunk's text is of; headings lead, they do not count."""
    sizes: dict[str, int] = {}
    for unit in units:
        sizes[unit.kind] = sizes.get(unit.kind, 0) + unit.end - unit.start
    sizes.pop("heading", None)
    return max(sizes, key=lambda kind: sizes[kind], default="text")


def _lines(text: str) -> list[tuple[int, int]]:
    ends = list(accumulate(len(line) + 1 for line in text.split("\n")))
    return [(end - 1 - len(line), end - 1) for end, line in zip(ends, text.split("\n"), strict=True)]


def _spaces(text: str) -> list[int]:
    return [found.end() for found in re.finditer(r"\s+", text)]
