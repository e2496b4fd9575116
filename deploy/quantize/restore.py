"""A GGUF file as bf16 safetensors with its tokenizer. Runs in the quantize environment.

    python restore.py MODEL.gguf OUTPUT

The last line printed is a JSON object: how many tensors the file held in which form, that is what was
lost before.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")  # noqa: TID251

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

END_OF_MESSAGE = "<|im_end|>"


def restore(file: Path, output: Path) -> None:
    """Write weights and tokenizer into `output`."""
    model = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    model.to(torch.bfloat16).save_pretrained(output)
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    template = tokenizer.chat_template or ""
    if END_OF_MESSAGE in template and tokenizer.convert_tokens_to_ids(END_OF_MESSAGE) is not None:
        # Some files name another mark as the end of text: left so, the engine would never see an answer end.
        tokenizer.eos_token = END_OF_MESSAGE
    tokenizer.save_pretrained(output)


def kinds(file: Path) -> dict[str, int]:
    """Tensors of each form, as the file stores them."""
    return dict(Counter(tensor.tensor_type.name for tensor in GGUFReader(file).tensors))


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    restore(source, target)
    print(json.dumps(kinds(source)), flush=True)
