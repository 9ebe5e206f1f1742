"""What a signed report (核验回执) says: what was looked at, what was found of it, who looked, when and for which case.

One canonical JSON text (RFC 8785) like the structured e-licence. The finding stands in it word for word as the verifier
gave it to programs; here only those members of it are read that say what it comes to. A refusal slip (拒收回执) is a
report with one member more.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785

from .errors import Fault, MalformedError, TooLargeError
from .file_digests import FileDigests, as_digests
from .json_members import as_count, as_instant, as_mapping, as_one_of, as_text, as_truth
from .structured_json import canonical_json, read_json

REPORT_FORMAT = "elicence-report/1"
MAX_REPORT_BYTES = 1024 * 1024  # a file with 64 signatures has 100 kB of checks
MAX_ENTRY_CHARACTERS = 100  # of the names of office, officer and item, and of codes and case numbers
MAX_REMARK_CHARACTERS = 200  # of what a clerk adds to the reason for a refusal

CHECKED_FILE, CHECKED_CODE = "file", "code"
_OUTCOMES = ("passed", "failed", "indeterminate")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedThing:
    """What was looked at, without a byte of it: whoever has it can show that it was this."""

    what: str
    """`file` or `code`."""
    size: int
    """Bytes; of a code those of its text."""
    digests: FileDigests
    signature: FileDigests | None = None
    """Of the signature that came beside the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReference:
    """For which case and by whom it was looked at; an empty text is one that nobody gave."""

    officer: str = ""
    """Account or staff number."""
    case_number: str = ""
    item_name: str = ""
    item_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an office did not take what had passed."""

    reason: str
    """Code of the reason."""
    zh: str
    en: str
    """The reason in words."""
    remark: str
    """What the clerk added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedVerdict:
    """What a report comes to, read out of it."""

    verdict: str
    """`passed`, `failed` or `indeterminate`."""
    kind: str
    reason: str
    sentence_zh: str
    sentence_en: str
    at: datetime
    """The time that the verdict is about."""
    licence: str
    """Type and number of the licence, as it said; empty when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """A report as its office signs it."""

    serial: str
    office_name: str
    office_code: str
    """Of the office that looked and seals; both stand in the certificate."""
    case: CaseReference
    made_at: datetime
    checked: CheckedThing
    result: bytes = field(repr=False)
    """The verifier's answer as canonical JSON, the holder masked."""
    refusal: Refusal | None = None
    development: bool

    @property
    def title(self) -> str:
        """How programs call its PDF."""
        return f"{'核验回执' if self.refusal is None else '拒收回执'} {self.serial}"

    @property
    def finding(self) -> ReportedVerdict:
        """What the verifier's answer comes to."""
        return _finding(json.loads(self.result))


def report_to_bytes(report: VerificationReport) -> bytes:
    """Canonical JSON after RFC 8785, UTF-8.

    Raises:
        TooLargeError: more than `MAX_REPORT_BYTES`.
    """
    case, refusal = report.case, report.refusal
    members = {
        "format": REPORT_FORMAT,
        "serial": report.serial,
        "office": {"name": report.office_name, "code": report.office_code},
        "case": {
            "officer": case.officer,
            "caseNumber": case.case_number,
            "itemName": case.item_name,
            "itemCode": case.item_code,
        },
        "madeAt": report.made_at.isoformat(timespec="seconds"),
        "checked": {
            "what": report.checked.what,
            "size": report.checked.size,
            **report.checked.digests.members(),
            "signature": None if report.checked.signature is None else report.checked.signature.members(),
        },
        "result": json.loads(report.result),
        "refusal": None
        if refusal is None
        else {"reason": refusal.reason, "zh": refusal.zh, "en": refusal.en, "remark": refusal.remark},
        "development": report.development,
    }
    data = rfc8785.dumps(members)
    if len(data) > MAX_REPORT_BYTES:
        raise TooLargeError(f"a report of {len(data)} bytes; the limit is {MAX_REPORT_BYTES}")
    return data


def report_from_bytes(data: bytes) -> VerificationReport:
    """Read what `report_to_bytes` wrote.

    Raises:
        TooLargeError: more than `MAX_REPORT_BYTES`.
        MalformedError: `FORMAT_REPORT` when it is no such text; `NON_CANONICAL` when it has another encoding than RFC
            8785 gives it, or a key twice.
    """
    if len(data) > MAX_REPORT_BYTES:
        raise TooLargeError(f"a report of {len(data)} bytes; the limit is {MAX_REPORT_BYTES}")
    try:
        document = read_json(data)
        report = _parse(document)
        canonical = canonical_json(document)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(Fault.FORMAT_REPORT, f"not a signed report ({type(error).__name__})") from error
    if canonical != data:
        raise MalformedError(Fault.NON_CANONICAL, "the report is not in its canonical form")
    return report


def claims_to_be_report(data: bytes) -> bool:
    """Whether a JSON text calls itself a signed report; a quotation mark inside a text has a backslash."""
    return b'"format":"%s"' % REPORT_FORMAT.encode("ascii") in data


def _parse(document: object) -> VerificationReport:
    top = as_mapping(document)
    if top["format"] != REPORT_FORMAT:
        raise ValueError("unknown format")
    office, case, checked = (as_mapping(top[name]) for name in ("office", "case", "checked"))
    result = as_mapping(top["result"])
    _finding(result)
    signature = checked["signature"]
    return VerificationReport(
        serial=_entry(top["serial"]),
        office_name=_entry(office["name"]),
        office_code=_entry(office["code"]),
        case=CaseReference(
            officer=_entry(case["officer"]),
            case_number=_entry(case["caseNumber"]),
            item_name=_entry(case["itemName"]),
            item_code=_entry(case["itemCode"]),
        ),
        made_at=as_instant(top["madeAt"]),
        checked=CheckedThing(
            what=as_one_of(checked["what"], (CHECKED_FILE, CHECKED_CODE)),
            size=as_count(checked["size"]),
            digests=as_digests(checked),
            signature=None if signature is None else as_digests(signature),
        ),
        result=canonical_json(result),
        refusal=_refusal(top["refusal"]),
        development=as_truth(top["development"]),
    )


def _finding(result: dict[str, object]) -> ReportedVerdict:
    sentence = as_mapping(result["sentence"])
    licence = result["licence"]
    named = {} if licence is None else as_mapping(licence)
    shown = (as_text(named.get(key, "")) for key in ("certificateType", "certificateNumber"))
    return ReportedVerdict(
        verdict=as_one_of(result["verdict"], _OUTCOMES),
        kind=as_text(result["kind"]),
        reason=as_text(result["reason"]),
        sentence_zh=as_text(sentence["zh"]),
        sentence_en=as_text(sentence["en"]),
        at=as_instant(result["at"]),
        licence=" ".join(part for part in shown if part),
    )


def _refusal(value: object) -> Refusal | None:
    if value is None:
        return None
    members = as_mapping(value)
    return Refusal(
        reason=_entry(members["reason"]),
        zh=_entry(members["zh"]),
        en=_entry(members["en"]),
        remark=_entry(members["remark"], MAX_REMARK_CHARACTERS),
    )


def _entry(value: object, limit: int = MAX_ENTRY_CHARACTERS) -> str:
    return as_text(value, limit)
