"""Rich text (RTF): paragraphs, headings by their styles, lists with the numbers they show, tables, notes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingestion.reading import rich_text_words as words
from ingestion.reading.grid import is_layout
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean, gathered, table_markdown
from services.errors import DocumentCorrupt, DocumentOverLimit

DEEPEST = 500
LONGEST_HEADING = 400
NO_HEADING = 9
GROUPS = ("fonttbl", "stylesheet", "info", "title", "footnote", "listtext", "pntext")
heading_name = re.compile(r"heading (\d)$", re.I)
letter = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class State:
    """What a group sets and its end takes back."""

    group: str = ""
    is_skipped: bool = False
    is_hidden: bool = False
    font: int = -1
    after_unicode: int = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """What a paragraph sets until the next one resets it."""

    style: int = 0
    level: int | None = None
    in_table: bool = False
    listed: bool = False
    depth: int = 0


@dataclass
class Tables:
    """What the file's head says: fonts' code pages, styles' heading levels, the title."""

    page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    default_font: int = -1
    title: str = ""


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    return read_bytes(data)


def read_bytes(data: bytes) -> Reading:
    if b"{\\rtf" not in data[:64]:
        raise DocumentCorrupt
    reader = Reader()
    pieces = gathered(reader.pieces(data))
    title = clean(reader.tables.title)
    return Reading(pieces, title or next((p.text for p in pieces if p.kind == "heading"), ""))


class Reader:
    """One pass over the file's tokens."""

    def __init__(self) -> None:
        self.tables = Tables()
        self._state, self._layout = State(), Layout()
        self._above: list[State] = []
        self._raw = bytearray()
        self._parts: dict[str, list[str]] = {"": []}
        self._to_skip = 0
        self._starred = False
        self._rows: list[list[str]] = []
        self._cells: list[str] = []
        self._in_table: list[Piece] = []
        self._style = 0
        self._font = -1

    def pieces(self, data: bytes) -> Iterator[Piece]:
        at = 0
        while at < len(data):
            found = words.token.match(data, at)
            if found is None:
                break
            at = found.end()
            word, number, code, symbol, brace, plain = found.groups()
            if word == b"bin":
                at += max(0, int(number or 0))
            elif word:
                yield from self._word(word.decode("latin-1"), int(number) if number else None)
            elif code:
                self._letters(bytes([int(code, 16)]))
            elif symbol:
                yield from self._symbol(symbol.decode("latin-1"))
            elif brace:
                self._brace(opens=brace == b"{")
            elif plain:
                self._letters(plain)
        yield from self._paragraph()
        yield from self._end_table()

    def _brace(self, *, opens: bool) -> None:
        self._flush()
        self._to_skip, self._starred = 0, False
        if opens:
            if len(self._above) >= DEEPEST:
                raise DocumentOverLimit("The file's groups lie too deep in one another.")
            self._above.append(self._state)
        elif self._above:
            self._end_group()
            self._state = self._above.pop()

    def _end_group(self) -> None:
        """Notes stand where they are named, in brackets; style names say which styles are headings."""
        group, outer = self._state.group, self._above[-1].group
        if group == "stylesheet":
            self._end_style()
        if group == outer or group not in self._parts:
            return
        text = clean("".join(self._parts.pop(group)))
        if group == "footnote" and text:
            self._parts[""].append(f" [{text}]")
        elif group == "title":
            self.tables.title = text
        elif group in ("listtext", "pntext"):
            self._parts["label"] = [text]

    def _end_style(self) -> None:
        name, self._parts["stylesheet"] = "".join(self._parts.get("stylesheet", [])), []
        level = self._level_of(name.partition(";")[0])
        if level is not None:
            self.tables.levels[self._style] = level

    def _level_of(self, name: str) -> int | None:
        found = heading_name.match(clean(name))
        return int(found[1]) if found else 0 if clean(name).lower() == "title" else None

    def _symbol(self, symbol: str) -> Iterator[Piece]:
        if symbol == "*":
            self._starred = True
            return
        self._flush()
        if symbol in "\r\n":
            yield from self._word("par", None)
        else:
            self._say(words.SYMBOLS.get(symbol, ""))

    def _word(self, word: str, number: int | None) -> Iterator[Piece]:
        if word not in ("u", "uc"):
            self._flush()
        starred, self._starred = self._starred, False
        if word in words.SKIPPED or (starred and word not in words.READ_THOUGH_STARRED):
            self._state = replace(self._state, is_skipped=True)
        if self._state.is_skipped:
            return
        if word in words.LETTERS:
            self._say(words.LETTERS[word])
        elif word in ("par", "sect", "cell", "nestcell", "row"):
            yield from self._ended(word)
        elif not self._text_word(word, number):
            self._layout_word(word, number)

    def _text_word(self, word: str, number: int | None) -> bool:
        """Whether `word` says how letters are written, or which group this is."""
        state = self._state
        if word == "u":
            self._unicode(number or 0)
        elif word == "uc":
            self._state = replace(state, after_unicode=max(0, min(number or 0, 16)))
        elif word in ("v", "deleted"):
            self._state = replace(state, is_hidden=number != 0)
        elif word == "plain":
            self._state = replace(state, is_hidden=False, font=-1)
        elif word == "f":
            self._font = number or 0
            self._state = replace(state, font=self._font)
        elif word in GROUPS:
            self._state = replace(state, group=word)
            self._parts[word] = []
        else:
            return self._coding_word(word, number or 0)
        return True

    def _coding_word(self, word: str, number: int) -> bool:
        """Whether `word` says which letters the file's or a font's bytes are."""
        if word == "fcharset":
            if number in words.CHARSETS:
                self.tables.fonts[self._font] = words.CHARSETS[number]
        elif word == "cpg" and number and self._state.group == "fonttbl":
            self.tables.fonts[self._font] = words.code_page(number)
        elif word in words.DOCUMENT_SETS:
            self.tables.page = words.DOCUMENT_SETS[word]
        elif word == "ansicpg":
            self.tables.page = words.code_page(number)
        elif word == "deff":
            self.tables.default_font = number
        else:
            return False
        return True

    def _layout_word(self, word: str, number: int | None) -> None:
        layout = self._layout
        if word == "s":
            self._style = number or 0
            if self._state.group == "stylesheet":
                self._parts["stylesheet"] = []
            else:
                self._layout = replace(layout, style=self._style)
        elif self._state.group == "stylesheet":
            return
        elif word == "pard":
            self._layout = Layout()
        elif word == "outlinelevel" and number is not None:
            self._layout = replace(layout, level=number + 1 if 0 <= number < NO_HEADING else None)
        elif word == "intbl":
            self._layout = replace(layout, in_table=True)
        elif word == "ls":
            self._layout = replace(layout, listed=bool(number))
        elif word == "ilvl":
            self._layout = replace(layout, depth=max(0, min(number or 0, 8)))

    def _letters(self, raw: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(raw))
            self._to_skip -= skipped
            raw = raw[skipped:]
        self._raw += raw

    def _unicode(self, number: int) -> None:
        self._flush()
        self._say(chr(number & 0xFFFF))
        self._to_skip = self._state.after_unicode

    def _flush(self) -> None:
        """Bytes gathered so far, as the font's code page reads them: two may be one letter."""
        raw, self._raw = bytes(self._raw), bytearray()
        if raw:
            font = self._state.font if self._state.font >= 0 else self.tables.default_font
            try:
                self._say(raw.decode(self.tables.fonts.get(font, self.tables.page), "replace"))
            except LookupError:
                self._say(raw.decode("cp1252", "replace"))

    def _say(self, text: str) -> None:
        if not (self._state.is_skipped or self._state.is_hidden):
            self._parts.setdefault(self._state.group, []).append(text)

    def _ended(self, word: str) -> Iterator[Piece]:
        if self._state.group:
            self._say(" ")
        elif word == "row":
            self._rows.append(self._cells)
            self._cells = []
        elif word == "par" and not self._layout.in_table:
            yield from self._paragraph()
        else:
            self._in_table += self._made()
            text = self._taken()
            self._cells = self._cells or [""]
            self._cells[-1] = f"{self._cells[-1]} {text}".strip()
            if word == "cell":
                self._cells.append("")

    def _paragraph(self) -> Iterator[Piece]:
        self._flush()
        made = self._made()
        self._taken()
        if made or not self._layout.in_table:
            yield from self._end_table()
        yield from made

    def _made(self) -> list[Piece]:
        """The paragraph as it stands, a heading, an item or text."""
        text = _whole("".join(self._parts[""]))
        if not text:
            return []
        layout = self._layout
        label = " ".join(self._parts.get("label", []))
        mark = label if label in ("", "o") or letter.search(label) else "-"
        mark = "-" if mark == "o" else mark
        level = layout.level if layout.level is not None else self.tables.levels.get(layout.style)
        if level is not None and len(text) <= LONGEST_HEADING:
            return [Piece("heading", f"{mark} {text}" if mark not in ("", "-") else text, None, level)]
        if mark or layout.listed:
            return [Piece("list", f"{'  ' * layout.depth}{mark or '-'} {text}")]
        return [Piece("text", text)]

    def _taken(self) -> str:
        text = _whole("".join(self._parts[""]))
        self._parts[""] = []
        self._parts.pop("label", None)
        return text

    def _end_table(self) -> Iterator[Piece]:
        rows, self._rows = [*self._rows, self._cells] if any(self._cells) else self._rows, []
        inside, self._in_table = self._in_table, []
        self._cells = []
        if rows:
            yield from inside if is_layout(rows) else [Piece("table", table_markdown(rows))]


def _whole(raw: str) -> str:
    return clean(raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
