"""What the running engine says of its own memory, to set beside the plan."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

CACHE_CONFIG = re.compile(r"^vllm:cache_config_info\{(?P<labels>.*)\} ", re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
LOGGED_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")
LOGGED_WEIGHTS = re.compile(r"[Mm]odel loading took ([\d.]+) Gi?B")


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """`kv_tokens` is all that the KV cache holds; `weights_gib` is only told by the log of a card."""

    kv_tokens: int
    weights_gib: float | None = None


def from_metrics(exposition: str) -> EngineFacts | None:
    """From vLLM's /metrics; None where it does not tell its cache's size."""
    found = CACHE_CONFIG.search(exposition)
    labels: Mapping[str, str] = dict(LABEL.findall(found["labels"])) if found else {}
    blocks, size = labels.get("num_gpu_blocks", ""), labels.get("block_size", "")
    if not (blocks.isdigit() and size.isdigit()):
        return None
    return EngineFacts(int(blocks) * int(size))


def from_log(log: str) -> EngineFacts | None:
    """From the engine's log; None where the line with the cache's size is missing."""
    tokens, weights = LOGGED_TOKENS.search(log), LOGGED_WEIGHTS.search(log)
    if tokens is None:
        return None
    return EngineFacts(int(tokens[1].replace(",", "")), float(weights[1]) if weights else None)


def kv_error(planned_tokens: int, told: EngineFacts) -> float:
    """How far the planned KV cache is from the engine's own, as a share of the engine's."""
    return abs(planned_tokens - told.kv_tokens) / told.kv_tokens
