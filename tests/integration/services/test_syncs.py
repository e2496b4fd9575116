"""Syncs that are due are asked for once, and only for sources that may run by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from ingestion import upkeep
from services import syncs
from services.database.session import now
from services.database.tables.runs import Run
from services.database.tables.sources import Source
from tests.depot import Depot


@pytest.fixture
def depot(resources) -> Depot:
    depot = Depot(resources)
    depot.open("folder", {"path": "/nowhere"}, every_s=3600)
    return depot


def due(depot: Depot) -> list[str]:
    with depot.resources.transactions.write() as session:
        return list(syncs.request_due(session))


def make_older(depot: Depot, hours: float) -> None:
    with depot.resources.transactions.write() as session:
        session.execute(update(Run).values(created_at=now() - timedelta(hours=hours), state="done"))


def test_a_source_is_due_when_its_time_has_come_and_not_before(depot):
    assert len(due(depot)) == 1
    assert due(depot) == []
    make_older(depot, 0.9)
    assert due(depot) == []
    make_older(depot, 1.1)
    assert len(due(depot)) == 1


@pytest.mark.parametrize("change", [{"every_s": 0}, {"is_paused": True}, {"tested_at": None}])
def test_a_source_that_may_not_run_by_itself_is_left_alone(depot, change):
    with depot.resources.transactions.write() as session:
        session.execute(update(Source).values(**change))
    assert due(depot) == []


def test_upkeep_asks_for_what_is_due_and_sends_it(depot):
    upkeep.look(depot.resources.transactions, depot.resources.queue, depot.resources.settings.ingestion)
    assert [task for task, _ in depot.resources.queue.sent].count(syncs.SYNC_TASK) == 1


@pytest.mark.parametrize(
    ("key", "groups"),
    [
        ("hr/leave.md", ["hr"]),
        ("hr", ["hr"]),
        ("hr/pay/grades.md", ["boss"]),
        ("hrx/a.md", ["all"]),
        ("a.md", ["all"]),
        ("https://wiki.corp/hr/x", ["wiki"]),
    ],
)
def test_the_rule_of_the_longest_prefix_decides(key, groups):
    rules = [
        {"prefix": "", "group_ids": ["all"]},
        {"prefix": "hr", "group_ids": ["hr"]},
        {"prefix": "hr/pay", "group_ids": ["boss"]},
        {"prefix": "https://wiki.corp/hr", "group_ids": ["wiki"]},
    ]
    assert syncs.readers_of(rules, key) == groups


def test_without_a_rule_the_collections_readers_read():
    assert syncs.readers_of([{"prefix": "hr", "group_ids": []}], "a.md") is None
