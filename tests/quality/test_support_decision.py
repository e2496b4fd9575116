"""Measured: of what the grounding calls supported, how much is; of what is supported, how much it finds."""

from collections import Counter

import pytest

from services.answers import grounding
from tests.quality import support_set

QUESTIONS = 150

pytestmark = pytest.mark.skipif(
    not support_set.DATA.exists(), reason="the public data is not beside the repository"
)


@pytest.fixture(scope="module")
def decisions():
    thresholds = grounding.GroundingThresholds()
    counted = Counter()
    for case in support_set.derive(QUESTIONS):
        index = grounding.index_passages(case.passages, case.question)
        found = grounding.check(case.sentence, index, thresholds)
        counted[case.kind, case.is_supported, found.is_supported] += 1
    return counted


def test_precision_and_recall_of_supported(decisions):
    right = sum(count for (_, label, said), count in decisions.items() if label and said)
    wrong = sum(count for (_, label, said), count in decisions.items() if not label and said)
    missed = sum(count for (_, label, said), count in decisions.items() if label and not said)
    for (kind, label, said), count in sorted(decisions.items()):
        print(f"{kind:18} labelled {label!s:5} said {said!s:5} {count}")
    precision, recall = right / (right + wrong), right / (right + missed)
    print(f"precision {precision:.3f} at recall {recall:.3f}")
    assert precision >= 0.95
    assert recall >= 0.80
