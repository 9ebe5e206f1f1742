"""Tables of the licence store. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

NUMBER_CONTEXT = "licences.number:{identifier}"

licences = sa.Table(
    "licences",
    metadata,
    sa.Column("identifier", sa.String(100), primary_key=True),
    sa.Column("number", sa.String(128), nullable=False),
    sa.Column("number_key", sa.String(256), nullable=False),  # normal form: NFKC may lengthen a text
    sa.Column("type_code", sa.String(21), nullable=False),
    sa.Column("type_slug", sa.String(64), nullable=False),
    sa.Column("version", sa.String(3), nullable=False),
    sa.Column("algorithm", sa.String(16), nullable=False),
    sa.Column("issuer_code", sa.String(18), nullable=False),
    sa.Column("holder_kind", sa.String(3), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("sealed_at", Instant, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("short_code", sa.String(16), nullable=False),
    sa.Column("verify_url", sa.Text, nullable=False),
    sa.Column("status_list", sa.Integer, nullable=False),
    sa.Column("status_index", sa.Integer, nullable=False),
    sa.Column("lineage", sa.String(100), index=True),  # identifier of the first version; NULL on a first version
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("obligations", sa.Text),  # JSON
    sa.Column("type_version", sa.Integer, nullable=False),
    sa.Column("number_protected", sa.LargeBinary, info={PROTECTED: NUMBER_CONTEXT}),  # then `number` is empty
    sa.UniqueConstraint("issuer_code", "type_code", "number_key", "edition"),
    sa.UniqueConstraint("short_code"),
    sa.UniqueConstraint("status_list", "status_index"),
)

licence_holders = sa.Table(
    "licence_holders",
    metadata,
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), primary_key=True),
    sa.Column("holder_index", sa.String(64), primary_key=True, index=True),  # HMAC-SM3 of kind and code
)

licence_files = sa.Table(
    "licence_files",
    metadata,
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("sm3", sa.String(64), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
)

# What existed when: of files, also those that a later level replaced, and of codes. Rows are only ever added.
licence_proofs = sa.Table(
    "licence_proofs",
    metadata,
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("since", Instant, nullable=False),
    sa.Column("mark", sa.String(64), nullable=False),  # HMAC-SM3 of the row: the database alone cannot backdate
)

licence_attachments = sa.Table(
    "licence_attachments",
    metadata,
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
)

licence_events = sa.Table(
    "licence_events",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False, index=True),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("status_before", sa.String(16)),
    sa.Column("status_after", sa.String(16), nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("effective_at", Instant, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("legal_ground", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("office", sa.String(128), nullable=False),
    sa.Column("office_code", sa.String(18), nullable=False),
    sa.Column("particulars", sa.Text),  # JSON; NULL when the act has none
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("key_digest", sa.String(64), primary_key=True),  # SHA-256: keys are the callers' and may be any text
    sa.Column("body_digest", sa.String(128), nullable=False),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False),
)
