"""search by age: the index of words knows in which stretch of the table a row lies, and is in the order of bytes."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

POSTGRESQL_SEARCH = [
    'CREATE INDEX ix_contact_search ON contact USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_contract_search ON contract USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_customer_search ON customer USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_lead_search ON lead USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_opportunity_search ON opportunity USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_product_search ON product USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
    'CREATE INDEX ix_receipt_search ON receipt USING gin ((sandtable_tokens(search_tokens)) COLLATE "C", (ARRAY[id >> 10, -1 - (id >> 14)]))',
]
_SEARCHED = ("contact", "contract", "customer", "lead", "opportunity", "product", "receipt")
_BEFORE = [
    f"CREATE INDEX ix_{table}_search ON {table} USING gin (sandtable_tokens(search_tokens))" for table in _SEARCHED
]


def upgrade() -> None:
    """Go forward."""
    _make(POSTGRESQL_SEARCH)


def downgrade() -> None:
    """Go back."""
    _make(_BEFORE)


def _make(statements: list[str]) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("SET LOCAL maintenance_work_mem = '512MB'")
    # The old ones go last: while the new ones are made people read on, and search by the old ones.
    for table, statement in zip(_SEARCHED, statements, strict=True):
        op.execute(statement.replace(f"ix_{table}_search", f"ix_{table}_search_made"))
    for table in _SEARCHED:
        op.execute(f"DROP INDEX ix_{table}_search")
        op.execute(f"ALTER INDEX ix_{table}_search_made RENAME TO ix_{table}_search")
