"""The models folder: one folder of files per model, named by their digest, with a record beside it.

MODELS/<folder>/            the files, as a lock lists them
MODELS/<folder>.toml        the record: the lock's [generator] part for them
MODELS/pulling-<id>/        what is being fetched; a broken fetch goes on from there
MODELS/releases.jsonl       which release was put to use when
MODELS/releases/<id>.toml   its lock, so that return needs no network
"""

import fcntl
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from services import errors, release
from services.engine import launch
from services.release import Generator, Lock

FOLDER = re.compile(r"[0-9a-f]{32}")
RELEASES_KEPT = 2


@dataclass(frozen=True, slots=True)
class ModelStore:
    """All models of this machine under `root`."""

    root: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Alone among all processes of this machine: nothing is removed while something is put in."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "store.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def draft(self, origin: str) -> Path:
        """Folder to fetch `origin` into; the same for the same origin, so that a broken fetch goes on."""
        folder = self.root / f"pulling-{launch.digest_of(origin)[: launch.SHORT]}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def adopt(self, draft: Path, generator: Generator) -> Path:
        """Move `draft`, just described as `generator`, to its folder; the record is written last."""
        with self.held():
            final = self.root / generator.folder
            if final.is_dir():
                release.verify_files(generator.files, final)
                shutil.rmtree(draft)
            else:
                draft.rename(final)
            self._write(self.root / f"{generator.folder}.toml", generator)
        return final

    @staticmethod
    def _write(path: Path, generator: Generator) -> None:
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(release.as_toml(release.present(asdict(generator))), encoding="utf-8")
        draft.replace(path)

    def report_folder(self, folder: str) -> Path:
        return self.root / f"{folder}.report"

    def generator(self, folder: str) -> Generator:
        """The model in `folder` (or the only one whose name or folder begins so); errors.NotFound else."""
        found = [each for each in self.generators() if folder in (each.folder, each.served_name)] or [
            each for each in self.generators() if each.folder.startswith(folder)
        ]
        if len(found) != 1:
            problem = "no model here is called so" if not found else "several models are called so"
            raise errors.NotFound(f"{folder}: {problem}; `holdfast models list` shows them")
        return found[0]

    def generators(self) -> list[Generator]:
        """Every model with a record, by name."""
        records = [path for path in self.root.glob("*.toml") if FOLDER.fullmatch(path.stem)]
        return sorted((read_record(path) for path in records), key=lambda each: each.served_name)

    def remember(self, lock: Lock) -> None:
        """Note that `lock` is put to use now; called at every start."""
        with self.held():
            used = self._used()
            if used and used[-1] == lock.release_id:
                return
            release.write_lock(lock, self.release_lock(lock.release_id))
            row = {"release_id": lock.release_id, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            with (self.root / "releases.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def release_lock(self, release_id: str) -> Path:
        return self.root / "releases" / f"{release_id}.toml"

    def _used(self) -> list[str]:
        path = self.root / "releases.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [json.loads(line)["release_id"] for line in lines]

    def last_releases(self, count: int = RELEASES_KEPT) -> list[Lock]:
        """The locks put to use last, newest first, each once."""
        ids = list(dict.fromkeys(reversed(self._used())))[:count]
        return [release.read_lock(self.release_lock(release_id)) for release_id in ids]

    def unused(self, named: list[Lock]) -> list[Path]:
        """Model folders that neither the last releases nor the locks `named` need.

        errors.Conflict where no release is known: then nothing could be told from what is in use.
        """
        kept = {lock.generator.folder for lock in [*self.last_releases(), *named]}
        if not kept:
            raise errors.Conflict(
                "no release was served from here yet: name what to keep by its lock (--keep)"
            )
        folders = [path for path in self.root.iterdir() if path.is_dir() and FOLDER.fullmatch(path.name)]
        return sorted(path for path in folders if path.name not in kept)

    def prune(self, named: list[Lock]) -> list[Path]:
        """Remove what `unused` names; returns it."""
        with self.held():
            removed = self.unused(named)
            for folder in removed:
                folder.with_name(f"{folder.name}.toml").unlink(missing_ok=True)
                shutil.rmtree(self.report_folder(folder.name), ignore_errors=True)
                shutil.rmtree(folder)
        return removed


def read_record(path: Path) -> Generator:
    """The record at `path`; errors.LockMismatch where it cannot be read as one."""
    try:
        return release.generator_from(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise errors.LockMismatch(f"{path}: not a record this version can read: {error}") from error


def candidate(base: Lock, name: str, generator: Generator) -> Lock:
    """The release that `base` would be with another generator."""
    return replace(base, name=name, generator=generator)
