"""Small office files made for tests: archives of parts, and compound files of named streams."""

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SECTOR = 512
FREE, CHAIN_END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


class Entry(NamedTuple):
    """One line of a compound file's directory."""

    name: str
    kind: int
    following: int = FREE
    child: int = FREE
    start: int = 0
    size: int = 0


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return buffer.getvalue()


def docx(body: str, **related: str) -> bytes:
    """A Word file: the body's XML, and parts such as `numbering` by the kind of their relation."""
    relations = "".join(
        f'<Relationship Id="{kind}" Type="{RELATION}/{kind}" Target="{kind}.xml"/>' for kind in related
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": wrapped("document", f"<w:body>{body}</w:body>"),
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
    }
    return archive(parts | {f"word/{kind}.xml": wrapped(kind, content) for kind, content in related.items()})


def wrapped(kind: str, content: str) -> str:
    if content.startswith("<?"):
        return content
    return f'<w:{kind} xmlns:w="{W}">{content}</w:{kind}>'


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; a name with a slash lies in a storage. Nothing is kept in the small sectors."""
    storages = sorted({name.rpartition("/")[0] for name in streams if "/" in name})
    names = [*storages, *streams]
    bodies = [_padded(content) for content in streams.values()]
    directory = _padded(bytes((len(names) + 1) * 128), 128 * 4)
    count = (len(directory) + sum(map(len, bodies))) // SECTOR
    tables = -(-(count + 4) // (SECTOR // 4))
    fat = [FAT_SECTOR] * tables
    starts = []
    for body in (directory, *bodies):
        starts.append(len(fat))
        fat += [*range(len(fat) + 1, len(fat) + len(body) // SECTOR), CHAIN_END] if body else []
    fat += [FREE] * (tables * (SECTOR // 4) - len(fat))
    entries = [_entry(Entry("Root Entry", 5, child=_first_in("", names)))]
    for name in names:
        last, following = name.rpartition("/")[2], _next_of(name, names)
        if name in streams:
            number = list(streams).index(name)
            entries.append(_entry(Entry(last, 2, following, FREE, starts[number + 1], len(streams[name]))))
        else:
            entries.append(_entry(Entry(last, 1, following, _first_in(name, names))))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
        + bytes(10)
    )
    header += struct.pack("<IIIIIIIII", tables, starts[0], 0, 0, CHAIN_END, 0, CHAIN_END, 0, 0)
    header += struct.pack("<109I", *range(tables), *[FREE] * (109 - tables))
    filled = b"".join(entries).ljust(len(directory), b"\x00")
    return header[:512] + struct.pack(f"<{len(fat)}I", *fat) + filled + b"".join(bodies)


def _padded(content: bytes, to: int = SECTOR) -> bytes:
    return content + bytes(-len(content) % to)


def _inside(storage: str, names: list[str]) -> list[int]:
    return [number for number, name in enumerate(names, start=1) if name.rpartition("/")[0] == storage]


def _first_in(storage: str, names: list[str]) -> int:
    return next(iter(_inside(storage, names)), FREE)


def _next_of(name: str, names: list[str]) -> int:
    siblings = _inside(name.rpartition("/")[0], names)
    place = siblings.index(names.index(name) + 1)
    return siblings[place + 1] if place + 1 < len(siblings) else FREE


def _entry(entry: Entry) -> bytes:
    raw = entry.name.encode("utf-16-le") + b"\x00\x00"
    named = struct.pack("<64sHBB", raw, len(raw), entry.kind, 1)
    tree = struct.pack("<III", FREE, entry.following, entry.child)
    return named + tree + bytes(36) + struct.pack("<IQ", entry.start, entry.size)
