"""Queues of runs that several people asked for, and a worker that takes them by turns."""

from collections.abc import Callable, Sequence

import pytest

from services import runs
from services.database.session import Transactions
from services.database.tables.identity import Person
from services.runs import Claim


@pytest.fixture
def people(transactions: Transactions) -> dict[str, str]:
    with transactions.write() as session:
        rows = {login: Person(login=login) for login in ("ada", "ben", "cy")}
        session.add_all(rows.values())
        session.flush()
        return {login: row.id for login, row in rows.items()}


@pytest.fixture
def ask(transactions: Transactions, people: dict[str, str]) -> Callable[..., list[str]]:
    """`ask("ada", 3)` requests ada-0, ada-1, ada-2; returns their ids. Subjects say who asked, in order."""
    counts: dict[str, int] = {}

    def request(login: str, count: int = 1, kind: str = runs.INGEST, **wanted: object) -> list[str]:
        ids = []
        with transactions.write() as session:
            for _ in range(count):
                number = counts[login] = counts.get(login, -1) + 1
                subject = f"{login}-{number}"
                ids.append(runs.request(session, kind, subject, requested_by=people[login], **wanted).id)
        return ids

    return request


@pytest.fixture
def take(transactions: Transactions) -> Callable[..., list[Claim]]:
    """Claims the next ones."""

    def claim(limit: int = 1, worker: str = "w1", **more: object) -> list[Claim]:
        with transactions.write() as session:
            return runs.claim_next(session, runs.INGEST, worker=worker, lease_s=60.0, limit=limit, **more)

    return claim


@pytest.fixture
def work(transactions: Transactions, take: Callable[..., list[Claim]]) -> Callable[[int], list[str]]:
    """Does up to so many jobs one after the other; returns their subjects."""

    def do(count: int) -> list[str]:
        done = []
        for _ in range(count):
            for claim in take():
                done.append(claim.subject)
                with transactions.write() as session:
                    runs.finish(session, claim)
        return done

    return do


def subjects(claims: Sequence[Claim]) -> list[str]:
    return [claim.subject for claim in claims]
