"""The language model behind vLLM's private OpenAI-compatible port."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from tokenizers import Tokenizer

from services import errors
from services.adapters import vllm_play, vllm_probe, vllm_stream
from services.adapters.vllm_play import Play, Played
from services.adapters.vllm_probe import Draw
from services.adapters.vllm_stream import Chunk
from services.settings import Engine

Message = Mapping[str, str]  # {"role": "system" | "user" | "assistant", "content": text}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; greedy with a seed by default, so that an answer can be had again.

    Under a `json_schema` only tokens are drawn that lead to JSON of it.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the stream: some text, and at its end why it ended and the token counts."""

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


class LanguageModel:
    """The served model; every failure to reach it is errors.EngineUnavailable."""

    def __init__(self, settings: Engine, name: str, tokenizer_file: str | None) -> None:
        self.name = name
        self._settings = settings
        self._tokenizer = _open_tokenizer(tokenizer_file) if tokenizer_file else None
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_s, connect=3.0),
            limits=httpx.Limits(max_connections=512, max_keepalive_connections=64),
            trust_env=False,  # a proxy variable must not lead the prompt out of the network
        )

    @cached_property
    def special_tokens(self) -> tuple[str, ...]:
        """The served tokenizer's own control tokens, which no document may speak."""
        if self._tokenizer is None:
            return ()
        added = self._tokenizer.get_added_tokens_decoder().values()
        return tuple(token.content for token in added if token.special)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by the served model's own tokenizer."""
        if self._tokenizer is None:
            raise errors.EngineUnavailable("The engine's tokenizer is not at hand")
        return [len(encoded.ids) for encoded in self._tokenizer.encode_batch_fast(list(texts))]

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling, *, cache_salt: str = ""
    ) -> AsyncGenerator[Piece, None]:
        """Tokens as they come; closing the iterator ends the request, so that vLLM stops as well.

        With a `cache_salt` of its own the prompt is read past what the prefix cache holds.
        """
        body = _body(self.name, messages, sampling, cache_salt)
        said = vllm_stream.chunks(self._settings, "chat/completions", body)
        async with aclosing(said) as chunks:
            async for chunk in chunks:
                yield _piece(chunk)

    async def is_ready(self) -> bool:
        """Whether the engine answers its health check within a second."""
        address = self._settings.url.removesuffix("/v1") + "/health"
        try:
            async with asyncio.timeout(1.0):
                return (await self._http.get(address)).is_success
        except (httpx.HTTPError, TimeoutError):
            return False

    async def metrics(self) -> str:
        """The engine's own metrics as it exposes them; errors.EngineUnavailable while it is down."""
        address = self._settings.url.removesuffix("/v1") + "/metrics"
        try:
            reply = await self._http.get(address, timeout=5.0)
            return reply.raise_for_status().text
        except httpx.HTTPError as error:
            raise errors.EngineUnavailable from error

    async def draw(
        self, messages: Sequence[Message], sampling: Sampling, likeliest: int = 5
    ) -> tuple[Draw, ...]:
        """The whole answer token by token with log-probabilities, past the prefix cache."""
        parameters = {
            "model": self.name,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "top_logprobs": likeliest,
        }
        return await vllm_probe.draw(self._http, self._settings, parameters, messages)

    async def play(self, play: Play, *, cache_salt: str) -> AsyncGenerator[Played, None]:
        """The bare model token by token, for the playground; closing the iterator ends the request."""
        body = vllm_play.request_body(self.name, play, cache_salt)
        async with aclosing(vllm_play.stream(self._settings, body)) as said:
            async for one in said:
                yield one

    async def facts(self) -> dict[str, str]:
        """Version and cache settings of the running engine, as it says itself."""
        return await vllm_probe.facts(self._http, self._settings)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()


def _open_tokenizer(file: str) -> Tokenizer:
    """Counts texts as they are: a tokenizer's file may ask for padding, or for cutting what is long."""
    tokenizer = Tokenizer.from_file(file)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _body(model: str, messages: Sequence[Message], sampling: Sampling, cache_salt: str) -> dict[str, Any]:
    """The request in vLLM's own words: nothing reaches it that is not named here."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message["role"], "content": message["content"]} for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if sampling.json_schema is not None:  # vLLM's own name for it, since 0.12
        body["structured_outputs"] = {"json": dict(sampling.json_schema)}
    if cache_salt:
        body["cache_salt"] = cache_salt
    return body


def _piece(chunk: Chunk) -> Piece:
    choices, usage = chunk.get("choices"), chunk.get("usage")
    choice = choices[0] if choices else {}
    return Piece(
        text=(choice.get("delta") or {}).get("content") or "",
        finish_reason=choice.get("finish_reason"),
        prompt_tokens=usage.get("prompt_tokens", 0) if usage else 0,
        completion_tokens=usage.get("completion_tokens", 0) if usage else 0,
    )
