"""The one table of reasons, put together from the modules that hold its rows by what follows from them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from verify.reason import Text
from verify.reasons_not_genuine import NOT_GENUINE
from verify.reasons_not_in_force import NOT_IN_FORCE
from verify.reasons_passed import PASSED
from verify.reasons_undecided import UNDECIDED

REASONS: Final = MappingProxyType(
    {reason.code: reason for reason in (*NOT_GENUINE, *NOT_IN_FORCE, *UNDECIDED, *PASSED)}
)
"""Every reason by its code, in order of precedence: of several of one rank (`judgement.judge`) the first is said."""

DEVELOPMENT_SENTENCE: Final = Text(
    zh="样例/测试，不具法律效力 (test only)。", en="Sample for testing only, without legal effect."
)
"""Follows every sentence about something that was made with a development PKI."""

COMPARE_PRINT: Final = Text(
    zh="二维码之外的文字没有核验：照面与查验结果不一致的，请拒绝接受。",
    en="Nothing but the code was checked: refuse what is printed otherwise than it is shown here.",
)
"""A genuine code may stand beside altered print."""

DEVELOPMENT_ACTION: Final = Text(
    zh="仅供测试，请不要用于办理业务。", en="For testing only: do not use it for real business."
)
"""Takes the place of "you may rely on it" for something that was made with a development PKI."""


def reasons_table() -> str:
    """Write the page `docs/reference/reasons.md`, made from `REASONS` so that the two cannot differ."""
    lines = [
        "# Verdicts: reasons, sentences, actions",
        "",
        "Made from the table in `verify/reasons.py`; a test fails when the two differ. Codes are stable.",
        "",
        "Of several reasons of the same rank the one that stands first here is said. The ranks, from the strongest:",
        "not genuine, genuine but not in force, cannot judge whether it is genuine, status not known, passed.",
        "",
        "The indication follows the verdict: *passed* is TOTAL-PASSED, *failed* is TOTAL-FAILED, *indeterminate* is",
        "INDETERMINATE. Sub-indications are names of ETSI EN 319 102-1; where the standard leaves a matter undecided",
        "and our policy refuses, the verdict is TOTAL-FAILED and keeps the standard's name for the matter. Reasons",
        "about the licence rather than about its seal have no sub-indication.",
        "",
        f"Something made with a development PKI also gets: {DEVELOPMENT_SENTENCE.zh} {DEVELOPMENT_SENTENCE.en}",
        f"When it passes, the action is: {DEVELOPMENT_ACTION.zh} {DEVELOPMENT_ACTION.en}",
        "",
        f"Where only a code was looked at and not refused, the action adds: {COMPARE_PRINT.zh} {COMPARE_PRINT.en}",
        "",
        "With `FORMAT_UNKNOWN` the sentence names the format where it can be told: 这是压缩包，不是电子证照。",
        "",
        "| Code | Verdict | Sub-indication | Sentence | What to do |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{reason.code}` | {reason.outcome.value} | {reason.sub_indication or '–'} "
        f"| {reason.sentence.zh}<br>{reason.sentence.en} | {reason.action.zh}<br>{reason.action.en} |"
        for reason in REASONS.values()
    ]
    return "\n".join(lines) + "\n"
