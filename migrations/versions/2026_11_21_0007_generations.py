"""Index generations, what each holds of a version, and what each replica's indexes hold.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_generations",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("embedder", sa.String(length=64), nullable=False),
        sa.Column("chunker", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rebuilds", sa.Integer(), nullable=False),
        sa.Column("checked_position", sa.BigInteger(), nullable=False),
        sa.Column("checked_chunks", sa.Integer(), nullable=False),
        sa.Column("checked_mark", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("comparison", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("live_since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_index_generations")),
    )
    op.create_table(
        "generation_versions",
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("vectors_digest", sa.String(length=64), nullable=False),
        sa.Column("chunks_digest", sa.String(length=64), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation"],
            ["index_generations.name"],
            name=op.f("fk_generation_versions_generation_index_generations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["versions.id"],
            name=op.f("fk_generation_versions_version_id_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation", "version_id", name=op.f("pk_generation_versions")),
    )
    with op.batch_alter_table("generation_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_generation_versions_version_id"), ["version_id"], unique=False)
    with op.batch_alter_table("index_replicas", schema=None) as batch_op:
        batch_op.add_column(sa.Column("generation", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("mark", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("rebuilds", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("index_replicas", schema=None) as batch_op:
        batch_op.drop_column("rebuilds")
        batch_op.drop_column("mark")
        batch_op.drop_column("generation")
    op.drop_table("generation_versions")
    op.drop_table("index_generations")
