"""The whole product, real, started once: `holdfast up` with vLLM, Chroma, Celery and the demo company."""

import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.quality import stack as stacks
from tests.quality.stack import EngineFiles

PLACES = ("HOLDFAST_TEST_ENGINE_PYTHON", "HOLDFAST_TEST_LOCK", "HOLDFAST_TEST_MODELS")


@dataclass(frozen=True)
class RunningProduct:
    """A started product and how to come in."""

    base_url: str
    login: str
    password: str
    passwords: dict[str, str]
    data_dir: Path

    @contextmanager
    def signed_in(self, login: str | None = None) -> Iterator[httpx.Client]:
        """A client with a session, of the administrator unless another person is named."""
        name = login or self.login
        password = self.password if name == self.login else self.passwords[name]
        with httpx.Client(base_url=self.base_url, timeout=120, trust_env=False) as client:
            reply = client.post("/api/v1/session", json={"login": name, "password": password})
            reply.raise_for_status()
            client.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
            yield client

    @property
    def engine(self) -> dict[str, str]:
        """The private engine's address and key."""
        return tomllib.loads((self.data_dir / "embedded.toml").read_text())["engine"]


@pytest.fixture(scope="session")
def engine_files() -> EngineFiles:
    """The engine environment, lock and models that `make test` prepared."""
    named = [os.environ.get(name, "") for name in PLACES]  # noqa: TID251  (handed over by the Makefile)
    if not all(named):
        pytest.skip(f"the engine is not at hand: {', '.join(PLACES)} are set by `make test`")
    return EngineFiles(*map(Path, named))


@pytest.fixture(scope="session")
def stack(engine_files: EngineFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    data_dir = tmp_path_factory.mktemp("product")
    with stacks.started(engine_files, data_dir) as started:
        admin = json.loads((data_dir / "first-admin.json").read_text())
        yield RunningProduct(started.base_url, admin["login"], admin["password"], started.passwords, data_dir)
