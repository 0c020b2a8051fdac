"""links that few have: their indexes hold only the rows that have one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LINKS = ("lead_id", "opportunity_id", "contact_id")


def upgrade() -> None:
    """Go forward."""
    # With the others in it SQLite takes such an index for useless and reads the whole table instead.
    for link in _LINKS:
        op.drop_index(f"ix_activity_{link}", table_name="activity")
        is_there = sa.text(f"{link} IS NOT NULL")
        op.create_index(f"ix_activity_{link}", "activity", [link], sqlite_where=is_there, postgresql_where=is_there)


def downgrade() -> None:
    """Go back."""
    for link in _LINKS:
        op.drop_index(f"ix_activity_{link}", table_name="activity")
        op.create_index(f"ix_activity_{link}", "activity", [link])
