"""Questions asked many at once, to be answered when there is time.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("asked_with", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_answer_batches_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_answer_batches_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_batches")),
    )
    with op.batch_alter_table("answer_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_batches_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_answer_batches_run_id"), ["run_id"], unique=False)
    op.create_table(
        "batch_questions",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answers.id"],
            name=op.f("fk_batch_questions_answer_id_answers"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["answer_batches.id"],
            name=op.f("fk_batch_questions_batch_id_answer_batches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_questions")),
    )
    with op.batch_alter_table("batch_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_questions_answer_id"), ["answer_id"], unique=False)


def downgrade() -> None:
    op.drop_table("batch_questions")
    op.drop_table("answer_batches")
