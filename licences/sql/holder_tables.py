"""Tables of the links between holder codes, and of the numbers that offices allot. Codes stand here encrypted only."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

LINK_CONTEXT = "holder_links:{link_id}"
WITHDRAWAL_CONTEXT = "holder_link_withdrawals:{link_id}"

# Rows are only ever added.
holder_links = sa.Table(
    "holder_links",
    metadata,
    sa.Column("link_id", sa.String(32), primary_key=True),
    sa.Column("relation", sa.String(32), nullable=False),
    sa.Column("earlier_index", sa.String(64), nullable=False, index=True),  # HMAC-SM3 of kind and code
    sa.Column("later_index", sa.String(64), nullable=False, index=True),
    sa.Column("details", sa.LargeBinary, nullable=False, info={PROTECTED: LINK_CONTEXT}),  # JSON: codes and evidence
    sa.Column("evidence_digest", sa.String(64), nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
)

# Rows are only ever added.
holder_link_withdrawals = sa.Table(
    "holder_link_withdrawals",
    metadata,
    sa.Column("link_id", sa.ForeignKey("holder_links.link_id"), primary_key=True),
    sa.Column("reason", sa.LargeBinary, nullable=False, info={PROTECTED: WITHDRAWAL_CONTEXT}),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
)

number_sequences = sa.Table(
    "number_sequences",
    metadata,
    sa.Column("issuer_code", sa.String(18), primary_key=True),
    sa.Column("type_code", sa.String(21), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
