"""Keys by URI: files, memory, where passphrases come from, the production profile."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import keys

SECRET = b"a good passphrase"


@pytest.fixture
def folder(pki: keys.DevelopmentPki, tmp_path: Path) -> Path:
    """Give a folder with the seal's key, plain and encrypted, its chain and a file with the passphrase."""
    keys.write_private_key(tmp_path / "plain.pem", pki.seal_key)
    keys.write_private_key(tmp_path / "encrypted.pem", pki.seal_key, lambda: SECRET)
    keys.write_certificates(tmp_path / "chain.pem", pki.seal.chain)
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    return tmp_path


def test_the_file_is_encrypted(folder: Path) -> None:
    assert (folder / "encrypted.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert (folder / "encrypted.pem").stat().st_mode & 0o777 == 0o600


def test_the_passphrase_comes_from_three_places(pki: keys.DevelopmentPki, folder: Path) -> None:
    uri, chain = f"file:{folder / 'encrypted.pem'}", folder / "chain.pem"
    for signer in (
        keys.Custody(passphrase=lambda: SECRET).open_signer(uri, chain),
        keys.Custody(environment={"P": SECRET.decode()}).open_signer(uri + "?passphrase-source=env:P", chain),
        keys.Custody().open_signer(f"{uri}?passphrase-source=file:{folder / 'secret'}", chain),
    ):
        assert signer.chain == pki.seal.chain
        signer.public_key.verify(signer.sign(b"x"), b"x")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("env:MISSING", "environment variable MISSING"),
        ("env:EMPTY", "environment variable EMPTY"),
        ("env:LONG", "environment variable LONG"),
        ("file:no-such-file", "no-such-file"),
        ("env:", "env:NAME or file:PATH"),
        ("a good passphrase", "env:NAME or file:PATH"),
        ("pass:a good passphrase", "env:NAME or file:PATH"),
        ("env:WRONG", "wrong passphrase"),
    ],
)
def test_a_passphrase_that_is_not_there_is_said_and_never_shown(folder: Path, source: str, sentence: str) -> None:
    custody = keys.Custody(environment={"EMPTY": "", "LONG": "x" * 2000, "WRONG": "another passphrase"})
    with pytest.raises(keys.KeyUnusableError, match=sentence) as caught:
        custody.open_signer(f"file:{folder / 'encrypted.pem'}?passphrase-source={source}", folder / "chain.pem")
    assert "good passphrase" not in str(caught.value)
    assert "another passphrase" not in str(caught.value)
    assert "another passphrase" not in repr(custody)


def test_an_encrypted_key_needs_a_source(folder: Path) -> None:
    with pytest.raises(keys.KeyUnusableError, match="no source of its passphrase"):
        keys.Custody().open_key(f"file:{folder / 'encrypted.pem'}")


def test_a_pkcs12_file_brings_its_chain(pki: keys.DevelopmentPki, folder: Path, openssl: Callable[..., bytes]) -> None:
    more = folder / "more.pem"
    keys.write_certificates(more, [pki.root, pki.issuing_ca, pki.code.certificate])
    openssl(
        *("pkcs12", "-export", "-inkey", folder / "plain.pem", "-in", folder / "chain.pem", "-certfile", more),
        *("-passout", f"file:{folder / 'secret'}", "-out", folder / "seal.p12"),
    )
    uri = f"file:{folder / 'seal.p12'}?passphrase-source=file:{folder / 'secret'}"
    signer = keys.Custody().open_signer(uri)
    assert signer.chain == pki.seal.chain
    signer.public_key.verify(signer.sign(b"x"), b"x")
    assert keys.Custody().open_signer(uri, folder / "chain.pem").chain == pki.seal.chain
    with pytest.raises(keys.KeyUnusableError, match=r"seal\.p12: wrong passphrase"):
        keys.Custody(passphrase=lambda: b"wrong").open_signer(uri.partition("?")[0])
    with pytest.raises(keys.KeyUnusableError, match="needs a passphrase"):
        keys.Custody().open_signer(uri.partition("?")[0])


def test_without_a_chain_a_plain_key_has_no_certificate(folder: Path) -> None:
    with pytest.raises(keys.KeyUnusableError, match="no certificate"):
        keys.Custody().open_signer(f"file:{folder / 'plain.pem'}")


def test_memory_holds_keys_of_this_process(pki: keys.DevelopmentPki, folder: Path) -> None:
    custody = keys.Custody(memory={"seal": pki.seal_key})
    signer = custody.open_signer("memory:seal", folder / "chain.pem")
    signer.public_key.verify(signer.sign(b"x"), b"x")
    assert custody.open_key("memory:seal") is pki.seal_key
    with pytest.raises(keys.KeyNotFoundError):
        custody.open_key("memory:other")


def test_an_rsa_key_signs_with_what_is_asked(folder: Path, tmp_path: Path) -> None:
    key = keys.generate_private_key(keys.RSA_SHA256)
    keys.write_private_key(tmp_path / "rsa.pem", key)
    opened = keys.Custody().open_key(f"file:{tmp_path / 'rsa.pem'}", algorithm=keys.RSA_PSS_SHA256)
    key.public_key.verify_as(keys.RSA_PSS_SHA256, opened.sign(b"x"), b"x")
    with pytest.raises(keys.KeyUnusableError, match="another kind"):
        keys.Custody().open_key(f"file:{tmp_path / 'rsa.pem'}", algorithm=keys.SM2_SM3)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("sdf:device=1", "SDF devices .* not supported"),
        ("skf:device=1", "SKF devices .* not supported"),
        ("remote:https://seals.example", "names one key"),
        ("https://x", "only file:"),
        ("plain.pem", "only file:"),
        ("", "only file:"),
    ],
)
def test_other_schemes_are_refused_with_a_reason(uri: str, sentence: str) -> None:
    with pytest.raises(keys.KeyUnusableError, match=sentence):
        keys.Custody().open_key(uri)


def test_production_takes_no_seal_keys_from_files_or_memory(pki: keys.DevelopmentPki, folder: Path) -> None:
    custody = keys.Custody(production=True, memory={"seal": pki.seal_key})
    for uri in (f"file:{folder / 'plain.pem'}", "memory:seal"):
        with pytest.raises(keys.NotForProductionError, match="in a device"):
            custody.open_key(uri)
        # The keys of codes may be in a file.
        assert custody.open_key(uri, for_seals=False).public_key == pki.seal_key.public_key
        with pytest.raises(keys.NotForProductionError, match="development certificate"):
            custody.open_signer(uri, folder / "chain.pem", for_seals=False)


def test_production_takes_no_development_certificate_from_a_pkcs12_file(
    folder: Path, openssl: Callable[..., bytes]
) -> None:
    openssl(
        *("pkcs12", "-export", "-inkey", folder / "plain.pem", "-in", folder / "chain.pem"),
        *("-passout", f"file:{folder / 'secret'}", "-out", folder / "seal.p12"),
    )
    custody = keys.Custody(production=True, passphrase=lambda: SECRET)
    with pytest.raises(keys.NotForProductionError, match="development certificate"):
        custody.open_signer(f"file:{folder / 'seal.p12'}", for_seals=False)


def test_a_real_certificate_is_taken_in_production(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime(2026, 11, 21, tzinfo=UTC)
    key = keys.generate_private_key(keys.SM2_SM3)
    certificate = keys.make_certificate(
        subject=keys.Subject(common_name="Codes"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        serial=1,
        not_before=at,
        not_after=at + timedelta(days=1),
        profile=keys.Profile.CODE,
    )
    keys.write_certificates(tmp_path / "chain.pem", [certificate])
    custody = keys.Custody(production=True, memory={"codes": key})
    assert custody.open_signer("memory:codes", tmp_path / "chain.pem", for_seals=False).certificate == certificate


def test_the_first_line_of_a_passphrase_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    for content, passphrase in ((b"one", b"one"), (b"one\r\ntwo\n", b"one"), (b" one \n", b" one ")):
        path.write_bytes(content)
        assert keys.passphrase_from(f"file:{path}")() == passphrase
    path.write_bytes(b"\none\n")
    with pytest.raises(keys.KeyUnusableError, match="no passphrase in secret"):
        keys.passphrase_from(f"file:{path}")()
    assert keys.passphrase_from("env:A", {"A": "一"})() == "一".encode()
    assert os.environ.get("A") != "一"
