"""A real uvicorn server on a free loopback port, in a thread of the test's own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from services.app import create_app
from services.resources import Resources
from tests.chroma_server import free_port
from tests.parts import wait_until


@contextmanager
def serving(resources: Resources) -> Iterator[str]:
    """The application on these resources; yields its address and closes the model in the server's loop."""
    config = uvicorn.Config(
        create_app(resources.settings, resources),
        host="127.0.0.1",
        port=free_port(),
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        await server.serve()
        await resources.model.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="served")
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server listens")
        yield f"http://{config.host}:{config.port}"
    finally:
        server.should_exit = True
        thread.join()
