"""Tables of cases and what was done in them. What people wrote stands here encrypted only."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

CASE_CONTEXT = "cases.statement:{number}"
NOTE_CONTEXT = "case_steps.note:{number}:{step}"

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("deadline", Instant, nullable=False),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), index=True),  # NULL: about none
    sa.Column("holder_index", sa.String(64), nullable=False, index=True),
    sa.Column("office_code", sa.String(18), nullable=False),
    sa.Column("forgery", sa.ForeignKey("forgery_reports.number")),  # NULL: about none
    sa.Column("statement", sa.LargeBinary, nullable=False, info={PROTECTED: CASE_CONTEXT}),  # JSON
    sa.Column("closed_at", Instant, index=True),  # NULL while it is open
    sa.UniqueConstraint("forgery"),
)

# Rows are only ever added.
case_steps = sa.Table(
    "case_steps",
    metadata,
    sa.Column("number", sa.ForeignKey("cases.number"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False, info={PROTECTED: NOTE_CONTEXT}),
    sa.Column("deadline", Instant),
)
