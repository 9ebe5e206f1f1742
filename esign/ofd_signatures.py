"""The signatures of an OFD made by anybody, as facts (GB/T 33190-2016 clause 18, GM/T 0099).

Two levels: files → check values in Signature.xml → its bytes as stored → the signature. Here the first level is looked
at; what the signature value says is read by `ses_reading` and `foreign_cms_reading`. Products leave out `Type`, name
algorithms in their own ways and order elements freely. What could be taken in two ways is refused.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from keys import SM2_SM3

from .errors import Fault, MalformedError, TooLargeError
from .ofd_form import CHECK_METHOD, CREATOR, SEAL_FILE, SIGNATURE_METHOD, VALUE_FILE
from .ofd_paths import OfdFiles
from .ofd_signing_xml import REFERENCE, SIGNATURE
from .ofd_xml import Box, Element, read_box
from .ses_reading import SignedValueKind, signed_value_kind
from .signature_values import RAW_BYTES

MAX_OFD_SIGNATURES: Final = 64
"""Of one package; real ones have up to a dozen."""
MAX_REFERENCES: Final = 20_000
"""Of all signatures of one list: 64 of them over the files of an ordinary document."""
MAX_SIGNATURE_XML_BYTES: Final = 2 * 1024 * 1024
"""Of one Signature.xml; 4,000 references have 0.6 MB."""
MAX_STAMPS: Final = 4_000
"""Of one signature: a riding seal (骑缝章) has one on every page."""

_DIGESTS: Final = {
    "SM3": "sm3",
    "1.2.156.10197.1.401": "sm3",
    "1.2.156.10197.1.401.1": "sm3",
    "SHA256": "sha256",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "SHA384": "sha384",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "SHA512": "sha512",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_OUTDATED: Final = frozenset({"", "MD5", "1.2.840.113549.2.5", "SHA1", "1.3.14.3.2.26"})
"""Table 67: an absent method is MD5."""


class CheckMethod(StrEnum):
    """What can be made of the algorithm of the check values."""

    KNOWN = "known"
    OUTDATED = "outdated"
    """MD5 or SHA-1, or none named, which is MD5: fitting values prove nothing any more."""
    UNKNOWN = "unknown"
    """Also SM3 with a key, which is not here."""


class OfdReference(NamedTuple):
    """One file that a signature covers."""

    path: str
    """From the root, without a slash before it."""
    holds: bool | None
    """Whether the file is as it was; None when the algorithm does not tell. A file that is not there does not hold."""
    missing: bool = False
    """The file is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdStampAnnot:
    """Where a seal is shown (clause 18.2.3)."""

    identifier: str
    page: str
    """ID of the page."""
    boundary: Box | None
    """Millimetres on the page; None when it is no box."""
    clip: Box | None
    """Part of the picture, in its own millimetres, that alone is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSignature:
    """One entry of Signatures.xml with its Signature.xml."""

    identifier: str
    kind: Literal["Seal", "Sign"]
    """As it is stated; a seal when it is not. `value_kind` tells what it is."""
    path: str
    """Of Signature.xml, from the root, without a slash before it."""
    xml: bytes = field(repr=False)
    """Signature.xml as it is stored: what the signature is over."""
    provider: str
    method: str
    """Object identifier of the signature's algorithm, as it is stated; empty when it is not."""
    time_text: str
    """The time of signing in whatever form the product writes."""
    check_method: str
    """As it is stated; empty when it is not."""
    check: CheckMethod
    references: tuple[OfdReference, ...]
    stamps: tuple[OfdStampAnnot, ...]
    seal_path: str | None
    """Of the seal beside the signature; None when Signature.xml names none."""
    seal_file: bytes | None = field(repr=False)
    """None also when it is named but not there."""
    value_path: str
    value: bytes = field(repr=False)
    value_kind: SignedValueKind
    """Told from the value's outermost form; a bare signature may also be r‖s."""

    @property
    def covered(self) -> frozenset[str]:
        """Paths of the files of which it says what they were like."""
        return frozenset(reference.path for reference in self.references)


def read_signatures(
    files: OfdFiles, list_path: str, named_by: str, *, limit: int = MAX_OFD_SIGNATURES
) -> tuple[OfdSignature, ...]:
    """Every signature of the list at this path, in its order; `named_by` is the file that names it.

    `limit` is how many of `MAX_OFD_SIGNATURES` the package may still have.

    Raises:
        MalformedError: `FORMAT_OFD`: the list, a Signature.xml or a signature value is not there or not well-formed, or
            has twice what a reader takes once.
        TooLargeError: over a limit.
    """
    root = files.xml(list_path, named_by)
    entries = list(root.all("Signature"))
    if len(entries) > limit:
        raise TooLargeError(f"an OFD with more than {MAX_OFD_SIGNATURES} signatures")
    found: list[OfdSignature] = []
    references = 0
    for entry in entries:
        signature = _signature(files, entry, list_path)
        references += len(signature.references)
        if references > MAX_REFERENCES:
            raise TooLargeError(f"an OFD whose signatures have more than {MAX_REFERENCES} references")
        if any(signature.path == other.path for other in found):
            raise MalformedError(Fault.FORMAT_OFD, f"{list_path!a} names a signature twice")
        found.append(signature)
    return tuple(found)


def check_method(text: str) -> tuple[CheckMethod, str]:
    """What can be made of a CheckMethod, and the algorithm as `keys.hash_bytes` names it (empty when unknown)."""
    name = text.strip().upper().replace("-", "")
    if name in _OUTDATED:
        return CheckMethod.OUTDATED, ""
    algorithm = _DIGESTS.get(name, "")
    return (CheckMethod.KNOWN if algorithm else CheckMethod.UNKNOWN), algorithm


class _Said(NamedTuple):
    """What a Signature.xml says."""

    provider: str
    method: str
    time_text: str
    check_method: str
    references: Iterable[OfdReference]
    stamps: tuple[OfdStampAnnot, ...]
    seal: str | None
    """Location of the seal."""
    value: str
    """Location of the signature value."""


def _signature(files: OfdFiles, entry: Element, list_path: str) -> OfdSignature:
    path = files.find(entry.attributes.get("BaseLoc", ""), list_path)
    if len(files.read(path, list_path)) > MAX_SIGNATURE_XML_BYTES:
        raise TooLargeError(f"a Signature.xml of more than {MAX_SIGNATURE_XML_BYTES} bytes")
    said = _said_as_by_us(files, path) or _said(files, path, list_path)
    value_path = files.find(said.value, path)
    value = files.read(value_path, path)
    seal_path = None if said.seal is None else files.find(said.seal, path)
    return OfdSignature(
        identifier=entry.attributes.get("ID", ""),
        kind="Sign" if entry.attributes.get("Type", "").strip().lower() == "sign" else "Seal",
        path=path,
        xml=files[path],
        provider=said.provider,
        method=said.method,
        time_text=said.time_text,
        check_method=said.check_method,
        check=check_method(said.check_method)[0],
        references=tuple(said.references),
        stamps=said.stamps,
        seal_path=seal_path,
        seal_file=None if seal_path is None else files.get(seal_path),
        value_path=value_path,
        value=value,
        value_kind=SignedValueKind.BARE_SIGNATURE if len(value) == RAW_BYTES else signed_value_kind(value),
    )


def _said(files: OfdFiles, path: str, list_path: str) -> _Said:
    root = files.xml(path, list_path)
    info = root.only("SignedInfo")
    if info is None:
        raise MalformedError(Fault.FORMAT_OFD, f"{path!a} says nothing about what is signed")
    provider, listed, seal = info.only("Provider"), info.only("References"), info.only("Seal")
    stated = "" if listed is None else listed.attributes.get("CheckMethod", "")
    stamps = list(info.all("StampAnnot"))
    if len(stamps) > MAX_STAMPS:
        raise TooLargeError(f"a signature with more than {MAX_STAMPS} stamps")
    return _Said(
        provider="" if provider is None else provider.attributes.get("ProviderName", ""),
        method=info.only_text("SignatureMethod"),
        time_text=info.only_text("SignatureDateTime"),
        check_method=stated,
        references=() if listed is None else _references(files, listed, check_method(stated)[1], path),
        stamps=tuple(map(_stamp, stamps)),
        seal=None if seal is None else seal.only_text("BaseLoc"),
        value=root.only_text("SignedValue"),
    )


def _said_as_by_us(files: OfdFiles, path: str) -> _Said | None:
    """As `_said`, several times faster, where it is said as our writer does, of files that are all there; else None."""
    data = files[path]
    matched = SIGNATURE.fullmatch(data.decode("ascii")) if data.isascii() else None
    if matched is None:
        return None
    references = REFERENCE.findall(matched["references"])
    if len(references) > MAX_REFERENCES or not all(target in files for target, _ in references):
        return None
    files.count(path)
    stamp = OfdStampAnnot(
        identifier=matched["stamp"] or "",
        page=matched["page"] or "",
        boundary=read_box(matched["box"] or ""),
        clip=None,
    )
    return _Said(
        provider=CREATOR,
        method=SIGNATURE_METHOD,
        time_text=matched["time"],
        check_method=CHECK_METHOD,
        references=(
            OfdReference(path=target, holds=files.digest(target, SM2_SM3.digest) == b64decode(stated))
            for target, stated in references
        ),
        stamps=(stamp,) if matched["stamp"] else (),
        seal=SEAL_FILE if matched["seal"] else None,
        value=VALUE_FILE,
    )


def _references(files: OfdFiles, listed: Element, algorithm: str, path: str) -> Iterator[OfdReference]:
    for place, reference in enumerate(listed.all("Reference")):
        if place >= MAX_REFERENCES:
            raise TooLargeError(f"a signature with more than {MAX_REFERENCES} references")
        target = files.find(reference.attributes.get("FileRef", ""), path)
        if target not in files:
            yield OfdReference(path=target, holds=False, missing=True)
        elif not algorithm:
            yield OfdReference(path=target, holds=None)
        else:
            stated = _decoded(reference.only_text("CheckValue"))
            yield OfdReference(path=target, holds=stated == files.digest(target, algorithm))


def _decoded(text: str) -> bytes | None:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _stamp(element: Element) -> OfdStampAnnot:
    attributes = element.attributes
    return OfdStampAnnot(
        identifier=attributes.get("ID", ""),
        page=attributes.get("PageRef", "").strip(),
        boundary=read_box(attributes.get("Boundary", "")),
        clip=read_box(attributes.get("Clip", "")),
    )
