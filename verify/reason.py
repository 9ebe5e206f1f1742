"""What a reason is: what a verdict is called, what it means, and what the reader should do now.

Codes are stable: programs, pages, the command line and the tests use them. Indications and sub-indications are names of
ETSI EN 319 102-1 (clause 5.1.3 and table 5), with two deliberate differences, so that nobody who reads the indication
alone accepts a licence that must be refused:

* The indication always follows our verdict. It is about the licence, not about its seal alone: a revoked licence with a
  perfect seal is TOTAL-FAILED.
* Where the standard leaves a matter undecided (INDETERMINATE) and our policy refuses, for instance a valid seal of the
  wrong authority, the verdict is TOTAL-FAILED and keeps the sub-indication that the standard has for the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Outcome(StrEnum):
    """The three values of a check and of a verdict. Unknown is neither valid nor invalid."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The same statement in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is what it is."""

    code: str
    outcome: Outcome
    sub_indication: str
    """Name of ETSI EN 319 102-1, or empty where the standard, which knows seals but no licences, has none."""
    sentence: Text
    """What is so, in one plain sentence."""
    action: Text
    """What the person at the counter does now."""

    @property
    def indication(self) -> str:
        """TOTAL-PASSED, TOTAL-FAILED or INDETERMINATE, as the outcome says."""
        return _INDICATIONS[self.outcome]


_INDICATIONS: Final = MappingProxyType(
    {
        Outcome.PASSED: "TOTAL-PASSED",
        Outcome.FAILED: "TOTAL-FAILED",
        Outcome.INDETERMINATE: "INDETERMINATE",
    }
)

ASK_FOR_ORIGINAL: Final = Text(
    zh="请不要采信；请持证人重新提供原始文件，或向颁发机构核实。",
    en="Do not rely on it; ask the holder for the original file, or ask the issuing authority.",
)
REFUSE: Final = Text(
    zh="请拒绝接受，并将情况告知证照上写明的颁发机构。",
    en="Refuse it and tell the issuing authority that the licence names.",
)
ASK_ISSUER: Final = Text(
    zh="暂不采信，也不要当作假证处理；请向颁发机构核实。",
    en="Do not rely on it yet and do not treat it as forged; ask the issuing authority.",
)
