"""What is asked for when a model is quantized: the recipe, and the texts to calibrate and to measure on."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services import errors

HELD_OUT = 4  # every fourth text is kept apart to measure on
PIECE_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the result, as `deploy/quantize/methods.py` reads it."""

    method: str
    bits: int
    group_size: int
    symmetric: bool
    samples: int
    sample_tokens: int
    seed: int
    threads: int = 1
    activation_bits: int = 16
    smoothing: float = 0.0
    grid_points: int = 20
    budget: float = 0.0
    kept_bits: int = 16

    def require_sound(self) -> None:
        """errors.InvalidRequest where no engine would serve what this makes."""
        problems = [
            (self.method not in ("rtn", "gptq", "awq"), "known methods are rtn, gptq and awq"),
            (self.bits not in (4, 8), "weights have 4 or 8 bits"),
            (self.activation_bits not in (8, 16), "activations have 8 or 16 bits"),
            (self.activation_bits == 8 and self.bits != 8, "8-bit activations go with 8-bit weights"),
            (self.activation_bits == 8 and not self.symmetric, "INT8 kernels want symmetric weights"),
            (
                self.activation_bits == 8 and self.group_size != -1,
                "INT8 kernels want a scale per channel (-1)",
            ),
            (self.smoothing > 0 and self.method == "awq", "AWQ scales by itself: leave smoothing out"),
            (self.kept_bits not in (8, 16), "kept layers have 8 or 16 bits"),
        ]
        for is_wrong, told in problems:
            if is_wrong:
                raise errors.InvalidRequest(told)


@dataclass(frozen=True, slots=True)
class Order:
    """A model of this machine, how to quantize it, and the texts to calibrate and to measure on."""

    model: str
    recipe: Recipe
    texts: tuple[str, ...]

    def split(self) -> tuple[list[str], list[str]]:
        """(to calibrate on, held out): by the texts' digests, so that order and names do not matter."""
        ordered = sorted(set(self.texts), key=lambda text: sha256(text.encode()).digest())
        if len(ordered) < HELD_OUT:
            raise errors.InvalidRequest(
                f"calibration needs {HELD_OUT} texts or more, {len(ordered)} are given"
            )
        held_out = ordered[::HELD_OUT]
        return [text for text in ordered if text not in set(held_out)], held_out


def read_texts(file: Path) -> tuple[str, ...]:
    """Rows of JSON with a `text` each, or paragraphs of a plain text file."""
    try:
        content = file.read_text(encoding="utf-8")
        if file.suffix == ".jsonl":
            return tuple(json.loads(line)["text"] for line in content.splitlines() if line.strip())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise errors.InvalidRequest(f"{file}: cannot be read as texts: {error}") from error
    return tuple(part.strip() for part in content.split("\n\n") if part.strip())


def split(text: str) -> list[str]:
    """Whole paragraphs, joined up to about the length of a sample."""
    pieces: list[str] = []
    for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
        if pieces and len(pieces[-1]) + len(paragraph) < PIECE_CHARACTERS:
            pieces[-1] += f"\n\n{paragraph}"
        else:
            pieces.append(paragraph)
    return pieces
