"""The oldest program that can work with the schema; drills over everything that a key, a batch or a type touched."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "store_schema",
        sa.Column("oldest_program", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("oldest_program", name="pk_store_schema"),
    )
