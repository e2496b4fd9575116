"""The bare model played with: raw or chat completions as a stream, with log-probabilities where asked for.

Nothing but the fields of `Play` reaches the engine: the request is built here from an allow-list.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from services.adapters import vllm_stream
from services.adapters.vllm_probe import Draw
from services.settings import Engine


@dataclass(frozen=True, slots=True)
class Play:
    """What is to be said on, and how tokens are drawn.

    With `messages` the model's chat template is used, else `prompt` is gone on with as it stands. `top_k` 0
    means all tokens; `likeliest` is how many other tokens are told beside each, None for no
    log-probabilities at all.
    """

    max_tokens: int
    messages: tuple[Mapping[str, str], ...] = ()
    prompt: str = ""
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    likeliest: int | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A part of the stream: some text, the tokens it is of, and at its end why it ended and the counts."""

    text: str = ""
    tokens: tuple[Draw, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


def request_body(model: str, play: Play, cache_salt: str) -> dict[str, Any]:
    """The request in vLLM's own words."""
    body: dict[str, Any] = {
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": play.max_tokens,
        "temperature": play.temperature,
        "top_p": play.top_p,
        "top_k": play.top_k,
        "repetition_penalty": play.repetition_penalty,
        "seed": play.seed,
        "cache_salt": cache_salt,
    }
    if play.stop:
        body["stop"] = list(play.stop)
    if not play.messages:
        told = {} if play.likeliest is None else {"logprobs": play.likeliest}
        return body | told | {"prompt": play.prompt}
    told = {} if play.likeliest is None else {"logprobs": True, "top_logprobs": play.likeliest}
    return body | told | {"messages": [dict(message) for message in play.messages]}


async def stream(settings: Engine, body: Mapping[str, Any]) -> AsyncGenerator[Played, None]:
    """What the engine says; closing the iterator ends the request, so that vLLM stops as well."""
    way = "chat/completions" if "messages" in body else "completions"
    async with aclosing(vllm_stream.chunks(settings, way, body)) as chunks:
        async for chunk in chunks:
            yield _played(chunk)


def _played(chunk: Mapping[str, Any]) -> Played:
    usage = chunk.get("usage") or {}
    choice: Mapping[str, Any] = next(iter(chunk.get("choices") or ()), {})
    told = choice.get("logprobs") or {}
    return Played(
        text=choice.get("text") or (choice.get("delta") or {}).get("content") or "",
        tokens=_of_chat(told["content"]) if told.get("content") else _of_completion(told),
        finish_reason=choice.get("finish_reason"),
        prompt_tokens=usage.get("prompt_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
    )


def _of_chat(content: Sequence[Mapping[str, Any]]) -> tuple[Draw, ...]:
    return tuple(
        Draw(
            one["token"],
            float(one["logprob"]),
            tuple((other["token"], float(other["logprob"])) for other in one.get("top_logprobs") or ()),
        )
        for one in content
    )


def _of_completion(told: Mapping[str, Any]) -> tuple[Draw, ...]:
    """The older wire: three lists beside each other; a log-probability may be missing at a text's start."""
    tokens = told.get("tokens") or ()
    others = told.get("top_logprobs") or [None] * len(tokens)
    return tuple(
        Draw(
            token, float(logprob or 0.0), tuple((name, float(each)) for name, each in (beside or {}).items())
        )
        for token, logprob, beside in zip(tokens, told.get("token_logprobs") or (), others, strict=False)
    )
