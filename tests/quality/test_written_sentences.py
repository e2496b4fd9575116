"""What the model really wrote: no sentence labelled unsupported passes, most of the supported ones do."""

import pytest

from services.answers import grounding
from tests.quality import written_sentences

THRESHOLDS = grounding.GroundingThresholds()


@pytest.fixture(scope="module")
def decided():
    found = []
    for one in written_sentences.read():
        index = grounding.index_passages(one.passages, one.question)
        found.append((one, grounding.check(one.sentence, index, THRESHOLDS)))
    return found


def test_there_are_150(decided):
    assert len(decided) == 150


def test_what_passes_is_supported(decided):
    wrong = [one.sentence for one, said in decided if said.is_supported and not one.supported]
    right = sum(one.supported for one, said in decided if said.is_supported)
    assert right / (right + len(wrong)) >= 0.95, wrong


def test_what_is_supported_passes(decided):
    missed = [(one.sentence, said.reason) for one, said in decided if one.supported and not said.is_supported]
    supported = sum(one.supported for one, _ in decided)
    assert len(missed) <= 0.2 * supported, missed
