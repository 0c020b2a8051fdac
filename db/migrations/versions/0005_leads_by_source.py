"""leads by source: what the report on sources counts stands in one index, so that it reads no lead itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = (
    "status",
    "source",
    "created_at",
    "last_activity_at",
    "converted_at",
    "owner_id",
    "team_id",
    "pool_id",
    "id",
)


def upgrade() -> None:
    """Go forward."""
    is_live = sa.text("deleted_at IS NULL")
    op.create_index("ix_lead_sources", "lead", _COLUMNS, sqlite_where=is_live, postgresql_where=is_live)


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_lead_sources", table_name="lead")
