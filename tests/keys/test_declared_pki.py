"""The other side that the tests simulate is itself tested: what is declared is there, and wrong as it is declared."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import timestamping
import witnesses
from cryptography import x509
from declared import FAMILIES, FOLDER, DeclaredPki, declared_pki
from servers import AuthorityServer

import keys
from keys.pem import wrapped

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MISISSUED = {"seal-wrong-issuer"}


@pytest.fixture(params=FAMILIES)
def declared(request: pytest.FixtureRequest) -> DeclaredPki:
    return declared_pki(request.param)


@pytest.fixture(params=FAMILIES)
def authority(request: pytest.FixtureRequest) -> Iterator[AuthorityServer]:
    with AuthorityServer(request.param, clock=AT) as server:
        yield server


def ask(url: str, body: bytes | None = None, timeout: float = 5, **more: object) -> bytes:
    return keys.exchange(keys.Endpoint(url=url, timeout=timeout), body=body, **more)  # type: ignore[arg-type]


def test_every_certificate_is_as_declared(declared: DeclaredPki) -> None:
    for name in declared.names:
        certificate = declared.certificate(name)
        issuer = declared.certificate(declared.issuer_name(name) or name)
        assert certificate.is_development
        assert certificate.serial == declared.serial(name)
        assert certificate.public_key == declared.key(name).public_key
        assert certificate.issuer_der == issuer.subject_der
        if name in MISISSUED:
            with pytest.raises(keys.BadSignatureError):
                certificate.verify_issued_by(issuer)
        else:
            certificate.verify_issued_by(issuer)
        # cryptography reads them too, SM2 ones with it.
        assert x509.load_der_x509_certificate(certificate.der).serial_number == certificate.serial


def test_it_is_the_same_every_time(declared: DeclaredPki) -> None:
    again = DeclaredPki(declared.family, declared.base_url)
    assert all(again.certificate(name).tbs == declared.certificate(name).tbs for name in declared.names)
    if declared.family == "rsa":
        assert all(again.certificate(name) == declared.certificate(name) for name in declared.names)
    moved = declared_pki(declared.family, "http://127.0.0.1:1")
    assert moved.certificate("seal").crl_urls == ("http://127.0.0.1:1/crl/issuing-ca.crl",)
    assert moved.certificate("seal").public_key == declared.certificate("seal").public_key


def test_the_good_ones(declared: DeclaredPki) -> None:
    signer = declared.signer("seal")
    assert signer.chain == (declared.certificate("seal"), declared.certificate("issuing-ca"))
    assert declared.trusted() == (declared.root,)
    assert declared.root.self_issued
    for name, organization, code in (
        ("seal", "样例县行政审批局", "1199010000000102XM"),
        ("water-seal", "样例县水利局", "11990100000001038M"),
        ("company", "样例县某某有限公司", "91990100MA00000073"),
    ):
        subject = declared.certificate(name).subject
        assert (subject.organization, subject.organization_identifier) == (organization, code)
        assert declared.certificate(name).key_usage == {"digitalSignature", "nonRepudiation"}
    assert declared.certificate("person").subject.common_name == "李样例"
    assert declared.certificate("person").subject.organization is None
    assert declared.certificate("code").extended_key_usage == {keys.CODE_SIGNING_EKU}
    assert declared.certificate("tsa").extended_key_usage == {keys.TIMESTAMPING_EKU}
    assert declared.certificate("ocsp").extended_key_usage == {keys.OCSP_SIGNING_EKU}
    assert declared.certificate("ocsp").ocsp_no_check
    assert not declared.certificate("ocsp-checked").ocsp_no_check
    renewed, before = declared.certificate("issuing-ca-renewed"), declared.certificate("issuing-ca")
    assert renewed.subject_der == before.subject_der
    assert renewed.public_key != before.public_key


def test_the_wrong_ones(declared: DeclaredPki) -> None:
    at = {name: declared.certificate(name) for name in declared.names}
    assert at["seal-expired"].not_after < AT < at["seal-future"].not_before
    assert at["tsa-expired"].not_after < AT
    assert at["seal-wrong-usage"].key_usage == {"keyEncipherment", "dataEncipherment"}
    assert at["seal-wrong-purpose"].extended_key_usage == {"1.3.6.1.5.5.7.3.1"}
    assert at["tsa-wrong-purpose"].extended_key_usage == {"1.3.6.1.5.5.7.3.3"}
    assert not at["not-a-ca"].is_ca
    assert at["deep-ca"].is_ca
    assert at["issuing-ca"].path_length == 0
    assert len(declared.chain("seal-too-deep")) == 3
    critical = {
        name: x509.load_der_x509_certificate(at[name].der).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        for name in ("tsa", "tsa-not-critical")
    }
    assert critical["tsa"].critical
    assert not critical["tsa-not-critical"].critical
    assert critical["tsa-not-critical"].value == critical["tsa"].value
    assert (at["seal-unpublished"].crl_urls, at["seal-unpublished"].ocsp_urls) == ((), ())
    assert at["seal-list-only"].crl_urls
    assert not at["seal-list-only"].ocsp_urls
    assert at["seal-ocsp-only"].ocsp_urls
    assert not at["seal-ocsp-only"].crl_urls
    reasons = {name: revocation.reason for name, revocation in declared.revocations().items()}
    assert reasons["seal-compromised"] == "keyCompromise"
    assert reasons["seal-superseded"] == "superseded"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("seal", ""),
        ("seal-renewed", ""),
        ("person", ""),
        ("tsa", ""),
        ("seal-expired", "certificate has expired"),
        ("seal-future", "certificate is not yet valid"),
        ("seal-wrong-issuer", "certificate signature failure"),
        ("seal-of-not-a-ca", "invalid CA certificate"),
        ("seal-too-deep", "path length constraint exceeded"),
        ("other-seal", "unable to get local issuer certificate"),
        ("seal-compromised", "certificate revoked"),
        ("seal-of-revoked-ca", "certificate revoked"),
    ],
)
def test_openssl_finds_what_is_wrong(name: str, complaint: str, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    pki = declared_pki("rsa")
    chain = pki.chain(name)
    keys.write_certificates(tmp_path / "root", [pki.root])
    keys.write_certificates(tmp_path / "chain", chain[1:] or [pki.root])
    keys.write_certificates(tmp_path / "leaf", chain[:1])
    issuers = ["root", *(one for one in pki.names if pki.certificate(one) in chain[1:])]
    lists = b"".join(wrapped(pki.crl(one, AT).der, "X509 CRL") for one in issuers)
    (tmp_path / "lists").write_bytes(lists)
    arguments = (
        "verify", "-attime", str(int(AT.timestamp())), "-CAfile", tmp_path / "root", "-untrusted", tmp_path / "chain",
        "-crl_check_all", "-CRLfile", tmp_path / "lists", tmp_path / "leaf",
    )  # fmt: skip
    if not complaint:
        openssl(*arguments)
        return
    with pytest.raises(RuntimeError, match=complaint):
        openssl(*arguments)


def test_keys_are_marked() -> None:
    files = list((FOLDER / "keys").iterdir())
    assert files
    assert all(path.read_bytes().startswith(b"TEST KEY") for path in files)
    used = {f"{pki.family}-{key}" for pki in map(declared_pki, FAMILIES) for key in pki.key_names()}
    assert {path.stem for path in files} == used


def test_lists_are_served(authority: AuthorityServer) -> None:
    pki = authority.pki
    seal = pki.certificate("seal")
    (url,) = seal.crl_urls
    crl = keys.read_crl(ask(url, accepted_type="application/pkix-crl"))
    crl.verify_issued_by(pki.certificate("issuing-ca"))
    assert seal.serial not in crl.revoked
    assert pki.serial("seal-superseded") in crl.revoked
    authority.revoke("seal", at=AT + timedelta(days=1), reason="superseded")
    assert seal.serial not in keys.read_crl(ask(url)).revoked
    authority.clock = AT + timedelta(days=1)
    assert keys.read_crl(ask(url)).revoked[seal.serial].reason == "superseded"
    keys.read_crl(ask(authority.crl_url("root"))).verify_issued_by(pki.root)
    assert len(authority.crl.requests) == 4
    with pytest.raises(keys.ServiceFailedError, match="404"):
        ask(authority.crl_url("nobody"))


def _status(authority: AuthorityServer, name: str) -> tuple[str, keys.OcspResponse]:
    certificate = authority.pki.certificate(name)
    issuer = authority.pki.certificate(authority.pki.issuer_name(name) or name)
    request = keys.ocsp_request(certificate, issuer, nonce=b"n" * 16)
    answer = ask(certificate.ocsp_urls[0], request, content_type="application/ocsp-request")
    response = keys.read_ocsp_response(answer)
    return next((one.status for one in response.answers if one.is_about(certificate, issuer)), "none"), response


def test_ocsp_is_served(authority: AuthorityServer) -> None:
    pki = authority.pki
    for responder in ("ocsp", "ocsp-checked", "other-ocsp", None):
        authority.ocsp.responder = responder
        for authority.ocsp.by_key in (False, True):
            status, response = _status(authority, "seal-superseded")
            response.verify_by(pki.certificate(responder or "issuing-ca"))
            assert (status, response.nonce) == ("revoked", b"n" * 16)
            assert len(response.certificates) == (responder is not None)
            assert _status(authority, "seal")[0] == "good"
    status, response = _status(authority, "issuing-ca")
    response.verify_by(pki.root)
    assert status == "good"


def test_ocsp_can_be_wrong(authority: AuthorityServer) -> None:
    authority.ocsp.wrong_nonce = True
    assert _status(authority, "seal")[1].nonce == bytes(16)
    authority.ocsp.with_nonce = authority.ocsp.wrong_nonce = False
    assert _status(authority, "seal")[1].nonce is None
    authority.ocsp.forced_status = "unknown"
    assert _status(authority, "seal")[0] == "unknown"
    authority.ocsp.forced_status = "good"
    assert _status(authority, "seal-superseded")[0] == "good"
    authority.ocsp.wrong_serial = True
    assert _status(authority, "seal")[0] == "none"
    authority.ocsp.age = timedelta(days=400)
    assert _status(authority, "seal")[1].produced_at == AT - timedelta(days=400)
    authority.ocsp.failure = "tryLater"
    with pytest.raises(keys.OcspRefusedError, match="tryLater"):
        _status(authority, "seal")
    authority.ocsp.failure = None
    with pytest.raises(keys.OcspRefusedError, match="malformedRequest"):
        keys.read_ocsp_response(ask(authority.ocsp_url(), b"nonsense"))


def test_a_service_can_be_slow_down_or_mad(authority: AuthorityServer) -> None:
    url = authority.crl_url()
    authority.crl.delay = 30
    started = time.monotonic()
    with pytest.raises(keys.ServiceFailedError, match="longer"):
        ask(url, timeout=0.2)
    assert time.monotonic() - started < 15
    authority.crl.delay = 0
    authority.crl.status = 503
    with pytest.raises(keys.ServiceFailedError, match="503"):
        ask(url)
    authority.crl.status = 200
    authority.crl.body = b"garbage"
    assert ask(url) == b"garbage"
    authority.crl.huge = True
    with pytest.raises(keys.ServiceFailedError, match="more than"):
        ask(url)
    authority.close()
    with pytest.raises(keys.ServiceFailedError, match="reached"):
        ask(url)


def _stamp(authority: AuthorityServer, data: bytes = b"data") -> bytes:
    algorithm = authority.pki.key("tsa").algorithm
    digest = keys.hash_bytes(algorithm.digest, data)
    request = keys.der.sequence(
        keys.der.integer(1), timestamping.imprint(digest, algorithm), keys.der.integer(99), keys.der.boolean(True)
    )
    answer = ask(authority.tsa_url, request, content_type="application/timestamp-query")
    reader = keys.DerReader(answer).read_sequence()
    assert reader.read_sequence().read_integer() == 0
    return reader.read_raw()


def test_bouncy_castle_and_openssl_accept_the_timestamps(authority: AuthorityServer) -> None:
    pki = authority.pki
    tokens = {"tsa": _stamp(authority)}
    for name in ("tsa-expired", "tsa-not-critical", "tsa-wrong-purpose", "other-tsa"):
        authority.tsa.signer = name
        tokens[name] = _stamp(authority)
    authority.tsa.signer = "tsa"
    authority.tsa.wrong_imprint = True
    tokens["imprint"] = _stamp(authority)
    authority.tsa.wrong_imprint = False
    authority.tsa.wrong_certificate_named = True
    tokens["named"] = _stamp(authority)
    authority.tsa.wrong_certificate_named = False
    authority.tsa.clock = AT - timedelta(days=7)
    tokens["clock"] = _stamp(authority)
    cases = [(token, b"data", pki.root.der) for token in tokens.values()]
    found = dict(zip(tokens, witnesses.bouncy_timestamps(cases), strict=True))
    assert {name for name, facts in found.items() if facts.accepted} == {"tsa", "clock"}
    assert found["tsa"].chain_length == 3
    assert (found["tsa"].time, found["clock"].time) == (AT, AT - timedelta(days=7))
    assert not found["imprint"].over_the_data
    assert found["imprint"].valid
    assert found["other-tsa"].valid
    assert not found["other-tsa"].chain_length
    for name in ("tsa-expired", "tsa-not-critical", "tsa-wrong-purpose", "named"):
        assert not found[name].valid
    if pki.family == "rsa":
        root = wrapped(pki.root.der, "CERTIFICATE")
        complaints = {
            name: witnesses.openssl_timestamp_verify(token, b"data", root, at=AT) for name, token in tokens.items()
        }
        assert {name for name, complaint in complaints.items() if not complaint} == {"tsa", "clock"}


def test_a_timestamp_can_be_refused(authority: AuthorityServer) -> None:
    assert ask(authority.tsa_url, b"nonsense") == timestamping.rejected("badRequest")
    authority.tsa.rejects = "timeNotAvailable"
    assert ask(authority.tsa_url, b"nonsense") == timestamping.rejected("timeNotAvailable")
    assert authority.tsa.requests == [b"nonsense", b"nonsense"]
