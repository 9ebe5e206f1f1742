"""The file of a signed status list: the list on one line, and on the next one the signature over that line."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from keys import Signer

from .cms import MAX_CMS_BYTES, SignedData, read_signed_data, sign_detached
from .errors import Fault, MalformedError, TooLargeError
from .status_list import (
    MAX_STATUS_LIST_BYTES,
    STATUS_LIST_FORMAT,
    StatusList,
    status_list_from_bytes,
    status_list_to_bytes,
)

MAX_STATUS_FILE_BYTES: Final = MAX_STATUS_LIST_BYTES + 2 * MAX_CMS_BYTES
_MARK: Final = f'"format":"{STATUS_LIST_FORMAT}"'.encode()
_END: Final = b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatusList:
    """The facts of a file."""

    listed: StatusList
    text: bytes
    """What is signed."""
    signed_data: SignedData


def signed_status_list(listed: StatusList, signer: Signer) -> bytes:
    """Write and sign a list; the signer says the time of issue, too."""
    text = status_list_to_bytes(listed)
    signature = sign_detached(text, signer, signing_time=listed.issued_at)
    return text + _END + base64.b64encode(signature) + _END


def read_signed_status_list(data: bytes) -> SignedStatusList:
    """Read what `signed_status_list` wrote; whose signature it is and whether it is good is judged elsewhere.

    Raises:
        TooLargeError: over one of the limits.
        MalformedError: `FORMAT_STATUS_LIST`, `NON_CANONICAL`, or what `read_signed_data` says about the signature.
    """
    if len(data) > MAX_STATUS_FILE_BYTES:
        raise TooLargeError(f"a signed status list of {len(data)} bytes; the limit is {MAX_STATUS_FILE_BYTES}")
    lines = data.split(_END, maxsplit=3)
    if len(lines) != 3 or lines[2]:
        raise MalformedError(Fault.FORMAT_STATUS_LIST, "not a list and its signature on one line each")
    text, encoded, _ = lines
    listed = status_list_from_bytes(text)
    try:
        signature = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise MalformedError(Fault.FORMAT_STATUS_LIST, "the signature is no base64") from error
    if base64.b64encode(signature) != encoded:
        raise MalformedError(Fault.NON_CANONICAL, "the base64 of the signature is not in its canonical form")
    signed_data = read_signed_data(signature)
    if signed_data.signing_time not in (None, listed.issued_at):
        raise MalformedError(Fault.FORMAT_STATUS_LIST, "the signature says another time than the list")
    return SignedStatusList(listed=listed, text=text, signed_data=signed_data)


def claims_to_be_status_list(data: bytes) -> bool:
    """Whether a JSON text calls itself a status list; a quotation mark inside a text has a backslash."""
    return _MARK in data
