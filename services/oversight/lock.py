"""The lock as people read it: its parts by digest, whether it is signed, and the releases before."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services import errors, release, signatures
from services.engine.model_store import ModelStore
from services.release import Lock
from services.settings import Settings

SignatureState = Literal["valid", "wrong", "present", "missing"]
RELEASES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the release: what it is called, its digest or version, and how many files it has."""

    name: str
    digest: str
    what: str
    files: int
    size: int


def parts(lock: Lock) -> list[Part]:
    """Everything that can change an answer, in the order of the answer's path."""
    digests = release.part_digests(lock)
    return [_part(name, digest, lock) for name, digest in digests.items()]


def _part(name: str, digest: str, lock: Lock) -> Part:
    files = {
        "generator": lock.generator.files,
        "embedder": lock.embedder.files,
        "reranker": lock.reranker.files if lock.reranker else {},
        "prompts": lock.prompts,
    }.get(name, {})
    return Part(name, digest, _what(name, lock), len(files), sum(file.size for file in files.values()))


def _what(name: str, lock: Lock) -> str:
    sampling, quantization = lock.sampling, lock.generator.quantization
    return {
        "generator": f"{lock.generator.served_name}, {quantization.method} {quantization.bits}-bit",
        "engine": f"{lock.engine.distribution} {lock.engine.version} ({lock.engine.device})",
        "sampling": f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g}, seed {sampling.seed}",
        "embedder": f"{lock.embedder.name}, {lock.embedder.dimensions} dimensions",
        "reranker": lock.reranker.name if lock.reranker else "",
        "parser": lock.ingestion.parser_library,
    }.get(name, "")


def signature_state(lock: Lock, settings: Settings) -> SignatureState:
    """`present` where there is a signature and no key here to check it with."""
    if not signatures.signature_file(settings.release_lock).exists():
        return "missing"
    if settings.release.public_key is None:
        return "present"
    try:
        signatures.verify(lock, settings.release_lock, settings.release.public_key)
    except errors.LockMismatch:
        return "wrong"
    return "valid"


def before(lock: Lock, models: Path) -> list[Lock]:
    """The releases that were put to use here before this one, newest first."""
    try:
        used = ModelStore(models).last_releases(RELEASES_SHOWN + 1)
    except (errors.LockMismatch, OSError):
        return []  # models may lie where this process cannot read them; the lock itself is known
    return [one for one in used if one.release_id != lock.release_id][:RELEASES_SHOWN]
