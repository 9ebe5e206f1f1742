"""Adapter: sessions in a relational database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from licences.access import SESSION_TERM, HolderIdentity, Session
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, is_key, lock, open_engine, translated
from .session_tables import HOLDER_CONTEXT, sessions

_OF_DIGEST = sessions.select().where(sessions.c.digest == sa.bindparam("wanted"))
_USE = sessions.update().where(sessions.c.digest == sa.bindparam("wanted"), sessions.c.used_at < sa.bindparam("now"))
_END = sessions.delete().where(sessions.c.digest == sa.bindparam("wanted"))
_OLD = sessions.delete().where(sessions.c.opened_at < sa.bindparam("before"))


class SqlSessions:
    """See ``access.SessionStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts who a holder is."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def open(self, session: Session, *, instead_of: str = "") -> None:
        """See ``access.SessionStore``."""
        row = {
            "digest": session.digest,
            "client": session.client,
            "proof_id": session.proof_id,
            "holder": None if session.holder is None else self._protect(session.holder, session.digest),
            "opened_at": session.opened_at,
            "used_at": session.used_at,
        }
        with translated(), self._writing() as connection:
            if is_key(instead_of):
                connection.execute(_END, {"wanted": instead_of})
            connection.execute(_OLD, {"before": session.opened_at - SESSION_TERM})
            connection.execute(sessions.insert(), row)

    def find(self, digest: str) -> Session | None:
        """See ``access.SessionStore``."""
        if not is_key(digest):
            return None
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_OF_DIGEST, {"wanted": digest}).first()
        if row is None:
            return None
        return Session(
            digest=row.digest,
            client=row.client,
            proof_id=row.proof_id,
            holder=None if row.holder is None else self._reveal(row.holder, row.digest),
            opened_at=row.opened_at,
            used_at=row.used_at,
        )

    def use(self, digest: str, at: datetime) -> None:
        """See ``access.SessionStore``."""
        with translated(), self._writing() as connection:
            connection.execute(_USE.values(used_at=at), {"wanted": digest, "now": at})

    def end(self, digest: str) -> None:
        """See ``access.SessionStore``."""
        with translated(), self._writing() as connection:
            connection.execute(_END, {"wanted": digest})

    def _protect(self, holder: HolderIdentity, digest: str) -> bytes:
        text = json.dumps(asdict(holder), ensure_ascii=False)
        return self._protection.protect(text.encode(), context=HOLDER_CONTEXT.format(digest=digest))

    def _reveal(self, value: bytes, digest: str) -> HolderIdentity:
        text = self._protection.reveal(value, context=HOLDER_CONTEXT.format(digest=digest))
        return HolderIdentity(**json.loads(text))

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            lock(connection)
            yield connection
            connection.commit()
