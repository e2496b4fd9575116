"""Processes are watched, restarted within a bound, and ended with all that they started."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from services.cli import supervisor as supervising
from services.cli.supervisor import Program, Supervisor
from services.settings import inherited_environment
from tests.parts import wait_until

ROOT = Path(__file__).parents[4]
STAYS = "import time; time.sleep(3600)"
STARTS_ANOTHER = (
    "import subprocess, sys, time, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)']);"
    "pathlib.Path('grandchild').write_text(str(child.pid)); time.sleep(3600)"
)


def program(folder: Path, code: str, name: str = "part", is_ready=lambda: True) -> Program:
    return Program(name, [sys.executable, "-c", code], inherited_environment(), is_ready, folder)


@pytest.fixture
def supervise(tmp_path):
    opened = []

    def start(*programs: Program) -> Supervisor:
        supervisor = Supervisor(programs, tmp_path / "logs")
        opened.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in opened:
        supervisor.stop()


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def tend_until(supervisor: Supervisor, is_so) -> list[str]:
    told: list[str] = []
    wait_until(lambda: told.extend(supervisor.tend()) or is_so(), "the supervisor has seen it")
    return told


def test_part_is_ready_once_it_says_so(supervise, tmp_path):
    answers = iter([False, True])
    supervisor = supervise(program(tmp_path, STAYS, is_ready=lambda: next(answers)))
    supervisor.tend()
    assert (supervisor.children[0].state, supervisor.all_ready) == ("starting", False)
    supervisor.tend()
    assert (supervisor.children[0].state, supervisor.all_ready) == ("ready", True)


def test_killed_part_is_started_again_and_said(supervise, tmp_path):
    supervisor = supervise(program(tmp_path, STAYS))
    killed = supervisor.children[0].process
    killed.kill()
    told = tend_until(supervisor, lambda: supervisor.children[0].process is not killed)
    assert told == ["part ended with signal 9 and was started again (1/5)"]
    assert is_alive(supervisor.children[0].process.pid)


def test_part_that_cannot_run_is_given_up_after_the_bound(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervising, "RESTARTS", 2)
    supervisor = supervise(program(tmp_path, "print('no such port'); raise SystemExit(3)"))
    told = tend_until(supervisor, lambda: supervisor.failed)
    log = tmp_path / "logs" / "part.log"
    assert told[-1] == f"part ended 3 times (code 3) and is given up; see {log}"
    assert supervisor.children[0].state == "failed"
    assert log.read_text().count("no such port") == 3
    assert supervisor.tend() == []


def test_deaths_long_ago_do_not_count(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervising, "RESTARTS", 1)
    supervisor = supervise(program(tmp_path, STAYS))
    child = supervisor.children[0]
    child.deaths = [time.monotonic() - supervising.WITHIN_S - 1] * 5
    child.process.kill()
    assert "started again (1/1)" in tend_until(supervisor, lambda: len(child.deaths) == 1)[0]


def test_stopping_ends_what_the_parts_started(supervise, tmp_path):
    supervisor = supervise(program(tmp_path, STARTS_ANOTHER))
    grandchild = pid_in(tmp_path / "grandchild")
    supervisor.stop()
    wait_until(lambda: not is_alive(grandchild), "the grandchild has ended")
    assert supervisor.children[0].process.returncode == -signal.SIGTERM


def test_death_of_a_part_takes_what_it_started_along(supervise, tmp_path):
    supervisor = supervise(program(tmp_path, STARTS_ANOTHER))
    child = supervisor.children[0]
    grandchild, killed = pid_in(tmp_path / "grandchild"), child.process
    killed.kill()
    tend_until(supervisor, lambda: child.process is not killed)
    wait_until(lambda: not is_alive(grandchild), "the grandchild has ended")


def test_part_that_ignores_the_request_is_made_to_end(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervising, "GRACE_S", 0.2)
    stubborn = (
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path('deaf').touch(); time.sleep(3600)"
    )
    supervisor = supervise(program(tmp_path, stubborn))
    wait_until((tmp_path / "deaf").exists, "it ignores the signal")
    supervisor.stop()
    assert supervisor.children[0].process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does this on Linux only")
def test_parts_end_when_the_supervisor_is_killed(tmp_path):
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from services.cli.supervisor import Program, Supervisor\n"
        "folder = Path(sys.argv[1])\n"
        f"part = Program('part', [sys.executable, '-c', {STAYS!r}], dict(os.environ), bool, folder)\n"
        "supervisor = Supervisor([part], folder / 'logs')\n"
        "supervisor.start()\n"
        "(folder / 'draft').write_text(str(supervisor.children[0].process.pid))\n"
        "(folder / 'draft').rename(folder / 'child')\n"
        "time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT) as killed:
        child = pid_in(tmp_path / "child")
        assert is_alive(child)
        killed.kill()
    wait_until(lambda: not is_alive(child), "the part has ended")


def pid_in(file: Path) -> int:
    wait_until(lambda: file.exists() and file.read_text(), f"{file.name} is written")
    return int(file.read_text())


def test_exchanged_part_runs_the_new_program_and_the_others_go_on(supervise, tmp_path):
    supervisor = supervise(program(tmp_path, STAYS, "stays"), program(tmp_path, STAYS, "changes"))
    stays, before = (child.process.pid for child in supervisor.children)
    says = "import pathlib, time; pathlib.Path('new').touch(); time.sleep(3600)"
    supervisor.exchange([program(tmp_path, says, "changes")])
    wait_until((tmp_path / "new").exists, "the new program runs")
    assert not is_alive(before)
    assert is_alive(stays)
    tend_until(supervisor, lambda: supervisor.all_ready)
    assert supervisor.children[1].deaths == []
