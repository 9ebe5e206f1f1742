"""Tables of the register of blank forms. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa

from .metadata import Instant, metadata

form_batches = sa.Table(
    "form_batches",
    metadata,
    sa.Column("type_code", sa.String(21), primary_key=True),
    sa.Column("prefix", sa.String(8), primary_key=True),
    sa.Column("width", sa.Integer, primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("actor_name", sa.String(128), nullable=False),
    sa.Column("actor_office", sa.String(256), nullable=False),
    sa.Column("actor_office_code", sa.String(18), nullable=False),
)

# Rows are only ever added. A form has at most one entry of each state: it is never used twice.
form_entries = sa.Table(
    "form_entries",
    metadata,
    sa.Column("type_code", sa.String(21), primary_key=True),
    sa.Column("serial", sa.String(24), primary_key=True),
    sa.Column("state", sa.String(8), primary_key=True),
    sa.Column("identifier", sa.ForeignKey("licences.identifier"), index=True),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False, index=True),
    sa.Column("actor_name", sa.String(128), nullable=False),
    sa.Column("actor_office", sa.String(256), nullable=False),
    sa.Column("actor_office_code", sa.String(18), nullable=False),
)
