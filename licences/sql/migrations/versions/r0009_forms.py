"""Register of blank pre-printed forms; room for the kinds of further documents."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    with op.batch_alter_table("licence_files") as files:
        files.alter_column("kind", existing_type=sa.String(8), type_=sa.String(32), existing_nullable=False)
    op.create_table(
        "form_batches",
        sa.Column("type_code", sa.String(21), nullable=False),
        sa.Column("prefix", sa.String(8), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("first", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        *_actor(),
        sa.PrimaryKeyConstraint("type_code", "prefix", "width", "first", name="pk_form_batches"),
    )
    op.create_table(
        "form_entries",
        sa.Column("type_code", sa.String(21), nullable=False),
        sa.Column("serial", sa.String(24), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("identifier", sa.String(100)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        *_actor(),
        sa.PrimaryKeyConstraint("type_code", "serial", "state", name="pk_form_entries"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_form_entries_identifier"),
    )
    op.create_index("ix_form_entries_identifier", "form_entries", ["identifier"])
    op.create_index("ix_form_entries_recorded_at", "form_entries", ["recorded_at"])


def _actor() -> list[sa.Column[str]]:
    return [
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.Column("actor_office", sa.String(256), nullable=False),
        sa.Column("actor_office_code", sa.String(18), nullable=False),
    ]
