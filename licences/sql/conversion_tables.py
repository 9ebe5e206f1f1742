"""Tables of conversions of paper stock. Nothing that a register says stands here."""

import sqlalchemy as sa

from .metadata import Instant, metadata

conversions = sa.Table(
    "conversions",
    metadata,
    sa.Column("batch_id", sa.String(32), primary_key=True),
    sa.Column("request_digest", sa.String(64), nullable=False, index=True),
    sa.Column("type_slug", sa.String(64), nullable=False),
    sa.Column("operator", sa.String(128), nullable=False),
    sa.Column("checked_by", sa.String(128), nullable=False),
    sa.Column("dry_run", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("failure", sa.String(64), nullable=False),
)

conversion_rows = sa.Table(
    "conversion_rows",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("conversions.batch_id"), primary_key=True),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("identifier", sa.String(100), nullable=False),
    sa.Column("trust_level", sa.String(1), nullable=False),
    sa.Column("findings", sa.Text),  # JSON; NULL when there are none
)
