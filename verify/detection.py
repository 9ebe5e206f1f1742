"""What kind of thing a file is, from its content alone: names and declared types are the sender's word."""

from __future__ import annotations

from typing import Final

MAX_CODE_FILE: Final = 4096
"""Bytes of a text file with a code; a code has about 400 characters."""
_HEAD: Final = 1024
"""A PDF's header may follow other bytes (ISO 32000-2 clause 7.5.2, implementation notes); ours never do."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


def kind_of(data: bytes) -> str:
    """`empty`, `picture`, `structured`, `pdf`, `text` (one address or code) or `unknown`."""
    head = data[:_HEAD]
    if not data:
        return "empty"
    if head.startswith(_PICTURES):
        return "picture"
    if head.lstrip(_BLANKS).startswith(b"{"):
        return "structured"
    if b"%PDF-" in head:
        return "pdf"
    if len(data) <= MAX_CODE_FILE and b"/v/" in data.lower() and len(data.split()) == 1:
        return "text"
    return "unknown"
