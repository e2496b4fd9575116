"""Places on loopback, and what a connector is given to reach them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.connectors import Source, Surroundings, open_source
from services import settings
from services.outbound import Outbound
from tests.local_site import Site, running_site

Open = Callable[..., Source]


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    server.pages.clear()
    server.asked.clear()
    return server


@pytest.fixture
def open_place(tmp_path: Path) -> Iterator[Open]:
    """Opens a source; only the ports given are named."""
    opened: list[Source] = []

    def opening(kind: str, options: dict[str, Any], *ports: int, **given: Any) -> Source:
        limits = settings.Outbound(sources=tuple(f"127.0.0.1:{port}" for port in ports))
        around = {"outbound": Outbound(limits), "scratch": tmp_path / "scratch", "folders": (tmp_path,)}
        opened.append(open_source(kind, options, Surroundings(**(around | given))))
        return opened[-1]

    yield opening
    for source in opened:
        source.close()
