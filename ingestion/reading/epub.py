"""Electronic books: their pages in reading order, each read as the web page it is."""

import posixpath
import zipfile
from urllib.parse import unquote
from xml.etree import ElementTree

from ingestion.reading import ooxml, web
from ingestion.reading.archive import open_archive
from ingestion.reading.limits import ParseLimits
from ingestion.reading.ooxml import Element, attribute, child, children, inside
from ingestion.reading.pieces import Piece, Reading, clean, name_some
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit

PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
FONT_WORDS = ("font", "obfuscation")


def read(data: bytes, limits: ParseLimits) -> Reading:
    with open_archive(data, limits) as archive:
        _refuse_protected(archive)
        part, package = _package(archive)
        names = _pages(package, posixpath.dirname(part))
        if len(names) > limits.pages:
            raise DocumentOverLimit("The book has more pages than can be read; split it.")
        pieces: list[Piece] = []
        missing: list[str] = []
        for name in names:
            try:
                pieces += web.read_text(web.decoded(archive.read(name))).pieces
            except (KeyError, zipfile.BadZipFile, EOFError):
                missing.append(posixpath.basename(name))
    title = next((found.text or "" for found in inside(package, "title")), "")
    warnings = [f"Damaged and left out: {name_some(missing)}."] if missing else []
    return Reading(pieces, clean(title), 0, warnings)


def _package(archive: zipfile.ZipFile) -> tuple[str, Element]:
    container = ooxml.read_part(archive, "META-INF/container.xml")
    named = (
        [attribute(found, "full-path") or "" for found in inside(container, "rootfile")]
        if container is not None
        else []
    )
    packages = [*named, *(name for name in archive.namelist() if name.endswith(".opf"))]
    try:
        return packages[0], ooxml.read_xml(archive, packages[0])
    except (IndexError, KeyError, ElementTree.ParseError) as error:
        raise DocumentCorrupt from error


def _pages(package: Element, folder: str) -> list[str]:
    """In the order of the book's spine; where it has none, as they are listed."""
    items = {
        attribute(item, "id") or "": posixpath.normpath(
            posixpath.join(folder, unquote(attribute(item, "href") or ""))
        )
        for item in children(child(package, "manifest"), "item")
        if (attribute(item, "media-type") or "").lower() in PAGES
        and "nav" not in (attribute(item, "properties") or "").split()
    }
    order = [attribute(entry, "idref") or "" for entry in children(child(package, "spine"), "itemref")]
    return [items[key] for key in order if key in items] or list(items.values())


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    """Books may hide their fonts' bytes; one that hides its pages needs a key."""
    root = ooxml.read_part(archive, "META-INF/encryption.xml")
    methods = (
        [attribute(found, "Algorithm") or "" for found in inside(root, "EncryptionMethod")]
        if root is not None
        else []
    )
    if any(not any(word in method for word in FONT_WORDS) for method in methods):
        raise DocumentEncrypted("The book is protected against copying; use a copy without protection.")
