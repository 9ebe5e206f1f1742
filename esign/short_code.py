"""The short code under the QR symbol: typed by hand when the symbol cannot be scanned, resolved online only."""

from collections.abc import Callable

from .check_character import hybrid_check_character

# 30 characters that are not mistaken for one another (no 0 O, 1 I L, U): 30 + 1 is prime, as ISO 7064 asks for.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12


def make_short_code(random: Callable[[int], bytes]) -> str:
    """Eleven random characters (54 bits) and a check character."""
    drawn: list[str] = []
    while len(drawn) < LENGTH - 1:
        # 240 = 8 x 30: bytes above it would make some characters likelier than others.
        drawn += [ALPHABET[byte % 30] for byte in random(16) if byte < 240]
    body = "".join(drawn[: LENGTH - 1])
    return body + hybrid_check_character(body, ALPHABET)


def is_short_code(text: str) -> bool:
    """Whether this is a short code that was typed without a slip; spaces and hyphens are ignored, case is folded."""
    code = fold_short_code(text)
    return (
        len(code) == LENGTH
        and all(character in ALPHABET for character in code)
        and hybrid_check_character(code[:-1], ALPHABET) == code[-1]
    )


def fold_short_code(text: str) -> str:
    """The code as it is stored, from the way somebody typed it."""
    return text.replace("-", "").replace(" ", "").upper() if text.isascii() else text


def group_short_code(code: str) -> str:
    """The code as it is printed: three groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))
