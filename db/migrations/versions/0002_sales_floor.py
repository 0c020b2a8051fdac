"""sales floor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CUSTOM_INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'cf_*'"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "competitor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitor")),
    )
    op.create_index(
        "ix_competitor_deleted_at_id",
        "competitor",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_competitor_name_id",
        "competitor",
        ["name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_competitor_updated_at_id",
        "competitor",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_competitor_name",
        "competitor",
        ["name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "custom_field",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("label_en", sa.String(length=100), nullable=True),
        sa.Column("label_zh", sa.String(length=100), nullable=True),
        sa.Column("help_en", sa.String(length=300), nullable=True),
        sa.Column("help_zh", sa.String(length=300), nullable=True),
        sa.Column("section", sa.String(length=100), nullable=True),
        sa.Column("section_zh", sa.String(length=100), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_unique", sa.Boolean(), nullable=False),
        sa.Column("is_indexed", sa.Boolean(), nullable=False),
        sa.Column("is_searchable", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("entity", "code", name=op.f("uq_custom_field_entity_code")),
    )
    op.create_index(
        "ix_custom_field_deleted_at_id",
        "custom_field",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_custom_field_entity_updated_at_id",
        "custom_field",
        ["entity", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_custom_field_kind_updated_at_id",
        "custom_field",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_custom_field_updated_at_id",
        "custom_field",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "duplicate_pair",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("a_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("b_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint("entity", "a_id", "b_id", name=op.f("uq_duplicate_pair_entity_a_id_b_id")),
    )
    op.create_index("ix_duplicate_pair_entity_b_id", "duplicate_pair", ["entity", "b_id"], unique=False)
    op.create_index(
        "ix_duplicate_pair_entity_state_score_id", "duplicate_pair", ["entity", "state", "score", "id"], unique=False
    )

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
        "ix_grading_rule_deleted_at_id",
        "grading_rule",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
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
        "job",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "merge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        sa.UniqueConstraint("entity", "record_id", name=op.f("uq_merge_entity_record_id")),
    )
    op.create_index(op.f("ix_merge_at"), "merge", ["at"], unique=False)
    op.create_index("ix_merge_entity_into_id", "merge", ["entity", "into_id"], unique=False)
    op.create_index(op.f("ix_merge_reference"), "merge", ["reference"], unique=False)

    op.create_table(
        "pool",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_for_all", sa.Boolean(), nullable=False),
        sa.Column("is_recycling", sa.Boolean(), nullable=False),
        sa.Column("claims_a_day", sa.Integer(), nullable=True),
        sa.Column("ban_days", sa.Integer(), nullable=True),
        sa.Column("protected_days", sa.Integer(), nullable=True),
        sa.Column("warning_days", sa.Integer(), nullable=False),
        sa.Column("spares_won", sa.Boolean(), nullable=False),
        sa.Column("spares_open", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
    )
    op.create_index(
        "ix_pool_deleted_at_id",
        "pool",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_pool_kind_updated_at_id",
        "pool",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_pool_name_id",
        "pool",
        ["name", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_pool_updated_at_id",
        "pool",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_pool_kind_name",
        "pool",
        ["kind", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "profile_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_kind", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("section", sa.String(length=100), nullable=False),
        sa.Column("section_zh", sa.String(length=100), nullable=True),
        sa.Column("wording", sa.String(length=300), nullable=False),
        sa.Column("wording_zh", sa.String(length=300), nullable=True),
        sa.Column("answer_kind", sa.String(length=30), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.CheckConstraint("weight > 0", name=op.f("ck_profile_question_weight")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_question")),
        sa.UniqueConstraint("profile_kind", "code", name=op.f("uq_profile_question_profile_kind_code")),
    )
    op.create_index(
        "ix_profile_question_answer_kind_updated_at_id",
        "profile_question",
        ["answer_kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_profile_question_deleted_at_id",
        "profile_question",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_profile_question_position_id",
        "profile_question",
        ["position", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_profile_question_profile_kind_updated_at_id",
        "profile_question",
        ["profile_kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_profile_question_updated_at_id",
        "profile_question",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "pool_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pool_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("days_by_level", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint("kind IN ('activity', 'opportunity', 'won')", name=op.f("ck_pool_rule_kind")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_rule_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_rule")),
        sa.UniqueConstraint("pool_id", "kind", name=op.f("uq_pool_rule_pool_id_kind")),
    )
    op.create_table(
        "claim_count",
        sa.Column("pool_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_claim_count_pool_id_pool")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_claim_count_user_id_user")),
        sa.PrimaryKeyConstraint("pool_id", "user_id", "day", name=op.f("pk_claim_count")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("goal", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_stopping", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("found", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("reverted", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_import_batch_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_by_id_id", "import_batch", ["by_id", "id"], unique=False)
    op.create_index("ix_import_batch_entity_id", "import_batch", ["entity", "id"], unique=False)

    op.create_table(
        "owner_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pool_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('created', 'assigned', 'claimed', 'released', 'recycled', 'transferred', 'merged')",
            name=op.f("ck_owner_change_kind"),
        ),
        sa.ForeignKeyConstraint(["from_id"], ["user.id"], name=op.f("fk_owner_change_from_id_user")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_owner_change_pool_id_pool")),
        sa.ForeignKeyConstraint(["to_id"], ["user.id"], name=op.f("fk_owner_change_to_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_change")),
    )
    op.create_index("ix_owner_change_entity_record_id", "owner_change", ["entity", "record_id", "id"], unique=False)

    op.create_table(
        "pool_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pool_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_pool_member_one")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_member_pool_id_pool")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_pool_member_team_id_team")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_pool_member_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_member")),
    )
    op.create_index(op.f("ix_pool_member_pool_id"), "pool_member", ["pool_id"], unique=False)
    op.create_index(op.f("ix_pool_member_team_id"), "pool_member", ["team_id"], unique=False)
    op.create_index(op.f("ix_pool_member_user_id"), "pool_member", ["user_id"], unique=False)

    op.create_table(
        "quota",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at_most", sa.Integer(), nullable=False),
        sa.Column("is_together", sa.Boolean(), nullable=False),
        sa.Column("counts_won", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_quota_team_id_team")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_quota_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
    )
    op.create_index(
        "ix_quota_at_most_id",
        "quota",
        ["at_most", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_quota_deleted_at_id",
        "quota",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_quota_kind_updated_at_id",
        "quota",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_quota_team_id"), "quota", ["team_id"], unique=False)
    op.create_index(
        "ix_quota_updated_at_id",
        "quota",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_quota_user_id"), "quota", ["user_id"], unique=False)

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
    op.create_index(
        "uq_reminder_state_user_id", "reminder_state", ["user_id", "entity", "record_id", "kind"], unique=True
    )

    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audience", sa.String(length=30), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_saved_view_owner_id_user")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_saved_view_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(
        "ix_saved_view_audience_updated_at_id",
        "saved_view",
        ["audience", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_saved_view_deleted_at_id",
        "saved_view",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_saved_view_list_key_audience",
        "saved_view",
        ["list_key", "audience"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_saved_view_list_key_owner_id", "saved_view", ["list_key", "owner_id"], unique=False)
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"], unique=False)
    op.create_index(
        "ix_saved_view_updated_at_id",
        "saved_view",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "collaborator",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_collaborator_customer_id_customer")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_collaborator_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborator")),
    )
    op.create_index(op.f("ix_collaborator_customer_id"), "collaborator", ["customer_id"], unique=False)
    op.create_index(
        "ix_collaborator_deleted_at_id",
        "collaborator",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_collaborator_updated_at_id",
        "collaborator",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_collaborator_user_id_customer_id",
        "collaborator",
        ["user_id", "customer_id"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "default_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_key", sa.String(length=60), nullable=False),
        sa.Column("view_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_default_view_user_id_user")),
        sa.ForeignKeyConstraint(["view_id"], ["saved_view.id"], name=op.f("fk_default_view_view_id_saved_view")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_default_view")),
        sa.UniqueConstraint("user_id", "list_key", name=op.f("uq_default_view_user_id_list_key")),
    )
    op.create_index(op.f("ix_default_view_view_id"), "default_view", ["view_id"], unique=False)

    op.create_table(
        "import_row",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=True),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("refusal", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id_import_batch"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "row", name=op.f("pk_import_row")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("competitor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.CheckConstraint("(kind = 'competitor') = (competitor_id IS NOT NULL)", name=op.f("ck_profile_of_whom")),
        sa.ForeignKeyConstraint(["competitor_id"], ["competitor.id"], name=op.f("fk_profile_competitor_id_competitor")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_profile_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
    )
    op.create_index(op.f("ix_profile_competitor_id"), "profile", ["competitor_id"], unique=False)
    op.create_index(
        "ix_profile_completeness_id",
        "profile",
        ["completeness", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_profile_customer_id"), "profile", ["customer_id"], unique=False)
    op.create_index(
        "ix_profile_deleted_at_id",
        "profile",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_profile_kind_updated_at_id",
        "profile",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_profile_updated_at_id",
        "profile",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_profile_customer_id",
        "profile",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND competitor_id IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND competitor_id IS NULL"),
    )
    op.create_index(
        "uq_profile_customer_id_competitor_id",
        "profile",
        ["customer_id", "competitor_id"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "conversion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opportunity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("has_made_customer", sa.Boolean(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_conversion_opportunity_id_opportunity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
    )
    op.create_index(op.f("ix_conversion_contact_id"), "conversion", ["contact_id"], unique=False)
    op.create_index(op.f("ix_conversion_customer_id"), "conversion", ["customer_id"], unique=False)
    op.create_index(
        "ix_conversion_deleted_at_id",
        "conversion",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
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

    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opportunity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_finding_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_finding_opportunity_id_opportunity")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_finding_owner_id_user")),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_finding_profile_id_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_customer_id"), "finding", ["customer_id"], unique=False)
    op.create_index(
        "ix_finding_deleted_at_id",
        "finding",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_finding_kind_updated_at_id",
        "finding",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_finding_opportunity_id"), "finding", ["opportunity_id"], unique=False)
    op.create_index(op.f("ix_finding_profile_id"), "finding", ["profile_id"], unique=False)
    op.create_index(
        "ix_finding_state_updated_at_id",
        "finding",
        ["state", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_finding_updated_at_id",
        "finding",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "influence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_influence_two")),
        sa.CheckConstraint("strength BETWEEN 1 AND 3", name=op.f("ck_influence_strength")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_influence_customer_id_customer")),
        sa.ForeignKeyConstraint(["from_id"], ["contact.id"], name=op.f("fk_influence_from_id_contact")),
        sa.ForeignKeyConstraint(["to_id"], ["contact.id"], name=op.f("fk_influence_to_id_contact")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_influence")),
    )
    op.create_index(op.f("ix_influence_customer_id"), "influence", ["customer_id"], unique=False)
    op.create_index(
        "ix_influence_deleted_at_id",
        "influence",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_influence_from_id"), "influence", ["from_id"], unique=False)
    op.create_index(
        "ix_influence_kind_updated_at_id",
        "influence",
        ["kind", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_influence_to_id"), "influence", ["to_id"], unique=False)
    op.create_index(
        "ix_influence_updated_at_id",
        "influence",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_influence_from_id_to_id_kind",
        "influence",
        ["from_id", "to_id", "kind"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "map_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gap", sa.String(length=30), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_map_step_contact_id_contact")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_map_step_customer_id_customer")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_map_step_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_step")),
    )
    op.create_index(op.f("ix_map_step_contact_id"), "map_step", ["contact_id"], unique=False)
    op.create_index(op.f("ix_map_step_customer_id"), "map_step", ["customer_id"], unique=False)
    op.create_index(
        "ix_map_step_deleted_at_id",
        "map_step",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_map_step_owner_id_due_on",
        "map_step",
        ["owner_id", "due_on"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL AND done_on IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND done_on IS NULL"),
    )
    op.create_index(
        "ix_map_step_updated_at_id",
        "map_step",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "profile_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("completeness", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_in", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_profile_version_profile_id_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_version")),
        sa.UniqueConstraint("profile_id", "number", name=op.f("uq_profile_version_profile_id_number")),
    )
    op.create_index(
        "ix_profile_version_deleted_at_id",
        "profile_version",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_profile_version_updated_at_id",
        "profile_version",
        ["updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_profile_version_draft",
        "profile_version",
        ["profile_id"],
        unique=True,
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )

    op.drop_index(op.f("ix_activity_customer_id"), table_name="activity")
    op.create_index(
        "ix_activity_customer_id_happened_at_id", "activity", ["customer_id", "happened_at", "id"], unique=False
    )
    op.create_index(
        "ix_activity_deleted_at_id",
        "activity",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_allocation_deleted_at_id",
        "allocation",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.add_column("contact", sa.Column("mobile", sa.String(length=40), nullable=True))
    op.add_column("contact", sa.Column("attitude", sa.String(length=30), nullable=True))
    op.add_column("contact", sa.Column("influence", sa.SmallInteger(), nullable=True))
    op.add_column("contact", sa.Column("coverage", sa.String(length=30), server_default="unknown", nullable=False))
    op.add_column(
        "contact",
        sa.Column(
            "covered_by_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("user.id", name="fk_contact_covered_by_id_user"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column(
        "contact",
        sa.Column(
            "reports_to_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("contact.id", name="fk_contact_reports_to_id_contact"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column(
        "contact",
        sa.Column(
            "leaning_to_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("competitor.id", name="fk_contact_leaning_to_id_competitor"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("contact", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("contact", sa.Column("left_reason", sa.String(length=30), nullable=True))
    op.add_column("contact", sa.Column("name_key", sa.String(length=200), nullable=True))
    op.add_column("contact", sa.Column("phone_key", sa.String(length=40), nullable=True))
    op.add_column("contact", sa.Column("email_key", sa.String(length=254), nullable=True))
    op.add_column("contact", sa.Column("domain_key", sa.String(length=254), nullable=True))
    op.add_column(
        "contact",
        sa.Column(
            "custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False
        ),
    )
    op.create_index(
        "ix_contact_attitude_updated_at_id",
        "contact",
        ["attitude", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contact_coverage_updated_at_id",
        "contact",
        ["coverage", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(op.f("ix_contact_covered_by_id"), "contact", ["covered_by_id"], unique=False)
    op.create_index(
        "ix_contact_deleted_at_id",
        "contact",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_contact_domain_key",
        "contact",
        ["domain_key"],
        unique=False,
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.create_index(
        "ix_contact_email_key",
        "contact",
        ["email_key"],
        unique=False,
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.create_index(op.f("ix_contact_leaning_to_id"), "contact", ["leaning_to_id"], unique=False)
    op.create_index(
        "ix_contact_left_reason_updated_at_id",
        "contact",
        ["left_reason", "updated_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_contact_name_key",
        "contact",
        ["name_key"],
        unique=False,
        sqlite_where=sa.text("name_key IS NOT NULL"),
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.create_index(
        "ix_contact_phone_key",
        "contact",
        ["phone_key"],
        unique=False,
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_index(op.f("ix_contact_reports_to_id"), "contact", ["reports_to_id"], unique=False)
    op.execute(
        "UPDATE contact SET is_primary = false WHERE is_primary AND deleted_at IS NULL AND id NOT IN "
        "(SELECT min(id) FROM contact WHERE is_primary AND deleted_at IS NULL GROUP BY customer_id)"
    )
    op.create_index(
        "uq_contact_primary",
        "contact",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("is_primary AND deleted_at IS NULL"),
        postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
    )

    op.create_index(
        "ix_contract_deleted_at_id",
        "contract",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_criteria_set_deleted_at_id",
        "criteria_set",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.add_column("customer", sa.Column("name_block", sa.String(length=20), nullable=True))
    op.add_column("customer", sa.Column("phone_key", sa.String(length=40), nullable=True))
    op.add_column("customer", sa.Column("domain_key", sa.String(length=254), nullable=True))
    op.add_column("customer", sa.Column("tax_key", sa.String(length=40), nullable=True))
    op.add_column(
        "customer",
        sa.Column(
            "pool_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("pool.id", name="fk_customer_pool_id_pool"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("customer", sa.Column("pooled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("customer", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "customer",
        sa.Column(
            "previous_owner_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("user.id", name="fk_customer_previous_owner_id_user"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("customer", sa.Column("is_locked", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
    op.add_column(
        "customer",
        sa.Column(
            "custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False
        ),
    )
    op.drop_index(op.f("ix_customer_parent_id"), table_name="customer")
    op.create_index(
        "ix_customer_deleted_at_id",
        "customer",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_domain_key",
        "customer",
        ["domain_key"],
        unique=False,
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_name_block_name_key", "customer", ["name_block", "name_key", "deleted_at"], unique=False
    )
    op.create_index(
        "ix_customer_part_of",
        "customer",
        ["parent_id"],
        unique=False,
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_phone_key",
        "customer",
        ["phone_key"],
        unique=False,
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_pool_id_updated_at_id",
        "customer",
        ["pool_id", "updated_at", "id", "deleted_at"],
        unique=False,
        sqlite_where=sa.text("pool_id IS NOT NULL"),
        postgresql_where=sa.text("pool_id IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_tax_key",
        "customer",
        ["tax_key"],
        unique=False,
        sqlite_where=sa.text("tax_key IS NOT NULL"),
        postgresql_where=sa.text("tax_key IS NOT NULL"),
    )

    op.create_index(
        "ix_estimate_deleted_at_id",
        "estimate",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_instalment_deleted_at_id",
        "instalment",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.add_column("lead", sa.Column("grade_points", sa.Integer(), nullable=True))
    op.add_column(
        "lead",
        sa.Column(
            "grade_reasons",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column("lead", sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead", sa.Column("graded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column("lead", sa.Column("unqualified_reason", sa.String(length=30), nullable=True))
    op.add_column("lead", sa.Column("company_key", sa.String(length=200), nullable=True))
    op.add_column("lead", sa.Column("company_block", sa.String(length=20), nullable=True))
    op.add_column("lead", sa.Column("name_key", sa.String(length=200), nullable=True))
    op.add_column("lead", sa.Column("phone_key", sa.String(length=40), nullable=True))
    op.add_column("lead", sa.Column("email_key", sa.String(length=254), nullable=True))
    op.add_column("lead", sa.Column("domain_key", sa.String(length=254), nullable=True))
    op.add_column(
        "lead",
        sa.Column(
            "pool_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("pool.id", name="fk_lead_pool_id_pool"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("lead", sa.Column("pooled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead", sa.Column("received_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "lead",
        sa.Column(
            "previous_owner_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("user.id", name="fk_lead_previous_owner_id_user"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column("lead", sa.Column("is_locked", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
    op.add_column(
        "lead",
        sa.Column(
            "custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False
        ),
    )
    op.create_index("ix_lead_company_block_company_key", "lead", ["company_block", "company_key"], unique=False)
    op.create_index(
        "ix_lead_company_key",
        "lead",
        ["company_key"],
        unique=False,
        sqlite_where=sa.text("company_key IS NOT NULL"),
        postgresql_where=sa.text("company_key IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_deleted_at_id",
        "lead",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_domain_key",
        "lead",
        ["domain_key"],
        unique=False,
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_email_key",
        "lead",
        ["email_key"],
        unique=False,
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_name_key",
        "lead",
        ["name_key"],
        unique=False,
        sqlite_where=sa.text("name_key IS NOT NULL"),
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_phone_key",
        "lead",
        ["phone_key"],
        unique=False,
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_pool_id_updated_at_id",
        "lead",
        ["pool_id", "updated_at", "id", "deleted_at"],
        unique=False,
        sqlite_where=sa.text("pool_id IS NOT NULL"),
        postgresql_where=sa.text("pool_id IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_status_next_step_on_owner_id",
        "lead",
        ["status", "next_step_on", "owner_id", "id"],
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
        "opportunity",
        sa.Column(
            "custom", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="{}", nullable=False
        ),
    )
    op.create_index(
        "ix_opportunity_deleted_at_id",
        "opportunity",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_pipeline_deleted_at_id",
        "pipeline",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_plan_deleted_at_id",
        "plan",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_plan_item_deleted_at_id",
        "plan_item",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_product_deleted_at_id",
        "product",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_receipt_deleted_at_id",
        "receipt",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.add_column("stage", sa.Column("requires_map", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
    op.create_index(
        "ix_stage_deleted_at_id",
        "stage",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_team_deleted_at_id",
        "team",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_user_deleted_at_id",
        "user",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.create_index(
        "ix_weight_set_deleted_at_id",
        "weight_set",
        ["deleted_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    if op.get_context().dialect.name == "sqlite":
        for name in op.get_bind().exec_driver_sql(CUSTOM_INDEXES).scalars().all():
            op.execute(f"DROP INDEX {name}")

    op.drop_index(
        "ix_weight_set_deleted_at_id",
        table_name="weight_set",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_user_deleted_at_id",
        table_name="user",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_team_deleted_at_id",
        table_name="team",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_stage_deleted_at_id",
        table_name="stage",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_column("stage", "requires_map")

    op.drop_index(
        "ix_receipt_deleted_at_id",
        table_name="receipt",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_product_deleted_at_id",
        table_name="product",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_plan_item_deleted_at_id",
        table_name="plan_item",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_plan_deleted_at_id",
        table_name="plan",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_pipeline_deleted_at_id",
        table_name="pipeline",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_opportunity_deleted_at_id",
        table_name="opportunity",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_column("opportunity", "custom")

    op.drop_index(
        "ix_lead_unqualified_reason_updated_at_id",
        table_name="lead",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_lead_status_next_step_on_owner_id",
        table_name="lead",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_lead_pool_id_updated_at_id",
        table_name="lead",
        sqlite_where=sa.text("pool_id IS NOT NULL"),
        postgresql_where=sa.text("pool_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_phone_key",
        table_name="lead",
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_name_key",
        table_name="lead",
        sqlite_where=sa.text("name_key IS NOT NULL"),
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_email_key",
        table_name="lead",
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_domain_key",
        table_name="lead",
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_deleted_at_id",
        table_name="lead",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_lead_company_key",
        table_name="lead",
        sqlite_where=sa.text("company_key IS NOT NULL"),
        postgresql_where=sa.text("company_key IS NOT NULL"),
    )
    op.drop_index("ix_lead_company_block_company_key", table_name="lead")
    op.drop_column("lead", "custom")
    op.drop_column("lead", "is_locked")
    op.drop_column("lead", "previous_owner_id")
    op.drop_column("lead", "received_at")
    op.drop_column("lead", "pooled_at")
    op.drop_column("lead", "pool_id")
    op.drop_column("lead", "domain_key")
    op.drop_column("lead", "email_key")
    op.drop_column("lead", "phone_key")
    op.drop_column("lead", "name_key")
    op.drop_column("lead", "company_block")
    op.drop_column("lead", "company_key")
    op.drop_column("lead", "unqualified_reason")
    op.drop_column("lead", "graded_by_id")
    op.drop_column("lead", "graded_at")
    op.drop_column("lead", "grade_reasons")
    op.drop_column("lead", "grade_points")

    op.drop_index(
        "ix_instalment_deleted_at_id",
        table_name="instalment",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_estimate_deleted_at_id",
        table_name="estimate",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_customer_tax_key",
        table_name="customer",
        sqlite_where=sa.text("tax_key IS NOT NULL"),
        postgresql_where=sa.text("tax_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_customer_pool_id_updated_at_id",
        table_name="customer",
        sqlite_where=sa.text("pool_id IS NOT NULL"),
        postgresql_where=sa.text("pool_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_customer_phone_key",
        table_name="customer",
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_customer_part_of",
        table_name="customer",
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.drop_index("ix_customer_name_block_name_key", table_name="customer")
    op.drop_index(
        "ix_customer_domain_key",
        table_name="customer",
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_customer_deleted_at_id",
        table_name="customer",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_customer_parent_id"), "customer", ["parent_id"], unique=False)
    op.drop_column("customer", "custom")
    op.drop_column("customer", "is_locked")
    op.drop_column("customer", "previous_owner_id")
    op.drop_column("customer", "received_at")
    op.drop_column("customer", "pooled_at")
    op.drop_column("customer", "pool_id")
    op.drop_column("customer", "tax_key")
    op.drop_column("customer", "domain_key")
    op.drop_column("customer", "phone_key")
    op.drop_column("customer", "name_block")

    op.drop_index(
        "ix_criteria_set_deleted_at_id",
        table_name="criteria_set",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_contract_deleted_at_id",
        table_name="contract",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "uq_contact_primary",
        table_name="contact",
        sqlite_where=sa.text("is_primary AND deleted_at IS NULL"),
        postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_contact_reports_to_id"), table_name="contact")
    op.drop_index(
        "ix_contact_phone_key",
        table_name="contact",
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_contact_name_key",
        table_name="contact",
        sqlite_where=sa.text("name_key IS NOT NULL"),
        postgresql_where=sa.text("name_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_contact_left_reason_updated_at_id",
        table_name="contact",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_contact_leaning_to_id"), table_name="contact")
    op.drop_index(
        "ix_contact_email_key",
        table_name="contact",
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_contact_domain_key",
        table_name="contact",
        sqlite_where=sa.text("domain_key IS NOT NULL"),
        postgresql_where=sa.text("domain_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_contact_deleted_at_id",
        table_name="contact",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_contact_covered_by_id"), table_name="contact")
    op.drop_index(
        "ix_contact_coverage_updated_at_id",
        table_name="contact",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_contact_attitude_updated_at_id",
        table_name="contact",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_column("contact", "custom")
    op.drop_column("contact", "domain_key")
    op.drop_column("contact", "email_key")
    op.drop_column("contact", "phone_key")
    op.drop_column("contact", "name_key")
    op.drop_column("contact", "left_reason")
    op.drop_column("contact", "left_on")
    op.drop_column("contact", "leaning_to_id")
    op.drop_column("contact", "reports_to_id")
    op.drop_column("contact", "covered_by_id")
    op.drop_column("contact", "coverage")
    op.drop_column("contact", "influence")
    op.drop_column("contact", "attitude")
    op.drop_column("contact", "mobile")

    op.drop_index(
        "ix_allocation_deleted_at_id",
        table_name="allocation",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_index(
        "ix_activity_deleted_at_id",
        table_name="activity",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index("ix_activity_customer_id_happened_at_id", table_name="activity")
    op.create_index(op.f("ix_activity_customer_id"), "activity", ["customer_id"], unique=False)

    op.drop_index(
        "uq_profile_version_draft",
        table_name="profile_version",
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_version_updated_at_id",
        table_name="profile_version",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_version_deleted_at_id",
        table_name="profile_version",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_table("profile_version")
    op.drop_index(
        "ix_map_step_updated_at_id",
        table_name="map_step",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_map_step_owner_id_due_on",
        table_name="map_step",
        sqlite_where=sa.text("deleted_at IS NULL AND done_on IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND done_on IS NULL"),
    )
    op.drop_index(
        "ix_map_step_deleted_at_id",
        table_name="map_step",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_map_step_customer_id"), table_name="map_step")
    op.drop_index(op.f("ix_map_step_contact_id"), table_name="map_step")

    op.drop_table("map_step")
    op.drop_index(
        "uq_influence_from_id_to_id_kind",
        table_name="influence",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_influence_updated_at_id",
        table_name="influence",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_influence_to_id"), table_name="influence")
    op.drop_index(
        "ix_influence_kind_updated_at_id",
        table_name="influence",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_influence_from_id"), table_name="influence")
    op.drop_index(
        "ix_influence_deleted_at_id",
        table_name="influence",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_influence_customer_id"), table_name="influence")

    op.drop_table("influence")
    op.drop_index(
        "ix_finding_updated_at_id",
        table_name="finding",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_finding_state_updated_at_id",
        table_name="finding",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_finding_profile_id"), table_name="finding")
    op.drop_index(op.f("ix_finding_opportunity_id"), table_name="finding")
    op.drop_index(
        "ix_finding_kind_updated_at_id",
        table_name="finding",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_finding_deleted_at_id",
        table_name="finding",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_finding_customer_id"), table_name="finding")

    op.drop_table("finding")
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
    op.drop_index(
        "ix_conversion_deleted_at_id",
        table_name="conversion",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_conversion_customer_id"), table_name="conversion")
    op.drop_index(op.f("ix_conversion_contact_id"), table_name="conversion")

    op.drop_table("conversion")
    op.drop_index(
        "uq_profile_customer_id_competitor_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "uq_profile_customer_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NULL AND competitor_id IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND competitor_id IS NULL"),
    )
    op.drop_index(
        "ix_profile_updated_at_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_kind_updated_at_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_deleted_at_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_profile_customer_id"), table_name="profile")
    op.drop_index(
        "ix_profile_completeness_id",
        table_name="profile",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_profile_competitor_id"), table_name="profile")

    op.drop_table("profile")
    op.drop_table("import_row")
    op.drop_index(op.f("ix_default_view_view_id"), table_name="default_view")

    op.drop_table("default_view")
    op.drop_index(
        "uq_collaborator_user_id_customer_id",
        table_name="collaborator",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_collaborator_updated_at_id",
        table_name="collaborator",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_collaborator_deleted_at_id",
        table_name="collaborator",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_collaborator_customer_id"), table_name="collaborator")

    op.drop_table("collaborator")
    op.drop_index(
        "ix_saved_view_updated_at_id",
        table_name="saved_view",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_saved_view_owner_id"), table_name="saved_view")
    op.drop_index("ix_saved_view_list_key_owner_id", table_name="saved_view")
    op.drop_index(
        "ix_saved_view_list_key_audience",
        table_name="saved_view",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_saved_view_deleted_at_id",
        table_name="saved_view",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_saved_view_audience_updated_at_id",
        table_name="saved_view",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.drop_table("saved_view")
    op.drop_index("uq_reminder_state_user_id", table_name="reminder_state")

    op.drop_table("reminder_state")
    op.drop_index(op.f("ix_quota_user_id"), table_name="quota")
    op.drop_index(
        "ix_quota_updated_at_id",
        table_name="quota",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_quota_team_id"), table_name="quota")
    op.drop_index(
        "ix_quota_kind_updated_at_id",
        table_name="quota",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_quota_deleted_at_id",
        table_name="quota",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_quota_at_most_id",
        table_name="quota",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.drop_table("quota")
    op.drop_index(op.f("ix_pool_member_user_id"), table_name="pool_member")
    op.drop_index(op.f("ix_pool_member_team_id"), table_name="pool_member")
    op.drop_index(op.f("ix_pool_member_pool_id"), table_name="pool_member")

    op.drop_table("pool_member")
    op.drop_index("ix_owner_change_entity_record_id", table_name="owner_change")

    op.drop_table("owner_change")
    op.drop_index("ix_import_batch_entity_id", table_name="import_batch")
    op.drop_index("ix_import_batch_by_id_id", table_name="import_batch")

    op.drop_table("import_batch")
    op.drop_table("claim_count")
    op.drop_table("pool_rule")
    op.drop_index(
        "ix_profile_question_updated_at_id",
        table_name="profile_question",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_question_profile_kind_updated_at_id",
        table_name="profile_question",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_question_position_id",
        table_name="profile_question",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_profile_question_deleted_at_id",
        table_name="profile_question",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_profile_question_answer_kind_updated_at_id",
        table_name="profile_question",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.drop_table("profile_question")
    op.drop_index(
        "uq_pool_kind_name",
        table_name="pool",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_pool_updated_at_id",
        table_name="pool",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_pool_name_id",
        table_name="pool",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_pool_kind_updated_at_id",
        table_name="pool",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_pool_deleted_at_id",
        table_name="pool",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_table("pool")
    op.drop_index(op.f("ix_merge_reference"), table_name="merge")
    op.drop_index("ix_merge_entity_into_id", table_name="merge")
    op.drop_index(op.f("ix_merge_at"), table_name="merge")

    op.drop_table("merge")
    op.drop_table("job")
    op.drop_index(
        "ix_grading_rule_updated_at_id",
        table_name="grading_rule",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_grading_rule_deleted_at_id",
        table_name="grading_rule",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_table("grading_rule")
    op.drop_index("ix_duplicate_pair_entity_state_score_id", table_name="duplicate_pair")
    op.drop_index("ix_duplicate_pair_entity_b_id", table_name="duplicate_pair")

    op.drop_table("duplicate_pair")
    op.drop_index(
        "ix_custom_field_updated_at_id",
        table_name="custom_field",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_custom_field_kind_updated_at_id",
        table_name="custom_field",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_custom_field_entity_updated_at_id",
        table_name="custom_field",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_custom_field_deleted_at_id",
        table_name="custom_field",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_table("custom_field")
    op.drop_index(
        "uq_competitor_name",
        table_name="competitor",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_competitor_updated_at_id",
        table_name="competitor",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_competitor_name_id",
        table_name="competitor",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_competitor_deleted_at_id",
        table_name="competitor",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )

    op.drop_table("competitor")
