"""Clients and what proves them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "clients",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_clients"),
    )
    op.create_table(
        "client_proofs",
        sa.Column("proof_id", sa.String(96), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("last_used", sa.String(10), nullable=True),
        sa.PrimaryKeyConstraint("proof_id", name="pk_client_proofs"),
        sa.ForeignKeyConstraint(["client"], ["clients.name"], name="fk_client_proofs_client"),
    )
    op.create_index("ix_client_proofs_client", "client_proofs", ["client"])
