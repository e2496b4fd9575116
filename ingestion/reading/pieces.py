"""What a reader hands back: pieces in reading order, before heading paths are worked out."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

invisible = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
controls = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Piece:
    """`level` is a heading's depth (1 outermost, 0 a title above all), 0 for other kinds."""

    kind: str
    text: str
    page: int | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; `attachments` names the files that lie in it, `unread_pages` those that are pictures."""

    pieces: Sequence[Piece]
    title: str = ""
    pages: int = 0
    warnings: Sequence[str] = field(default_factory=tuple)
    attachments: Sequence[str] = field(default_factory=tuple)
    unread_pages: Sequence[int] = field(default_factory=tuple)


def gathered(pieces: Iterable[Piece]) -> list[Piece]:
    """List items that follow one another made one list, and lines of code one listing."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and piece.kind in ("list", "code") and (last.kind, last.page) == (piece.kind, piece.page):
            found[-1] = replace(last, text=f"{last.text}\n{piece.text}")
        elif piece.text.strip() or piece.kind == "code":
            found.append(piece)
    return found


def clean(text: str) -> str:
    """One run of text without control or zero-width characters, white space collapsed."""
    return " ".join(controls.sub(" ", invisible.sub("", text)).split())


def unescape(text: str) -> str:
    return html.unescape(text)


def table_markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table, the first row its header; empty rows and columns are left out."""
    kept = [[clean(cell) for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return ""
    width = max(len(row) for row in kept)
    padded = [row + [""] * (width - len(row)) for row in kept]
    columns = [column for column in range(width) if any(row[column] for row in padded)]
    lines = [_row([row[column] for column in columns]) for row in padded]
    return "\n".join([lines[0], _row(["---"] * len(columns)), *lines[1:]])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def name_some(names: Sequence[str], shown: int = 8) -> str:
    """A short list for a warning: the first few, then how many more."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
