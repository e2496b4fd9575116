"""Office Open XML: parts of an archive as XML, and what a part is related to."""

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from services.errors import DocumentCorrupt

Element = ElementTree.Element


def local(tag: object) -> str:
    """An element's name without its namespace: the strict and the usual form of the format differ in it."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(node: Element | None, name: str) -> str | None:
    """An attribute's value by its local name."""
    if node is None:
        return None
    return next((value for key, value in node.attrib.items() if local(key) == name), None)


def child(node: Element | None, *names: str) -> Element | None:
    """The first element down this path of local names."""
    for name in names:
        if node is None:
            return None
        node = next((found for found in node if local(found.tag) == name), None)
    return node


def children(node: Element | None, name: str) -> Iterator[Element]:
    return (found for found in (() if node is None else node) if local(found.tag) == name)


def inside(node: Element, name: str) -> Iterator[Element]:
    return (found for found in node.iter() if local(found.tag) == name)


def read_xml(archive: zipfile.ZipFile, part: str) -> Element:
    """KeyError where there is no such part."""
    # Expat fetches nothing and bounds what entities may grow to; the child's limits bound the rest.
    return ElementTree.fromstring(archive.read(part))  # noqa: S314


def read_part(archive: zipfile.ZipFile, part: str) -> Element | None:
    """A part that the document can be read without: None where it is missing or damaged."""
    try:
        return read_xml(archive, part)
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, EOFError):
        return None


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """By relation id: the last word of its type and the part it names; addresses outside are left out."""
    folder, name = posixpath.split(part)
    root = read_part(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        entry.get("Id", ""): (
            entry.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, entry.get("Target", ""))).lstrip("/"),
        )
        for entry in (() if root is None else root)
        if entry.get("TargetMode") != "External"
    }


def main_part(archive: zipfile.ZipFile, usual: str) -> str:
    """The part that holds the content; DocumentCorrupt where it is not there."""
    named = [target for kind, target in relations(archive, "").values() if kind == "officeDocument"]
    present = set(archive.namelist())
    found = next((part for part in (*named, usual) if part in present), None)
    if found is None:
        raise DocumentCorrupt
    return found


def related(archive: zipfile.ZipFile, part: str, kind: str) -> Element | None:
    """The first part of this kind that `part` names."""
    target = next((target for found, target in relations(archive, part).values() if found == kind), None)
    return read_part(archive, target) if target else None


def core_title(archive: zipfile.ZipFile) -> str:
    root = read_part(archive, "docProps/core.xml")
    found = child(root, "title")
    return (found.text or "") if found is not None else ""
