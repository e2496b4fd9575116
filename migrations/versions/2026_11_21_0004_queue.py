"""the queue's order, bulks, workers, upload keys, receipts

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("bulk_id", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("lane", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("heartbeat_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("runs", sa.Column("not_before", UtcDateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_runs_next",
        "runs",
        ["kind", "turn", "created_at", "id"],
        sqlite_where=sa.text("state = 'waiting' AND paused = 0"),
        postgresql_where=sa.text("state = 'waiting' AND NOT paused"),
    )
    op.create_index(
        "ix_runs_clock",
        "runs",
        ["kind", "turn"],
        sqlite_where=sa.text("started_at IS NOT NULL"),
        postgresql_where=sa.text("started_at IS NOT NULL"),
    )
    op.create_index("ix_runs_lane", "runs", ["lane", "turn"])
    op.create_index("ix_runs_kind", "runs", ["kind", "created_at"])
    op.create_index("ix_runs_bulk", "runs", ["bulk_id", "state"])
    op.add_column("purges", sa.Column("vectors", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_versions_text_digest"), "versions", ["text_digest"])
    op.create_index(op.f("ix_versions_vectors_digest"), "versions", ["vectors_digest"])
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "bulks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("requested_by", sa.String(length=32), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["people.id"], name=op.f("fk_bulks_requested_by_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulks")),
    )
    op.create_index(op.f("ix_bulks_requested_by"), "bulks", ["requested_by"])
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "upload_keys",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=True),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_upload_keys_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "key_digest", name=op.f("pk_upload_keys")),
    )
    op.create_index(op.f("ix_upload_keys_document_id"), "upload_keys", ["document_id"])
    op.create_index(op.f("ix_upload_keys_expires_at"), "upload_keys", ["expires_at"])
    op.create_table(
        "receipts",
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("complete_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_complete_at"), "receipts", ["complete_at"])


def downgrade() -> None:
    for table in ("receipts", "upload_keys", "workers", "bulks"):
        op.drop_table(table)
    op.drop_index("ix_versions_vectors_digest", "versions")
    op.drop_index("ix_versions_text_digest", "versions")
    op.drop_column("purges", "vectors")
    for index in ("ix_runs_bulk", "ix_runs_kind", "ix_runs_lane", "ix_runs_clock", "ix_runs_next"):
        op.drop_index(index, "runs")
    for column in ("not_before", "heartbeat_at", "paused", "turn", "lane", "bulk_id"):
        op.drop_column("runs", column)
