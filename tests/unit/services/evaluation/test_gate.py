from pathlib import Path

import pytest

from services import errors
from services.evaluation import gate
from tests.unit.services.evaluation.gold import outcome, result

ROOT = Path(__file__).parents[4]


def decide(text, *outcomes):
    return gate.decide(result(*(outcomes or [outcome(), outcome(page=3)])), gate.parse(text))


@pytest.mark.parametrize(
    ("text", "is_passed"),
    [
        ("[measures.page_exact]\nat_least = 0.5", True),
        ("[measures.page_exact]\nat_least = 0.51", False),
        ("[measures.page_exact]\nat_least = 0.5\nof = 3", False),
        ("[measures.wrong_refusals]\nat_most = 0", True),
        ("[measures.page_exact]\nat_least = 0.1\nat_most = 0.4", False),
        ("[measures.permission_leaks]\nat_most = 0", False),  # not measured is not met
        ('set = "' + "d" * 64 + '"\n[measures.page_exact]\nat_least = 0.5', True),
        ('set = "' + "e" * 64 + '"\n[measures.page_exact]\nat_least = 0.5', False),
    ],
)
def test_the_gate_opens_only_where_everything_is_met(text, is_passed):
    assert decide(text).is_passed is is_passed


def test_every_threshold_is_told():
    found = decide("[measures.page_exact]\nat_least = 0.8\nof = 2\n[measures.failed]\nat_most = 0")
    told = [(row.name, row.wanted, row.value, row.questions, row.is_met) for row in found.rows]
    assert told.pop(0) == ("release", "one", None, 2, True)
    assert told == [("page_exact", "≥ 0.8 of 2 at least", 0.5, 2, False), ("failed", "≤ 0", 0.0, 2, True)]


def test_the_result_has_to_be_of_the_one_release_that_is_asked_for():
    thresholds = gate.parse("[measures.page_exact]\nat_least = 0.5")
    one, two = outcome(), outcome(release_id="s" * 64)
    assert gate.decide(result(one), thresholds, "r" * 64).is_passed
    assert not gate.decide(result(one), thresholds, "s" * 64).is_passed
    assert not gate.decide(result(one, two), thresholds).is_passed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[measures", "not TOML"),
        ("", "measures"),
        ("[measures]", "measures"),
        ("[measures.page_exat]\nat_least = 1", "no measure page_exat"),
        ("[measures.page_exact]", "at_least or at_most"),
        ("[measures.page_exact]\natleast = 1", "atleast"),
        ("[measures.page_exact]\nat_least = nan", "at_least"),
    ],
)
def test_a_gate_that_would_hold_nothing_back_is_refused(text, told):
    with pytest.raises(errors.InvalidRequest, match=told):
        gate.parse(text)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(errors.InvalidRequest, match="cannot be read"):
        gate.read(tmp_path / "none.toml")


def test_the_demo_has_a_gate_that_a_good_release_of_too_few_questions_does_not_pass():
    thresholds = gate.read(ROOT / "deploy" / "demo" / "gate.toml")
    found = gate.decide(result(outcome()), thresholds)
    assert {row.name for row in found.rows if row.is_met} == {"release", "failed"}
