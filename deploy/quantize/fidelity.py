"""How near a quantized model is to its original, on rows neither saw. Runs in the quantize environment.

    python -m deploy.quantize.fidelity --original FOLDER --rows ROWS.jsonl --tokens N --threads N MODEL...

Prints one JSON object a model: the negative log-likelihood of each window (perplexity is exp of their mean by
token) and in how many places the likeliest next token is the original's. The first is the original's own.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")  # noqa: TID251

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def windows(rows: Path, tokenizer: Any, length: int) -> list[list[int]]:
    texts = [json.loads(line)["text"] for line in rows.read_text(encoding="utf-8").splitlines() if line]
    found = [tokenizer(text, truncation=True, max_length=length)["input_ids"] for text in texts]
    return [ids for ids in found if len(ids) > 1]


@torch.no_grad()
def read(model: Any, ids: list[int]) -> tuple[float, torch.Tensor]:
    """(sum of negative log-likelihoods of the tokens after the first, likeliest token at each place)."""
    logits = model(torch.tensor([ids])).logits[0, :-1].float()
    targets = torch.tensor(ids[1:])
    return float(torch.nn.functional.cross_entropy(logits, targets, reduction="sum")), logits.argmax(-1)


def measure(folder: Path, dtype: torch.dtype, texts: list[list[int]]) -> list[tuple[float, torch.Tensor]]:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    return [read(model, ids) for ids in texts]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("models", nargs="*", help="FOLDER or fp32:FOLDER")
    options = parser.parse_args(words)
    torch.set_num_threads(options.threads)
    texts = windows(options.rows, AutoTokenizer.from_pretrained(options.original), options.tokens)
    reference = measure(options.original, torch.bfloat16, texts)
    report(str(options.original), texts, reference, reference)
    for named in options.models:
        form, _, folder = named.rpartition(":")
        report(named, texts, measure(Path(folder), DTYPES[form or "bf16"], texts), reference)


def report(
    name: str,
    texts: list[list[int]],
    found: list[tuple[float, torch.Tensor]],
    reference: list[tuple[float, torch.Tensor]],
) -> None:
    same = [int((one[1] == other[1]).sum()) for one, other in zip(found, reference, strict=True)]
    tokens = [len(ids) - 1 for ids in texts]
    row = {"model": name, "nll": [one[0] for one in found], "tokens": tokens, "same": same}
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
