"""The only constructor calls of adapters: which store, keys and trust; and where `licences` meets `verify`."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from esign import (
    FontChain,
    FontError,
    HttpTimestamper,
    Seal,
    SealObject,
    SealPicture,
    Timestamper,
    draw_round_seal,
    structured_from_bytes,
)
from keys import Endpoint, KeysError, Signer, algorithm_named, hash_bytes
from licences import (
    SEALED_FORMS,
    ArchiveMaker,
    AuthoritySeal,
    AwaitedSeal,
    Catalogue,
    CollectionStore,
    Competence,
    ConversionStore,
    Copies,
    DraftStore,
    FileKind,
    FileProtection,
    FileStore,
    ForgeryReports,
    FormRegister,
    HandOver,
    HolderLinks,
    Impacts,
    IssueBatches,
    Issuer,
    LicenceStore,
    Protection,
    Registrar,
    ReviewDesk,
    SealingKeys,
    SqlCases,
    SqlChanges,
    SqlClients,
    SqlCollectionStore,
    SqlConversions,
    SqlCopyStore,
    SqlDraftStore,
    SqlForgeryReports,
    SqlForms,
    SqlHolderLinks,
    SqlImpacts,
    SqlIssueBatches,
    SqlListedLives,
    SqlMandates,
    SqlOversight,
    SqlSessions,
    SqlStore,
    SqlTrail,
    SqlTrailChain,
    SqlUseCodes,
    SqlWebhooks,
    archive_problems,
    fonts_in,
    form_and_key,
    holder_index,
    may_protect_in,
    shipped_font,
    type_files,
)
from licences.access import Clients, LicenceUse, Mandates, UseCodes
from licences.outgoing import Changes, Webhooks
from licences.sharing import ItemCatalogue, RequirementChecker
from licences.supervision import Cases, Oversight, Trail, TrailChain
from verify import (
    REGISTER_FILE,
    REGISTER_SIGNATURE_FILE,
    STANDING_CHECKS,
    EvidenceCollector,
    HolderEntry,
    Outcome,
    RemoteStatus,
    Report,
    RevocationFetcher,
    TrustStore,
    Verifier,
)

from .audit_keeping import AuditFolder, TrailKeeper
from .errors import HomeError, SelfCheckError, ServiceUnavailableError
from .home import Home
from .licence_sources import ShareSource
from .metrics import CountedTrail, Metrics
from .open_keys import OpenKeys
from .own_types import catalogue_of, own_files
from .partners import read_partner
from .protection_keys import protection_of
from .requirement_items import WatchedItems
from .seals import DEVELOPMENT_LINE, read_home_seal, seal_path
from .settings import DEFAULT_FORMAT
from .status_files import StatusFiles
from .status_keys import status_keys
from .status_publishing import StatusPublisher
from .watching import WatchedTrust, stamp

if TYPE_CHECKING:
    # They need the web framework, which most commands do without.
    from .authentication import Authentication
    from .credentials import Tokens
    from .oidc_login import Attempts, Login
    from .oidc_provider import Provider
    from .sessions import BrowserSessions


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """Our own verifier, before anything is kept: all files and the code must be authentic.

    Their status is not asked for: nobody knows the licence yet, and it may begin in the future. A CA that does not say
    whether it has taken a certificate back does not stop an authority from issuing; one that says so does.
    """

    verifier: Verifier

    def __call__(self, files: Mapping[FileKind, bytes], code: str, at: datetime) -> None:
        """Raise SelfCheckError unless each of them is authentic and belongs to the holder."""
        structured, signature = files["json"], files["p7s"]
        holder = structured_from_bytes(structured).holders[0]
        entry = HolderEntry(name=holder.name, code=holder.code)
        for kind, content in files.items():
            if form_and_key(kind)[0] in SEALED_FORMS:
                require_authentic(kind, self.verifier.verify_file(content, holder=entry, at=at))
        require_authentic("json", self.verifier.verify_file(structured, signature=signature, holder=entry, at=at))
        report = self.verifier.verify_code(code, holder=entry, at=at)
        require_authentic("code", report)
        if report.code is None or report.code.digest != _digest(structured, report.signatures[0].algorithm):
            raise SelfCheckError(
                "签发前自检未通过（二维码与数据不符），未签发。", "the code is not that of the licence"
            )


class Services:
    """Everything that one process uses, opened when it is first asked for."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.keys = OpenKeys(home)
        self._lock = threading.Lock()
        self._issuers: dict[str, tuple[object, Issuer]] = {}
        self._seals: dict[str, tuple[object, AuthoritySeal]] = {}
        self._providers: dict[str, Provider] = {}

    @cached_property
    def tokens(self) -> "Tokens | None":
        """Reads access tokens of a provider; None: keys and certificates only."""
        from .tokens import TokenReader  # here, with those below: commands need no provider and no web framework

        setting = self.home.settings.identity.tokens
        return None if setting is None else TokenReader(setting, self.provider(setting.issuer), self.clients)

    @cached_property
    def sessions(self) -> "BrowserSessions":
        """Knows who has logged in."""
        from .sessions import BrowserSessions

        settings = self.home.settings
        return BrowserSessions(
            store=SqlSessions(existing_database(self.home), protection_of(self.home)),
            clients=self.clients,
            settings=settings.identity,
            public_url=settings.public_url,
            key=self._index_key,
        )

    @cached_property
    def login_attempts(self) -> "Attempts":
        """Logins that were begun."""
        from .oidc_login import Attempts

        return Attempts(self._index_key)

    @cached_property
    def logins(self) -> "Mapping[str, Login]":
        """Where people log in: `holder`, `staff`, or neither."""
        from .oidc_login import Login

        identity = self.home.settings.identity
        found = {}
        for audience, setting in (("holder", identity.holders), ("staff", identity.staff)):
            if setting is not None:
                found[audience] = Login(
                    audience=audience,
                    account=setting.account,
                    scope=setting.scope,
                    levels=identity.holders.assurance if setting is identity.holders else (),
                    provider=self.provider(setting.account.issuer),
                    attempts=self.login_attempts,
                    redirect_uri=f"{self.home.settings.public_url}/login/callback",
                )
        return found

    def provider(self, issuer: str) -> "Provider":
        """Give an identity provider: one for all that it does for us."""
        from .oidc_provider import Provider

        with self._lock:
            return self._providers.setdefault(issuer, Provider(issuer))

    @cached_property
    def clients(self) -> Clients:
        """Who may call, and what proves them."""
        return SqlClients(existing_database(self.home), self.home.index_key())

    @cached_property
    def authentication(self) -> "Authentication":
        """Finds out who makes a request."""
        from .authentication import Authentication  # here, because commands need no web framework

        return Authentication(self)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The licence types: those that ship and the home's own."""
        return catalogue_of(self.home)

    @cached_property
    def _trust(self) -> WatchedTrust:
        return WatchedTrust(self.home.trust)

    @property
    def trust(self) -> TrustStore:
        """The home's anchors, as they are now."""
        return self._trust.store()

    @cached_property
    def store(self) -> LicenceStore:
        """The licence store."""
        return open_store(self.home)

    @cached_property
    def _index_key(self) -> bytes:
        return self.home.index_key()

    def holder_index(self, kind: str, code: str) -> str:
        """Give what stands for a holder in tables and in the trail; the code in the normal form of the store."""
        return holder_index(self._index_key, kind, code)

    @cached_property
    def holder_links(self) -> HolderLinks:
        """Which holder codes belong together."""
        return SqlHolderLinks(existing_database(self.home), self.home.index_key(), protection_of(self.home))

    @cached_property
    def use_codes(self) -> UseCodes:
        """Codes for one use of a licence."""
        return SqlUseCodes(existing_database(self.home), self._index_key, protection_of(self.home))

    @cached_property
    def mandates(self) -> Mandates:
        """Who entrusted whom with which licences."""
        return SqlMandates(existing_database(self.home), self._index_key, protection_of(self.home))

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
        return CountedTrail(SqlTrail(self.database_url, self.home.index_key()), self.metrics)

    @cached_property
    def metrics(self) -> Metrics:
        """What this process has counted."""
        return Metrics()

    @cached_property
    def trail_chain(self) -> TrailChain:
        """The chain of the trail."""
        return SqlTrailChain(self.database_url, self.home.index_key())

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
        return SqlOversight(self.database_url)

    @cached_property
    def cases(self) -> Cases:
        """Objections, complaints and reports that somebody has to answer."""
        return SqlCases(self.database_url, protection_of(self.home))

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it; ServiceUnavailableError when it is gone."""
        return existing_database(self.home)

    @cached_property
    def changes(self) -> Changes:
        """What was done to licences, in its order."""
        return SqlChanges(existing_database(self.home))

    @cached_property
    def webhooks(self) -> Webhooks:
        """Who is told of changes."""
        return SqlWebhooks(existing_database(self.home), protection_of(self.home))

    @cached_property
    def issue_batches(self) -> IssueBatches:
        """Batches of licences to be issued."""
        return SqlIssueBatches(existing_database(self.home), self.home.index_key(), protection_of(self.home))

    @cached_property
    def _items(self) -> WatchedItems:
        return WatchedItems(self.home, self.catalogue)

    @property
    def items(self) -> ItemCatalogue:
        """The service items, as they are now."""
        return self._items.items()

    def follow_items(self) -> None:
        """Look at once whether an item file was added."""
        self._items.items(now=True)

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
        return SqlDraftStore(existing_database(self.home), protection_of(self.home))

    @property
    def review(self) -> ReviewDesk:
        """Where licences are drafted and checked before they are sealed, by the authority register as it is now."""
        return ReviewDesk(drafts=self.drafts, catalogue=self.catalogue, registrar=self.registrar, random=os.urandom)

    @cached_property
    def collected(self) -> CollectionStore:
        """What was handed over upstream."""
        return SqlCollectionStore(existing_database(self.home), protection_of(self.home))

    @cached_property
    def conversions(self) -> ConversionStore:
        """What has become of the rows of registers that were converted."""
        return SqlConversions(existing_database(self.home))

    @cached_property
    def forms(self) -> FormRegister:
        """The register of blank pre-printed forms."""
        return SqlForms(existing_database(self.home))

    @cached_property
    def forgery_reports(self) -> ForgeryReports:
        """What people reported as forged."""
        return SqlForgeryReports(existing_database(self.home), protection_of(self.home))

    @cached_property
    def impacts(self) -> Impacts:
        """Finds what a key, a batch or a type touched."""
        return SqlImpacts(existing_database(self.home))

    @cached_property
    def status_files(self) -> StatusFiles:
        """The status lists that were published."""
        return StatusFiles(self.home.path / "status")

    @cached_property
    def status_publisher(self) -> StatusPublisher:
        """Makes status lists of what is in the store, and publishes them."""
        lives = SqlListedLives(existing_database(self.home))
        return StatusPublisher(lives, self.status_files, self.keys.list_signer, self._check_list)

    def _check_list(self, content: bytes, at: datetime) -> None:
        # No CA is asked: the lists must not wait for one, and whoever reads them asks.
        require_authentic("status list", Verifier(self.trust).verify_file(content, at=at))

    @cached_property
    def copies(self) -> Copies:
        """Annotated copies, and who relied on which licence."""
        protection = protection_of(self.home)
        return SqlCopyStore(existing_database(self.home), open_files(self.home, protection), protection)

    @cached_property
    def hand_over(self) -> HandOver:
        """Hands over upstream what was recorded."""
        return HandOver(collected=self.collected, licences=self.store)

    @property
    def registrar(self) -> Registrar:
        """Does the acts of the authority on its licences, by the register as it is now."""
        competence = Competence(register=self.trust.register)
        return Registrar(store=self.store, catalogue=self.catalogue, competence=competence)

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
                state = (self._trust.store(now=True), *state[1:])
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
        return Issuer(
            catalogue=self.catalogue,
            sealing={suite: self._sealing_keys(signers, awaited)} if usable else {},
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
        return ArchiveMaker(
            store=self.store,
            seal=self.seal_of(family),
            gatherer=self.collector(self.trust),
            type_files=lambda code: type_files(code, own),
            register={name: path.read_bytes() for name, path in register.items() if path.is_file()},
        )

    def collector(self, trust: TrustStore) -> EvidenceCollector:
        """Give what gathers evidence about the certificates of new seals."""
        return EvidenceCollector(trust, self.revocation)

    @cached_property
    def timestampers(self) -> Mapping[str, Timestamper]:
        """The timestamp authorities of the settings, by the algorithm of the seals that they are for."""
        settings = self.home.settings
        return {
            family: HttpTimestamper(endpoint=Endpoint(url=url, timeout=settings.timestamp_seconds), random=os.urandom)
            for family, url in settings.timestamps.items()
        }

    def _sealing_keys(
        self, signers: Mapping[str, Mapping[str, Signer]], awaited: tuple[AwaitedSeal, ...]
    ) -> SealingKeys:
        first = next(iter(signers.values()))
        return SealingKeys(
            seals=tuple(self._authority_seal(family, roles["seal"]) for family, roles in signers.items()),
            code_signer=first["code"],
            awaited=awaited,
        )

    def seal_of(self, family: str) -> AuthoritySeal:
        """Give the home's seal of a family, ready to seal with; errors as `issuer_for`."""
        signers = self.keys.signers(family)
        if not signers:
            raise HomeError(f"没有 {family} 印章密钥。", f"there is no seal key of the family {family}")
        state = (signers["seal"], stamp(seal_path(self.home.path, family)))
        with self._lock:
            kept = self._seals.get(family)
            if kept is None or kept[0] != state:
                # Its picture is read in a process of its own, which takes a third of a second.
                kept = self._seals[family] = state, self._authority_seal(family, signers["seal"])
            return kept[1]

    def _authority_seal(self, family: str, signer: Signer) -> AuthoritySeal:
        name = signer.certificate.subject.organization
        if name is None:
            raise HomeError("印章证书没有写明机构。", "the certificate of the seal names no organisation")
        seal_object = read_home_seal(self.home, family)
        if self.home.settings.production and seal_object is not None:
            _require_made_by_maker(seal_object, family)
        if seal_object is None and self.home.settings.production:
            raise HomeError(
                f"没有 {family} 电子印章；请先运行 elicence seal import。",
                f"there is no electronic seal for {family}: run elicence seal import first",
            )
        picture = seal_object.appearance() if seal_object is not None else _picture(self.fonts, name, signer)
        setting = self.home.settings.keys.get((family, "seal"))
        elsewhere = setting is not None and setting.gives != "signature"
        return AuthoritySeal(
            seal=Seal(name=name, picture=picture, signer=signer),
            seal_object=seal_object,
            timestamper=self.timestampers.get(family),
            service=self.keys.custody.open_remote_seal(setting.uri) if setting is not None and elsewhere else None,
            whole_file=setting is not None and setting.gives == "file",
        )


def clock() -> datetime:
    """Tell the time by this machine's clock."""
    return datetime.now(UTC)


def existing_database(home: Home) -> str:
    """Return the URL of the home's database; ServiceUnavailableError when it is gone."""
    if not home.has_database():
        raise ServiceUnavailableError(
            f"证照库不存在：{home.database_name}", f"the licence database is missing: {home.database_name}"
        )
    return home.database_url


def open_store(home: Home) -> SqlStore:
    """Open the home's store; ServiceUnavailableError when its database is gone: an empty one would know nothing."""
    url = existing_database(home)
    protection = protection_of(home)
    return SqlStore(url, open_files(home, protection), home.index_key(), protection)


def open_files(home: Home, protection: Protection) -> FileStore:
    """Open the home's folder of files."""
    url = home.database_url
    guard = FileProtection(protection=protection, name_key=home.index_key(), may_close=lambda: may_protect_in(url))
    return FileStore(home.files, guard)


def fonts_of(home: Home | None) -> FontChain:
    """The shipped font, then those of the home's configured folder; HomeError when one cannot be used."""
    folder = None if home is None else home.settings.font_dir
    try:
        return FontChain([shipped_font(), *(fonts_in(folder) if folder else ())])
    except (FontError, OSError) as error:
        raise HomeError(f"字体无法使用：{folder}", f"a font cannot be used: {folder}") from error


def read_trust(directory: Path) -> TrustStore:
    """Read the anchors of `--trust DIR`."""
    return TrustStore.from_directory(directory)


def _picture(fonts: FontChain, name: str, signer: Signer) -> SealPicture:
    """Draw the round seal; one of a development PKI says so in its centre."""
    return draw_round_seal(fonts, name, centre_line=DEVELOPMENT_LINE if signer.certificate.is_development else "")


def _require_made_by_maker(seal: SealObject, family: str) -> None:
    if seal.permits(seal.maker_certificate()):
        raise HomeError(
            f"{family} 电子印章是自制的，生产环境须用制章机构制作的印章；请运行 elicence seal import。",
            f"the electronic seal for {family} is self-made; production needs one of a maker: elicence seal import",
        )


def _digest(structured: bytes, code_algorithm: str) -> bytes:
    return hash_bytes(algorithm_named(code_algorithm).digest, structured)


def require_sound_archive(report: Report) -> None:
    """Raise SelfCheckError unless a package that was just made holds together under a seal that may be believed.

    A licence that cannot be proven any more is archived all the same, and the package says so.
    """
    unsealed = report.status.source == "none"
    if report.verdict is Outcome.FAILED and (unsealed or report.reason.code == "ARCHIVE_CONTRADICTORY"):
        raise SelfCheckError(
            f"封存前自检未通过（{report.reason.code}），未封存。",
            f"the self-check of the package did not pass ({report.reason.code}); nothing was archived",
        )


def require_authentic(what: str, report: Report) -> None:
    """Raise SelfCheckError unless a file that was just made is authentic, whatever its status will be."""
    asked = (check for check in report.checks if check.name not in STANDING_CHECKS)
    open_questions = {check.code for check in asked if check.outcome is not Outcome.PASSED}
    if report.authenticity is not Outcome.PASSED and open_questions != {"REVOCATION_UNKNOWN"}:
        raise SelfCheckError(
            f"签发前自检未通过（{what}：{report.reason.code}），未签发。",
            f"the self-check before issuing did not pass ({what}: {report.reason.code}); nothing was issued",
        )
