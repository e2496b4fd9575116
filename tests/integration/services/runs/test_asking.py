"""Pausing, resuming, cancelling and trying again, one run or many at once."""

import pytest

from services import errors, runs
from services.database.tables.runs import CANCELLED, RUNNING, WAITING, Run

NOBODY = "0" * 32


@pytest.fixture
def change(transactions):
    def act(action, which, **more):
        with transactions.write() as session:
            return action(session, which, **more)

    return act


@pytest.fixture
def look(transactions):
    def read(run_id):
        with transactions.read() as session:
            return session.get_one(Run, run_id)

    return read


def nothing(_run_id):
    """A nudge nobody needs."""


def test_a_paused_run_is_not_to_be_had(transactions, ask, take, change):
    first, _second = ask("ada", 2)
    assert change(runs.pause, Run.id == first) == ["ada-0"]
    assert [claim.subject for claim in take(limit=9)] == ["ada-1"]
    with transactions.write() as session:
        assert runs.claim(session, first, worker="w1", lease_s=60.0) is None


def test_a_run_asked_for_as_paused_nudges_nobody(transactions, people, take):
    nudged = []
    with transactions.write() as session:
        runs.request(session, runs.INGEST, "v1", requested_by=people["ada"], paused=True, nudge=nudged.append)
    assert (nudged, take()) == ([], [])


def test_a_running_one_that_is_paused_is_lost_to_its_worker(transactions, ask, take, change, look):
    (run_id,) = ask("ada")
    (held,) = take()
    change(runs.pause, Run.id == run_id)
    assert (look(run_id).state, look(run_id).paused) == (WAITING, True)
    with transactions.write() as session, pytest.raises(errors.LeaseLost):
        runs.progress(session, held, "embed", 1, 2, lease_s=60.0)


def test_what_is_resumed_is_nudged_and_goes_on(ask, change, work):
    first, _second = ask("ada", 2)
    change(runs.pause, Run.requested_by.is_not(None))
    nudged = []
    assert change(runs.resume, Run.id == first, nudge=nudged.append) == 1
    assert (nudged, work(2)) == ([first], ["ada-0"])


def test_resuming_what_is_not_paused_changes_nothing(ask, change):
    (run_id,) = ask("ada")
    assert change(runs.resume, Run.id == run_id, nudge=nothing) == 0


def test_a_lane_that_was_held_back_rejoins_at_the_present_turn(ask, change, work):
    ask("ada", 30)
    change(runs.pause, Run.subject.like("ada-%"))
    ask("ben", 40)
    work(20)
    change(runs.resume, Run.subject.like("ada-%"), nudge=nothing)
    served = [subject.split("-")[0] for subject in work(8)]
    assert 3 <= served.count("ben") <= 5


def test_many_resumed_at_once_send_few_nudges(ask, change):
    ask("ada", 120)
    change(runs.pause, Run.subject.like("ada-%"))
    nudged = []
    assert change(runs.resume, Run.subject.like("ada-%"), nudge=nudged.append) == 120
    assert len(nudged) == 50


def test_a_cancelled_run_ends_for_its_worker_and_for_the_queue(transactions, ask, take, change, look):
    running, waiting = ask("ada", 2)
    (held,) = take()
    assert sorted(change(runs.cancel, Run.id.in_([running, waiting]))) == ["ada-0", "ada-1"]
    assert [look(run_id).state for run_id in (running, waiting)] == [CANCELLED, CANCELLED]
    assert take() == []
    with transactions.write() as session, pytest.raises(errors.LeaseLost):
        runs.finish(session, held)


def test_an_ended_run_is_neither_paused_nor_cancelled(ask, work, change, look):
    (run_id,) = ask("ada")
    work(1)
    before = look(run_id).fence
    assert (change(runs.pause, Run.id == run_id), change(runs.cancel, Run.id == run_id)) == ([], [])
    assert look(run_id).fence == before


def test_a_cancelled_run_can_be_tried_again(transactions, ask, change, take):
    (run_id,) = ask("ada")
    change(runs.cancel, Run.id == run_id)
    with transactions.write() as session:
        runs.retry(session, session.get_one(Run, run_id), nudge=nothing)
    assert [claim.run_id for claim in take()] == [run_id]


def test_many_that_are_tried_again_keep_their_order(transactions, ask, change, work):
    ids = ask("ada", 5)
    change(runs.cancel, Run.id.in_(ids))
    with transactions.write() as session:
        runs.retry_all(session, [session.get_one(Run, run_id) for run_id in reversed(ids)], nudge=nothing)
    assert work(6) == [f"ada-{number}" for number in range(5)]


def test_a_worker_that_beats_says_when(ask, take, transactions, look):
    (run_id,) = ask("ada")
    (held,) = take()
    began = look(run_id).heartbeat_at
    with transactions.write() as session:
        runs.progress(session, held, "parse", 0, 1, lease_s=60.0)
    assert look(run_id).state == RUNNING
    assert look(run_id).heartbeat_at >= began
