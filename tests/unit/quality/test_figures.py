import json
import math

import pytest

from tests.quality import figures
from tests.quality.figures import Figure


def figure(value, target):
    return Figure("name", value, "ratio", target, "make bench")


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [
        (0.75, "≥ 0.75", True),
        (0.7, "≥ 0.75", False),
        (40.1, "≤ 40", False),
        (0, "= 0", True),
        (1, "= 0", False),
    ],
)
def test_a_target_is_met_or_missed(value, target, met):
    assert figure(value, target).meets_target is met


def test_without_target_or_value_there_is_nothing_to_meet():
    assert figure(1.0, "").meets_target is None
    assert figure(math.nan, "= 0").meets_target is None


def test_a_share_of_nothing_is_no_number():
    assert math.isnan(figures.share("s", 0, 0, "", "make eval").value)


def test_what_is_written_is_read_again(tmp_path):
    figures.write("bench", [figure(0.8, "≥ 0.75"), figure(math.nan, "")], tmp_path)
    first, second = figures.read(tmp_path)
    assert (first.value, first.target, first.command) == (0.8, "≥ 0.75", "make bench")
    assert math.isnan(second.value)
    assert first.measured_on
    assert first.machine


def test_figures_of_other_writers_are_read_too(tmp_path):
    row = {
        "name": "first_run_s",
        "value": 500,
        "unit": "s",
        "target": None,
        "command": "make run",
        "note": "x",
    }
    (tmp_path / "run.json").write_text(json.dumps([row]))
    assert figures.read(tmp_path) == [Figure("first_run_s", 500.0, "s", "", "make run")]
