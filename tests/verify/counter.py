"""A counter that issues at every level, with the declared CAs and a timestamp authority on the other side."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import timestamping
from declared import policy
from servers import AuthorityServer

import keys
from esign import (
    Background,
    Evidence,
    ExpectedSeal,
    HttpTimestamper,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    SealPicture,
    SealPlace,
    Shape,
    StructuredAuthority,
    Timestamper,
    add_detached_evidence,
    add_document_timestamp,
    add_evidence,
    add_seal,
    add_signer,
    rectangle,
    sign_detached,
    structured_to_bytes,
    timestamp_detached,
)
from verify import EvidenceCollector, Report, RevocationFetcher, TrustStore, Verifier

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Issued:
    """One thing to verify: a PDF, or a structured licence with its signature."""

    data: bytes
    signature: bytes | None = None

    def judge(self, verifier: Verifier, at: datetime) -> Report:
        return verifier.verify_file(self.data, signature=self.signature, at=at)


@dataclass(frozen=True)
class LocalTimestamper:
    """A timestamp authority without a network, for times and signers that the server does not have."""

    signer: keys.Signer
    at: datetime
    spoil: Any = None

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        imprint = timestamping.imprint(digest, self.signer.algorithm)
        token = timestamping.make_token(self.signer, imprint_der=imprint, at=self.at, policy=policy())
        return token if self.spoil is None else self.spoil(token)  # type: ignore[no-any-return]


@dataclass
class Counter:
    """An authority of one family. Times that are not given are those of the sample licence."""

    server: AuthorityServer
    office: ModuleType
    status: Any = None
    anchors: tuple[keys.Certificate, ...] = ()
    fetchers: list[RevocationFetcher] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.status = self.status or self.office.Store(self.office.ISSUED)
        self.anchors = self.anchors or self.server.pki.trusted()

    @property
    def at(self) -> datetime:
        at: datetime = self.office.AT
        return at

    @property
    def trust(self) -> TrustStore:
        return TrustStore.from_certificates(self.anchors)

    def verifier(
        self, *, network: bool = False, existence: Any = None, trust: TrustStore | None = None, patience: float = 30
    ) -> Verifier:
        source = RevocationFetcher(timeout=patience) if network else None
        return Verifier(trust or self.trust, self.status, existence=existence, revocation=source)

    def code(self, issued: Issued, at: datetime, **more: Any) -> str:
        return issued.judge(self.verifier(**more), at).reason.code

    @contextmanager
    def clock(self, at: datetime) -> Iterator[None]:
        """Set the other side's clock for a while."""
        before, self.server.clock = self.server.clock, at
        try:
            yield
        finally:
            self.server.clock = before

    def stamper(self) -> HttpTimestamper:
        return HttpTimestamper(endpoint=keys.Endpoint(url=self.server.tsa_url, timeout=30), random=os.urandom)

    def local(self, name: str, at: datetime) -> LocalTimestamper:
        return LocalTimestamper(self.server.pki.signer(name), at)

    def collect(self, *paths: Sequence[keys.Certificate] | str, at: datetime | None = None) -> Evidence:
        """What the CAs say at a time about these paths."""
        at = at or self.at + HOUR
        given = [self.server.pki.chain(path) if isinstance(path, str) else path for path in paths]
        with self.clock(at):
            return EvidenceCollector(self.trust, RevocationFetcher(timeout=30)).collect(given, at)

    def licence(self, signers: Iterable[keys.Signer], *, joint: Sequence[str] = (), **changes: Any) -> bytes:
        listed = tuple(
            ExpectedSeal(
                field=f"Seal{place}",
                order=place,
                algorithm=signer.algorithm.name,
                certificate_digest=f"{signer.algorithm.digest}:{_digest(signer)}",
            )
            for place, signer in enumerate(signers, start=1)
        )
        more = {"valid_to": None, "seals": listed, **changes}
        sample = self.office.licence_for(self.server.pki.signer("seal"), **more)
        others = (StructuredAuthority(name=self.office.OTHER_NAME, code=self.office.OTHER_CODE),) if joint else ()
        return structured_to_bytes(replace(sample, joint_issuers=others))

    def pdf(
        self,
        *signers: keys.Signer,
        listed: Sequence[keys.Signer] = (),
        stamper: Timestamper | None = None,
        at: datetime | None = None,
        **more: Any,
    ) -> bytes:
        """A PDF sealed by these, one after the other; the licence lists them or, when given, `listed`."""
        at = at or self.at
        structured = self.licence(listed or signers, **{"sealed_at": at, **more})
        names = tuple(f"Seal{place}" for place, _ in enumerate(listed or signers, start=1))
        size = (42.0, 42.0)
        places = tuple(
            SealPlace(field=name, x=30 + 45 * n, y=200, size=size if n else None) for n, name in enumerate(names)
        )
        items = self.office.face_of(structured)
        page = Page(width=210, height=297, items=items, background=Background(shapes=()), seals=places)
        content = PdfContent(title="样例", pages=(page,), elements=(), structured=structured, fields=names)
        made = PdfSealer(self.office.fonts(), self.seal(signers[0]), timestamper=stamper).seal(content, at=at)
        assert made.shortfall is None
        for name, signer in zip(names[1:], signers[1:], strict=False):
            made = add_seal(made.data, self.seal(signer), field=name, at=at, timestamper=stamper)
            assert made.shortfall is None
        return made.data

    def seal(self, signer: keys.Signer) -> Seal:
        shapes = (Shape(commands=rectangle(1, 1, 40, 40), stroke=(1, 0, 0)),)
        return Seal(name=self.office.NAME, picture=SealPicture(width=42.0, height=42.0, shapes=shapes), signer=signer)

    def issue(
        self,
        kind: str,
        level: str,
        *,
        signer: keys.Signer | str = "seal",
        at: datetime | None = None,
        stamper: Timestamper | None = None,
        evidence: Evidence | None = None,
    ) -> Issued:
        """Issue at a level; the timestamp is a minute later, the evidence an hour, the document timestamp a day."""
        at = at or self.at
        who = self.server.pki.signer(signer) if isinstance(signer, str) else signer
        stamped = level != "b-b"
        with self.clock(at + MINUTE):
            stamper = (stamper or self.stamper()) if stamped else None
            if kind == "pdf":
                made = Issued(self.pdf(who, stamper=stamper, at=at))
            else:
                structured = self.licence([who], sealed_at=at)
                made = Issued(structured, sign_detached(structured, who))
                if stamper is not None:
                    made = replace(made, signature=timestamp_detached(made.signature or b"", stamper))
        if level in ("b-lt", "b-lta"):
            found = evidence or self.collect(who.chain, "tsa", at=at + HOUR)
            if kind == "pdf":
                made = Issued(add_evidence(made.data, found))
            else:
                made = replace(made, signature=add_detached_evidence(made.signature or b"", found))
        if level == "b-lta":
            with self.clock(at + DAY):
                made = Issued(add_document_timestamp(made.data, self.stamper()))
        return made


def _digest(signer: keys.Signer) -> str:
    return signer.certificate.fingerprint(signer.algorithm.digest).hex()


def detached(data: bytes, *signers: keys.Signer, at: datetime | None = None) -> bytes:
    """The signatures of several over one file."""
    first, *others = signers
    cms = sign_detached(data, first, signing_time=at)
    for signer in others:
        cms = add_signer(cms, data, signer, signing_time=at)
    return cms


def with_certificates(response: bytes, extra: Sequence[bytes]) -> bytes:
    """The same answer with more certificates inside."""
    envelope = keys.der.DerReader(response).read_sequence()
    status = envelope.read_raw()
    typed = keys.der.DerReader(envelope.read(0xA0)).read_sequence()
    name = typed.read_raw()
    whole = keys.der.DerReader(typed.read_octet_string()).read_sequence()
    parts = [whole.read_raw() for _ in range(3)]
    inside = keys.der.DerReader(whole.read(0xA0)).read_sequence()
    certificates = []
    while not inside.at_end:
        certificates.append(inside.read_raw())
    basic = keys.der.sequence(*parts, keys.der.context(0, keys.der.sequence(*certificates, *extra)))
    return keys.der.sequence(status, keys.der.context(0, keys.der.sequence(name, keys.der.octet_string(basic))))
