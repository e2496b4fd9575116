import struct

import pytest

from ingestion.reading.legacy import attachments, read
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentCorrupt, DocumentEncrypted, UnsupportedMedia
from tests.office_files import compound

LATIN, WIDE = 0x40000000, 0


def word(text: str, *, flags: int = 0, wide: bool = False) -> bytes:
    """A Word file of one piece, without styles."""
    raw = text.encode("utf-16-le" if wide else "cp1252")
    main = bytearray(0x400) + raw
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 10, flags)
    struct.pack_into("<I", main, 0x4C, len(text))
    place = 0x400 if wide else 0x400 * 2 | LATIN
    pieces = struct.pack("<III", 0, len(text), 0)[:8] + struct.pack("<HIH", 0, place, 0)
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", main, 0x9A + 33 * 8, 0, len(table))
    return compound({"WordDocument": bytes(main), "0Table": table})


def texts(data: bytes) -> list[tuple[str, str, int | None]]:
    return [(piece.kind, piece.text, piece.page) for piece in read(data, ParseLimits()).pieces]


@pytest.mark.parametrize("wide", [False, True])
def test_words_paragraphs_are_read(wide: bool) -> None:
    assert texts(word("Café\rsee \x13 REF x \x14figure 3\x15 here\r", wide=wide)) == [
        ("text", "Café", None),
        ("text", "see figure 3 here", None),
    ]


def test_protected_word_file_says_so() -> None:
    with pytest.raises(DocumentEncrypted):
        texts(word("secret\r", flags=0x0100))


def test_word_file_without_its_table_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        texts(compound({"WordDocument": bytes(0x400)[:2] + b"\xc1\x00" + bytes(0x3FC)}))


def record(kind: int, body: bytes, instance: int = 0, *, holds: bool = False) -> bytes:
    return struct.pack("<HHI", instance << 4 | (0xF if holds else 0), kind, len(body)) + body


def said(kind: int, text: str) -> bytes:
    return record(3999, struct.pack("<I", kind)) + record(4000, text.encode("utf-16-le"))


def test_slides_are_read_from_their_outline() -> None:
    first = (
        record(1011, struct.pack("<5I", 1, 0, 0, 256, 0))
        + said(0, "Leave")
        + said(1, "25 days\rof them 5 at once")
    )
    second = record(1011, struct.pack("<5I", 2, 0, 0, 257, 0)) + said(4, "Free words")
    show = record(1000, record(4080, first + second, holds=True), holds=True)
    assert texts(compound({"PowerPoint Document": show})) == [
        ("heading", "Leave", 1),
        ("list", "- 25 days\n- of them 5 at once", 1),
        ("heading", "Slide 2", 2),
        ("text", "Free words", 2),
    ]


def test_protected_slides_and_books_say_so() -> None:
    user = bytes(12) + struct.pack("<II", 0xF3D1C4DF, 0)
    protected = struct.pack("<HHHH", 0x0809, 4, 0, 0) + struct.pack("<HH", 0x2F, 0)
    for streams in ({"PowerPoint Document": b"", "Current User": user}, {"Workbook": protected}):
        with pytest.raises(DocumentEncrypted):
            texts(compound(streams))


def mail(**more: bytes) -> bytes:
    lead = "__substg1.0_"
    date = struct.pack("<IIQ", 0x00390040, 0, 133_000_000_000_000_000)
    streams = {
        "__properties_version1.0": bytes(32) + date,
        f"{lead}0037001F": "Offer".encode("utf-16-le"),
        f"{lead}0C1A001F": "Ann".encode("utf-16-le"),
        f"{lead}0C1F001F": b"a\0@\0x\0",
        f"{lead}0E04001E": b"Bob\x00",
        f"{lead}1000001F": "See below.\r\n\r\nAnn".encode("utf-16-le"),
    }
    return compound(streams | more)


def test_mail_is_read_with_who_and_when() -> None:
    assert texts(mail()) == [
        ("heading", "Offer", None),
        ("text", "From: Ann <a@x>\nTo: Bob\nDate: Sat, 18 Jun 2022 04:26:40 +0000", None),
        ("text", "See below.", None),
        ("text", "Ann", None),
    ]


def test_what_is_attached_is_handed_on() -> None:
    storage, lead = "__attach_version1.0_#00000000", "__substg1.0_"
    inner, page = "__attach_version1.0_#00000001", "__attach_version1.0_#00000002"
    data = mail(
        **{
            f"{storage}/{lead}3707001F": "terms.txt".encode("utf-16-le"),
            f"{storage}/{lead}37010102": b"thirty days",
            f"{inner}/{lead}3001001F": "Earlier".encode("utf-16-le"),
            f"{inner}/{lead}3701000D/{lead}0037001F": "Earlier offer".encode("utf-16-le"),
            f"{inner}/{lead}3701000D/{lead}1000001F": "inner words".encode("utf-16-le"),
            f"{page}/{lead}370E001F": "image/png".encode("utf-16-le"),
            f"{page}/{lead}3712001F": "logo".encode("utf-16-le"),
            f"{page}/{lead}37010102": b"\x89PNG",
        }
    )
    reading = read(data, ParseLimits())
    found = {entry.name: entry.load(-1) for entry in attachments(data, ParseLimits())}

    assert (list(reading.attachments), list(reading.warnings)) == (["terms.txt", "Earlier.eml"], [])
    assert found["terms.txt"] == b"thirty days"
    assert b"Subject: Earlier offer" in found["Earlier.eml"]
    assert b"inner words" in found["Earlier.eml"]


@pytest.mark.parametrize(
    "sealed",
    [
        {"__substg1.0_001A001F": "IPM.Note.SMIME".encode("utf-16-le")},
        {"__substg1.0_1000001F": "-----BEGIN PGP MESSAGE-----".encode("utf-16-le")},
        {"__attach_version1.0_#00000000/__substg1.0_3707001F": "a.pgp-encrypted".encode("utf-16-le")},
    ],
)
def test_encrypted_mail_says_so(sealed: dict[str, bytes]) -> None:
    with pytest.raises(DocumentEncrypted, match="decrypted"):
        texts(mail(**sealed))


def test_container_of_another_kind_is_refused() -> None:
    with pytest.raises(UnsupportedMedia):
        texts(compound({"Contents": b"x"}))
