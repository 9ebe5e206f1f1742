"""Tables of annotated copies, and of who relied on which version of a licence."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

FILES_CONTEXT = "annotated_copies.files:{serial}"

annotated_copies = sa.Table(
    "annotated_copies",
    metadata,
    sa.Column("serial", sa.String(20), primary_key=True),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False, index=True),
    sa.Column("made_by", sa.String(128), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    # JSON of the files' digests, encrypted: with a digest one could try out whose licence it is.
    sa.Column("files", sa.LargeBinary, nullable=False, info={PROTECTED: FILES_CONTEXT}),
)

# Rows are only ever added.
reliances = sa.Table(
    "reliances",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False, index=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("reference", sa.String(64), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("officer", sa.String(128), nullable=False),
    sa.Column("item_name", sa.String(128), nullable=False),
    sa.Column("item_code", sa.String(128), nullable=False),
    sa.Column("case_number", sa.String(128), nullable=False),
    sa.Column("relied_at", Instant, nullable=False),
    sa.UniqueConstraint("kind", "reference"),
)
