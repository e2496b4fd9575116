"""Runs on both databases: one worker wins, and one that lost its lease can change nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from services import errors, runs
from services.database.tables.runs import CANCELLED, DONE, FAILED, QUARANTINED, RUNNING, WAITING, Run

UNREADABLE = errors.DocumentCorrupt("The file is damaged")


@pytest.fixture
def request_run(transactions):
    def request(subject="v1", **wanted):
        with transactions.write() as session:
            return runs.request(session, runs.INGEST, subject, requested_by=None, **wanted).id

    return request


@pytest.fixture
def claim(transactions):
    def take(run_id, worker="w1", lease_s=60.0):
        with transactions.write() as session:
            return runs.claim(session, run_id, worker=worker, lease_s=lease_s)

    return take


@pytest.fixture
def look(transactions):
    def read(run_id):
        with transactions.read() as session:
            return session.get_one(Run, run_id)

    return read


@pytest.fixture
def expire(transactions):
    """Makes a run's lease end in the past, as time would."""

    def make(run_id):
        with transactions.write() as session:
            past = runs.database_now(session) - timedelta(seconds=5)
            session.execute(update(Run).where(Run.id == run_id).values(lease_until=past))

    return make


def in_write(transactions, act, *arguments, **named):
    with transactions.write() as session:
        return act(session, *arguments, **named)


def test_a_requested_run_waits(request_run, look):
    run = look(request_run())
    assert (run.state, run.attempts, run.fence, run.lease_until) == (WAITING, 0, 0, None)


def test_the_nudge_comes_after_the_commit_and_not_on_a_rollback(transactions, look):
    nudged = []

    def nudge(run_id):
        nudged.append(look(run_id).id)

    with transactions.write() as session:
        run = runs.request(session, runs.INGEST, "v1", requested_by=None, nudge=nudge)
        assert nudged == []
    assert nudged == [run.id]
    with suppress(KeyError), transactions.write() as session:
        runs.request(session, runs.INGEST, "v2", requested_by=None, nudge=nudge)
        raise KeyError
    assert nudged == [run.id]


def test_of_many_workers_at_once_one_wins(request_run, claim):
    run_id, together = request_run(), Barrier(6)

    def take(worker):
        together.wait()
        return claim(run_id, worker)

    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(take, (f"w{number}" for number in range(6))))
    won = [found for found in claims if found is not None]
    assert [found.fence for found in won] == [1]


def test_a_claimed_run_is_not_to_be_had_again(request_run, claim):
    run_id = request_run()
    assert claim(run_id) is not None
    assert claim(run_id, "w2") is None


def test_an_unknown_run_is_not_to_be_had(claim):
    assert claim("0" * 32) is None


def test_a_claim_says_what_the_worker_needs(request_run, claim, look):
    run_id = request_run("v7", payload={"source": "s1"})
    taken = claim(run_id)
    assert (taken.subject, taken.attempts, taken.failures, taken.payload) == ("v7", 1, 0, {"source": "s1"})
    assert (look(run_id).worker, look(run_id).state) == ("w1", RUNNING)


def test_a_run_past_its_lease_goes_to_another_worker(request_run, claim, expire):
    run_id = request_run()
    claim(run_id)
    expire(run_id)
    second = claim(run_id, "w2")
    assert (second.fence, second.attempts) == (2, 2)


@pytest.fixture
def lost(request_run, claim, expire):
    """The claim of a worker whose lease ended, and whose run another has."""
    run_id = request_run()
    held = claim(run_id)
    expire(run_id)
    claim(run_id, "w2")
    return held


@pytest.mark.parametrize("act", ["progress", "require_held", "finish", "fail", "hand_back"])
def test_a_worker_that_lost_its_lease_changes_nothing(transactions, lost, look, act):
    run_id = lost.run_id
    before = vars(look(run_id)).copy()
    writes = {
        "progress": lambda session: runs.progress(session, lost, "embed", 1, 2, lease_s=60),
        "require_held": lambda session: runs.require_held(session, lost),
        "finish": lambda session: runs.finish(session, lost),
        "fail": lambda session: runs.fail(session, lost, UNREADABLE, max_failures=3),
        "hand_back": lambda session: runs.hand_back(session, lost, errors.IndexUnavailable()),
    }
    with pytest.raises(errors.LeaseLost):
        in_write(transactions, writes[act])
    after = vars(look(run_id))
    assert {key: after[key] for key in before if key[0] != "_"} == {
        key: value for key, value in before.items() if key[0] != "_"
    }


def test_progress_renews_the_lease(transactions, request_run, claim, look):
    run_id = request_run()
    held = claim(run_id, lease_s=1.0)
    first = look(run_id).lease_until
    in_write(transactions, runs.progress, held, "embed", 3, 9, lease_s=60.0)
    run = look(run_id)
    assert (run.stage, run.done, run.total) == ("embed", 3, 9)
    assert run.lease_until - first > timedelta(seconds=50)


def test_a_finished_run_is_done_for_good(transactions, request_run, claim, look):
    run_id = request_run()
    in_write(transactions, runs.finish, claim(run_id))
    run = look(run_id)
    assert (run.state, run.lease_until) == (DONE, None)
    assert run.finished_at is not None
    assert claim(run_id, "w2") is None


def test_a_failed_run_says_why(transactions, request_run, claim, look):
    run_id = request_run()
    assert in_write(transactions, runs.fail, claim(run_id), UNREADABLE, max_failures=3) == FAILED
    run = look(run_id)
    assert (run.state, run.error_code, run.failures) == (FAILED, "corrupt", 1)
    assert run.error_reason == "The file is damaged"


def test_the_third_failure_quarantines(transactions, request_run, claim, look):
    run_id = request_run()
    states = []
    for _ in range(3):
        states.append(in_write(transactions, runs.fail, claim(run_id), UNREADABLE, max_failures=3))
        with transactions.write() as session:
            runs.retry(session, session.get_one(Run, run_id), nudge=lambda _: None)
    assert states == [FAILED, FAILED, QUARANTINED]


def test_a_quarantined_run_that_is_tried_again_begins_anew(transactions, request_run, claim, look):
    run_id = request_run()
    in_write(transactions, runs.fail, claim(run_id), UNREADABLE, max_failures=1)
    with transactions.write() as session:
        runs.retry(session, session.get_one(Run, run_id), nudge=lambda _: None)
    run = look(run_id)
    assert (run.state, run.failures, run.attempts, run.error_code) == (WAITING, 0, 0, "")


def test_a_handed_back_run_spends_neither_attempt_nor_failure(transactions, request_run, claim, look):
    run_id = request_run()
    in_write(transactions, runs.hand_back, claim(run_id), errors.IndexUnavailable())
    run = look(run_id)
    assert (run.state, run.failures, run.error_code) == (WAITING, 0, "index_unavailable")
    assert claim(run_id, "w2").attempts == 1


def test_a_cancelled_run_cannot_be_written_by_its_worker(transactions, request_run, claim, look):
    run_id = request_run("v1")
    held = claim(run_id)
    in_write(transactions, runs.cancel_open, "v1")
    assert look(run_id).state == CANCELLED
    with pytest.raises(errors.LeaseLost):
        in_write(transactions, runs.finish, held)


def test_only_an_ended_run_can_be_tried_again(transactions, request_run):
    run_id = request_run()
    with transactions.write() as session, pytest.raises(errors.Conflict):
        runs.retry(session, session.get_one(Run, run_id), nudge=lambda _: None)


def test_a_subject_is_open_until_its_runs_have_ended(transactions, request_run, claim):
    run_id = request_run("v1")
    assert in_write(transactions, runs.is_open, "v1")
    in_write(transactions, runs.finish, claim(run_id))
    assert not in_write(transactions, runs.is_open, "v1")


def take(transactions, resend_after_s=30.0):
    return {
        run_id
        for run_id, _kind in in_write(
            transactions, runs.take_unsent, [runs.INGEST], resend_after_s=resend_after_s
        )
    }


def test_a_run_never_sent_is_taken_once(transactions, request_run):
    run_id = request_run()
    assert take(transactions) == {run_id}
    assert take(transactions) == set()


def test_a_run_sent_too_long_ago_is_taken_again(transactions, request_run):
    run_id = request_run()
    take(transactions)
    assert take(transactions, resend_after_s=-2.0) == {run_id}


def test_a_run_under_a_lease_is_left_alone(transactions, request_run, claim):
    claim(request_run())
    assert take(transactions, resend_after_s=-2.0) == set()


def test_a_run_past_its_lease_waits_again_and_is_taken(transactions, request_run, claim, expire, look):
    run_id, healthy = request_run(), request_run("v2")
    held = claim(run_id)
    claim(healthy)
    expire(run_id)
    assert in_write(transactions, runs.reclaim) == 1
    assert (look(run_id).state, look(healthy).state) == (WAITING, RUNNING)
    assert take(transactions) == {run_id}
    with pytest.raises(errors.LeaseLost):
        in_write(transactions, runs.finish, held)


def test_a_run_that_was_handed_back_is_taken_after_a_while(transactions, request_run, claim):
    run_id = request_run()
    in_write(transactions, runs.hand_back, claim(run_id), errors.IndexUnavailable())
    assert take(transactions, resend_after_s=-2.0) == set()
    in_write(transactions, runs.hand_back, claim(run_id), errors.IndexUnavailable(), retry_after_s=-2.0)
    assert take(transactions, resend_after_s=-2.0) == {run_id}


def test_an_ended_run_is_never_taken(transactions, request_run, claim):
    run_id = request_run()
    in_write(transactions, runs.finish, claim(run_id))
    assert take(transactions, resend_after_s=-2.0) == set()


def test_urgent_runs_are_taken_first(transactions, request_run):
    ordinary, urgent = request_run("v1"), request_run("v2", priority=5)
    sent = in_write(transactions, runs.take_unsent, [runs.INGEST], resend_after_s=30.0)
    assert [run_id for run_id, _kind in sent] == [urgent, ordinary]
