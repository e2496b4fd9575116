from ingestion import presence
from services import errors, runs
from services.runs import queue
from tests.parts import wait_until


def names(transactions):
    with transactions.read() as session:
        return [worker.name for worker, is_alive in queue.workers(session) if is_alive]


def test_a_worker_is_seen_while_it_works_and_no_longer(transactions):
    with presence.saying("host:1", [runs.INGEST], transactions):
        wait_until(lambda: names(transactions) == ["host:1"], "the worker is seen")
    assert names(transactions) == []


def test_a_database_that_is_down_ends_no_worker(transactions, monkeypatch):
    tried = []

    def down():
        tried.append(1)
        raise errors.DatabaseUnavailable

    monkeypatch.setattr(transactions, "write", down)
    monkeypatch.setattr(presence, "EVERY_S", 0.01)
    with presence.saying("host:1", [runs.INGEST], transactions):
        wait_until(lambda: len(tried) > 2, "it tries again")
