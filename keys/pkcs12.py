"""PKCS#12 files (RFC 7292), read only: one private key with its certificates, of every kind of key, SM2 included."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from keys import der
from keys.algorithms import Algorithm
from keys.ber import joined, to_der
from keys.certificates import Certificate, parse_certificate
from keys.der import DerReader
from keys.errors import KeyUnusableError, MalformedDerError, MalformedKeyError, UnsupportedAlgorithmError
from keys.libcrypto import Libcrypto
from keys.pbe import Rounds, decrypt, pkcs12_derive
from keys.pkcs8 import decrypt_pkcs8
from keys.ports import ExportablePrivateKey
from keys.software import load_pkcs8

MAX_PKCS12: Final = 1024 * 1024
"""Bytes; a key with a long chain has about 10 kB."""
MAX_BAGS: Final = 32

_DATA: Final = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA: Final = "1.2.840.113549.1.7.6"
_KEY_BAG: Final = "1.2.840.113549.1.12.10.1.1"
_SHROUDED_KEY_BAG: Final = "1.2.840.113549.1.12.10.1.2"
_CERTIFICATE_BAG: Final = "1.2.840.113549.1.12.10.1.3"
_X509: Final = "1.2.840.113549.1.9.22.1"
_MAC_DIGESTS: Final = {
    "1.3.14.3.2.26": ("sha1", hashes.SHA1(), 20),  # noqa: S303 - as a MAC, in files of older programs
    "2.16.840.1.101.3.4.2.1": ("sha256", hashes.SHA256(), 32),
    "2.16.840.1.101.3.4.2.2": ("sha384", hashes.SHA384(), 48),
    "2.16.840.1.101.3.4.2.3": ("sha512", hashes.SHA512(), 64),
    "1.2.156.10197.1.401": ("sm3", hashes.SM3(), 32),
}
_EXPLICIT: Final = 0xA0
_IMPLICIT: Final = 0x80
_CONSTRUCTED: Final = 0x20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStore:
    """What a PKCS#12 file holds."""

    private_key: ExportablePrivateKey = field(repr=False)
    certificates: tuple[Certificate, ...]
    """As they stand in the file, in no certain order; see `keys.requests.chain_for_key`."""


def read_pkcs12(
    data: bytes, passphrase: bytes, *, algorithm: Algorithm | None = None, provider: Libcrypto | None = None
) -> KeyStore:
    """Read a PKCS#12 file that a passphrase protects and that holds one private key.

    BER is read, too. The MAC is checked first, so a wrong passphrase is a `KeyUnusableError`; `MalformedKeyError`,
    `MalformedCertificateError` and `UnsupportedAlgorithmError` say what else is wrong. `algorithm` is what an RSA key
    is to sign with.
    """
    if len(data) > MAX_PKCS12:
        raise MalformedKeyError("PKCS#12 file too large")
    shrouded: list[bytearray] = []
    certificates: list[Certificate] = []
    rounds = Rounds()
    try:
        try:
            for bags in _safe_contents(data, passphrase, rounds):
                _read_bags(bags, passphrase, rounds, shrouded, certificates)
        except MalformedDerError as error:
            raise MalformedKeyError("not a PKCS#12 file, or a damaged one") from error
        if len(shrouded) != 1:
            raise MalformedKeyError("a PKCS#12 file must hold exactly one private key")
        key = load_pkcs8(shrouded[0], algorithm=algorithm, provider=provider)
    finally:
        for secret in shrouded:
            secret[:] = bytes(len(secret))
    return KeyStore(private_key=key, certificates=tuple(certificates))


def is_pkcs12(data: bytes | bytearray) -> bool:
    """Tell a PKCS#12 file by its beginning: a SEQUENCE with version 3, and a SEQUENCE."""
    start = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)
    return data[:1] == b"\x30" and data[start : start + 4] == der.integer(3) + b"\x30"


def _safe_contents(data: bytes, passphrase: bytes, rounds: Rounds) -> list[bytes | bytearray]:
    """Check the MAC and open the parts of the file."""
    whole = DerReader(to_der(data)).read_sequence()
    if whole.read_integer() != 3:
        raise MalformedKeyError("not a PKCS#12 file of version 3")
    kind, content = _content_info(whole)
    if kind != _DATA:
        raise UnsupportedAlgorithmError("PKCS#12 files that are signed instead of protected by a MAC are not read")
    safe = content.read_octet_string()
    content.finish()
    if whole.at_end:
        raise KeyUnusableError("the PKCS#12 file has no MAC, so nothing says that it is whole")
    _check_mac(whole.read_sequence(), safe, passphrase, rounds)
    whole.finish()

    parts = DerReader(to_der(safe)).read_sequence()
    opened: list[bytes | bytearray] = []
    while not parts.at_end:
        kind, content = _content_info(parts)
        if kind == _DATA:
            opened.append(content.read_octet_string())
        elif kind == _ENCRYPTED_DATA:
            encrypted = content.read_sequence()
            if encrypted.read_integer() != 0:
                raise MalformedKeyError("encrypted data of another version")
            inner = encrypted.read_sequence()
            encrypted.finish()
            inner.read_oid()
            identifier = inner.read_raw()
            element = inner.element()
            if element.tag & ~_CONSTRUCTED != _IMPLICIT:
                raise MalformedKeyError("encrypted data without content")
            opened.append(decrypt(identifier, joined(element), passphrase, rounds))
            inner.finish()
        else:
            raise UnsupportedAlgorithmError("PKCS#12 files encrypted for a key instead of a passphrase are not read")
        content.finish()
        if len(opened) > MAX_BAGS:
            raise MalformedKeyError("too many parts in a PKCS#12 file")
    return opened


def _content_info(reader: DerReader) -> tuple[str, DerReader]:
    info = reader.read_sequence()
    kind = info.read_oid()
    content = DerReader(info.read(_EXPLICIT))
    info.finish()
    return kind, content


def _check_mac(mac: DerReader, safe: bytes, passphrase: bytes, rounds: Rounds) -> None:
    """Check the MAC over the authenticated safe (RFC 7292 clause 5.1)."""
    digest_info = mac.read_sequence()
    identifier, expected = digest_info.read_sequence(), digest_info.read_octet_string()
    digest_info.finish()
    kind, salt = identifier.read_oid(), mac.read_octet_string()
    if not identifier.at_end:
        identifier.read_null()
    identifier.finish()
    iterations = 1 if mac.at_end else mac.read_integer()
    mac.finish()
    if kind not in _MAC_DIGESTS:
        raise UnsupportedAlgorithmError(f"PKCS#12 files with a MAC by {kind} are not read")
    name, digest, size = _MAC_DIGESTS[kind]
    rounds.spend_pkcs12(iterations)
    code = HMAC(pkcs12_derive(name, 3, passphrase, salt, iterations, size), digest)
    code.update(safe)
    if not hmac.compare_digest(code.finalize(), expected):
        raise KeyUnusableError("wrong passphrase, or the PKCS#12 file is damaged")


def _read_bags(
    content: bytes | bytearray,
    passphrase: bytes,
    rounds: Rounds,
    keys: list[bytearray],
    certificates: list[Certificate],
) -> None:
    """Add what a SafeContents holds; bags of other kinds (revocation lists, secrets) are left alone."""
    bags = DerReader(to_der(bytes(content))).read_sequence()
    while not bags.at_end:
        bag = bags.read_sequence()
        kind, value = bag.read_oid(), bag.read(_EXPLICIT)
        if not bag.at_end:
            bag.read(der.SET)  # names for people, and which certificate is whose: told by the keys themselves
        bag.finish()
        if kind == _KEY_BAG:
            keys.append(bytearray(value))
        elif kind == _SHROUDED_KEY_BAG:
            keys.append(decrypt_pkcs8(value, passphrase, rounds))
        elif kind == _CERTIFICATE_BAG:
            certificates.append(_certificate(value))
        if len(keys) + len(certificates) > MAX_BAGS:
            raise MalformedKeyError("too many keys and certificates in a PKCS#12 file")


def _certificate(value: bytes) -> Certificate:
    outer = DerReader(value)
    bag = outer.read_sequence()
    outer.finish()
    if bag.read_oid() != _X509:
        raise UnsupportedAlgorithmError("a certificate in the PKCS#12 file is not X.509")
    content = DerReader(bag.read(_EXPLICIT))
    bag.finish()
    certificate = content.read_octet_string()
    content.finish()
    return parse_certificate(certificate)
