"""The language model behind vLLM's private OpenAI-compatible port."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import httpx
import openai
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessageChunk
from tokenizers import Tokenizer

from services import errors
from services.adapters import vllm_probe
from services.adapters.vllm_probe import Draw
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
        self._chat = init_chat_model(
            name,
            model_provider="openai",
            base_url=settings.url,
            api_key=settings.api_key,
            http_async_client=self._http,
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
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
        parameters: dict[str, Any] = {
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if sampling.stop:
            parameters["stop"] = list(sampling.stop)
        if sampling.json_schema is not None:  # vLLM's own name for it, since 0.12
            parameters["extra_body"] = {"structured_outputs": {"json": dict(sampling.json_schema)}}
        if cache_salt:
            parameters["extra_body"] = {**parameters.get("extra_body", {}), "cache_salt": cache_salt}
        try:
            async with aclosing(self._astream(messages, parameters)) as chunks:
                async for chunk in chunks:
                    yield _piece(chunk)
        except (openai.APIConnectionError, openai.InternalServerError, httpx.TransportError) as error:
            raise errors.EngineUnavailable from error
        except openai.AuthenticationError as error:
            raise errors.EngineUnavailable("The engine refused our key") from error
        except openai.BadRequestError as error:
            raise errors.InvalidRequest("The engine cannot take this prompt; shorten it") from error
        except openai.APIError as error:
            raise errors.EngineUnavailable("The engine broke off its answer") from error

    def _astream(
        self, messages: Sequence[Message], parameters: dict[str, Any]
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """LangChain promises an iterator only, but it must be closed for the request to end."""
        chunks = self._chat.astream([dict(message) for message in messages], **parameters)
        return cast("AsyncGenerator[AIMessageChunk, None]", chunks)

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


def _piece(chunk: AIMessageChunk) -> Piece:
    usage = chunk.usage_metadata
    return Piece(
        text=chunk.text,
        finish_reason=chunk.response_metadata.get("finish_reason"),
        prompt_tokens=usage["input_tokens"] if usage else 0,
        completion_tokens=usage["output_tokens"] if usage else 0,
    )
