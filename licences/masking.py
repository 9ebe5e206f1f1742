"""How personal data is shown to people who need not know it: the one place that masks.

Organisations are public and shown in full, sole traders among them: the name is that of the business.
"""

from .holders import HOLDER_KINDS

_STAR = "*"


def mask_name(name: str, kind: str) -> str:
    """Return a holder's name for public pages: of a person only the first character, in each part around a ``·``.

    ``kind`` is the kind of the holder's code; an unknown kind counts as a person.
    """
    if not _is_person(kind):
        return name
    return "·".join(part[:1] + _STAR * (len(part) - 1) if len(part) > 1 else _STAR for part in name.split("·"))


def mask_code(kind: str, code: str) -> str:
    """Return a holder code: of a person the first three and the last two characters, nothing of a short code.

    The six digits of the region would, with a known date of birth, leave little to guess.
    """
    return _keep(code, 3, 2) if _is_person(kind) else code


def mask_number(number: str, kind: str) -> str:
    """Return a licence number: of a person's licence the first and the last four characters."""
    return _keep(number, 4, 4) if _is_person(kind) else number


def _is_person(kind: str) -> bool:
    row = HOLDER_KINDS.get(kind)
    return row is None or row.is_person


def _keep(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    if hidden < head + tail:
        return _STAR * len(text)
    return text[:head] + _STAR * hidden + text[-tail:]
