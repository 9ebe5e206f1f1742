from __future__ import annotations

import dataclasses
import os
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import verify.trust
from keys import (
    ECDSA_P256_SHA256,
    SM2_SM3,
    Algorithm,
    Certificate,
    DevelopmentPki,
    ProviderMissingError,
    PublicKey,
    Subject,
    generate_private_key,
    key_identifier,
    make_development_pki,
    write_certificates,
)
from verify import TrustStore, TrustStoreError

if TYPE_CHECKING:
    from office import Ca, CertificateChanges

SECOND = timedelta(seconds=1)


class CountingKey:
    """A public key that counts how often it is asked, and may have no provider."""

    def __init__(self, key: PublicKey, *, missing: bool = False) -> None:
        self._key = key
        self._missing = missing
        self.calls = 0

    @property
    def algorithm(self) -> Algorithm:
        return self._key.algorithm

    @property
    def spki(self) -> bytes:
        return self._key.spki

    def verify(self, signature: bytes, data: bytes) -> None:
        self.calls += 1
        if self._missing:
            raise ProviderMissingError("no SM2 here")
        self._key.verify(signature, data)


def counting(certificate: Certificate, *, missing: bool = False) -> tuple[Certificate, CountingKey]:
    key = CountingKey(certificate.public_key, missing=missing)
    return dataclasses.replace(certificate, public_key=key), key


def chain_code(store: TrustStore, leaf: Certificate, *embedded: Certificate, at: datetime) -> str:
    return store.chain(leaf, embedded, at).code


def test_path_over_embedded_and_over_known_certificates(pki: DevelopmentPki, office: ModuleType) -> None:
    leaf, between = pki.seal.chain
    only_root = TrustStore.from_certificates((pki.root,))
    found = only_root.chain(leaf, (between,), office.AT)
    assert found.code == "OK"
    assert found.certificates == (leaf, between, pki.root)
    assert found.development
    assert found.not_after == leaf.not_after
    assert chain_code(TrustStore.from_certificates((pki.root, between)), leaf, at=office.AT) == "OK"
    assert chain_code(only_root, leaf, at=office.AT) == "CERTIFICATE_UNTRUSTED"


def test_issuing_ca_as_anchor(pki: DevelopmentPki, office: ModuleType) -> None:
    """Who wants to trust one CA only, and not its root, says so; genuine files still bring that CA along."""
    leaf, between = pki.seal.chain
    found = TrustStore((between,)).chain(leaf, (between,), office.AT)
    assert (found.code, found.certificates) == ("OK", (leaf, between))
    assert found.brought == {leaf, between}


def test_without_anchors_nothing_is_judged(pki: DevelopmentPki, office: ModuleType) -> None:
    store = TrustStore.from_certificates((pki.issuing_ca,))
    assert chain_code(store, pki.seal.certificate, pki.issuing_ca, at=office.AT) == "NO_TRUST_ANCHORS"


def test_root_in_the_file_is_not_trusted(pki: DevelopmentPki, ca: Ca, office: ModuleType) -> None:
    store = TrustStore.from_certificates(ca.public)
    leaf, between = pki.seal.chain
    found = store.chain(leaf, (between, pki.root), office.AT)
    assert found.code == "CERTIFICATE_UNTRUSTED"
    assert found.certificates == (leaf,)


def test_same_names_with_other_keys_are_not_trusted(ca: Ca, office: ModuleType) -> None:
    impostor = office.make_ca()
    assert impostor.root.subject_der == ca.root.subject_der
    leaf = impostor.issue().certificate
    store = TrustStore.from_certificates(ca.public)
    assert chain_code(store, leaf, impostor.certificate, impostor.root, at=office.AT) == "CERTIFICATE_UNTRUSTED"


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("ca", {"is_ca": False, "path_length": None}),
        ("ca", {"usages": ("digitalSignature",)}),
        ("ca", {"usages": ()}),
        ("root", {"usages": ("cRLSign",)}),
        ("root", {"path_length": 0}),
    ],
    ids=["ca-is-no-ca", "ca-without-keyCertSign", "ca-without-usage", "root-without-keyCertSign", "root-pathlen-0"],
)
def test_ca_that_may_not_issue(office: ModuleType, part: str, changes: CertificateChanges) -> None:
    bad = office.make_ca(**{part: changes})
    signer = bad.issue()
    store = TrustStore.from_certificates((bad.root,))
    assert chain_code(store, signer.certificate, bad.certificate, at=office.AT) == "CERTIFICATE_UNFIT"


def test_seal_certificate_used_as_ca(ca: Ca, office: ModuleType) -> None:
    seal = ca.issue(name=office.OTHER_NAME, code=office.OTHER_CODE)
    key = generate_private_key(ECDSA_P256_SHA256)
    forged = office.certify(
        subject=Subject(common_name="x", organization=office.NAME, organization_identifier=office.CODE),
        public_key=key.public_key,
        issuer=seal.certificate,
        issuer_key=seal.private_key,
    )
    store = TrustStore.from_certificates((ca.root,))
    assert chain_code(store, forged, *seal.chain, at=office.AT) == "CERTIFICATE_UNFIT"


def test_path_length_counts_the_cas_below(ca: Ca, office: ModuleType) -> None:
    """The issuing CA has path length 0 and certifies another CA all the same."""
    below_key, leaf_key = generate_private_key(ECDSA_P256_SHA256), generate_private_key(ECDSA_P256_SHA256)
    below = office.certify(
        subject=Subject(common_name="below"),
        public_key=below_key.public_key,
        issuer=ca.certificate,
        issuer_key=ca.key,
        usages=("keyCertSign",),
        is_ca=True,
    )
    leaf = office.certify(
        subject=Subject(common_name="leaf"), public_key=leaf_key.public_key, issuer=below, issuer_key=below_key
    )
    store = TrustStore.from_certificates(ca.public)
    assert chain_code(store, leaf, below, at=office.AT) == "CERTIFICATE_UNFIT"


def test_validity_includes_both_ends(ca: Ca, office: ModuleType) -> None:
    begin, end = office.BEGIN + timedelta(days=1), office.BEGIN + timedelta(days=2)
    leaf = ca.issue(begin=begin, end=end).certificate
    store = TrustStore.from_certificates(ca.public)
    moments = {
        begin - SECOND: "SEAL_TIME_OUTSIDE_CERTIFICATE",
        begin: "OK",
        end: "OK",
        end + SECOND: "SEAL_TIME_OUTSIDE_CERTIFICATE",
    }
    assert {moment: chain_code(store, leaf, at=moment) for moment in moments} == moments


@pytest.mark.parametrize("part", ["root", "ca"])
def test_expired_issuer(office: ModuleType, part: str) -> None:
    old = office.make_ca(**{part: {"end": office.AT - SECOND}})
    store = TrustStore.from_certificates(old.public)
    leaf = old.issue().certificate
    assert chain_code(store, leaf, at=office.AT) == "SEAL_TIME_OUTSIDE_CERTIFICATE"


def test_renewed_ca_certificate_is_found(office: ModuleType) -> None:
    """Two certificates of one CA key: whichever is good at the time is taken, in either order."""
    old = office.make_ca(ca={"end": office.AT})
    renewed = office.certify(
        subject=Subject(common_name="签发机构 一"),
        public_key=old.key.public_key,
        issuer=old.root,
        issuer_key=old.root_key,
        usages=("keyCertSign",),
        is_ca=True,
    )
    leaf = old.issue().certificate
    for known in ((old.certificate, renewed), (renewed, old.certificate)):
        store = TrustStore.from_certificates((old.root, *known))
        assert chain_code(store, leaf, at=office.AT) == "OK"
        assert chain_code(store, leaf, at=office.AT + SECOND) == "OK"


def test_circle_of_certificates_ends(ca: Ca, office: ModuleType) -> None:
    keys = {name: generate_private_key(ECDSA_P256_SHA256) for name in "ABL"}

    def certify(name: str, issuer_name: str) -> Certificate:
        stand_in = office.certify(
            subject=Subject(common_name=issuer_name),
            public_key=keys[issuer_name].public_key,
            issuer=None,
            issuer_key=keys[issuer_name],
        )
        made: Certificate = office.certify(
            subject=Subject(common_name=name),
            public_key=keys[name].public_key,
            issuer=stand_in,
            issuer_key=keys[issuer_name],
            usages=("keyCertSign",),
            is_ca=True,
        )
        return made

    store = TrustStore.from_certificates(ca.public)
    assert chain_code(store, certify("L", "A"), certify("A", "B"), certify("B", "A"), at=office.AT) == (
        "CERTIFICATE_UNTRUSTED"
    )


def test_path_is_not_longer_than_the_limit(office: ModuleType) -> None:
    key = root_key = generate_private_key(ECDSA_P256_SHA256)
    certificates = [
        office.certify(
            subject=Subject(common_name="0"),
            public_key=root_key.public_key,
            issuer=None,
            issuer_key=root_key,
            usages=("keyCertSign",),
            is_ca=True,
        )
    ]
    for number in range(1, verify.trust.MAX_PATH + 1):
        next_key = generate_private_key(ECDSA_P256_SHA256)
        certificates.append(
            office.certify(
                subject=Subject(common_name=str(number)),
                public_key=next_key.public_key,
                issuer=certificates[-1],
                issuer_key=key,
                usages=("keyCertSign",),
                is_ca=True,
            )
        )
        key = next_key
    store = TrustStore.from_certificates(certificates[:-1])
    assert chain_code(store, certificates[-2], at=office.AT) == "OK"
    assert chain_code(store, certificates[-1], at=office.AT) == "CERTIFICATE_UNTRUSTED"


def test_work_for_one_path_is_bounded(ca: Ca, office: ModuleType) -> None:
    """A file cannot buy time with certificates of the right name: the CA behind them all is not reached."""
    leaf = ca.issue().certificate
    impostors = [counting(office.make_ca().certificate) for _ in range(40)]
    store = TrustStore((ca.root,), (*(certificate for certificate, _ in impostors), ca.certificate))
    assert chain_code(store, leaf, at=office.AT) == "CERTIFICATE_UNTRUSTED"
    assert sum(key.calls for _, key in impostors) == verify.trust.MAX_SIGNATURE_CHECKS
    embedded = [counting(office.make_ca().certificate) for _ in range(40)]
    store.chain(leaf, [certificate for certificate, _ in embedded], office.AT)
    assert sum(key.calls for _, key in embedded) <= verify.trust.MAX_EMBEDDED


def test_signatures_of_certificates_are_checked_once(ca: Ca, office: ModuleType) -> None:
    root, root_key = counting(ca.root)
    between, between_key = counting(ca.certificate)
    store = TrustStore((root,), ())
    leaf = ca.issue().certificate
    for _ in range(3):
        assert chain_code(store, leaf, between, at=office.AT) == "OK"
    assert (root_key.calls, between_key.calls) == (1, 1)
    # What is remembered is that the signature is good, not that the path is.
    assert chain_code(store, leaf, between, at=office.END + SECOND) == "SEAL_TIME_OUTSIDE_CERTIFICATE"


def test_bad_signature_is_not_remembered_as_good(ca: Ca, office: ModuleType) -> None:
    leaf = ca.issue().certificate
    damaged = dataclasses.replace(leaf, signature=leaf.signature[:-1] + bytes([leaf.signature[-1] ^ 1]))
    damaged = dataclasses.replace(damaged, der=leaf.der[:-1] + bytes([leaf.der[-1] ^ 1]))
    store = TrustStore.from_certificates(ca.public)
    for _ in range(2):
        assert chain_code(store, damaged, at=office.AT) == "CERTIFICATE_UNTRUSTED"
        assert chain_code(store, leaf, at=office.AT) == "OK"


def test_memory_is_bounded(ca: Ca, office: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify.trust, "MAX_REMEMBERED", 4)
    store = TrustStore.from_certificates(ca.public)
    for _ in range(10):
        assert chain_code(store, ca.issue().certificate, at=office.AT) == "OK"
        assert len(store._remembered) <= 4


def test_missing_provider_is_not_distrust(office: ModuleType) -> None:
    """Without SM2 the root is still an anchor, and the answer is "this machine cannot tell"."""
    pki = make_development_pki(
        "sm2", authority_name=office.NAME, authority_code=office.CODE, at=office.BEGIN, random=os.urandom
    )
    root, _ = counting(pki.root, missing=True)
    between, _ = counting(pki.issuing_ca, missing=True)
    store = TrustStore.from_certificates((root, between))
    assert store.anchors == (root,)
    assert chain_code(store, pki.seal.certificate, at=office.AT) == "ALGORITHM_UNAVAILABLE"


def test_folder(pki: DevelopmentPki, ca: Ca, office: ModuleType, tmp_path: Path) -> None:
    write_certificates(tmp_path / "development.pem", (pki.root, pki.issuing_ca, pki.code.certificate))
    (tmp_path / "root.DER").write_bytes(ca.root.der)
    (tmp_path / "ca.crt").write_bytes(ca.certificate.der)
    (tmp_path / "README.md").write_text("not a certificate", encoding="utf-8")
    (tmp_path / "old.pem").mkdir()
    store = TrustStore.from_directory(tmp_path)
    assert set(store.anchors) == {pki.root, ca.root}
    assert set(store.others) == {pki.issuing_ca, pki.code.certificate, ca.certificate}
    assert chain_code(store, pki.seal.certificate, at=office.AT) == "OK"


def test_empty_folder_has_no_anchors(tmp_path: Path) -> None:
    assert TrustStore.from_directory(tmp_path).anchors == ()


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"0\x82"])
def test_damaged_file_in_the_folder_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.pem").write_bytes(content)
    with pytest.raises(TrustStoreError, match=r"broken\.pem"):
        TrustStore.from_directory(tmp_path)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match="cannot be read"):
        TrustStore.from_directory(tmp_path / "nowhere")


def test_folder_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.pem").write_bytes(bytes(verify.trust_folder.MAX_FILE_BYTES + 1))
    with pytest.raises(TrustStoreError, match=r"large\.pem"):
        TrustStore.from_directory(tmp_path)
    monkeypatch.setattr(verify.trust_folder, "MAX_FILES", 0)
    with pytest.raises(TrustStoreError, match="more than 0"):
        TrustStore.from_directory(tmp_path)


def test_key_rollover_certificate_is_no_anchor(ca: Ca, office: ModuleType) -> None:
    """Subject and issuer are equal, but the old root signed the new key: not self-signed, hence not an anchor."""
    new_key = generate_private_key(ECDSA_P256_SHA256)
    rollover = office.certify(
        subject=Subject(common_name="根 一"),
        public_key=new_key.public_key,
        issuer=ca.root,
        issuer_key=ca.root_key,
        usages=("keyCertSign",),
        is_ca=True,
    )
    assert rollover.self_issued
    assert TrustStore.from_certificates((rollover,)).anchors == ()


def test_code_keys_are_found_by_their_identifier(pki: DevelopmentPki, ca: Ca, office: ModuleType) -> None:
    store = TrustStore.from_certificates((pki.root, pki.issuing_ca, pki.code.certificate, pki.seal.certificate))
    algorithm = pki.code.algorithm
    assert store.code_key(key_identifier(pki.code.public_key, algorithm.digest)) == pki.code.certificate
    assert store.code_key(bytes(8)) is None
    assert algorithm in {SM2_SM3, ECDSA_P256_SHA256}


def test_of_two_certificates_of_one_code_key_the_later_one_counts(ca: Ca, office: ModuleType) -> None:
    signer = ca.issue_code(end=office.AT)
    subject = Subject(common_name="x", organization=office.NAME, organization_identifier=office.CODE)
    given = {"subject": subject, "public_key": signer.public_key, "issuer": ca.certificate, "issuer_key": ca.key}
    renewed = office.certify(
        **given, usages=("digitalSignature",), purposes=tuple(signer.certificate.extended_key_usage)
    )
    as_seal = office.certify(**given, end=office.END + timedelta(days=1))
    wanted = key_identifier(signer.public_key, signer.algorithm.digest)
    for others in ((signer.certificate, renewed, as_seal), (as_seal, renewed, signer.certificate)):
        assert TrustStore((ca.root,), others).code_key(wanted) == renewed
