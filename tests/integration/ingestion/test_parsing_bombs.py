"""Files made to exhaust or betray a reader: each ends typed within its limits, and the next one is read."""

import io
import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ingestion import parsing
from ingestion.blocks import ParsedDocument
from ingestion.parsing import ParseLimits
from services import errors, media_types
from tests.office_files import archive, compound, docx, paragraph

MIB = 1024 * 1024
LIMITS = ParseLimits(
    wall_s=240, cpu_s=20, memory_bytes=768 * MIB, output_bytes=4 * MIB, expanded_bytes=64 * MIB
)
LAUGHS = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
ENTITIES = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha">{LAUGHS}]>'


def zeros(size: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made, made.open("zeros.txt", "w") as file:
        for _ in range(size // MIB):
            file.write(bytes(MIB))
    return buffer.getvalue()


def pdf(*objects: bytes, trailer: bytes = b"<</Root 1 0 R>>") -> bytes:
    body = b"".join(b"%d 0 obj%s\nendobj\n" % (n, content) for n, content in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"trailer" + trailer + b"\n%%EOF\n"


def looping_xref() -> bytes:
    start = pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
    place = len(start)
    return (
        start
        + b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            place,
            place,
        )
    )


def million_pages() -> bytes:
    """A tree of pages in which every branch is the next one, sixteen times over: 16^5 pages."""
    levels = [
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"%d 0 R " % (number + 1) * 16, 16 ** (7 - number))
        for number in range(2, 7)
    ]
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", *levels, b"<</Type/Page/Parent 6 0 R/MediaBox[0 0 9 9]>>")


def huge_picture() -> bytes:
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8"
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</P 4 0 R>>>>/Contents 5 0 R>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        picture + b"/Length 4>>stream\n\x00\x00\x00\x00\nendstream",
        b"<</Length 12>>stream\nq /P Do Q   \nendstream",
    )


def spanning_table() -> bytes:
    cells = '<td rowspan="65534" colspan="1000">x</td>' * 3
    return f"<table>{f'<tr>{cells}</tr>' * 600}</table>".encode()


def wide_odt() -> bytes:
    cell = '<table-cell number-columns-spanned="999999" number-rows-spanned="999999"><p>x</p></table-cell>'
    rows = f"<table-row>{cell * 4}</table-row>" * 600
    return archive({"content.xml": f"<d><body><text><table>{rows}</table></text></body></d>"})


def circular_compound() -> bytes:
    data = bytearray(compound({"WordDocument": b"x" * 4000}))
    for sector in range(1, 128):
        struct.pack_into("<I", data, 512 + sector * 4, sector)
    return bytes(data)


ENDS = [errors.DocumentOverLimit, errors.DocumentCorrupt, errors.DocumentEmpty, errors.DocumentNeedsOcr]
BOMBS = {
    "zip of zeros": (partial(zeros, 120 * MIB), media_types.ZIP, ENDS[:1]),
    "word file of zeros": (partial(zeros, 120 * MIB), media_types.DOCX, ENDS[:1]),
    "xml entities": (f"{ENTITIES}<d>&j;</d>".encode, media_types.XML, ENDS[:2]),
    "entities in a book": (
        lambda: archive({"content.xml": f"{ENTITIES}<d><body><text><p>&j;</p></text></body></d>"}),
        media_types.ODT,
        ENDS[:2],
    ),
    "looping xref": (looping_xref, media_types.PDF, ENDS),
    "a million pages": (million_pages, media_types.PDF, ENDS),
    "huge picture": (huge_picture, media_types.PDF, ENDS[:1]),
    "row spans": (spanning_table, media_types.HTML, ENDS[:1]),
    "row spans in a text": (wide_odt, media_types.ODT, ENDS[:1]),
    "deep json": (lambda: b"[" * 200_000, media_types.JSON, ENDS[:2]),
    "deep groups": (lambda: b"{\\rtf1" + b"{" * 500_000, media_types.RTF, ENDS[:1]),
    "chain in a circle": (circular_compound, media_types.DOC, ENDS[:2]),
}


@pytest.fixture
def fine(tmp_path: Path) -> Path:
    path = tmp_path / "fine.txt"
    path.write_text("All is well.")
    return path


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_ends_typed_and_the_next_document_is_read(name: str, tmp_path: Path, fine: Path) -> None:
    make, media_type, ends = BOMBS[name]
    path = tmp_path / "bomb"
    path.write_bytes(make())

    bomb, after = parsing.parse_many([(path, media_type), (fine, media_types.TEXT)], LIMITS)

    assert type(bomb) in ends, bomb
    assert isinstance(after, ParsedDocument)
    assert after.blocks[0].text == "All is well."
    assert "took too long" not in str(bomb)  # a smaller bound ended it, long before the clock did


def test_archive_in_archive_is_not_opened_by_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "nested.zip"
    path.write_bytes(archive({"inner.zip": zeros(120 * MIB)}))

    found = parsing.parse_file(path, media_types.ZIP, LIMITS)
    assert found.attachments == ("inner.zip",)

    sizes = [sum(map(len, inside.content)) for inside in parsing.unpack(path, media_types.ZIP, LIMITS)]
    assert len(sizes) == 1
    assert sizes[0] < MIB


def test_attachment_larger_than_it_says_is_not_taken_out(tmp_path: Path) -> None:
    made = bytearray(zeros(40 * MIB))
    size = struct.pack("<I", 40 * MIB)
    assert made.count(size) > 0
    path = tmp_path / "liar.zip"
    path.write_bytes(bytes(made).replace(size, struct.pack("<I", 1000)))

    taken: list[int] = []
    with pytest.raises(errors.DocumentUnreadable):
        taken.extend(sum(map(len, one.content)) for one in parsing.unpack(path, media_types.ZIP, LIMITS))
    assert sum(taken) <= 1000


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who called it."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def wait() -> None:
            while not ended.is_set():
                try:
                    calls.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], calls
        ended.set()
        thread.join()


def test_no_reader_follows_a_reference(tmp_path: Path, listener: tuple[int, list[object]]) -> None:
    port, calls = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    host, file = f"http://127.0.0.1:{port}/x", f"file://{secret}"
    named = f'<!ENTITY f SYSTEM "{file}"><!ENTITY h SYSTEM "{host}">'
    entity = f'<?xml version="1.0"?><!DOCTYPE d SYSTEM "{host}" [{named}]>'
    external = '<Relationship Id="r" Type="t/attachedTemplate" TargetMode="External" Target="{}"/>'
    linked = external.format(host) + external.format(file)
    document = docx(paragraph("words here"))
    with zipfile.ZipFile(grown := io.BytesIO(document), "a") as made:
        made.writestr("word/_rels/settings.xml.rels", f"<Relationships>{linked}</Relationships>")
    shown = f'<img src="{host}"><iframe src="{file}"></iframe><link href="{host}" rel="stylesheet">'
    page = f"{shown}<p>words here</p>"
    files = {
        media_types.XML: f"{entity}<d><p>words here</p><q>&f;&h;</q></d>".encode(),
        media_types.ODT: archive(
            {"content.xml": f"{entity}<d><body><text><p>words &f;&h;</p></text></body></d>"}
        ),
        media_types.DOCX: grown.getvalue(),
        media_types.HTML: page.encode(),
        media_types.MARKDOWN: f"words here ![x]({host}) <img src='{file}'>".encode(),
        media_types.RTF: rb"{\rtf1 words here {\field{\*\fldinst INCLUDETEXT %s}}}" % host.encode(),
        media_types.EML: f"Subject: a\nContent-Type: text/html\n\n{page}".encode(),
    }
    paths = []
    for number, (media_type, content) in enumerate(files.items()):
        path = tmp_path / f"file{number}"
        path.write_bytes(content)
        paths.append((path, media_type))

    verdicts = list(parsing.parse_many(paths, LIMITS))

    assert calls == []
    assert "SECRET" not in str(verdicts)
    read = [verdict for verdict in verdicts if isinstance(verdict, ParsedDocument)]
    assert len(read) >= len(files) - 2  # the two whose text names an entity may be refused instead
