"""What would make a start fail later is said before it, in a sentence that says what to do."""

import shutil
import socket
from types import SimpleNamespace

import psutil
import pytest

from services.cli import preflight

GIB = preflight.GIB


@pytest.fixture(autouse=True)
def roomy(monkeypatch):
    """A machine with enough of everything, whatever this one has."""
    set_free(monkeypatch, disk=100 * GIB, memory=64 * GIB)


def set_free(monkeypatch, *, disk: int, memory: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=disk))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=memory))


def test_nothing_is_said_of_a_fit_machine(tmp_path):
    assert preflight.problems("127.0.0.1", preflight.free_port(), tmp_path) == []


def test_taken_port_is_named_with_a_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (problem,) = preflight.problems("127.0.0.1", port, tmp_path)
    assert problem.startswith(f"Port {port} on 127.0.0.1 is taken (Address already in use).")
    assert "HOLDFAST_WEB__PORT=" in problem


def test_little_disk_is_said_of_the_folder_that_exists(tmp_path, monkeypatch):
    set_free(monkeypatch, disk=GIB, memory=64 * GIB)
    (problem,) = preflight.problems("127.0.0.1", preflight.free_port(), tmp_path / "not" / "there")
    assert problem == f"{tmp_path} has 1.0 GiB free, 2 are needed: free some space"


def test_little_memory_is_said(tmp_path, monkeypatch):
    set_free(monkeypatch, disk=100 * GIB, memory=GIB)
    (problem,) = preflight.problems("127.0.0.1", preflight.free_port(), tmp_path)
    assert problem == "1.0 GiB of memory are available, 5 are needed: close other programs"


def test_everything_wrong_is_said_at_once(tmp_path, monkeypatch):
    set_free(monkeypatch, disk=GIB, memory=GIB)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert len(preflight.problems("127.0.0.1", taken.getsockname()[1], tmp_path)) == 3
