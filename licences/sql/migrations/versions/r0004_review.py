"""Drafts and their review."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "drafts",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("type_slug", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("maker", sa.String(128), nullable=False),
        sa.Column("checker", sa.String(128), nullable=False),
        sa.Column("identifier", sa.String(100)),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name="pk_drafts"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_drafts_identifier"),
        sa.UniqueConstraint("identifier", name="uq_drafts_identifier"),
    )
    op.create_index("ix_drafts_state", "drafts", ["state"])
    op.create_table(
        "draft_versions",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "version", name="pk_draft_versions"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.draft_id"], name="fk_draft_versions_draft_id"),
    )
    op.create_table(
        "draft_events",
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("state_before", sa.String(16)),
        sa.Column("state_after", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.Column("actor_office", sa.String(128), nullable=False),
        sa.Column("actor_office_code", sa.String(18), nullable=False),
        sa.Column("remarks", sa.LargeBinary()),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "revision", name="pk_draft_events"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.draft_id"], name="fk_draft_events_draft_id"),
    )
