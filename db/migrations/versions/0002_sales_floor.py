"""sales floor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column(
        "contact", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )

    op.add_column(
        "customer", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )

    op.add_column(
        "lead", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )

    op.add_column(
        "opportunity", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("opportunity", "custom")

    op.drop_column("lead", "custom")

    op.drop_column("customer", "custom")

    op.drop_column("contact", "custom")
