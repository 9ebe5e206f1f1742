"""Table of the sessions of people who logged in."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

HOLDER_CONTEXT = "sessions.holder:{digest}"

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("client", sa.String(64), nullable=False),
    sa.Column("proof_id", sa.String(128), nullable=False),  # empty for holders
    sa.Column("holder", sa.LargeBinary, info={PROTECTED: HOLDER_CONTEXT}),  # JSON: client, proof, holder
    sa.Column("opened_at", Instant, nullable=False, index=True),
    sa.Column("used_at", Instant, nullable=False),
)
