"""Whose turn it is: rotation among those who asked, whatever each of them asked for; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import event, select, text

from services import errors, runs
from services.database.tables.runs import Run


def test_one_who_asks_alone_is_served_in_order(ask, work):
    ask("ada", 4)
    assert work(5) == ["ada-0", "ada-1", "ada-2", "ada-3"]


def test_a_single_upload_is_next_however_many_another_person_has_waiting(ask, work):
    ask("ada", 200)
    work(3)
    ask("ben")
    assert "ben-0" in work(2)


def test_those_who_wait_take_turns(ask, work):
    ask("ada", 50)
    work(1)
    ask("ben", 3)
    ask("cy", 3)
    served = [subject.split("-")[0] for subject in work(9)]
    assert [served.count(login) for login in ("ada", "ben", "cy")] == [3, 3, 3]


def test_newcomers_do_not_overtake_one_another(ask, work):
    ask("ada", 20)
    work(1)
    ask("ben")
    ask("cy")
    order = work(4)
    assert order.index("ben-0") < order.index("cy-0")


def test_one_who_asks_again_and_again_starves_nobody(ask, work):
    ask("ada", 6)
    work(1)
    served = []
    for _ in range(8):
        ask("ben")
        served += work(1)
    assert sum(subject.startswith("ada") for subject in served) >= 3


def test_what_one_asked_for_long_ago_is_not_held_against_them(ask, work):
    ask("ada", 30)
    work(30)
    ask("ben", 30)
    ask("ada")
    assert any(subject.startswith("ada") for subject in work(3))


def test_ones_own_bulk_does_not_hold_up_ones_single_upload(ask, work):
    ask("ada", 50, bulk_id="b" * 32)
    work(2)
    ask("ada")
    assert "ada-50" in work(2)


def test_the_urgent_comes_first(ask, work):
    ask("ada", 3)
    ask("ben", priority=5)
    ask("cy", priority=-5)
    assert work(5) == ["ben-0", "ada-0", "ada-1", "ada-2", "cy-0"]


def test_a_priority_has_bounds(ask):
    with pytest.raises(errors.InvalidRequest):
        ask("ada", priority=101)


@pytest.fixture
def prioritise(transactions):
    def give(ids, priority):
        with transactions.write() as session:
            return runs.prioritise(session, Run.id.in_(ids), priority)

    return give


def test_what_is_made_urgent_comes_first_in_the_order_it_had(ask, work, prioritise):
    theirs, mine = ask("ada", 3), ask("ben", 3)
    assert prioritise(mine[1:], 10) == 2
    assert work(3) == ["ben-1", "ben-2", "ada-0"]
    assert prioritise(theirs[1:2], -10) == 1
    assert work(3) == ["ben-0", "ada-2", "ada-1"]


def test_many_are_made_urgent_by_one_statement_a_line(ask, transactions):
    ids, statements = ask("ada", 40) + ask("ben", 40), []
    with transactions.write() as session:
        # A statement, and whether it was sent once for each of many rows.
        noted = lambda *told: statements.append((told[2], told[5]))  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", noted)
        assert runs.prioritise(session, Run.id.in_(ids), 10) == 80
    changes = [is_many for statement, is_many in statements if statement.startswith("UPDATE runs")]
    assert changes == [False, False]
    assert not [statement for statement, _ in statements if "runs.payload" in statement]


def test_who_is_urgent_stands_in_a_line_of_that_priority(ask, transactions, prioritise):
    ids = ask("ada", 2) + ask("ben", 1)
    with transactions.write() as session:
        session.get_one(Run, ids[1]).lane = ""  # as it was before there were lines
    prioritise(ids, 10)
    with transactions.read() as session:
        found = {run.id: run for run in session.scalars(select(Run))}
    ada, old, ben = (found[one] for one in ids)
    assert ada.lane == old.lane != ben.lane
    assert {run.lane.split(":")[1] for run in (ada, ben)} == {"10"}
    assert len({ada.turn, old.turn}) == 2


def test_those_who_are_urgent_take_turns_too(ask, work, prioritise):
    prioritise(ask("ada", 20), 10)
    work(1)
    prioritise(ask("ben", 3), 10)
    served = [subject.split("-")[0] for subject in work(6)]
    assert [served.count(login) for login in ("ada", "ben")] == [3, 3]


def test_what_is_urgent_no_more_is_where_others_are(ask, work, prioritise):
    urgent = ask("ada", 3, priority=10)
    ask("ben", 3)
    prioritise(urgent, 0)
    served = [subject.split("-")[0] for subject in work(4)]
    assert [served.count(login) for login in ("ada", "ben")] == [2, 2]


def test_what_runs_or_has_ended_keeps_its_place(ask, take, work, prioritise):
    ids = ask("ada", 2)
    work(1)
    take()
    assert prioritise(ids, 10) == 0


def test_another_kind_is_another_queue(ask, take):
    ask("ada", kind=runs.REPAIR)
    assert take() == []


def test_a_batch_is_taken_in_the_same_order(ask, take):
    ask("ada", 10)
    ask("ben", 2)
    claims = take(limit=6)
    assert sorted(claim.subject for claim in claims) == ["ada-0", "ada-1", "ada-2", "ada-3", "ben-0", "ben-1"]
    assert {(claim.fence, claim.attempts) for claim in claims} == {(1, 1)}


def test_a_batch_takes_only_what_it_is_shown(ask, take):
    ask("ada", 6)
    odd = select(Run.subject).where(Run.subject.in_(["ada-1", "ada-3", "ada-5"]))
    assert [claim.subject for claim in take(limit=2, among=odd)] == ["ada-1", "ada-3"]


def test_workers_at_once_never_take_the_same_run(ask, take):
    ids, together = ask("ada", 24), Barrier(6)

    def work(worker):
        together.wait()
        return [claim.run_id for _ in range(4) for claim in take(worker=worker)]

    with ThreadPoolExecutor(6) as pool:
        taken = [
            run_id for found in pool.map(work, (f"w{number}" for number in range(6))) for run_id in found
        ]
    assert sorted(taken) == sorted(ids)


def test_a_run_handed_back_keeps_its_turn_but_not_at_once(transactions, ask, take):
    ask("ada", 2)
    (first,) = take()
    with transactions.write() as session:
        runs.hand_back(session, first, errors.IndexUnavailable(), retry_after_s=60.0)
    assert [claim.subject for claim in take(limit=9)] == ["ada-1"]


def test_what_is_tried_again_stands_at_the_end_of_its_lane(transactions, ask, take, work):
    ask("ada", 3)
    (failed,) = take()
    with transactions.write() as session:
        runs.fail(session, failed, errors.DocumentCorrupt(), max_failures=3)
        runs.retry(session, session.get_one(Run, failed.run_id), nudge=lambda _: None)
    assert work(3) == ["ada-1", "ada-2", "ada-0"]


EXPLAINED = """
EXPLAIN SELECT id FROM runs WHERE kind = 'ingest' AND state = 'waiting' AND NOT paused
AND (not_before IS NULL OR not_before <= now()) ORDER BY turn, created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def test_a_claim_reads_the_queue_by_its_index(transactions, ask):
    ask("ada", 300)
    with transactions.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            plan = "\n".join(session.scalars(text(EXPLAINED)))
            assert "Index Scan using ix_runs_next" in plan
        else:
            statement = EXPLAINED.replace("EXPLAIN", "EXPLAIN QUERY PLAN").replace(
                " FOR UPDATE SKIP LOCKED", ""
            )
            statement = statement.replace("NOT paused", "paused = 0").replace("now()", "CURRENT_TIMESTAMP")
            plan = "\n".join(row[-1] for row in session.execute(text(statement)))
            assert "ix_runs_next" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan
