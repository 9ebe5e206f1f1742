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
    op.create_table(
        "impact_lists",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_impact_lists"),
    )
    op.create_table(
        "impact_drills",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("legal_ground", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("office", sa.String(128), nullable=False),
        sa.Column("office_code", sa.String(18), nullable=False),
        sa.Column("effective_at", sa.String(32), nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("digest", "action", name="pk_impact_drills"),
        sa.ForeignKeyConstraint(["digest"], ["impact_lists.digest"], name="fk_impact_drills_digest"),
    )
