"""Cases about licences, and what was done in them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cases",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("deadline", sa.String(32), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=True),
        sa.Column("holder_index", sa.String(64), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.Column("forgery", sa.String(20), nullable=True),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_cases"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_cases_identifier"),
        sa.ForeignKeyConstraint(["forgery"], ["forgery_reports.number"], name="fk_cases_forgery"),
        sa.UniqueConstraint("forgery", name="uq_cases_forgery"),
    )
    for column in ("identifier", "holder_index", "closed_at"):
        op.create_index(f"ix_cases_{column}", "cases", [column])
    op.create_table(
        "case_steps",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("office", sa.String(128), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("deadline", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("number", "step", name="pk_case_steps"),
        sa.ForeignKeyConstraint(["number"], ["cases.number"], name="fk_case_steps_number"),
    )
