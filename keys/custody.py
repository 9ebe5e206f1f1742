"""Where private keys are kept, named by URI (an adapter): `file:`, `pkcs11:`, `remote:`, `memory:`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from keys.algorithms import Algorithm
from keys.certificates import Certificate, load_certificates
from keys.errors import (
    BadSignatureError,
    KeyNotFoundError,
    KeysError,
    KeyUnusableError,
    NotForProductionError,
    ProviderMissingError,
)
from keys.files import read_file
from keys.libcrypto import Libcrypto
from keys.passphrases import passphrase_from
from keys.pkcs8 import Passphrase, read_private_key
from keys.pkcs12 import is_pkcs12, read_pkcs12
from keys.ports import PrivateKey, PublicKey
from keys.remote import RemotePrivateKey, RemoteSeal
from keys.remote_uri import parse_remote_uri
from keys.requests import chain_for_key
from keys.signer import Signer
from keys.token_uri import parse_token_uri

_SOURCE: Final = "?passphrase-source="
_NOT_HERE: Final = {
    "sdf": "SDF devices (GM/T 0018) are not supported; use the device's PKCS#11 library with a pkcs11: URI",
    "skf": "SKF devices (GM/T 0016) are not supported; use the device's PKCS#11 library with a pkcs11: URI",
}
_SCHEMES: Final = "file:, pkcs11:, remote: or memory:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Opens keys. Made once from the settings.

    In `production`, seal keys must be in a device or at a seal service: `file:` and `memory:` are refused for them, and
    development certificates for everything (`NotForProductionError`).
    """

    production: bool = False
    passphrase: Passphrase | None = field(default=None, repr=False)
    """Asked for encrypted keys and PINs whose URI names no source."""
    memory: Mapping[str, PrivateKey] = field(default_factory=dict, repr=False)
    """Keys of this process by their names in `memory:` URIs."""
    provider: Libcrypto | None = field(default=None, repr=False)
    """For SM2 in files; `default_libcrypto()` when left out."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    """For `env:` sources of passphrases."""
    folder: Path = field(default_factory=Path)
    """Where relative names of files in URIs are looked for; the current folder when left out."""

    def open_key(self, uri: str, *, algorithm: Algorithm | None = None, for_seals: bool = True) -> PrivateKey:
        """Open a private key, for instance to ask for its certificate.

        `file:PATH` (PKCS#8 or PKCS#12), with `?passphrase-source=env:NAME` or `file:PATH` when it is encrypted;
        `pkcs11:…` (RFC 7512; its `pin-source` has the same two forms); `remote:https://HOST/KEY?…` at a seal service;
        `memory:NAME`. `algorithm` is what an RSA key is to sign with. `KeyNotFoundError` when there is none,
        `KeyUnusableError` when it does not open, `ServiceFailedError` when the seal service does not answer.
        """
        return self._open(uri, algorithm, for_seals, certificate=None)[0]

    def open_signer(
        self,
        uri: str,
        chain_path: Path | None = None,
        *,
        algorithm: Algorithm | None = None,
        for_seals: bool = True,
    ) -> Signer:
        """Open a key with its certificates, which stand in `chain_path` (leaf first, without the root).

        Without `chain_path` they are those of the PKCS#12 file or of the seal service.
        `KeyUnusableError` also when the chain does not hang together or the certificate is of another key.
        """
        chain = None if chain_path is None else _read_chain(chain_path)
        if chain and self.production and any(certificate.is_development for certificate in chain):
            raise NotForProductionError("a development certificate has no place in production")
        key, inside = self._open(uri, algorithm, for_seals, certificate=chain[0] if chain else None)
        if chain is None:
            chain = _ordered(inside, key.public_key)
            if self.production and any(certificate.is_development for certificate in chain):
                raise NotForProductionError("a development certificate has no place in production")
        return Signer(private_key=key, chain=chain)

    def open_remote_seal(self, uri: str) -> RemoteSeal:
        """Open a `remote:` key for finished signatures and whole files (`esign.sealing_port`); nothing is sent yet."""
        named = parse_remote_uri(uri)
        source = named.passphrase_source
        passphrase = passphrase_from(source, self.environment, self.folder) if source else self.passphrase
        return RemoteSeal(named, passphrase=passphrase, folder=self.folder)

    def file_of(self, uri: str) -> Path | None:
        """Name the file that the key of a `file:` URI is in, for noticing that it has changed; None for others."""
        scheme, _, rest = uri.partition(":")
        return self.folder / rest.partition(_SOURCE)[0] if scheme == "file" else None

    def _open(
        self, uri: str, algorithm: Algorithm | None, for_seals: bool, certificate: Certificate | None
    ) -> tuple[PrivateKey, tuple[Certificate, ...]]:
        scheme, colon, rest = uri.partition(":")
        if not colon or scheme in _NOT_HERE or scheme not in ("file", "pkcs11", "remote", "memory"):
            raise KeyUnusableError(_NOT_HERE.get(scheme, f"only {_SCHEMES} keys are known"))
        if self.production and for_seals and scheme not in ("pkcs11", "remote"):
            raise NotForProductionError(f"in production a seal key must be in a device, not in a {scheme}: key")
        if scheme == "memory":
            if rest not in self.memory:
                raise KeyNotFoundError("no key of this name is in memory")
            return self.memory[rest], ()
        if scheme == "pkcs11":
            return self._open_token(uri, algorithm, certificate), ()
        if scheme == "remote":
            return self._open_remote(uri, algorithm, certificate)
        return self._open_file(rest, algorithm)

    def _open_file(self, rest: str, algorithm: Algorithm | None) -> tuple[PrivateKey, tuple[Certificate, ...]]:
        name, named, source = rest.partition(_SOURCE)
        passphrase = passphrase_from(source, self.environment, self.folder) if named else self.passphrase
        path = self.folder / name
        content = read_file(path)
        try:
            if is_pkcs12(content):
                if passphrase is None:
                    raise KeyUnusableError("the PKCS#12 file needs a passphrase and no source of it is named")
                store = read_pkcs12(bytes(content), passphrase(), algorithm=algorithm, provider=self.provider)
                return store.private_key, store.certificates
            return read_private_key(content, passphrase=passphrase, algorithm=algorithm, provider=self.provider), ()
        except (KeyNotFoundError, ProviderMissingError):
            raise
        except KeysError as error:
            raise KeyUnusableError(f"{path.name}: {error}") from error
        finally:
            content[:] = bytes(len(content))

    def _open_token(self, uri: str, algorithm: Algorithm | None, certificate: Certificate | None) -> PrivateKey:
        named = parse_token_uri(uri)
        pin = passphrase_from(named.pin_source, self.environment, self.folder) if named.pin_source else self.passphrase
        try:
            from keys.token import TokenPrivateKey
        except ImportError as error:
            raise ProviderMissingError("keys in tokens need python-pkcs11: pip install elicence[pkcs11]") from error
        public_key = certificate.public_key if certificate else None
        return TokenPrivateKey(named, pin=pin, public_key=public_key, algorithm=algorithm)

    def _open_remote(
        self, uri: str, algorithm: Algorithm | None, certificate: Certificate | None
    ) -> tuple[PrivateKey, tuple[Certificate, ...]]:
        seal = self.open_remote_seal(uri)
        chain = seal.chain()
        if certificate is not None and chain[0] != certificate:
            raise KeyUnusableError("the seal service has another certificate for this key than is expected")
        return RemotePrivateKey(seal, chain[0].public_key, algorithm), chain


def open_signer(uri: str, chain_path: Path, *, provider: Libcrypto | None = None) -> Signer:
    """Open a key with its chain as `Custody` does outside production, without any passphrase."""
    return Custody(provider=provider).open_signer(uri, chain_path)


def _read_chain(path: Path) -> tuple[Certificate, ...]:
    try:
        chain = load_certificates(bytes(read_file(path)))
        for certificate, issuer in itertools.pairwise(chain):
            certificate.verify_issued_by(issuer)
    except BadSignatureError as error:
        raise KeyUnusableError(f"{path.name}: certificates do not form a chain") from error
    except (KeyNotFoundError, KeyUnusableError, ProviderMissingError):
        raise
    except KeysError as error:
        raise KeyUnusableError(f"{path.name}: {error}") from error
    return chain


def _ordered(certificates: tuple[Certificate, ...], public_key: PublicKey) -> tuple[Certificate, ...]:
    try:
        return chain_for_key(certificates, public_key)
    except BadSignatureError as error:
        raise KeyUnusableError("the certificates beside the key do not form a chain") from error
