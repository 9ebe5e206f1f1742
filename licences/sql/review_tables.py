"""Tables of drafts and their review. What was typed, and what was remarked about it, stands here encrypted only."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

CONTENT_CONTEXT = "draft:{draft_id}:{version}"
REMARKS_CONTEXT = "draft-remarks:{draft_id}:{revision}"

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("draft_id", sa.String(32), primary_key=True),
    sa.Column("type_slug", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("maker", sa.String(128), nullable=False),
    sa.Column("checker", sa.String(128), nullable=False),
    sa.Column("identifier", sa.ForeignKey("licences.identifier")),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("trail_revision", sa.Integer),  # the steps up to this one are in the trail; NULL: none
    sa.UniqueConstraint("identifier"),
)
NOT_IN_TRAIL = sa.text("trail_revision IS NULL OR trail_revision < revision")
sa.Index("ix_drafts_trail", drafts.c.draft_id, sqlite_where=NOT_IN_TRAIL, postgresql_where=NOT_IN_TRAIL)

draft_versions = sa.Table(
    "draft_versions",
    metadata,
    sa.Column("draft_id", sa.ForeignKey("drafts.draft_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False, info={PROTECTED: CONTENT_CONTEXT}),
)

# Rows are only ever added.
draft_events = sa.Table(
    "draft_events",
    metadata,
    sa.Column("draft_id", sa.ForeignKey("drafts.draft_id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("state_before", sa.String(16)),
    sa.Column("state_after", sa.String(16), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("actor_name", sa.String(128), nullable=False),
    sa.Column("actor_office", sa.String(128), nullable=False),
    sa.Column("actor_office_code", sa.String(18), nullable=False),
    sa.Column("remarks", sa.LargeBinary, info={PROTECTED: REMARKS_CONTEXT}),
    sa.Column("recorded_at", Instant, nullable=False),
)
