"""Where a slide's texts stand: one without a place of its own takes its layout's or master's."""

import zipfile

from ingestion.reading.ooxml import Element, attribute, child, inside, related, relations

MASTERS_NAME = {"ctrTitle": "title", "subTitle": "body", "obj": "body", "": "body"}
INHERITED = frozenset({"title", "body", "dt", "ftr", "sldNum"})


def has_text_without_place(archive: zipfile.ZipFile, part: str, slide: Element) -> bool:
    """Whether a text of the slide names a place that neither layout nor master has: a damaged template."""
    layout = next((target for kind, target in relations(archive, part).values() if kind == "slideLayout"), "")
    shown = related(archive, part, "slideLayout")
    master = related(archive, layout, "slideMaster") if layout else None
    if shown is None or master is None:
        return False
    above = [place for shape in inside(master, "sp") if (place := _place(shape)) is not None]
    known = {attribute(place, "type") or "body" for place in above}
    return any(_is_lost(shape, shown, known) for shape in inside(slide, "sp"))


def _is_lost(shape: Element, layout: Element, masters: set[str]) -> bool:
    place = _place(shape)
    if place is None or _is_set(shape) or next(inside(shape, "t"), None) is None:
        return False
    key = attribute(place, "idx") or "0"
    own = [
        s
        for s in inside(layout, "sp")
        if (p := _place(s)) is not None and (attribute(p, "idx") or "0") == key
    ]
    kind = attribute(place, "type") or ""
    wanted = MASTERS_NAME.get(kind, kind)
    return wanted in INHERITED and wanted not in masters and not any(map(_is_set, own))


def _place(shape: Element) -> Element | None:
    return child(shape, "nvSpPr", "nvPr", "ph")


def _number(shape: Element) -> str | None:
    place = _place(shape)
    return None if place is None else attribute(place, "idx") or "0"


def _is_set(shape: Element) -> bool:
    return child(shape, "spPr", "xfrm") is not None
