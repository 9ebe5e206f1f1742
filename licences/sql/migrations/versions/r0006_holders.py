"""Links between holder codes, numbers that offices allot, and the column for protected licence numbers.

Older programs never look at any of it: numbers are protected only when none of them is left.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables and add the column."""
    op.add_column("licences", sa.Column("number_protected", sa.LargeBinary))
    op.create_table(
        "holder_links",
        sa.Column("link_id", sa.String(32), nullable=False),
        sa.Column("relation", sa.String(32), nullable=False),
        sa.Column("earlier_index", sa.String(64), nullable=False),
        sa.Column("later_index", sa.String(64), nullable=False),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("evidence_digest", sa.String(64), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("office", sa.String(128), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.PrimaryKeyConstraint("link_id", name="pk_holder_links"),
    )
    op.create_index("ix_holder_links_earlier_index", "holder_links", ["earlier_index"])
    op.create_index("ix_holder_links_later_index", "holder_links", ["later_index"])
    op.create_table(
        "holder_link_withdrawals",
        sa.Column("link_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("office", sa.String(128), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.PrimaryKeyConstraint("link_id", name="pk_holder_link_withdrawals"),
        sa.ForeignKeyConstraint(["link_id"], ["holder_links.link_id"], name="fk_holder_link_withdrawals_link_id"),
    )
    op.create_table(
        "number_sequences",
        sa.Column("issuer_code", sa.String(18), nullable=False),
        sa.Column("type_code", sa.String(21), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("issuer_code", "type_code", "year", name="pk_number_sequences"),
    )
