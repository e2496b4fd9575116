"""Putting a bundle in place: read and checked beside where it goes, then switched, the lock last.

<cache>/models/<folder>        the release's model, as `holdfast models` keeps it
<cache>/locks/default.toml     the lock that `make run` serves where it is there
<cache>/wheels                 what environments are built from instead of an index
<cache>/page                   the built page, taken where the checkout's sources are those it was built from
<cache>/chart, images.txt      for `helm install` and the site's registry
"""

import errno
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from services import errors, release
from services.cli import bundle_archive
from services.cli.bundle_archive import Finding
from services.engine.model_store import ModelStore
from services.release import Lock

LOCK = "locks/default.toml"
STAGED = ".bundle-"
SWITCHED = ("wheels", "page", "chart", "images.txt", "wheels.json")
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """The release that came, and whether a key vouched for it."""

    lock: Lock
    files: int
    is_signed: bool


def load(archive: Path, into: Path, public: Path | None) -> Loaded:
    """Put the bundle's files under `into`, or change nothing.

    errors.LockMismatch when the signature is not that of `public` or the model is not the lock's,
    errors.InvalidRequest when a file is altered, missing or too much.
    """
    into.mkdir(parents=True, exist_ok=True)
    with _alone(into), bundle_archive.opened(archive) as (sums, tar):
        if public is not None:
            sums.verify(public, archive)
        with _staging(into, archive) as staged:
            _refuse(bundle_archive.examine(sums, tar, staged), archive)
            lock = _checked_lock(staged)
            _switch(staged, into, lock)
    return Loaded(lock, len(sums.digests), public is not None)


@contextmanager
def _alone(into: Path) -> Iterator[None]:
    with (into / "bundle.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _staging(into: Path, archive: Path) -> Iterator[Path]:
    """A new folder beside where the files go; what a killed load left there is removed first."""
    for left in into.glob(f"{STAGED}*"):
        shutil.rmtree(left)
    if shutil.disk_usage(into).free < archive.stat().st_size:
        raise errors.StorageFull(f"{into}: the bundle needs {archive.stat().st_size / 1e9:.1f} GB")
    staged = Path(mkdtemp(prefix=STAGED, dir=into))
    try:
        yield staged
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise errors.StorageFull(f"{into}: the disk is full") from error
        raise errors.InvalidRequest(f"the bundle cannot be put into {into}: {error}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _refuse(findings: Iterator[Finding], archive: Path) -> None:
    found = [str(each) for _, each in zip(range(SHOWN), findings, strict=False)]
    if found:
        raise errors.InvalidRequest(
            f"{archive} is not what it says, nothing was put in place: {'; '.join(found)}"
        )


def _checked_lock(staged: Path) -> Lock:
    """The bundle's lock, whose model is there, whole, and the only one."""
    lock = release.read_lock(staged / LOCK)
    folders = sorted(path.name for path in (staged / "models").iterdir())
    if folders != [lock.generator.folder]:
        raise errors.LockMismatch(
            f"the lock names the model {lock.generator.folder}, the bundle holds {folders}"
        )
    release.verify_files(lock.generator.files, staged / "models" / lock.generator.folder)
    return lock


def _switch(staged: Path, into: Path, lock: Lock) -> None:
    """Each part by one rename; the lock is last, so that a load that breaks off serves the release before."""
    ModelStore(into / "models").adopt(staged / "models" / lock.generator.folder, lock.generator)
    for name in SWITCHED:
        if (staged / name).exists():
            _put(staged / name, into / name)
    (into / LOCK).parent.mkdir(exist_ok=True)
    signature = Path(f"{LOCK}.sig")
    if (staged / signature).exists():
        (staged / signature).replace(into / signature)
    else:
        (into / signature).unlink(missing_ok=True)
    (staged / LOCK).replace(into / LOCK)


def _put(new: Path, final: Path) -> None:
    if new.is_dir() and final.exists():
        final.rename(new.with_name(f"{new.name}.before"))
    new.replace(final)
