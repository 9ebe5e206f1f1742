import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der
from keys.certificates import MAX_BUNDLE_SIZE, MAX_CERTIFICATE_SIZE

KEY = keys.generate_private_key(keys.ECDSA_P256_SHA256)
NAME = keys.Subject(common_name="Name").der()
CRITICAL = der.boolean(True)


def _extension(oid: str, value: bytes, *critical: bytes) -> bytes:
    return der.sequence(der.oid(oid), *critical, der.octet_string(value))


PARTS = {
    "version": der.context(0, der.integer(2)),
    "serial": der.integer(77),
    "inner": keys.ECDSA_P256_SHA256.signature_identifier,
    "issuer": NAME,
    "validity": der.sequence(der.time(datetime(2026, 1, 1, tzinfo=UTC)), der.time(datetime(2036, 1, 1, tzinfo=UTC))),
    "subject": NAME,
    "spki": KEY.public_key.spki,
    "unique": b"",
    "extensions": der.context(3, der.sequence(_extension("2.5.29.19", der.sequence(), CRITICAL))),
    "after_tbs": b"",
}


def build(outer: bytes = b"", after: bytes = b"", **changes: bytes) -> bytes:
    """Build a self-signed certificate with some of its parts replaced; the signature is right for what it says."""
    parts = PARTS | changes
    tbs = der.sequence(*parts.values())
    return der.sequence(tbs, outer or parts["inner"], der.bit_string(KEY.sign(tbs)), after)


def extensions(*items: bytes) -> bytes:
    return der.context(3, der.sequence(*items))


def name(*attributes: tuple[str, bytes]) -> bytes:
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), value)) for kind, value in attributes))


def test_the_helper_makes_good_certificates() -> None:
    certificate = keys.parse_certificate(build())
    certificate.verify_issued_by(certificate)
    assert (certificate.serial, certificate.key_usage, certificate.is_ca) == (77, frozenset(), False)


def test_facts_are_those_that_cryptography_reads(pki: keys.DevelopmentPki) -> None:
    for ours in (pki.root, pki.issuing_ca, pki.seal.certificate, pki.code.certificate):
        theirs = x509.load_der_x509_certificate(ours.der)
        assert ours.tbs == theirs.tbs_certificate_bytes
        assert ours.signature == theirs.signature
        assert ours.serial == theirs.serial_number
        assert ours.subject_der == theirs.subject.public_bytes()
        assert ours.issuer_der == theirs.issuer.public_bytes()
        assert ours.not_before == theirs.not_valid_before_utc
        assert ours.not_after == theirs.not_valid_after_utc
        assert ours.algorithm.signature_oid == theirs.signature_algorithm_oid.dotted_string
        assert ours.subject.common_name == theirs.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        constraints = theirs.extensions.get_extension_for_class(x509.BasicConstraints).value
        assert (ours.is_ca, ours.path_length) == (constraints.ca, constraints.path_length)
        usage = theirs.extensions.get_extension_for_class(x509.KeyUsage).value
        assert ("digitalSignature" in ours.key_usage) == usage.digital_signature
        assert ("nonRepudiation" in ours.key_usage) == usage.content_commitment
        assert ("keyCertSign" in ours.key_usage) == usage.key_cert_sign
        assert ("cRLSign" in ours.key_usage) == usage.crl_sign
        identifier = theirs.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert ours.subject_key_identifier == identifier.digest


def test_equality_is_that_of_the_bytes(pki: keys.DevelopmentPki) -> None:
    again = keys.parse_certificate(pki.root.der)
    assert again == pki.root
    assert hash(again) == hash(pki.root)
    assert again != pki.issuing_ca


def test_fingerprints_and_key_identifiers(pki: keys.DevelopmentPki) -> None:
    certificate = pki.code.certificate
    for digest in ("sm3", "sha256"):
        assert certificate.fingerprint(digest) == keys.hash_bytes(digest, certificate.der)
        expected = keys.hash_bytes(digest, certificate.public_key.spki)[:8]
        assert keys.key_identifier(certificate.public_key, digest) == expected


def test_chains_hang_together(pki: keys.DevelopmentPki) -> None:
    pki.seal.certificate.verify_issued_by(pki.issuing_ca)
    pki.code.certificate.verify_issued_by(pki.issuing_ca)
    pki.issuing_ca.verify_issued_by(pki.root)
    pki.root.verify_issued_by(pki.root)
    assert pki.root.self_issued
    assert not pki.issuing_ca.self_issued


@pytest.mark.parametrize("family", ["sm2", "rsa"])
def test_another_issuer_is_refused(pki: keys.DevelopmentPki, family: str) -> None:
    for wrong in (pki.root, pki.seal.certificate):
        with pytest.raises(keys.BadSignatureError, match="another name"):
            pki.seal.certificate.verify_issued_by(wrong)
    # The same names, other keys.
    other = keys.make_development_pki(
        family, authority_name="x", authority_code="x", at=pki.root.not_before, random=lambda size: b"\7" * size
    )
    with pytest.raises(keys.BadSignatureError):
        pki.seal.certificate.verify_issued_by(other.issuing_ca)


def test_an_issuer_with_another_kind_of_key_is_refused() -> None:
    leaf, rsa_key = keys.parse_certificate(build()), keys.generate_private_key(keys.RSA_SHA256)
    issuer = keys.parse_certificate(build(spki=rsa_key.public_key.spki))
    with pytest.raises(keys.BadSignatureError, match="another kind than the key"):
        leaf.verify_issued_by(issuer)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"version": b""}, keys.MalformedCertificateError, id="version 1"),
        pytest.param({"version": der.context(0, der.integer(1))}, keys.MalformedCertificateError, id="version 2"),
        pytest.param({"version": der.context(0, der.integer(3))}, keys.MalformedCertificateError, id="version 4"),
        pytest.param(
            {"version": der.context(0, der.integer(2), der.null())}, keys.MalformedCertificateError, id="after version"
        ),
        pytest.param({"serial": der.integer(0)}, keys.MalformedCertificateError, id="serial 0"),
        pytest.param({"serial": der.integer(-5)}, keys.MalformedCertificateError, id="serial negative"),
        pytest.param({"serial": der.integer(2**159)}, keys.MalformedCertificateError, id="serial of 21 octets"),
        pytest.param({"serial": b"\x02\x02\x00\x01"}, keys.MalformedCertificateError, id="serial not minimal"),
        pytest.param(
            {"outer": keys.RSA_SHA256.signature_identifier}, keys.MalformedCertificateError, id="algorithms differ"
        ),
        pytest.param(
            {"outer": der.sequence(der.oid("1.2.840.10045.4.3.2"), der.null())},
            keys.MalformedCertificateError,
            id="algorithms differ in parameters",
        ),
        pytest.param(
            {"inner": der.sequence(der.oid("1.2.840.10045.4.3.2"), der.null())},
            keys.MalformedCertificateError,
            id="ECDSA with parameters",
        ),
        pytest.param(
            {"inner": der.sequence(der.oid("1.2.840.113549.1.1.11"), der.integer(1))},
            keys.MalformedCertificateError,
            id="RSA with other parameters",
        ),
        pytest.param(
            {"inner": der.sequence(der.oid("1.2.840.113549.1.1.10"))},
            keys.MalformedCertificateError,
            id="PSS without parameters",
        ),
        pytest.param(
            {"inner": der.sequence(der.oid("1.2.156.10197.1.501"), der.integer(1))},
            keys.MalformedCertificateError,
            id="SM2 with parameters",
        ),
        pytest.param(
            {"inner": der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())},
            keys.UnsupportedAlgorithmError,
            id="RSA with SHA-1",
        ),
        pytest.param({"inner": der.sequence()}, keys.MalformedCertificateError, id="no algorithm"),
        pytest.param({"issuer": der.tlv(0x30, b"\0")}, keys.MalformedCertificateError, id="name not DER"),
        pytest.param({"subject": der.sequence(der.set_of())}, keys.MalformedCertificateError, id="empty name part"),
        pytest.param({"subject": der.octet_string(b"")}, keys.MalformedCertificateError, id="name is no sequence"),
        pytest.param(
            {"subject": name(("2.5.4.10", der.utf8_string("A")), ("2.5.4.10", der.utf8_string("B")))},
            keys.MalformedCertificateError,
            id="two organisations",
        ),
        pytest.param(
            {"subject": name(("2.5.4.10", der.utf8_string("A")), ("2.5.4.10", der.tlv(0x1E, b"\0B")))},
            keys.MalformedCertificateError,
            id="two organisations, one in BMPString",
        ),
        pytest.param(
            {"subject": name(("2.5.4.97", der.utf8_string("A")), ("2.5.4.97", der.utf8_string("A")))},
            keys.MalformedCertificateError,
            id="two organisation identifiers",
        ),
        pytest.param(
            {"validity": der.sequence(*(der.time(datetime(year, 1, 1, tzinfo=UTC)) for year in (2027, 2026)))},
            keys.MalformedCertificateError,
            id="validity backwards",
        ),
        pytest.param(
            {"validity": der.sequence(*[der.time(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))] * 2)},
            keys.MalformedCertificateError,
            id="validity from the end of the calendar on",
        ),
        pytest.param(
            {"validity": der.sequence(der.time(datetime(2027, 1, 1, tzinfo=UTC)))},
            keys.MalformedCertificateError,
            id="validity without end",
        ),
        pytest.param({"spki": b"\x30\x00"}, keys.MalformedKeyError, id="no key"),
        pytest.param(
            {"spki": der.sequence(der.sequence(der.oid("1.3.101.112")), der.bit_string(bytes(32)))},
            keys.UnsupportedAlgorithmError,
            id="Ed25519 key",
        ),
        pytest.param(
            {"unique": der.context(1, b"\0ab", primitive=True)}, keys.MalformedCertificateError, id="unique identifier"
        ),
        pytest.param({"extensions": b""}, keys.MalformedCertificateError, id="no extensions"),
        pytest.param({"after_tbs": der.null()}, keys.MalformedCertificateError, id="after the extensions"),
        pytest.param({"after": der.null()}, keys.MalformedCertificateError, id="after the signature"),
        pytest.param(
            {"extensions": extensions(_extension("1.2.3.4", der.null(), CRITICAL))},
            keys.MalformedCertificateError,
            id="unknown critical extension",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.30", der.sequence(), CRITICAL))},
            keys.MalformedCertificateError,
            id="name constraints, not processed",
        ),
        pytest.param(
            {"extensions": extensions(*[_extension("1.2.3.4", der.null())] * 2)},
            keys.MalformedCertificateError,
            id="extension twice",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.19", der.sequence(), b"\x01\x01\x01"))},
            keys.MalformedCertificateError,
            id="critical as 01",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.19", der.sequence(der.integer(0))))},
            keys.MalformedCertificateError,
            id="path length without CA",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.19", der.sequence(CRITICAL, der.integer(-1))))},
            keys.MalformedCertificateError,
            id="path length negative",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.19", der.sequence() + b"\0"))},
            keys.MalformedCertificateError,
            id="byte after an extension's value",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.15", b"\x03\x01\x00"))},
            keys.MalformedCertificateError,
            id="key usage without bits",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.15", b"\x03\x02\x07\x00"))},
            keys.MalformedCertificateError,
            id="key usage of zeros",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.15", b"\x03\x02\x05\xc1"))},
            keys.MalformedCertificateError,
            id="key usage with unused bits set",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.15", b"\x03\x04\x00\x80\x00\x00"))},
            keys.MalformedCertificateError,
            id="key usage too long",
        ),
        pytest.param(
            {"extensions": extensions(_extension("2.5.29.37", der.sequence()))},
            keys.MalformedCertificateError,
            id="extended key usage empty",
        ),
    ],
)
def test_what_rfc_5280_or_we_do_not_allow_is_refused(change: dict[str, bytes], error: type[keys.KeysError]) -> None:
    with pytest.raises(error):
        keys.parse_certificate(build(**change))


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        ("03020780", {"digitalSignature"}),
        ("030206c0", {"digitalSignature", "nonRepudiation"}),
        ("030200c0", {"digitalSignature", "nonRepudiation"}),
        ("03020106", {"keyCertSign", "cRLSign"}),
        ("0303070080", {"decipherOnly"}),
        ("03020001", {"encipherOnly"}),
    ],
)
def test_key_usages_are_read(bits: str, names: set[str]) -> None:
    certificate = build(extensions=extensions(_extension("2.5.29.15", bytes.fromhex(bits), CRITICAL)))
    certificate = keys.parse_certificate(certificate)
    assert certificate.key_usage == names
    assert certificate.leniencies == ({keys.Leniency.UNTRIMMED_BITS} if bits == "030200c0" else set())


def test_deviations_of_real_certificates_are_read() -> None:
    certificate = keys.parse_certificate(
        build(
            subject=name(
                ("2.5.4.10", der.tlv(0x16, "云南".encode())),
                ("2.5.4.11", der.utf8_string("一")),
                ("2.5.4.11", der.printable_string("two")),
                ("2.5.4.3", der.tlv(0x1E, "名".encode("utf-16-be"))),
                ("2.5.4.45", der.utf8_string("not a bit string")),
            ),
            validity=der.sequence(b"\x18\x0f20251231155959Z", b"\x18\x0f20351231155959Z"),
            extensions=extensions(
                _extension("2.5.29.19", der.sequence(der.boolean(False)), der.boolean(False)),
                _extension("1.2.3.4", b"anything"),
            ),
        )
    )
    assert certificate.subject.organization == "云南"
    assert certificate.subject.organizational_units == ("一", "two")
    assert certificate.subject.organizational_unit == "一"
    assert certificate.subject.common_name == "名"
    assert certificate.not_before == datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert not certificate.is_ca
    assert not certificate.is_development
    assert certificate.leniencies == {
        keys.Leniency.STRING_CONTENT,
        keys.Leniency.STRING_TYPE,
        keys.Leniency.EARLY_GENERALIZED_TIME,
        keys.Leniency.WRITTEN_DEFAULT,
    }


EMAIL = "1.2.840.113549.1.9.1"
NOT_TEXT = "not decoded"


@pytest.mark.parametrize(
    ("kind", "value", "text", "leniencies"),
    [
        pytest.param("2.5.4.10", der.utf8_string("云南"), "云南", set(), id="UTF8String"),
        pytest.param("2.5.4.10", der.printable_string("A"), "A", set(), id="PrintableString"),
        pytest.param("2.5.4.10", der.tlv(0x16, b"A"), "A", set(), id="IA5String"),
        pytest.param("2.5.4.10", der.tlv(0x16, "云南".encode()), "云南", {"string-content"}, id="Chinese in IA5String"),
        pytest.param(
            "2.5.4.10", der.tlv(0x13, "云南".encode()), "云南", {"string-content"}, id="Chinese in PrintableString"
        ),
        pytest.param("2.5.4.10", der.tlv(0x14, "云南".encode()), "云南", {"string-type"}, id="TeletexString"),
        pytest.param("2.5.4.10", der.tlv(0x1E, "云南".encode("utf-16-be")), "云南", {"string-type"}, id="BMPString"),
        pytest.param("2.5.4.10", der.tlv(0x1C, "云".encode("utf-32-be")), "云", {"string-type"}, id="UniversalString"),
        pytest.param("2.5.4.10", der.tlv(0x1A, b"A"), "A", {"string-type"}, id="VisibleString"),
        pytest.param("2.5.4.10", der.utf8_string("A")[:-1] + b"\xff", None, {"string-content"}, id="not UTF-8"),
        pytest.param(
            "2.5.4.10", der.tlv(0x14, "云南".encode("gbk")), None, {"string-type", "string-content"}, id="GBK"
        ),
        pytest.param("2.5.4.10", der.tlv(0x1E, b"\0A\0"), None, {"string-type", "string-content"}, id="BMP cut short"),
        pytest.param("2.5.4.10", der.octet_string(b"A"), None, {"string-type"}, id="no string"),
        pytest.param("2.5.4.45", der.utf8_string("A"), NOT_TEXT, {"string-type"}, id="unique identifier as UTF8String"),
        pytest.param("2.5.4.45", der.bit_string(b"A"), NOT_TEXT, set(), id="unique identifier"),
        pytest.param(EMAIL, der.tlv(0x16, b"a@b"), NOT_TEXT, set(), id="address"),
        pytest.param(EMAIL, der.tlv(0x16, "云@b".encode()), NOT_TEXT, {"string-content"}, id="Chinese address"),
        pytest.param(EMAIL, der.utf8_string("a@b"), NOT_TEXT, {"string-type"}, id="address as UTF8String"),
    ],
)
def test_names_are_read_with_the_string_types_that_cas_write(
    kind: str, value: bytes, text: str | None, leniencies: set[str]
) -> None:
    certificate = keys.parse_certificate(build(subject=name((kind, value))))
    assert certificate.leniencies == leniencies
    if text is not NOT_TEXT:
        assert certificate.subject.organization == text


def test_the_other_identifier_of_sm2_keys_is_read() -> None:
    key = keys.generate_private_key(keys.SM2_SM3)
    curve = der.oid("1.2.156.10197.1.301")
    twice = der.sequence(der.sequence(curve, curve), key.public_key.spki[23:])
    certificate = keys.parse_certificate(build(spki=twice))
    assert certificate.leniencies == {keys.Leniency.SM2_KEY_IDENTIFIER}
    # One key, whatever form its certificate has: equal, and with one name.
    assert certificate.public_key == key.public_key
    assert certificate.public_key.spki == key.public_key.spki
    certificate.public_key.verify(key.sign(b"x"), b"x")
    for kind, parameters in (("1.2.156.10197.1.301", b""), ("1.2.156.10197.1.301", der.null())):
        wrong = der.sequence(der.sequence(der.oid(kind), parameters), key.public_key.spki[23:])
        with pytest.raises(keys.UnsupportedAlgorithmError):
            keys.parse_certificate(build(spki=wrong))


def test_rsa_without_null_is_read() -> None:
    """RFC 4055 clause 5."""
    key = keys.generate_private_key(keys.RSA_SHA384)
    identifier = der.sequence(der.oid("1.2.840.113549.1.1.12"))
    tbs = der.sequence(*(PARTS | {"inner": identifier, "spki": key.public_key.spki}).values())
    certificate = keys.parse_certificate(der.sequence(tbs, identifier, der.bit_string(key.sign(tbs))))
    assert certificate.leniencies == {keys.Leniency.ABSENT_PARAMETERS}
    assert certificate.algorithm is keys.RSA_SHA384
    certificate.verify_issued_by(certificate)


def test_a_modulus_without_its_leading_zero_is_read() -> None:
    """Genuine certificates have it. As DER the modulus is negative, which no key is: it means one number only."""
    good = keys.generate_private_key(keys.RSA_SHA256).public_key.spki
    modulus = der.DerReader(_bits(good)).read_sequence()
    number = modulus.read_integer()
    bare = der.tlv(der.INTEGER, number.to_bytes(256, "big"))
    numbers = der.sequence(bare, der.integer(65537))
    spki = der.sequence(der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()), der.bit_string(numbers))
    assert keys.parse_certificate(build(spki=spki)).public_key.spki == good


def _bits(spki: bytes) -> bytes:
    reader = der.DerReader(spki).read_sequence()
    reader.read_raw()
    return reader.read_bit_string()


def test_null_after_the_sm2_identifier_is_read() -> None:
    """Chinese CAs write it; GM/T 0015-2023 leaves it out."""
    key = keys.generate_private_key(keys.SM2_SM3)
    identifier = der.sequence(der.oid("1.2.156.10197.1.501"), der.null())
    tbs = der.sequence(*(PARTS | {"inner": identifier, "spki": key.public_key.spki}).values())
    certificate = keys.parse_certificate(der.sequence(tbs, identifier, der.bit_string(key.sign(tbs))))
    assert certificate.algorithm is keys.SM2_SM3
    assert certificate.leniencies == {keys.Leniency.NULL_PARAMETERS}
    certificate.verify_issued_by(certificate)


def test_too_large_is_refused() -> None:
    big = extensions(_extension("1.2.3.4", bytes(MAX_CERTIFICATE_SIZE)))
    with pytest.raises(keys.MalformedCertificateError, match="too large"):
        keys.parse_certificate(build(extensions=big))
    with pytest.raises(keys.MalformedCertificateError, match="too large"):
        keys.load_certificates(b"-" * (MAX_BUNDLE_SIZE + 1))


def test_no_flipped_byte_and_no_cut_is_accepted(pki: keys.DevelopmentPki) -> None:
    """Each byte of a certificate is refused by the reader or by the issuer's key, and never by another exception."""
    good = pki.seal.certificate.der
    for at in range(len(good)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            changed = good[:at] + bytes((good[at] ^ mask,)) + good[at + 1 :]
            with pytest.raises(keys.KeysError):
                keys.parse_certificate(changed).verify_issued_by(pki.issuing_ca)
        with pytest.raises(keys.KeysError):
            keys.parse_certificate(good[:at])
    with pytest.raises(keys.KeysError):
        keys.parse_certificate(good + b"\0")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(keys.KeysError):
        keys.parse_certificate(data)
    with pytest.raises(keys.KeysError):
        keys.load_certificates(data)


@given(st.sampled_from(sorted(PARTS)), st.binary(max_size=40))
def test_any_part_replaced_gives_a_certificate_or_our_error(part: str, content: bytes) -> None:
    try:
        certificate = keys.parse_certificate(build(**{part: content}))
    except keys.KeysError:
        return
    # Whatever was read, the part called signed is the part that was.
    KEY.public_key.verify(certificate.signature, certificate.tbs)


def _pem(certificate: keys.Certificate) -> bytes:
    body = base64.encodebytes(certificate.der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def test_files_of_certificates_are_read(pki: keys.DevelopmentPki) -> None:
    bundle = b"# comment\n" + _pem(pki.root) + b"text between\r\n" + _pem(pki.issuing_ca).replace(b"\n", b"\r\n")
    assert keys.load_certificates(bundle) == (pki.root, pki.issuing_ca)
    assert keys.load_certificates(pki.root.der) == (pki.root,)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda pem: b"", id="empty"),
        pytest.param(lambda pem: b"no certificate", id="text"),
        pytest.param(lambda pem: pem[:-30], id="no end"),
        pytest.param(lambda pem: pem + pem[:-30], id="second without end"),
        pytest.param(lambda pem: pem.replace(b"M", b"*", 1), id="not base64"),
        pytest.param(lambda pem: pem.replace(b"M", b"=", 1), id="padding in the middle"),
        pytest.param(lambda pem: pem + KEY.pkcs8(), id="with a private key"),
        pytest.param(lambda pem: pem.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"), id="other label"),
        pytest.param(lambda pem: pem.replace(b"END CERTIFICATE", b"END X"), id="labels differ"),
        pytest.param(lambda pem: b"-----BEGIN CERTIFICATE----------END CERTIFICATE-----", id="no content"),
    ],
)
def test_other_files_are_refused(pki: keys.DevelopmentPki, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(keys.MalformedCertificateError):
        keys.load_certificates(change(_pem(pki.root)))


def test_openssl_certificates_are_read(openssl: Callable[..., bytes], tmp_path: Path) -> None:
    key, path = tmp_path / "key", tmp_path / "certificate"
    openssl("genpkey", "-algorithm", "SM2", "-out", key)
    arguments = ("req", "-new", "-x509", "-key", key, "-sm3", "-subj", "/CN=Root", "-days", "30", "-out", path)
    openssl(*arguments, "-sigopt", "distid:1234567812345678")
    (certificate,) = keys.load_certificates(path.read_bytes())
    certificate.verify_issued_by(certificate)
    assert certificate.is_ca
    # Without the option openssl signs with the empty user id: readable, but not a good signature.
    openssl(*arguments)
    (certificate,) = keys.load_certificates(path.read_bytes())
    with pytest.raises(keys.BadSignatureError):
        certificate.verify_issued_by(certificate)
