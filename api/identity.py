"""Who people and programs are, where a provider says so: its tokens, logins, and sessions of browsers.

It needs the web framework, which most commands do without.
"""

import threading
from collections.abc import Callable, Mapping
from functools import cached_property

from licences import SqlSessions
from licences.access import Clients

from .home import Home
from .oidc_login import Attempts, Login
from .oidc_provider import Provider
from .opening import existing_database
from .protection_keys import protection_of
from .sessions import BrowserSessions
from .tokens import TokenReader


class Identity:
    """What logs in and proves who somebody is, opened when it is first asked for."""

    def __init__(self, home: Home, clients: Callable[[], Clients]) -> None:
        self._home = home
        self._clients = clients
        self._lock = threading.Lock()
        self._providers: dict[str, Provider] = {}

    @cached_property
    def tokens(self) -> TokenReader | None:
        """Reads access tokens of a provider; None: keys and certificates only."""
        setting = self._home.settings.identity.tokens
        return None if setting is None else TokenReader(setting, self.provider(setting.issuer), self._clients())

    @cached_property
    def sessions(self) -> BrowserSessions:
        """Knows who has logged in."""
        settings = self._home.settings
        return BrowserSessions(
            store=SqlSessions(existing_database(self._home), protection_of(self._home)),
            clients=self._clients(),
            settings=settings.identity,
            public_url=settings.public_url,
            key=self._home.index_key(),
        )

    @cached_property
    def attempts(self) -> Attempts:
        """Logins that were begun."""
        return Attempts(self._home.index_key())

    @cached_property
    def logins(self) -> Mapping[str, Login]:
        """Where people log in: `holder`, `staff`, or neither."""
        identity = self._home.settings.identity
        found = {}
        for audience, setting in (("holder", identity.holders), ("staff", identity.staff)):
            if setting is not None:
                found[audience] = Login(
                    audience=audience,
                    account=setting.account,
                    scope=setting.scope,
                    levels=identity.holders.assurance if setting is identity.holders else (),
                    provider=self.provider(setting.account.issuer),
                    attempts=self.attempts,
                    redirect_uri=f"{self._home.settings.public_url}/login/callback",
                )
        return found

    def provider(self, issuer: str) -> Provider:
        """Give an identity provider: one for all that it does for us."""
        with self._lock:
            return self._providers.setdefault(issuer, Provider(issuer))
