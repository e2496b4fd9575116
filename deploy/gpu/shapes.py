"""Architectures without weights: a configuration is all that the engine's dummy loader needs.

Sizes are those of Llama 3.1 8B (Grattafiori et al. 2024, arXiv 2407.21783, table 3; the vocabulary as its
config.json has it). Its quantized forms are as the usual AWQ and GPTQ repositories hold them.
"""

import json
from pathlib import Path
from typing import Any

from services.engine import memory
from services.engine.memory import Precision, Weights

LLAMA_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "dtype": "bfloat16",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "rope_theta": 500000.0,
    "rms_norm_eps": 1e-05,
    "hidden_act": "silu",
    "bos_token_id": 128000,
    "eos_token_id": 128001,
    "tie_word_embeddings": False,
}
FORMS: dict[str, dict[str, Any]] = {
    "bf16": {},
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False, "sym": True},
}
PRECISIONS = {"bf16": "bf16", "awq": "awq4", "gptq": "gptq4"}


def write(folder: Path, form: str) -> Path:
    """A folder that the engine can be pointed at with `--load-format dummy`."""
    quantization = FORMS[form]
    config = LLAMA_8B | ({"quantization_config": quantization, "dtype": "float16"} if quantization else {})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder


def precision(form: str) -> Precision:
    return memory.PRECISIONS[PRECISIONS[form]]


def weights(config: dict[str, Any]) -> Weights:
    """What the configuration amounts to in 16 bits: four matrices of attention and three more a layer."""
    hidden, inner, layers = (
        config[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers")
    )
    keys = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    linear = layers * (2 * hidden * hidden + 2 * hidden * keys + 3 * hidden * inner)
    embeddings = config["vocab_size"] * hidden * (1 if config["tie_word_embeddings"] else 2)
    norms = (2 * layers + 1) * hidden
    return Weights(2 * linear, 2 * embeddings, 0, 2 * norms, linear, embeddings + norms)
