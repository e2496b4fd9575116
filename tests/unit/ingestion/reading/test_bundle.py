import io
import zipfile

import pytest

from ingestion.reading.bundle import attachments, read
from ingestion.reading.limits import ParseLimits
from services.errors import DocumentCorrupt, DocumentEmpty, DocumentOverLimit
from tests.office_files import archive


def test_archive_says_what_lies_in_it() -> None:
    reading = read(
        archive({"hr/leave.txt": "25 days", "tool.exe": bytes(range(256)), "__MACOSX/x": "x"}), ParseLimits()
    )

    assert [piece.text for piece in reading.pieces] == ["Files in this archive", "- hr/leave.txt\n- tool.exe"]
    assert reading.attachments == ("hr/leave.txt",)
    assert reading.warnings == ("Attachments of a kind that cannot be read: tool.exe.",)


def test_files_are_handed_on_with_their_kind() -> None:
    data = archive({"a.md": "# A", "../../b.txt": "b", "/c.csv": "a,b"})
    found = [(entry.name, entry.media_type, entry.load(-1)) for entry in attachments(data, ParseLimits())]

    assert found == [
        ("a.md", "text/markdown", b"# A"),
        ("b.txt", "text/plain", b"b"),
        ("c.csv", "text/csv", b"a,b"),
    ]


def test_names_are_read_as_they_were_written() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("Urlaub-Größe.txt", "x")
    old = buffer.getvalue().replace(b"\x00\x08", b"\x00\x00")  # without the mark that says UTF-8
    for data in (buffer.getvalue(), old):
        assert read(data, ParseLimits()).attachments == ("Urlaub-Größe.txt",)


@pytest.mark.parametrize(
    ("data", "limits", "error"),
    [
        (archive({}), ParseLimits(), DocumentEmpty),
        (archive({"a.txt": "x"})[:40], ParseLimits(), DocumentCorrupt),
        (archive({"a.txt": "x" * 10_000}), ParseLimits(expanded_bytes=1000), DocumentOverLimit),
    ],
    ids=["empty", "cut off", "too much"],
)
def test_what_cannot_be_unpacked_says_why(data: bytes, limits: ParseLimits, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(data, limits)
