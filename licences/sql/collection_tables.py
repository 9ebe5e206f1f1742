"""Tables of the collection upstream: batches, their rows, and which acts were collected."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

DIGEST_CONTEXT = "collection_batches.digest:{number}"
REMARK_CONTEXT = "collection_rows.error_remark:{sequence}"

collection_batches = sa.Table(
    "collection_batches",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("form", sa.String(8), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    # Encrypted: with the digest of a small file one could try out who is in it.
    sa.Column("digest", sa.LargeBinary, info={PROTECTED: DIGEST_CONTEXT}),
)

# Rows are only ever added; the sequence says which one about a licence is the newest.
collection_rows = sa.Table(
    "collection_rows",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("batch", sa.ForeignKey("collection_batches.number"), nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False, index=True),
    sa.Column("operation", sa.String(1), nullable=False),
    sa.Column("answer", sa.String(8), nullable=False),
    sa.Column("answered_at", Instant),
    # Encrypted: platforms repeat what they refuse.
    sa.Column("error_remark", sa.LargeBinary, info={PROTECTED: REMARK_CONTEXT}),
    sa.UniqueConstraint("batch", "line"),
    sa.UniqueConstraint("batch", "identifier", "operation"),
)

# An act is collected once: its row here is what keeps it out of every other batch.
collection_acts = sa.Table(
    "collection_acts",
    metadata,
    sa.Column("sequence", sa.ForeignKey("licence_events.sequence"), primary_key=True),
    sa.Column("batch", sa.ForeignKey("collection_batches.number")),
)
