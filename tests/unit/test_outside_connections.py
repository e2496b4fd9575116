"""Nothing in the product opens connections but `services.outbound` and the parts named here, with why."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPENERS = frozenset(
    {
        "aiohttp", "boto3", "botocore", "chromadb", "dulwich", "ftplib", "grpc", "http.client", "httpcore",
        "httpx", "huggingface_hub", "imaplib", "kombu", "langchain_openai", "openai", "paramiko", "poplib",
        "psycopg", "redis", "requests", "smtplib", "socket", "socketserver", "telnetlib", "urllib.request",
        "urllib3", "websockets", "xmlrpc",
    }
)  # fmt: skip

EXCEPTIONS = {
    "services/outbound/connecting.py": "the room itself: sockets to checked addresses",
    "services/outbound/http.py": "the room itself: httpx on those sockets",
    "services/outbound/pools.py": "the room itself: urllib3 on those sockets",
    "services/outbound/buckets.py": "the room itself: boto3 on those sockets",
    "services/adapters/chroma.py": "our own vector server, at the address of the settings",
    "services/adapters/job_queue.py": "our own broker, at the address of the settings",
    "services/adapters/oidc_provider.py": "names httpx's errors and gives Authlib the room's client",
    "services/adapters/vllm.py": "our own engine, at the address of the settings",
    "services/adapters/vllm_probe.py": "our own engine, at the address of the settings",
    "services/adapters/vllm_stream.py": "our own engine, at the address of the settings",
    "services/adapters/windows.py": "our own Redis, at the address of the settings",
    "services/adapters/model_bucket.py": "fetches models for an administrator, from named hosts",
    "services/adapters/model_hub.py": "fetches models for an administrator, from named hosts",
    "services/cli/embedded.py": "asks its own servers on loopback whether they are up",
    "services/cli/preflight.py": "asks whether a port of this machine is free",
    "services/retrieval/replicas.py": "asks for this machine's own name",
    "services/tracing.py": "sends spans to the collector that the settings name",
    "ingestion/connectors/bucket.py": "boto3, made to send through the room",
    "ingestion/connectors/repository.py": "dulwich, given a pool manager of the room",
    "ingestion/connectors/website.py": "names httpx's errors and replies; its client is the room's",
    "ingestion/worker_process.py": "asks for this machine's own name",
}


# The command line speaks to our own api, at the address of the settings, and with httpx only.
COMMANDS, COMMANDS_USE = "services/cli/", "httpx"


def openers(source: str) -> Iterator[str]:
    """What the source imports that can open a connection."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("import_module", "__import__"):
            names = [one.value for one in node.args if isinstance(one, ast.Constant) and one.value]
        yield from (name for name in names if opens(str(name)))


def opens(module: str) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:depth]) in OPENERS for depth in range(1, len(parts) + 1))


def product_files() -> dict[str, list[str]]:
    files = [path for room in ("services", "ingestion") for path in sorted((ROOT / room).rglob("*.py"))]
    names = {path.relative_to(ROOT).as_posix(): path for path in files if "node_modules" not in path.parts}
    found = {name: list(openers(path.read_text())) for name, path in names.items()}
    return {
        name: [one for one in opening if not (name.startswith(COMMANDS) and one == COMMANDS_USE)]
        for name, opening in found.items()
    }


FILES = product_files()


def test_only_the_files_with_a_reason_can_open_a_connection():
    unspoken = {name: found for name, found in FILES.items() if found and name not in EXCEPTIONS}
    assert unspoken == {}, "go through services.outbound, or say in EXCEPTIONS why not"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_exception_is_still_needed(name):
    assert FILES.get(name), f"{name} opens nothing: take it off the list"


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "import urllib.request",
        "from urllib import request",
        "from http.client import HTTPSConnection",
        "def f():\n    import socket as s",
        "importlib.import_module('requests')",
    ],
)
def test_the_rule_sees_an_import_however_it_is_written(source):
    assert list(openers(source))


@pytest.mark.parametrize("source", ["from urllib.parse import quote", "import http", "from . import socket"])
def test_the_rule_leaves_harmless_imports_alone(source):
    assert not list(openers(source))
