"""Small models in the transformers layout, made of bytes: no framework is needed to write safetensors."""

import json
import struct
from pathlib import Path

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "dtype": "bfloat16",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 256,
    "max_position_embeddings": 4096,
    "tie_word_embeddings": True,
}
WIDTHS = {"BF16": 2, "F32": 4, "I32": 4, "I8": 1}


def safetensors(tensors: dict[str, tuple[str, list[int]]]) -> bytes:
    """Zeros in the safetensors layout: name → (dtype, shape)."""
    header, offset = {}, 0
    for name, (dtype, shape) in tensors.items():
        size = WIDTHS[dtype]
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + bytes(offset)


def files(**config: object) -> dict[str, bytes]:
    """A whole model's files by name."""
    return {
        "config.json": json.dumps(CONFIG | config).encode(),
        "generation_config.json": b"{}",
        "tokenizer.json": b"{}",
        "tokenizer_config.json": b"{}",
        "chat_template.jinja": b"{{ messages }}",
        "model.safetensors": safetensors({"model.embed_tokens.weight": ("BF16", [256, 64])}),
    }


def write(folder: Path, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files(**config).items():
        (folder / name).write_bytes(content)
    return folder
