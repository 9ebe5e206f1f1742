"""Table of the reports of forgeries."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

STATEMENT_CONTEXT = "forgery_reports.statement:{number}"
CONTACT_CONTEXT = "forgery_reports.contact:{number}"
REMARK_CONTEXT = "forgery_reports.remark:{number}"

forgery_reports = sa.Table(
    "forgery_reports",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), index=True),  # NULL: about none of ours
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("statement", sa.LargeBinary, nullable=False, info={PROTECTED: STATEMENT_CONTEXT}),  # JSON
    sa.Column("contact", sa.LargeBinary, info={PROTECTED: CONTACT_CONTEXT}),
    # What follows is NULL until the report is closed.
    sa.Column("closed_at", Instant),
    sa.Column("finding", sa.String(16)),
    sa.Column("remark", sa.LargeBinary, info={PROTECTED: REMARK_CONTEXT}),
    sa.Column("actor", sa.String(128)),
    sa.Column("office", sa.String(128)),
    sa.Column("office_code", sa.String(18)),
)
