"""What kind of thing a file is, from its content alone: names and declared types are the sender's word."""

from __future__ import annotations

from typing import Final

from esign import (
    EsignError,
    SignedValueKind,
    claims_to_be_archive,
    claims_to_be_copy,
    claims_to_be_ofd,
    claims_to_be_report,
    claims_to_be_status_list,
    claims_to_be_structured,
    is_our_ofd,
    is_seal_manifest,
    names_us_as_producer,
    signed_value_kind,
    structured_from_bytes,
)
from keys import SIGNED_DATA_OIDS, der

MAX_CODE_FILE: Final = 4096
"""Bytes of a text file with a code; a code has about 400 characters."""
_HEAD: Final = 1024
"""A PDF's header may follow other bytes (ISO 32000-2 clause 7.5.2, implementation notes); ours never do."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a")
_WEBP: Final = (b"RIFF", b"WEBP")
_BMP: Final = b"BM"
_BMP_RESERVED: Final = slice(6, 10)
_BRAND: Final = slice(4, 12)
_UNREAD_PICTURES: Final = frozenset(
    b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
)
"""HEIC as iPhones store it, and AVIF: we bring no decoder for them."""
_CMS_ARMOURS: Final = (b"-----BEGIN CMS-----", b"-----BEGIN PKCS7-----")
_CMS_NAMES: Final = tuple(der.oid(name) for name in SIGNED_DATA_OIDS)
_CMS_NAME_WITHIN: Final = 24
"""The name stands behind one SEQUENCE and its length."""
_SEALS: Final = frozenset({SignedValueKind.SES_SEAL, SignedValueKind.SES_SIGNATURE})
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


def kind_of(data: bytes) -> str:
    """`empty`, `picture`, `unread_picture`, `archive`, `ofd`, `seal`, `pdf`, `cms`, `status_list`, `text` or `unknown`.

    Or `structured`, `copy`, `report`: their data. A text is an address with a code.
    """
    head = data[:_HEAD]
    if not data:
        return "empty"
    if _is_picture(head):
        return "picture"
    if head[_BRAND] in _UNREAD_PICTURES:
        return "unread_picture"
    if claims_to_be_archive(head):
        return "archive"
    if claims_to_be_ofd(data):
        return "ofd"
    if is_seal_manifest(head) or (head[0] == der.SEQUENCE and signed_value_kind(data) in _SEALS):
        return "seal"
    if head.lstrip(_BLANKS).startswith(b"{"):
        if claims_to_be_report(data):
            return "report"
        if claims_to_be_status_list(data):
            return "status_list"
        return "copy" if claims_to_be_copy(data) else "structured"
    if b"%PDF-" in head:
        return "pdf"
    if head.lstrip(_BLANKS).startswith(_CMS_ARMOURS) or any(name in head[:_CMS_NAME_WITHIN] for name in _CMS_NAMES):
        return "cms"
    if len(data) <= MAX_CODE_FILE and b"/v/" in data.lower() and len(data.split()) == 1:
        return "text"
    return "unknown"


def _is_picture(head: bytes) -> bool:
    if head.startswith(_BMP):
        # Two letters are a weak sign; the four zeros behind the size make it one.
        return head[_BMP_RESERVED] == bytes(4)
    return head.startswith(_PICTURES) or (head.startswith(_WEBP[0]) and head[8:12] == _WEBP[1])


def is_licence(data: bytes) -> bool:
    """Whether it is a structured e-licence."""
    if not claims_to_be_structured(data):
        return False
    try:
        structured_from_bytes(data)
    except EsignError:
        return False
    return True


def is_ours(data: bytes) -> bool:
    """Whether it is an e-licence, a copy or a report: its data, an OFD or PDF of ours, or a part of such a PDF."""
    data_of_ours = is_licence(data) or claims_to_be_copy(data) or claims_to_be_report(data)
    return data_of_ours or names_us_as_producer(data) or is_our_ofd(data)
