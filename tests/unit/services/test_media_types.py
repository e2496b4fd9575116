import io
import zipfile

import pytest

from services import media_types
from services.errors import UnsupportedMedia
from services.media_types import detect_media_type

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)


def archive(part: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr(part, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.pdf", b"%PDF-1.7\n", media_types.PDF),
        ("a.bin", b"junk\n%PDF-1.7\n", media_types.PDF),
        ("a.pdf", b"%1.4\n1 0 obj <<>> endobj", media_types.PDF),
        ("a.txt", b"plain", media_types.TEXT),
        ("README", b"plain", media_types.TEXT),
        ("a.MD", b"# Hello", media_types.MARKDOWN),
        ("a.csv", b"a,b\n1,2", media_types.CSV),
        ("a.eml", b"Subject: x\n\nbody", media_types.EML),
        ("noname", b"From: a\nTo: b\nSubject: c\n\nbody", media_types.EML),
        ("page", b"\n<!DOCTYPE html><html>", media_types.HTML),
        ("a.pdf", b"<html><body>Sign in first</body></html>", media_types.HTML),
        ("a.txt", "wide".encode("utf-16"), media_types.TEXT),
        ("a.txt", "wide without a mark".encode("utf-16-le"), media_types.TEXT),
        ("a.txt", "wider".encode("utf-32"), media_types.TEXT),
        ("a.txt", "Übergrößenträger".encode("cp1252"), media_types.TEXT),
        ("a.docx", OLE, media_types.DOCX),
        ("a.pdf", b"", media_types.PDF),
        ("a.pdf", b"\x00\x01\x02" * 30, media_types.PDF),
        ("a.doc", OLE, media_types.DOC),
        ("readme.doc", b"plain words under a name of old", media_types.TEXT),
        ("download", OLE, media_types.DOC),
        ("a.MSG", OLE, media_types.MSG),
        ("a.doc", b"{\\rtf1 hello}", media_types.RTF),
        ("a.txt", b"\xef\xbb\xbf{\\rtf1 hello}", media_types.RTF),
        ("a.zip", archive("notes.txt"), media_types.ZIP),
        ("a.xlsb", archive("xl/workbook.bin"), media_types.XLSB),
        ("a.json", b'{"a": 1}', media_types.JSON),
        ("feed", b'<?xml version="1.0"?><rss/>', media_types.XML),
        ("a.py", b"import os", media_types.CODE),
        ("Dockerfile", b"FROM scratch", media_types.CODE),
        ("a.yaml", b"a: 1", media_types.CODE),
        ("a.epub", b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zipPK", media_types.EPUB),
        (
            "renamed.zip",
            b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
            media_types.ODT,
        ),
    ],
)
def test_type_follows_content_then_name(name: str, head: bytes, expected: str) -> None:
    assert detect_media_type(name, head) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("word/document.xml", media_types.DOCX),
        ("ppt/presentation.xml", media_types.PPTX),
        ("xl/workbook.xml", media_types.XLSX),
        ("xl/workbook.bin", media_types.XLSB),
    ],
)
def test_office_file_is_known_without_its_name(part: str, expected: str) -> None:
    assert detect_media_type("download", archive(part)) == expected


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.jar", archive("notes.txt")),
        ("a.db", OLE),
        ("a.pdf", b"\x89PNG\r\n\x1a\n" + bytes(50)),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50)),
        ("silence", b"RIFF\x24\x00\x00\x00WAVE" + b"\x00\x00\x01\x00" * 40),
        ("random.bin", bytes(range(256)) * 4),
        ("a.txt", b"\x7fELF\x02\x01\x01" + bytes(64)),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, head: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="can be read"):
        detect_media_type(name, head)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"II*\x00" + bytes(20), "image/tiff"),
        (b"MM\x00*" + bytes(20), "image/tiff"),
    ],
)
def test_picture_is_taken_where_a_person_hands_it_in(head: bytes, expected: str) -> None:
    assert detect_media_type("scan.pdf", head, pictures=True) == expected
    with pytest.raises(UnsupportedMedia, match="a picture"):
        detect_media_type("scan.png", head)


def test_picture_that_moves_is_not_taken() -> None:
    with pytest.raises(UnsupportedMedia, match="a picture"):
        detect_media_type("party.gif", b"GIF89a" + bytes(50), pictures=True)
