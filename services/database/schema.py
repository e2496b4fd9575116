"""The schema's version: migrating up and down, and refusing to serve on a schema this build does not know."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from services import errors

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def newest_revision() -> str | None:
    """The revision this build was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def stored_revision(engine: Engine) -> str | None:
    """The revision the database is at, None when it is empty."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise errors.DatabaseUnavailable from error


def require_current(engine: Engine) -> None:
    """errors.DatabaseUnavailable unless the database has exactly the schema of this build."""
    stored, newest = stored_revision(engine), newest_revision()
    if stored != newest:
        raise errors.DatabaseUnavailable(
            f"The database is at schema {stored or 'empty'}, this build needs {newest}: "
            "run `holdfast admin migrate`"
        )


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, upwards or down to one named (`base` empties it)."""
    config = _config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    return config
