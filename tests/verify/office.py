"""The other side: an authority that certifies, seals and writes codes, and attackers who try to look like it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TypedDict, Unpack

from esign import (
    Background,
    CodeClaims,
    EsignError,
    ExpectedSeal,
    FontChain,
    Page,
    PdfContent,
    PdfSealer,
    Seal,
    SealPicture,
    SealPlace,
    Shape,
    StructuredHolder,
    StructuredLicence,
    StructuredObligation,
    StructuredStatusPlace,
    TextRun,
    chinese_date,
    holder_check_value,
    rectangle,
    sign_code,
    sign_detached,
    structured_from_bytes,
    structured_to_bytes,
)
from keys import (
    CODE_SIGNING_EKU,
    ECDSA_P256_SHA256,
    Certificate,
    PrivateKey,
    PublicKey,
    Signer,
    Subject,
    der,
    generate_private_key,
    hash_bytes,
    key_identifier,
    parse_certificate,
)
from verify import HolderEntry

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
BEGIN = AT - timedelta(days=30)
END = AT + timedelta(days=3 * 365)

NAME = "样例县行政审批局"
CODE = "1199010000000102XM"
OTHER_NAME = "样例县水利局"
OTHER_CODE = "11990100000001038M"
IDENTIFIER = f"1.2.156.3005.2.11990000000001011Q001.{CODE}.20260000001.001.4"

HOLDER = HolderEntry(name="李样例", code="990001199001011234")
STRANGER = HolderEntry(name="王路人", code="990001198001015678")

_PLAIN = Background(shapes=())
_USAGES = ("digitalSignature", "nonRepudiation", "", "", "", "keyCertSign", "cRLSign")


class CertificateChanges(TypedDict, total=False):
    """What may differ in a certificate."""

    usages: Sequence[str]
    purposes: Sequence[str]
    is_ca: bool
    path_length: int | None
    begin: datetime
    end: datetime


class LicenceChanges(TypedDict, total=False):
    """What may differ from the sample licence."""

    identifier: str
    number: str
    valid_to: date | None
    seals: tuple[ExpectedSeal, ...]
    sealed_at: datetime
    development: bool
    obligations: tuple[StructuredObligation, ...]
    status_place: StructuredStatusPlace | None


class CodeChanges(TypedDict, total=False):
    """What may differ from the sample code."""

    key_id: bytes
    status_index: int


class Store:
    """A status source in memory."""

    def __init__(self, *values: tuple[str, str]) -> None:
        self._values = dict(values)
        self.asked: list[str] = []

    def status(self, identifier: str, at: datetime) -> Answer | None:
        self.asked.append(identifier)
        value = self._values.get(identifier)
        return None if value is None else Answer(value=value, as_of=at, source="store")


@dataclass(frozen=True)
class Answer:
    value: str
    as_of: datetime | None
    source: str
    disputed: bool = False
    renewal_pending: bool = False
    extended_to: date | None = None
    obligations: Sequence[StructuredObligation] = ()
    successor: str = ""


ISSUED = (IDENTIFIER, "issued")


def certify(
    *,
    subject: Subject,
    public_key: PublicKey,
    issuer: Certificate | None,
    issuer_key: PrivateKey,
    usages: Sequence[str] = ("digitalSignature", "nonRepudiation"),
    purposes: Sequence[str] = (),
    is_ca: bool = False,
    path_length: int | None = None,
    begin: datetime = BEGIN,
    end: datetime = END,
) -> Certificate:
    """A certificate with any extensions, also those that an honest CA would never write."""
    bits = sum(1 << (7 - _USAGES.index(name)) for name in usages)
    constraints = [der.boolean(True)] if is_ca else []
    if path_length is not None:
        constraints.append(der.integer(path_length))
    extensions = [_extension("2.5.29.19", der.sequence(*constraints))]
    if bits:
        unused = (bits & -bits).bit_length() - 1
        extensions.append(_extension("2.5.29.15", der.tlv(der.BIT_STRING, bytes((unused, bits)))))
    if purposes:
        extensions.append(_extension("2.5.29.37", der.sequence(*map(der.oid, purposes))))
    algorithm = issuer_key.algorithm.signature_identifier
    tbs = der.sequence(
        der.context(0, der.integer(2)),
        der.integer(int.from_bytes(os.urandom(15), "big") | 1),
        algorithm,
        subject.der() if issuer is None else issuer.subject_der,
        der.sequence(der.time(begin), der.time(end)),
        subject.der(),
        public_key.spki,
        der.context(3, der.sequence(*extensions)),
    )
    return parse_certificate(der.sequence(tbs, algorithm, der.bit_string(issuer_key.sign(tbs))))


def _extension(name: str, value: bytes) -> bytes:
    return der.sequence(der.oid(name), der.boolean(True), der.octet_string(value))


@dataclass(frozen=True)
class Ca:
    """A certification authority whose keys are at hand."""

    root_key: PrivateKey
    root: Certificate
    key: PrivateKey
    certificate: Certificate

    @property
    def public(self) -> tuple[Certificate, ...]:
        return self.root, self.certificate

    def issue(self, *, name: str = NAME, code: str = CODE, **more: Unpack[CertificateChanges]) -> Signer:
        """A signer for a seal, unless `more` says something else."""
        key = generate_private_key(ECDSA_P256_SHA256)
        certificate = certify(
            subject=Subject(common_name=f"{name} 电子印章", organization=name, organization_identifier=code),
            public_key=key.public_key,
            issuer=self.certificate,
            issuer_key=self.key,
            **more,
        )
        return Signer(private_key=key, chain=(certificate, self.certificate))

    def issue_code(self, *, name: str = NAME, code: str = CODE, **more: Unpack[CertificateChanges]) -> Signer:
        of_codes: CertificateChanges = {"usages": ("digitalSignature",), "purposes": (CODE_SIGNING_EKU,)}
        of_codes.update(more)
        return self.issue(name=name, code=code, **of_codes)


def make_ca(title: str = "一", *, root: CertificateChanges | None = None, ca: CertificateChanges | None = None) -> Ca:
    """A root and an issuing CA; `root` and `ca` change what stands in their certificates."""
    of_root: CertificateChanges = {"usages": ("keyCertSign", "cRLSign"), "is_ca": True}
    of_ca: CertificateChanges = {"usages": ("keyCertSign", "cRLSign"), "is_ca": True, "path_length": 0}
    of_root.update(root or {})
    of_ca.update(ca or {})
    root_key, key = generate_private_key(ECDSA_P256_SHA256), generate_private_key(ECDSA_P256_SHA256)
    root_certificate = certify(
        subject=Subject(common_name=f"根 {title}"),
        public_key=root_key.public_key,
        issuer=None,
        issuer_key=root_key,
        **of_root,
    )
    certificate = certify(
        subject=Subject(common_name=f"签发机构 {title}"),
        public_key=key.public_key,
        issuer=root_certificate,
        issuer_key=root_key,
        **of_ca,
    )
    return Ca(root_key=root_key, root=root_certificate, key=key, certificate=certificate)


def licence_for(signer: Signer, **changes: Unpack[LicenceChanges]) -> StructuredLicence:
    """The sample licence, which expects this signer's seal; `changes` say what is different."""
    digest = signer.algorithm.digest
    sample = StructuredLicence(
        identifier=IDENTIFIER,
        number="农药经许（样）99000120001",
        name="农药经营许可证",
        type_name="农药经营许可证",
        type_code="11990000000001011Q001",
        issuer_name=NAME,
        issuer_code=CODE,
        issuer_level="区县级",
        issued_on=date(2026, 11, 21),
        holders=(StructuredHolder(name=HOLDER.name, code=HOLDER.code, kind="111", kind_name="居民身份证"),),
        valid_from=date(2026, 11, 21),
        valid_to=date(2031, 11, 20),
        area_code="990101",
        fields=(),
        seals=(
            ExpectedSeal(
                field="Seal1",
                order=1,
                algorithm=signer.algorithm.name,
                certificate_digest=f"{digest}:{signer.certificate.fingerprint(digest).hex()}",
            ),
        ),
        sealed_at=AT,
        development=False,
    )
    return replace(sample, **changes)


def seal_structured(signer: Signer, **changes: Unpack[LicenceChanges]) -> tuple[bytes, bytes]:
    """A structured licence and its detached signature."""
    data = structured_to_bytes(licence_for(signer, **changes))
    return data, sign_detached(data, signer)


def seal_pdf(
    signer: Signer, *, structured: bytes | None = None, at: datetime = AT, **changes: Unpack[LicenceChanges]
) -> bytes:
    """A sealed PDF with the least that a face shows: the rest is not what is tested here."""
    structured = structured if structured is not None else structured_to_bytes(licence_for(signer, **changes))
    seals = (SealPlace(field="Seal1", x=105, y=200),)
    page = Page(width=210, height=297, items=face_of(structured), background=_PLAIN, seals=seals)
    content = PdfContent(title="样例", pages=(page,), elements=(), structured=structured)
    picture = SealPicture(width=42.0, height=42.0, shapes=(Shape(commands=rectangle(1, 1, 40, 40), stroke=(1, 0, 0)),))
    return PdfSealer(fonts(), Seal(name=NAME, picture=picture, signer=signer)).seal(content, at=at).data


def face_of(structured: bytes) -> tuple[TextRun, ...]:
    """What the face of every licence shows; nothing for data that are none."""
    try:
        licence = structured_from_bytes(structured)
    except EsignError:
        return ()
    names = [holder.name for holder in licence.holders]
    lines = (licence.number, *names, licence.issuer_name, chinese_date(licence.issued_on))
    return tuple(TextRun(x=30, y=40 + 10 * place, size=12, text=line) for place, line in enumerate(lines))


@cache
def fonts() -> FontChain:
    """The shipped font, taken from its file: this side needs nothing else of what issues licences."""
    return FontChain(((Path(__file__).parents[2] / "licences/fonts/LXGWWenKai-Regular.ttf").read_bytes(),))


def write_code(signer: Signer, *, holder: HolderEntry = HOLDER, **changes: Unpack[CodeChanges]) -> str:
    """The text of a code for the sample licence."""
    salt = bytes(range(8))
    claims = CodeClaims(
        key_id=key_identifier(signer.public_key, signer.algorithm.digest),
        identifier=IDENTIFIER,
        valid_from=date(2026, 11, 21),
        valid_to=date(2031, 11, 20),
        status_list=1,
        status_index=77,
        holder_check=holder_check_value(salt, holder.name, holder.code),
        salt=salt,
        digest=hash_bytes(signer.algorithm.digest, b"licence"),
    )
    return sign_code(replace(claims, **changes), signer)
