"""The trail of what is done with licences; drafts remember which of their steps are in it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables and the column."""
    op.create_table(
        "trail_entries",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("client", sa.String(128), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("type_slug", sa.String(64), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("holder_index", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_trail_entries"),
        sa.UniqueConstraint("source", name="uq_trail_entries_source"),
    )
    op.create_index("ix_trail_entries_at", "trail_entries", ["at"])
    op.create_index("ix_trail_entries_client_sequence", "trail_entries", ["client", "sequence"])
    op.create_index("ix_trail_entries_identifier_sequence", "trail_entries", ["identifier", "sequence"])
    op.create_index("ix_trail_entries_holder_index_sequence", "trail_entries", ["holder_index", "sequence"])
    op.create_table(
        "trail_batches",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("events_to", sa.Integer(), nullable=False),
        sa.Column("chained_at", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_trail_batches"),
    )
    op.create_table(
        "trail_checkpoints",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch", name="pk_trail_checkpoints"),
    )
    op.add_column("drafts", sa.Column("trail_revision", sa.Integer(), nullable=True))
    waiting = sa.text("trail_revision IS NULL OR trail_revision < revision")
    op.create_index("ix_drafts_trail", "drafts", ["draft_id"], sqlite_where=waiting, postgresql_where=waiting)
