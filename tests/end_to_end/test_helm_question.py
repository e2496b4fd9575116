"""The question that `helm test` asks, asked of the real product, twice: it leaves nothing in its way."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.parts import wait_until

SCRIPT = Path(__file__).parents[2] / "helm" / "holdfast" / "files" / "ask_one_question.py"


@pytest.mark.engine
def test_the_installation_test_passes_twice_and_takes_its_document_out(stack, tmp_path):
    password = tmp_path / "password"
    password.write_text(stack.password + "\n")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, SCRIPT, stack.base_url, stack.login, password],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert "release" in done.stdout
    with stack.signed_in() as client:
        found = client.get("/api/v1/documents", params={"collection": "helm-test"}).json()
    assert found["items"] == []


@pytest.mark.engine
def test_a_wrong_password_fails_it_with_a_sentence(stack, tmp_path):
    password = tmp_path / "password"
    password.write_text("not the password")
    done = subprocess.run(
        [sys.executable, SCRIPT, stack.base_url, stack.login, password],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "helm test failed: POST /api/v1/session: 401" in done.stderr


@pytest.mark.engine
def test_processes_without_a_port_show_that_they_live_and_take_work(stack):
    pulse, began = stack.data_dir / "pulse", time.time()
    assert (pulse / "worker.ready").exists()
    for name in ("worker", "upkeep"):
        alive = pulse / f"{name}.alive"
        wait_until(lambda alive=alive: alive.stat().st_mtime > began, f"{name} shows that it lives")
