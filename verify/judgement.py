"""The one judge: from checks to the reason that is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from verify.reason import Outcome, Reason
from verify.reasons import REASONS
from verify.report import Check, Report

STANDING_CHECKS: Final = frozenset(
    {"validity", "status", "obligations", "seals", "seal_term", "copy_term", "purpose", "list_age"}
)
"""The checks that are about standing, a licence's or a seal's; all others are about authenticity."""

_PRECEDENCE: Final = {code: place for place, code in enumerate(REASONS)}

# Not genuine is said before everything. Genuine but not in force is said before "cannot judge": a revoked licence is
# refused also when nobody has compared the holder yet.
_RANKS: Final = {
    (False, Outcome.FAILED): 0,
    (True, Outcome.FAILED): 1,
    (False, Outcome.INDETERMINATE): 2,
    (True, Outcome.INDETERMINATE): 3,
    (False, Outcome.PASSED): 4,
    (True, Outcome.PASSED): 4,
}
_SEVERITY: Final = {Outcome.PASSED: 0, Outcome.INDETERMINATE: 1, Outcome.FAILED: 2}


def judge(checks: Sequence[Check]) -> Reason:
    """Choose the reason that is said: by rank of the check, then by the order of `REASONS`.

    A report without a single check has proven nothing: that is a mistake of the caller.
    """

    def rank(found: tuple[bool, str]) -> tuple[int, int]:
        standing, code = found
        return _RANKS[standing, REASONS[code].outcome], _PRECEDENCE[code]

    _, chosen = min({(check.name in STANDING_CHECKS, check.code) for check in checks}, key=rank)
    return REASONS[chosen]


def authenticity(checks: Iterable[Check]) -> Outcome:
    """Find the worst outcome of the checks that are about authenticity."""
    codes = {check.code for check in checks if check.name not in STANDING_CHECKS}
    return worst(REASONS[code].outcome for code in codes)


def is_proven(report: Report) -> bool:
    """Whether what a file or a code says is its issuer's word, whosoever the licence may be."""
    checks = [check for check in report.checks if check.name != "holder"]
    return bool(checks) and authenticity(checks) is Outcome.PASSED


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Failed before indeterminate before passed."""
    return max(outcomes, key=_SEVERITY.__getitem__)


def worst_report(reports: Iterable[Report]) -> Report:
    """Choose the report with the worst verdict, the first one of several."""
    return max(reports, key=lambda report: _SEVERITY[report.verdict])
