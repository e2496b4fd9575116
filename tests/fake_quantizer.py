#!PYTHON
"""Stands in for the quantize environment's interpreter: tells progress, writes a small model.

While a file `hold` lies beside it, it goes no further than calibrating; its process id is in `pid`.
"""

import json
import os
import sys
import time
from pathlib import Path

from tests import small_models

HERE = Path(sys.argv[0]).parent


def tell(**told: object) -> None:
    print(json.dumps(told), flush=True)


def options(words: list[str]) -> dict[str, str]:
    return dict(zip(words[::2], words[1::2], strict=False))


def quantize(named: dict[str, str]) -> None:
    (HERE / "pid").write_text(str(os.getpid()))
    with (HERE / "calls").open("a") as calls:
        calls.write(Path(named["--calibration"]).read_text(encoding="utf-8"))
    tell(stage="calibration", done=1, total=2)
    while (HERE / "hold").exists():
        time.sleep(0.05)
    if (HERE / "fail").exists():
        sys.exit("the calibration is broken")
    group = {"weights": {"num_bits": 4, "type": "int"}, "targets": ["Linear"]}
    quantization = {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}}
    output = small_models.write(Path(named["--output"]), quantization_config=quantization)
    tensors = {"model.layers.0.mlp.up_proj.weight_packed": ("I32", [64, 8])}
    (output / "model.safetensors").write_bytes(small_models.safetensors(tensors))
    row = {"sensitivity": [{"unit": "layers.0.qkv_proj", "error": 0.01, "values": 4}], "kept": []}
    Path(named["--told"]).write_text(json.dumps(row))
    tell(stage="saving", done=0, total=0)


def measure() -> None:
    for more in (0.0, 0.5):
        tell(model="m", nll=[10.0 + more, 12.0 + more], tokens=[5, 6], same=[5, 6])


if __name__ == "__main__":
    _, module, *words = sys.argv[1:]
    quantize(options(words)) if module.endswith(".quantize") else measure()
