"""Sessions of people who logged in: what is remembered of each, and for how long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from keys import hash_bytes

from .callers import HolderIdentity

SESSION_IDLE = timedelta(minutes=30)
"""After which somebody who did nothing has to log in again."""
SESSION_TERM = timedelta(hours=8)
"""After which everybody has to."""
SECRET_BYTES = 32
_USE_STEP = timedelta(minutes=1)
"""Uses within it are not noted one by one: a page with pictures is several requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who logged in, in one browser."""

    digest: str
    """Of the secret in the browser's cookie: SM3 in hexadecimal digits."""
    client: str
    """A holder's pseudonym, or the name of a member of staff as a client."""
    proof_id: str = ""
    """What ties a member of staff to the provider's account; empty for holders."""
    holder: HolderIdentity | None = None
    """Set exactly for holders."""
    opened_at: datetime
    used_at: datetime

    def is_live(self, at: datetime) -> bool:
        """Whether it is neither idle for too long nor too old; a clock that was set back ends it."""
        return self.opened_at <= at < self.opened_at + SESSION_TERM and at < self.used_at + SESSION_IDLE

    def is_worth_noting(self, at: datetime) -> bool:
        """Whether this use has to be noted."""
        return at >= self.used_at + _USE_STEP


class SessionStore(Protocol):
    """Port: keeps sessions for all processes; StoreUnavailableError."""

    def open(self, session: Session, *, instead_of: str = "") -> None:
        """Keep a new session and end the one with the digest `instead_of`; sessions whose term is over are removed."""

    def find(self, digest: str) -> Session | None:
        """Return a session, live or not."""

    def use(self, digest: str, at: datetime) -> None:
        """Note that it was used; nothing when it is gone."""

    def end(self, digest: str) -> None:
        """Remove it; nothing when it is gone."""


def new_session_secret(random: Callable[[int], bytes]) -> str:
    """Make the secret of a new session."""
    return random(SECRET_BYTES).hex()


def session_digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hash_bytes("sm3", secret.encode("utf-8", "surrogatepass")).hex()
