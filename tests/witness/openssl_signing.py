"""Certificates and detached CMS made with the openssl command only, to try the witnesses with; none of our code."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes

_SECONDS = 30
_CONFIG = """
[req]
distinguished_name = empty
[empty]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What differs between the two kinds of signature."""

    key_options: tuple[str, ...]
    digest: str
    digest_algorithm: hashes.HashAlgorithm
    digest_oid: str
    signature_algorithm: bytes
    """DER AlgorithmIdentifier."""
    certificate_options: tuple[str, ...]
    signing_options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A root, an issuing CA below it and a leaf; private keys lie in the folder."""

    folder: Path
    family: Family
    root_pem: bytes
    leaf_pem: bytes
    ca_pem: bytes


def tlv(tag: int, *content: bytes) -> bytes:
    """One DER element of at most 65,535 bytes."""
    body = b"".join(content)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    if size < 0x100:
        return bytes([tag, 0x81, size]) + body
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + body


def oid(dotted: str) -> bytes:
    """DER of an object identifier."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray([first * 40 + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content.extend(reversed(groups))
    return tlv(0x06, bytes(content))


SM2 = Family(
    key_options=("-algorithm", "SM2"),
    digest="sm3",
    digest_algorithm=hashes.SM3(),
    digest_oid="1.2.156.10197.1.401",
    signature_algorithm=tlv(0x30, oid("1.2.156.10197.1.501")),
    certificate_options=("-sm3", "-sigopt", "distid:1234567812345678"),
    signing_options=("-pkeyopt", "distid:1234567812345678"),
)
RSA = Family(
    key_options=("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    digest="sha256",
    digest_algorithm=hashes.SHA256(),
    digest_oid="2.16.840.1.101.3.4.2.1",
    signature_algorithm=tlv(0x30, oid("1.2.840.113549.1.1.11"), b"\x05\x00"),
    certificate_options=("-sha256",),
    signing_options=(),
)


def make_chain(folder: Path, family: Family) -> Chain:
    """Make root, issuing CA and leaf, valid for 30 days from now."""
    (folder / "openssl.cnf").write_text(_CONFIG, encoding="ascii")
    options = ("-config", "openssl.cnf", *family.certificate_options)
    for name in ("root", "ca", "leaf"):
        _openssl(folder, "genpkey", *family.key_options, "-out", f"{name}.key")
    _openssl(folder, "req", "-new", "-x509", "-key", "root.key", "-subj", "/CN=Witness root", "-days", "30",
             *options, "-extensions", "ca", "-out", "root.pem")  # fmt: skip
    for name, issuer in (("ca", "root"), ("leaf", "ca")):
        _openssl(folder, "req", "-new", "-x509", "-key", f"{name}.key", "-subj", f"/CN=Witness {name}", "-days", "30",
                 *options, "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-extensions", name,
                 "-out", f"{name}.pem")  # fmt: skip
    return Chain(
        folder=folder,
        family=family,
        root_pem=(folder / "root.pem").read_bytes(),
        leaf_pem=(folder / "leaf.pem").read_bytes(),
        ca_pem=(folder / "ca.pem").read_bytes(),
    )


def sign_detached(chain: Chain, content: bytes, *, named_certificate_pem: bytes | None = None) -> bytes:
    """Make a detached CMS with CAdES attributes; the certificate it names in them can be made the wrong one."""
    leaf = _der(chain, chain.leaf_pem)
    named = leaf if named_certificate_pem is None else _der(chain, named_certificate_pem)
    digest = tlv(0x30, oid(chain.family.digest_oid))
    named_digest = tlv(0x04, _digest(chain.family, named))
    attributes = b"".join(
        sorted(
            [
                tlv(0x30, oid("1.2.840.113549.1.9.3"), tlv(0x31, oid("1.2.840.113549.1.7.1"))),
                tlv(0x30, oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(0x04, _digest(chain.family, content)))),
                tlv(
                    0x30,
                    oid("1.2.840.113549.1.9.16.2.47"),
                    tlv(0x31, tlv(0x30, tlv(0x30, tlv(0x30, digest, named_digest)))),
                ),
            ]
        )
    )
    (chain.folder / "attributes").write_bytes(tlv(0x31, attributes))
    _openssl(chain.folder, "pkeyutl", "-sign", "-inkey", "leaf.key", "-rawin", "-in", "attributes",
             "-digest", chain.family.digest, *chain.family.signing_options, "-out", "signature")  # fmt: skip
    signature = (chain.folder / "signature").read_bytes()
    signer = tlv(
        0x30,
        tlv(0x02, b"\x01"),
        tlv(0x30, *_issuer_and_serial(leaf)),
        digest,
        tlv(0xA0, attributes),
        chain.family.signature_algorithm,
        tlv(0x04, signature),
    )
    signed_data = tlv(
        0x30,
        tlv(0x02, b"\x01"),
        tlv(0x31, digest),
        tlv(0x30, oid("1.2.840.113549.1.7.1")),
        tlv(0xA0, leaf, _der(chain, chain.ca_pem)),
        tlv(0x31, signer),
    )
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed_data))


def _digest(family: Family, data: bytes) -> bytes:
    digest = hashes.Hash(family.digest_algorithm)
    digest.update(data)
    return digest.finalize()


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """Cut issuer and serial number out of a certificate that openssl has just made (v3, so version comes first)."""

    def element(data: bytes, start: int) -> tuple[int, int]:
        size, head = data[start + 1], 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(data[start + 2 : start + head], "big")
        return start + head, start + head + size

    certificate_start, _ = element(certificate, 0)
    position, _ = element(certificate, certificate_start)
    parts = []
    for _field in ("version", "serial", "algorithm", "issuer"):
        _, end = element(certificate, position)
        parts.append(certificate[position:end])
        position = end
    return parts[3], parts[1]


def _der(chain: Chain, pem: bytes) -> bytes:
    return _openssl(chain.folder, "x509", "-outform", "DER", given=pem)


def _openssl(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, input=given, capture_output=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
