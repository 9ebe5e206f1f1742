"""Mandates, and codes for one use of a licence."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "mandates",
        sa.Column("mandate_id", sa.String(32), nullable=False),
        sa.Column("principal_index", sa.String(64), nullable=False),
        sa.Column("agent_index", sa.String(64), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.String(32), nullable=False),
        sa.Column("withdrawn_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("mandate_id", name="pk_mandates"),
    )
    op.create_index("ix_mandates_principal_index", "mandates", ["principal_index"])
    op.create_index("ix_mandates_agent_index", "mandates", ["agent_index"])
    op.create_index("ix_mandates_until", "mandates", ["until"])
    op.create_table(
        "use_codes",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("type_slug", sa.String(64), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("mandate_id", sa.String(32), nullable=True),
        sa.Column("binding", sa.String(64), nullable=False),
        sa.Column("forms", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(128), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_use_codes"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_use_codes_identifier"),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandates.mandate_id"], name="fk_use_codes_mandate_id"),
    )
    op.create_index("ix_use_codes_expires_at", "use_codes", ["expires_at"])
    op.create_index("ix_use_codes_made_by_expires_at", "use_codes", ["made_by", "expires_at"])
    op.create_table(
        "use_code_uses",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(64), nullable=False),
        sa.Column("used_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("digest", "verifier", name="pk_use_code_uses"),
        sa.ForeignKeyConstraint(["digest"], ["use_codes.digest"], name="fk_use_code_uses_digest"),
    )
