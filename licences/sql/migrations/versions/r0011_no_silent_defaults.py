"""Columns that older programs did not write lose the defaults that stood in for them.

The defaults of 0003 let the program before it go on adding licences and acts. When no such program is left, a row that
lacks one of these columns is a fault of ours and is refused.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
post = True
oldest_program = "0010"

_COLUMNS = {
    "licences": ("edition", "type_version"),
    "licence_events": ("legal_ground", "actor", "office", "office_code"),
}


def upgrade() -> None:
    """Drop the defaults; the rows keep what they have."""
    for name, columns in _COLUMNS.items():
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.alter_column(column, server_default=None)
