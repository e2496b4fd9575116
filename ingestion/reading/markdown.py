"""Markdown to pieces; also the way in for what kreuzberg renders as Markdown (DOCX, XLSX)."""

import re
from collections.abc import Iterator

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Piece, Reading, clean, table_markdown, unescape
from ingestion.reading.text import decode

atx = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
setext = re.compile(r" {0,3}(=+|-+)\s*$")
rule = re.compile(r" {0,3}([-*_])(\s*\1){2,}\s*$")
fence = re.compile(r" {0,3}(`{3,}|~{3,})")
item = re.compile(r"(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$")
divider = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$")
front_matter = re.compile(r"\ufeff?---\s*\n(.*?)\n(?:---|\.\.\.)\s*(?:\n|$)", re.S)
front_title = re.compile(r"^title:\s*['\"]?(.*?)['\"]?\s*$", re.M)
cell_split = re.compile(r"(?<!\\)\|")

INLINE = (
    (re.compile(r"<!--.*?-->", re.S), ""),
    (re.compile(r"!\[[^\]]*\](?:\((?:[^()\s]|\([^()]*\))*[^()]*\)|\[[^\]]*\])?"), ""),
    (re.compile(r"\[([^\]]*)\]\(<?(?:[^()\s]|\([^()]*\))*>?(?:\s+\"[^\"]*\"|\s+'[^']*')?\s*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"<((?:https?|mailto):[^>\s]+)>"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^<>]*>"), " "),
    (re.compile(r"(?<!\\)(\*\*\*|\*\*|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w\\])(__?)(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"(?<![\w\\*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)
code_span = re.compile(r"(`+)(.+?)\1")


def read(data: bytes, limits: ParseLimits) -> Reading:  # noqa: ARG001
    text = decode(data)
    matter = front_matter.match(text)
    title = front_title.search(matter.group(1)) if matter else None
    pieces = list(to_pieces(text[matter.end() :] if matter else text))
    named = clean(title.group(1)) if title else ""
    return Reading(pieces, named or next((p.text for p in pieces if p.kind == "heading"), ""))


def plain(text: str) -> str:
    """Inline Markdown as a reader sees it: link texts without addresses, no emphasis marks, no pictures."""
    parts: list[str] = []
    at = 0
    for span in code_span.finditer(text):
        parts += [_unmarked(text[at : span.start()]), span.group(2)]
        at = span.end()
    return clean("".join([*parts, _unmarked(text[at:])]))


def _unmarked(text: str) -> str:
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    return unescape(text)


def to_pieces(text: str, page: int | None = None) -> Iterator[Piece]:
    lines = _without_comments(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        piece, at = _next_piece(lines, at)
        if piece is not None and piece.text.strip():
            yield Piece(piece.kind, piece.text, page, piece.level)


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?-->", "", text, flags=re.S)


def _next_piece(lines: list[str], at: int) -> tuple[Piece | None, int]:
    line = lines[at]
    if not line.strip():
        return None, at + 1
    if fence.match(line):
        return _code(lines, at)
    if heading := atx.match(line):
        return Piece("heading", plain(heading.group(2)), level=len(heading.group(1))), at + 1
    if "|" in line and at + 1 < len(lines) and "|" in lines[at + 1] and divider.match(lines[at + 1]):
        return _table(lines, at)
    if rule.match(line):
        return None, at + 1
    return _list(lines, at) if item.match(line) else _paragraph(lines, at)


def _code(lines: list[str], at: int) -> tuple[Piece, int]:
    opened = fence.match(lines[at])
    mark = opened.group(1) if opened else "```"
    end = next((n for n in range(at + 1, len(lines)) if lines[n].strip().startswith(mark)), len(lines))
    return Piece("code", "\n".join(lines[at + 1 : end]).strip("\n")), end + 1


def _table(lines: list[str], at: int) -> tuple[Piece, int]:
    end = at + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    rows = [_cells(line) for line in [lines[at], *lines[at + 2 : end]]]
    return Piece("table", table_markdown(rows)), end


def _cells(line: str) -> list[str]:
    inner = re.sub(r"(?<!\\)\|$", "", line.strip().removeprefix("|"))
    return [plain(cell.replace("\\|", "|")) for cell in cell_split.split(inner)]


def _list(lines: list[str], at: int) -> tuple[Piece, int]:
    """Items with their nesting; a blank line ends the list unless another item or an indent follows."""
    items: list[str] = []
    while at < len(lines):
        line = lines[at]
        if found := item.match(line):
            mark = found.group(2) if found.group(2)[0].isdigit() else "-"
            items.append(
                "  " * min(len(found.group(1).expandtabs(4)) // 2, 6) + f"{mark} {plain(found.group(3))}"
            )
        elif line.strip() and (line[0].isspace() or lines[at - 1].strip()) and not _starts_block(lines, at):
            items[-1] += " " + plain(line)
        elif line.strip() or not (at + 1 < len(lines) and _continues_list(lines[at + 1])):
            break
        at += 1
    return Piece("list", "\n".join(entry for entry in items if entry.strip(" -"))), at


def _continues_list(line: str) -> bool:
    return bool(item.match(line)) and not rule.match(line)


def _starts_block(lines: list[str], at: int) -> bool:
    line = lines[at]
    return bool(atx.match(line) or fence.match(line) or (rule.match(line) and not item.match(line)))


def _paragraph(lines: list[str], at: int) -> tuple[Piece, int]:
    taken = [lines[at]]
    at += 1
    while (
        at < len(lines) and lines[at].strip() and not _starts_block(lines, at) and not item.match(lines[at])
    ):
        if setext.match(lines[at]):
            level = 1 if "=" in lines[at] else 2
            return Piece("heading", plain(" ".join(taken)), level=level), at + 1
        taken.append(lines[at])
        at += 1
    if at < len(lines) and setext.match(lines[at]) and lines[at].strip():
        return Piece("heading", plain(" ".join(taken)), level=1 if "=" in lines[at] else 2), at + 1
    return Piece("text", plain(" ".join(line.lstrip().removeprefix(">") for line in taken))), at
