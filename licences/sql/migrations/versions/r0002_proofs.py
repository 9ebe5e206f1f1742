"""Proofs of existence: since when a file or a code of a licence has been in the store.

Licences issued before have none: their rows were never marked with the installation's key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "licence_proofs",
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("identifier", "sha256", name="pk_licence_proofs"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_licence_proofs_identifier"),
    )
