"""How much memory a model takes, and whether it fits: pure functions over headers and configuration.

Stand-alone like the launcher beside it (standard library only): it runs before every start of the engine.
Weights are counted exactly from the safetensors headers, nothing is loaded. All sizes are bytes.

Sources of the formulas:
  KV cache: Pope et al. 2022 (arXiv 2211.05102) §3.3 and Kwon et al. 2023 (arXiv 2309.06180): keys and values
    of every layer for every token; grouped queries: Ainslie et al. 2023 (arXiv 2305.13245).
  Sliding windows: Jiang et al. 2023 (arXiv 2310.06825): a layer keeps its window only.
  Group overheads: Frantar et al. 2022 (GPTQ, arXiv 2210.17323) and Lin et al. 2023 (AWQ, arXiv 2306.00978):
    one 16-bit scale per group of weights, and one zero point of the weights' width where asymmetric.
  Kernels by compute capability: vLLM's table of quantization methods and hardware.
"""

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

GIB = 1024**3
LONGEST_HEADER = 100_000_000
CONTEXT_STEP = 256
OVERHEAD_NAMES = ("scale", "scales", "zero", "zeros", "zero_point", "g_idx", "shape", "qzeros")
# Allowances, not measured here: CUDA context and libraries, captured graphs, Python with torch on a CPU.
CUDA_CONTEXT = 6 * GIB // 10
CUDA_GRAPHS = GIB // 2
CPU_PROCESS = 3 * GIB // 2
BLOCK_TOKENS = {"cpu": 128, "cuda": 16}  # vLLM's default size of a KV block


class CannotPlan(Exception):
    """The model is of a kind whose memory these formulas do not describe; the message says which."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's tensors by what becomes of them when it is quantized.

    `linear` are the matrices that quantization makes small, `embeddings` (with the output head) stay as
    they are, `overhead` are scales, zero points and orders of groups, `other` norms and biases.
    """

    linear: int
    embeddings: int
    overhead: int
    other: int
    linear_values: int
    unquantized_values: int

    @property
    def total(self) -> int:
        return self.linear + self.embeddings + self.overhead + self.other


@dataclass(frozen=True, slots=True)
class Architecture:
    """What decides the KV cache and the activations; `windows` holds each layer's window, 0 for none."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    windows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """A form of the weights; `kernel` is what a card must be able to do for it."""

    name: str
    bits: int
    kernel: str
    group_size: int = 0
    is_symmetric: bool = True
    rest_bits: int = 16


PRECISIONS = {
    each.name: each
    for each in (
        Precision("fp32", 32, "fp32", rest_bits=32),
        Precision("fp16", 16, "fp16"),
        Precision("bf16", 16, "bf16"),
        Precision("fp8", 8, "fp8", group_size=-1),
        Precision("w8a8", 8, "int8", group_size=-1),
        Precision("gptq8", 8, "gptq8", group_size=128),
        Precision("gptq4", 4, "gptq", group_size=128),
        Precision("awq4", 4, "awq", group_size=128, is_symmetric=False),
    )
}
# Least compute capability; "marlin" only says that a faster kernel serves AWQ and GPTQ.
KERNELS = {
    "fp32": 7.0,
    "fp16": 7.0,
    "gptq": 7.0,
    "gptq8": 7.0,
    "awq": 7.5,
    "int8": 7.5,
    "bf16": 8.0,
    "marlin": 8.0,
    "fp8": 8.9,
}
# vLLM's CPU backend has a kernel for 4-bit weights, and none for 8-bit ones beside 16-bit activations.
CPU_KERNELS = frozenset({"fp32", "fp16", "bf16", "gptq", "awq", "int8"})
LAST_WITH_INT8 = 10.0  # the generation from 10.0 on has no INT8 matrix kernels in vLLM


@dataclass(frozen=True, slots=True)
class Device:
    """A card, or this machine's memory where `capability` is None."""

    name: str
    total: int
    capability: float | None

    @property
    def kernels(self) -> frozenset[str]:
        if self.capability is None:
            return CPU_KERNELS
        found = {name for name, least in KERNELS.items() if self.capability >= least}
        return frozenset(found - {"int8"} if self.capability >= LAST_WITH_INT8 else found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the engine shall do; `concurrency` whole contexts shall fit at once.

    `kv_space` is the fixed KV space of the CPU backend; on a card it takes what `utilization` leaves.
    """

    context: int
    concurrency: int
    batched_tokens: int
    kv_bits: int = 16
    utilization: float = 0.9
    kv_space: int = 0
    is_eager: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the memory goes; `kv_tokens` is how many tokens the KV cache will hold in all."""

    weights: int
    activations: int
    overhead: int
    kv_per_sequence: int
    kv_wanted: int
    kv_available: int
    kv_tokens: int
    usable: int

    @property
    def needed(self) -> int:
        return self.weights + self.activations + self.overhead + self.kv_wanted

    @property
    def fits(self) -> bool:
        return self.needed <= self.usable and self.kv_wanted <= self.kv_available

    @property
    def sequences(self) -> int:
        """How many whole contexts fit at once."""
        return max(0, self.kv_available // self.kv_per_sequence)


def read_header(path: Path) -> dict[str, Any]:
    """A safetensors file's table of tensors: eight bytes of length, then JSON; ValueError where broken."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else LONGEST_HEADER + 1
        if length > LONGEST_HEADER:
            raise ValueError(f"{path}: not a safetensors file")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if path.stat().st_size != 8 + length + end:
        raise ValueError(f"{path}: the file is not as long as its header says")
    return dict(header)


def read_weights(folder: Path) -> Weights:
    """Every tensor of the model in `folder`, counted exactly."""
    headers = [read_header(path) for path in sorted(folder.glob("*.safetensors"))]
    return count_weights({name: entry for header in headers for name, entry in header.items()})


def count_weights(tensors: Mapping[str, Mapping[str, Any]]) -> Weights:
    sizes = {"linear": 0, "embeddings": 0, "overhead": 0, "other": 0}
    values = {"linear": 0, "embeddings": 0, "overhead": 0, "other": 0}
    for name, entry in tensors.items():
        kind = kind_of(name, entry["shape"])
        sizes[kind] += entry["data_offsets"][1] - entry["data_offsets"][0]
        values[kind] += math.prod(entry["shape"])
    return Weights(
        **sizes,
        linear_values=values["linear"],
        unquantized_values=values["embeddings"] + values["other"],
    )


def kind_of(name: str, shape: Sequence[int]) -> str:
    """What a tensor is, by the names that transformers, AutoAWQ, GPTQ and compressed-tensors use."""
    parts = name.split(".")
    if parts[-1].removeprefix("weight_").removeprefix("input_") in OVERHEAD_NAMES:
        return "overhead"
    if any("embed" in part or part in ("lm_head", "wte", "wpe") for part in parts):
        return "embeddings"
    is_matrix = len(shape) >= 2 and parts[-1] in ("weight", "weight_packed", "qweight")
    return "linear" if is_matrix else "other"


def weights_at(weights: Weights, precision: Precision) -> int:
    """Bytes of an unquantized model's weights in another form, with the groups' scales and zero points."""
    linear = math.ceil(weights.linear_values * precision.bits / 8)
    rest = weights.unquantized_values * precision.rest_bits // 8
    return linear + rest + group_overhead(weights.linear_values, precision)


def group_overhead(values: int, precision: Precision) -> int:
    """Scales of 16 bits, and zero points of the weights' width where asymmetric; none counted per channel."""
    if precision.group_size <= 0:
        return 0
    groups = math.ceil(values / precision.group_size)
    zeros = 0 if precision.is_symmetric else math.ceil(groups * precision.bits / 8)
    return 2 * groups + zeros


def read_architecture(config: Mapping[str, Any]) -> Architecture:
    """From config.json; CannotPlan where keys and values are not kept per head and token."""
    text = config.get("text_config") or config
    odd = next(
        (key for key in ("kv_lora_rank", "ssm_cfg", "mamba_d_state", "num_experts") if text.get(key)), None
    )
    if odd:
        raise CannotPlan(f"config.json names {odd}: such models are not planned yet")
    heads, layers = int(text["num_attention_heads"]), int(text["num_hidden_layers"])
    return Architecture(
        layers=layers,
        hidden=int(text["hidden_size"]),
        intermediate=int(text["intermediate_size"]),
        heads=heads,
        kv_heads=int(text.get("num_key_value_heads") or heads),
        head_dim=int(text.get("head_dim") or text["hidden_size"] // heads),
        vocabulary=int(text["vocab_size"]),
        windows=_windows(text, layers),
    )


def _windows(text: Mapping[str, Any], layers: int) -> tuple[int, ...]:
    """Each layer's window: said per layer, by a pattern, from a layer on, or for all."""
    window = int(text.get("sliding_window") or 0)
    if not window or text.get("use_sliding_window") is False:
        return (0,) * layers
    if text.get("layer_types"):
        return tuple(window if kind == "sliding_attention" else 0 for kind in text["layer_types"])
    if text.get("sliding_window_pattern"):
        every = int(text["sliding_window_pattern"])
        return tuple(0 if (layer + 1) % every == 0 else window for layer in range(layers))
    if text.get("use_sliding_window") and text.get("max_window_layers") is not None:
        return tuple(window if layer >= int(text["max_window_layers"]) else 0 for layer in range(layers))
    return (window,) * layers


def kv_bytes(model: Architecture, tokens: int, kv_bits: int, block: int = 1) -> int:
    """2 x KV heads x head size x width for each token that a layer keeps, in whole blocks."""
    per_token = 2 * model.kv_heads * model.head_dim * kv_bits // 8
    kept = sum(_in_blocks(min(tokens, window) if window else tokens, block) for window in model.windows)
    return kept * per_token


def _in_blocks(tokens: int, block: int) -> int:
    return math.ceil(tokens / block) * block


def activation_bytes(model: Architecture, batched_tokens: int, sequences: int) -> int:
    """The widest moment of a step in 16 bits, and the logits of every sequence in 32.

    Live at once in the feed-forward part: its input and the residual (2 x hidden), gate and up (2 x inner)
    and their product (inner). Layers run one after another, so one layer counts.
    """
    widest = 2 * model.hidden + 3 * model.intermediate
    return batched_tokens * widest * 2 + sequences * model.vocabulary * 4


def make_plan(weights: int, model: Architecture, wanted: Wanted, device: Device) -> Plan:
    is_cpu = device.capability is None
    block = BLOCK_TOKENS["cpu" if is_cpu else "cuda"]
    usable = device.total if is_cpu else int(device.total * wanted.utilization)
    activations = activation_bytes(model, wanted.batched_tokens, wanted.concurrency)
    overhead = CPU_PROCESS if is_cpu else CUDA_CONTEXT + (0 if wanted.is_eager else CUDA_GRAPHS)
    left = max(0, usable - weights - activations - overhead)
    available = min(wanted.kv_space, left) if is_cpu else left
    per_sequence = kv_bytes(model, wanted.context, wanted.kv_bits, block)
    per_block = kv_bytes(model, block, wanted.kv_bits)
    return Plan(
        weights=weights,
        activations=activations,
        overhead=overhead,
        kv_per_sequence=per_sequence,
        kv_wanted=per_sequence * wanted.concurrency,
        kv_available=available,
        kv_tokens=available // per_block * block,
        usable=usable,
    )


def longest_context(weights: int, model: Architecture, wanted: Wanted, device: Device) -> int:
    """The longest context, in steps of 256 tokens, with which `wanted` fits; 0 where none does."""
    low, high = 0, wanted.context // CONTEXT_STEP
    while low < high:
        middle = (low + high + 1) // 2
        tried = replace(wanted, context=middle * CONTEXT_STEP)
        low, high = (middle, high) if make_plan(weights, model, tried, device).fits else (low, middle - 1)
    return low * CONTEXT_STEP


def read_cards(listing: str) -> list[Device]:
    """Cards from `nvidia-smi --query-gpu=name,memory.total,compute_cap --format=csv,noheader,nounits`."""
    found = []
    for line in listing.splitlines():
        name, _, rest = line.partition(", ")
        try:
            mib, capability = rest.split(", ")
            found.append(Device(name, int(mib) * 2**20, float(capability)))
        except ValueError:
            continue  # a card that cannot say its memory is no card to plan for
    return found


def this_machine(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> Device:
    """What is free for a process of this machine or, inside a container, of its limit."""
    lines = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
    free = next(int(words[1]) * 1024 for words in lines if words[0] == "MemAvailable:")
    try:
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))
        free = min(free, limit - int((cgroup / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError):
        pass  # no limit, or no cgroup of this kind
    return Device("this machine", free, None)


def missing_kernel(precision: Precision, device: Device) -> str | None:
    """Why the device cannot serve this form, None where it can."""
    if precision.kernel in device.kernels:
        return None
    if device.capability is None:
        return f"{precision.name} has no kernel on a CPU"
    if precision.kernel == "int8" and device.capability >= LAST_WITH_INT8:
        return f"{precision.name} has no INT8 kernel on compute capability {device.capability}"
    return (
        f"{precision.name} needs compute capability {KERNELS[precision.kernel]}, "
        f"{device.name} has {device.capability}"
    )


def precision_of(config: Mapping[str, Any], bits: Iterable[int]) -> Precision:
    """The form that config.json says the weights are in; `bits` as the launcher reads them."""
    found = config.get("quantization_config") or {}
    if not found:
        dtype = str(config.get("dtype") or config.get("torch_dtype") or "bfloat16").rpartition(".")[2]
        return PRECISIONS[{"float32": "fp32", "float16": "fp16"}.get(dtype, "bf16")]
    method, width = str(found.get("quant_method", "")), min(bits, default=16)
    if method in ("awq", "fp8"):
        return PRECISIONS["awq4" if method == "awq" else "fp8"]
    groups = (found.get("config_groups") or {}).values()
    if any(group.get("input_activations") for group in groups):
        kinds = {group["weights"].get("type", "int") for group in groups}
        return PRECISIONS["fp8" if "float" in kinds else "w8a8"]
    return PRECISIONS["gptq4" if width <= 4 else "gptq8"]
