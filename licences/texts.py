"""What text may be signed and printed: NFC, visible, without surprises at its ends."""

import unicodedata

from .errors import InvalidFieldError

# Control, format (bidirectional overrides, zero-width joiners), surrogate, line and paragraph separator.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def text_fault(pointer: str, text: str, *, lines: bool = False) -> InvalidFieldError | None:
    """Return what is wrong with a text that is not empty, or None. ``lines`` allows line feeds inside it.

    Unassigned code points pass: they may be assigned in a newer Unicode than this Python's, and whether a character can
    be printed is for the fonts to say.
    """
    if not text.isprintable():  # also said of ideographic spaces and of unassigned characters
        for position, character in enumerate(text, start=1):
            code = _character_fault(character, lines=lines)
            if code:
                return InvalidFieldError(pointer, code, position=position, code_point=f"U+{ord(character):04X}")
    if not unicodedata.is_normalized("NFC", text):
        return InvalidFieldError(pointer, "NOT_NFC")
    if text[0].isspace() or text[-1].isspace():
        return InvalidFieldError(pointer, "SURROUNDING_SPACE")
    return None


def _character_fault(character: str, *, lines: bool) -> str:
    category = unicodedata.category(character)
    if category == "Co":
        return "PRIVATE_USE_CHARACTER"
    code_point = ord(character)
    is_noncharacter = code_point & 0xFFFE == 0xFFFE or 0xFDD0 <= code_point <= 0xFDEF
    if is_noncharacter or (category in _INVISIBLE and not (lines and character == "\n")):
        return "CONTROL_CHARACTER"
    return ""


def as_typed(text: str) -> str:
    """A text as it was meant: browsers end lines with two characters, keyboards compose letters."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")).strip()


def text_faults(
    pointer: str, text: str, limit: int, *, required: bool = True, lines: bool = False
) -> list[InvalidFieldError]:
    """Return what is wrong with a text that has to be there if it is ``required``; ``lines`` as in ``text_fault``."""
    if not text:
        return [InvalidFieldError(pointer, "REQUIRED")] if required else []
    if len(text) > limit:
        return [InvalidFieldError(pointer, "TOO_LONG", limit=limit)]
    fault = text_fault(pointer, text, lines=lines)
    return [] if fault is None else [fault]
