"""The demo company goes in through the ordinary doors, once."""

import json
import stat
import tomllib
from collections import Counter

import httpx
import pytest
from sqlalchemy import select

from services.cli import demo
from services.cli.prepare import prepare
from services.database.tables.identity import Group, Person
from services.database.tables.library import Collection, Document
from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.served import serving


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def people_file(settings):
    return settings.data_dir / demo.PEOPLE_FILE


def test_people_and_their_passwords_are_made_once(transactions, people_file):
    first = prepare(transactions, people_file, with_demo=True)
    passwords = people_file.read_text()
    assert first
    assert stat.S_IMODE(people_file.stat().st_mode) == 0o600
    assert prepare(transactions, people_file, with_demo=True) is None
    assert people_file.read_text() == passwords
    with transactions.read() as session:
        logins = set(session.scalars(select(Person.login)))
        assert logins == {demo.ADMIN, *json.loads(passwords)}
        counted = Counter(session.scalars(select(Collection.name)))
        assert set(counted.values()) == {1}


def test_without_the_demo_there_is_an_administrator_only(transactions, people_file):
    assert prepare(transactions, people_file, with_demo=False)
    assert not people_file.exists()
    with transactions.read() as session:
        assert session.scalars(select(Person.login)).all() == [demo.ADMIN]


def test_documents_are_handed_in_once_and_narrowed_as_meant(resources, transactions, people_file):
    prepare(transactions, people_file, with_demo=True)
    company = Company(resources)
    with transactions.read() as session:
        company.people[demo.ADMIN] = session.scalars(select(Person.id).where(Person.is_admin)).one()
    with (
        serving(resources) as address,
        httpx.Client(
            base_url=address, headers=company.session(demo.ADMIN), trust_env=False, timeout=60
        ) as client,
    ):
        missing = demo.missing_documents(client)
        jobs = [demo.upload(client, collection, file) for collection, file in missing]
        assert len(jobs) == len(set(jobs)) == len(missing) > 10
        assert demo.missing_documents(client) == []
    assert len(resources.queue.sent) == len(jobs)
    with transactions.read() as session:
        names = dict(session.execute(select(Group.id, Group.name)).all())
        narrowed = {
            row.name: {names[group.group_id] for group in row.scope.groups}
            for row in session.scalars(select(Document))
            if row.scope.narrowing
        }
    assert narrowed == meant_to_be_narrowed()


def meant_to_be_narrowed() -> dict[str, set[str]]:
    told = tomllib.loads((demo.DEMO / "demo.toml").read_text()).get("narrowed", [])
    return {row["document"].rsplit("/", 1)[-1]: set(row["reader_groups"]) for row in told}
