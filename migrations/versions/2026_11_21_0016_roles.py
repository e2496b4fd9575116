"""Roles: curators of collections, auditors, and collections granted to single people.

Who could add to a collection could also narrow documents, sync its sources and see its report: that is a
curator now, so every such grant becomes `curate`, and `contribute` is only adding, replacing and removing.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

GRANTS = sa.table("collection_grants", sa.column("access", sa.String))


def upgrade() -> None:
    for name in ("people", "outside_identities"):
        op.add_column(name, sa.Column("is_auditor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "collection_people",
        sa.Column("collection_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("access", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_people_collection_id_collections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_collection_people_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("collection_id", "person_id", name=op.f("pk_collection_people")),
    )
    with op.batch_alter_table("collection_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_people_person_id"), ["person_id"], unique=False)
    op.execute(GRANTS.update().where(GRANTS.c.access == "contribute").values(access="curate"))


def downgrade() -> None:
    op.execute(GRANTS.update().where(GRANTS.c.access == "curate").values(access="contribute"))
    with op.batch_alter_table("collection_people", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_people_person_id"))
    op.drop_table("collection_people")
    for name in ("outside_identities", "people"):
        # Not as a batch: on SQLite that drops the table, and all that hangs on a person with it.
        op.drop_column(name, "is_auditor")
