import struct

import pytest

from ingestion.reading.compound import CompoundFile
from services.errors import DocumentCorrupt
from tests.office_files import compound


def test_streams_are_found_by_path_whatever_their_case() -> None:
    file = CompoundFile(compound({"Book": b"cells", "Storage/Inner": b"x" * 1300, "Storage/Empty": b""}))

    assert file.stream("book") == b"cells"
    assert file.stream("STORAGE/inner") == b"x" * 1300
    assert file.stream("Storage/Empty") == file.stream("missing") == b""
    assert sorted(file.names("storage")) == ["empty", "inner"]
    assert "book" in file


@pytest.mark.parametrize("keep", [0, 8, 300, 600])
def test_what_is_cut_off_is_corrupt(keep: int) -> None:
    with pytest.raises(DocumentCorrupt):
        CompoundFile(compound({"Book": b"cells"})[:keep]).stream("Book")


def test_chain_in_a_circle_ends() -> None:
    data = bytearray(compound({"Book": b"x" * 2000}))
    start = struct.unpack_from("<I", data, 512 + 4 * 4)[0] - 1  # the table's entry after the stream's first
    struct.pack_into("<I", data, 512 + 4 * 4, start)
    with pytest.raises(DocumentCorrupt):
        CompoundFile(bytes(data)).stream("Book")


def test_directory_in_a_circle_ends() -> None:
    data = bytearray(compound({"Book": b"cells"}))
    first_entry = 512 + 512 + 128
    struct.pack_into("<III", data, first_entry + 68, 0, 1, 1)
    assert CompoundFile(bytes(data)).stream("Book") == b"cells"
