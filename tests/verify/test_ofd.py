"""Sealed OFDs given to the verifier: what each verdict rests on.

What becomes of a genuine one when somebody changes it is in `tests/flow/test_ofd.py`. Here the files are what somebody
who has a key can make: every seal in them fits its file, and still not each is the licence's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from declared import DeclaredPki, declared_pki, policy
from timestamping import imprint, make_token

from esign import (
    ORGANISATION,
    ExpectedSeal,
    Page,
    SealObject,
    SealPlace,
    SesPicture,
    StructuredLicence,
    make_seal_object,
    read_seal_object,
    sign_detached,
    structured_to_bytes,
)
from esign.ofd_form import OfdContent, OfdStamp
from esign.ofd_package import OfdPart, write_package
from esign.ofd_signing_xml import (
    OfdSignatureForm,
    must_cover,
    signature_file,
    signature_list_xml,
    signature_xml,
)
from esign.ofd_stamps import stamp_facts
from esign.ofd_writing import OfdWriter
from keys import SM2_SM3, Signer, der, hash_bytes
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
            "elements": [],
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
