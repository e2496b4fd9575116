"""Office files as zip archives whose bytes depend on their content only."""

import io
import re
import zipfile

_EPOCH = (2025, 1, 6, 9, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_STAMP = rb"\g<1>2025-01-06T09:00:00Z"


def settle(data: bytes) -> bytes:
    """Rewrite `data` with fixed times, stored: deflate's output differs between zlib builds."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = 3
            new.writestr(member, _with_fixed_time(name, old.read(name)))
    return written.getvalue()


def _with_fixed_time(name: str, content: bytes) -> bytes:
    return _MODIFIED.sub(_STAMP, content) if name == "docProps/core.xml" else content
