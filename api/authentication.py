"""Who calls: dependencies of routes that give the caller, or refuse."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fastapi import Request

from licences.access import (
    KEY_PREFIX,
    Caller,
    NotAllowedError,
    Operation,
    Proof,
    UnauthenticatedError,
    caller_with_certificate,
    caller_with_key,
)

from .callers import CALLER_HERE
from .enforcing import refuse
from .errors import RateLimitedError
from .http_requests import only_from_here, refuse_other_sites
from .limiting import CLIENT_PER_MINUTE, MINUTE, Buckets, address_of
from .wiring import Services

MAX_CREDENTIAL_CHARACTERS = 8192
WRONG_PER_MINUTE = 30
"""Proofs that are none, from one address; good ones always pass, so that nobody shuts out his neighbours."""
_BEARER = "bearer "


class Authentication:
    """Finds out who makes a request, and remembers from where wrong proofs came."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._wrong = Buckets(WRONG_PER_MINUTE, MINUTE)
        self._calls = Buckets(CLIENT_PER_MINUTE, MINUTE)

    def caller(self, request: Request, at: datetime) -> Caller:
        """Return who it is; UnauthenticatedError, and RateLimitedError after many wrong proofs.

        The first credential that is there decides: a wrong key is not made good by a session.
        """
        with self._counting(request):
            caller = self._shown(request, at)
        if caller is None:
            raise UnauthenticatedError
        return self._counted(request, caller)

    def caller_by_key(self, request: Request, client: str, key: str, at: datetime) -> Caller:
        """Return whose API key came in the body of a request, beside the name of its client; errors as `caller`."""
        with self._counting(request):
            caller = caller_with_key(self._services.clients, key, at)
            if caller.client != client:
                raise UnauthenticatedError
        return self._counted(request, caller)

    def _counted(self, request: Request, caller: Caller) -> Caller:
        request.state.client = caller.client  # for the line about the request in the log
        # Whoever asks from here competes with nobody but himself.
        if caller.proof is not Proof.HERE and not self._calls.take(caller.client):
            raise RateLimitedError(
                "该应用请求过于频繁，请稍后再试。", "this client asks too often: try again soon",
                seconds=self._calls.token_seconds,
            )  # fmt: skip
        return caller

    @contextmanager
    def _counting(self, request: Request) -> Iterator[None]:
        try:
            yield
        except UnauthenticatedError as error:
            if not self._wrong.take(address_of(request)):
                raise RateLimitedError(
                    "身份凭证错误次数过多，请一分钟后再试。", "too many wrong proofs of identity: try again in a minute"
                ) from error
            raise

    def _shown(self, request: Request, at: datetime) -> Caller | None:
        """Return whom the request's credential proves; None without one, which is no wrong one."""
        services = self._services
        given = request.headers.get("authorization")
        if given is not None:
            return self._bearer(given, at)
        peer = getattr(request.state, "peer", None)
        if peer is not None:
            # A browser shows a certificate to us whichever page makes it ask, as it does with cookies.
            refuse_other_sites(request, services.home.settings.public_url)
            return caller_with_certificate(services.clients, peer.certificate, at)
        if (caller := services.identity.sessions.caller(request, at)) is not None:
            return caller
        settings = services.home.settings
        if settings.open_on_loopback and request.state.way.is_local:
            only_from_here(request)
            return CALLER_HERE
        return None

    def _bearer(self, given: str, at: datetime) -> Caller:
        if len(given) > MAX_CREDENTIAL_CHARACTERS or not given.lower().startswith(_BEARER):
            raise UnauthenticatedError
        token = given[len(_BEARER) :].strip()
        if token.startswith(KEY_PREFIX) or self._services.identity.tokens is None:
            return caller_with_key(self._services.clients, token, at)
        return self._services.identity.tokens.caller(token, at)


def known(services: Services) -> Callable[[Request], Caller]:
    """Return a dependency that gives the caller of a request, whatever it may do; UnauthenticatedError."""

    def caller_of_any(request: Request) -> Caller:
        return services.authentication.caller(request, datetime.now(UTC))

    return caller_of_any


def for_offices(ask: Callable[[Request], Caller]) -> Callable[[Request], Caller]:
    """Return a dependency that gives whom another one gives, unless it is a holder: NotAllowedError."""

    def office_of(request: Request) -> Caller:
        caller = ask(request)
        if caller.holder is not None:
            raise NotAllowedError
        return caller

    return office_of


def may(services: Services, *operations: Operation) -> Callable[[Request], Caller]:
    """Return a dependency that gives the caller of a request, who may do one of these to some licences at least.

    Raises UnauthenticatedError (401) without a proof of who it is, NotAllowedError (403). What it may do to one licence
    is asked with `Caller.require` when the licence is known.
    """

    def caller_of(request: Request) -> Caller:
        at = datetime.now(UTC)
        caller = services.authentication.caller(request, at)
        if not any(caller.may(operation) for operation in operations):
            refuse(services, caller, operations[0], at=at, code="NOT_ALLOWED")
            raise NotAllowedError
        return caller

    return caller_of
