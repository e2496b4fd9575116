import os
import subprocess
import sys

from tests.benchmarks import memory
from tests.benchmarks.memory import PeakMemory

HOLDS_100_MIB = "block = b'x' * (100 << 20); print('held', flush=True); input()"


def child(code: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_counts_what_a_child_holds_after_it_has_ended():
    with PeakMemory({"self": os.getpid()}) as peaks:
        before = peaks.mib["self"]
        with child(HOLDS_100_MIB) as process:
            assert process.stdout.readline() == b"held\n"
            peaks.sample()
            process.communicate(b"\n")
    assert peaks.mib["self"] - before > 90


def test_a_process_that_is_gone_counts_nothing():
    with child("") as process:
        process.communicate()
    assert memory.tree_bytes(process.pid) == 0
