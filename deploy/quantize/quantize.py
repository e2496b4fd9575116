"""One model quantized by one recipe. Runs in the quantize environment.

    python -m deploy.quantize.quantize --model FOLDER --calibration ROWS.jsonl --recipe RECIPE.json \\
        --output FOLDER --told TOLD.json

Standard output carries one JSON object a line: the stage and how far it is. Seed and thread count are fixed,
so the same machine writes the same bytes again.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")  # noqa: TID251

import torch
from datasets import Dataset
from llmcompressor import oneshot
from transformers import AutoModelForCausalLM, AutoTokenizer

from deploy.quantize import methods, sensitivity
from deploy.quantize.methods import Recipe, tell


def windows(rows: Path, tokenizer: Any, length: int) -> list[list[int]]:
    """Token windows of the rows' texts, the longest first so that few samples still fill their windows."""
    texts = [json.loads(line)["text"] for line in rows.read_text(encoding="utf-8").splitlines() if line]
    found = [tokenizer(text, truncation=True, max_length=length)["input_ids"] for text in texts]
    return sorted((ids for ids in found if len(ids) > 1), key=len, reverse=True)


def make_repeatable(recipe: Recipe) -> None:
    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)


def quantize(model: Any, tokenizer: Any, samples: Sequence[Sequence[int]], recipe: Recipe) -> Any:
    rows = Dataset.from_list([{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids in samples])
    return oneshot(
        model=model,
        tokenizer=tokenizer,
        dataset=rows,
        recipe=methods.modifiers(recipe, list(sensitivity.linear_layers(model))),
        max_seq_length=recipe.sample_tokens,
        num_calibration_samples=len(rows),
        shuffle_calibration_samples=False,
    )


def save(model: Any, tokenizer: Any, output: Path) -> None:
    """Write safetensors, configuration, tokenizer and chat template; nothing pickled, no recipe paths."""
    for parameter in model.parameters():
        if parameter.dtype == torch.float32:
            parameter.data = parameter.data.to(torch.bfloat16)
    model.save_pretrained(output, save_compressed=True, safe_serialization=True)
    tokenizer.save_pretrained(output)
    (output / "recipe.yaml").unlink(missing_ok=True)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "calibration", "recipe", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument(
        "--told", type=Path, required=True, help="JSON of the sensitivity and the layers kept"
    )
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    options = parse(words)
    recipe = Recipe(**json.loads(options.recipe.read_text(encoding="utf-8")))
    make_repeatable(recipe)
    tell("loading")
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.bfloat16)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    samples = windows(options.calibration, tokenizer, recipe.sample_tokens)[: recipe.samples]
    tell("sensitivity")
    recipe = with_kept(recipe, model, samples, options.told)
    tell("calibration", 0, len(samples))
    model = quantize(model, tokenizer, samples, recipe)
    tell("saving")
    save(model, tokenizer, options.output)
    tell("done")


def with_kept(recipe: Recipe, model: Any, samples: Sequence[Sequence[int]], told: Path) -> Recipe:
    """The recipe with the layers that its budget keeps; what was found is written to `told`."""
    units = sensitivity.measure(model, samples, recipe.bits, recipe.group_size, is_symmetric=recipe.symmetric)
    kept = sensitivity.suggest_kept(units, recipe.bits, recipe.kept_bits, recipe.budget)
    rows = [{"unit": one.unit, "error": one.error, "values": one.values} for one in units]
    told.write_text(json.dumps({"sensitivity": rows, "kept": kept}), encoding="utf-8")
    return replace(recipe, kept=kept)


if __name__ == "__main__":
    main(sys.argv[1:])
