"""How the printed numbers of licences are kept: that of a person's licence may be made of the person's own number.

Protected once no older program works with the database, for those read and compare numbers in clear: encrypted, and
found by a keyed digest. What was kept before is brought over by ``reencryption``.
"""

import sqlalchemy as sa

from keys import hmac_bytes
from licences.errors import ProtectedDataError
from licences.model import normal_number
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated
from .licence_tables import NUMBER_CONTEXT
from .revision_tables import store_schema

FIRST_PROTECTED_REVISION = "0006"
"""Programs of this SCHEMA_REVISION and later read protected numbers."""
_OLDEST_PROGRAM = sa.select(store_schema.c.oldest_program)


class NumberColumns:
    """Writes and reads the columns ``number``, ``number_key`` and ``number_protected``."""

    def __init__(self, index_key: bytes, protection: Protection | None) -> None:
        """Without ``protection`` numbers are kept in clear, and protected ones do not open."""
        self._index_key = index_key
        self._protection = protection

    def keys_of(self, number: str) -> list[str]:
        """Return what a licence with this number may have as its key, in clear and protected."""
        return [normal_number(number), self._key(number)]

    def columns(self, connection: sa.Connection, identifier: str, number: str) -> dict[str, object]:
        """Return the values for a licence, as this database wants them now."""
        if self._protection is None or not may_protect(connection):
            return {"number": number, "number_key": normal_number(number), "number_protected": None}
        return self.protected(self._protection, identifier, number)

    def protected(self, protection: Protection, identifier: str, number: str) -> dict[str, object]:
        """Return the values of a protected number."""
        closed = protection.protect(number.encode(), context=NUMBER_CONTEXT.format(identifier=identifier))
        return {"number": "", "number_key": self._key(number), "number_protected": closed}

    def number_of(self, identifier: str, number: str, closed: bytes | None) -> str:
        """Return the printed number of a row of these columns; ProtectedDataError when it does not open."""
        if closed is None:
            return number
        if self._protection is None:
            raise ProtectedDataError("PROTECTION_KEY_MISSING")
        return self._protection.reveal(closed, context=NUMBER_CONTEXT.format(identifier=identifier)).decode()

    def _key(self, number: str) -> str:
        text = f"number:{normal_number(number)}"
        return hmac_bytes("sm3", self._index_key, text.encode("utf-8", "surrogatepass")).hex()


def may_protect_in(url: str) -> bool:
    """Whether every program that still works with a database can read protected data; StoreUnavailableError."""
    engine = open_engine(url, busy_timeout=BUSY_TIMEOUT)
    try:
        with translated(), engine.connect() as connection:
            return may_protect(connection)
    finally:
        close_engine(engine)


def may_protect(connection: sa.Connection) -> bool:
    """Whether every program that still works with this database can read protected numbers."""
    return (connection.execute(_OLDEST_PROGRAM).scalar() or "") >= FIRST_PROTECTED_REVISION
