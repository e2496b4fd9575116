"""A part of the support decision's measure, without embeddings: quick enough for every run of the tests."""

import pytest

from services.answers.grounding import GroundingThresholds
from tests.quality import support_decision, support_sources

SHARE = 0.2

pytestmark = pytest.mark.skipif(
    not support_sources.SHARED.exists(), reason="the public data is not beside the repository"
)


@pytest.fixture(scope="module")
def decisions():
    cases = support_decision.read_cases(SHARE)
    return list(support_decision.decide(cases, GroundingThresholds(), None))


def test_precision_and_recall_of_supported(decisions):
    support_decision.print_kinds(decisions)
    precision, recall, detail = support_decision.precision_and_recall(decisions)
    assert precision >= 0.95, detail
    assert recall >= 0.80, detail


@pytest.mark.parametrize("kind", ["number changed", "date changed", "unit changed", "negation added"])
def test_changed_facts_are_never_supported(decisions, kind):
    wrong = [one for one in decisions if one.case.kind == kind and one.said]
    assert len(wrong) <= 1, [one.case.sentence for one in wrong]


def test_names_in_each_others_place_are_noticed(decisions):
    swapped = [one for one in decisions if one.case.kind == "names swapped"]
    assert sum(one.said for one in swapped) <= 0.2 * len(swapped)
