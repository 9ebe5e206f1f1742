import os
import stat
from pathlib import Path

import pytest

import keys
from keys.files import MAX_FILE_SIZE


@pytest.fixture
def home(pki: keys.DevelopmentPki, tmp_path: Path) -> Path:
    """Give a folder with the key and chain of a seal."""
    keys.write_private_key(tmp_path / "seal.key.pem", pki.seal_key)
    keys.write_certificates(tmp_path / "seal.chain.pem", pki.seal.chain)
    return tmp_path


def _open(home: Path) -> keys.Signer:
    return keys.open_signer(f"file:{home / 'seal.key.pem'}", home / "seal.chain.pem")


def test_a_signer_comes_back(pki: keys.DevelopmentPki, home: Path) -> None:
    signer = _open(home)
    assert signer.chain == pki.seal.chain
    pki.seal.public_key.verify(signer.sign(b"x"), b"x")
    assert sorted(os.listdir(home)) == ["seal.chain.pem", "seal.key.pem"]


def test_only_the_owner_reads_a_private_key(home: Path) -> None:
    assert stat.S_IMODE((home / "seal.key.pem").stat().st_mode) == 0o600


def test_a_private_key_is_never_replaced(pki: keys.DevelopmentPki, home: Path) -> None:
    before = (home / "seal.key.pem").read_bytes()
    with pytest.raises(FileExistsError):
        keys.write_private_key(home / "seal.key.pem", pki.code_key)
    assert (home / "seal.key.pem").read_bytes() == before
    assert sorted(os.listdir(home)) == ["seal.chain.pem", "seal.key.pem"]


def test_certificates_are_replaced_whole(pki: keys.DevelopmentPki, home: Path) -> None:
    keys.write_certificates(home / "seal.chain.pem", pki.code.chain)
    assert keys.load_certificates((home / "seal.chain.pem").read_bytes()) == pki.code.chain
    assert sorted(os.listdir(home)) == ["seal.chain.pem", "seal.key.pem"]


def test_a_folder_that_is_not_there_is_an_os_error(pki: keys.DevelopmentPki, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keys.write_private_key(tmp_path / "no" / "key.pem", pki.seal_key)
    with pytest.raises(FileNotFoundError):
        keys.write_certificates(tmp_path / "no" / "chain.pem", pki.seal.chain)


@pytest.mark.parametrize("name", ["seal.key.pem", "seal.chain.pem"])
def test_missing_files_are_named(home: Path, name: str) -> None:
    (home / name).unlink()
    with pytest.raises(keys.KeyNotFoundError, match=name):
        _open(home)


@pytest.mark.parametrize("name", ["seal.key.pem", "seal.chain.pem"])
@pytest.mark.parametrize("content", [b"", b"\0" * 10, b"-----BEGIN PRIVATE KEY-----", b"x" * (MAX_FILE_SIZE + 1), None])
def test_damaged_files_are_unusable(home: Path, name: str, content: bytes | None) -> None:
    (home / name).unlink()
    if content is None:
        (home / name).mkdir()
    else:
        (home / name).write_bytes(content)
    with pytest.raises(keys.KeyUnusableError, match=name):
        _open(home)


def test_a_cut_key_is_unusable(home: Path) -> None:
    path = home / "seal.key.pem"
    content = path.read_bytes()
    for size in range(0, len(content) - 1, 31):
        path.write_bytes(content[:size])
        with pytest.raises(keys.KeyUnusableError) as caught:
            _open(home)
        assert "PRIVATE" not in str(caught.value)


def test_a_foreign_key_is_unusable(pki: keys.DevelopmentPki, home: Path) -> None:
    (home / "seal.key.pem").write_bytes(pki.code_key.pkcs8())
    with pytest.raises(keys.KeyUnusableError, match="another key"):
        _open(home)


def test_a_chain_must_hang_together(pki: keys.DevelopmentPki, home: Path) -> None:
    keys.write_certificates(home / "seal.chain.pem", [pki.seal.certificate, pki.root])
    with pytest.raises(keys.KeyUnusableError, match="chain"):
        _open(home)


@pytest.mark.parametrize("uri", ["", "seal.key.pem", "pkcs11:token=x", "FILE:x"])
def test_other_uris_are_unusable(home: Path, uri: str) -> None:
    with pytest.raises(keys.KeyUnusableError, match=r"pkcs11|only file"):
        keys.open_signer(uri, home / "seal.chain.pem")
