"""Reports of forgeries that people send in through the pages."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "forgery_reports",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=True),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.String(32), nullable=True),
        sa.Column("finding", sa.String(16), nullable=True),
        sa.Column("remark", sa.LargeBinary(), nullable=True),
        sa.Column("actor", sa.String(128), nullable=True),
        sa.Column("office", sa.String(128), nullable=True),
        sa.Column("office_code", sa.String(18), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_forgery_reports"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_forgery_reports_identifier"),
    )
    op.create_index("ix_forgery_reports_received_at", "forgery_reports", ["received_at"])
    op.create_index("ix_forgery_reports_identifier", "forgery_reports", ["identifier"])
