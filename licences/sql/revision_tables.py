"""What the database itself says about the programs that can work with it."""

import sqlalchemy as sa

from .metadata import metadata

SCHEMA_REVISION = "0018"
"""The newest migration that this program needs. Those after it wait until no older program is left (``revisions``)."""

# One row, beside Alembic's own `alembic_version`. A program that does not know the newest migrations looks here.
store_schema = sa.Table(
    "store_schema",
    metadata,
    sa.Column("oldest_program", sa.String(32), primary_key=True),
)
