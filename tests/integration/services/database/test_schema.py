"""Migrations, up and down, on both databases; and no serving on a schema that this build does not know."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from services import errors
from services.database import schema, tables
from services.database.session import open_engine
from services.settings import Settings, inherited_environment

ROOT = Path(__file__).parents[4]
MIGRATE = """
from services.database import schema
from services.database.session import open_engine
from services.settings import load_settings
schema.migrate(open_engine(load_settings()))
"""


@pytest.fixture
def engine(empty_database, tmp_path):
    engine = open_engine(Settings(data_dir=tmp_path, database={"url": empty_database}))
    yield engine
    engine.dispose()


def tables_of(engine):
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_migrated_schema_is_the_one_the_tables_describe(engine):
    schema.migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_going_down_leaves_no_table_and_up_again_makes_them_all(engine):
    schema.migrate(engine)
    schema.migrate(engine, "base")
    assert tables_of(engine) == set()
    schema.migrate(engine)
    assert tables_of(engine) == set(tables.metadata.tables)


def test_migrating_twice_changes_nothing(engine):
    schema.migrate(engine)
    schema.migrate(engine)
    assert schema.stored_revision(engine) == schema.newest_revision()


def test_two_migrations_at_once_wait_for_one_another(engine, empty_database, tmp_path):
    environment = inherited_environment() | {
        "HOLDFAST_DATA_DIR": str(tmp_path),
        "HOLDFAST_DATABASE__URL": empty_database,
    }
    both = [subprocess.Popen([sys.executable, "-c", MIGRATE], env=environment, cwd=ROOT) for _ in range(2)]
    assert [process.wait(240) for process in both] == [0, 0]
    assert schema.stored_revision(engine) == schema.newest_revision()
    assert tables_of(engine) == set(tables.metadata.tables)


def test_an_empty_database_is_refused(engine):
    with pytest.raises(errors.DatabaseUnavailable, match="at schema empty"):
        schema.require_current(engine)


def test_a_schema_of_another_build_is_refused(engine):
    schema.migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(errors.DatabaseUnavailable, match="9999"):
        schema.require_current(engine)


def test_the_current_schema_is_served(engine):
    schema.migrate(engine)
    schema.require_current(engine)
