"""Adapter: sessions in a relational database; whose they are counts as it is encrypted, bound to the secret."""

import json
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from licences.access import SESSION_TERM, HolderIdentity, Session
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing
from .session_tables import HOLDER_CONTEXT, sessions

_OF_DIGEST = sessions.select().where(sessions.c.digest == sa.bindparam("wanted"))
_USE = sessions.update().where(sessions.c.digest == sa.bindparam("wanted"), sessions.c.used_at < sa.bindparam("now"))
_END = sessions.delete().where(sessions.c.digest == sa.bindparam("wanted"))
_OLD = sessions.delete().where(sessions.c.opened_at < sa.bindparam("before"))


class SqlSessions:
    """See ``access.SessionStore``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; ``protection`` encrypts whose a session is."""
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
            "holder": self._protect(session),
            "opened_at": session.opened_at,
            "used_at": session.used_at,
        }
        with translated(), writing(self._engine) as connection:
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
        if row is None or row.holder is None:
            return None
        session = self._reveal(row.holder, row.digest, row.used_at)
        # Whoever writes into the database without our keys opens no session, and turns none into somebody else's.
        columns = (row.client, row.proof_id, row.opened_at)
        return session if columns == (session.client, session.proof_id, session.opened_at) else None

    def use(self, digest: str, at: datetime) -> None:
        """See ``access.SessionStore``."""
        with translated(), writing(self._engine) as connection:
            connection.execute(_USE.values(used_at=at), {"wanted": digest, "now": at})

    def end(self, digest: str) -> None:
        """See ``access.SessionStore``."""
        with translated(), writing(self._engine) as connection:
            connection.execute(_END, {"wanted": digest})

    def _protect(self, session: Session) -> bytes:
        whose = {
            "client": session.client,
            "proof_id": session.proof_id,
            "holder": None if session.holder is None else asdict(session.holder),
            "opened_at": session.opened_at.isoformat(),
        }
        text = json.dumps(whose, ensure_ascii=False)
        return self._protection.protect(text.encode(), context=HOLDER_CONTEXT.format(digest=session.digest))

    def _reveal(self, value: bytes, digest: str, used_at: datetime) -> Session:
        whose = json.loads(self._protection.reveal(value, context=HOLDER_CONTEXT.format(digest=digest)))
        holder = whose["holder"]
        return Session(
            digest=digest,
            client=whose["client"],
            proof_id=whose["proof_id"],
            holder=None if holder is None else HolderIdentity(**holder),
            opened_at=datetime.fromisoformat(whose["opened_at"]),
            used_at=used_at,
        )
