"""Tables of mandates, of codes for one use of a licence and their uses. Holders stand here encrypted or as index."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

MANDATE_CONTEXT = "mandates:{mandate_id}"
CODE_CONTEXT = "use_codes:{digest}"

mandates = sa.Table(
    "mandates",
    metadata,
    sa.Column("mandate_id", sa.String(32), primary_key=True),
    sa.Column("principal_index", sa.String(64), nullable=False, index=True),  # HMAC-SM3 of kind and code
    sa.Column("agent_index", sa.String(64), nullable=False, index=True),
    sa.Column("details", sa.LargeBinary, nullable=False, info={PROTECTED: MANDATE_CONTEXT}),  # JSON: who, what for
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date, nullable=False, index=True),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),  # NULL: not taken back
)

use_codes = sa.Table(
    "use_codes",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # SM3 of the code
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), nullable=False),
    sa.Column("type_slug", sa.String(64), nullable=False),
    sa.Column("region", sa.String(6), nullable=False),
    sa.Column("mandate_id", sa.ForeignKey("mandates.mandate_id")),  # NULL: not made under a mandate
    sa.Column("binding", sa.String(64), nullable=False),  # HMAC-SM3 of client, item and case
    sa.Column("forms", sa.String(64), nullable=False),
    sa.Column("made_by", sa.String(128), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("details", sa.LargeBinary, nullable=False, info={PROTECTED: CODE_CONTEXT}),  # JSON: ground, item, case
    sa.Index("ix_use_codes_made_by_expires_at", "made_by", "expires_at"),
)

# One row for each use: its key is what makes a second use impossible.
use_code_uses = sa.Table(
    "use_code_uses",
    metadata,
    sa.Column("digest", sa.ForeignKey("use_codes.digest"), primary_key=True),
    sa.Column("verifier", sa.String(64), primary_key=True),  # HMAC-SM3; of the empty text where anybody uses it up
    sa.Column("used_at", Instant, nullable=False),
)
