"""An installation with all egress cut: it starts and answers, and no process tries to call anybody."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.offline.network import destination
from tests.quality import figures
from tests.quality.figures import Figure
from tests.quality.stack import ROOT, EngineFiles

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="a network namespace needs root, unshare and ip",
)


@needs_namespaces
@pytest.mark.engine
@pytest.mark.timeout(900)
def test_the_product_answers_without_a_network_and_calls_nobody(engine_files: EngineFiles) -> None:
    places = {
        "--engine-python": engine_files.engine_python,
        "--lock": engine_files.lock,
        "--models": engine_files.models,
    }
    given = [str(part) for pair in places.items() for part in pair]
    ran = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.offline", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    said = json.loads(ran.stdout.splitlines()[-1])
    assert "17:40" in said["answer"]
    detail = "start, upload, answer in a network namespace of their own"
    figure = Figure("offline_calls_out", len(said["calls"]), "", "= 0", "make test", detail)
    figures.write("offline", [figure])
    assert said["calls"] == []


def test_a_frame_tells_whom_it_calls():
    ethernet = bytes(12) + b"\x08\x00"
    internet = bytes([0x45, 0]) + bytes(7) + bytes([17]) + bytes(6) + bytes([8, 8, 8, 8])
    assert destination(ethernet + internet + bytes([0, 9, 0, 53])) == "8.8.8.8:53"
    newer = bytes(12) + b"\x86\xdd" + bytes(6)
    far = bytes.fromhex("20014860486000000000000000008888")
    assert destination(newer + bytes([6, 0]) + bytes(16) + far + bytes([0, 9, 1, 187])) == (
        "[2001:4860:4860::8888]:443"
    )
    assert destination(newer + bytes([58, 0]) + bytes(16) + far + bytes(4)) == ""
