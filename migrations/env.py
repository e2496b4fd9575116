"""Alembic's entry: runs on the connection that services.database.schema hands over."""

from alembic import context
from sqlalchemy import text

from services.database import tables

MIGRATION_LOCK = 0x686F6C64  # "hold": two migrations at once wait for one another

connection = context.config.attributes["connection"]
# One transaction, begun before Alembic looks: on SQLite it would else commit after each migration, and a second
# process would come in between.
with connection.begin():
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        user_module_prefix="",
    )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    with context.begin_transaction():
        context.run_migrations()
