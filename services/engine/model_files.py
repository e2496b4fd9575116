"""Which files make a model, and what its configuration says of it. Nothing here loads weights."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from services import errors, release
from services.engine import launch
from services.release import Generator, Quantization

CONFIGURATION = frozenset(
    {
        "config.json",
        "generation_config.json",
        "model.safetensors.index.json",
        "quantize_config.json",
        "quant_config.json",
    }
)
TOKENIZER = frozenset(
    {
        "tokenizer.json",
        "tokenizer_config.json",
        "tokenizer.model",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "chat_template.jinja",
        "chat_template.json",
    }
)
INDEX = "model.safetensors.index.json"
MOST_CONTEXT = 8192
TRAINED_QUANTIZED = "its vendor trained it quantized (QAT)"


def small_names(names: Iterable[str]) -> list[str]:
    """Configuration and tokenizer among `names`: what is fetched, and judged, before any weights."""
    return sorted(set(names) & (CONFIGURATION | TOKENIZER))


def weight_names(names: Iterable[str], index: Mapping[str, Any] | None) -> list[str]:
    """The safetensors to take; errors.InvalidRequest where the model offers no other than pickled weights.

    An index names its own; without one, a second copy in another layout (`consolidated…`) is left.
    """
    names = list(names)
    found = [name for name in names if name.endswith(".safetensors") and "/" not in name]
    if index is not None:
        found = sorted(set(index["weight_map"].values()))
        missing = sorted(name for name in found if name not in names or "/" in name)
        if missing:
            raise errors.NotFound(f"{missing[0]} is named by {INDEX} and missing")
    if not found:
        raise errors.InvalidRequest(_no_weights(names))
    named = [name for name in found if name.startswith("model")]
    return sorted(named or found)


def _no_weights(names: Iterable[str]) -> str:
    pickled = sorted(name for name in names if Path(name).suffix.lower() in launch.PICKLED)
    if pickled:
        return f"{pickled[0]} is a pickled format, which can run code on loading: only safetensors are taken"
    return "there are no safetensors weights"


def read_index(folder: Path) -> dict[str, Any] | None:
    path = folder / INDEX
    return _read_json(path) if path.is_file() else None


def require_safe(folder: Path, names: Iterable[str]) -> None:
    """errors.InvalidRequest where a configuration asks for code that came with the weights."""
    if not (folder / "config.json").is_file():
        raise errors.InvalidRequest("there is no config.json, so this is no model in the transformers layout")
    try:
        launch.refuse_remote_code(folder, names)
    except (launch.Refused, ValueError) as error:
        raise errors.InvalidRequest(f"{error}; remote code is never run") from error


def describe(
    folder: Path,
    *,
    repository: str,
    revision: str,
    license_name: str,
    context: int | None = None,
    quantization: Quantization | None = None,
) -> Generator:
    """The generator that lies in `folder`, as a lock names it."""
    config = _read_json(folder / "config.json")
    files = release.describe_files(folder)
    named = {part: files[name].sha256 for part, name in launch.NAMED_PARTS.items() if name in files}
    return Generator(
        served_name=repository.rstrip("/").rpartition("/")[2].lower().removesuffix(".gguf"),
        repository=repository,
        revision=revision,
        license=license_name,
        context_tokens=context or min(longest_context(config), MOST_CONTEXT),
        chat_template=named.get("chat_template", ""),
        quantization=quantization or read_quantization(config, repository),
        files=files,
        tokenizer=named.get("tokenizer"),
        generation_config=named.get("generation_config"),
    )


def longest_context(config: Mapping[str, Any]) -> int:
    text = config.get("text_config", config)
    return int(text.get("max_position_embeddings") or config.get("max_position_embeddings") or MOST_CONTEXT)


def read_quantization(config: Mapping[str, Any], repository: str) -> Quantization:
    """What config.json says of the weights' form, whoever quantized them."""
    found = config.get("quantization_config") or {}
    label = TRAINED_QUANTIZED if "qat" in repository.lower().replace("_", "-").split("-") else None
    if not found:
        bits = 32 if "32" in str(config.get("dtype", config.get("torch_dtype", ""))) else 16
        return Quantization("none", bits, 0, "", "", source=repository, label=label)
    if found.get("config_groups"):
        return _compressed(found, repository, label)
    method = str(found.get("quant_method", "unknown"))
    symmetric = found.get("sym", not found["zero_point"] if "zero_point" in found else None)
    return Quantization(
        method=method,
        bits=min(launch.widths(found), default=0),
        group_size=int(found.get("group_size", found.get("q_group_size", 0)) or 0),
        recipe="",
        calibration="",
        source=repository,
        symmetric=symmetric,
        label=label,
    )


def _compressed(found: Mapping[str, Any], repository: str, label: str | None) -> Quantization:
    """compressed-tensors: the narrowest group speaks for the model; the method's name tells of others."""
    groups = [group for group in found["config_groups"].values() if group.get("weights")]
    narrowest = min(groups, key=lambda group: int(group["weights"]["num_bits"]))
    weights, inputs = narrowest["weights"], narrowest.get("input_activations") or {}
    widths = sorted(launch.widths(found))
    return Quantization(
        method="mixed " + "+".join(map(str, widths)) if len(widths) > 1 else "compressed-tensors",
        bits=widths[0],
        group_size=int(weights.get("group_size") or 0),
        recipe="",
        calibration="",
        source=repository,
        symmetric=weights.get("symmetric"),
        activation_bits=inputs.get("num_bits"),
        label=label,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise errors.InvalidRequest(f"{path.name} cannot be read: {error}") from error
    return read
