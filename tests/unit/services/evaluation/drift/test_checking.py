"""Planted changes are found and blamed on their part, and on no other."""

import asyncio
from dataclasses import replace

import pytest

from services import errors
from services.evaluation.drift import canaries, checking
from services.evaluation.drift.recording import Recording
from tests.quality.drift_changes import CHANGES, HARMLESS, SAYS, found, recorded


@pytest.fixture(scope="module")
def situation(tmp_path_factory):
    with recorded(tmp_path_factory.mktemp("drift")) as situation:
        yield situation


@pytest.mark.parametrize(("part", "change"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_planted_change_is_named(situation, part, change):
    verdict = found(change(situation))
    assert (verdict.state, verdict.drifted) == ("drifted", (part,)), verdict.findings
    assert verdict.findings[part]


@pytest.mark.parametrize(("state", "change"), [one[1:] for one in HARMLESS], ids=[one[0] for one in HARMLESS])
def test_what_is_within_tolerance_blames_nobody(situation, state, change):
    verdict = found(change(situation))
    assert (verdict.state, verdict.drifted) == (state, ())


def test_two_changes_are_both_named(situation):
    changed = situation.with_text(0, "Else.").with_model(pieces=("No.",))
    assert found(changed).drifted == ("retrieval", "model")


def test_changed_passage_and_flag_are_told_by_name(situation):
    passage = found(situation.with_text(0, "Else.")).findings["retrieval"]
    assert "passage 1, of canary-travel.md, is not the text that was recorded" in passage
    flag = found(situation.with_lock(engine=replace(situation.resources.lock.engine, eager=False)))
    assert flag.findings["engine"] == ["eager is False, was True"]


def test_recording_comes_back_from_its_file_as_it_was(situation):
    again = Recording.of_bytes(situation.then.as_bytes())
    assert again.as_bytes() == situation.then.as_bytes()


def test_every_canary_finds_its_passage_first(situation):
    first = {one.question: one.found[0] for one in situation.then.canaries}
    frozen, questions = canaries.shipped()
    texts = {one.id: one.text for one in frozen}
    expected = ("Lyon", "28 days", "P-40", "Tor 3", "two offers")
    assert all(mark in texts[first[question]] for question, mark in zip(questions, expected, strict=True))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"form": 2}', b'{"form": 1}'])
def test_file_that_is_no_recording_is_refused(content):
    with pytest.raises(errors.LockMismatch):
        Recording.of_bytes(content)


def test_engine_that_is_away_blames_nobody(situation):
    with pytest.raises(errors.EngineUnavailable):
        found(situation.with_model(is_down=True))


def test_tokens_are_drawn_one_question_after_the_other_from_what_was_recorded(situation):
    model = replace(situation.resources.model, asked=[], pieces=SAYS)
    resources = replace(situation.resources, model=model)
    asyncio.run(checking.record(resources))
    assert model.asked == [one.messages for one in situation.then.canaries]
