"""The engine of this interpreter's environment, started with the flags of one case."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from services.engine import launch

READY_S = 1800.0
SPECULATION = {"method": "ngram", "num_speculative_tokens": 5, "prompt_lookup_max": 4, "prompt_lookup_min": 2}
NAME = "measured"


@dataclass(frozen=True, slots=True)
class Case:
    """One start of the engine; `form` is bf16, awq, gptq or demo."""

    form: str
    folder: Path
    device: str
    is_dummy: bool
    context: int
    caches_prefixes: bool = False
    speculates: bool = False
    kv_gib: int = 4
    batched_tokens: int = 8192
    utilization: float = 0.9
    is_eager: bool = False

    @property
    def name(self) -> str:
        more = [("prefix cache", self.caches_prefixes), ("speculation", self.speculates)]
        return " + ".join([self.form, *(title for title, is_on in more if is_on)])


class EngineFailed(RuntimeError):
    """The engine does not start; the message holds the end of its log."""


def command(case: Case, port: int) -> list[str]:
    words = {
        "--model": case.folder,
        "--served-model-name": NAME,
        "--max-model-len": case.context,
        "--max-num-batched-tokens": case.batched_tokens,
        "--max-num-seqs": 64,
        "--load-format": "dummy" if case.is_dummy else "safetensors",
        "--generation-config": "vllm",
        "--seed": 0,
        "--host": "127.0.0.1",
        "--port": port,
    }
    if case.device == "cuda":
        words["--gpu-memory-utilization"] = case.utilization
    if case.speculates:
        words["--speculative-config"] = json.dumps(SPECULATION)
    switches = ["--enable-prefix-caching" if case.caches_prefixes else "--no-enable-prefix-caching"]
    switches += ["--skip-tokenizer-init"] if case.is_dummy else []
    switches += ["--enforce-eager"] if case.is_eager else []
    pairs = [text for flag, value in words.items() for text in (flag, str(value))]
    return [sys.executable, "-m", launch.SERVER, *pairs, *switches]


@contextmanager
def serving(case: Case, log: Path) -> Iterator[str]:
    """The address of the engine while the block runs; it ends with the block."""
    port = _free_port()
    lock = {"engine": {"device": case.device, "kv_cache_gib": case.kv_gib}}
    inherited = dict(os.environ)  # noqa: TID251  (stand-alone: there are no settings on a bare host)
    variables = launch.environment(lock, inherited, Path(sys.prefix))
    with log.open("wb") as told:
        process = subprocess.Popen(
            command(case, port), env=variables, stdout=told, stderr=told, start_new_session=True
        )
    try:
        address = f"127.0.0.1:{port}"
        _await(address, process, log)
        yield address
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """The server and its workers, which hold the card's memory."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            read(address, "/health")
            return
        except (OSError, HTTPException):
            time.sleep(1)
    raise EngineFailed("\n".join(_tail(log)))


def _tail(log: Path, lines: int = 15) -> Sequence[str]:
    return log.read_text(errors="replace").splitlines()[-lines:]


def read(address: str, path: str) -> str:
    """OSError where nothing, or no success, is answered."""
    with closing(HTTPConnection(address, timeout=30)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        if reply.status != HTTPStatus.OK:
            raise OSError(f"{path}: {reply.status}")
        return reply.read().decode()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
