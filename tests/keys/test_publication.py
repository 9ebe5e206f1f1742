"""Where certificates say that their revocation is published, and the profiles of those who serve it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from declared import FAMILIES, declared_pki
from hypothesis import given
from hypothesis import strategies as st

import keys
from keys import der
from keys.publication import MAX_ADDRESS_LENGTH, MAX_ADDRESSES

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
KEY = keys.generate_private_key(keys.ECDSA_P256_SHA256)
POINTS, ACCESS, NO_CHECK = "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1.5"
OCSP, CA_ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"


def make(**changes: object) -> keys.Certificate:
    arguments: dict[str, object] = {
        "subject": keys.Subject(common_name="Name"),
        "public_key": KEY.public_key,
        "issuer": None,
        "issuer_key": KEY,
        "serial": 77,
        "not_before": AT,
        "not_after": AT + timedelta(days=1),
        "profile": keys.Profile.SEAL,
    }
    return keys.make_certificate(**(arguments | changes))  # type: ignore[arg-type]


def extended(oid: str, value: bytes, *, critical: bool = False) -> keys.Certificate:
    """Read a certificate with one more extension."""
    reader, parts = der.DerReader(make().tbs).read_sequence(), []
    while not reader.at_end:
        parts.append(reader.read_raw())
    extensions = der.DerReader(der.DerReader(parts.pop()).read(0xA3)).read(der.SEQUENCE)
    more = der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octet_string(value))
    tbs = der.sequence(*parts, der.context(3, der.sequence(extensions, more)))
    return keys.parse_certificate(der.sequence(tbs, KEY.algorithm.signature_identifier, der.bit_string(KEY.sign(tbs))))


def uri(address: str | bytes) -> bytes:
    return der.context(6, address if isinstance(address, bytes) else address.encode(), primitive=True)


def point(*names: bytes, after: bytes = b"") -> bytes:
    return der.sequence(der.context(0, der.context(0, *names)), after)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_written_is_what_others_read(family: str) -> None:
    certificate = declared_pki(family).certificate("ocsp")
    theirs = x509.load_der_x509_certificate(certificate.der).extensions
    (listed,) = theirs.get_extension_for_class(x509.CRLDistributionPoints).value
    assert listed.full_name is not None
    assert tuple(name.value for name in listed.full_name) == certificate.crl_urls
    (access,) = theirs.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access.access_method.dotted_string == OCSP
    assert (access.access_location.value,) == certificate.ocsp_urls
    assert theirs.get_extension_for_class(x509.OCSPNoCheck) is not None
    assert certificate.ocsp_no_check
    assert certificate.ca_issuer_urls == ()


def test_nothing_is_written_unasked() -> None:
    certificate = make()
    assert (certificate.crl_urls, certificate.ocsp_urls, certificate.ca_issuer_urls) == ((), (), ())
    assert not certificate.ocsp_no_check
    theirs = x509.load_der_x509_certificate(certificate.der).extensions
    assert [item.oid.dotted_string for item in theirs] == ["2.5.29.19", "2.5.29.15", "2.5.29.14", "2.5.29.35"]


@pytest.mark.parametrize("address", ["ftp://a", "http://", "http://a b", "http://ä", "http://a/" + 1024 * "x", ""])
def test_only_addresses_are_written(address: str) -> None:
    for field in ("crl_urls", "ocsp_urls"):
        with pytest.raises(ValueError, match="address"):
            make(**{field: [address]})


def test_several_points_are_read() -> None:
    points = der.sequence(
        point(uri("http://a.example/1"), uri("ldap://a.example/")),
        point(uri("HTTPS://b.example:8443/2?x=y")),
        point(uri("http://a.example/1")),
        point(der.context(4, keys.Subject(common_name="x").der())),
        # For some reasons only; another CA's list; a relative name.
        point(uri("http://c.example/3"), after=der.context(1, b"\6\x40", primitive=True)),
        point(uri("http://d.example/4"), after=der.context(2, der.context(4, keys.Subject(common_name="x").der()))),
        der.sequence(der.context(0, der.context(1, der.set_of()))),
        der.sequence(),
    )
    for critical in (False, True):
        certificate = extended(POINTS, points, critical=critical)
        assert certificate.crl_urls == ("http://a.example/1", "HTTPS://b.example:8443/2?x=y")


def test_both_kinds_of_access_are_read() -> None:
    certificate = extended(
        ACCESS,
        der.sequence(
            der.sequence(der.oid(CA_ISSUERS), uri("http://a.example/ca.cer")),
            der.sequence(der.oid(OCSP), uri("http://a.example/ocsp")),
            der.sequence(der.oid("1.2.3"), uri("http://a.example/other")),
            der.sequence(der.oid(OCSP), uri("https://b.example/ocsp")),
        ),
    )
    assert certificate.ocsp_urls == ("http://a.example/ocsp", "https://b.example/ocsp")
    assert certificate.ca_issuer_urls == ("http://a.example/ca.cer",)


@pytest.mark.parametrize(
    "address",
    [
        "ldap://a.example/x",
        "file:///etc/passwd",
        "http:/a.example",
        "http://",
        "http://[::1",
        "http://a.example:99999/",
        "http://a.example:x/",
        "http://user:secret@a.example/",
        "http://a.example/ x",
        "http://a.example/\n",
        b"http://\xe6\xa0\xb7.example/",
        "http://a.example/" + MAX_ADDRESS_LENGTH * "x",
    ],
)
def test_addresses_that_cannot_be_asked_are_left_out(address: str | bytes) -> None:
    assert extended(POINTS, der.sequence(point(uri(address), uri("http://b.example/")))).crl_urls == (
        "http://b.example/",
    )
    assert extended(ACCESS, der.sequence(der.sequence(der.oid(OCSP), uri(address)))).ocsp_urls == ()


def test_the_number_of_addresses_is_bounded() -> None:
    many = [uri(f"http://a.example/{number}") for number in range(100)]
    assert len(extended(POINTS, der.sequence(point(*many))).crl_urls) == MAX_ADDRESSES
    access = [der.sequence(der.oid(OCSP), one) for one in many]
    assert len(extended(ACCESS, der.sequence(*access)).ocsp_urls) == MAX_ADDRESSES


@pytest.mark.parametrize("value", [b"", b"nonsense", der.null(), der.sequence(der.null()), der.sequence() + b"\0"])
def test_odd_content_is_no_reason_to_refuse_a_certificate(value: bytes) -> None:
    assert extended(POINTS, value).crl_urls == ()
    assert extended(ACCESS, value).ocsp_urls == ()
    assert extended(NO_CHECK, value).ocsp_no_check
    # Unless the extension itself says that it must be understood.
    for oid in (POINTS, ACCESS):
        with pytest.raises(keys.MalformedCertificateError):
            extended(oid, value, critical=True)


@given(st.text(alphabet="ab:/@[]?#%.-0189 ", min_size=1, max_size=20))
def test_every_address_that_is_kept_can_be_asked(rest: str) -> None:
    address = uri(f"http://{rest}")
    listed = extended(POINTS, der.sequence(point(address)))
    accessed = extended(ACCESS, der.sequence(der.sequence(der.oid(OCSP), address)))
    assert listed.crl_urls == accessed.ocsp_urls
    for kept in listed.crl_urls:
        keys.Endpoint(url=kept)


@given(st.sampled_from([POINTS, ACCESS]), st.binary(max_size=60))
def test_any_content_is_read_or_left_out(oid: str, content: bytes) -> None:
    certificate = extended(oid, content)
    assert len(certificate.crl_urls) + len(certificate.ocsp_urls) <= 2


@pytest.mark.parametrize(
    ("profile", "usage", "purpose", "critical"),
    [
        (keys.Profile.SEAL_MAKER, {"digitalSignature", "nonRepudiation"}, None, False),
        (keys.Profile.PERSON, {"digitalSignature", "nonRepudiation"}, None, False),
        (keys.Profile.TIMESTAMP, {"digitalSignature"}, keys.TIMESTAMPING_EKU, True),
        (keys.Profile.OCSP_RESPONDER, {"digitalSignature"}, keys.OCSP_SIGNING_EKU, False),
    ],
)
def test_profiles(profile: keys.Profile, usage: set[str], purpose: str | None, critical: bool) -> None:
    certificate = make(profile=profile)
    assert not certificate.is_ca
    assert certificate.key_usage == usage
    assert certificate.extended_key_usage == (set() if purpose is None else {purpose})
    theirs = x509.load_der_x509_certificate(certificate.der).extensions
    if purpose is not None:
        assert theirs.get_extension_for_class(x509.ExtendedKeyUsage).critical == critical
