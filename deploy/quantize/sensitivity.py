"""Which layers suffer most when they alone are quantized, and which to keep wider within a size budget.

One pass over the calibration rows collects each linear layer's inputs as a Gram matrix. Layers that the
engine fuses (query, key and value; gate and up) are one unit: it serves them in one form.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from deploy.quantize import rounding

FUSED = {"q_proj": "qkv_proj", "k_proj": "qkv_proj", "v_proj": "qkv_proj",
         "gate_proj": "gate_up_proj", "up_proj": "gate_up_proj"}  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """A unit's output error (the worst of its layers) and its number of weights."""

    unit: str
    error: float
    values: int
    layers: tuple[str, ...]


def linear_layers(
    model: torch.nn.Module, ignored: Sequence[str] = ("lm_head",)
) -> dict[str, torch.nn.Linear]:
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and name not in ignored
    }


def unit_of(layer: str) -> str:
    """The name that the engine's fused layer has."""
    head, _, last = layer.rpartition(".")
    return f"{head}.{FUSED.get(last, last)}"


@contextmanager
def _collecting(layers: Mapping[str, torch.nn.Linear], grams: dict[str, torch.Tensor]) -> Iterator[None]:
    def collect(name: str) -> Any:
        def hook(_module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
            rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).float()
            gram = rows.T @ rows
            grams[name] = grams[name] + gram if name in grams else gram

        return hook

    handles = [layer.register_forward_pre_hook(collect(name)) for name, layer in layers.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def measure(
    model: torch.nn.Module,
    windows: Sequence[Sequence[int]],
    bits: int,
    group_size: int,
    *,
    is_symmetric: bool,
) -> list[Sensitivity]:
    """Every unit, the most sensitive first."""
    layers, grams = linear_layers(model), {}
    with _collecting(layers, grams):
        for window in windows:
            model(torch.tensor([list(window)]))
    found: dict[str, list[tuple[str, float, int]]] = {}
    for name, layer in layers.items():
        rounded = rounding.round_to_nearest(layer.weight, bits, group_size, is_symmetric=is_symmetric)
        error = rounding.output_error(layer.weight, rounded, grams[name])
        found.setdefault(unit_of(name), []).append((name, error, layer.weight.numel()))
    units = [
        Sensitivity(
            unit,
            max(error for _, error, _ in rows),
            sum(values for _, _, values in rows),
            tuple(name for name, _, _ in rows),
        )
        for unit, rows in found.items()
    ]
    return sorted(units, key=lambda each: (-each.error, _natural(each.unit)))


def _natural(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def suggest_kept(units: Sequence[Sensitivity], bits: int, kept_bits: int, budget: float) -> list[str]:
    """Layers to keep at `kept_bits`: the most error spared for each byte, within `budget`.

    The budget is the share by which the linear weights may grow over having all of them at `bits`.
    """
    room = budget * sum(unit.values for unit in units) * bits / 8
    kept: list[str] = []
    for unit in sorted(units, key=lambda each: -each.error / each.values):
        cost = unit.values * (kept_bits - bits) / 8
        if cost <= room:
            room -= cost
            kept += unit.layers
    return kept
