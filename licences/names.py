"""Names of holders: kept and printed as they stand on their documents, compared in one form.

Nobody's name is too short, too long or of the wrong letters here: Uygur, Tibetan and foreign names have dots and sixty
characters and more, and a name in Latin letters is one, too. Which limits a field has is said by its licence type.
"""

import re

from esign import normal_name

DOTS = "·•・‧∙⋅･．."
"""What stands, and is typed, between the parts of a name; the first is that of GB/T 15834 and of identity cards."""
_PARTS = re.compile(f"([{re.escape(DOTS)}])")


def same_name(one: str, other: str) -> bool:
    """Whether two texts are one name: width, case, spaces, and the kind of dot between its parts make no difference.

    It is the comparison of verifiers (``esign.normal_name``). Simplified and traditional characters stay different, as
    they are in the register.
    """
    return normal_name(one) == normal_name(other)


def name_parts(name: str) -> tuple[str, ...]:
    """Split a name at its dots; the dots stand between the parts, at the odd places."""
    return tuple(_PARTS.split(name))
