"""Licences, their holders, files and events, and idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "licences",
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("number", sa.String(128), nullable=False),
        sa.Column("number_key", sa.String(256), nullable=False),
        sa.Column("type_code", sa.String(21), nullable=False),
        sa.Column("type_slug", sa.String(64), nullable=False),
        sa.Column("version", sa.String(3), nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("issuer_code", sa.String(18), nullable=False),
        sa.Column("holder_kind", sa.String(3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("short_code", sa.String(16), nullable=False),
        sa.Column("verify_url", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name="pk_licences"),
        sa.UniqueConstraint(
            "issuer_code",
            "type_code",
            "number_key",
            "version",
            name="uq_licences_issuer_code_type_code_number_key_version",
        ),
        sa.UniqueConstraint("short_code", name="uq_licences_short_code"),
        sa.UniqueConstraint("status_list", "status_index", name="uq_licences_status_list_status_index"),
    )
    op.create_table(
        "licence_holders",
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("holder_index", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("identifier", "holder_index", name="pk_licence_holders"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_licence_holders_identifier"),
    )
    op.create_index("ix_licence_holders_holder_index", "licence_holders", ["holder_index"])
    op.create_table(
        "licence_files",
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sm3", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", "kind", name="pk_licence_files"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_licence_files_identifier"),
    )
    op.create_table(
        "licence_events",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("status_before", sa.String(16)),
        sa.Column("status_after", sa.String(16), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.String(32), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_licence_events"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_licence_events_identifier"),
    )
    op.create_index("ix_licence_events_identifier", "licence_events", ["identifier"])
    op.create_table(
        "idempotency_keys",
        sa.Column("key_digest", sa.String(64), nullable=False),
        sa.Column("body_digest", sa.String(128), nullable=False),
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("key_digest", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_idempotency_keys_identifier"),
    )
