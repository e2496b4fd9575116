"""`python -m tests.load.per_token`: CPU that each way of reading the model's stream spends on a token.

Processor time of this process alone, so that what else the machine does matters little; the engine is
tests/load/engine.py in a process of its own, as fast as it can.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import cache

import httpx
import openai
import uvloop
from langchain_openai import ChatOpenAI

from services.adapters.vllm import LanguageModel, Sampling
from services.settings import Engine
from tests.chroma_server import free_port
from tests.load.world import ENGINE
from tests.parts import wait_until

TOKENS, STREAMS, RATE = 300, 10, 100
"""Slow enough that each token comes alone, as it does from a model."""
ASKED = [{"role": "user", "content": "Who keeps the key?"}]
Way = Callable[[str], AsyncIterator[str]]


# Clients are made once, in the reading that warms up: a process makes them at its start.


@cache
def langchain_chat(url: str) -> ChatOpenAI:
    return ChatOpenAI(model="m", base_url=url, api_key="k", max_retries=0, stream_usage=True)


@cache
def official_client(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0)


@cache
def product_model(url: str) -> LanguageModel:
    return LanguageModel(Engine(url=url), "m", None)


@cache
def httpx_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


async def by_langchain(url: str) -> AsyncIterator[str]:
    async for chunk in langchain_chat(url).astream(ASKED):
        yield str(chunk.text)


async def by_official_client(url: str) -> AsyncIterator[str]:
    stream = await official_client(url).chat.completions.create(  # type: ignore[call-overload]
        model="m", messages=ASKED, stream=True
    )
    async for chunk in stream:
        yield (chunk.choices[0].delta.content or "") if chunk.choices else ""


async def by_product(url: str) -> AsyncIterator[str]:
    async with aclosing(product_model(url).stream(ASKED, Sampling(TOKENS))) as pieces:
        async for piece in pieces:
            yield piece.text


async def by_httpx_alone(url: str) -> AsyncIterator[str]:
    """The bytes and nothing else."""
    body = {"messages": ASKED, "stream": True}
    async with httpx_client().stream("POST", f"{url}/chat/completions", json=body) as reply:
        async for block in reply.aiter_raw():
            yield block.decode()


WAYS: dict[str, Way] = {
    "LangChain's ChatOpenAI": by_langchain,
    "the official openai client": by_official_client,
    "the product": by_product,
    "httpx alone": by_httpx_alone,
}


async def spent_us(way: Way, url: str) -> float:
    """Microseconds of processor time a token, of streams that come at once."""

    async def read() -> int:
        return sum([1 async for _text in way(url)])

    await read()
    began = time.process_time()
    await asyncio.gather(*(read() for _ in range(STREAMS)))
    return (time.process_time() - began) / (STREAMS * TOKENS) * 1e6


def _run(act: Awaitable[float]) -> float:
    async def result() -> float:
        return await act

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the api's own
        return runner.run(result())


def main() -> None:
    port = free_port()
    speed = ["--ttft", "0", "--rate", str(RATE), "--tokens", str(TOKENS)]
    engine = subprocess.Popen([sys.executable, str(ENGINE), "--port", str(port), *speed])
    try:
        url = f"http://127.0.0.1:{port}/v1"
        wait_until(lambda: _answers(url), "the engine answers")
        for name, way in WAYS.items():
            print(f"{name}: {_run(spent_us(way, url)):.0f} us of CPU a token", flush=True)
    finally:
        engine.kill()
        engine.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
