"""Batches of licences to be issued, and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "issue_batches",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("accepted_at", sa.String(32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.String(32), nullable=True),
        sa.Column("cancelled_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_issue_batches"),
        sa.UniqueConstraint("client", "key_digest", name="uq_issue_batches_client_key_digest"),
    )
    op.create_index("ix_issue_batches_finished_at", "issue_batches", ["finished_at"])
    op.create_table(
        "issue_batch_items",
        sa.Column("batch", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("wish", sa.LargeBinary(), nullable=True),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("replayed", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("batch", "position", name="pk_issue_batch_items"),
        sa.ForeignKeyConstraint(["batch"], ["issue_batches.id"], name="fk_issue_batch_items_batch"),
    )
    op.create_index("ix_issue_batch_items_state", "issue_batch_items", ["state"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=True),
        sa.Column("regions", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.String(32), nullable=True),
        sa.Column("retry_at", sa.String(32), nullable=True),
        sa.Column("last_code", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_client", "webhooks", ["client"])
