"""A running Holdfast to measure: its address and the demo people's passwords, or one started for it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from services import errors
from services.cli.client import Credentials
from services.cli.preflight import free_port
from services.settings import inherited_environment

PEOPLE = "demo-people.json"
START_TIMEOUT_S = 900.0
STOP_TIMEOUT_S = 40.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Stack:
    """Where to ask, and as whom one can."""

    base_url: str
    passwords: dict[str, str]


@dataclass(frozen=True, slots=True)
class EngineFiles:
    """What `holdfast up` needs to serve a model."""

    engine_python: Path
    lock: Path
    models: Path


class StackDidNotStart(RuntimeError):
    """The started stack ended, or was not ready in time; the message holds the end of what it said."""


def load(base_url: str, credentials: Path) -> Stack:
    """A stack that runs already; `credentials` is a JSON object of logins and passwords."""
    return Stack(base_url.rstrip("/"), json.loads(credentials.read_text()))


def with_admin(stack: Stack, data_dir: Path) -> Stack:
    """The same, with the first administrator's password where `data_dir` holds it."""
    try:
        admin = Credentials.load(data_dir)
    except errors.NotSignedIn:
        return stack
    return replace(stack, passwords=stack.passwords | {admin.login: admin.password})


@contextmanager
def started(files: EngineFiles, data_dir: Path) -> Iterator[Stack]:
    """`holdfast up` with the demo company on a free port, ended on leaving."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    data_dir.mkdir(parents=True, exist_ok=True)
    said = data_dir / "up.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            _command(files),
            env=_environment(data_dir, port),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )
    try:
        _wait(process, base_url, said)
        yield with_admin(load(base_url, data_dir / PEOPLE), data_dir)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _command(files: EngineFiles) -> list[str]:
    places = ["--engine-python", files.engine_python, "--lock", files.lock, "--models", files.models]
    return [sys.executable, "-m", "services.cli", "up", *map(str, places), "--demo"]


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    own = {
        "HOLDFAST_DATA_DIR": str(data_dir.absolute()),
        "HOLDFAST_WEB__PORT": str(port),
        "HOLDFAST_ALLOW_BARE_MODEL": "true",  # what the documents are worth is measured against it
        "PYTHONUNBUFFERED": "1",
    }
    return inherited_environment() | own


def _wait(process: subprocess.Popen[bytes], base_url: str, said: Path) -> None:
    """Ready when the address is printed: every part answers and the demo's documents have been read."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StackDidNotStart(said.read_text(errors="replace")[-3000:])
        if base_url in said.read_text(errors="replace") and is_live(base_url):
            return
        time.sleep(0.5)
    raise StackDidNotStart(
        f"not ready after {START_TIMEOUT_S:.0f} s\n" + said.read_text(errors="replace")[-3000:]
    )


def is_live(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/live", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
