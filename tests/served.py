"""A real uvicorn server on a free loopback port, in a thread of the test's own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from services.app import create_app
from services.resources import Resources
from tests.parts import wait_until


@contextmanager
def serving(resources: Resources) -> Iterator[str]:
    """The application on these resources; yields its address and closes the model in the server's loop."""
    app = create_app(resources.settings, resources)
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, timeout_graceful_shutdown=3))
    listening = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        await server.serve([listening])
        await resources.model.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="served")
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server listens")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
