"""The memory plan of a release as values of the chart, so that a render can refuse what would not load.

A lock names the weights' bytes; keys, values and activations follow from config.json, which lies with them.
"""

import json
from pathlib import Path

from services.engine import cards, launch, memory


def values_for(lock_file: str, models: str, card: str = "auto") -> str:
    """`engine.memory.requiredBytes` and `engine.gpu.memoryBytes` in YAML."""
    lock = launch.read_table(Path(lock_file))
    folder = Path(models) / launch.folder_name(lock["generator"]["files"])
    device = cards.find(card)
    architecture = memory.read_architecture(json.loads((folder / "config.json").read_text()))
    weights = memory.read_weights(folder).total
    made = memory.make_plan(weights, architecture, launch.wanted(memory, lock), device)
    return (
        f"# {lock['generator']['served_name']} on {device.name}: weights {made.weights}, activations "
        f"{made.activations}, overhead {made.overhead}, one context {made.kv_wanted} bytes\n"
        f"engine:\n  memory:\n    requiredBytes: {made.needed}\n  gpu:\n    memoryBytes: {device.total}\n"
    )
