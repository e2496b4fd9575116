"""The backup file: a tar of rows and stored files, closed by a manifest that names every part by digest.

It holds documents and password hashes: only its owner may read it, and it belongs where the documents may be.
"""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from services import errors
from services.adapters.file_store import FileStore
from services.backup import rows
from services.database import schema
from services.database.session import Transactions, now
from services.database.tables.library import Document, Purge, Version

FORM = 1
MANIFEST = "manifest.json"
READ_AT_ONCE = 1024 * 1024
FILE_COLUMNS = (Version.file_digest, Version.text_digest, Version.vectors_digest)


@dataclass
class Manifest:
    """What a backup holds. `removed` are versions whose files were purged while it was being written."""

    form: int
    revision: str | None
    made_at: str
    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    files: int = 0
    removed: list[str] = field(default_factory=list)


def write(engine: Engine, files: FileStore, target: Path) -> Manifest:
    """Back up a running installation; errors.Conflict when the file is there already.

    Rows are of one moment. Files never change once stored, so they may be copied afterwards; one that a
    removal took meanwhile is named in the manifest, and its version is not restored.
    """
    if target.exists():
        raise errors.Conflict(f"{target} is there already; name another file")
    schema.require_current(engine)
    manifest = Manifest(FORM, schema.stored_revision(engine), now().isoformat())
    unfinished = target.with_name(target.name + ".unfinished")
    unfinished.touch(mode=0o600)
    try:
        with tarfile.open(unfinished, "w") as tar:
            named = _add_rows(tar, Transactions(engine), manifest)
            gone = _add_files(tar, files, sorted(named), manifest)
            manifest.removed = sorted({version for digest in gone for version in named[digest]})
            _add(tar, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def restore(engine: Engine, files: FileStore, source: Path) -> Manifest:
    """Put a backup into an empty installation of the same schema; nothing is kept of one that fails.

    errors.Conflict when the database holds anything, errors.InvalidRequest when the file is damaged or of
    another schema. The chunk and lexical indexes are derived: upkeep fills them afterwards.
    """
    schema.require_current(engine)
    revision = schema.stored_revision(engine)
    with _opened(source) as tar, Transactions(engine).write() as session:
        manifest = _read_manifest(tar, revision)
        filled = rows.first_filled(session)
        if filled:
            raise errors.Conflict(f"The database is not empty ({filled} holds rows); restore into a new one")
        _load_files(tar, files, manifest)
        _load_rows(session, tar, manifest)
        _drop_removed(session, manifest.removed)
        rows.continue_numbering(session)
    return manifest


def _add_rows(tar: tarfile.TarFile, transactions: Transactions, manifest: Manifest) -> dict[str, set[str]]:
    """All tables as of one moment; returns each named file with the versions that name it."""
    with transactions.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for table in rows.kept_tables():
            with tempfile.TemporaryFile() as lines:
                manifest.rows[table.name] = _write_lines(lines, rows.dump(session, table))
                manifest.digests[table.name] = _add_stream(tar, f"tables/{table.name}.jsonl", lines)
        return _named_files(session)


def _write_lines(target: Any, lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        target.write(line.encode())
        count += 1
    return count


def _named_files(session: Session) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for version_id, *digests in session.execute(select(Version.id, *FILE_COLUMNS)):
        for digest in filter(None, digests):
            named.setdefault(digest, set()).add(version_id)
    return named


def _add_files(
    tar: tarfile.TarFile, files: FileStore, digests: Iterable[str], manifest: Manifest
) -> list[str]:
    """Copy the stored files; returns those that are gone."""
    gone = []
    for digest in digests:
        try:
            with files.path(digest).open("rb") as stored:
                _add_stream(tar, f"files/{digest}", stored)
        except FileNotFoundError:
            gone.append(digest)
        else:
            manifest.files += 1
    return gone


def _add_stream(tar: tarfile.TarFile, name: str, content: Any) -> str:
    """Add what the file holds, from its beginning; returns its sha256."""
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    hashed = _Hashing(content)
    tar.addfile(member, cast("io.BufferedReader", hashed))
    return hashed.digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_stream(tar, name, io.BytesIO(content))


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, content: Any) -> None:
        self._content, self.digest = content, sha256()

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._content.read(size)
        self.digest.update(part)
        return part


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise errors.InvalidRequest(f"There is no backup at {source}") from error
    except (tarfile.TarError, KeyError, json.JSONDecodeError) as error:
        raise errors.InvalidRequest(f"{source} is damaged or no backup of ours: {error}") from error


def _read_manifest(tar: tarfile.TarFile, revision: str | None) -> Manifest:
    try:
        manifest = Manifest(**json.loads(_member(tar, MANIFEST).read()))
    except TypeError as error:
        raise errors.InvalidRequest("The backup's manifest is of another form") from error
    if manifest.form != FORM or manifest.revision != revision:
        raise errors.InvalidRequest(
            f"The backup was made at schema {manifest.revision}: restore it with the version that made it "
            "(or `holdfast admin migrate` to that revision), then migrate"
        )
    return manifest


def _member(tar: tarfile.TarFile, name: str) -> Any:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _load_files(tar: tarfile.TarFile, files: FileStore, manifest: Manifest) -> None:
    """Store every file under the digest of what it holds, which must be the one it is named by."""
    found = 0
    for member in tar:
        folder, _, digest = member.name.partition("/")
        if folder != "files":
            continue
        with files.receive(limit=member.size) as incoming:
            content = _member(tar, member.name)
            while part := content.read(READ_AT_ONCE):
                incoming.write(part)
            if incoming.keep().digest != digest:
                raise errors.InvalidRequest(f"The backup is damaged: {member.name} holds something else")
        found += 1
    if found != manifest.files:
        raise errors.InvalidRequest(f"The backup is damaged: {found} of {manifest.files} files are there")


def _load_rows(session: Session, tar: tarfile.TarFile, manifest: Manifest) -> None:
    for table in rows.kept_tables():
        name = f"tables/{table.name}.jsonl"
        if _digest_of(_member(tar, name)) != manifest.digests[table.name]:
            raise errors.InvalidRequest(f"The backup is damaged: {name} holds something else")
        lines = io.TextIOWrapper(_member(tar, name), encoding="utf-8", newline="\n")
        if rows.load(session, table, lines) != manifest.rows[table.name]:
            raise errors.InvalidRequest(f"The backup is damaged: {name} is not whole")


def _digest_of(content: Any) -> str:
    digest = sha256()
    while part := content.read(READ_AT_ONCE):
        digest.update(part)
    return digest.hexdigest()


def _drop_removed(session: Session, version_ids: Iterable[str]) -> None:
    """Documents that were removed while the backup was written stay removed."""
    for version_id in version_ids:
        version = session.get_one(Version, version_id)
        document = session.get_one(Document, version.document_id)
        document.deleted_at = document.deleted_at or now()
        session.merge(Purge(version_id=version_id))
