"""The catalogue: which small models suit one GPU, and under which names they lie on a hub."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model; `parameters` in thousands of millions, `context` in tokens.

    `awq`, `gptq` and `qat` name repositories that hold it quantized; empty where none is known.
    """

    family: str
    vendor: str
    repository: str
    parameters: float
    context: int
    license: str
    awq: str = ""
    gptq: str = ""
    qat: str = ""


def read(file: Path = FILE) -> list[Entry]:
    families = tomllib.loads(file.read_text(encoding="utf-8"))["family"]
    return [
        Entry(family["name"], family["vendor"], **model) for family in families for model in family["models"]
    ]
