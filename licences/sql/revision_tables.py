"""What the database itself says about the programs that can work with it."""

import sqlalchemy as sa

from .metadata import metadata

# One row, beside Alembic's own `alembic_version`. A program that does not know the newest migrations looks here.
store_schema = sa.Table(
    "store_schema",
    metadata,
    sa.Column("oldest_program", sa.String(32), primary_key=True),
)
