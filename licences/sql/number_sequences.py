"""The numbers that an office allots one after the other."""

import sqlalchemy as sa

from .holder_tables import number_sequences

_OF = sa.and_(
    number_sequences.c.issuer_code == sa.bindparam("issuer"),
    number_sequences.c.type_code == sa.bindparam("type"),
    number_sequences.c.year == sa.bindparam("of_year"),
)
_LAST = sa.select(number_sequences.c.last).where(_OF)
_SET = number_sequences.update().where(_OF).values(last=sa.bindparam("new"))
_BEGIN = number_sequences.insert()


def next_number(connection: sa.Connection, issuer_code: str, type_code: str, year: int, above: int) -> int:
    """Take the next number, inside a transaction that nobody else can write beside."""
    key = {"issuer": issuer_code, "type": type_code, "of_year": year}
    last = connection.execute(_LAST, key).scalar()
    number = max(last or 0, above) + 1
    if last is None:
        row = {"issuer_code": issuer_code, "type_code": type_code, "year": year, "last": number}
        connection.execute(_BEGIN, row)
    else:
        connection.execute(_SET, {**key, "new": number})
    return number
