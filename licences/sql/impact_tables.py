"""Tables of the mis-issue drills. Lists are files; what stands here says which were made, and what was decided."""

import sqlalchemy as sa

from .metadata import Instant, metadata

impact_lists = sa.Table(
    "impact_lists",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the file
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
)

impact_drills = sa.Table(
    "impact_drills",
    metadata,
    sa.Column("digest", sa.ForeignKey("impact_lists.digest"), primary_key=True),
    sa.Column("action", sa.String(16), primary_key=True),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("legal_ground", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
    sa.Column("effective_at", Instant, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
)
