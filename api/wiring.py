"""What one process uses: which adapters stand behind the ports. Long, because it is one list.

Here `licences` meets `verify`: the issuer asks the verifier. Names of `licences` are asked for where they are used, so
that a process loads the stores that it opens and no others (ADR 0036).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import licences
from esign import FontChain
from keys import KeysError, Signer
from licences.access import Clients, LicenceUse, Mandates, UseCodes
from licences.outgoing import Changes, Webhooks
from licences.sharing import ItemCatalogue, RequirementChecker
from licences.supervision import Cases, Oversight, Trail, TrailChain
from verify import (
    REGISTER_FILE,
    REGISTER_SIGNATURE_FILE,
    EvidenceCollector,
    Outcome,
    TrustStore,
    Verifier,
)

from .audit_keeping import AuditFolder, TrailKeeper
from .home import Home
from .home_seals import HomeSeals
from .licence_sources import ShareSource
from .metrics import CountedTrail, Metrics
from .open_keys import OpenKeys
from .opening import existing_database, fonts_of, open_files
from .own_types import own_files
from .partners import read_partner
from .protection_keys import protection_of
from .requirement_items import watched_items
from .seals import seal_path
from .self_check import SelfCheck, require_authentic
from .settings import DEFAULT_FORMAT
from .status_files import StatusFiles
from .status_publishing import StatusPublisher
from .verifying_services import VerifyingServices
from .watching import Watched, stamp

if TYPE_CHECKING:
    from licences import (
        ArchiveMaker,
        AwaitedSeal,
        CollectionStore,
        ConversionStore,
        Copies,
        DraftStore,
        ForgeryReports,
        FormRegister,
        HandOver,
        HolderLinks,
        Impacts,
        IssueBatches,
        Issuer,
        Registrar,
        ReviewDesk,
    )

    # They need the web framework, which most commands do without.
    from .authentication import Authentication
    from .identity import Identity


class Services(VerifyingServices):
    """Everything that one process uses, opened when it is first asked for."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.keys = OpenKeys(home)
        self._lock = threading.Lock()
        self._issuers: dict[str, tuple[object, Issuer]] = {}

    @cached_property
    def identity(self) -> Identity:
        """Knows who has logged in, where, and whom a token of a provider proves."""
        from .identity import Identity  # here, as below, because commands need no web framework

        return Identity(self.home, lambda: self.clients)

    @cached_property
    def clients(self) -> Clients:
        """Who may call, and what proves them."""
        return licences.SqlClients(existing_database(self.home), self.home.index_key())

    @cached_property
    def authentication(self) -> Authentication:
        """Finds out who makes a request."""
        from .authentication import Authentication

        return Authentication(self)

    @cached_property
    def _index_key(self) -> bytes:
        return self.home.index_key()

    def holder_index(self, kind: str, code: str) -> str:
        """Give what stands for a holder in tables and in the trail; the code in the normal form of the store."""
        return licences.holder_index(self._index_key, kind, code)

    @cached_property
    def holder_links(self) -> HolderLinks:
        """Which holder codes belong together."""
        return licences.SqlHolderLinks(existing_database(self.home), self.home.index_key(), protection_of(self.home))

    @cached_property
    def use_codes(self) -> UseCodes:
        """Codes for one use of a licence."""
        return licences.SqlUseCodes(existing_database(self.home), self._index_key, protection_of(self.home))

    @cached_property
    def mandates(self) -> Mandates:
        """Who entrusted whom with which licences."""
        return licences.SqlMandates(existing_database(self.home), self._index_key, protection_of(self.home))

    @property
    def licence_use(self) -> LicenceUse:
        """What holders, agents and offices have codes made for."""
        return LicenceUse(
            store=self.store,
            links=self.holder_links,
            mandates=self.mandates,
            codes=self.use_codes,
            index=self.holder_index,
            random=os.urandom,
        )

    @cached_property
    def trail(self) -> Trail:
        """Who did, read and verified what."""
        return CountedTrail(licences.SqlTrail(self.database_url, self.home.index_key()), self.metrics)

    @cached_property
    def metrics(self) -> Metrics:
        """What this process has counted."""
        return Metrics()

    @cached_property
    def trail_chain(self) -> TrailChain:
        """The chain of the trail."""
        return licences.SqlTrailChain(self.database_url, self.home.index_key())

    @cached_property
    def audit_folder(self) -> AuditFolder:
        """What lies outside the database to check the trail by."""
        return AuditFolder(self.home.path / "audit")

    @cached_property
    def trail_keeper(self) -> TrailKeeper:
        """Chains the trail, and signs where it ends."""
        return TrailKeeper(self.trail_chain, self.audit_folder, self.keys.list_signer)

    @cached_property
    def oversight(self) -> Oversight:
        """What supervisors count and are warned of."""
        return licences.SqlOversight(self.database_url)

    @cached_property
    def cases(self) -> Cases:
        """Objections, complaints and reports that somebody has to answer."""
        return licences.SqlCases(self.database_url, protection_of(self.home))

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it; ServiceUnavailableError when it is gone."""
        return existing_database(self.home)

    @cached_property
    def changes(self) -> Changes:
        """What was done to licences, in its order."""
        return licences.SqlChanges(existing_database(self.home))

    @cached_property
    def webhooks(self) -> Webhooks:
        """Who is told of changes."""
        return licences.SqlWebhooks(existing_database(self.home), protection_of(self.home))

    @cached_property
    def issue_batches(self) -> IssueBatches:
        """Batches of licences to be issued."""
        return licences.SqlIssueBatches(existing_database(self.home), self.home.index_key(), protection_of(self.home))

    @cached_property
    def _items(self) -> Watched[ItemCatalogue]:
        return watched_items(self.home, self.catalogue)

    @property
    def items(self) -> ItemCatalogue:
        """The service items, as they are now."""
        return self._items.get()

    def follow_items(self) -> None:
        """Look at once whether an item file was added."""
        self._items.get(now=True)

    @cached_property
    def licence_sources(self) -> tuple[ShareSource, ...]:
        """Share services elsewhere, with what was learnt of their health."""
        settings = self.home.settings.licence_sources
        return tuple(ShareSource(setting, self._genuine_identifier) for setting in settings)

    def _genuine_identifier(self, file: bytes, at: datetime) -> str | None:
        report = self.verifier.verify_file(file, at=at)
        if report.verdict is not Outcome.PASSED or report.licence is None:
            return None
        return report.licence.identifier

    @property
    def requirements(self) -> RequirementChecker:
        """Says which materials of an item need not be submitted."""
        return RequirementChecker(
            store=self.store,
            links=self.holder_links,
            catalogue=self.catalogue,
            clock=time.monotonic,
            sources=self.licence_sources,
        )

    @cached_property
    def drafts(self) -> DraftStore:
        """The drafts of licences."""
        return licences.SqlDraftStore(existing_database(self.home), protection_of(self.home))

    @property
    def review(self) -> ReviewDesk:
        """Where licences are drafted and checked before they are sealed, by the authority register as it is now."""
        return licences.ReviewDesk(
            drafts=self.drafts, catalogue=self.catalogue, registrar=self.registrar, random=os.urandom
        )

    @cached_property
    def collected(self) -> CollectionStore:
        """What was handed over upstream."""
        return licences.SqlCollectionStore(existing_database(self.home), protection_of(self.home))

    @cached_property
    def conversions(self) -> ConversionStore:
        """What has become of the rows of registers that were converted."""
        return licences.SqlConversions(existing_database(self.home))

    @cached_property
    def forms(self) -> FormRegister:
        """The register of blank pre-printed forms."""
        return licences.SqlForms(existing_database(self.home))

    @cached_property
    def forgery_reports(self) -> ForgeryReports:
        """What people reported as forged."""
        return licences.SqlForgeryReports(existing_database(self.home), protection_of(self.home))

    @cached_property
    def impacts(self) -> Impacts:
        """Finds what a key, a batch or a type touched."""
        return licences.SqlImpacts(existing_database(self.home))

    @cached_property
    def status_files(self) -> StatusFiles:
        """The status lists that were published."""
        return StatusFiles(self.home.path / "status")

    @cached_property
    def status_publisher(self) -> StatusPublisher:
        """Makes status lists of what is in the store, and publishes them."""
        lives = licences.SqlListedLives(existing_database(self.home))
        return StatusPublisher(lives, self.status_files, self.keys.list_signer, self._check_list)

    def _check_list(self, content: bytes, at: datetime) -> None:
        # No CA is asked: the lists must not wait for one, and whoever reads them asks.
        require_authentic("status list", Verifier(self.trust).verify_file(content, at=at))

    @cached_property
    def copies(self) -> Copies:
        """Annotated copies, and who relied on which licence."""
        protection = protection_of(self.home)
        return licences.SqlCopyStore(existing_database(self.home), open_files(self.home, protection), protection)

    @cached_property
    def hand_over(self) -> HandOver:
        """Hands over upstream what was recorded."""
        return licences.HandOver(collected=self.collected, licences=self.store)

    @property
    def registrar(self) -> Registrar:
        """Does the acts of the authority on its licences, by the register as it is now."""
        competence = licences.Competence(register=self.trust.register)
        return licences.Registrar(store=self.store, catalogue=self.catalogue, competence=competence)

    def can_store(self) -> bool:
        """Whether the database is in its place and answers: an open one goes on answering when its file was moved."""
        return self.home.has_database() and self.store.is_ready()

    def key_faults(self) -> Mapping[str, KeysError | None]:
        """Try every key that is in use, by its family and role: what is wrong with it, or None."""
        return self.keys.faults()

    def has_anchors(self) -> bool:
        """Whether the home's anchors can be read now; raises TrustStoreError when not."""
        return bool(TrustStore.from_directory(self.home.trust).anchors)

    @cached_property
    def fonts(self) -> FontChain:
        """The shipped font, then those of the configured folder."""
        return fonts_of(self.home)

    @cached_property
    def seals(self) -> HomeSeals:
        """The seals of the authority."""
        return HomeSeals(self.home, self.keys, lambda: self.fonts)

    def issuer_for(self, suite: str, joint: tuple[str, ...] = (), *, ofd: bool | None = None) -> Issuer:
        """Give what makes licences under the seals of a suite (`sm2`, `rsa`, `sm2+rsa`), with keys and anchors as now.

        `joint` names the partners that issue them jointly and seal later; `ofd` says whether OFDs are made of licences
        of which nobody asks it, None: as the settings say.

        The error of `keys` when one of them does not open; HomeError when there is no seal that may be used.
        """
        families = suite.split("+")
        signers = {family: self.keys.signers(family) for family in families}
        seals = tuple(stamp(seal_path(self.home.path, family)) for family in families)
        awaited = tuple(read_partner(self.home, name) for name in joint)
        ofd = self.home.settings.format != DEFAULT_FORMAT if ofd is None else ofd
        state = (self.trust, signers, seals, awaited, ofd)
        with self._lock:
            kept = self._issuers.get(suite)
            if kept is None or kept[0] != state:
                # A new key may have come with certificates that the folder has had for less than a second.
                state = (self._trust.get(now=True), *state[1:])
                kept = self._issuers[suite] = state, self._make_issuer(state[0], suite, signers, awaited, ofd)
            return kept[1]

    def _make_issuer(
        self,
        trust: TrustStore,
        suite: str,
        signers: Mapping[str, Mapping[str, Signer]],
        awaited: tuple[AwaitedSeal, ...],
        ofd: bool,
    ) -> Issuer:
        usable = all(signers.values())
        return licences.Issuer(
            catalogue=self.catalogue,
            sealing={suite: self.seals.sealing_keys(signers, awaited)} if usable else {},
            fonts=self.fonts,
            store=self.store,
            check=SelfCheck(verifier=Verifier(trust, revocation=self.revocation)),
            public_url=self.home.settings.public_url,
            random=os.urandom,
            collector=self.collector(trust),
            register=trust.register,
            ofd=ofd,
        )

    def archive_maker(self, family: str) -> ArchiveMaker:
        """Give what packs licences for the archive under the seal of a family; errors as `issuer_for`."""
        register = {name: self.home.trust / name for name in (REGISTER_FILE, REGISTER_SIGNATURE_FILE)}
        own = own_files(self.home)
        return licences.ArchiveMaker(
            store=self.store,
            seal=self.seals.of(family),
            gatherer=self.collector(self.trust),
            type_files=lambda code: licences.type_files(code, own),
            register={name: path.read_bytes() for name, path in register.items() if path.is_file()},
        )

    def collector(self, trust: TrustStore) -> EvidenceCollector:
        """Give what gathers evidence about the certificates of new seals."""
        return EvidenceCollector(trust, self.revocation)
