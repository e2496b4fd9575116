"""What the load driver makes of a stream's bytes."""

import math

import pytest

from tests.load import driver
from tests.load.driver import Asker, Load, Stream, Target

WIRE = (
    b'event: question\ndata: {"id": "a"}\n\n'
    b'event: token\ndata: {"text": "@100 "}\n\nevent: token\ndata: {"text": "@200 \\n\\n"}\n\n'
    b'event: sentence\ndata: {"text": "It is @100 so."}\n\nevent: answer\ndata: {}\n\n'
)


@pytest.mark.parametrize("size", [1, 5, len(WIRE)])
def test_each_stamp_counts_once_wherever_the_bytes_are_cut(size, monkeypatch):
    monkeypatch.setattr(driver, "moment", lambda: 1200)
    asker = Asker(Target("h", 1, ""), "?")
    for start in range(0, len(WIRE), size):
        asker._read(WIRE[start : start + size], 0.0)
    assert asker.seen.tokens == [(100, 1.1), (200, 1.0)]
    assert asker.seen.sentences == [(1200, "It is @100 so.")]
    assert asker.seen.ended_with == "answer"


def test_a_late_driver_says_that_its_figures_count_for_nothing():
    assert Load([], 4.9).bound == "driver p99 4.9 ms late"
    assert Load([], 5.1).bound.startswith("driver-bound")


def test_endings_are_counted_by_how_or_by_status():
    load = Load([Stream(ended_with="answer"), Stream(status=429), Stream(status=429)], 0.0)
    assert load.endings() == {"answer": 1, "429": 2}
    assert (len(load.answered()), len(load.refused())) == (1, 2)


def test_a_percentile_of_nothing_is_not_a_number():
    assert math.isnan(driver.percentile([], 0.95))
    assert driver.percentile([1.0, 3.0, 2.0], 0.95) == 3.0
