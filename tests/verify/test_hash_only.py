"""Signatures whose document stays where it is: what a digest proves, and what it can never prove."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto import cms

import keys
from esign import read_sealed_pdf, sign_detached
from keys import Signer, hash_bytes
from verify import DigestOf, Outcome, Report, TrustStore, Verifier

NOTE = "公民提交的材料\n".encode()
EVERY: tuple[DigestOf, ...] = ("file", "licence", "pdf")


def _digests(*content: bytes | memoryview) -> dict[str, bytes]:
    return {name: hash_bytes(name, content) for name in ("sha256", "sm3")}


@pytest.fixture(scope="module")
def signer(ca: Any) -> Signer:
    made: Signer = ca.issue()
    return made


@pytest.fixture(scope="module")
def openssl(signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    folder = tmp_path_factory.mktemp("openssl")
    keys.write_private_key(folder / "key", signer.private_key)
    keys.write_certificates(folder / "leaf.pem", signer.chain[:1])
    keys.write_certificates(folder / "ca.pem", signer.chain[1:])

    def sign(content: bytes, *options: str) -> bytes:
        (folder / "content").write_bytes(content)
        command = (
            "openssl cms -sign -binary -in content -signer leaf.pem -inkey key -certfile ca.pem -outform DER -out x"
        )
        subprocess.run([*command.split(), *options], cwd=folder, capture_output=True, timeout=60, check=True)
        return Path(folder / "x").read_bytes()

    return sign


@pytest.fixture(scope="module")
def trusting(ca: Any) -> Verifier:
    return Verifier(TrustStore.from_certificates(ca.public))


@pytest.fixture(scope="module")
def judge(trusting: Verifier) -> Callable[..., Report]:
    """As of now: openssl signs at the time of the machine."""
    now = datetime.now(UTC) + timedelta(minutes=5)

    def asked(digests: dict[str, bytes], signature: bytes, of: DigestOf = "file") -> Report:
        report = trusting.verify_digest(digests, signature, of=of, at=now)
        assert report.kind == "digest"
        assert report.licence is None
        return report

    return asked


def test_what_others_signed_beside_a_file(judge: Callable[..., Report], openssl: Callable[..., bytes]) -> None:
    signature = openssl(NOTE)
    report = judge(_digests(NOTE), signature)
    assert (report.verdict, report.reason.code) == (Outcome.PASSED, "DIGEST_SIGNED")
    (facts,) = report.signatures
    assert (facts.intact, facts.valid, facts.trusted, facts.covers) == (True, True, True, "digest")
    assert judge({"sha256": _digests(NOTE)["sha256"]}, signature).reason.code == "DIGEST_SIGNED"
    # Whoever does not say that it is a file of others gets no more than the signature is worth.
    for of in ("licence", "pdf"):
        assert judge(_digests(NOTE), signature, of).reason.code == "DOCUMENT_NOT_SEEN"


@pytest.mark.parametrize("of", EVERY)
@pytest.mark.parametrize("form", ["p7s", "pdf"])
def test_a_licence_is_never_passed_by_its_digest(
    office: ModuleType, signer: Signer, trusting: Verifier, form: str, of: DigestOf
) -> None:
    """Also when the client calls it any file: its verdict would be that of a seal, not of a licence in force."""
    data, signature = office.seal_structured(signer)
    digests = _digests(data)
    if form == "pdf":
        pdf = office.seal_pdf(signer)
        (seal,) = read_sealed_pdf(pdf).seals
        digests = _digests(*seal.covered.chunks())
        signature = bytes.fromhex(pdf[seal.covered.start + 1 : seal.covered.stop - 1].decode())
        signature = signature[: len(signature.rstrip(b"\0"))]
    report = trusting.verify_digest(digests, signature, of=of, at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "DOCUMENT_NOT_SEEN")
    (check,) = (check for check in report.checks if check.name == "document_seen")
    for word in ("face", "issuer", "expected seals", "later changes", "status"):
        assert word in check.detail


@pytest.mark.parametrize("form", ["armoured", "one-certificate-twice", "empty-unsigned-attributes"])
def test_a_licence_whose_signature_is_written_otherwise(
    office: ModuleType, signer: Signer, trusting: Verifier, form: str
) -> None:
    """What is around the signed attributes anybody can write anew: it is the signature of a licence all the same."""
    data, signature = office.seal_structured(signer)
    message = cms.ContentInfo.load(signature)
    match form:
        case "armoured":
            signature = b"-----BEGIN CMS-----\n" + base64.encodebytes(signature) + b"-----END CMS-----\n"
        case "one-certificate-twice":
            there = list(message["content"]["certificates"])
            message["content"]["certificates"] = cms.CertificateSet([*there, there[0]])
            signature = message.dump(force=True)
        case _:
            message["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([])
            signature = message.dump(force=True)
    report = trusting.verify_digest(_digests(data), signature, of="file", at=office.AT)
    assert (report.verdict, report.reason.code) == (Outcome.INDETERMINATE, "DOCUMENT_NOT_SEEN")


def test_of_something_else(office: ModuleType, judge: Callable[..., Report], openssl: Callable[..., bytes]) -> None:
    signature = openssl(NOTE)
    assert judge(_digests(NOTE + b" "), signature).reason.code == "DIGEST_MISMATCH"
    assert judge({"sm3": _digests(NOTE)["sm3"]}, signature).reason.code == "CONTENT_MISSING"
    assert judge({}, signature).reason.code == "CONTENT_MISSING"
    # The digests under each other's name.
    swapped = dict(zip(("sm3", "sha256"), _digests(NOTE).values(), strict=True))
    assert judge(swapped, signature).reason.code == "DIGEST_MISMATCH"


def test_a_signature_over_the_document_itself(judge: Callable[..., Report], openssl: Callable[..., bytes]) -> None:
    """Without attributes no digest stands in it: only the document tells."""
    assert judge(_digests(NOTE), openssl(NOTE, "-noattr")).reason.code == "CONTENT_MISSING"


def test_with_its_content_inside(
    office: ModuleType, signer: Signer, judge: Callable[..., Report], openssl: Callable[..., bytes]
) -> None:
    whole = openssl(NOTE, "-nodetach")
    assert judge(_digests(NOTE), whole).reason.code == "DIGEST_SIGNED"
    assert judge(_digests(NOTE[1:]), whole).reason.code == "DIGEST_MISMATCH"
    assert judge(_digests(NOTE), openssl(NOTE, "-nodetach", "-noattr")).reason.code == "DIGEST_SIGNED"
    licence, _ = office.seal_structured(signer)
    assert judge(_digests(licence), openssl(licence, "-nodetach")).reason.code == "NON_CANONICAL"


def test_whom_nobody_trusts(office: ModuleType, judge: Callable[..., Report]) -> None:
    stranger = office.make_ca("二").issue()
    report = judge(_digests(NOTE), sign_detached(NOTE, stranger))
    assert report.reason.code == "CERTIFICATE_UNTRUSTED"


def test_any_bytes(judge: Callable[..., Report], openssl: Callable[..., bytes]) -> None:
    signature = openssl(NOTE)
    for place in range(0, len(signature), 17):
        broken = bytearray(signature)
        broken[place] ^= 1
        judge(_digests(NOTE), bytes(broken))
        judge(_digests(NOTE), signature[:place])
    for other in (b"", b"0", b"%PDF-1.7", b"{}", bytes(1000)):
        assert judge(_digests(NOTE), other).verdict is Outcome.FAILED
