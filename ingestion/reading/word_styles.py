"""What Word's styles and lists say of a paragraph: its heading level, its number, whether it is code."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingestion.reading.numbering import Counters, Level
from ingestion.reading.ooxml import Element, attribute, child, children, inside, related

NO_HEADING = 9
DEEPEST_STYLE = 20
heading_name = re.compile(r"heading ([1-9])$", re.I)
code_name = re.compile(r"\b(code|source|listing|preformatted|verbatim|macro)\b", re.I)


@dataclass(frozen=True, slots=True)
class Style:
    """One paragraph style with what it takes from the styles it is based on; `level` as in Piece."""

    name: str = ""
    level: int | None = None
    list_id: str | None = None
    depth: int | None = None

    @property
    def is_code(self) -> bool:
        return bool(code_name.search(self.name))


@dataclass(frozen=True, slots=True)
class ListFormat:
    """One list as a paragraph names it; lists with one `key` count together."""

    key: str
    levels: dict[int, Level]
    restarts: dict[int, int] = field(default_factory=dict)


class Styles:
    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        root = related(archive, part, "styles")
        self._raw = {attribute(style, "styleId") or "": style for style in children(root, "style")}
        self._made: dict[str, Style] = {}
        self.default = next(
            (
                key
                for key, style in self._raw.items()
                if attribute(style, "type") == "paragraph" and attribute(style, "default") in ("1", "true")
            ),
            "",
        )

    def style(self, key: str, depth: int = 0) -> Style:
        if key not in self._made:
            node = self._raw.get(key)
            if node is None or depth > DEEPEST_STYLE:
                return Style()
            base = attribute(child(node, "basedOn"), "val")
            above = self.style(base, depth + 1) if base and base != key else Style()
            self._made[key] = _style(node, above)
        return self._made[key]


def _style(node: Element, above: Style) -> Style:
    name = attribute(child(node, "name"), "val") or ""
    properties = child(node, "pPr")
    list_id, depth = list_of(properties)
    return Style(
        name=name,
        level=_level(name, properties, above),
        list_id=list_id if list_id is not None else above.list_id,
        depth=depth if depth is not None else above.depth,
    )


def _level(name: str, properties: Element | None, above: Style) -> int | None:
    if named := heading_name.match(name):
        return int(named[1])
    if name.lower() == "title":
        return 0
    own = outline_level(properties)
    return own if own is not None else above.level


def outline_level(properties: Element | None) -> int | None:
    """A heading's depth as a paragraph or style sets it; None where it says nothing or "body text"."""
    value = attribute(child(properties, "outlineLvl"), "val")
    return int(value) + 1 if value and value.isdigit() and int(value) < NO_HEADING else None


def list_of(properties: Element | None) -> tuple[str | None, int | None]:
    numbered = child(properties, "numPr")
    depth = attribute(child(numbered, "ilvl"), "val")
    return attribute(child(numbered, "numId"), "val"), int(depth) if depth and depth.isdigit() else None


class Lists:
    """Every list of the document, and how far each has counted."""

    def __init__(self, archive: zipfile.ZipFile, part: str) -> None:
        root = related(archive, part, "numbering")
        abstract = {attribute(node, "abstractNumId") or "": node for node in children(root, "abstractNum")}
        linked = {
            attribute(link, "val") or "": key
            for key, node in abstract.items()
            if (link := child(node, "styleLink")) is not None
        }
        self._formats = {
            attribute(number, "numId") or "": _list_format(number, abstract, linked)
            for number in children(root, "num")
        }
        self._counters = Counters()
        self._begun: set[str] = set()

    def label(self, list_id: str, depth: int) -> str | None:
        """The paragraph's number or "-"; None where its list is no list."""
        known = self._formats.get(list_id)
        if known is None:
            return None
        if list_id not in self._begun:
            self._begun.add(list_id)
            for level, start in known.restarts.items():
                self._counters.restart(known.key, level, start)
        return self._counters.label(known.key, depth, known.levels)

    def depth_of_style(self, list_id: str, style: str) -> int:
        """Which depth of the list a style stands for."""
        known = self._formats.get(list_id)
        return next((d for d, s in _styles_of(known) if s == style), 0) if known else 0


def _styles_of(known: ListFormat) -> Iterator[tuple[int, str]]:
    return ((depth, level.style) for depth, level in known.levels.items() if isinstance(level, StyledLevel))


@dataclass(frozen=True, slots=True)
class StyledLevel(Level):
    style: str = ""


def _list_format(number: Element, abstract: dict[str, Element], linked: dict[str, str]) -> ListFormat:
    key = attribute(child(number, "abstractNumId"), "val") or ""
    node = abstract.get(key)
    link = attribute(child(node, "numStyleLink"), "val")
    if link in linked:
        key, node = linked[link], abstract[linked[link]]
    levels = {} if node is None else {_depth(level): _level_format(level) for level in children(node, "lvl")}
    restarts: dict[int, int] = {}
    for override in children(number, "lvlOverride"):
        if (changed := child(override, "lvl")) is not None:
            levels[_depth(override)] = _level_format(changed)
        start = attribute(child(override, "startOverride"), "val")
        if start and start.isdigit():
            restarts[_depth(override)] = int(start)
    return ListFormat(key, dict(levels), restarts)


def _level_format(node: Element) -> StyledLevel:
    start = attribute(child(node, "start"), "val") or "1"
    legal = child(node, "isLgl")
    return StyledLevel(
        start=int(start) if start.isdigit() else 1,
        form=next((attribute(found, "val") or "" for found in inside(node, "numFmt")), "decimal"),
        text=attribute(child(node, "lvlText"), "val") or "",
        is_legal=legal is not None and attribute(legal, "val") not in ("0", "false"),
        style=attribute(child(node, "pStyle"), "val") or "",
    )


def _depth(node: Element) -> int:
    value = attribute(node, "ilvl") or "0"
    return int(value) if value.isdigit() else 0
