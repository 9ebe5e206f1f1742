"""The seals of an OFD (GB/T 33190-2016 clause 18, GB/T 38540-2020), judged with hashlib, raw DER and openssl."""

import base64
import hashlib
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass
from io import BytesIO
from posixpath import dirname, join, normpath

from der_slices import openssl_accepts_sm2, whole

SPACE = "{http://www.ofdspec.org/2016}"
_SM3_NAMES = ("1.2.156.10197.1.401", "SM3")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """One entry of the list of signatures."""

    path: str
    kind: str
    covered: frozenset[str]
    """Paths of the files whose digests are right."""
    complaints: tuple[str, ...]
    """Everything that is not as it must be."""


def seal_facts(data: bytes) -> tuple[SealFacts, ...]:
    """Check every signature of a package that has one document."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    listed = _xml(files["OFD.xml"]).findtext(f"{SPACE}DocBody/{SPACE}Signatures")
    assert listed is not None, "no list of signatures"
    place = _path("OFD.xml", listed)
    return tuple(
        _facts(files, _path(place, entry.attrib["BaseLoc"]), entry.get("Type", "Seal"))
        for entry in _xml(files[place]).findall(f"{SPACE}Signature")
    )


def _facts(files: dict[str, bytes], path: str, kind: str) -> SealFacts:
    root = _xml(files[path])
    info = root.find(f"{SPACE}SignedInfo")
    assert info is not None
    complaints, covered = [], set()
    references = info.find(f"{SPACE}References")
    assert references is not None
    if references.get("CheckMethod") not in _SM3_NAMES:
        complaints.append("digests are not by SM3")
    for reference in references:
        named = reference.attrib["FileRef"].lstrip("/")
        value = base64.b64decode(reference.findtext(f"{SPACE}CheckValue") or "", validate=True)
        if named not in files or hashlib.new("sm3", files[named]).digest() != value:
            complaints.append(f"{named}: digest")
        else:
            covered.add(named)
    value = files[_path(path, root.findtext(f"{SPACE}SignedValue") or "")]
    if kind == "Seal":
        location = info.findtext(f"{SPACE}Seal/{SPACE}BaseLoc")
        complaints += _ses_complaints(
            value, files[path], path, None if location is None else files[_path(path, location)]
        )
    return SealFacts(path=path, kind=kind, covered=frozenset(covered), complaints=tuple(complaints))


def _ses_complaints(value: bytes, xml: bytes, path: str, seal_file: bytes | None) -> list[str]:
    tbs, certificate, _, signature = whole(value).parts[:4]
    _, seal, _, digest, property_info = tbs.parts[:5]
    info, maker, _, seal_signature = seal.parts[:4]
    listed = [each.content for each in info.parts[2].parts[3].parts]
    checks = {
        "digest of Signature.xml": digest.bits == hashlib.new("sm3", xml).digest(),
        "place": property_info.content.decode("ascii") == f"/{path}",
        "seal beside it": seal_file in (None, seal.raw),
        "signer among those of the seal": certificate.content in listed,
        "signature": openssl_accepts_sm2(certificate.content, signature.bits, tbs.raw),
        "seal's signature": openssl_accepts_sm2(maker.content, seal_signature.bits, info.raw),
    }
    return [name for name, holds in checks.items() if not holds]


def _xml(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314  # of packages that the tests made


def _path(beside: str, location: str) -> str:
    return normpath(join("/", dirname(beside), location)).lstrip("/")
