import struct

import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.xlsb import read
from services.errors import DocumentCorrupt, DocumentOverLimit
from tests.office_files import RELATION, archive

SHEET = f'<Relationship Id="r1" Type="{RELATION}/worksheet" Target="worksheets/s.bin"/>'
RELATIONS = f"<Relationships>{SHEET}</Relationships>"


def record(kind: int, body: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(body)]) + body


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + value)


def row(number: int) -> bytes:
    return record(0, struct.pack("<I", number) + bytes(21))


def book(cells: bytes, lead: bytes = bytes(8)) -> bytes:
    styles = record(44, struct.pack("<H", 170) + text("dd/mm/yy")) + record(617)
    styles += record(47, struct.pack("<HH", 0, 0)) + record(47, struct.pack("<HH", 0, 170)) + record(618)
    return archive(
        {
            "xl/workbook.bin": record(156, lead + text("r1") + text("Plan")),
            "xl/_rels/workbook.bin.rels": RELATIONS,
            "xl/sharedStrings.bin": record(19, b"\x00" + text("Name")) + record(19, b"\x00" + text("Since")),
            "xl/styles.bin": styles,
            "xl/worksheets/s.bin": cells,
        }
    )


ROWS = (
    row(0)
    + cell(7, 0, struct.pack("<I", 0))
    + cell(7, 1, struct.pack("<I", 1))
    + row(1)
    + cell(6, 0, text("Ann"))
    + cell(2, 1, struct.pack("<I", 45000 << 2 | 2), style=1)
    + row(2)
    + cell(4, 0, b"\x01")
    + cell(5, 1, struct.pack("<d", 2.5))
    + row(3)
    + cell(3, 0, b"\x07")
    + cell(2, 1, struct.pack("<I", 1234 << 2 | 3))
)


@pytest.mark.parametrize("lead", [bytes(8), bytes(12)], ids=["usual", "early"])
def test_cells_of_every_kind_are_read(lead: bytes) -> None:
    assert [(piece.kind, piece.text) for piece in read(book(ROWS, lead), ParseLimits()).pieces] == [
        ("heading", "Plan"),
        (
            "table",
            "| Name | Since |\n| --- | --- |\n| Ann | 2023-03-15 |\n| TRUE | 2.5 |\n| #DIV/0! | 12.34 |",
        ),
    ]


def test_far_column_is_over_the_limit() -> None:
    with pytest.raises(DocumentOverLimit):
        read(book(row(0) + cell(6, 2**31, text("far"))), ParseLimits(cells=1000))


@pytest.mark.parametrize("cells", [cell(2, 0, b"")[:-2] + b"\x00", row(0) + b"\x02\x04\x00\x00\x00\x00"])
def test_broken_record_is_corrupt(cells: bytes) -> None:
    with pytest.raises(DocumentCorrupt):
        read(book(row(0) + cells), ParseLimits())
