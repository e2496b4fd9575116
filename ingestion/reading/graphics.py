"""What charts and diagrams say in words and numbers: a chart as its table, a diagram as a list."""

import zipfile
from collections.abc import Iterator

from ingestion.reading.ooxml import Element, attribute, child, inside, local, read_part, relations
from ingestion.reading.pieces import Piece, clean, table_markdown

MOST_POINTS = 2000


def graphic_pieces(archive: zipfile.ZipFile, part: str, node: Element) -> Iterator[Piece]:
    """Of every chart and diagram that `node`, which lies in `part`, refers to."""
    named = [found for found in node.iter() if local(found.tag) in ("chart", "relIds")]
    targets = relations(archive, part) if named else {}
    for found in named:
        key = attribute(found, "dm" if local(found.tag) == "relIds" else "id") or ""
        root = read_part(archive, targets[key][1]) if key in targets else None
        if root is not None:
            yield from _chart(root) if local(found.tag) == "chart" else _diagram(root)


def _chart(root: Element) -> Iterator[Piece]:
    title = child(root, "chart", "title")
    if title is not None and (text := _letters(title)):
        yield Piece("text", text)
    series = list(inside(root, "ser"))
    names = [
        _letters(name) or _first(name) if (name := child(one, "tx")) is not None else "" for one in series
    ]
    labels: dict[int, str] = {}
    columns: list[dict[int, str]] = []
    for one in series:
        labels |= _points(child(one, "cat") if child(one, "cat") is not None else child(one, "xVal"))
        columns.append(_points(child(one, "val") if child(one, "val") is not None else child(one, "yVal")))
    numbers = sorted({number for column in columns for number in column})
    rows = [[labels.get(number, ""), *(column.get(number, "") for column in columns)] for number in numbers]
    if table := table_markdown([["", *names], *rows]) if rows else "":
        yield Piece("table", table)


def _points(node: Element | None) -> dict[int, str]:
    """The values a chart keeps of the cells it was made from."""
    found: dict[int, str] = {}
    for point in () if node is None else inside(node, "pt"):
        number = attribute(point, "idx") or ""
        value = child(point, "v")
        if number.isdigit() and value is not None and len(found) < MOST_POINTS:
            found[int(number)] = " ".join(filter(None, [found.get(int(number)), clean(value.text or "")]))
    return found


def _first(node: Element) -> str:
    return next((clean(value.text or "") for value in inside(node, "v")), "")


def _letters(node: Element) -> str:
    return clean(" ".join(text.text or "" for text in inside(node, "t")))


def _diagram(root: Element) -> Iterator[Piece]:
    lines = [text for paragraph in inside(root, "p") if (text := _letters(paragraph))]
    if lines:
        yield Piece("list", "\n".join(f"- {line}" for line in lines))
