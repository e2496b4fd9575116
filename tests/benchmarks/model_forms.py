"""One form of the model as it was measured, and the recipes of the forms that are quantized here."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.engine import fidelity, memory
from services.engine.fidelity import Rise, Windows
from services.engine.orders import Recipe
from tests.benchmarks.engine_speed import Speed

FORMS = ("fp32", "bf16", "w8a8", "rtn4", "gptq4", "awq4", "mixed4")
TITLES = {
    "fp32": "fp32",
    "bf16": "bf16",
    "w8a8": "8-bit (W8A8, SmoothQuant)",
    "rtn4": "4-bit RTN",
    "gptq4": "4-bit GPTQ",
    "awq4": "4-bit AWQ",
    "mixed4": "mixed (GPTQ 4, sensitive 16)",
}
CONTEXT = 4096  # tokens whose keys and values are counted beside the weights
GROUP_SIZE = 64  # 128 does not divide this model's rows of 576


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes in bytes; `rise` is against bf16; `said` are its answers to the items, `speed` the engine's."""

    name: str
    folder: Path
    size: int
    linear: int
    kv: int
    windows: Windows
    rise: Rise
    said: tuple[str, ...] = ()
    speed: Speed | None = None
    refused: str = ""
    """Why the engine does not serve it, where it does not."""


def recipes(*, samples: int, sample_tokens: int, grid_points: int) -> dict[str, Recipe]:
    """All 4-bit forms share group size and symmetry; INT8 kernels want one scale a channel."""
    four = Recipe(
        "rtn",
        4,
        group_size=GROUP_SIZE,
        symmetric=True,
        samples=samples,
        sample_tokens=sample_tokens,
        seed=7,
        grid_points=grid_points,
    )
    return {
        "w8a8": replace(four, bits=8, group_size=-1, activation_bits=8, smoothing=0.5),
        "rtn4": four,
        "gptq4": replace(four, method="gptq"),
        "awq4": replace(four, method="awq"),
        "mixed4": replace(four, method="gptq", budget=0.25),
    }


def form_of(name: str, folder: Path, read: dict[str, Windows], config: dict[str, Any]) -> Form:
    """What files and held-out texts say; fp32 is the bf16 weights, written and computed twice as wide."""
    weights, wider = memory.read_weights(folder), 2 if name == "fp32" else 1
    model = memory.read_architecture(config)
    return Form(
        name,
        folder,
        size=weights.total * wider,
        linear=(weights.linear + weights.overhead) * wider,
        kv=memory.kv_bytes(model, CONTEXT, 32 if name == "fp32" else 16),
        windows=read[name],
        rise=fidelity.rise(read["bf16"], read[name]),
    )
