import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import keys
from keys.certificates import DEVELOPMENT_MARK

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def _self_signed(key: keys.PrivateKey, **changes: object) -> keys.Certificate:
    arguments: dict[str, object] = {
        "subject": keys.Subject(common_name="Root"),
        "public_key": key.public_key,
        "issuer": None,
        "issuer_key": key,
        "serial": 1,
        "not_before": AT,
        "not_after": AT + timedelta(days=1),
        "profile": keys.Profile.ROOT,
    }
    return keys.make_certificate(**(arguments | changes))  # type: ignore[arg-type]


def test_what_each_certificate_says(pki: keys.DevelopmentPki) -> None:
    assert pki.root.is_ca
    assert pki.root.path_length is None
    assert pki.issuing_ca.is_ca
    assert pki.issuing_ca.path_length == 0
    assert pki.root.key_usage == pki.issuing_ca.key_usage == {"keyCertSign", "cRLSign"}
    seal, code = pki.seal.certificate, pki.code.certificate
    assert not seal.is_ca
    assert not code.is_ca
    assert seal.key_usage == {"digitalSignature", "nonRepudiation"}
    assert seal.extended_key_usage == frozenset()
    assert code.key_usage == {"digitalSignature"}
    assert code.extended_key_usage == {keys.CODE_SIGNING_EKU}
    for certificate in (seal, code):
        assert certificate.subject.organization == "样例县行政审批局"
        assert certificate.subject.organization_identifier == "1199010000000102XM"
    every = (pki.root, pki.issuing_ca, seal, code)
    assert all(certificate.is_development for certificate in every)
    assert all(certificate.subject.organizational_unit == DEVELOPMENT_MARK for certificate in every)
    assert len({certificate.serial for certificate in every}) == 4
    assert all(certificate.not_before == AT for certificate in every)
    assert pki.root.not_after > datetime(2056, 11, 1, tzinfo=UTC)
    assert seal.not_after == pki.issuing_ca.not_after > datetime(2046, 11, 1, tzinfo=UTC)


def test_families_use_their_algorithms(pki: keys.DevelopmentPki) -> None:
    expected = {"sm2": (keys.SM2_SM3, keys.SM2_SM3), "rsa": (keys.RSA_SHA256, keys.ECDSA_P256_SHA256)}[pki.family]
    assert (pki.seal.algorithm, pki.code.algorithm) == expected
    every = (pki.root, pki.issuing_ca, pki.seal.certificate, pki.code.certificate)
    assert {certificate.algorithm for certificate in every} == {expected[0]}
    assert pki.seal_key.public_key == pki.seal.public_key
    assert pki.code_key.public_key == pki.code.public_key


def test_serial_numbers_come_from_the_caller() -> None:
    def make() -> list[int]:
        pki = keys.make_development_pki(
            "sm2",
            authority_name="x",
            authority_code="y",
            at=AT,
            random=random.Random(5).randbytes,  # noqa: S311
        )
        return [pki.root.serial, pki.issuing_ca.serial, pki.seal.certificate.serial, pki.code.certificate.serial]

    assert make() == make()
    assert all(serial.bit_length() > 100 for serial in make())


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.make_development_pki("dsa", authority_name="x", authority_code="y", at=AT, random=random.randbytes)


def test_a_key_that_is_not_the_issuers_is_refused() -> None:
    key, other = keys.generate_private_key(keys.SM2_SM3), keys.generate_private_key(keys.SM2_SM3)
    with pytest.raises(keys.KeyUnusableError):
        _self_signed(key, issuer_key=other)
    with pytest.raises(keys.KeyUnusableError):
        _self_signed(key, issuer=_self_signed(other))


@pytest.mark.parametrize("serial", [0, -1, 2**159])
def test_serial_numbers_have_a_range(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        _self_signed(keys.generate_private_key(keys.SM2_SM3), serial=serial)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        _self_signed(keys.generate_private_key(keys.SM2_SM3), not_before=datetime(2026, 1, 1))


class Faulty:
    """A key whose device has begun to make mistakes."""

    def __init__(self, key: keys.PrivateKey) -> None:
        self._key = key
        self.algorithm = key.algorithm
        self.public_key = key.public_key

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data + b"\0")


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS, ids=lambda row: row.name)
def test_a_faulty_signature_is_never_released(algorithm: keys.Algorithm) -> None:
    key = keys.generate_private_key(algorithm)
    certificate = _self_signed(key)
    good = keys.Signer(private_key=key, chain=(certificate,))
    good.public_key.verify_as(algorithm, good.sign(b"x"), b"x")
    assert good.certificate is certificate
    assert good.algorithm is algorithm
    with pytest.raises(keys.KeyUnusableError, match="did not verify"):
        keys.Signer(private_key=Faulty(key), chain=(certificate,)).sign(b"x")
    with pytest.raises(keys.KeyUnusableError, match="did not verify"):
        _self_signed(key, issuer_key=Faulty(key))


def test_a_signer_needs_its_own_certificate(pki: keys.DevelopmentPki) -> None:
    with pytest.raises(keys.KeyUnusableError):
        keys.Signer(private_key=pki.code_key, chain=pki.seal.chain)
    with pytest.raises(keys.KeyUnusableError):
        keys.Signer(private_key=pki.code_key, chain=())
    assert "private_key" not in repr(pki.seal)


def test_openssl_accepts_the_chains(pki: keys.DevelopmentPki, openssl: Callable[..., bytes], tmp_path: Path) -> None:
    names = {"root": pki.root, "ca": pki.issuing_ca, "seal": pki.seal.certificate, "code": pki.code.certificate}
    for name, certificate in names.items():
        keys.write_certificates(tmp_path / name, [certificate])
    if pki.family == "rsa":
        for leaf in ("seal", "code"):
            arguments = ("verify", "-x509_strict", "-check_ss_sig", "-attime", str(int(AT.timestamp()) + 60))
            openssl(*arguments, "-CAfile", tmp_path / "root", "-untrusted", tmp_path / "ca", tmp_path / leaf)
        return
    # `openssl verify` gives the user id to the last certificate only, so each link is checked by itself.
    for subject, issuer in (("root", "root"), ("ca", "root"), ("seal", "ca"), ("code", "ca")):
        public, tbs, signature = tmp_path / "public", tmp_path / "tbs", tmp_path / "signature"
        public.write_bytes(openssl("x509", "-in", tmp_path / issuer, "-pubkey", "-noout"))
        tbs.write_bytes(names[subject].tbs)
        signature.write_bytes(names[subject].signature)
        verify = (
            "pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", tbs, "-sigfile", signature,
            "-rawin", "-digest", "sm3", "-pkeyopt",
        )  # fmt: skip
        assert b"Signature Verified Successfully" in openssl(*verify, "distid:1234567812345678")
        with pytest.raises(RuntimeError):
            openssl(*verify, "distid:")
