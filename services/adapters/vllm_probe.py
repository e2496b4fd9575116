"""What vLLM tells of itself and of its tokens: its version and cache settings, and log-probabilities."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from services import errors
from services.settings import Engine

Message = Mapping[str, str]
# What a start decides by itself, by the machine's free memory; the other labels are flags.
_MEASURED = re.compile(r"^engine$|memory|_bytes|num_(gpu_|cpu_)?blocks|size_tokens|concurrency")
_CACHE = re.compile(r"^vllm:cache_config_info\{(?P<labels>.*)\} ", re.M)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Draw:
    """One token drawn, its log-probability, and the likeliest tokens with theirs."""

    token: str
    logprob: float
    likeliest: tuple[tuple[str, float], ...] = ()


async def draw(
    client: httpx.AsyncClient, settings: Engine, parameters: Mapping[str, Any], messages: Sequence[Message]
) -> tuple[Draw, ...]:
    """The answer token by token; a salt of its own keeps it from what the prefix cache holds."""
    body = {
        **parameters,
        "messages": [dict(message) for message in messages],
        "logprobs": True,
        "cache_salt": secrets.token_hex(16),
    }
    reply = await _ask(client, settings, "POST", f"{settings.url}/chat/completions", body)
    try:
        return tuple(_draw(one) for one in reply.json()["choices"][0]["logprobs"]["content"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise errors.EngineUnavailable("The engine gave no log-probabilities") from error


async def facts(client: httpx.AsyncClient, settings: Engine) -> dict[str, str]:
    """Version and cache settings of the running engine, as it says itself."""
    base = settings.url.removesuffix("/v1")
    version = await _ask(client, settings, "GET", f"{base}/version")
    told = await _ask(client, settings, "GET", f"{base}/metrics")
    return {"version": str(version.json().get("version", ""))} | cache_settings(told.text)


def cache_settings(metrics: str) -> dict[str, str]:
    """The flags among the labels of vLLM's `cache_config_info`."""
    found = _CACHE.search(metrics)
    labels = dict(_LABEL.findall(found["labels"])) if found else {}
    return {name: value for name, value in sorted(labels.items()) if not _MEASURED.search(name)}


async def _ask(
    client: httpx.AsyncClient, settings: Engine, method: str, url: str, body: Mapping[str, Any] | None = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}
    try:
        reply = await client.request(method, url, json=body, headers=headers)
        return reply.raise_for_status()
    except httpx.HTTPError as error:
        raise errors.EngineUnavailable from error


def _draw(entry: Mapping[str, Any]) -> Draw:
    likeliest = tuple((one["token"], float(one["logprob"])) for one in entry.get("top_logprobs") or ())
    return Draw(entry["token"], float(entry["logprob"]), likeliest)
