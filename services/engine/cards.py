"""Common cards from their datasheets, and the one in this machine."""

import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from services import errors
from services.engine import launch, memory
from services.engine.memory import Device

FILE = Path(__file__).with_name("cards.toml")
GB = 10**9
PROBE_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One card; `memory` in GB of 10^9 bytes, `bandwidth` in GB/s, `watts` at most."""

    name: str
    memory: int
    capability: float
    bandwidth: int
    watts: int

    @property
    def device(self) -> Device:
        return Device(f"{self.name} ({self.memory} GB)", self.memory * GB, self.capability)


def read(file: Path = FILE) -> list[Card]:
    return [Card(**row) for row in tomllib.loads(file.read_text(encoding="utf-8"))["card"]]


def find(name: str) -> Device:
    """`auto`, `cpu`, or a card by its name, also with its memory ("L4 24GB"); errors.NotFound else."""
    if name == "auto":
        return present() or memory.this_machine()
    if name == "cpu":
        return memory.this_machine()
    wanted = _plain(name)
    found = [card for card in read() if wanted in (_plain(card.name), _plain(f"{card.name} {card.memory}GB"))]
    if not found:
        names = ", ".join(card.name for card in read())
        raise errors.NotFound(f"{name}: not in the table of cards: auto, cpu, {names}")
    return found[0].device


def _plain(name: str) -> str:
    return re.sub(r"nvidia|geforce|[^a-z0-9]", "", name.lower())


def present() -> Device | None:
    """The first card that nvidia-smi reports."""
    try:
        done = subprocess.run(
            launch.CARDS, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(memory.read_cards(done.stdout)), None)
