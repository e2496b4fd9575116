"""The release that was promoted in this data folder: its lock is served instead of the one `up` was given.

The lock before lies beside it, so that the way back is one exchange of files; `up` sees that and follows.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from services import errors, signatures
from services.cli.embedded import Places

NOW, BEFORE, ASIDE = "promoted.toml", "promoted-before.toml", "promoted-aside.toml"


def served(data_dir: Path, given: Places) -> Places:
    """The places that `up` starts from: with the promoted lock, where there is one."""
    lock = data_dir.absolute() / NOW
    return replace(given, lock=lock) if lock.exists() else given


def stamp(data_dir: Path) -> int:
    """Another number whenever a promotion changed something; 0 before the first."""
    lock = data_dir / NOW
    return lock.stat().st_mtime_ns if lock.exists() else 0


def put(data_dir: Path, candidate: Path, current: Path) -> None:
    """Let the candidate be served from now on, and keep what was served for the way back."""
    aside = data_dir / ASIDE
    _copy(candidate, aside)  # it may be the very file that what is served now is kept in
    _copy(current, data_dir / BEFORE)
    _move(aside, data_dir / NOW)


def exchange(data_dir: Path) -> Path:
    """Serve what was served before; the lock that is served now stays for the way forth."""
    now, before = data_dir / NOW, data_dir / BEFORE
    if not (now.exists() and before.exists()):
        raise errors.NotFound("Nothing was promoted here, so there is no way back")
    aside = data_dir / ASIDE
    _copy(now, aside)
    _copy(before, now)
    _move(aside, before)
    return now


def _copy(lock: Path, to: Path) -> None:
    """The signature first, then the lock in one step: who looks meanwhile finds a whole one."""
    signature, draft = signatures.signature_file(lock), to.with_name(f".{to.name}.draft")
    if signature.exists():
        shutil.copyfile(signature, signatures.signature_file(to))
    else:
        signatures.signature_file(to).unlink(missing_ok=True)
    shutil.copyfile(lock, draft)
    draft.replace(to)


def _move(lock: Path, to: Path) -> None:
    _copy(lock, to)
    signatures.signature_file(lock).unlink(missing_ok=True)
    lock.unlink()
