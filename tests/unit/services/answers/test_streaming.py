"""A stream in bare ASGI: bytes as they come, a heartbeat in silence, an end when the reader leaves."""

import anyio
import pytest
from starlette.requests import Request

from services import errors
from services.answers.streaming import EventStream, while_connected

LEFT = {"type": "http.disconnect"}
SCOPE = {"type": "http", "method": "POST", "path": "/", "headers": []}


class Reader:
    """The other end: keeps what it gets, and leaves when told to."""

    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.leaves = anyio.Event()

    async def receive(self) -> dict:
        await self.leaves.wait()
        return LEFT

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def test_bytes_come_in_order_and_end():
    async def read():
        reader = Reader()

        async def events():
            yield b"one"
            yield b"two"

        await EventStream(events(), 60)(SCOPE, reader.receive, reader.send)
        return reader

    reader = anyio.run(read)
    assert reader.body == b"onetwo"
    assert [message.get("more_body") for message in reader.sent] == [None, True, True, False]
    assert (b"x-accel-buffering", b"no") in reader.sent[0]["headers"]


def test_silence_is_filled_with_comments():
    async def read():
        reader, silent = Reader(), anyio.Event()

        async def events():
            await silent.wait()
            yield b"at last"

        async def send(message):
            await reader.send(message)
            if reader.body.count(b": still here\n\n") == 3:
                silent.set()

        await EventStream(events(), 0.01)(SCOPE, reader.receive, send)
        return reader

    assert anyio.run(read).body.endswith(b"at last")


def test_reader_who_leaves_closes_the_events():
    async def read():
        reader, closed = Reader(), []

        async def events():
            try:
                yield b"one"
                reader.leaves.set()
                await anyio.sleep_forever()
            finally:
                closed.append(True)

        await EventStream(events(), 60)(SCOPE, reader.receive, reader.send)
        return closed

    assert anyio.run(read) == [True]


def test_result_is_had_while_connected():
    async def work():
        return 42

    reader_result = anyio.run(_while_connected, work)
    assert reader_result == 42


def test_reader_who_leaves_gets_nothing():
    async def read():
        reader = Reader()

        async def work():
            reader.leaves.set()
            await anyio.sleep_forever()

        return await while_connected(Request(SCOPE, reader.receive), work())

    assert anyio.run(read) is None


def test_error_comes_out_as_itself():
    async def work():
        raise errors.EngineUnavailable

    with pytest.raises(errors.EngineUnavailable):
        anyio.run(_while_connected, work)


async def _while_connected(work):
    return await while_connected(Request(SCOPE, Reader().receive), work())
