"""How fast the engine serves one form of a model: vLLM alone, greedy, one request after another."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from services.cli.preflight import free_port
from services.engine import launch
from services.settings import QUIET, inherited_environment, new_secret
from tests.benchmarks import energy

START_TIMEOUT_S = 900.0
PROMPT = "Write a long letter about the working hours, the holidays and the safety rules of a factory."
PASSAGE = (
    "Core hours are 10:00 to 15:00; glasses are worn in the workshop; leave is asked for a week before. "
)
PASSAGES = 16  # with them a prompt has about 450 tokens, as one with passages of documents has


@dataclass(frozen=True, slots=True)
class Speed:
    """Each request's time to the first token and tokens per second after it; `joules` for `tokens` in all."""

    first_token_s: tuple[float, ...]
    tokens_per_s: tuple[float, ...]
    tokens: int = 0
    joules: float | None = None


class EngineFailed(RuntimeError):
    """The engine does not start; the message holds the end of its log."""


@contextmanager
def serving(python: Path, lock: dict, folder: Path, log: Path, more: Sequence[str]) -> Iterator[httpx.Client]:
    """vLLM on `folder` with the arguments that the launcher would give it, and `more` after them."""
    port, key = free_port(), new_secret()
    words = [*launch.arguments(lock, folder, "127.0.0.1", port), *more]
    variables = launch.environment(lock, inherited_environment() | QUIET, python.parents[1])
    with log.open("wb") as told:
        process = subprocess.Popen(
            [str(python), "-m", launch.SERVER, *words],
            env=variables | {"VLLM_API_KEY": key},
            stdout=told,
            stderr=told,
        )
    headers = {"Authorization": f"Bearer {key}"}
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, headers=headers, timeout=300, trust_env=False) as client:
            _await(client, process, log)
            yield client
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise EngineFailed("\n".join(log.read_text(errors="replace").splitlines()[-15:]))


def measure(client: httpx.Client, name: str, *, tokens: int, requests: int) -> Speed:
    """`requests` answers of exactly `tokens` tokens after a warm-up; no prompt begins like another."""
    _ask(client, name, _prompt(requests), tokens)
    before = energy.joules()
    found = [_ask(client, name, _prompt(number), tokens) for number in range(requests)]
    return Speed(
        tuple(one[0] for one in found),
        tuple(one[1] for one in found),
        tokens * requests,
        energy.used(before, energy.joules()),
    )


def _prompt(number: int) -> str:
    return f"{number}. {PASSAGE * PASSAGES}\n\n{PROMPT}"


def _ask(client: httpx.Client, name: str, prompt: str, tokens: int) -> tuple[float, float]:
    body = {
        "model": name,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens,
        "min_tokens": tokens,
        "temperature": 0,
        "stream": True,
    }
    begun, moments = time.monotonic(), []
    with client.stream("POST", "/v1/chat/completions", json=body) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                moments.append(time.monotonic())
    if len(moments) < 2:
        raise EngineFailed("the engine streamed no tokens")
    return moments[0] - begun, (tokens - 1) / (moments[-1] - moments[0])
