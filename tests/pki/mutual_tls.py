"""Certificates for TLS between a client and a seal server, made anew for each run; they say that they are tests."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSPHRASE = b"test only"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """One end of a connection: its files, and what it is known by."""

    certificate: Path
    key: Path
    der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.der)
        return digest.finalize().hex()


class TlsAuthority:
    """A CA for TLS in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name}-ca.pem"
        self._certificate = self._certify(f"{name} CA 仅供测试 TEST ONLY", self._key, None, is_ca=True)
        self.path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def identity(
        self, name: str, *, server: bool = False, host: str = "127.0.0.1", encrypted: bool = False
    ) -> TlsIdentity:
        """Certify a new key for a server at `host` or for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        certificate = self._certify(f"{name} 仅供测试 TEST ONLY", key, usage, host=host if server else None)
        paths = self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret = serialization.BestAvailableEncryption(PASSPHRASE) if encrypted else serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
        der = certificate.public_bytes(serialization.Encoding.DER)
        return TlsIdentity(certificate=paths[0], key=paths[1], der=der)

    def _certify(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        usage: x509.ObjectIdentifier | None,
        *,
        host: str | None = None,
        is_ca: bool = False,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_ca else self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if host is not None:
            names = [x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def remote_uri(address: str, key: str, client: TlsIdentity, ca: Path, *, more: str = "") -> str:
    """Write the `remote:` URI of a key at `address`."""
    files = {"client-cert": client.certificate, "client-key": client.key, "ca": ca}
    return f"remote:{address}/{key}?" + "&".join(f"{name}={quote(str(path))}" for name, path in files.items()) + more
