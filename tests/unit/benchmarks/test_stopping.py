import math

from tests.benchmarks import stopping
from tests.benchmarks.stopping import Left


def test_the_worst_of_the_closed_streams_is_held_to_the_promise():
    (figure,) = stopping.figures([0.2, 0.3, 2.4])
    assert (figure.value, figure.meets_target) == (2.4, False)
    assert "median 0.30" in figure.detail


def test_nothing_measured_is_no_figure():
    (figure,) = stopping.figures([])
    assert math.isnan(figure.value)
    assert figure.meets_target is None


def test_an_answer_that_was_whole_before_counts_nothing(monkeypatch):
    ends = iter([Left("done", 0.0), Left("stopped", 0.5), Left("stopped", 0.7), Left("stopped", 0.9)])
    monkeypatch.setattr(stopping, "leave", lambda *_: next(ends))
    assert stopping.measure(None, "", "abcd", 2) == [0.5, 0.7]
