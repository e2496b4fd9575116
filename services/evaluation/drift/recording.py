"""A recording: the frozen canary collection, its vectors, and what the release made of it; one JSON file."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from services import errors
from services.adapters.vllm_probe import Draw
from services.evaluation.drift.canaries import CanaryPassage, Vectors

FORM = 1


@dataclass(frozen=True, slots=True)
class Canary:
    """One question: the passages found for it, the messages sent, and the tokens that came."""

    question: str
    found: tuple[str, ...]
    messages: tuple[Mapping[str, str], ...]
    draws: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """`parts` are digests of the release's parts, `engine` the lock's, `facts` what the engine said."""

    release_id: str
    parts: Mapping[str, str]
    engine: Mapping[str, Any]
    facts: Mapping[str, str]
    templates: str
    sampling: Mapping[str, Any]
    passages: tuple[CanaryPassage, ...]
    vectors: Vectors
    canaries: tuple[Canary, ...]

    def as_bytes(self) -> bytes:
        """Canonical JSON; equal recordings are one stored file."""
        names = ("release_id", "parts", "engine", "facts", "templates")
        plain = {name: getattr(self, name) for name in names}
        content = {
            "form": FORM,
            **plain,
            "sampling": dict(self.sampling),
            "passages": [asdict(one) for one in self.passages],
            "vectors": _packed(self.vectors),
            "canaries": [asdict(one) for one in self.canaries],
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def of_bytes(cls, content: bytes) -> Self:
        """errors.LockMismatch where it is not a recording that this build reads."""
        try:
            table = json.loads(content)
            _require_form(table.pop("form"))
            read = {
                "passages": tuple(_passage(one) for one in table["passages"]),
                "vectors": _unpacked(table["vectors"]),
                "canaries": tuple(_canary(one) for one in table["canaries"]),
            }
            return cls(**(table | read))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.LockMismatch("The canaries' recording cannot be read; record them again") from error


def _require_form(form: int) -> None:
    if form != FORM:
        raise ValueError(f"form {form} instead of {FORM}")


def _passage(entry: Mapping[str, Any]) -> CanaryPassage:
    return CanaryPassage(**(dict(entry) | {"headings": tuple(entry["headings"])}))


def _canary(entry: Mapping[str, Any]) -> Canary:
    return Canary(entry["question"], tuple(entry["found"]), tuple(entry["messages"]), _draws(entry["draws"]))


def _draws(entries: Sequence[Mapping[str, Any]]) -> tuple[Draw, ...]:
    return tuple(
        Draw(one["token"], one["logprob"], tuple((token, value) for token, value in one["likeliest"]))
        for one in entries
    )


def _packed(vectors: Vectors) -> dict[str, Any]:
    plain = np.ascontiguousarray(vectors, dtype=np.float32)
    return {"shape": list(plain.shape), "float32": base64.b64encode(plain.tobytes()).decode()}


def _unpacked(packed: Mapping[str, Any]) -> Vectors:
    flat = np.frombuffer(base64.b64decode(packed["float32"]), dtype=np.float32)
    return flat.reshape(packed["shape"])
