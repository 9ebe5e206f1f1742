"""Hand-over to the collecting platform (归集)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "collection_batches",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("digest", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("number", name="pk_collection_batches"),
    )
    op.create_table(
        "collection_rows",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(20), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("operation", sa.String(1), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("answered_at", sa.String(32)),
        sa.Column("error_remark", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("sequence", name="pk_collection_rows"),
        sa.ForeignKeyConstraint(["batch"], ["collection_batches.number"], name="fk_collection_rows_batch"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_collection_rows_identifier"),
        sa.UniqueConstraint("batch", "line", name="uq_collection_rows_batch_line"),
        sa.UniqueConstraint("batch", "identifier", "operation", name="uq_collection_rows_batch_identifier_operation"),
    )
    op.create_index("ix_collection_rows_identifier", "collection_rows", ["identifier"])
    op.create_table(
        "collection_acts",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(20)),
        sa.PrimaryKeyConstraint("sequence", name="pk_collection_acts"),
        sa.ForeignKeyConstraint(["sequence"], ["licence_events.sequence"], name="fk_collection_acts_sequence"),
        sa.ForeignKeyConstraint(["batch"], ["collection_batches.number"], name="fk_collection_acts_batch"),
    )
