"""Answers and conversations shared inside the company by link.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_shares",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("shared_by", sa.String(length=32), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_answer_shares_answer_id_answers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_answer_shares_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shared_by"],
            ["people.id"],
            name=op.f("fk_answer_shares_shared_by_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_shares")),
    )
    for column in ("shared_by", "answer_id", "conversation_id"):
        op.create_index(op.f(f"ix_answer_shares_{column}"), "answer_shares", [column])


def downgrade() -> None:
    op.drop_table("answer_shares")
