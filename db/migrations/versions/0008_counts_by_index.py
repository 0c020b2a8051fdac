"""counts by index: what narrows a list stands in the indexes of owner, team and pool, so that no row is fetched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_FIRST = ("updated_at", "id", "deleted_at")
_MORE = {
    "contract": ("stage", "amount", "end_on"),
    "customer": ("industry", "region", "level", "source", "parent_id", "next_step_on"),
    "lead": ("source", "grade", "status", "unqualified_reason", "next_step_on"),
    "opportunity": ("product_id", "stage_id", "amount", "close_on", "lost_reason", "horizon"),
}
_SCOPES = ("owner_id", "team_id")
_POOLED = ("customer", "lead")


def upgrade() -> None:
    """Go forward."""
    for table, more in _MORE.items():
        scopes = _scopes(table)
        for name in scopes:
            _make(table, name, (*_FIRST, *more, *(one for one in scopes if one != name)))


def downgrade() -> None:
    """Go back."""
    for table in _MORE:
        for name in _scopes(table):
            _make(table, name, _FIRST)


def _scopes(table: str) -> tuple[str, ...]:
    return (*_SCOPES, "pool_id") if table in _POOLED else _SCOPES


def _make(table: str, name: str, columns: tuple[str, ...]) -> None:
    index = f"ix_{table}_{name}_updated_at_id"
    lies = sa.text("pool_id IS NOT NULL") if name == "pool_id" else None
    op.drop_index(index, table_name=table)
    op.create_index(index, table, [name, *columns], sqlite_where=lies, postgresql_where=lies)
