"""The verdict on how a stream ended, and the clock that is set wrong."""

import subprocess
import sys

import pytest

from tests.chaos import hardships

SHIFT = "import datetime, time; print(int(time.time()), int(datetime.datetime.now().timestamp()))"


def test_an_ending_nobody_expected_is_told():
    assert hardships.wrong_ending("failed", ("failed",)) == []
    assert hardships.wrong_ending("broken off", ("answer", "failed")) == ["broken off"]
    assert hardships.wrong_ending("nothing", ("answer",)) == ["nothing"]


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_worker_with_the_skewed_folder_on_its_path_has_another_clock(seconds):
    def clocks(skew):
        environment = {"PYTHONPATH": str(hardships.SKEWED), "CHAOS_CLOCK_SKEW_S": str(skew)}
        said = subprocess.run([sys.executable, "-S", "-c", f"import sitecustomize; {SHIFT}"], env=environment,
                              capture_output=True, check=True, text=True).stdout  # fmt: skip
        return [int(part) for part in said.split()]

    before, skewed, after = clocks(0), clocks(seconds), clocks(0)
    for number in (0, 1):
        assert before[number] <= skewed[number] - seconds <= after[number]
