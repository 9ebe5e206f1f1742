"""Tables of batches of licences to be issued."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

WISH_CONTEXT = "issue_batch_items.wish:{batch}:{position}"
PROBLEM_CONTEXT = "issue_batch_items.problem:{batch}:{position}"

issue_batches = sa.Table(
    "issue_batches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("client", sa.String(128), nullable=False),
    sa.Column("key_digest", sa.String(64), nullable=False),  # HMAC-SM3: clients put what they like into their keys
    sa.Column("body_digest", sa.String(64), nullable=False),  # HMAC-SM3, as holders stand in the body
    sa.Column("accepted_at", Instant, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("finished_at", Instant, index=True),
    sa.Column("cancelled_at", Instant),
    sa.UniqueConstraint("client", "key_digest"),
)

issue_batch_items = sa.Table(
    "issue_batch_items",
    metadata,
    sa.Column("batch", sa.ForeignKey("issue_batches.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    # Encrypted, and gone as soon as the item is settled.
    sa.Column("wish", sa.LargeBinary, info={PROTECTED: WISH_CONTEXT}),
    sa.Column("identifier", sa.String(100), nullable=False),
    sa.Column("replayed", sa.Boolean(create_constraint=False), nullable=False),
    # Encrypted JSON: pointers repeat keys that somebody typed.
    sa.Column("problem", sa.LargeBinary, info={PROTECTED: PROBLEM_CONTEXT}),
)
