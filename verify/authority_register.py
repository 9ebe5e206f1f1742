"""The authority register in the folder of trust: `authorities.json` with its signature, and who may sign it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from esign import (
    MAX_DETACHED_BYTES,
    MAX_REGISTER_BYTES,
    AuthorityRegister,
    EsignError,
    authorities_from_bytes,
    read_detached,
)
from keys import Certificate, KeysError
from verify.errors import TrustStoreError
from verify.trust_folder import read_trust_file, read_trust_folder

REGISTER_FILE: Final = "authorities.json"
REGISTER_SIGNATURE_FILE: Final = "authorities.json.p7s"
REGISTRARS_FOLDER: Final = "registrars"
"""Certificates of those who keep the register: each is believed itself, whoever issued it."""
_CLOCK_SKEW: Final = timedelta(minutes=5)


def read_register(folder: Path) -> AuthorityRegister | None:
    """Read the register of a folder of trust; None when it has none.

    A register whose signature is missing, false, or that of somebody else stops everything that trusts the folder:
    TrustStoreError.
    """
    file = folder / REGISTER_FILE
    if not file.exists():
        return None
    try:
        data = read_trust_file(file, MAX_REGISTER_BYTES)
        signature = read_trust_file(folder / REGISTER_SIGNATURE_FILE, MAX_DETACHED_BYTES)
        registrars = read_trust_folder(folder / REGISTRARS_FOLDER).certificates
    except OSError as error:
        raise TrustStoreError(f"{REGISTER_FILE}: its signature or its registrars cannot be read") from error
    return trusted_register(data, signature, registrars)


def trusted_register(data: bytes, signature: bytes, registrars: tuple[Certificate, ...]) -> AuthorityRegister:
    """Read a register that one of the registrars has signed; TrustStoreError when it is not that."""
    try:
        register = authorities_from_bytes(data)
        signers = read_detached(signature).signers
    except EsignError as error:
        raise TrustStoreError(f"{REGISTER_FILE}: {error}") from error
    for signer in signers:
        certificate = signer.signer_certificate
        if certificate not in registrars or not signer.digest_matches(data):
            continue
        if not certificate.not_before - _CLOCK_SKEW <= register.issued_at <= certificate.not_after:
            continue
        try:
            signer.verify_signature()
        except KeysError:
            continue
        return register
    raise TrustStoreError(f"{REGISTER_FILE}: no registrar of the folder has signed it")
