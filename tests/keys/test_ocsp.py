import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as x509_ocsp
from declared import FAMILIES, DeclaredPki, declared_pki
from hypothesis import given
from hypothesis import strategies as st
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathValidationError

import keys
from keys import der
from keys.ocsp import FAILURES, MAX_OCSP_ANSWERS, MAX_OCSP_CERTIFICATES, MAX_OCSP_NONCE

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
NONCE = bytes(range(16))
DIGESTS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sm3": "1.2.156.10197.1.401",
}
CRITICAL = der.boolean(True)


@pytest.fixture(params=FAMILIES)
def declared(request: pytest.FixtureRequest) -> DeclaredPki:
    return declared_pki(request.param)


def answer(pki: DeclaredPki, name: str = "seal", **changes: object) -> keys.OcspAnswer:
    issuer = pki.certificate(pki.issuer_name(name) or name)
    made = keys.OcspAnswer(
        certificate_id=keys.CertificateId.of(pki.certificate(name), issuer),
        status="good",
        this_update=AT,
        next_update=AT + timedelta(days=1),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def respond(pki: DeclaredPki, *answers: keys.OcspAnswer, responder: str = "ocsp", **more: object) -> keys.OcspResponse:
    return keys.make_ocsp_response(answers, responder=pki.signer(responder), produced_at=AT, **more)  # type: ignore[arg-type]


def test_a_question_says_what_is_asked(declared: DeclaredPki) -> None:
    seal, ca = declared.certificate("seal"), declared.certificate("issuing-ca")
    request = keys.ocsp_request(seal, ca, nonce=NONCE)
    read = keys.read_ocsp_request(request)
    assert read.nonce == NONCE
    (question,) = read.questions
    assert question.is_about(seal, ca)
    theirs = x509_ocsp.load_der_ocsp_request(request)
    assert theirs.serial_number == seal.serial
    assert isinstance(theirs.hash_algorithm, hashes.SHA1)
    assert theirs.issuer_name_hash == question.issuer_name_hash
    assert theirs.issuer_key_hash == question.issuer_key_hash
    assert theirs.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    # The bytes are those that cryptography makes, NULL after the digest's name and all.
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        question.issuer_name_hash,
        question.issuer_key_hash,
        seal.serial,
        hashes.SHA1(),  # noqa: S303
    )
    assert keys.ocsp_request(seal, ca) == builder.build().public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("size", [0, MAX_OCSP_NONCE + 1])
def test_a_nonce_has_a_size(size: int) -> None:
    pki = declared_pki("sm2")
    with pytest.raises(ValueError, match="nonce"):
        keys.ocsp_request(pki.certificate("seal"), pki.certificate("issuing-ca"), nonce=bytes(size))


@pytest.mark.parametrize("by_key", [False, True])
def test_a_response_says_what_was_put_in(declared: DeclaredPki, by_key: bool) -> None:
    revoked = keys.Revocation(at=AT - timedelta(days=2), reason="superseded")
    answers = (
        answer(declared),
        answer(declared, "seal-superseded", status="revoked", revocation=revoked, next_update=None),
        answer(declared, "seal-unpublished", status="unknown"),
        answer(declared, "seal-held", status="revoked", revocation=keys.Revocation(at=AT)),
    )
    response = respond(declared, *answers, nonce=NONCE, by_key=by_key)
    assert response.answers == answers
    assert (response.produced_at, response.nonce) == (AT, NONCE)
    assert response.certificates == (declared.certificate("ocsp"),)
    assert response.names(declared.certificate("ocsp"))
    response.verify_by(declared.certificate("ocsp"))
    assert response.leniencies == frozenset()
    ca = declared.certificate("issuing-ca")
    assert [one.is_about(declared.certificate("seal"), ca) for one in response.answers] == [True, False, False, False]
    assert keys.read_ocsp_response(response.der) == response


def test_facts_are_those_that_cryptography_reads(declared: DeclaredPki) -> None:
    revocation = keys.Revocation(at=AT - timedelta(days=2), reason="keyCompromise")
    ours = respond(declared, answer(declared, status="revoked", revocation=revocation), nonce=NONCE)
    theirs = x509_ocsp.load_der_ocsp_response(ours.der)
    assert theirs.response_status is x509_ocsp.OCSPResponseStatus.SUCCESSFUL
    assert theirs.tbs_response_bytes == ours.tbs
    assert theirs.signature == ours.signature
    assert theirs.produced_at_utc == AT
    assert theirs.certificate_status is x509_ocsp.OCSPCertStatus.REVOKED
    assert (theirs.revocation_time_utc, theirs.revocation_reason) == (revocation.at, x509.ReasonFlags.key_compromise)
    assert (theirs.this_update_utc, theirs.next_update_utc) == (AT, AT + timedelta(days=1))
    assert theirs.serial_number == declared.certificate("seal").serial
    assert theirs.responder_name is not None
    assert theirs.responder_name.public_bytes() == ours.responder_name
    assert theirs.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    by_key = x509_ocsp.load_der_ocsp_response(respond(declared, answer(declared), by_key=True).der)
    spki = x509.load_der_x509_certificate(declared.certificate("ocsp").der).extensions
    assert by_key.responder_key_hash is not None
    assert len(by_key.responder_key_hash) == 20
    assert spki.get_extension_for_class(x509.OCSPNoCheck)


def test_openssl_accepts_our_responses(openssl: Callable[..., bytes], tmp_path: Path) -> None:
    pki = declared_pki("rsa")
    now = datetime.now(UTC).replace(microsecond=0)
    for name in ("root", "issuing-ca", "seal"):
        keys.write_certificates(tmp_path / name, [pki.certificate(name)])
    for responder in ("ocsp", "issuing-ca"):
        made = keys.make_ocsp_response(
            [answer(pki, this_update=now, next_update=now + timedelta(days=1))],
            responder=pki.signer(responder),
            produced_at=now,
        )
        (tmp_path / "response").write_bytes(made.der)
        ask = (
            "ocsp", "-respin", tmp_path / "response", "-issuer", tmp_path / "issuing-ca", "-CAfile", tmp_path / "root",
            "-cert", tmp_path / "seal", "-no_nonce",
        )  # fmt: skip
        said = openssl(*ask)
        assert b": good" in said
    spoilt = made.signature[:-1] + bytes((made.signature[-1] ^ 1,))
    (tmp_path / "response").write_bytes(made.der.replace(made.signature, spoilt))
    with pytest.raises(RuntimeError, match="Verify Failure"):
        openssl(*ask)


def test_openssl_verifies_the_signature(declared: DeclaredPki, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    # `openssl ocsp` cannot be told the user id of SM2, so the signature is checked by itself.
    response = respond(declared, answer(declared))
    keys.write_certificates(tmp_path / "responder", [declared.certificate("ocsp")])
    public, tbs, signature = tmp_path / "public", tmp_path / "tbs", tmp_path / "signature"
    public.write_bytes(openssl("x509", "-in", tmp_path / "responder", "-pubkey", "-noout"))
    signature.write_bytes(response.signature)
    sm2 = ("-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    chosen = sm2 if declared.family == "sm2" else ("-digest", "sha256")
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", tbs, "-sigfile", signature, "-rawin", *chosen)
    tbs.write_bytes(response.tbs)
    assert b"Signature Verified Successfully" in openssl(*verify)
    tbs.write_bytes(response.tbs + b"\0")
    with pytest.raises(RuntimeError):
        openssl(*verify)


@pytest.mark.parametrize("digest", sorted(DIGESTS))
def test_a_responder_of_openssl_is_understood(
    declared: DeclaredPki, digest: str, openssl: Callable[..., bytes], tmp_path: Path
) -> None:
    for name in ("issuing-ca", "ocsp", "seal-superseded", "seal"):
        keys.write_certificates(tmp_path / name, [declared.certificate(name)])
    (tmp_path / "key").write_bytes(declared.key("ocsp").pkcs8())
    (tmp_path / "index").write_text(
        "R\t310101000000Z\t261001010000Z,superseded\t0401\tunknown\t/CN=x\nV\t310101000000Z\t\t0100\tunknown\t/CN=y\n"
    )
    request = ("ocsp", f"-{digest}", "-issuer", tmp_path / "issuing-ca")
    openssl(
        *request, "-cert", tmp_path / "seal-superseded", "-cert", tmp_path / "seal", "-reqout", tmp_path / "request"
    )
    asked = keys.read_ocsp_request((tmp_path / "request").read_bytes())
    assert [question.digest_oid for question in asked.questions] == 2 * [DIGESTS[digest]]
    sm2 = ("-rsigopt", "distid:1234567812345678", "-rmd", "sm3") if declared.family == "sm2" else ()
    openssl(
        "ocsp", "-index", tmp_path / "index", "-rsigner", tmp_path / "ocsp", "-rkey", tmp_path / "key", "-ndays", "1",
        "-CA", tmp_path / "issuing-ca", "-reqin", tmp_path / "request", "-respout", tmp_path / "response", *sm2,
    )  # fmt: skip
    response = keys.read_ocsp_response((tmp_path / "response").read_bytes())
    response.verify_by(declared.certificate("ocsp"))
    assert response.nonce == asked.nonce
    assert response.certificates == (declared.certificate("ocsp"),)
    first, second = response.answers
    ca = declared.certificate("issuing-ca")
    assert first.is_about(declared.certificate("seal-superseded"), ca)
    assert first.revocation == keys.Revocation(at=datetime(2026, 10, 1, 1, tzinfo=UTC), reason="superseded")
    assert second.is_about(declared.certificate("seal"), ca)
    assert second.status == "good"


@pytest.mark.parametrize("responder", ["ocsp", "ocsp-checked", "issuing-ca"])
@pytest.mark.parametrize("name", ["seal", "seal-superseded"])
def test_pyhanko_judges_alike(responder: str, name: str) -> None:
    pki = declared_pki("rsa")
    revocation = pki.revocation(name)
    status = "good" if revocation is None else "revoked"
    response = respond(pki, answer(pki, name, status=status, revocation=revocation), responder=responder)
    lists = [pki.crl("root", AT, {}).der]
    if responder == "ocsp-checked":
        # It is not spared a check itself; the list must not speak of the seal, or it alone would decide.
        lists.append(pki.crl("issuing-ca", AT, {}).der)
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(pki.root.der)],
        ocsps=[asn1_ocsp.OCSPResponse.load(response.der)],
        crls=lists,
        moment=AT,
        revocation_mode="require",
        allow_fetching=False,
        other_certs=[asn1_x509.Certificate.load(pki.certificate(one).der) for one in ("issuing-ca", responder)],
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(pki.certificate(name).der), validation_context=context)
    if revocation is None:
        asyncio.run(validator.async_validate_usage({"digital_signature"}))
    else:
        with pytest.raises(PathValidationError, match="revoked"):
            asyncio.run(validator.async_validate_usage({"digital_signature"}))


@pytest.mark.parametrize("digest", sorted(DIGESTS))
def test_answers_are_matched_by_any_known_digest(declared: DeclaredPki, digest: str) -> None:
    seal, ca = declared.certificate("seal"), declared.certificate("issuing-ca")
    known = _by_digest(declared, digest)
    read = respond(declared, answer(declared, certificate_id=known)).answers[0]
    assert read.is_about(seal, ca)
    assert not read.is_about(declared.certificate("code"), ca)
    # Neither another issuer of the same name, nor one under another name, nor the other PKI's same serial number.
    for other in ("issuing-ca-renewed", "root", "other-ca"):
        assert not read.is_about(seal, declared.certificate(other))
    assert not read.is_about(declared.certificate("other-seal"), declared.certificate("other-ca"))
    for part in ("issuer_name_hash", "issuer_key_hash"):
        assert not replace(known, **{part: bytes(20)}).is_about(seal, ca)
    assert not replace(known, serial=seal.serial + 1).is_about(seal, ca)


def test_an_unknown_digest_matches_nothing(declared: DeclaredPki) -> None:
    unknown = replace(_by_digest(declared, "sha1"), digest_oid="1.2.840.113549.2.5")
    read = respond(declared, answer(declared, certificate_id=unknown), answer(declared))
    seal, ca = declared.certificate("seal"), declared.certificate("issuing-ca")
    assert [one.is_about(seal, ca) for one in read.answers] == [False, True]


def _by_digest(pki: DeclaredPki, name: str) -> keys.CertificateId:
    """Name the seal with the digests that cryptography makes, which has no part in ours."""
    ca = x509.load_der_x509_certificate(pki.certificate("issuing-ca").der)
    kinds: dict[str, hashes.HashAlgorithm] = {
        "sha1": hashes.SHA1(),  # noqa: S303
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
        "sm3": hashes.SM3(),
    }

    def made(data: bytes) -> bytes:
        digest = hashes.Hash(kinds[name])
        digest.update(data)
        return digest.finalize()

    spki = asn1_x509.Certificate.load(pki.certificate("issuing-ca").der)["tbs_certificate"]["subject_public_key_info"]
    return keys.CertificateId(
        digest_oid=DIGESTS[name],
        issuer_name_hash=made(ca.subject.public_bytes()),
        issuer_key_hash=made(spki["public_key"].contents[1:]),
        serial=pki.certificate("seal").serial,
    )


def test_serial_numbers_of_others_do_no_harm(declared: DeclaredPki) -> None:
    for serial in (0, -5, 1 << 300):
        odd = replace(_by_digest(declared, "sha1"), serial=serial)
        read = respond(declared, answer(declared, certificate_id=odd)).answers[0]
        assert read.certificate_id.serial == serial
        assert not read.is_about(declared.certificate("seal"), declared.certificate("issuing-ca"))


def test_another_responder_is_refused(declared: DeclaredPki) -> None:
    for by_key in (False, True):
        response = respond(declared, answer(declared), by_key=by_key)
        for wrong in ("issuing-ca", "other-ocsp", "seal"):
            assert not response.names(declared.certificate(wrong))
            with pytest.raises(keys.BadSignatureError, match="another name or key"):
                response.verify_by(declared.certificate(wrong))
    # The same name with another key: what calls itself the CA is not the CA.
    response = respond(declared, answer(declared), responder="issuing-ca-renewed")
    assert response.names(declared.certificate("issuing-ca"))
    with pytest.raises(keys.BadSignatureError, match="does not fit"):
        response.verify_by(declared.certificate("issuing-ca"))
    altered = keys.read_ocsp_response(response.der.replace(der.integer(0x100), der.integer(0x101)))
    with pytest.raises(keys.BadSignatureError, match="does not fit"):
        altered.verify_by(declared.certificate("issuing-ca-renewed"))


@pytest.mark.parametrize("name", sorted(FAILURES.values()))
def test_a_refusal_is_named(name: str) -> None:
    refused = keys.make_ocsp_failure(name)
    with pytest.raises(keys.OcspRefusedError, match=name):
        keys.read_ocsp_response(refused)
    status = x509_ocsp.load_der_ocsp_response(refused).response_status
    assert status.name.replace("_", "").lower() in (name.lower(), "sigrequired")


def test_an_unknown_refusal_is_one() -> None:
    with pytest.raises(keys.OcspRefusedError, match="unknown status"):
        keys.read_ocsp_response(der.sequence(der.tlv(der.ENUMERATED, b"\x63")))


SIGNER = declared_pki("sm2").signer("ocsp")
SINGLE = der.sequence(
    keys.CertificateId.of(SIGNER.certificate, declared_pki("sm2").certificate("issuing-ca")).encoded(),
    der.context(0, primitive=True),
    der.generalized_time(AT),
)
PARTS = {
    "version": b"",
    "responder": der.context(1, SIGNER.certificate.subject_der),
    "produced_at": der.generalized_time(AT),
    "answers": der.sequence(SINGLE),
    "extensions": b"",
    "after_tbs": b"",
}


def build(
    status: bytes = der.tlv(der.ENUMERATED, b"\0"),
    kind: str = "1.3.6.1.5.5.7.48.1.1",
    certificates: bytes = b"",
    after: bytes = b"",
    **changes: bytes,
) -> bytes:
    """Build a response with some of its parts replaced; the signature is right for what it says."""
    tbs = der.sequence(*(PARTS | changes).values())
    signature = der.bit_string(SIGNER.sign(tbs))
    basic = der.sequence(tbs, SIGNER.algorithm.signature_identifier, signature, certificates)
    typed = der.sequence(der.oid(kind), der.octet_string(basic))
    return der.sequence(status, der.context(0, typed), after)


def extension(oid: str, value: bytes, *critical: bytes) -> bytes:
    return der.sequence(der.oid(oid), *critical, der.octet_string(value))


def in_answer(*parts: bytes) -> bytes:
    """Build the answers with one, whose last parts are replaced."""
    return der.sequence(der.sequence(der.DerReader(SINGLE).read_sequence().read_raw(), *parts))


NONCE_OID = "1.3.6.1.5.5.7.48.1.2"


@pytest.mark.parametrize(
    ("changes", "nonce"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"version": der.context(0, der.integer(0))}, None, id="version written"),
        pytest.param({"answers": der.sequence()}, None, id="no answers"),
        pytest.param({"extensions": (extension(NONCE_OID, der.octet_string(b"abc")),)}, b"abc", id="nonce"),
        pytest.param({"extensions": (extension(NONCE_OID, b"abc"),)}, b"abc", id="bare nonce"),
        pytest.param({"extensions": (extension(NONCE_OID, der.octet_string(b"a"), CRITICAL),)}, b"a", id="critical"),
        pytest.param({"extensions": (extension("1.2.3", b""),)}, None, id="unknown extension"),
    ],
)
def test_odd_responses_are_read(changes: dict[str, object], nonce: bytes | None) -> None:
    if isinstance(items := changes.get("extensions"), tuple):
        changes = {"extensions": der.context(1, der.sequence(*items))}
    response = keys.read_ocsp_response(build(**changes))  # type: ignore[arg-type]
    response.verify_by(SIGNER.certificate)
    assert response.nonce == nonce
    assert (keys.Leniency.WRITTEN_DEFAULT in response.leniencies) == ("version" in changes)


def test_certificates_that_cannot_be_read_are_left_out() -> None:
    odd = der.sequence(der.sequence(), der.sequence(), der.bit_string(b""))
    inside = der.context(0, der.sequence(odd, SIGNER.certificate.der))
    assert keys.read_ocsp_response(build(certificates=inside)).certificates == (SIGNER.certificate,)
    many = der.context(0, der.sequence(*(MAX_OCSP_CERTIFICATES + 1) * [odd]))
    with pytest.raises(keys.MalformedRevocationError, match="too many certificates"):
        keys.read_ocsp_response(build(certificates=many))


def _extensions(*items: bytes) -> bytes:
    return der.context(1, der.sequence(*items))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no response", id="text"),
        pytest.param(SIGNER.certificate.der, id="a certificate"),
        pytest.param(build()[:-1], id="cut short"),
        pytest.param(build() + b"\0", id="more behind it"),
        pytest.param(build(after=der.null()), id="more in it"),
        pytest.param(build(after_tbs=der.null()), id="more in the signed part"),
        pytest.param(der.sequence(der.tlv(der.ENUMERATED, b"\0")), id="nothing in it"),
        pytest.param(build(kind="1.2.3"), id="other type"),
        pytest.param(build(version=der.context(0, der.integer(1))), id="other version"),
        pytest.param(build(responder=der.context(3, der.null())), id="other responder"),
        pytest.param(build(responder=der.context(1, der.null())), id="responder is no name"),
        pytest.param(build(produced_at=der.utf8_string("now")), id="no time"),
        pytest.param(build(extensions=_extensions(extension("1.2.3", b"", CRITICAL))), id="critical extension"),
        pytest.param(build(extensions=_extensions(*2 * [extension(NONCE_OID, b"a")])), id="two nonces"),
        pytest.param(build(extensions=_extensions(extension(NONCE_OID, bytes(999)))), id="long nonce"),
        pytest.param(build(answers=in_answer(der.context(3), der.generalized_time(AT))), id="other status"),
        pytest.param(
            build(answers=in_answer(der.context(0, b"x", primitive=True), der.generalized_time(AT))),
            id="good with more",
        ),
        pytest.param(build(answers=in_answer(der.context(1), der.generalized_time(AT))), id="revoked at no time"),
        pytest.param(build(answers=in_answer(der.context(0, primitive=True))), id="no update"),
        pytest.param(
            build(
                answers=in_answer(
                    der.context(0, primitive=True),
                    der.generalized_time(AT),
                    _extensions(extension("1.2.3", b"", CRITICAL)),
                )
            ),
            id="critical extension of an answer",
        ),
        pytest.param(build(answers=der.sequence(*(MAX_OCSP_ANSWERS + 1) * [SINGLE])), id="too many answers"),
        pytest.param(bytes(keys.MAX_OCSP_SIZE + 1), id="too large"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(keys.MalformedRevocationError):
        keys.read_ocsp_response(data)


ITEM = der.sequence(der.DerReader(SINGLE).read_sequence().read_raw())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(SIGNER.certificate.der, id="a certificate"),
        pytest.param(der.sequence(der.sequence(der.sequence(*(MAX_OCSP_ANSWERS + 1) * [ITEM]))), id="too many"),
        pytest.param(der.sequence(der.sequence(der.sequence(ITEM), der.null())), id="more in it"),
        pytest.param(der.sequence(der.sequence(der.sequence(der.null()))), id="no question"),
        pytest.param(
            der.sequence(
                der.sequence(der.sequence(ITEM), der.context(2, der.sequence(extension("1.2.3", b"", CRITICAL))))
            ),
            id="critical extension",
        ),
        pytest.param(bytes(keys.MAX_OCSP_SIZE + 1), id="too large"),
    ],
)
def test_other_requests_are_refused(data: bytes) -> None:
    with pytest.raises(keys.MalformedRevocationError):
        keys.read_ocsp_request(data)


def test_a_request_may_say_who_asks() -> None:
    name = der.context(1, der.context(4, SIGNER.certificate.subject_der))
    request = der.sequence(der.sequence(der.context(0, der.integer(0)), name, der.sequence(ITEM)))
    assert len(keys.read_ocsp_request(request).questions) == 1


RICH = respond(
    declared_pki("sm2"),
    answer(declared_pki("sm2")),
    answer(
        declared_pki("sm2"),
        "seal-superseded",
        status="revoked",
        revocation=declared_pki("sm2").revocation("seal-superseded"),
    ),
    nonce=NONCE,
)
REQUEST = keys.ocsp_request(
    declared_pki("sm2").certificate("seal"), declared_pki("sm2").certificate("issuing-ca"), nonce=NONCE
)


@given(st.data(), st.booleans())
def test_altered_bytes_give_a_reading_or_our_error(data: st.DataObject, of_request: bool) -> None:
    altered = bytearray(REQUEST if of_request else RICH.der)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(altered) - 1))
        altered[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    seal, ca = declared_pki("sm2").certificate("seal"), declared_pki("sm2").certificate("issuing-ca")
    try:
        if of_request:
            for question in keys.read_ocsp_request(bytes(altered)).questions:
                question.is_about(seal, ca)
            return
        response = keys.read_ocsp_response(bytes(altered))
    except keys.KeysError:
        return
    for one in response.answers:
        one.is_about(seal, ca)
    if response.tbs != RICH.tbs:
        with pytest.raises(keys.BadSignatureError):
            response.verify_by(SIGNER.certificate)


@given(st.sampled_from(sorted(PARTS)), st.binary(max_size=40))
def test_any_part_replaced_gives_a_response_or_our_error(part: str, content: bytes) -> None:
    try:
        response = keys.read_ocsp_response(build(**{part: content}))
    except keys.KeysError:
        return
    SIGNER.public_key.verify(response.signature, response.tbs)


def test_a_faulty_responder_releases_nothing() -> None:
    class Faulty:
        def __init__(self, key: keys.PrivateKey) -> None:
            self._key, self.algorithm, self.public_key = key, key.algorithm, key.public_key

        def sign(self, data: bytes) -> bytes:
            return self._key.sign(data + os.urandom(1))

    pki = declared_pki("sm2")
    faulty = keys.Signer(private_key=Faulty(pki.key("ocsp")), chain=pki.chain("ocsp"))
    with pytest.raises(keys.KeyUnusableError):
        keys.make_ocsp_response([answer(pki)], responder=faulty, produced_at=AT)
