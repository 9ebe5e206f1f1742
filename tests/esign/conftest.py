"""An authority with both suites of algorithms, its seals, and one sealed file of each."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import pytest

from esign import (
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
    code_modules,
    draw_round_seal,
    structured_to_bytes,
)
from keys import DevelopmentPki, Signer, make_development_pki
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
        page = Page(width=210, height=297, items=(*runs, symbol), seal=SealPlace(x=150, y=220))
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
