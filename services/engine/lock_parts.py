"""A release part by part: what it names, what stands here, and what another release names otherwise."""

import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services import errors, release
from services.engine import launch
from services.release import Lock
from services.settings import inherited_environment

LAUNCHER = Path(launch.__file__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one part; `problem` is empty where it is what the lock names."""

    part: str
    named: str
    problem: str = ""


def parts(lock: Lock) -> dict[str, str]:
    """Digest or version of each part of the answer path."""
    generator = lock.generator
    return {
        "generator": generator.digest,
        "chat template": generator.chat_template or "in the tokenizer's files",
        "tokenizer": generator.tokenizer or "in the generator's files",
        "generation config": generator.generation_config or "in the generator's files",
        "quantization": _quantization(lock),
        "engine": f"{lock.engine.distribution} {lock.engine.version}",
        "engine flags": launch.digest_of(release.present(asdict(lock.engine))),
        "sampling": launch.digest_of(asdict(lock.sampling)),
        "embedder": lock.embedder.digest,
        "reranker": _files_digest(lock.reranker.files) if lock.reranker else "none",
        "prompts": _files_digest(lock.prompts),
        "parser": f"{lock.ingestion.parser} ({lock.ingestion.parser_library})",
        "chunker": lock.ingestion.chunker,
        "grounding": launch.digest_of(dict(lock.grounding)),
    }


def _quantization(lock: Lock) -> str:
    found = lock.generator.quantization
    grouped = f", groups of {found.group_size}" if found.group_size > 0 else ""
    form = {True: ", symmetric", False: ", asymmetric", None: ""}[found.symmetric]
    label = f" ({found.label})" if found.label else ""
    return f"{found.method}, {found.bits} bits{grouped}{form}{label}"


def _files_digest(files: Any) -> str:
    return launch.digest_of({name: file.sha256 for name, file in files.items()})


def check(lock: Lock, lock_file: Path, models: Path, prompts: Path, engine: Path | None) -> list[Checked]:
    """Each part that can be checked on this machine; `engine` is the engine environment's interpreter."""
    named = parts(lock)
    found = [
        _checked("generator", named["generator"], lambda: _check_generator(lock, models)),
        _checked("embedder", named["embedder"], lambda: release.verify_embedder(lock)),
        _checked("prompts", named["prompts"], lambda: release.verify(lock, {"prompts": prompts})),
    ]
    if (reranker := lock.reranker) is not None:
        found.append(
            _checked("reranker", named["reranker"], lambda: release.verify_reranker(reranker, models))
        )
    if engine is not None:
        found.append(_checked("engine", named["engine"], lambda: _check_engine(lock_file, models, engine)))
    return found


def _checked(part: str, named: str, look: Any) -> Checked:
    try:
        look()
    except errors.LockMismatch as error:
        return Checked(part, named, error.detail)
    return Checked(part, named)


def _check_generator(lock: Lock, models: Path) -> None:
    try:
        launch.verify_generator(release.as_table(lock), models)
    except (launch.Refused, OSError, ValueError) as error:
        raise errors.LockMismatch(str(error)) from error


def _check_engine(lock_file: Path, models: Path, python: Path) -> None:
    """The launcher itself looks, with the interpreter that would become the engine."""
    words = ["--lock", str(lock_file.absolute()), "--models", str(models.absolute()), "--check"]
    done = subprocess.run(
        [str(python), str(LAUNCHER), *words],
        env=inherited_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise errors.LockMismatch(done.stderr.strip() or f"{python}: the launcher ended with an error")


def differences(one: Lock, other: Lock) -> list[tuple[str, str, str]]:
    """(name, in `one`, in `other`) of all that differs; "-" where one of them lacks it."""
    left, right = dict(_flat(release.as_table(one))), dict(_flat(release.as_table(other)))
    names = [name for name in {**left, **right} if left.get(name) != right.get(name)]
    return [(name, left.get(name, "-"), right.get(name, "-")) for name in names]


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict) and value.keys() != {"sha256", "size"}:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value["sha256"] if isinstance(value, dict) else str(value)
