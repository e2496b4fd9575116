import pytest

from ingestion.reading.epub import read
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit
from tests.office_files import archive

CONTAINER = '<container><rootfiles><rootfile full-path="in/book.opf"/></rootfiles></container>'
PAGE = '<item id="{0}" href="{0}.xhtml" media-type="application/xhtml+xml"/>'


def book(*order: str, **parts: str) -> bytes:
    items = "".join(PAGE.format(name) for name in ("one", "two", "three"))
    spine = "".join(f'<itemref idref="{name}"/>' for name in order)
    listed = f"<manifest>{items}</manifest><spine>{spine}</spine>"
    package = f"<package><metadata><title>Leave</title></metadata>{listed}</package>"
    pages = {
        f"in/{name}.xhtml": f"<html><body><h1>{name}</h1><p>text of {name}</p></body></html>"
        for name in ("one", "two")
    }
    return archive({"META-INF/container.xml": CONTAINER, "in/book.opf": package} | pages | parts)


def test_pages_are_read_in_the_books_order() -> None:
    reading = read(book("two", "one"), ParseLimits())

    assert reading.title == "Leave"
    assert [piece.text for piece in reading.pieces] == ["two", "text of two", "one", "text of one"]


def test_missing_page_is_named() -> None:
    assert read(book("one", "three"), ParseLimits()).warnings == ["Damaged and left out: three.xhtml."]


def test_protected_book_says_so_and_hidden_fonts_do_not_matter() -> None:
    method = '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    with pytest.raises(DocumentEncrypted):
        read(book("one", **{"META-INF/encryption.xml": method.format("aes128-cbc")}), ParseLimits())
    fonts = method.format("http://www.idpf.org/2008/embedding")
    assert read(
        book("one", **{"META-INF/encryption.xml": fonts.replace("embedding", "font")}), ParseLimits()
    ).pieces


def test_book_without_a_package_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        read(archive({"a.txt": "x"}), ParseLimits())


def test_too_many_pages_are_over_the_limit() -> None:
    with pytest.raises(DocumentOverLimit):
        read(book(*["one"] * 9), ParseLimits(pages=5))
