"""Table of webhooks. The log of acts is their outbox: only how far each receiver is stands here."""

import sqlalchemy as sa

from .metadata import PROTECTED, Instant, metadata

URL_CONTEXT = "webhooks.url:{id}"
SECRETS_CONTEXT = "webhooks.secrets:{id}"

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("client", sa.String(128), nullable=False, index=True),
    sa.Column("url", sa.LargeBinary, nullable=False, info={PROTECTED: URL_CONTEXT}),
    sa.Column("secrets", sa.LargeBinary, nullable=False, info={PROTECTED: SECRETS_CONTEXT}),  # JSON
    sa.Column("events", sa.Text, nullable=False),  # JSON, as the next two
    sa.Column("types", sa.Text),  # NULL: all
    sa.Column("regions", sa.Text),  # NULL: all
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failing_since", Instant),
    sa.Column("retry_at", Instant),
    sa.Column("last_code", sa.String(64), nullable=False),
)
