"""PEM blocks that hold one private key, in memory that can be wiped."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from keys.errors import MalformedKeyError

WHITE_SPACE: Final = b" \t\n\r\v\f"
"""What is skipped in Base64. For `translate`: a file of spaces that is `split` becomes millions of objects."""
PRIVATE_KEY: Final = "PRIVATE KEY"
"""Label of an unencrypted PKCS#8 (RFC 7468 clause 10)."""
ENCRYPTED_PRIVATE_KEY: Final = "ENCRYPTED PRIVATE KEY"
"""Label of an encrypted PKCS#8 (RFC 7468 clause 11)."""


def has_label(text: bytes | bytearray, label: str) -> bool:
    """Tell whether a text begins with a PEM line of this label."""
    return text.lstrip(b"\r\n\t ").startswith(b"-----BEGIN %s-----" % label.encode())


def unwrapped(pem: bytes | bytearray, label: str = PRIVATE_KEY) -> bytearray:
    """Decode one PEM block and nothing else, three bytes at a time so that no unwipeable copy of a secret is made."""
    # PEM lines without their spaces.
    begin, end = (b"-----%s%s-----" % (word, label.replace(" ", "").encode()) for word in (b"BEGIN", b"END"))
    text = bytearray(pem)
    compact = text.translate(None, b"\r\n\t ")
    content = bytearray(len(compact) // 4 * 3)
    size = 0
    try:
        if not (compact.startswith(begin) and compact.endswith(end)):
            raise MalformedKeyError("not one PEM block of a private key (PKCS#8)")
        start, stop = len(begin), len(compact) - len(end)
        for at in range(start, stop, 4):
            three = binascii.a2b_base64(compact[at : min(at + 4, stop)], strict_mode=True)
            content[size : size + len(three)] = three
            size += len(three)
    except binascii.Error as error:
        raise MalformedKeyError("private key is not base64") from error
    finally:
        text[:], compact[:] = bytes(len(text)), bytes(len(compact))
    del content[size:]
    return content


def wrapped(content: bytes | bytearray, label: str) -> bytes:
    """Write one PEM block, 64 characters in a line (RFC 7468 clause 2)."""
    body = base64.b64encode(content)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return b"\n".join((b"-----BEGIN %s-----" % label.encode(), *lines, b"-----END %s-----" % label.encode(), b""))
