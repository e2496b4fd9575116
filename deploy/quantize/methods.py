"""The methods as llmcompressor runs them: round-to-nearest, GPTQ, AWQ, and INT8 with smoothed activations.

Steps are named as in the literature: *calibration* (inputs are seen), *scaling* (AWQ, SmoothQuant) and
*rounding*. Sources: GPTQ arXiv 2210.17323, AWQ arXiv 2306.00978, SmoothQuant arXiv 2211.10438.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import torch
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from llmcompressor.modifiers import Modifier
from llmcompressor.modifiers.gptq import GPTQModifier
from llmcompressor.modifiers.quantization import QuantizationModifier
from llmcompressor.modifiers.transform.awq import AWQModifier
from llmcompressor.modifiers.transform.smoothquant import SmoothQuantModifier
from llmcompressor.pipelines.cache import IntermediatesCache
from pydantic import PrivateAttr

IGNORED = ["lm_head"]


@dataclass(frozen=True)
class Recipe:
    """What decides the result.

    With a `budget` the most sensitive layers stay at `kept_bits` (16: untouched, 8: INT8), as long as the
    linear weights grow by no more than that share; `kept` then names them.
    """

    method: str
    bits: int
    group_size: int
    symmetric: bool
    samples: int
    sample_tokens: int
    seed: int
    threads: int
    activation_bits: int = 16
    smoothing: float = 0.0
    grid_points: int = 20
    budget: float = 0.0
    kept_bits: int = 16
    kept: list[str] = field(default_factory=list)


class UnpinnedCache(IntermediatesCache):
    """A cache that stays where it is: page-locked memory only speeds copies to an accelerator."""

    def pin_memory(self, batch_index: int, input_names: list[str] | None = None) -> None:
        """Nothing: without an accelerator torch refuses to lock pages."""


class ToldGPTQ(GPTQModifier):
    """GPTQ that says how many blocks of the model are done."""

    _done: int = PrivateAttr(default=0)

    def on_sequential_epoch_end(self, state: Any, event: Any, **given: Any) -> None:
        super().on_sequential_epoch_end(state, event, **given)
        self._done = tell_block("rounding", self._done, state)


class AWQAnywhere(AWQModifier):
    """AWQ that also runs without an accelerator, where upstream asks for pinned memory all the same.

    The hooks look their cache up when they are called, so it can be exchanged once they are set.
    """

    _done: int = PrivateAttr(default=0)

    def on_sequential_epoch_end(self, state: Any, event: Any, **given: Any) -> None:
        super().on_sequential_epoch_end(state, event, **given)
        self._done = tell_block("scaling", self._done, state)

    def _setup_activation_cache_hooks(self) -> None:
        super()._setup_activation_cache_hooks()
        if not torch.accelerator.is_available():
            for parent in self._parent_args_cache:
                self._parent_args_cache[parent] = UnpinnedCache(None, self.offload_device)


def tell_block(stage: str, done: int, state: Any) -> int:
    """One more block is done; the part after the last block, with the head, is not counted."""
    total = int(state.model.config.num_hidden_layers)
    if done < total:
        tell(stage, done + 1, total)
    return done + 1


def tell(stage: str, done: int = 0, total: int = 0) -> None:
    print(json.dumps({"stage": stage, "done": done, "total": total}), flush=True)


def scheme_of(recipe: Recipe, targets: list[str], bits: int | None = None) -> QuantizationScheme:
    """Weights on a grid per group, channel or tensor; inputs in INT8 with a scale per token where asked."""
    width = bits or recipe.bits
    strategy = {0: "tensor", -1: "channel"}.get(recipe.group_size, "group")
    if width == 8 and recipe.method != "rtn" and recipe.activation_bits == 8:
        strategy = "channel"
    size = recipe.group_size if strategy == "group" else None
    weights = QuantizationArgs(num_bits=width, group_size=size, strategy=strategy, symmetric=recipe.symmetric)
    return QuantizationScheme(targets=targets, weights=weights, input_activations=_inputs(recipe))


def _inputs(recipe: Recipe) -> QuantizationArgs | None:
    if recipe.activation_bits == 16:
        return None
    return QuantizationArgs(num_bits=8, strategy="token", symmetric=True, dynamic=True)


def _kept_scheme(targets: list[str]) -> QuantizationScheme:
    weights = QuantizationArgs(num_bits=8, strategy="channel", symmetric=True)
    inputs = QuantizationArgs(num_bits=8, strategy="token", symmetric=True, dynamic=True)
    return QuantizationScheme(targets=targets, weights=weights, input_activations=inputs)


def _groups(recipe: Recipe, layers: list[str]) -> tuple[dict[str, QuantizationScheme], list[str]]:
    """(config groups, what stays untouched): every layer is named, so that no group can take another's."""
    kept = set(recipe.kept)
    narrow = [name for name in layers if name not in kept] if kept else ["Linear"]
    groups = {"group_0": scheme_of(recipe, narrow)}
    if kept and recipe.kept_bits == 8:
        return groups | {"group_1": _kept_scheme(sorted(kept))}, IGNORED
    return groups, [*IGNORED, *sorted(kept)]


def modifiers(recipe: Recipe, layers: list[str]) -> list[Modifier]:
    """The steps of a method in order."""
    groups, ignored = _groups(recipe, layers)
    smooth = [SmoothQuantModifier(smoothing_strength=recipe.smoothing)] if recipe.smoothing else []
    plain = QuantizationModifier(config_groups=groups, ignore=ignored)
    if recipe.method == "gptq":
        return [*smooth, ToldGPTQ(config_groups=groups, ignore=ignored)]
    if recipe.method == "awq":
        return [AWQAnywhere(n_grid=recipe.grid_points), plain]
    if recipe.method == "rtn":
        return [*smooth, plain]
    raise SystemExit(f"{recipe.method}: known methods are rtn, gptq and awq")
