"""What one process verifies with, so that a command that only verifies loads nothing else.

Here `licences` meets `verify`: the verifier asks the store for the state of a licence.
"""

from functools import cached_property

from licences import Catalogue, LicenceStore, archive_problems
from verify import RemoteStatus, RevocationFetcher, TrustStore, Verifier

from .clock import clock
from .home import Home
from .opening import open_store
from .own_types import catalogue_of
from .status_keys import status_keys
from .watching import Watched, watched_trust


class VerifyingServices:
    """What judging needs of a home, opened when it is first asked for."""

    def __init__(self, home: Home) -> None:
        self.home = home

    @cached_property
    def catalogue(self) -> Catalogue:
        """The licence types: those that ship and the home's own."""
        return catalogue_of(self.home)

    @cached_property
    def _trust(self) -> Watched[TrustStore]:
        return watched_trust(self.home.trust)

    @property
    def trust(self) -> TrustStore:
        """The home's anchors, as they are now."""
        return self._trust.get()

    @cached_property
    def store(self) -> LicenceStore:
        """The licence store."""
        return open_store(self.home)

    @property
    def verifier(self) -> Verifier:
        """Judges with the home's anchors, the store's status and its proofs of existence, and asks CAs."""
        return Verifier(
            self.trust,
            self.store,
            elsewhere=self.elsewhere,
            existence=self.store,
            revocation=self.revocation,
            history=archive_problems,
            clock=clock,
        )

    @cached_property
    def elsewhere(self) -> tuple[RemoteStatus, ...]:
        """Other authorities' verifiers, which are asked about what the store does not know."""
        servers = self.home.settings.status_sources
        return (RemoteStatus(servers, keys=status_keys(self.home, servers)),) if servers else ()

    @cached_property
    def revocation(self) -> RevocationFetcher:
        """Asks CAs whether they have taken a certificate back, and remembers the answers for a while."""
        return RevocationFetcher()
