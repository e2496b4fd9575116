import pytest

from tests.benchmarks import intervals


def test_the_interval_holds_the_median_and_is_the_same_again():
    values = [1.0, 2.0, 3.0, 4.0, 50.0]
    found = intervals.median(values)
    assert found.value == 3.0
    assert found.low <= found.value <= found.high
    assert intervals.median(values) == found


def test_equal_values_leave_no_doubt():
    assert intervals.median([2.0] * 5).detail() == "median of 5 pairs; 95 % 2.00 to 2.00"


def test_no_values_are_refused():
    with pytest.raises(ValueError, match="no values"):
        intervals.median([])
