"""The operators of our pages, in the one form that `pdf_writing` gives them; what is written otherwise is refused."""

import re

from .errors import Fault, MalformedError

NUMBER = rb"-?[0-9]+(?:\.[0-9]{1,2})?"
_COLOUR = NUMBER + rb" " + NUMBER + rb" " + NUMBER
_TEXT = (
    rb"BT (?P<colour>" + _COLOUR + rb") rg (?P=colour) RG (?:0 Tr|2 Tr (?P<pen>" + NUMBER + rb") w) "
    rb"(?P<spacing>" + NUMBER + rb") Tc (?P<turn>1 0 0 1|(?:-?[01]\.[0-9]{4} ){3}-?[01]\.[0-9]{4}) "
    rb"(?P<x>" + NUMBER + rb") (?P<y>" + NUMBER + rb") Tm"
    rb"(?P<shown>(?: /F[0-9]{1,2} " + NUMBER + rb" Tf <(?:[0-9a-f]{4})+> Tj)*) ET"
)
_SHAPE = (
    rb"q\n(?:(?P<fill>" + _COLOUR + rb") rg\n)?(?:(?P<stroke>" + _COLOUR + rb") RG\n(?P<weight>" + NUMBER + rb") w\n)?"
    rb"(?P<path>(?:(?:" + NUMBER + rb" " + NUMBER + rb" [ml]|(?:" + NUMBER + rb" ){6}c|h)\n)+)(?P<paint>[BfS]) Q"
)
_IMAGE = (
    rb"q 0 g (?P<width>" + NUMBER + rb") 0 0 (?P<height>" + NUMBER + rb") "
    rb"(?P<left>" + NUMBER + rb") (?P<bottom>" + NUMBER + rb") cm /(?P<image>Q[0-9]{1,2}) Do Q"
)
CONTENT = re.compile(rb"(?:" + _TEXT + rb"|" + _SHAPE + rb"|" + _IMAGE + rb"|(?P<background>/B Do))(?:\n|\Z)")
BACKGROUND = re.compile(_SHAPE + rb"(?:\n|\Z)")
SHOWN = re.compile(rb" /F([0-9]{1,2}) (" + NUMBER + rb") Tf <([0-9a-f]+)> Tj")
BOX = re.compile(rb"(N) (N) m\n(N) \2 l\n\3 (N) l\n\1 \4 l\nh\n".replace(b"N", NUMBER))
LINE = re.compile(rb"(N) (N) m\n(N) (N) l\n".replace(b"N", NUMBER))
POINT = re.compile(rb"(N) (N)(?= [mlc]| N)".replace(b"N", NUMBER))


def not_ours(detail: str) -> MalformedError:
    """The error that says where the pages differ from ours."""
    return MalformedError(Fault.NON_CANONICAL, f"the pages are not written as ours are: {detail}")
