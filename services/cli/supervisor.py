"""Starts a set of processes, watches them, restarts what dies within a bound, and ends them all.

Each child leads a process group of its own, so that ending it ends whatever it started; on Linux the
kernel also ends a child whose supervisor was killed.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

RESTARTS = 5
WITHIN_S = 600.0
GRACE_S = 15.0
UNFIT = 78  # sysexits.h: EX_CONFIG; starting it again changes nothing
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One process to run: `is_ready` is asked until it says so once."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    is_ready: Callable[[], bool]
    folder: Path


@dataclass(slots=True)
class Child:
    """A program's running process and its history."""

    program: Program
    log: IO[bytes]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    ready_after_s: float | None = None
    deaths: list[float] = field(default_factory=list)
    gave_up: bool = False

    @property
    def state(self) -> str:
        if self.gave_up:
            return "failed"
        if self.process is None:
            return "waiting"
        return "ready" if self.ready_after_s is not None else "starting"


class Supervisor:
    """Runs programs in the order given and ends them in the opposite one."""

    def __init__(self, programs: Sequence[Program], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.children = [Child(program, (logs / f"{program.name}.log").open("ab")) for program in programs]

    def start(self, names: Collection[str] | None = None) -> None:
        """Start these programs, or all that were not started yet."""
        for child in self.children:
            if child.process is None and (names is None or child.program.name in names):
                self._start(child)

    def exchange(self, programs: Sequence[Program]) -> None:
        """End the children of these names and start these in their place, as if they had never died."""
        children = {child.program.name: child for child in self.children}
        _end([children[program.name] for program in reversed(programs)])
        for program in programs:
            child = children[program.name]
            child.program, child.deaths, child.gave_up = program, [], False
            self._start(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def tend(self) -> list[str]:
        """Look at every child once: note who became ready, restart who died; returns what to tell."""
        told = []
        for child in self.children:
            if child.gave_up or child.process is None:
                continue
            if (code := child.process.poll()) is not None:
                told.append(self._after_death(child, code))
            elif child.ready_after_s is None and child.program.is_ready():
                child.ready_after_s = time.monotonic() - child.started_at
        return told

    @property
    def all_ready(self) -> bool:
        return all(child.ready_after_s is not None for child in self.children)

    @property
    def failed(self) -> list[Child]:
        return [child for child in self.children if child.gave_up]

    def stop(self) -> None:
        """End every child and all that they started: first asked, then made to."""
        _end(self.children[::-1])
        for child in self.children:
            child.log.close()

    def _start(self, child: Child) -> None:
        program = child.program
        child.process = subprocess.Popen(
            program.command,
            env=program.environment,
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=child.log,
            stderr=child.log,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        child.started_at, child.ready_after_s = time.monotonic(), None

    def _after_death(self, child: Child, code: int) -> str:
        _signal_group(child.process, signal.SIGKILL)  # what it left behind must not hold its port
        moment = time.monotonic()
        child.deaths = [death for death in child.deaths if moment - death < WITHIN_S] + [moment]
        how = f"signal {-code}" if code < 0 else f"code {code}"
        log = self.logs / f"{child.program.name}.log"
        if len(child.deaths) > RESTARTS or code == UNFIT:
            child.gave_up = True
            return f"{child.program.name} ended {len(child.deaths)} times ({how}) and is given up; see {log}"
        self._start(child)
        return f"{child.program.name} ended with {how} and was started again ({len(child.deaths)}/{RESTARTS})"


def _end(children: Sequence[Child]) -> None:
    for child in children:
        _signal_group(child.process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    for child in children:
        if child.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, deadline - time.monotonic()))
            _signal_group(child.process, signal.SIGKILL)
            child.process.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    if process is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
