"""The encoding of XML in an OFD made by anybody: GB/T 33190 wants UTF-8, older products also write GBK.

Every file is brought to UTF-8 before it is parsed, so that one parser with one set of limits reads all of them. A file
must be in the encoding that it declares: what is in another one shows otherwise to readers that go by the declaration
than to those that go by the bytes.
"""

import re
from typing import Final

from .errors import Fault, MalformedError

_CODECS: Final = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16",
    "UTF-16BE": "utf-16",
    "US-ASCII": "ascii",
    "ISO-8859-1": "latin-1",
    # Each has the one before it as a part, and products call them by each other's names.
    "GB2312": "gb18030",
    "GBK": "gb18030",
    "CP936": "gb18030",
    "GB18030": "gb18030",
}
_BEGINNINGS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""How a file begins that tells its encoding. A mark stays there: one is passed over by the parser, a second is not."""
_DECLARED: Final = re.compile(rb"""<\?xml\s[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Of a text in Chinese letters each has three bytes; a few of GBK's may happen to be UTF-8 of two bytes each, and then
# the signs of XML are the same in both.
_LONG_LETTER: Final = re.compile(rb"[\xe0-\xf7]")


def codec_of(encoding: str) -> str:
    """What decodes an encoding of this name; empty when no OFD is read in it."""
    return _CODECS.get(encoding.upper(), "")


def to_utf_8(data: bytes, name: str) -> tuple[bytes, str]:
    """The file in UTF-8, and the codec that was used, to be compared with what the parser finds declared.

    Raises:
        MalformedError: `FORMAT_OFD`: it is not in the encoding that it says.
    """
    for beginning, codec in _BEGINNINGS:
        if data.startswith(beginning):
            return (data, codec) if codec == "utf-8" else (_recoded(data, codec, name), "utf-16")
    declared = _DECLARED.match(data)
    codec = "utf-8" if declared is None else codec_of(declared[1].decode("ascii"))
    if codec == "utf-8":
        return data, codec
    if codec in ("", "utf-16") or (_LONG_LETTER.search(data) and _is_utf_8(data)):
        raise _refused(name)
    return _recoded(data, codec, name), codec


def _recoded(data: bytes, codec: str, name: str) -> bytes:
    try:
        return data.decode(codec).encode()
    except UnicodeError as error:
        raise _refused(name) from error


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refused(name: str) -> MalformedError:
    return MalformedError(Fault.FORMAT_OFD, f"{name!a}: not in the encoding that it declares, or in none that is read")
