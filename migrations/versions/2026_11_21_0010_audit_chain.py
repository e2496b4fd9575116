"""The audit trail in sealed batches, its people as digests whose keys can be deleted.

Revision 0010, after 0009.
"""

import hashlib
import hmac
import json
import secrets

import sqlalchemy as sa
from alembic import op

from services.database.tables.base import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PEOPLE_IN = ("group.members_changed", "search.explain")


def upgrade() -> None:
    op.create_table(
        "audit_keys",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_audit_keys_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_audit_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_keys_digest")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("salt", sa.String(length=32), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("batch", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("content_digest", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("expired_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_audit_entries_batch"), ["batch"], unique=False)
    _name_people_by_digests()


def _name_people_by_digests() -> None:
    """Entries that were written before name people as new ones do."""
    connection = op.get_bind()
    digests = {}
    for (person_id,) in connection.execute(sa.text("SELECT id FROM people")).all():
        salt = secrets.token_hex(16)
        digest = hmac.new(salt.encode(), person_id.encode(), hashlib.sha256).hexdigest()[:32]
        digests[person_id] = digest
        connection.execute(
            sa.text("INSERT INTO audit_keys (person_id, salt, digest) VALUES (:p, :s, :d)"),
            {"p": person_id, "s": salt, "d": digest},
        )
        for column in ("actor", "subject"):
            connection.execute(
                sa.text(f"UPDATE audit_entries SET {column} = :d WHERE {column} = :p"),  # noqa: S608
                {"d": digest, "p": person_id},
            )
    _in_details(connection, digests)


def _in_details(connection: sa.Connection, digests: dict[str, str]) -> None:
    entries = sa.table(
        "audit_entries", sa.column("id"), sa.column("action", sa.String), sa.column("detail", sa.JSON)
    )
    found = connection.execute(
        sa.select(entries.c.id, entries.c.detail).where(entries.c.action.in_(PEOPLE_IN))
    )
    for entry_id, detail in found.all():
        text = json.dumps(detail)
        for person_id, digest in digests.items():
            text = text.replace(person_id, digest)
        connection.execute(sa.update(entries).where(entries.c.id == entry_id).values(detail=json.loads(text)))


def downgrade() -> None:
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_batch"))
        batch_op.drop_column("expired_at")
        batch_op.drop_column("content_digest")
        batch_op.drop_column("batch")
        batch_op.drop_column("salt")
    op.drop_table("audit_seals")
    op.drop_table("audit_keys")
