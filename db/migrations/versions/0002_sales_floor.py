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
    op.create_table(
        "grading_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("operator", sa.String(length=20), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_rule")),
    )
    op.create_index(
        "ix_grading_rule_updated_at_id",
        "grading_rule",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "reminder_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about_on", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reminder_state_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_state")),
    )
    op.create_index("uq_reminder_state_user_id", "reminder_state", ["user_id", "entity", "record_id", "kind"], unique=True)

    op.create_table(
        "conversion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opportunity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("done", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_conversion_contact_id_contact")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_conversion_customer_id_customer")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_conversion_lead_id_lead")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunity.id"], name=op.f("fk_conversion_opportunity_id_opportunity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
    )
    op.create_index(op.f("ix_conversion_contact_id"), "conversion", ["contact_id"], unique=False)
    op.create_index(op.f("ix_conversion_customer_id"), "conversion", ["customer_id"], unique=False)
    op.create_index(op.f("ix_conversion_lead_id"), "conversion", ["lead_id"], unique=False)
    op.create_index(op.f("ix_conversion_opportunity_id"), "conversion", ["opportunity_id"], unique=False)
    op.create_index(
        "ix_conversion_updated_at_id",
        "conversion",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_conversion_lead_id",
        "conversion",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("reverted_at IS NULL"),
        postgresql_where=sa.text("reverted_at IS NULL"),
    )

    op.add_column(
        "contact", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )

    op.add_column(
        "customer", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )

    op.add_column("lead", sa.Column("grade_points", sa.Integer(), nullable=True))
    op.add_column(
        "lead", sa.Column("grade_reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="[]", nullable=False)
    )
    op.add_column("lead", sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("graded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.add_column("lead", sa.Column("unqualified_reason", sa.String(length=30), nullable=True))
    op.add_column(
        "lead", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )
    op.create_index(
        "ix_lead_status_next_step_on_id",
        "lead",
        ["status", "next_step_on", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_lead_unqualified_reason_updated_at_id",
        "lead",
        ["unqualified_reason", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.add_column(
        "opportunity", sa.Column("custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False)
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("opportunity", "custom")

    op.drop_index(
        "ix_lead_unqualified_reason_updated_at_id",
        table_name="lead",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_lead_status_next_step_on_id",
        table_name="lead",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_column("lead", "custom")
    op.drop_column("lead", "unqualified_reason")
    op.drop_column("lead", "graded_by_id")
    op.drop_column("lead", "graded_at")
    op.drop_column("lead", "grade_reasons")
    op.drop_column("lead", "grade_points")

    op.drop_column("customer", "custom")

    op.drop_column("contact", "custom")

    op.drop_index(
        "uq_conversion_lead_id",
        table_name="conversion",
        sqlite_where=sa.text("reverted_at IS NULL"),
        postgresql_where=sa.text("reverted_at IS NULL"),
    )
    op.drop_index(
        "ix_conversion_updated_at_id",
        table_name="conversion",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_conversion_opportunity_id"), table_name="conversion")
    op.drop_index(op.f("ix_conversion_lead_id"), table_name="conversion")
    op.drop_index(op.f("ix_conversion_customer_id"), table_name="conversion")
    op.drop_index(op.f("ix_conversion_contact_id"), table_name="conversion")

    op.drop_table("conversion")
    op.drop_index("uq_reminder_state_user_id", table_name="reminder_state")

    op.drop_table("reminder_state")
    op.drop_index(
        "ix_grading_rule_updated_at_id",
        table_name="grading_rule",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.drop_table("grading_rule")
