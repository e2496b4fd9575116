"""What an answer asks back where the passages disagree about which thing is meant.

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("options", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    # Not as a batch: on SQLite that makes the table anew, and takes along which sources its answers have.
    op.drop_column("answers", "options")
