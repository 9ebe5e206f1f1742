"""Keys and certificates in files (the adapter of this package; nothing else here touches the disk)."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from keys.certificates import Certificate, load_certificates
from keys.errors import BadSignatureError, KeyNotFoundError, KeysError, KeyUnusableError, ProviderMissingError
from keys.libcrypto import Libcrypto
from keys.ports import ExportablePrivateKey
from keys.signer import Signer
from keys.software import load_private_key

MAX_FILE_SIZE: Final = 1024 * 1024
"""Bytes of a key or chain file."""

_SCHEME: Final = "file:"


def write_private_key(path: Path, key: ExportablePrivateKey) -> None:
    """Write the key as PEM, readable by its owner only, whole or not at all.

    An existing file is never replaced: `FileExistsError`; other `OSError`s pass through.
    """
    with _staged(path, key.pkcs8(), 0o600) as staged:
        # A hard link, unlike a rename, fails when the name is taken.
        path.hardlink_to(staged)


def write_certificates(path: Path, certificates: Sequence[Certificate]) -> None:
    """Write certificates as PEM, replacing the file in one step. `OSError`s pass through."""
    content = b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + _wrapped(certificate.der) + b"-----END CERTIFICATE-----\n"
        for certificate in certificates
    )
    with _staged(path, content, 0o644) as staged:
        os.replace(staged, path)


def open_signer(uri: str, chain_path: Path, *, provider: Libcrypto | None = None) -> Signer:
    """Open the key `file:PATH` with its chain (leaf first, without the root).

    `KeyNotFoundError` when a file is missing; `KeyUnusableError` when one cannot be read or used, when the chain
    does not hang together, or when the certificate is of another key.
    """
    if not uri.startswith(_SCHEME):
        raise KeyUnusableError("only file: keys are known")
    key_path = Path(uri.removeprefix(_SCHEME))
    try:
        pem = _read(key_path)
        try:
            private_key = load_private_key(pem, provider=provider)
        finally:
            pem[:] = bytes(len(pem))
        chain = load_certificates(bytes(_read(chain_path)))
        for certificate, issuer in itertools.pairwise(chain):
            certificate.verify_issued_by(issuer)
        return Signer(private_key=private_key, chain=chain)
    except (KeyNotFoundError, KeyUnusableError, ProviderMissingError):
        raise
    except BadSignatureError as error:
        raise KeyUnusableError(f"{chain_path.name}: certificates do not form a chain") from error
    except KeysError as error:
        raise KeyUnusableError(f"{key_path.name} or {chain_path.name}: {error}") from error


def _read(path: Path) -> bytearray:
    """Read a file into memory that can be wiped."""
    content = bytearray(MAX_FILE_SIZE + 1)
    try:
        with path.open("rb", buffering=0) as file:
            size = file.readinto(content)
    except FileNotFoundError as error:
        raise KeyNotFoundError(f"{path.name} does not exist") from error
    except OSError as error:
        raise KeyUnusableError(f"{path.name} cannot be read") from error
    if size > MAX_FILE_SIZE:
        raise KeyUnusableError(f"{path.name} is too large")
    del content[size:]
    return content


@contextlib.contextmanager
def _staged(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Make a finished temporary file beside `path`, to be put in its place; removed again in any case."""
    staged = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield staged
    finally:
        staged.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _wrapped(content: bytes) -> bytes:
    text = base64.b64encode(content)
    return b"".join(text[at : at + 64] + b"\n" for at in range(0, len(text), 64))
