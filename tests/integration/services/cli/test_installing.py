"""What the chart's jobs run: migrate, wait for the schema, make the first administrator; each twice."""

import pytest
from sqlalchemy import select

from services import errors
from services.cli import installing
from services.database import schema
from services.database.session import Transactions, open_engine
from services.database.tables.identity import Person
from services.identity import passwords
from services.settings import Settings


@pytest.fixture
def engine(empty_database, tmp_path):
    engine = open_engine(Settings(data_dir=tmp_path, database={"url": empty_database}))
    yield engine
    engine.dispose()


@pytest.fixture
def password_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse battery\n")
    return file


def test_waiting_ends_when_the_schema_is_there(engine):
    with pytest.raises(errors.DatabaseUnavailable, match="holdfast admin migrate"):
        installing.await_schema(engine, wait_s=0)
    installing.migrate(engine, "head", wait_s=0)
    installing.await_schema(engine, wait_s=0)
    assert schema.stored_revision(engine) == schema.newest_revision()


def test_a_database_that_starts_late_is_waited_for(monkeypatch):
    monkeypatch.setattr(installing, "LOOK_EVERY_S", 0.0)
    tries = iter([errors.DatabaseUnavailable(), errors.DatabaseUnavailable(), None])

    def call():
        if (error := next(tries)) is not None:
            raise error

    installing.until_available(call, wait_s=5)
    assert next(tries, "used up") == "used up"


def test_the_first_administrator_is_made_once(engine, password_file):
    schema.migrate(engine)
    assert installing.make_first_admin(engine, "admin", password_file)
    assert not installing.make_first_admin(engine, "other", password_file)
    with Transactions(engine).read() as session:
        (person,) = session.scalars(select(Person))
    assert person.is_admin
    assert person.login == "admin"
    assert passwords.is_right(person.password_hash, "correct horse battery")


def test_a_short_password_makes_nobody(engine, password_file):
    schema.migrate(engine)
    password_file.write_text("short")
    with pytest.raises(errors.InvalidRequest, match="12"):
        installing.make_first_admin(engine, "admin", password_file)
    with Transactions(engine).read() as session:
        assert session.scalar(select(Person)) is None
