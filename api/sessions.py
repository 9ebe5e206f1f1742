"""Sessions in a browser: the cookie, whose it is, and that requests with it come from our own pages."""

import hmac
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from keys import hmac_bytes
from licences.access import (
    EVERYTHING,
    HOLDER_PREFIX,
    Caller,
    ClientAlteredError,
    Clients,
    ClientUnknownError,
    HolderIdentity,
    NotAllowedError,
    Operation,
    Proof,
    Role,
    Session,
    SessionStore,
    UnauthenticatedError,
    caller_of,
    new_session_secret,
    session_digest,
)

from .errors import ForbiddenError, LoginNeededError, StaffUnknownError
from .login_settings import IdentitySettings

if TYPE_CHECKING:
    from .wiring import Services

MAX_SECRET = 128
_READING = frozenset({"GET", "HEAD"})


class BrowserSessions:
    """See ``credentials.Sessions``. Staff are looked up at every request: who is suspended is out at once."""

    def __init__(
        self, *, store: SessionStore, clients: Clients, settings: IdentitySettings, public_url: str, key: bytes
    ) -> None:
        """`key` is the home's; cookies are for the public address only."""
        self._store = store
        self._clients = clients
        self._settings = settings
        self._origin = public_url
        self._key = hmac_bytes("sm3", key, b"sessions")
        self.is_secure = public_url.startswith("https://")
        # A browser takes a name that begins so only from us, over https, for the whole site.
        self.cookie = "__Host-elicence" if self.is_secure else "elicence"

    def caller(self, request: Request, at: datetime) -> Caller | None:
        """Return who makes a request with a session, None without one.

        Raises UnauthenticatedError when the session is over, ForbiddenError when another site made the browser ask.
        """
        secret = request.cookies.get(self.cookie)
        if secret is None:
            return None
        session = self._live(request, secret, at)
        if session is None:
            raise UnauthenticatedError
        if request.method not in _READING:
            self.require_own_page(request)
        caller = self._caller(session, at)
        if session.is_worth_noting(at):
            self._store.use(session.digest, at)
        return caller

    def open_for_holder(
        self, request: Request, response: Response, *, issuer: str, subject: str, holder: HolderIdentity, at: datetime
    ) -> Caller:
        """Open a session for a citizen or an organisation."""
        account = hmac_bytes("sm3", self._key, f"account:{issuer}\n{subject}".encode())
        session = self._open(request, response, HOLDER_PREFIX + account[:16].hex(), "", holder, at)
        return self._caller(session, at)

    def open_for_staff(self, request: Request, response: Response, *, proof_id: str, at: datetime) -> Caller:
        """Open a session for a member of staff; StaffUnknownError."""
        try:
            client, proof = self._clients.with_proof(proof_id)
            if not proof.is_good(at):
                raise UnauthenticatedError
            caller = caller_of(client, Proof.SESSION)
        except (ClientUnknownError, ClientAlteredError, UnauthenticatedError) as error:
            raise StaffUnknownError("账号尚未登记或已停用。", "the account is not known here, or suspended") from error
        self._open(request, response, client.name, proof_id, None, at)
        self._clients.used(proof_id, at.date())
        return caller

    def close(self, request: Request, response: Response) -> None:
        """End the session of a request."""
        secret = request.cookies.get(self.cookie)
        if secret is not None and len(secret) <= MAX_SECRET:
            self._store.end(session_digest(secret))
        response.delete_cookie(self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def csrf(self, request: Request, at: datetime) -> str:
        """Return what the forms of a session carry; empty without a session."""
        secret = request.cookies.get(self.cookie)
        session = None if secret is None else self._live(request, secret, at)
        return "" if session is None else hmac_bytes("sm3", self._key, f"csrf:{session.digest}".encode()).hex()

    def require_own_page(self, request: Request) -> None:
        """ForbiddenError unless a page of ours made the browser send this; browsers say so themselves."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site != "same-origin" and not (site is None and origin == self._origin):
            raise ForbiddenError("请从本系统的页面操作。", "another site sent this: use our pages")

    def require_own_form(self, request: Request, csrf: str, at: datetime) -> None:
        """ForbiddenError unless a form is one that we made for this session; nothing to do without one."""
        expected = self.csrf(request, at)
        if not expected:
            return
        self.require_own_page(request)
        if not hmac.compare_digest(csrf.encode("utf-8", "surrogatepass"), expected.encode()):
            raise ForbiddenError(
                "页面已过期（可能在别处重新登录过），请返回并刷新页面后再提交。",
                "the page is out of date (you may have logged in again elsewhere): go back, reload it and send again",
            )

    def _open(
        self, request: Request, response: Response, client: str, proof_id: str, holder: HolderIdentity | None,
        at: datetime,
    ) -> Session:  # fmt: skip
        secret = new_session_secret(os.urandom)
        session = Session(
            digest=session_digest(secret), client=client, proof_id=proof_id, holder=holder, opened_at=at, used_at=at
        )
        before = request.cookies.get(self.cookie, "")
        self._store.open(session, instead_of=session_digest(before) if 0 < len(before) <= MAX_SECRET else "")
        response.set_cookie(self.cookie, secret, path="/", secure=self.is_secure, httponly=True, samesite="lax")
        return session

    def _live(self, request: Request, secret: str, at: datetime) -> Session | None:
        if not 0 < len(secret) <= MAX_SECRET:
            return None
        digest = session_digest(secret)
        known: Session | None = getattr(request.state, "session", None)
        # Several parts of one request ask.
        if known is None or known.digest != digest:
            known = self._store.find(digest)
            request.state.session = known
        return known if known is not None and known.is_live(at) else None

    def _caller(self, session: Session, at: datetime) -> Caller:
        if session.holder is None:
            try:
                client, proof = self._clients.with_proof(session.proof_id)
            except (ClientUnknownError, ClientAlteredError) as error:
                raise UnauthenticatedError from error
            if self._settings.staff is None or not proof.is_good(at):
                raise UnauthenticatedError
            return caller_of(client, Proof.SESSION)
        if self._settings.holders is None:
            raise UnauthenticatedError
        return Caller(
            client=session.client,
            office="",
            office_code="",
            roles=frozenset({Role.HOLDER}),
            grants=(EVERYTHING,),
            proof=Proof.SESSION,
            holder=session.holder,
        )


def page_caller(services: "Services", *operations: Operation) -> Callable[[Request], Caller]:
    """Return a dependency as `may` for pages: who has not logged in is sent to do so (LoginNeededError)."""

    def caller_of_page(request: Request) -> Caller:
        at = datetime.now(UTC)
        needed = LoginNeededError("请先登录。", "log in first")
        try:
            caller = services.identity.sessions.caller(request, at)
        except UnauthenticatedError as error:
            raise needed from error
        if caller is None:
            # Whoever shows nothing at all is no wrong proof, of which only some a minute are allowed.
            shown = "authorization" in request.headers or getattr(request.state, "peer", None) is not None
            if not shown and not services.home.settings.open_on_loopback:
                raise needed
            try:
                caller = services.authentication.caller(request, at)
            except UnauthenticatedError as error:
                raise needed from error
        if not any(caller.may(operation) for operation in operations):
            raise needed if caller.proof is Proof.HERE else NotAllowedError
        return caller

    return caller_of_page


def csrf_token(services: "Services", request: Request) -> str:
    """Return the value of the field `csrf` of every form on a page; empty where nobody has logged in."""
    return services.identity.sessions.csrf(request, datetime.now(UTC))


def checked_form(services: "Services") -> Callable[[Request, str], None]:
    """Return a dependency for the forms of pages: they come from our own page and, with a session, from this one."""

    def check(request: Request, csrf: Annotated[str, Form(max_length=128)] = "") -> None:
        services.identity.sessions.require_own_form(request, csrf, datetime.now(UTC))

    return check
