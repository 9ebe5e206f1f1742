"""Annotated copies and who relied on which version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "annotated_copies",
        sa.Column("serial", sa.String(20), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("made_by", sa.String(128), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_annotated_copies"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_annotated_copies_identifier"),
    )
    op.create_index("ix_annotated_copies_identifier", "annotated_copies", ["identifier"])
    op.create_table(
        "reliances",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("office", sa.String(128), nullable=False),
        sa.Column("officer", sa.String(128), nullable=False),
        sa.Column("item_name", sa.String(128), nullable=False),
        sa.Column("item_code", sa.String(128), nullable=False),
        sa.Column("case_number", sa.String(128), nullable=False),
        sa.Column("relied_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_reliances"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_reliances_identifier"),
        sa.UniqueConstraint("kind", "reference", name="uq_reliances_kind_reference"),
    )
    op.create_index("ix_reliances_identifier", "reliances", ["identifier"])
