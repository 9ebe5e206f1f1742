"""可信等级: how well it is known that an e-licence says what the authority decided.

The letters are seen in public systems, their meaning is not confirmed anywhere: this table is ours.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from esign import TrustLevel


class TrustRule(NamedTuple):
    """What a level stands for."""

    zh: str
    en: str


TRUST_RULES: Mapping[TrustLevel, TrustRule] = MappingProxyType(
    {
        "A": TrustRule("由审批系统直接签发的电子证照", "issued electronically by the authority's own decision"),
        "B": TrustRule(
            "由纸质证照转换：附原件扫描件，经第二人核对，没有存疑之处",
            "made from paper: scan attached, checked by a second person, nothing doubtful",
        ),
        "C": TrustRule(
            "由台账转换：没有扫描件，或未经第二人核对，或有存疑之处",
            "made from a register: without a scan, or not checked by a second person, or with something doubtful",
        ),
        "D": TrustRule("由持证主体自行申报，未经核对", "declared by the holder, checked by nobody"),
    }
)


def trust_level(*, scanned: bool, checked: bool, doubtful: bool, self_declared: bool) -> TrustLevel:
    """Return the level of a licence that is made from paper."""
    if self_declared:
        return "D"
    return "B" if scanned and checked and not doubtful else "C"
