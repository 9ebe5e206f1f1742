"""What a receipt says, section by section, in words: the page and the readable answer over HTTP show the same."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from esign import CheckedThing, Refusal, VerificationReport
from verify import STATUS_SOURCES

from .messages import (
    ALGORITHMS,
    KINDS,
    PROOFS,
    REVOCATIONS,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
    recorded_text,
)

Result = Mapping[str, Any]
"""A report as programs get it."""

_MATTER = Message(
    zh="电子证照核验通过，本单位仍要求提交纸质证照。",
    en="The e-licence passed; this office still asks for the paper one.",
)
_LAW = Message(
    zh="《国务院关于在线政务服务的若干规定》（国务院令第716号）第十条：电子证照与纸质证照效力相同；"
    "第十一条：除法律、行政法规另有规定外，电子证照可以作为办理政务服务事项的依据。",
    en="State Council Decree 716 (2019), art. 10: an e-licence has the effect of the paper one; art. 11: unless a law "
    "or administrative regulation says otherwise, business may be done on it.",
)
_COMPLAINT = Message(
    zh="认为不应拒收的，可以凭本回执向本单位的上级主管部门反映，或者拨打 12345 政务服务便民热线。",
    en="Whoever thinks that it had to be taken may turn to the office above this one, or call 12345, with this slip.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A label and what stands beside it; a line feed begins a new line."""

    label: Message
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Entries under a title."""

    title: Message
    entries: tuple[Entry, ...]


def receipt_sections(report: VerificationReport) -> tuple[Section, ...]:
    """Give everything that the page of a receipt or a slip says below its verdict."""
    result = json.loads(report.result)
    who = Section(title=_WHO, entries=tuple(_case_entries(report, result)))
    if report.refusal is None:
        return *answer_sections(result, report.checked), who
    # The slip is for the citizen; what it leaves out stands in the data inside.
    refused = Section(title=Message(zh="拒收", en="Refusal"), entries=tuple(_refusal_entries(report.refusal)))
    status = Section(title=_CHECKS, entries=(_status_entry(result),))
    return refused, *_what(result, report.checked), status, who


def answer_sections(result: Result, checked: CheckedThing | None) -> tuple[Section, ...]:
    """Give what a report says below its verdict, without who asked; `checked` is None when only a digest came."""
    checks, signatures = tuple(_check_entries(result)), tuple(_signature_entries(result))
    sections = (
        *_what(result, checked),
        Section(title=_CHECKS, entries=checks),
        Section(title=Message(zh="签名", en="Signatures"), entries=signatures),
    )
    return tuple(section for section in sections if section.entries)


_CHECKS = Message(zh="检查", en="Checks")
_WHO = Message(zh="核验办理", en="Verification")


def _what(result: Result, checked: CheckedThing | None) -> tuple[Section, ...]:
    sections = [Section(title=Message(zh="证照", en="Licence"), entries=tuple(_licence_entries(result)))]
    if checked is not None:
        entries = tuple(_subject_entries(checked, result))
        sections.append(Section(title=Message(zh="核验对象", en="What was checked"), entries=entries))
    return tuple(section for section in sections if section.entries)


def _refusal_entries(refusal: Refusal) -> Iterator[Entry]:
    yield Entry(label=Message(zh="情况", en="Matter"), value=f"{_MATTER.zh}　{_MATTER.en}")
    yield Entry(label=Message(zh="未采信的理由", en="Reason"), value=f"{refusal.zh}　{refusal.en}")
    if refusal.remark:
        yield Entry(label=Message(zh="备注", en="Remark"), value=refusal.remark)
    yield Entry(label=Message(zh="有关规定", en="Law"), value=f"{_LAW.zh}\n{_LAW.en}")
    yield Entry(label=Message(zh="意见反映", en="Complaint"), value=f"{_COMPLAINT.zh}\n{_COMPLAINT.en}")


def _licence_entries(result: Result) -> Iterator[Entry]:
    licence, code, copy = result["licence"], result["code"], result["copy"]
    if licence is not None:
        holders = licence["holders"] if "holders" in licence else [licence]
        named = "、".join(one["certificateHolderName"] for one in holders)
        issuer = f"{licence['certificateIssuingAuthorityName']}（{licence['certificateIssuingAuthorityCode']}）"
        yield Entry(label=Message(zh="证照类型", en="Type"), value=licence["certificateType"])
        yield Entry(label=Message(zh="证照编号", en="Number"), value=licence["certificateNumber"])
        yield Entry(label=Message(zh="持证主体", en="Holder"), value=named)
        yield Entry(label=Message(zh="颁发机构", en="Issuer"), value=issuer)
        days = licence["certificateEffectiveDate"], licence["certificateExpiringDate"]
        yield Entry(label=Message(zh="有效期", en="Validity"), value=_period(*days))
        if "document" in licence:
            yield Entry(label=Message(zh="出示文件", en="Document"), value=licence["document"]["label"])
        identifier = licence["certificateIdentifier"]
        yield Entry(label=Message(zh="证照标识", en="Identifier"), value=identifier)
    elif code is not None:
        yield Entry(label=Message(zh="证照标识", en="Identifier"), value=code["identifier"])
        yield Entry(label=Message(zh="有效期", en="Validity"), value=_period(code["valid_from"], code["valid_to"]))
    if copy is not None:
        said = f"{copy['serial']}，{copy['requester']['office']}，{copy['item']['name']}，{copy['case_number']}"
        yield Entry(label=Message(zh="加注件", en="Copy"), value=said)


def _subject_entries(checked: CheckedThing, result: Result) -> Iterator[Entry]:
    kind = KINDS.get(result["kind"], Message(zh=result["kind"], en=""))
    value = f"{kind.zh}　{kind.en}　{checked.size:,} 字节 bytes"
    yield Entry(label=Message(zh="种类与大小", en="Kind, size"), value=value)
    yield Entry(label=Message(zh="SM3 摘要", en="digest"), value=checked.digests.sm3)
    yield Entry(label=Message(zh="SHA-256 摘要", en="digest"), value=checked.digests.sha256)
    if checked.signature is not None:
        yield Entry(label=Message(zh="所附签名 SM3", en="signature"), value=checked.signature.sm3)


def _status_entry(result: Result) -> Entry:
    status = result["status"]
    word, source = recorded_text(status["value"]), STATUS_SOURCES[status["source"]]
    as_of = "" if status["as_of"] is None else f"　{_moment(status['as_of'])}"
    return Entry(
        label=Message(zh="证照状态", en="Status"), value=f"{word.zh} {word.en}　{source.zh} {source.en}{as_of}"
    )


def _check_entries(result: Result) -> Iterator[Entry]:
    yield _status_entry(result)
    rests = "\n".join(f"{one['zh']}　{one['en']}" for one in result["basis"]["lines"])
    yield Entry(label=Message(zh="依据与时效", en="Basis"), value=rests)
    checks = result["checks"]
    counted = [sum(check["outcome"] == outcome for check in checks) for outcome in VERDICTS]
    value = f"共 {len(checks)} 项：" + "，".join(
        f"{word.zh} {count}" for word, count in zip(VERDICTS.values(), counted, strict=True) if count
    )
    yield Entry(label=Message(zh="检查项", en="Checks"), value=value)
    for check in checks:
        if check["outcome"] == "passed":
            continue
        name, word = check_name(check["name"]), VERDICTS[check["outcome"]]
        detail = f"（{check['detail']}）" if check["detail"] else ""
        yield Entry(label=word, value=f"{name.zh} {name.en}：{check['code']}{detail}")
    yield Entry(label=Message(zh="结论代码", en="Reason"), value=f"{result['reason']}　{result['indication']}")


def _signature_entries(result: Result) -> Iterator[Entry]:
    for place, one in enumerate(result["signatures"], start=1):
        signer = "，".join(part for part in (one["signer"]["organization"], one["signer"]["name"]) if part) or "–"
        algorithm = ALGORITHMS.get(one["algorithm"], one["algorithm"])
        facts = "，".join(
            f"{name}{'是' if good else '否'}"
            for name, good in (
                ("内容未改动：", one["intact"]),
                ("签名有效：", one["valid"]),
                ("证书可信：", one["trusted"]),
            )
        )
        claimed = "未说明 not said" if one["claimed_time"] is None else _moment(one["claimed_time"])
        proof = PROOFS[one["proof"]]
        proven = "" if one["proven_time"] is None else f" {_moment(one['proven_time'])}"
        certificate = f"{one['certificate_serial']}（{one['certificate_issuer'] or '–'}）"
        revocation = one["revocation"]
        taken_back = REVOCATIONS[revocation["status"]].zh
        if revocation["as_of"] is not None:
            taken_back += f"（{_moment(revocation['as_of'])}）"
        pages = "、".join(map(str, one["changed_pages"]))
        changed = f"\n签名后改动的页 changed pages: {pages}" if pages else ""
        times = f"签名时间 {claimed}　时间证明 {proof.zh}{proven}　位置 field {one['field']}"
        yield Entry(
            label=Message(zh=f"签名 {place}", en="Signature"),
            value=f"{signer}　{algorithm}　{facts}\n证书 {certificate}　{taken_back}\n{times}{changed}",
        )


def _case_entries(report: VerificationReport, result: Result) -> Iterator[Entry]:
    case = report.case
    office = f"{report.office_name}（{report.office_code}）"
    yield Entry(label=Message(zh="核验单位", en="Office"), value=office)
    item = "　".join(part for part in (case.item_name, case.item_code) if part)
    for label, value in (
        (Message(zh="经办人", en="Officer"), case.officer),
        (Message(zh="办理事项", en="Item"), item),
        (Message(zh="案号", en="Case"), case.case_number),
    ):
        if value:
            yield Entry(label=label, value=value)
    asked, made = _moment(result["at"]), moment_text(report.made_at)
    yield Entry(label=Message(zh="核验时点", en="As of"), value=f"{asked}（UTC+08:00）")
    yield Entry(label=Message(zh="出具时间", en="Made"), value=f"{made}（UTC+08:00）")


def _moment(text: str) -> str:
    return moment_text(datetime.fromisoformat(text))


def _period(first: str, last: str | None) -> str:
    period = period_text(date.fromisoformat(first), None if last is None else date.fromisoformat(last))
    return f"{period.zh}　{period.en}"
