"""lists by what recurs: customers by industry and region, contacts who left, each along an index as by a choice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = (("customer", "industry"), ("customer", "region"), ("contact", "is_active"))


def upgrade() -> None:
    """Go forward."""
    is_live = sa.text("deleted_at IS NULL")
    for table, name in _COLUMNS:
        op.create_index(
            f"ix_{table}_{name}_updated_at_id",
            table,
            [name, "updated_at", "id"],
            sqlite_where=is_live,
            postgresql_where=is_live,
        )


def downgrade() -> None:
    """Go back."""
    for table, name in reversed(_COLUMNS):
        op.drop_index(f"ix_{table}_{name}_updated_at_id", table_name=table)
