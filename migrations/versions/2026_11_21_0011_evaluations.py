"""Kept results of question sets.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("set_name", sa.String(length=200), nullable=False),
        sa.Column("set_digest", sa.String(length=64), nullable=False),
        sa.Column("release_ids", sa.JSON(), nullable=False),
        sa.Column("manner", sa.JSON(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("kept_by", sa.String(length=32), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kept_by"], ["people.id"], name=op.f("fk_evaluations_kept_by_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
    )
    with op.batch_alter_table("evaluations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluations_kept_at"), ["kept_at"], unique=False)


def downgrade() -> None:
    op.drop_table("evaluations")
