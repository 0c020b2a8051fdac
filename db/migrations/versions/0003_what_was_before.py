"""what was before: grades that people had given stay, and what has an owner counts from its last change."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    # Before there were rules every grade was somebody's own: the rules leave those alone.
    op.execute("UPDATE lead SET graded_at = updated_at WHERE grade IS NOT NULL AND graded_at IS NULL")
    # The pool counts its days from here; without it everything old would go back on the first night.
    for table in ("customer", "lead"):
        op.execute(f"UPDATE {table} SET received_at = updated_at WHERE owner_id IS NOT NULL AND received_at IS NULL")


def downgrade() -> None:
    """Go back: the columns go with the step before."""
