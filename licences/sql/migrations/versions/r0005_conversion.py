"""Conversions of paper stock: runs over registers, and what has become of their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversions",
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("type_slug", sa.String(64), nullable=False),
        sa.Column("operator", sa.String(128), nullable=False),
        sa.Column("checked_by", sa.String(128), nullable=False),
        sa.Column("dry_run", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
        sa.Column("finished_at", sa.String(32)),
        sa.Column("failure", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="pk_conversions"),
    )
    op.create_index("ix_conversions_request_digest", "conversions", ["request_digest"])
    op.create_table(
        "conversion_rows",
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("line", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("trust_level", sa.String(1), nullable=False),
        sa.Column("findings", sa.Text),
        sa.PrimaryKeyConstraint("batch_id", "line", name="pk_conversion_rows"),
        sa.ForeignKeyConstraint(["batch_id"], ["conversions.batch_id"], name="fk_conversion_rows_batch_id"),
    )
