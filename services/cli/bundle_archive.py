"""The form of a bundle: one plain tar that begins with checksums and their signature.

SHA256SUMS        what `sha256sum -c` reads; its first line is no other signed text's
SHA256SUMS.sig    Ed25519 over those very bytes, in base64
models/ locks/ wheels/ page/ chart/ images.txt wheels.json

It is written and read as a stream: no file is held in memory, and nothing is kept whose name was not
judged and whose bytes are not those that the checksums name.
"""

import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO

from services import errors, signatures

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
FIRST_LINE = b"# holdfast bundle 1\n"
FOLDERS = ("models", "locks", "wheels", "page", "chart")
FILES = ("images.txt", "wheels.json")
READ_AT_ONCE = 1024 * 1024
MOST_SUMS_BYTES = 64 * READ_AT_ONCE


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one name: `altered`, `missing`, `surplus`, `twice` or `no plain file`."""

    problem: str
    name: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.name if self.name.isprintable() else repr(self.name)}"


@dataclass(frozen=True)
class Sums:
    """The checksums as they stand in the archive, and the signature that follows them."""

    text: bytes
    signature: bytes
    digests: Mapping[str, str] = field(default_factory=dict)

    def verify(self, public: Path, archive: Path) -> None:
        signatures.verify_text(self.text, self.signature, public, str(archive))


def write(contents: Mapping[str, Path], target: Path, private: Path) -> Sums:
    """Write the files under their names; errors.Conflict when the target is there already."""
    if target.exists():
        raise errors.Conflict(f"{target} is there already; name another file")
    for name in contents:
        if not is_ours(name):
            raise errors.InvalidRequest(f"{name!r} has no place in a bundle")
    digests = {name: _digest(contents[name]) for name in sorted(contents)}
    text = FIRST_LINE + "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    sums = Sums(text, signatures.sign_text(text, private), digests)
    draft = target.with_name(f".{target.name}.draft")
    try:
        with tarfile.open(draft, "w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, SUMS, io.BytesIO(sums.text), len(sums.text))
            _add(tar, SIGNATURE, io.BytesIO(sums.signature), len(sums.signature))
            for name in digests:
                with contents[name].open("rb") as file:
                    _add(tar, name, file, contents[name].stat().st_size)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return sums


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """Owner, mode and time are left out, so that equal contents give an equal archive."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    tar.addfile(member, content)


def is_ours(name: str) -> bool:
    """Whether the name stays inside the folder it is unpacked into and is one a bundle may hold."""
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts) and name.isprintable() and "\\" not in name
    return plain and (name in FILES or (parts[0] in FOLDERS and len(parts) > 1))


@contextmanager
def opened(archive: Path) -> Iterator[tuple[Sums, tarfile.TarFile]]:
    """The archive after its first two members; errors.InvalidRequest where it is no bundle or damaged."""
    try:
        with tarfile.open(archive, "r:") as tar:
            yield _read_sums(tar, archive), tar
    except FileNotFoundError as error:
        raise errors.InvalidRequest(f"There is no bundle at {archive}") from error
    except (tarfile.TarError, EOFError) as error:
        raise errors.InvalidRequest(f"{archive} is damaged or no bundle: {error}") from error


def _read_sums(tar: tarfile.TarFile, archive: Path) -> Sums:
    text, signature = (_read_small(tar, name, archive) for name in (SUMS, SIGNATURE))
    lines = text.removeprefix(FIRST_LINE).decode(errors="replace").splitlines()
    rows = [line.partition("  ") for line in lines]
    digests = {name: digest for digest, _, name in rows}
    if not text.startswith(FIRST_LINE) or len(digests) != len(rows) or not all(map(is_ours, digests)):
        raise errors.InvalidRequest(f"{archive}: its checksums are not those of a bundle")
    return Sums(text, signature, digests)


def _read_small(tar: tarfile.TarFile, name: str, archive: Path) -> bytes:
    member = tar.next()
    if member is None or member.name != name or not _is_plain(member) or member.size > MOST_SUMS_BYTES:
        raise errors.InvalidRequest(f"{archive} is no bundle: it does not begin with its {SUMS}")
    content = tar.extractfile(member)
    return content.read() if content else b""


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def examine(sums: Sums, tar: tarfile.TarFile, into: Path | None = None) -> Iterator[Finding]:
    """Read all that follows the checksums; what belongs here is written under `into` as it is hashed."""
    seen: set[str] = set()
    while member := tar.next():
        problem = _problem(member, sums, seen) or _compare(member, sums, tar, into)
        seen.add(member.name)
        if problem:
            yield Finding(problem, member.name)
    yield from (Finding("missing", name) for name in sorted(sums.digests.keys() - seen))


def _problem(member: tarfile.TarInfo, sums: Sums, seen: set[str]) -> str:
    if not _is_plain(member):
        return "no plain file"
    if member.name not in sums.digests:
        return "surplus"
    return "twice" if member.name in seen else ""


def _compare(member: tarfile.TarInfo, sums: Sums, tar: tarfile.TarFile, into: Path | None) -> str:
    content, digest = tar.extractfile(member), sha256()
    with _place(into, member.name) as place:
        while content and (part := content.read(READ_AT_ONCE)):
            digest.update(part)
            if place is not None:
                place.write(part)
    return "" if digest.hexdigest() == sums.digests[member.name] else "altered"


def _place(into: Path | None, name: str) -> AbstractContextManager[IO[bytes] | None]:
    if into is None:
        return nullcontext()
    path = into / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")
