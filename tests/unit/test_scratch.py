"""Where tests write is taken back from those that were killed, and from nobody else."""

import os
import subprocess
import sys

from tests import scratch


def test_only_what_the_dead_left_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, mine, other = (tmp_path / f"{scratch.NAME}-{name}" for name in (ended.pid, os.getpid(), "notes"))
    for folder in (left, mine, other):
        folder.mkdir()
    scratch.remove_left_over(tmp_path)
    assert [folder.is_dir() for folder in (left, mine, other)] == [False, True, True]


def test_a_folder_that_is_not_there_has_no_room(tmp_path):
    assert not scratch.has_room(tmp_path / "nowhere")
