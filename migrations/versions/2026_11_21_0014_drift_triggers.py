"""What a drift check was begun by: a person, a start, or the schedule.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("drift_checks", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("begun_by", sa.String(length=12), nullable=False, server_default="on-demand")
        )


def downgrade() -> None:
    with op.batch_alter_table("drift_checks", schema=None) as batch_op:
        batch_op.drop_column("begun_by")
