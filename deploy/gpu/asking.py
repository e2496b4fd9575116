"""RAG-shaped requests as token ids, many streams at once: tokens a second and time to the first token."""

import json
import random
import statistics
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from deploy.gpu.serving import NAME

TIMEOUT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One request: seconds to the first token and to the last, and tokens written."""

    first_s: float
    whole_s: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Load:
    """What `streams` at once came to; `tokens_per_s` is of all together."""

    streams: int
    requests: int
    tokens_per_s: float
    first_token_p50_s: float
    first_token_p95_s: float


class Prompts:
    """Prompts of one length that share no beginning: random ids, or turned pieces of a real text's ids."""

    def __init__(self, length: int, vocabulary: int, text: Sequence[int] = (), seed: int = 0) -> None:
        self._length, self._vocabulary, self._text = length, vocabulary, list(text)
        self._chance = random.Random(seed)  # noqa: S311  (load, not secrecy)
        self._lock = threading.Lock()

    def fresh(self) -> list[int]:
        with self._lock:
            head = [self._chance.randrange(256, self._vocabulary) for _ in range(8)]
            if not self._text:
                rest = [self._chance.randrange(256, self._vocabulary) for _ in range(self._length - 8)]
                return head + rest
            start = self._chance.randrange(len(self._text))
        turned = self._text[start:] + self._text[:start]
        repeated = turned * (self._length // len(turned) + 1)
        return head + repeated[: self._length - 8]


def ask(address: str, prompt: Sequence[int], tokens: int) -> Reply:
    """One greedy request that writes exactly `tokens` tokens."""
    body = {
        "model": NAME,
        "prompt": list(prompt),
        "max_tokens": tokens,
        "ignore_eos": True,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True, "continuous_usage_stats": True},
    }
    begun, first, written = time.monotonic(), None, 0
    with closing(HTTPConnection(address, timeout=TIMEOUT_S)) as connection:
        kind = {"Content-Type": "application/json"}
        connection.request("POST", "/v1/completions", json.dumps(body), kind)
        reply = connection.getresponse()
        if reply.status != HTTPStatus.OK:
            raise RuntimeError(f"the engine answered {reply.status}: {reply.read(300)!r}")
        for line in reply:
            found = written_so_far(line)
            if found is None:
                continue
            written = max(written, found)
            if first is None and written:
                first = time.monotonic() - begun
    if first is None or written != tokens:
        raise RuntimeError(f"the engine streamed {written} of {tokens} tokens")
    return Reply(first, time.monotonic() - begun, written)


def written_so_far(line: bytes) -> int | None:
    """Tokens written by this line of the stream; None where it tells none."""
    if not line.startswith(b"data: {"):
        return None
    usage = json.loads(line[6:]).get("usage")
    return int(usage["completion_tokens"]) if usage else None


def load(address: str, prompts: Prompts, streams: int, tokens: int, rounds: int) -> Load:
    """`streams` threads, each asking `rounds` times without a pause."""
    found: list[Reply] = []
    failed: list[BaseException] = []

    def stream() -> None:
        try:
            found.extend([ask(address, prompts.fresh(), tokens) for _ in range(rounds)])
        except (OSError, HTTPException, RuntimeError, ValueError) as error:
            failed.append(error)

    begun = time.monotonic()
    threads = [threading.Thread(target=stream) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return summed(streams, found, time.monotonic() - begun)


def summed(streams: int, replies: Sequence[Reply], wall_s: float) -> Load:
    firsts = sorted(reply.first_s for reply in replies)
    return Load(
        streams,
        len(replies),
        sum(reply.tokens for reply in replies) / wall_s,
        statistics.median(firsts),
        firsts[min(len(firsts) - 1, int(len(firsts) * 0.95))],
    )


def cold_and_warm(address: str, prompts: Prompts, tokens: int, pairs: int) -> tuple[float, float]:
    """Median time to the first token of new prompts, and of the same with another question at the end."""
    cold, warm = [], []
    for _ in range(pairs):
        prompt = prompts.fresh()
        cold.append(ask(address, prompt, tokens).first_s)
        warm.append(ask(address, prompt[:-32] + prompts.fresh()[:32], tokens).first_s)
    return statistics.median(cold), statistics.median(warm)


def tokens_per_s(address: str, prompts: Prompts, tokens: int, requests: int) -> float:
    """Of one stream after its first token; the median of some requests."""
    replies = [ask(address, prompts.fresh(), tokens) for _ in range(requests)]
    return statistics.median((one.tokens - 1) / (one.whole_s - one.first_s) for one in replies)
