"""An authority with both suites of algorithms, its seals, and one sealed file of each."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache

import pytest
import timestamping
from declared import DeclaredPki, declared_pki, policy

from esign import (
    Evidence,
    ExpectedSeal,
    FontChain,
    Page,
    PdfContent,
    PdfSealer,
    PreparedPdf,
    Rows,
    Seal,
    SealPlace,
    ShortElement,
    StructuredField,
    StructuredHolder,
    StructuredLicence,
    Symbol,
    TextRun,
    TimestampError,
    add_document_timestamp,
    add_evidence,
    code_modules,
    draw_round_seal,
    structured_to_bytes,
)
from esign.pdf_form import TOKEN_RESERVE
from keys import CertificateId, DevelopmentPki, OcspAnswer, Signer, make_development_pki, make_ocsp_response
from licences.fonts import shipped_font

AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
AUTHORITY = "样例县行政审批局"


@dataclass(frozen=True)
class Sealed:
    pki: DevelopmentPki
    sealer: PdfSealer
    structured: bytes
    pdf: bytes
    at: datetime
    make: Callable[..., bytes]
    prepare: Callable[..., PreparedPdf]
    forger: Signer
    """Somebody who has the same name but another key."""


@pytest.fixture(scope="session")
def fonts() -> FontChain:
    return FontChain([shipped_font()])


@pytest.fixture(scope="session")
def pkis() -> dict[str, DevelopmentPki]:
    return {
        family: make_development_pki(
            family, authority_name=AUTHORITY, authority_code="1199010000000102XM", at=AT, random=os.urandom
        )
        for family in ("sm2", "rsa")
    }


@pytest.fixture(scope="session")
def licence() -> StructuredLicence:
    return StructuredLicence(
        identifier="1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4",
        number="农药经许(赣)99010110001",
        name="农药经营许可证",
        type_name="农药经营许可证",
        type_code="11990000000001011Q001",
        issuer_name=AUTHORITY,
        issuer_code="1199010000000102XM",
        issuer_level="区县级",
        issued_on=date(2026, 3, 2),
        holders=(StructuredHolder(name="𬱖㛃", code="990101199003071237", kind="111", kind_name="公民身份号码"),),
        valid_from=date(2026, 3, 2),
        valid_to=None,
        area_code="990101",
        fields=(
            StructuredField(key="domicile", label="住所", value="样例县城关镇"),
            StructuredField(key="branches", label="分支机构", value=Rows(columns=("名称",), rows=(("甲",), ("乙",)))),
        ),
        seals=(ExpectedSeal(field="Seal1", order=1, algorithm="sm2", certificate_digest="sm3:00"),),
        sealed_at=AT,
        development=True,
    )


@pytest.fixture(scope="session", params=["sm2", "rsa"])
def sealed(
    request: pytest.FixtureRequest, fonts: FontChain, pkis: dict[str, DevelopmentPki], licence: StructuredLicence
) -> Sealed:
    pki = pkis[request.param]
    seal = Seal(name=AUTHORITY, picture=draw_round_seal(fonts, AUTHORITY), signer=pki.seal)
    sealer, structured = PdfSealer(fonts, seal), structured_to_bytes(licence)

    def prepare(*texts: str, at: datetime = AT) -> PreparedPdf:
        runs = (TextRun(x=20, y=20 + 9 * n, size=14, text=text) for n, text in enumerate(texts))
        symbol = Symbol(x=30, y=200, size=35, modules=code_modules("http://127.0.0.1:8000/V/" + "ABCDEFGH" * 40))
        page = Page(width=210, height=297, items=(*runs, symbol), seals=(SealPlace(field="Seal1", x=150, y=220),))
        content = PdfContent(
            title="农药经营许可证",
            pages=[page],
            elements=[ShortElement(short_name="ZZMC", title="证照名称", value="农药经营许可证 <&>")],
            structured=structured,
        )
        return sealer.prepare(content, at=at)

    def make(*texts: str, at: datetime = AT) -> bytes:
        prepared = prepare(*texts, at=at)
        return prepared.finish(pki.seal.sign(prepared.attributes))

    pdf = make("农药经营许可证", "法定代表人 𬱖㛃䶮 · ABC 123")
    forger = make_development_pki(
        request.param, authority_name=AUTHORITY, authority_code="1199010000000102XM", at=AT, random=os.urandom
    ).seal
    return Sealed(
        pki=pki, sealer=sealer, structured=structured, pdf=pdf, at=AT, make=make, prepare=prepare, forger=forger
    )


STAMPED = AT + timedelta(minutes=1)


@pytest.fixture(scope="session")
def stamper_of() -> "type[Stamper]":
    return Stamper


class Stamper:
    """A timestamp authority of the declared PKI that needs no network; with a fault it is one that fails."""

    @staticmethod
    def evidence(family: str, at: datetime) -> Evidence:
        return evidence_of(family, at)

    def __init__(self, family: str, at: datetime = STAMPED) -> None:
        self.signer = declared_pki(family).signer("tsa")
        self.at = at
        self.fault: str | None = None
        self.serial = 0

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        assert digest_name == self.signer.algorithm.digest
        if self.fault == "down":
            raise TimestampError("nobody answers")
        self.serial += 1
        imprint = timestamping.imprint(bytes(32) if self.fault == "wrong" else digest, self.signer.algorithm)
        token = timestamping.make_token(
            self.signer, imprint_der=imprint, at=self.at, policy=policy(), serial=self.serial
        )
        match self.fault:
            case "large":
                return token + bytes(TOKEN_RESERVE)
            case "garbage":
                return b"\x30\x03\x02\x01"
            case "longer":
                return token + b"\x00"
            case _:
                return token


@dataclass(frozen=True)
class Ladder:
    """The same licence, its seal at each level; the last has two rounds of evidence and document timestamp."""

    family: str
    pki: DeclaredPki
    stamper: Stamper
    evidence: Evidence
    b_b: bytes
    b_t: bytes
    b_lt: bytes
    b_lta: bytes
    twice: bytes

    @property
    def all(self) -> dict[str, bytes]:
        return {"b-b": self.b_b, "b-t": self.b_t, "b-lt": self.b_lt, "b-lta": self.b_lta, "twice": self.twice}


@cache
def evidence_of(family: str, at: datetime) -> Evidence:
    """What the declared authorities say about their certificates: OCSP about the seal's, lists about all."""
    pki = declared_pki(family)
    seal, issuer = pki.chain("seal")
    responder = pki.signer("ocsp")
    answer = OcspAnswer(
        certificate_id=CertificateId.of(seal, issuer),
        status="good",
        revocation=None,
        this_update=at,
        next_update=at + timedelta(days=1),
    )
    response = make_ocsp_response([answer], responder=responder, produced_at=at)
    return Evidence(
        certificates=tuple(item.der for item in (*pki.chain("seal"), pki.root, pki.certificate("tsa"))),
        crls=(pki.crl("root", at).der, pki.crl("issuing-ca", at).der),
        ocsps=(response.der,),
    )


@pytest.fixture(scope="session")
def declared_seals(fonts: FontChain) -> dict[str, Seal]:
    """The authority's seal of each family of the declared PKI."""
    picture = draw_round_seal(fonts, AUTHORITY)
    return {
        family: Seal(name=AUTHORITY, picture=picture, signer=declared_pki(family).signer("seal"))
        for family in ("sm2", "rsa")
    }


@pytest.fixture(scope="session", params=["sm2", "rsa"])
def ladder(
    request: pytest.FixtureRequest, fonts: FontChain, declared_seals: dict[str, Seal], licence: StructuredLicence
) -> Ladder:
    family = request.param
    page = Page(
        width=210,
        height=297,
        items=(TextRun(x=20, y=20, size=14, text="农药经营许可证"),),
        seals=(SealPlace(field="Seal1", x=150, y=220),),
    )
    content = PdfContent(title="农药经营许可证", pages=[page], elements=[], structured=structured_to_bytes(licence))
    stamper = Stamper(family)
    timestamped = PdfSealer(fonts, declared_seals[family], timestamper=stamper).seal(content, at=AT)
    evidence = evidence_of(family, STAMPED)
    b_lt = add_evidence(timestamped.data, evidence)
    b_lta = add_document_timestamp(b_lt, stamper)
    later = STAMPED + timedelta(days=3)
    second = add_evidence(b_lta, Evidence(crls=(declared_pki(family).crl("root", later).der,)))
    return Ladder(
        family=family,
        pki=declared_pki(family),
        stamper=stamper,
        evidence=evidence,
        b_b=PdfSealer(fonts, declared_seals[family]).seal(content, at=AT).data,
        b_t=timestamped.data,
        b_lt=b_lt,
        b_lta=b_lta,
        twice=add_document_timestamp(second, Stamper(family, later)),
    )
