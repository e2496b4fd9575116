"""The two words both sides share: a `Chunk` is what is indexed, a `Passage` is a chunk that was found."""

from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Chunk:
    """One indexed piece of a version.

    `start` and `end` are character offsets into the version's stored text, so that
    `stored_text[start:end] == text`; `heading_path` runs from the outermost heading inwards.
    Pages are 1-based, None where the format has no pages.
    """

    ordinal: int
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...] = ()
    first_page: int | None = None
    last_page: int | None = None
    tokens: int = 0
    kind: str = "text"  # text | table | code | list
    prefix: str = ""
    """What a part of a long table needs to be understood: the table's header row, which `text` lacks."""

    @property
    def embedded_text(self) -> str:
        """What the embedder and the lexical index read: the headings above, the prefix, then the text."""
        return text_with_headings(self.heading_path, self.prefix, self.text)


def text_with_headings(path: tuple[str, ...], prefix: str, text: str) -> str:
    """A chunk's text as a neural network reads it: it may need its headings to be understood."""
    return "\n".join(part for part in (" > ".join(headings_above(path, text)), prefix, text) if part)


def headings_above(path: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The part of `path` that `text` does not itself begin with."""
    first = text.partition("\n")[0]
    return path[: path.index(first)] if first in path else path


def chunk_id(version_id: str, ordinal: int, text: str) -> str:
    """Digest naming one chunk: the same content at the same place always gets the same id."""
    return sha256(f"{version_id}\x1f{ordinal}\x1f{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found for a question and that the caller may read (checked in SQL).

    `page_starts` are `(offset, page)` pairs inside `text`, in order, for a chunk that spans
    pages: the page of an offset is that of the last pair at or before it. `prefix` is the header row
    of a table whose earlier rows lie in another chunk. `valid_from` and `valid_until` are the first and the
    last day on which the document is in force, None where nobody said.
    """

    chunk_id: str
    version_id: str
    document_id: str
    collection_id: str
    document_name: str
    text: str
    start: int
    end: int
    score: float
    heading_path: tuple[str, ...] = ()
    first_page: int | None = None
    last_page: int | None = None
    kind: str = "text"
    version_number: int = 1
    published_at: datetime | None = None
    page_starts: tuple[tuple[int, int], ...] = field(default_factory=tuple)
    prefix: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Whether the document is valid on that day, as far as anybody said."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)

    def page_at(self, offset: int) -> int | None:
        """Page of the character at `offset` inside `text`, None where the format has no pages."""
        page = self.first_page
        for position, number in self.page_starts:
            if position > offset:
                break
            page = number
        return page
