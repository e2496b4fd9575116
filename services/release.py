"""The lock: everything that shapes an answer, by digest; read, verified and named by its release id.

Standard library only, so that the environment builder writes a lock before any package is installed.
What "verified" means is written once, in the stand-alone launcher; this room turns its refusals into
errors.LockMismatch.
"""

import importlib.util
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services import errors
from services.engine import launch

FULL_PRECISION, HALF_PRECISION = "float32", "bfloat16"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a part, as it was when the lock was written."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Quantization:
    """How the weights became small; `recipe` names the script and its settings by digest.

    `label` says what numbers do not: trained for it by its vendor, or what was lost before.
    `report` is the digest of the report kept beside the weights.
    """

    method: str
    bits: int
    group_size: int
    recipe: str
    calibration: str
    source: str = ""
    symmetric: bool | None = None
    activation_bits: int | None = None
    label: str | None = None
    report: str | None = None


@dataclass(frozen=True)
class Generator:
    """The language model; its folder is named by the digest of its files."""

    served_name: str
    repository: str
    revision: str
    license: str
    context_tokens: int
    chat_template: str
    quantization: Quantization
    files: Mapping[str, File]
    tokenizer: str | None = None
    generation_config: str | None = None

    @property
    def digest(self) -> str:
        return launch.digest_of({name: file.sha256 for name, file in self.files.items()})

    @property
    def folder(self) -> str:
        return self.digest[: launch.SHORT]


@dataclass(frozen=True, slots=True)
class Engine:
    """vLLM's version and what is set on its command line; `max_batched_tokens` bounds a step, and
    so how soon an abort acts. `requirements` is the digest of the hash-pinned list it was built from."""

    distribution: str
    version: str
    requirements: str
    device: str
    eager: bool
    prefix_caching: bool
    max_batched_tokens: int
    max_sequences: int
    kv_cache_gib: int
    gpu_memory_utilization: float
    speculation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn unless the request says otherwise."""

    temperature: float
    top_p: float
    seed: int
    max_tokens: int


@dataclass(frozen=True)
class Embedder:
    """The embedder, carried by a Python package; `path` is its folder inside that package.

    `precision` is what it computes in: other vectors come of another, so it is part of the digest.
    """

    name: str
    package: str
    path: str
    dimensions: int
    max_tokens: int
    files: Mapping[str, File]
    precision: str = FULL_PRECISION

    def __post_init__(self) -> None:
        if self.precision not in (FULL_PRECISION, HALF_PRECISION):
            raise ValueError(f"embedder.precision: {self.precision!r} is none that it can compute in")

    @property
    def digest(self) -> str:
        made_of = {name: file.sha256 for name, file in self.files.items()}
        computed_in = {} if self.precision == FULL_PRECISION else {"precision": self.precision}
        return launch.digest_of(made_of | computed_in)


@dataclass(frozen=True)
class Reranker:
    """Optional second reader of the passages found, the best `candidates` of them.

    It is carried by a Python package like the embedder, or, where `package` is empty, lies among the models
    in a folder named by the digest of its files.
    """

    name: str
    package: str
    path: str
    max_tokens: int
    files: Mapping[str, File]
    candidates: int = 24
    precision: str = FULL_PRECISION

    def __post_init__(self) -> None:
        if self.precision not in (FULL_PRECISION, HALF_PRECISION):
            raise ValueError(f"reranker.precision: {self.precision!r} is none that it can compute in")
        if self.candidates < 1 or self.max_tokens < 1:
            raise ValueError("reranker.candidates and reranker.max_tokens must be at least 1")

    @property
    def folder(self) -> str:
        return launch.digest_of({name: file.sha256 for name, file in self.files.items()})[: launch.SHORT]


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Versions of what turns a file into chunks."""

    parser: str
    parser_library: str
    chunker: str


@dataclass(frozen=True)
class Lock:
    """One release; equal content gives the same `release_id` on every machine."""

    name: str
    generator: Generator
    engine: Engine
    sampling: Sampling
    embedder: Embedder
    prompts: Mapping[str, File]
    ingestion: Ingestion
    grounding: Mapping[str, float]
    reranker: Reranker | None = None

    @cached_property
    def release_id(self) -> str:
        """sha256 of the canonical form; folders of the machine are not part of it."""
        return launch.digest_of(as_table(self))

    @cached_property
    def generation(self) -> str:
        """Name of the index generation: what the vectors and their texts depend on."""
        made_by = {"embedder": self.embedder.digest, "chunker": self.ingestion.chunker}
        return launch.digest_of(made_by)[: launch.SHORT]


def as_table(lock: Lock) -> dict[str, Any]:
    """The lock as nested plain values, absent parts left out."""
    return present(asdict(lock))


def part_digests(lock: Lock) -> dict[str, str]:
    """What of a release can change an answer, one digest or version for each part."""
    table = as_table(lock)
    digests = {
        name: launch.digest_of(table[name])
        for name in ("generator", "engine", "sampling", "embedder", "reranker", "prompts", "grounding")
        if name in table
    }
    return digests | {"chunker": lock.ingestion.chunker, "parser": lock.ingestion.parser}


def present(table: Mapping[str, Any]) -> dict[str, Any]:
    """`table` without what is None, at every depth."""
    return {
        name: present(value) if isinstance(value, Mapping) else value
        for name, value in table.items()
        if value is not None
    }


def read_lock(path: Path) -> Lock:
    """The lock at `path`; errors.LockMismatch where it cannot be read as one."""
    try:
        return lock_from(launch.read_table(path))
    except FileNotFoundError as error:
        raise errors.LockMismatch(f"{path}: there is no lock; `make run` writes one") from error
    except launch.Refused as error:
        raise errors.LockMismatch(str(error)) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise errors.LockMismatch(f"{path}: not a lock this version can read: {error}") from error


def lock_from(table: Mapping[str, Any]) -> Lock:
    """A Lock from nested plain values; TypeError or KeyError where something is missing or too much."""
    read: dict[str, Any] = {
        "generator": generator_from(table["generator"]),
        "engine": Engine(**table["engine"]),
        "sampling": Sampling(**table["sampling"]),
        "embedder": Embedder(**_with_files(table["embedder"])),
        "prompts": _files(table["prompts"]),
        "ingestion": Ingestion(**table["ingestion"]),
    }
    if "reranker" in table:
        read["reranker"] = Reranker(**_with_files(table["reranker"]))
    return Lock(**{**table, **read})


def generator_from(table: Mapping[str, Any]) -> Generator:
    """A Generator from nested plain values, as a lock or the record beside the weights holds them."""
    quantization = Quantization(**table["quantization"])
    return Generator(**_with_files({**table, "quantization": quantization}))


def _with_files(part: Mapping[str, Any]) -> dict[str, Any]:
    return {**part, "files": _files(part["files"])}


def _files(table: Mapping[str, Any]) -> dict[str, File]:
    return {name: File(**entry) for name, entry in table.items()}


def write_lock(lock: Lock, path: Path) -> None:
    """Write beside `path`, then switch: a reader never sees half a lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    sealed = f"{launch.SEAL}{lock.release_id}\n" + as_toml(as_table(lock))
    draft.write_text(sealed, encoding="utf-8")
    draft.replace(path)


def as_toml(table: Mapping[str, Any], name: str = "") -> str:
    """TOML of nested plain values; what holds no further table is written on one line."""
    plain = {key: value for key, value in table.items() if not _is_nested(value)}
    head = f"\n[{name}]\n" if name and (plain or not table) else ""
    lines = head + "".join(f"{_key(key)} = {_toml_value(value)}\n" for key, value in plain.items())
    below = [(key, value) for key, value in table.items() if key not in plain]
    return lines + "".join(as_toml(value, f"{name}.{key}" if name else key) for key, value in below)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _is_nested(value: object) -> bool:
    """Whether `value` deserves a heading of its own: every table but a file's two fields."""
    return isinstance(value, Mapping) and value.keys() != {"sha256", "size"}


def _toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def verify(lock: Lock, roots: Mapping[str, Path]) -> None:
    """Hash every file of each part in `roots` ("generator", "embedder", "reranker", "prompts" → folder).

    Raises errors.LockMismatch naming the first file that differs, is missing or is too much.
    """
    for part, folder in roots.items():
        verify_files(_part_files(lock, part), folder)


def _part_files(lock: Lock, part: str) -> Mapping[str, File]:
    reranker = lock.reranker.files if lock.reranker else {}
    return {
        "generator": lock.generator.files,
        "embedder": lock.embedder.files,
        "reranker": reranker,
        "prompts": lock.prompts,
    }[part]


def verify_files(files: Mapping[str, File], folder: Path) -> None:
    """Raise errors.LockMismatch unless `folder` holds exactly `files`, in safe formats and unchanged."""
    try:
        launch.verify_folder(folder, {name: asdict(file) for name, file in files.items()})
    except (launch.Refused, OSError, ValueError) as error:
        raise errors.LockMismatch(str(error)) from error


def verify_file(path: Path, expected: File) -> None:
    """Raise errors.LockMismatch unless this one file is what the lock names."""
    found = launch.sha256_of(path)
    if found != expected.sha256:
        raise errors.LockMismatch(f"{path}: expected sha256 {expected.sha256}, found {found}")


def verify_embedder(lock: Lock) -> Path:
    """Folder of the embedder, every file of which is what the lock names."""
    folder = _package_folder("embedder", lock.embedder.package) / lock.embedder.path
    verify(lock, {"embedder": folder})
    return folder


def verify_reranker(reranker: Reranker, models: Path) -> Path:
    """Folder of the reranker, every file of which is what its lock names."""
    carried = reranker.package and _package_folder("reranker", reranker.package) / reranker.path
    folder = carried or models / reranker.folder
    verify_files(reranker.files, folder)
    return folder


def _package_folder(part: str, package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise errors.LockMismatch(f"{package}: the lock's {part} package is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def describe_files(folder: Path) -> dict[str, File]:
    """Every file under `folder` as a lock names it."""
    return _files(launch.describe_files(folder))
