"""What all tables of the store share: their metadata, and how an instant is kept."""

from datetime import UTC, datetime

import sqlalchemy as sa

PROTECTED = "protected"
"""Key in a column's ``info`` with the context that its encrypted values are bound to; names of columns in braces."""


class Instant(sa.TypeDecorator[datetime]):
    """An aware instant as RFC 3339 text in UTC to the microsecond: the order of the texts is that of time."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        """Python to database; ValueError for an instant without an offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset from UTC")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        """Database to Python; ValueError for a text that is no instant."""
        if value is None:
            return None
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant needs an offset from UTC")
        return instant


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)
