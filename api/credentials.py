"""What else than keys and certificates may prove a caller: access tokens of a provider, sessions of people."""

from datetime import datetime
from typing import Protocol

from fastapi import Request

from licences.access import Caller


class Tokens(Protocol):
    """Reads access tokens."""

    def caller(self, token: str, at: datetime) -> Caller:
        """Return whose it is; UnauthenticatedError, ServiceUnavailableError when the provider cannot be asked."""


class Sessions(Protocol):
    """Knows who has logged in."""

    def caller(self, request: Request, at: datetime) -> Caller | None:
        """Return who makes a request with a session, None without one.

        Raises UnauthenticatedError when the session is over, ForbiddenError when another site made the browser ask.
        """
