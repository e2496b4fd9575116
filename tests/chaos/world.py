"""What the faults strike: the processes, their database, and the small disks under their data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alembic import command

from services.database import schema
from tests.chaos.database import Database
from tests.chaos.volumes import Volume
from tests.stack import Stack


@dataclass(frozen=True)
class World:
    """The processes and their database."""

    stack: Stack
    database: Database
    volumes: Mapping[str, Volume] = field(default_factory=dict)

    def revert_one_migration(self) -> None:
        """The schema as the release before this one left it."""
        config = schema._config()  # the product itself goes one step down for nobody
        with self.stack.transactions.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "-1")
