import base64
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from declared import FAMILIES, declared_pki
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der
from keys.crl import MAX_CRL_ENTRIES, MAX_FOREIGN_SERIAL

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
KEY = keys.generate_private_key(keys.ECDSA_P256_SHA256)
CA = keys.make_certificate(
    subject=keys.Subject(common_name="CA"),
    public_key=KEY.public_key,
    issuer=None,
    issuer_key=KEY,
    serial=1,
    not_before=AT,
    not_after=AT + timedelta(days=1),
    profile=keys.Profile.ROOT,
)
PARTS = {
    "version": der.integer(1),
    "inner": keys.ECDSA_P256_SHA256.signature_identifier,
    "issuer": CA.subject_der,
    "this_update": der.time(AT),
    "next_update": der.time(AT + timedelta(days=7)),
    "revoked": b"",
    "extensions": b"",
    "after_tbs": b"",
}
CRITICAL = der.boolean(True)
HELD, STOLEN = (der.tlv(der.ENUMERATED, bytes((number,))) for number in (6, 1))


def build(outer: bytes = b"", **changes: bytes) -> bytes:
    """Build a list with some of its parts replaced; the signature is right for what it says."""
    parts = PARTS | changes
    tbs = der.sequence(*parts.values())
    return der.sequence(tbs, outer or parts["inner"], der.bit_string(KEY.sign(tbs)))


def extension(oid: str, value: bytes, *critical: bytes) -> bytes:
    return der.sequence(der.oid(oid), *critical, der.octet_string(value))


def extensions(*items: bytes) -> bytes:
    return der.context(0, der.sequence(*items))


def entry(serial: bytes, *items: bytes, at: datetime = AT) -> bytes:
    return der.sequence(der.tlv(der.INTEGER, serial), der.time(at), der.sequence(*items) if items else b"")


def point(*names: bytes) -> bytes:
    return der.context(0, der.context(0, *names))


def uri(address: str) -> bytes:
    return der.context(6, address.encode(), primitive=True)


def scope(*items: bytes) -> bytes:
    return extensions(extension("2.5.29.28", der.sequence(*items), CRITICAL))


def flag(number: int, value: bytes = b"\xff") -> bytes:
    return der.context(number, value, primitive=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_list_says_what_was_put_in(family: str) -> None:
    pki = declared_pki(family)
    crl = pki.crl("issuing-ca", AT)
    crl.verify_issued_by(pki.certificate("issuing-ca"))
    assert (crl.this_update, crl.next_update) == (AT, AT + timedelta(days=7))
    assert set(crl.revoked) == {0x400, 0x401, 0x402, 0x523}
    for name in ("seal-compromised", "seal-superseded", "seal-held", "tsa-revoked"):
        assert crl.revoked[pki.serial(name)] == pki.revocation(name)
    assert crl.complete
    assert crl.covers(pki.certificate("seal"))
    assert crl.leniencies == frozenset()
    assert keys.read_crl(crl.der) == crl


@pytest.mark.parametrize("family", FAMILIES)
def test_facts_are_those_that_cryptography_reads(family: str) -> None:
    pki = declared_pki(family)
    ours = pki.crl("issuing-ca", AT)
    theirs = x509.load_der_x509_crl(ours.der)
    assert ours.tbs == theirs.tbs_certlist_bytes
    assert ours.signature == theirs.signature
    assert ours.issuer_der == theirs.issuer.public_bytes()
    assert (ours.this_update, ours.next_update) == (theirs.last_update_utc, theirs.next_update_utc)
    assert {item.serial_number: item.revocation_date_utc for item in theirs} == {
        serial: revocation.at for serial, revocation in ours.revoked.items()
    }
    stolen = theirs.get_revoked_certificate_by_serial_number(0x400)
    assert stolen is not None
    assert stolen.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "keyCompromise"
    since = stolen.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    assert since == ours.revoked[0x400].invalid_since
    assert theirs.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == int(AT.timestamp())
    authority = theirs.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert authority.key_identifier == pki.certificate("issuing-ca").subject_key_identifier


@pytest.mark.parametrize("family", FAMILIES)
def test_openssl_accepts_our_lists(family: str, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    pki = declared_pki(family)
    crl, issuer = pki.crl("issuing-ca", AT), pki.certificate("issuing-ca")
    (tmp_path / "crl").write_bytes(crl.der)
    text = openssl("crl", "-inform", "DER", "-in", tmp_path / "crl", "-noout", "-text").decode()
    assert "Key Compromise" in text
    assert "Invalidity Date" in text
    assert "Certificate Hold" in text
    keys.write_certificates(tmp_path / "ca", [issuer])
    public, tbs, signature = tmp_path / "public", tmp_path / "tbs", tmp_path / "signature"
    public.write_bytes(openssl("x509", "-in", tmp_path / "ca", "-pubkey", "-noout"))
    tbs.write_bytes(crl.tbs)
    signature.write_bytes(crl.signature)
    # `openssl crl -verify` cannot be told the user id of SM2, so the signature is checked by itself.
    chosen = ("-digest", "sm3", "-pkeyopt", "distid:1234567812345678") if family == "sm2" else ("-digest", "sha256")
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", tbs, "-sigfile", signature, "-rawin", *chosen)
    assert b"Signature Verified Successfully" in openssl(*verify)
    tbs.write_bytes(crl.tbs + b"\0")
    with pytest.raises(RuntimeError):
        openssl(*verify)


@pytest.mark.parametrize("family", FAMILIES)
def test_lists_of_openssl_are_read(family: str, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    pki = declared_pki(family)
    keys.write_certificates(tmp_path / "ca.pem", [pki.certificate("issuing-ca")])
    (tmp_path / "key.pem").write_bytes(pki.key("issuing-ca").pkcs8())
    (tmp_path / "number").write_text("05\n")
    (tmp_path / "index.attr").write_text("")
    (tmp_path / "index").write_text(
        "R\t310101000000Z\t260901010000Z,keyTime,20260815000000Z\t0400\tunknown\t/CN=x\n"
        "R\t310101000000Z\t260902010000Z\t7F00\tunknown\t/CN=y\n"
        "V\t310101000000Z\t\t0100\tunknown\t/CN=z\n"
    )
    digest = "sm3" if family == "sm2" else "sha384"
    (tmp_path / "config").write_text(
        f"[ca]\ndefault_ca=c\n[c]\ndatabase={tmp_path}/index\ncrlnumber={tmp_path}/number\n"
        f"certificate={tmp_path}/ca.pem\nprivate_key={tmp_path}/key.pem\ndefault_md={digest}\n"
        "default_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n"
    )
    options = ("-sigopt", "distid:1234567812345678") if family == "sm2" else ()
    pem = openssl("ca", "-gencrl", "-config", tmp_path / "config", *options)
    crl = keys.read_crl(pem)
    crl.verify_issued_by(pki.certificate("issuing-ca"))
    assert dict(crl.revoked) == {
        0x400: keys.Revocation(
            at=datetime(2026, 9, 1, 1, tzinfo=UTC),
            reason="keyCompromise",
            invalid_since=datetime(2026, 8, 15, tzinfo=UTC),
        ),
        0x7F00: keys.Revocation(at=datetime(2026, 9, 2, 1, tzinfo=UTC)),
    }
    assert crl.complete


def test_a_list_may_be_wrapped_in_pem() -> None:
    data = build()
    body = base64.encodebytes(data)
    crl = keys.read_crl(b"-----BEGIN X509 CRL-----\n" + body + b"-----END X509 CRL-----\n")
    assert crl.der == data
    for spoilt in (body[:-4] + b"=A==", body[1:]):
        with pytest.raises(keys.MalformedRevocationError):
            keys.read_crl(b"-----BEGIN X509 CRL-----\n" + spoilt + b"-----END X509 CRL-----\n")


@pytest.mark.parametrize("family", FAMILIES)
def test_another_issuer_is_refused(family: str) -> None:
    pki = declared_pki(family)
    crl = pki.crl("issuing-ca", AT)
    for wrong, message in (("root", "another name"), ("issuing-ca-renewed", "does not fit")):
        with pytest.raises(keys.BadSignatureError, match=message):
            crl.verify_issued_by(pki.certificate(wrong))
    other = declared_pki("rsa" if family == "sm2" else "sm2").certificate("issuing-ca")
    with pytest.raises(keys.BadSignatureError):
        crl.verify_issued_by(other)
    altered = keys.read_crl(crl.der.replace(der.integer(0x401), der.integer(0x403)))
    assert 0x403 in altered.revoked
    with pytest.raises(keys.BadSignatureError):
        altered.verify_issued_by(pki.certificate("issuing-ca"))


def test_only_the_issuers_key_makes_a_list() -> None:
    arguments: Mapping[str, Any] = {"number": 1, "this_update": AT, "next_update": AT, "revoked": {}}
    other = keys.generate_private_key(keys.ECDSA_P256_SHA256)
    with pytest.raises(keys.KeyUnusableError):
        keys.make_crl(issuer=CA, issuer_key=other, **arguments)
    empty = keys.make_crl(issuer=CA, issuer_key=KEY, **arguments)
    assert dict(empty.revoked) == {}
    # Nothing revoked: the field is left out, not empty (RFC 5280 clause 5.1.2.6).
    assert x509.load_der_x509_crl(empty.der).is_signature_valid(x509.load_der_x509_certificate(CA.der).public_key())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "serials"),
    [
        pytest.param({"version": b""}, set(), id="version 1"),
        pytest.param({"next_update": b""}, set(), id="no next update"),
        pytest.param({"revoked": der.sequence()}, set(), id="empty list"),
        pytest.param({"revoked": der.sequence(entry(b"\x85"))}, {-123}, id="negative serial"),
        pytest.param({"revoked": der.sequence(entry(b"\0"))}, {0}, id="serial zero"),
        pytest.param({"revoked": der.sequence(entry(b"\0\0\5"))}, {5}, id="serial not minimal"),
        pytest.param({"revoked": der.sequence(entry(b"\1" + bytes(39)))}, {1 << 312}, id="long serial"),
        pytest.param(
            {"revoked": der.sequence(entry(b"\5", extension("2.5.29.23", der.oid("1.2.840.10040.2.1"))))},
            {5},
            id="hold instruction",
        ),
        pytest.param({"extensions": extensions(extension("1.2.3", b""))}, set(), id="unknown extension"),
    ],
)
def test_odd_lists_of_real_cas_are_read(changes: dict[str, bytes], serials: set[int]) -> None:
    crl = keys.read_crl(build(**changes))
    crl.verify_issued_by(CA)
    assert set(crl.revoked) == serials
    assert crl.complete
    assert (crl.next_update is None) == (changes.get("next_update") == b"")


def test_what_was_overlooked_is_told() -> None:
    written = extensions(extension("1.2.3", b"", der.boolean(False)))
    assert keys.read_crl(build(extensions=written)).leniencies == {keys.Leniency.WRITTEN_DEFAULT}


@pytest.mark.parametrize(
    ("code", "reason"),
    [(0, "unspecified"), (1, "keyCompromise"), (9, "privilegeWithdrawn"), (10, "aACompromise"), (7, None), (99, None)],
)
def test_reasons(code: int, reason: str | None) -> None:
    item = extension("2.5.29.21", der.tlv(der.ENUMERATED, bytes((code,))))
    crl = keys.read_crl(build(revoked=der.sequence(entry(b"\5", item))))
    assert crl.revoked[5] == keys.Revocation(at=AT, reason=reason)


def test_the_earliest_of_two_entries_counts() -> None:
    later, earlier = AT + timedelta(days=1), AT - timedelta(days=1)
    items = [entry(b"\5", at=at) for at in (AT, later, earlier, AT)]
    assert keys.read_crl(build(revoked=der.sequence(*items))).revoked[5].at == earlier


def _certificate(*, is_ca: bool, address: str = "http://a.example/1") -> keys.Certificate:
    return keys.make_certificate(
        subject=keys.Subject(common_name="Subject"),
        public_key=KEY.public_key,
        issuer=CA,
        issuer_key=KEY,
        serial=9,
        not_before=AT,
        not_after=AT + timedelta(days=1),
        profile=keys.Profile.ISSUING_CA if is_ca else keys.Profile.SEAL,
        crl_urls=[address],
    )


USER, SUB_CA = _certificate(is_ca=False), _certificate(is_ca=True)


@pytest.mark.parametrize(
    ("part", "covers_user", "covers_ca"),
    [
        pytest.param(scope(flag(1)), True, False, id="users only"),
        pytest.param(scope(flag(2)), False, True, id="CAs only"),
        pytest.param(scope(flag(3, b"\6\x40")), False, False, id="some reasons"),
        pytest.param(scope(flag(4)), False, False, id="indirect"),
        pytest.param(scope(flag(5)), False, False, id="attribute certificates"),
        pytest.param(scope(point(uri("http://a.example/1"))), True, True, id="this point"),
        pytest.param(scope(point(uri("http://a.example/1")), flag(1)), True, False, id="this point, users"),
        pytest.param(scope(point(uri("ldap://x"), uri("http://a.example/1"))), True, True, id="this point of two"),
        pytest.param(scope(point(uri("http://a.example/2"))), False, False, id="another point"),
        pytest.param(scope(point(uri("ldap://a.example/1"))), False, False, id="a point that we cannot ask"),
        pytest.param(scope(der.context(0, der.context(1))), False, False, id="a relative name"),
        pytest.param(extensions(extension("2.5.29.27", der.integer(1), CRITICAL)), False, False, id="changes only"),
    ],
)
def test_a_list_for_some_certificates_is_not_complete(part: bytes, covers_user: bool, covers_ca: bool) -> None:
    crl = keys.read_crl(build(extensions=part))
    assert not crl.complete
    assert (crl.covers(USER), crl.covers(SUB_CA)) == (covers_user, covers_ca)


def test_a_scope_without_limits_is_complete() -> None:
    assert keys.read_crl(build(extensions=scope(flag(1, b"\0")))).complete


def test_other_cas_certificates_are_left_out() -> None:
    def issued_by(name: bytes) -> bytes:
        return extension("2.5.29.29", der.sequence(der.context(4, name)), CRITICAL)

    other = keys.Subject(common_name="Other").der()
    ours = issued_by(CA.subject_der)
    items = [entry(b"\1"), entry(b"\2", issued_by(other)), entry(b"\3"), entry(b"\4", ours), entry(b"\5")]
    crl = keys.read_crl(build(revoked=der.sequence(*items), extensions=scope(flag(4))))
    assert set(crl.revoked) == {1, 4, 5}
    with pytest.raises(keys.MalformedRevocationError, match="another CA"):
        keys.read_crl(build(revoked=der.sequence(*items)))


def test_what_a_change_takes_back_is_not_revoked() -> None:
    removed = extension("2.5.29.21", der.tlv(der.ENUMERATED, b"\x08"))
    delta = extensions(extension("2.5.29.27", der.integer(1), CRITICAL))
    crl = keys.read_crl(build(revoked=der.sequence(entry(b"\5", removed), entry(b"\6")), extensions=delta))
    assert set(crl.revoked) == {6}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no list", id="text"),
        pytest.param(CA.der, id="a certificate"),
        pytest.param(build()[:-1], id="cut short"),
        pytest.param(build() + b"\0", id="more behind it"),
        pytest.param(build(outer=keys.SM2_SM3.signature_identifier), id="algorithms differ"),
        pytest.param(build(version=der.integer(0)), id="version 1 written"),
        pytest.param(build(version=b"", extensions=extensions(extension("1.2.3", b""))), id="version 1 extended"),
        pytest.param(build(issuer=der.utf8_string("CA")), id="issuer is no name"),
        pytest.param(build(this_update=b"", next_update=b""), id="no time"),
        pytest.param(build(after_tbs=der.null()), id="more in it"),
        pytest.param(build(extensions=extensions(extension("1.2.3", b"", CRITICAL))), id="critical extension"),
        pytest.param(build(extensions=extensions(*2 * [extension("1.2.3", b"")])), id="extension twice"),
        pytest.param(build(extensions=scope(der.context(6))), id="unknown scope"),
        pytest.param(build(revoked=der.sequence(entry(b""))), id="no serial"),
        pytest.param(build(revoked=der.sequence(entry(bytes(MAX_FOREIGN_SERIAL + 1)))), id="serial too long"),
        pytest.param(
            build(revoked=der.sequence(entry(b"\5", extension("1.2.3", b"", CRITICAL)))), id="critical entry extension"
        ),
        pytest.param(build(revoked=der.sequence(entry(b"\5", *2 * [extension("2.5.29.21", HELD)]))), id="two reasons"),
        pytest.param(
            build(revoked=der.sequence(entry(b"\5", extension("2.5.29.21", HELD + STOLEN)))), id="two in one reason"
        ),
        pytest.param(build(revoked=der.sequence(entry(b"\5", extension("2.5.29.21", b"\1\1\0")))), id="no reason"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(keys.MalformedRevocationError):
        keys.read_crl(data)


def test_an_unknown_algorithm_is_refused() -> None:
    sha1 = der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.read_crl(build(inner=sha1))


def test_limits() -> None:
    with pytest.raises(keys.MalformedRevocationError, match="too large"):
        keys.read_crl(bytes(keys.MAX_CRL_SIZE + 1))
    items = b"".join(entry(number.to_bytes(4, "big")) for number in range(1, MAX_CRL_ENTRIES + 1))
    full = build(revoked=der.sequence(items))
    started = time.process_time()
    assert len(keys.read_crl(full).revoked) == MAX_CRL_ENTRIES
    # Less than a second on an idle machine; quadratic work would take minutes.
    assert time.process_time() - started < 20
    with pytest.raises(keys.MalformedRevocationError, match="entries"):
        keys.read_crl(build(revoked=der.sequence(items, entry(b"\1"))))


RICH = build(
    revoked=der.sequence(
        entry(b"\5", extension("2.5.29.21", HELD), extension("2.5.29.24", der.generalized_time(AT))), entry(b"\6")
    ),
    extensions=extensions(
        extension("2.5.29.28", der.sequence(point(uri("http://a.example/1")), flag(1)), CRITICAL),
        extension("2.5.29.20", der.integer(1)),
    ),
)


@given(st.data())
def test_altered_bytes_give_a_list_or_our_error(data: st.DataObject) -> None:
    altered = bytearray(RICH)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(altered) - 1))
        altered[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        crl = keys.read_crl(bytes(altered))
    except keys.KeysError:
        return
    if crl.tbs != keys.read_crl(RICH).tbs:
        with pytest.raises(keys.BadSignatureError):
            crl.verify_issued_by(CA)


@given(st.sampled_from(sorted(PARTS)), st.binary(max_size=40))
def test_any_part_replaced_gives_a_list_or_our_error(part: str, content: bytes) -> None:
    try:
        crl = keys.read_crl(build(**{part: content}))
    except keys.KeysError:
        return
    KEY.public_key.verify(crl.signature, crl.tbs)
