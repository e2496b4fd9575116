"""The files a probe reads: fresh while the interpreter runs, whatever else is down."""

import os

from ingestion import pulse
from tests.parts import wait_until


def test_the_file_stays_fresh_while_the_block_runs_and_not_after(tmp_path):
    with pulse.beating(tmp_path / "pulse", "worker", every_s=0.01) as alive:
        os.utime(alive, (0, 0))
        wait_until(lambda: alive.stat().st_mtime > 0, "a beat")
    os.utime(alive, (0, 0))
    assert alive.stat().st_mtime == 0


def test_ready_comes_and_goes(tmp_path):
    pulse.say_ready(tmp_path, "worker", is_ready=True)
    assert (tmp_path / "worker.ready").exists()
    pulse.say_ready(tmp_path, "worker", is_ready=False)
    pulse.say_ready(tmp_path, "worker", is_ready=False)
    assert not (tmp_path / "worker.ready").exists()
