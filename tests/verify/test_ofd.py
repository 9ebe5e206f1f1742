"""Sealed OFDs given to the verifier: what each verdict rests on.

What becomes of a genuine one when somebody changes it is in `tests/flow/test_ofd.py`. Here the files are what somebody
who has a key can make: every seal in them fits its file, and still not each is the licence's.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from declared import DeclaredPki, declared_pki, policy
from PIL import Image
from timestamping import imprint, make_token

from esign import (
    ORGANISATION,
    ExpectedSeal,
    Page,
    SealObject,
    SealPlace,
    SesPicture,
    ShortElement,
    StructuredAttachment,
    StructuredAuthority,
    StructuredDocument,
    StructuredLicence,
    make_seal_object,
    read_seal_object,
    short_elements,
    sign_detached,
    structured_to_bytes,
)
from esign.ofd_form import OfdContent, OfdStamp
from esign.ofd_package import read_package
from esign.ofd_packing import OfdPart, write_package
from esign.ofd_signing_xml import (
    OfdSignatureForm,
    must_cover,
    signature_file,
    signature_list_xml,
    signature_xml,
)
from esign.ofd_stamps import stamp_facts
from esign.ofd_writing import OfdWriter
from keys import SM2_SM3, Retirement, RetirementReason, Signer, Subject, der, generate_private_key, hash_bytes
from verify import Outcome, Report, TrustStore, Verifier

PICTURE = (Path(__file__).parents[2] / "fixtures/vectors/ses/picture.png").read_bytes()
SIZE = (42.0, 42.0)
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One seal as it is to be set; what is not said is as it should be."""

    signer: Signer
    seal: SealObject
    at: datetime
    field: str = "Seal1"
    property_info: str | None = None
    time_info: datetime | None = None
    token_at: datetime | None = None
    token_over: bytes | None = None
    seal_file: bytes | None = None
    last: bool = True
    shift: float = 0.0
    wrong_value: bool = False


class Desk:
    """An authority with SM2 keys of the declared PKI, and a verifier that trusts its root."""

    def __init__(self, office: Any) -> None:
        self.office = office
        self.pki: DeclaredPki = declared_pki("sm2")
        self.at: datetime = office.AT
        self.signer = self.pki.signer("seal")
        self.seal = self.seal_object()
        self.writer = OfdWriter(office.fonts())

    def seal_object(self, **given: Any) -> SealObject:
        good: dict[str, Any] = {
            "identifier": "99010000000001",
            "vendor": "ELIC",
            "name": self.office.NAME,
            "kind": ORGANISATION,
            "picture": SesPicture(type="PNG", data=PICTURE, width=42, height=42),
            "permitted": [self.pki.certificate("seal")],
            "valid_from": self.at - timedelta(days=1),
            "valid_to": self.at + 2 * YEAR,
            "maker": self.pki.signer("seal-maker"),
            "at": self.at - timedelta(days=1),
        }
        return read_seal_object(make_seal_object(**{**good, **given}))

    def verifier(self, **given: Any) -> Verifier:
        pki, lists = self.pki, given.pop("lists", None)
        certificates = (pki.root, pki.certificate("issuing-ca"), pki.certificate("issuing-ca-renewed"))
        lists = (pki.crl("root", self.at), pki.crl("issuing-ca", self.at)) if lists is None else lists
        anchors = given.pop("anchors", certificates)
        trust = TrustStore.from_certificates(anchors, lists=lists, **given.pop("trust", {}))
        return Verifier(trust, self.office.Store(self.office.ISSUED), **given)

    def licence(self, *seals: tuple[Signer, SealObject | None], **changes: Any) -> StructuredLicence:
        expected = tuple(
            ExpectedSeal(
                field=f"Seal{place}",
                order=place,
                algorithm=signer.algorithm.name,
                certificate_digest=f"{signer.algorithm.digest}:"
                + signer.certificate.fingerprint(signer.algorithm.digest).hex(),
                seal_digest=None if seal is None else seal.digest,
            )
            for place, (signer, seal) in enumerate(seals or ((self.signer, self.seal),), start=1)
        )
        made: StructuredLicence = self.office.licence_for(self.signer, **{"seals": expected, **changes})
        return made

    def made(self, **given: Any) -> Made:
        return Made(**{"signer": self.signer, "seal": self.seal, "at": self.at, **given})

    def ofd(self, licence: StructuredLicence, *seals: Made, p7s: bytes | None = None, **content: Any) -> bytes:
        """An OFD of the licence, with these seals set one after the other."""
        structured = structured_to_bytes(licence)
        fields = [one.field for one in licence.seals if one.algorithm == SM2_SM3.name]
        places = [SealPlace(field=field, x=40.0 + 60 * place, y=220) for place, field in enumerate(fields)]
        if len(places) > 1:
            places[1:] = [replace(one, size=SIZE) for one in places[1:]]
        page = Page(width=210, height=297, items=self.office.face_of(structured), seals=tuple(places))
        given: dict[str, Any] = {
            "title": "样例",
            "pages": [page],
            "elements": short_elements(licence.elements()),
            "structured": structured,
            "signature": p7s or sign_detached(structured, self.signer, signing_time=self.at),
            "fields": fields,
        }
        draft = self.writer.write(OfdContent(**{**given, **content}), at=self.at)
        files = dict(draft.files)
        for place, one in enumerate(seals or (self.made(),)):
            self._set(files, place, one, draft.stamps.get(one.field))
        return write_package(files)

    def _set(self, files: dict[str, OfdPart], place: int, made: Made, stamp: OfdStamp | None) -> None:
        files[signature_file(place, "Seal.esl")] = OfdPart(made.seal_file or made.seal.data)
        files["Doc_0/Signs/Signatures.xml"] = OfdPart(signature_list_xml(["Seal"] * (place + 1)))
        covered = must_cover(files, place, last=made.last)
        form = OfdSignatureForm(
            place=place,
            kind="Seal",
            at=made.at,
            references=tuple((path, files[path].sm3) for path in covered),
            stamp=None if stamp is None else stamp_facts(replace(stamp, x=stamp.x + made.shift), SIZE),
        )
        path = signature_file(place, "Signature.xml")
        files[path] = OfdPart(signature_xml(form))
        tbs = der.sequence(
            der.integer(4),
            made.seal.data,
            der.generalized_time(made.time_info or made.at),
            der.bit_string(files[path].sm3),
            der.tlv(der.IA5_STRING, (made.property_info or f"/{path}").encode()),
        )
        value = made.signer.sign(tbs + b"x" if made.wrong_value else tbs)
        token = b""
        if made.token_at is not None:
            over = hash_bytes("sm3", value if made.token_over is None else made.token_over)
            tsa = self.pki.signer("tsa")
            token = make_token(tsa, imprint_der=imprint(over, tsa.algorithm), at=made.token_at, policy=policy())
        files[signature_file(place, "SignedValue.dat")] = OfdPart(
            der.sequence(
                tbs,
                der.octet_string(made.signer.certificate.der),
                der.oid(SM2_SM3.signature_oid),
                der.bit_string(value),
                der.context(0, der.bit_string(token)) if token else b"",
            )
        )


@pytest.fixture(scope="module")
def desk(office: ModuleType) -> Desk:
    return Desk(office)


def codes(report: Report, name: str) -> list[str]:
    return [check.code for check in report.checks if check.name == name]


# What is good.


def test_a_good_one_passes(desk: Desk) -> None:
    report = desk.verifier().verify_file(desk.ofd(desk.licence()), at=desk.at)
    assert (report.kind, report.verdict, report.reason.code) == ("ofd", Outcome.PASSED, "OK")
    assert [(one.field, one.covers, one.trusted) for one in report.signatures] == [
        ("Seal1", "whole", True),
        ("maker", "content", True),
    ]
    assert report.licence == desk.licence()


def test_two_authorities_and_each_sees_to_its_part(desk: Desk) -> None:
    water = desk.pki.signer("water-seal")
    theirs = desk.seal_object(permitted=[water.certificate], name="样例县水利局", identifier="99010000000002")
    joint = (StructuredAuthority(name=desk.office.OTHER_NAME, code=desk.office.OTHER_CODE),)
    licence = desk.licence((desk.signer, desk.seal), (water, theirs), joint_issuers=joint)
    first = desk.made(last=False)
    second = desk.made(signer=water, seal=theirs, at=desk.at + timedelta(hours=2), field="Seal2")

    def judged(*seals: Made) -> Report:
        return desk.verifier().verify_file(desk.ofd(licence, *seals), at=desk.at + timedelta(hours=3))

    both = judged(first, second)
    assert both.reason.code == "OK", both.checks
    assert [one.field for one in both.signatures] == ["Seal1", "maker", "Seal2", "maker"]
    assert [one.covers for one in both.signatures] == ["revision", "content", "whole", "content"]
    waiting = judged(first)
    assert (waiting.reason.code, waiting.authenticity) == ("SEALS_INCOMPLETE", Outcome.PASSED)
    for wrong, code in (
        ((replace(first, last=True),), "NON_CANONICAL"),  # nobody can seal it any more
        ((first, replace(second, last=False)), "NON_CANONICAL"),
        ((first, replace(second, shift=40.0)), "SEAL_UNEXPECTED"),
        ((first, replace(second, at=desk.at - timedelta(hours=1))), "SEAL_UNEXPECTED"),
        ((first, desk.made(field="Seal2")), "SEAL_UNEXPECTED"),
        ((first, second, replace(second, field="Seal3")), "DIGEST_MISMATCH"),  # the second has locked the list
        ((replace(second, field="Seal1", last=False), desk.made(field="Seal2")), "SEAL_UNEXPECTED"),
    ):
        assert judged(*wrong).reason.code == code


def test_the_seal_of_the_other_algorithm_is_not_looked_for(desk: Desk) -> None:
    rsa = declared_pki("rsa").signer("seal")
    licence = desk.licence((desk.signer, desk.seal), (rsa, None))
    structured = structured_to_bytes(licence)
    assert desk.verifier().verify_file(desk.ofd(licence), at=desk.at).reason.code == "OK"
    # It signs beside the data, and must be one that is listed there, too.
    for other, code in ((rsa, "OK"), (desk.pki.signer("water-seal"), "SEAL_UNEXPECTED")):
        p7s = sign_detached(structured, other, signing_time=desk.at)
        assert desk.verifier().verify_file(desk.ofd(licence, p7s=p7s), at=desk.at).reason.code == code


def test_a_seal_that_lets_nothing_through_hides_what_is_under_it(desk: Desk) -> None:
    white = io.BytesIO()
    Image.new("RGB", (42, 42), "white").save(white, "PNG")
    seal = desk.seal_object(picture=SesPicture(type="PNG", data=white.getvalue(), width=42, height=42))
    licence = desk.licence((desk.signer, seal))
    items = desk.office.face_of(structured_to_bytes(licence))
    for y, code in ((50, "FACE_DIFFERS"), (220, "OK")):
        page = Page(width=210, height=297, items=items, seals=(SealPlace(field="Seal1", x=40, y=y),))
        report = desk.verifier().verify_file(desk.ofd(licence, desk.made(seal=seal), pages=[page]), at=desk.at)
        assert report.reason.code == code, report.checks


# What somebody with a key can make.

FURTHER = StructuredDocument(key="duplicate-1", label="副本")
BODY = StructuredAttachment(
    kind="body", name="body.pdf", media_type="application/pdf", sha256="0" * 64, sm3="0" * 64, size=9, pages=1
)

MADE: dict[str, tuple[Callable[[Desk], bytes], str]] = {
    "another holder in what programs read": (
        lambda desk: desk.ofd(desk.licence(), elements=[ShortElement(short_name="CZZT", title="", value="样例丙")]),
        "FACE_DIFFERS",
    ),
    "another certificate of the authority": (
        lambda desk: desk.ofd(desk.licence(), desk.made(signer=desk.pki.signer("seal-renewed"))),
        "SEAL_UNEXPECTED",
    ),
    "another electronic seal, the same key": (
        lambda desk: desk.ofd(desk.licence(), desk.made(seal=desk.seal_object(identifier="99010000000009"))),
        "SEAL_UNEXPECTED",
    ),
    "another seal beside it than in it": (
        lambda desk: desk.ofd(desk.licence(), desk.made(seal_file=desk.seal_object(identifier="99010000000009").data)),
        "SEAL_UNEXPECTED",
    ),
    "set on another file": (
        lambda desk: desk.ofd(desk.licence(), desk.made(property_info="/Doc_0/Signs/Sign_1/Signature.xml")),
        "SEAL_UNEXPECTED",
    ),
    "two times of sealing": (
        lambda desk: desk.ofd(desk.licence(), desk.made(time_info=desk.at + timedelta(seconds=1))),
        "SEAL_UNEXPECTED",
    ),
    "sealed at another time than the licence says": (
        lambda desk: desk.ofd(desk.licence(), desk.made(at=desk.at + timedelta(hours=1))),
        "SEAL_UNEXPECTED",
    ),
    "a value over something else": (
        lambda desk: desk.ofd(desk.licence(), desk.made(wrong_value=True)),
        "SIGNATURE_INVALID",
    ),
    "another authority's licence": (
        lambda desk: desk.ofd(desk.licence(issuer_name=desk.office.OTHER_NAME, issuer_code=desk.office.OTHER_CODE)),
        "SEAL_NOT_OF_ISSUER",
    ),
    "a joint issuer that has not sealed": (
        lambda desk: desk.ofd(
            desk.licence(joint_issuers=(StructuredAuthority(name=desk.office.OTHER_NAME, code=desk.office.OTHER_CODE),))
        ),
        "SEAL_NOT_OF_ISSUER",
    ),
    "a document that the licence does not list": (
        lambda desk: desk.ofd(desk.licence(documents=(FURTHER,))),
        "DOCUMENT_UNLISTED",
    ),
    "without the body": (lambda desk: desk.ofd(desk.licence(attachments=(BODY,))), "BODY_MISMATCH"),
    "a face that shows nothing": (
        lambda desk: desk.ofd(desk.licence(), pages=[Page(width=210, height=297, items=(), seals=())]),
        "FACE_DIFFERS",
    ),
    "data that are none": (
        lambda desk: desk.ofd(desk.licence(), structured=b'{"a": 1}'),
        "FORMAT_STRUCTURED",
    ),
    "no signature beside the data": (lambda desk: desk.ofd(desk.licence(), signature=b"x"), "FORMAT_CMS"),
    "a signature of other data beside them": (
        lambda desk: desk.ofd(desk.licence(), p7s=sign_detached(b"x", desk.signer, signing_time=desk.at)),
        "DIGEST_MISMATCH",
    ),
    "a stranger's signature beside the data": (
        lambda desk: desk.ofd(
            desk.licence(),
            p7s=sign_detached(structured_to_bytes(desk.licence()), desk.pki.signer("water-seal"), signing_time=desk.at),
        ),
        "SEAL_UNEXPECTED",
    ),
    "a seal that does not list the key": (
        lambda desk: _with_seal(desk, permitted=[desk.pki.certificate("water-seal")]),
        "SIGNER_NOT_IN_SEAL",
    ),
    "a seal that was not in force": (
        lambda desk: _with_seal(desk, valid_to=desk.at - timedelta(hours=1)),
        "SEAL_NOT_IN_FORCE",
    ),
    "a key that is not for seals": (
        lambda desk: _with_key(desk, "code"),
        "CERTIFICATE_UNFIT",
    ),
    "a key whose certificate was revoked": (lambda desk: _with_key(desk, "seal-compromised"), "CERTIFICATE_REVOKED"),
    "a certificate of nobody's": (lambda desk: _with_key(desk, "seal-wrong-issuer"), "CERTIFICATE_UNTRUSTED"),
    "a timestamp over something else": (
        lambda desk: desk.ofd(desk.licence(), desk.made(token_at=desk.at, token_over=b"something else")),
        "TIMESTAMP_INVALID",
    ),
    "a timestamp before the time of sealing": (
        lambda desk: desk.ofd(desk.licence(), desk.made(token_at=desk.at - timedelta(hours=1))),
        "SEAL_TIME_CONTRADICTED",
    ),
}


def _with_seal(desk: Desk, **given: Any) -> bytes:
    seal = desk.seal_object(**given)
    return desk.ofd(desk.licence((desk.signer, seal)), desk.made(seal=seal))


def _with_key(desk: Desk, name: str) -> bytes:
    signer = desk.pki.signer(name)
    seal = desk.seal_object(permitted=[signer.certificate])
    licence = desk.licence((signer, seal))
    p7s = sign_detached(structured_to_bytes(licence), signer, signing_time=desk.at)
    return desk.ofd(licence, desk.made(signer=signer, seal=seal), p7s=p7s)


@pytest.mark.parametrize("name", MADE)
def test_a_seal_that_fits_its_file_is_not_enough(desk: Desk, name: str) -> None:
    make, code = MADE[name]
    report = desk.verifier().verify_file(make(desk), at=desk.at + timedelta(hours=2))
    assert (report.reason.code, report.kind) == (code, "ofd"), report.checks
    assert not report


def test_a_damaged_package(desk: Desk) -> None:
    good = desk.ofd(desk.licence())
    changed = good[:200] + bytes([good[200] ^ 1]) + good[201:]
    for damaged in (good[:-1], good + b"x", changed, good[:40] + good[41:]):
        report = desk.verifier().verify_file(damaged, at=desk.at)
        assert (report.kind, report.reason.code) == ("ofd", "FORMAT_OFD")


def test_a_file_that_was_added(desk: Desk) -> None:
    files = {path: OfdPart(content) for path, content in read_package(desk.ofd(desk.licence())).files.items()}
    for path in (
        "Doc_0/Res/image_9.png",
        "Doc_0/Annots/Page_0/Annotation.xml",
        "x",
        "Doc_0/Signs/Sign_1/Signature.xml",
    ):
        report = desk.verifier().verify_file(write_package({**files, path: OfdPart(b"x")}), at=desk.at)
        assert report.reason.code == "CONTENT_UNCOVERED"
        assert path in " ".join(check.detail for check in report.checks if check.name == "coverage")
        # What is sealed is still judged: the auditor sees all of it.
        assert codes(report, "signature") == ["OK"]


def test_a_changed_file_is_named(desk: Desk) -> None:
    files = dict(read_package(desk.ofd(desk.licence())).files)
    for path in ("Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Sign_0/Signature.xml"):
        changed = {**files, path: files[path].replace(b"ID=", b"ID =", 1) + b"\n"}
        report = desk.verifier().verify_file(
            write_package({name: OfdPart(content) for name, content in changed.items()}), at=desk.at
        )
        assert [(one.name, one.code, one.detail) for one in report.checks] == [
            ("digest", "DIGEST_MISMATCH", f"changed or missing since: '{path}'")
        ]
        assert report.licence is None


def test_what_the_key_has_signed_was_changed(desk: Desk) -> None:
    path = "Doc_0/Signs/Sign_0/SignedValue.dat"
    files = {name: OfdPart(content) for name, content in read_package(desk.ofd(desk.licence())).files.items()}
    value = files[path].content
    time = f"{desk.at.astimezone(UTC):%Y%m%d%H%M%S}Z".encode()
    assert value.count(time) == 1
    for old, new in ((time, b"20261121023001Z"), (b"Sign_0/Signature.xml", b"Sign_1/Signature.xml")):
        changed = OfdPart(value.replace(old, new))
        report = desk.verifier().verify_file(write_package({**files, path: changed}), at=desk.at)
        assert report.reason.code == "SIGNATURE_INVALID"


# The maker of the seal.


def test_the_maker_of_the_seal_is_judged_too(desk: Desk) -> None:
    data = desk.ofd(desk.licence())
    maker = desk.pki.signer("seal-maker").certificate
    retired = Retirement(
        certificate_digest=maker.fingerprint("sha256"),
        reason=RetirementReason.COMPROMISE,
        since=desk.at - timedelta(days=2),
        recorded_at=desk.at,
    )
    report = desk.verifier(trust={"retirements": (retired,)}).verify_file(data, at=desk.at)
    assert (report.reason.code, codes(report, "seal_retirement")) == ("KEY_COMPROMISED", ["KEY_COMPROMISED"])
    assert codes(report, "retirement") == ["OK"]
    other = _with_seal(desk, maker=desk.pki.signer("code"))
    assert desk.verifier().verify_file(other, at=desk.at).reason.code == "CERTIFICATE_UNFIT"


def test_nobody_makes_his_own_seal_but_in_development(desk: Desk, ca: Any) -> None:
    """Like the seal by itself; with a development PKI there is nobody else who could make it."""
    for signer, verifier, code in (
        (desk.signer, desk.verifier(), "OK"),
        (_sm2_of(desk), None, "SEAL_SELF_MADE"),
    ):
        seal = desk.seal_object(permitted=[signer.certificate], maker=signer)
        licence = desk.licence((signer, seal))
        p7s = sign_detached(structured_to_bytes(licence), signer, signing_time=desk.at)
        data = desk.ofd(licence, desk.made(signer=signer, seal=seal), p7s=p7s)
        anchors = TrustStore.from_certificates((signer.chain[-1],))
        verifier = verifier or Verifier(anchors, desk.office.Store(desk.office.ISSUED))
        assert verifier.verify_file(data, at=desk.at).reason.code == code


def _sm2_of(desk: Desk) -> Signer:
    """A key of the authority under a root that is no development PKI."""
    root_key, key = generate_private_key(SM2_SM3), generate_private_key(SM2_SM3)
    office = desk.office
    subject = Subject(common_name=office.NAME, organization=office.NAME, organization_identifier=office.CODE)
    root = office.certify(
        subject=Subject(common_name="Root"),
        public_key=root_key.public_key,
        issuer=None,
        issuer_key=root_key,
        usages=("keyCertSign", "cRLSign"),
        is_ca=True,
    )
    leaf = office.certify(subject=subject, public_key=key.public_key, issuer=root, issuer_key=root_key)
    return Signer(private_key=key, chain=(leaf, root))


# Over time.


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """A store that has had every file since then."""

    at: datetime

    def existed_since(self, identifier: str, sha256: str) -> datetime:
        return self.at


def test_what_is_proven_to_be_older_outlives_its_certificates(desk: Desk) -> None:
    data = desk.ofd(desk.licence())
    later = max(desk.pki.certificate(name).not_after for name in ("seal", "seal-maker")) + timedelta(days=1)
    for existence, code, proof in ((None, "CERTIFICATE_EXPIRED", "none"), (Since(at=desk.at), "OK", "store")):
        report = desk.verifier(existence=existence).verify_file(data, at=later)
        # The maker of the seal lives by the same proof: the seal is in what is proven to have existed.
        found = codes(report, "certificate_age") + codes(report, "seal_certificate_age")
        assert (report.signatures[0].proof, set(found)) == (proof, {code}), report.checks
        assert (report.authenticity is Outcome.PASSED) == (code == "OK")


def test_a_stolen_key(desk: Desk) -> None:
    retired = Retirement(
        certificate_digest=desk.signer.certificate.fingerprint("sha256"),
        reason=RetirementReason.COMPROMISE,
        since=desk.at + timedelta(days=1),
        recorded_at=desk.at + timedelta(days=1),
    )
    verifier = desk.verifier(trust={"retirements": (retired,)})
    for made, code, proof in (
        (desk.made(), "KEY_COMPROMISED_UNPROVEN", "none"),
        (desk.made(token_at=desk.at), "OK", "timestamp"),
    ):
        report = verifier.verify_file(desk.ofd(desk.licence(), made), at=desk.at + timedelta(days=2))
        assert (report.reason.code, report.signatures[0].proof, report.signatures[1].proof) == (code, proof, proof)


def test_a_timestamp_on_a_later_seal_proves_those_that_it_covers(desk: Desk) -> None:
    water = desk.pki.signer("water-seal")
    theirs = desk.seal_object(permitted=[water.certificate], name="样例县水利局", identifier="99010000000002")
    joint = (StructuredAuthority(name=desk.office.OTHER_NAME, code=desk.office.OTHER_CODE),)
    licence = desk.licence((desk.signer, desk.seal), (water, theirs), joint_issuers=joint)
    stolen = desk.at + timedelta(days=1)
    retired = Retirement(
        certificate_digest=desk.signer.certificate.fingerprint("sha256"),
        reason=RetirementReason.COMPROMISE, since=stolen, recorded_at=stolen,
    )  # fmt: skip
    verifier = desk.verifier(trust={"retirements": (retired,)})
    first = desk.made(last=False)
    second = desk.made(signer=water, seal=theirs, field="Seal2", token_at=desk.at)
    for later, proof, code in (
        (second, "timestamp", "OK"),
        (replace(second, token_at=stolen + timedelta(hours=1)), "timestamp", "KEY_COMPROMISED_UNPROVEN"),
        (replace(second, token_at=None), "none", "KEY_COMPROMISED_UNPROVEN"),
        # Nobody knows what a signature is over that does not verify, or what one is worth that is not listed.
        (replace(second, wrong_value=True), "none", "SIGNATURE_INVALID"),
        (replace(second, shift=40.0), "none", "SEAL_UNEXPECTED"),
    ):
        report = verifier.verify_file(desk.ofd(licence, first, later), at=stolen + timedelta(days=1))
        assert (report.signatures[0].proof, report.reason.code) == (proof, code), report.checks
        assert codes(report, "retirement")[0] == ("OK" if code == "OK" else "KEY_COMPROMISED_UNPROVEN")
