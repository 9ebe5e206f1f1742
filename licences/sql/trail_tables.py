"""Tables of the trail: its entries, the batches that chain them, the checkpoints that are signed."""

import sqlalchemy as sa

from .metadata import Instant, metadata

# `content` is what counts; the columns after `mark` repeat parts of it for questions.
trail_entries = sa.Table(
    "trail_entries",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),  # without gaps: a gap is a deleted row
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON, ASCII
    sa.Column("mark", sa.String(64), nullable=False),  # HMAC-SM3 of the row: the database alone cannot make one
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),  # reason, refusal or act: what statistics count
    sa.Column("client", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
    sa.Column("identifier", sa.String(100), nullable=False),
    sa.Column("type_slug", sa.String(64), nullable=False),
    sa.Column("region", sa.String(6), nullable=False),
    sa.Column("holder_index", sa.String(64), nullable=False),
    sa.Column("source", sa.String(64)),  # of a change or a step of a draft: which row of its history; else NULL
    sa.UniqueConstraint("source"),
    sa.Index("ix_trail_entries_client_sequence", "client", "sequence"),
    sa.Index("ix_trail_entries_identifier_sequence", "identifier", "sequence"),
    sa.Index("ix_trail_entries_holder_index_sequence", "holder_index", "sequence"),
)

trail_batches = sa.Table(
    "trail_batches",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer, nullable=False),  # one less than `first` for a batch of nothing
    sa.Column("events_to", sa.Integer, nullable=False),  # the licence events up to this one are in the trail
    sa.Column("chained_at", Instant, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("mark", sa.String(64), nullable=False),
)

trail_checkpoints = sa.Table(
    "trail_checkpoints",
    metadata,
    sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),  # statement and signature, ASCII
)
