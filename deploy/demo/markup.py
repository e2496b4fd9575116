"""The few Markdown forms the demo's content files use, read into parts that every format can draw."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONTENT = Path(__file__).parent / "content"
_RULE = re.compile(r"\|( -{3,} \|)+")


@dataclass(frozen=True)
class Heading:
    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Listing:
    items: tuple[str, ...]
    numbered: bool


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]


Part = Heading | Paragraph | Listing | Table


@dataclass(frozen=True)
class Source:
    """One content file: where its document goes, what its front matter says, and its parts."""

    path: str
    about: dict[str, str]
    body: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        return self.about["title"]


def read_sources(folder: Path = CONTENT) -> list[Source]:
    """Every content file below `folder`, in a fixed order."""
    return [read_source(file, folder) for file in sorted(folder.glob("*/*.md"))]


def read_source(file: Path, folder: Path = CONTENT) -> Source:
    _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
    about = dict(line.split(": ", 1) for line in front.splitlines())
    target = file.relative_to(folder).with_suffix("." + about["format"]).as_posix()
    return Source(target, about, body, tuple(read_parts(body)))


def read_parts(body: str) -> Iterator[Part]:
    for block in body.strip().split("\n\n"):
        yield _read_block(block.strip().splitlines())


def plain_text(parts: tuple[Part, ...]) -> str:
    return "\n\n".join(_plain(part) for part in parts)


def sections(parts: tuple[Part, ...]) -> list[tuple[Part, ...]]:
    """The parts cut before every heading of the first level."""
    cuts = itertools.accumulate(int(isinstance(part, Heading) and part.level == 1) for part in parts)
    grouped = itertools.groupby(zip(cuts, parts, strict=True), key=lambda pair: pair[0])
    return [tuple(part for _, part in group) for _, group in grouped]


def _read_block(lines: list[str]) -> Part:
    first = lines[0]
    if first.startswith("#"):
        marks, text = first.split(" ", 1)
        return Heading(text, len(marks))
    if first.startswith("- "):
        return Listing(tuple(line[2:] for line in lines), numbered=False)
    if first.startswith("1. "):
        return Listing(tuple(line.split(". ", 1)[1] for line in lines), numbered=True)
    if first.startswith("| "):
        return Table(tuple(_cells(line) for line in lines if not _RULE.fullmatch(line)))
    return Paragraph(" ".join(lines) if first.endswith((".", "?")) else "\n".join(lines))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


def _plain(part: Part) -> str:
    match part:
        case Heading(text) | Paragraph(text):
            return text
        case Listing(items, numbered=True):
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Listing(items):
            return "\n".join(f"- {item}" for item in items)
        case Table(rows):
            return "\n".join(" | ".join(row) for row in rows)
