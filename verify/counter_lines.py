"""What is typed, scanned or dragged to a counter: files, codes, the wish to stop."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from esign import is_short_code
from verify.verifier import MAX_FILE_BYTES

_SHORT_CODE: Final = 12
_QUIT: Final = frozenset({"q", "quit", "exit"})


def path_in(line: str) -> Path | None:
    """The existing file that a line names: plain, in quotes, with escaped blanks, or as the address of a file."""
    plain = line.strip()
    unquoted = plain[1:-1] if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"" else plain
    address = unquote(urlsplit(unquoted).path) if unquoted.lower().startswith("file://") else unquoted
    for name in dict.fromkeys((address, address.replace("\\ ", " "))):
        try:
            if name and os.path.isfile(name):
                return Path(name)
        except ValueError:
            continue
    return None


def is_next_input(line: str) -> bool:
    """Whether a line cannot be a holder's name or number: it is to be judged itself, or ends the program."""
    plain = line.strip().lstrip("'\"")
    code = code_in(line)
    return (
        asks_to_quit(line)
        or "/v/" in code.lower()
        or (is_code(code) and len(line.split()) == 1)
        or plain.startswith(("/", "file://"))
        # A file here may have the name of a person; one that was dragged comes with its folder or its kind.
        or (any(mark in plain for mark in "./\\") and path_in(line) is not None)
    )


def asks_to_quit(line: str) -> bool:
    """Whether somebody wants to stop."""
    return code_in(line).lower() in _QUIT


def is_code(text: str) -> bool:
    """Whether this is the text of a code, also of a damaged one."""
    return "/v/" in text.lower() or (text.isascii() and text.isalnum() and len(text) > 4 * _SHORT_CODE)


def may_be_short(text: str) -> bool:
    """Whether this may be a short code, also a mistyped one."""
    plain = text.replace("-", "")
    return len(plain) == _SHORT_CODE and plain.isalnum()


def is_short(name: str) -> bool:
    """Whether this is a short code, also a mistyped one, and no name."""
    code = code_in(name)
    mixed = len(name.split()) == 1 and code.isascii() and any(character.isdigit() for character in code)
    return is_short_code(code) or (mixed and may_be_short(code))


def code_in(line: str) -> str:
    """What a scanner typed: through an active Chinese input method it comes full-width, with a 。 for a full stop."""
    return "".join(unicodedata.normalize("NFKC", line.replace("。", ".").replace("、", "/")).split())


def read_input(path: Path) -> bytes:
    """Read a file as far as it is judged."""
    with path.open("rb") as stream:
        # One byte more than is judged, so that the verifier says that it is too much.
        return stream.read(MAX_FILE_BYTES + 1)
