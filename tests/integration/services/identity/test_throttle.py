from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from services.database.session import now
from services.database.tables.identity import SignInAttempts
from services.identity import throttle


@pytest.fixture
def tried(settings):
    return throttle.subjects(settings, "ada", "10.0.0.1")


def test_tries_sent_at_once_count_like_tries_in_a_row(transactions, tried, monkeypatch):
    monkeypatch.setattr(throttle, "TRIES_PER_LOGIN_AND_ADDRESS", 3)

    def attempt(_: int) -> bool:
        with transactions.write() as session:
            return throttle.is_allowed(session, tried)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 3


def test_windows_that_are_over_are_forgotten(transactions, settings, tried):
    other = throttle.subjects(settings, "ben", "10.0.0.2")
    for subjects in (tried, other):
        with transactions.write() as session:
            throttle.is_allowed(session, subjects)
    with transactions.write() as session:
        session.execute(update(SignInAttempts).values(since=now() - throttle.WINDOW - timedelta(seconds=1)))
        throttle.forgive(session, tried)
    with transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempts)) == 0


def test_forgiving_takes_back_one_try_of_the_address(transactions, tried):
    with transactions.write() as session:
        throttle.is_allowed(session, tried)
        throttle.is_allowed(session, tried)
        throttle.forgive(session, tried)
    with transactions.read() as session:
        left = session.execute(select(SignInAttempts.subject, SignInAttempts.tries)).all()
    assert [tuple(row) for row in left] == [(tried.address, 1)]
