"""The two XML files of the seals in our OFDs (GB/T 33190-2016 clause 18): each from its facts, always alike.

They are pure like those in `ofd_parts`: the reader takes the facts, writes the file again and compares.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from .ofd_form import (
    CHECK_METHOD,
    CREATOR,
    NAMESPACE,
    SEAL_FILE,
    SIGNATURE_FILE,
    SIGNATURE_FOLDER,
    SIGNATURE_LIST,
    SIGNATURE_METHOD,
    VALUE_FILE,
)
from .ofd_parts import XML_HEADER, number, xml_file

OfdSignatureKind = Literal["Seal", "Sign"]
"""A seal (GB/T 38540), or a signature without one (GB/T 35275): clause 18.1, table 66."""

_TIME: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z")
_FOLDER: Final = re.compile(rf"{SIGNATURE_FOLDER}/Sign_([0-9]{{1,4}})/")

_REFERENCE: Final = r'<ofd:Reference FileRef="/{}"><ofd:CheckValue>{}</ofd:CheckValue></ofd:Reference>\n'
_NAMED, _VALUE = "[A-Za-z0-9/._-]+", "[A-Za-z0-9+/]{43}="
REFERENCE: Final = re.compile(_REFERENCE.format(f"({_NAMED})", f"({_VALUE})"))
"""One file that is covered: its path, and its SM3 digest in Base64."""
SIGNATURE: Final = re.compile(
    re.escape(
        f'{XML_HEADER}<ofd:Signature xmlns:ofd="{NAMESPACE}">\n'
        f'<ofd:SignedInfo>\n<ofd:Provider ProviderName="{CREATOR}"/>\n'
        f"<ofd:SignatureMethod>{SIGNATURE_METHOD}</ofd:SignatureMethod>\n<ofd:SignatureDateTime>"
    )
    + "(?P<time>[0-9]{14}Z)"
    + re.escape(f'</ofd:SignatureDateTime>\n<ofd:References CheckMethod="{CHECK_METHOD}">\n')
    + f"(?P<references>(?:{_REFERENCE.format(_NAMED, _VALUE)})*)</ofd:References>\n"
    + '(?:<ofd:StampAnnot ID="(?P<stamp>s[0-9]{3})" PageRef="(?P<page>[0-9]+)" Boundary="(?P<box>[0-9 .-]+)"/>\n)?'
    + f"(?P<seal><ofd:Seal><ofd:BaseLoc>{re.escape(SEAL_FILE)}</ofd:BaseLoc></ofd:Seal>\n)?"
    + re.escape(f"</ofd:SignedInfo>\n<ofd:SignedValue>{VALUE_FILE}</ofd:SignedValue>\n</ofd:Signature>\n")
)
"""What `signature_xml` writes, and a little more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdStampFacts:
    """Where a seal is shown, in millimetres from the top left corner of the page."""

    page: int
    """ID of the page."""
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSignatureForm:
    """What a `Signature.xml` says."""

    place: int
    """Place among the signatures, from 0: its folder and its identifiers follow from it."""
    kind: OfdSignatureKind
    at: datetime
    """The signing time that it states, aware, in whole seconds."""
    references: tuple[tuple[str, bytes], ...]
    """Path from the root, without a slash before it, and SM3 digest of every file that it covers, in this order."""
    stamp: OfdStampFacts | None = None


def signature_xml(form: OfdSignatureForm) -> bytes:
    """`Signature.xml`; elements stand in the order of the schema."""
    references = "".join(
        f'<ofd:Reference FileRef="/{path}">'
        f"<ofd:CheckValue>{b64encode(digest).decode('ascii')}</ofd:CheckValue></ofd:Reference>\n"
        for path, digest in form.references
    )
    shown = ""
    if form.stamp is not None:
        box = " ".join(map(number, (form.stamp.x, form.stamp.y, form.stamp.width, form.stamp.height)))
        identifier = _identifier(2 * form.place + 2)
        shown = f'<ofd:StampAnnot ID="{identifier}" PageRef="{form.stamp.page}" Boundary="{box}"/>\n'
    if form.kind == "Seal":
        shown += f"<ofd:Seal><ofd:BaseLoc>{SEAL_FILE}</ofd:BaseLoc></ofd:Seal>\n"
    return xml_file(
        "Signature",
        f'<ofd:SignedInfo>\n<ofd:Provider ProviderName="{CREATOR}"/>\n'
        f"<ofd:SignatureMethod>{SIGNATURE_METHOD}</ofd:SignatureMethod>\n"
        f"<ofd:SignatureDateTime>{_time_text(form.at)}</ofd:SignatureDateTime>\n"
        f'<ofd:References CheckMethod="{CHECK_METHOD}">\n{references}</ofd:References>\n'
        f"{shown}</ofd:SignedInfo>\n<ofd:SignedValue>{VALUE_FILE}</ofd:SignedValue>\n",
    )


def signature_list_xml(kinds: Sequence[OfdSignatureKind]) -> bytes:
    """`Signatures.xml`: the kind of every signature that is there, in the order of signing."""
    rows = "".join(
        f'<ofd:Signature ID="{_identifier(2 * place + 1)}" Type="{kind}" BaseLoc="Sign_{place}/{SIGNATURE_FILE}"/>\n'
        for place, kind in enumerate(kinds)
    )
    # The number of the last stamp, also when none is shown: the schema wants it to differ from the IDs beside it.
    return xml_file("Signatures", f"<ofd:MaxSignId>{_identifier(2 * len(kinds))}</ofd:MaxSignId>\n{rows}")


def signature_file(place: int, name: str) -> str:
    """Path of a file of the signature at this place: `SIGNATURE_FILE`, `SEAL_FILE` or `VALUE_FILE`."""
    return f"{SIGNATURE_FOLDER}/Sign_{place}/{name}"


def must_cover(paths: Iterable[str], place: int, *, last: bool) -> list[str]:
    """What the signature at this place covers of all the files of a package, in the order of its references.

    That is everything but its own two files that come after the digests, and what later signatures bring; the list of
    signatures only where it is the last one, which thereby locks the file (clause 18.1).
    """
    own = {signature_file(place, SIGNATURE_FILE), signature_file(place, VALUE_FILE)}
    return sorted(
        path
        for path in paths
        if path not in own
        and (last or path != SIGNATURE_LIST)
        and ((folder := _FOLDER.match(path)) is None or int(folder[1]) <= place)
    )


def read_signing_time(text: str) -> datetime | None:
    """The time that our `Signature.xml` states; None when the text is not in the one form that it has there."""
    matched = _TIME.fullmatch(text)
    if matched is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, matched.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _identifier(counted: int) -> str:
    """Signatures and their stamps share one counter (clause 18.1, MaxSignId)."""
    return f"s{counted:03d}"


def _time_text(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at.year:04d}{at:%m%d%H%M%S}Z"
