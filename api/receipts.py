"""Receipts (核验回执) and refusal slips (拒收回执): what was found, signed and sealed by the office that looked.

Nothing of them is kept here: the office puts the receipt into its case file, the citizen takes the slip along, and both
verify themselves.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import rfc8785

from esign import (
    CHECKED_CODE,
    CHECKED_FILE,
    CHINA,
    MAX_ENTRY_CHARACTERS,
    MAX_REMARK_CHARACTERS,
    REPORT_ATTACHMENT_NAME,
    CaseReference,
    CheckedThing,
    FileDigests,
    PdfContent,
    Refusal,
    VerificationReport,
    make_short_code,
    report_to_bytes,
)
from keys import hash_bytes
from licences import AuthoritySeal, FileSealer, SealingKeys, mask_number
from verify import Report, Verifier

from .errors import HomeError, MalformedInputError, RefusalNotNeededError
from .messages import Message
from .receipt_face import receipt_pages
from .report_shapes import report_shape
from .self_check import require_authentic
from .settings import FAMILIES
from .wiring import Services

__all__ = [
    "OTHER_REASON",
    "REFUSAL_REASONS",
    "SERIAL_PREFIX",
    "CaseReference",
    "SealedReport",
    "checked_code",
    "checked_file",
    "receipt",
    "refusal_slip",
]

SERIAL_PREFIX = "HY"
OTHER_REASON = "other"
REFUSAL_REASONS: Mapping[str, Message] = MappingProxyType(
    {
        "system-not-ready": Message(zh="本单位业务系统尚不支持电子证照", en="our system does not take e-licences yet"),
        "original-for-archive": Message(zh="需要纸质原件归档", en="a paper original is wanted for the archive"),
        "doubt-about-result": Message(zh="对核验结果有疑问", en="doubt about the result of the verification"),
        "doubt-about-holder": Message(
            zh="无法确认办事人与持证主体的关系", en="it is not clear how the applicant and the holder are related"
        ),
        "law-demands-paper": Message(
            zh="法律、行政法规规定须交纸质原件", en="a law or administrative regulation demands paper"
        ),
        OTHER_REASON: Message(zh="其他原因", en="another reason"),
    }
)
"""Why an office did not take what had passed, in the order in which they are shown."""
REMARK_NEEDED = frozenset({OTHER_REASON, "law-demands-paper"})

# What a report says of a licence: enough to find it again, and of the holder no more than the masked name.
_OF_LICENCE = (
    "certificateName",
    "certificateType",
    "certificateTypeCode",
    "certificateNumber",
    "certificateIdentifier",
    "certificateVersion",
    "certificateIssuingAuthorityName",
    "certificateIssuingAuthorityCode",
    "certificateIssuedDate",
    "certificateEffectiveDate",
    "certificateExpiringDate",
    "document",
)
_OF_HOLDER = ("certificateHolderName", "certificateHolderTypeCode", "certificateHolderTypeName")
_PERSONAL_NUMBER = re.compile(r"(?<![0-9A-Za-z])([0-9]{3})[0-9]{10,13}([0-9][0-9Xx])(?![0-9A-Za-z])")
"""An identity number, which some authorities put into the names of signers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReport:
    """A report in both forms: the sealed page for people, the signed JSON for programs."""

    serial: str
    pdf: bytes
    data: bytes
    """Also inside the PDF."""
    signature: bytes
    """Detached, over `data`."""

    def file_name(self, kind: Literal["pdf", "json", "p7s"]) -> str:
        """Name one of the three files."""
        return f"{self.serial}.json.p7s" if kind == "p7s" else f"{self.serial}.{kind}"


def checked_file(data: bytes, *, signature: bytes | None = None) -> CheckedThing:
    """Say what was looked at: a file, with the signature that came beside it."""
    return CheckedThing(
        what=CHECKED_FILE,
        size=len(data),
        digests=_digests(data),
        signature=None if signature is None else _digests(signature),
    )


def checked_code(text: str) -> CheckedThing:
    """Say what was looked at: the text of a code."""
    data = text.strip().encode("utf-8", errors="replace")
    return CheckedThing(what=CHECKED_CODE, size=len(data), digests=_digests(data))


def receipt(
    services: Services, report: Report, *, checked: CheckedThing, case: CaseReference, at: datetime
) -> SealedReport:
    """Make the receipt of a verification, sealed now (`at`).

    Raises:
        MalformedInputError: an entry of the case is too long.
        HomeError, KeysError: the office's key cannot seal.
    """
    return _sealed(services, report, checked, case, None, at)


def refusal_slip(
    services: Services,
    report: Report,
    *,
    checked: CheckedThing,
    case: CaseReference,
    reason: str,
    remark: str,
    at: datetime,
) -> SealedReport:
    """Make the slip that a citizen gets whose licence passed and was not taken all the same; raises as `receipt`.

    Raises:
        MalformedInputError: an unknown reason, or one that needs a remark without it.
        RefusalNotNeededError: the verdict is not passed: the receipt says why it is not taken.
    """
    if not report:
        raise RefusalNotNeededError(
            "核验未通过，不需要拒收回执；请出具核验回执。",
            "the verdict is not passed: no slip is needed, the receipt says why it is not taken",
        )
    if report.recorded is not None or (report.licence is None and report.code is None):
        raise RefusalNotNeededError("这不是证照，不出具拒收回执。", "this is no licence: there is nothing to refuse")
    words = REFUSAL_REASONS.get(reason)
    if words is None:
        raise MalformedInputError("没有这个拒收理由。", f"the reason is none of {', '.join(REFUSAL_REASONS)}")
    remark = remark.strip()
    if reason in REMARK_NEEDED and not remark:
        raise MalformedInputError("这个理由须在备注中写明。", "this reason needs a remark")
    _require_short("备注", "the remark", remark, MAX_REMARK_CHARACTERS)
    refusal = Refusal(reason=reason, zh=words.zh, en=words.en, remark=remark)
    return _sealed(services, report, checked, case, refusal, at)


def _sealed(
    services: Services,
    report: Report,
    checked: CheckedThing,
    case: CaseReference,
    refusal: Refusal | None,
    at: datetime,
) -> SealedReport:
    for zh, en, text in (
        ("经办人", "the officer", case.officer),
        ("案号", "the case number", case.case_number),
        ("事项名称", "the name of the item", case.item_name),
        ("事项编码", "the code of the item", case.item_code),
    ):
        _require_short(zh, en, text, MAX_ENTRY_CHARACTERS)
    made_at = at.astimezone(CHINA).replace(microsecond=0)
    seal = _seal_of(services)
    subject = seal.seal.signer.certificate.subject
    if subject.organization is None or subject.organization_identifier is None:
        raise HomeError("印章证书没有写明机构。", "the certificate of the seal names no organisation")
    made = VerificationReport(
        serial=SERIAL_PREFIX + make_short_code(os.urandom),
        office_name=subject.organization,
        office_code=subject.organization_identifier,
        case=case,
        made_at=made_at,
        checked=checked,
        result=_result(report, services),
        refusal=refusal,
        development=seal.seal.signer.certificate.is_development or report.development,
    )
    data = report_to_bytes(made)
    content = PdfContent(
        title=made.title,
        pages=receipt_pages(services.fonts, made, seal=(seal.seal.picture.width, seal.seal.picture.height)),
        elements=(),
        structured=data,
        attachment=REPORT_ATTACHMENT_NAME,
    )
    # A receipt bears no code: the key for codes is asked for by nothing here.
    keys = SealingKeys(seals=(seal,), code_signer=seal.seal.signer)
    trust = services.trust
    sealed = FileSealer(services.fonts, keys, services.collector(trust)).seal(content, at=made_at)
    check = Verifier(trust, revocation=services.revocation)
    require_authentic("pdf", check.verify_file(sealed.pdf, at=made_at))
    require_authentic("json", check.verify_file(data, signature=sealed.p7s, at=made_at))
    return SealedReport(serial=made.serial, pdf=sealed.pdf, data=data, signature=sealed.p7s)


def _seal_of(services: Services) -> AuthoritySeal:
    """The office's seal: SM2 where there is one."""
    in_use = services.keys.register().families(datetime.now(CHINA))
    family = next((one for one in FAMILIES if one in in_use), None)
    if family is None:
        raise HomeError("没有印章密钥，不能出具回执。", "there is no seal key: no receipt can be made")
    return services.seals.of(family)


def _result(report: Report, services: Services) -> bytes:
    """The report as programs get it, with less of the licence: a case file needs no copy of it."""
    # What others signed may hold half a character; JSON in UTF-8 cannot.
    text = json.dumps(report_shape(report, services.catalogue, full=False), ensure_ascii=False)
    shape = json.loads(text.encode("utf-8", errors="replace"))
    if report.licence is not None:
        said = shape["licence"]
        holders = {"holders": [_kept(one, _OF_HOLDER) for one in said["holders"]]} if "holders" in said else {}
        shape["licence"] = _kept(said, (*_OF_LICENCE, *_OF_HOLDER)) | holders
        # The number of a person's licence may be that person's own.
        kind = report.licence.holders[0].kind if report.licence.holders else ""
        shape["licence"]["certificateNumber"] = mask_number(report.licence.number, kind)
    for signature in shape["signatures"]:
        signer = signature["signer"]
        if signer["name"]:
            signer["name"] = _PERSONAL_NUMBER.sub(r"\1***\2", signer["name"])
    return rfc8785.dumps(shape)


def _kept(members: Mapping[str, object], keys: tuple[str, ...]) -> dict[str, object]:
    return {key: members[key] for key in keys if key in members}


def _require_short(zh: str, en: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise MalformedInputError(f"{zh}超过 {limit} 字。", f"{en} has more than {limit} characters")


def _digests(data: bytes) -> FileDigests:
    return FileDigests(sha256=hash_bytes("sha256", data).hex(), sm3=hash_bytes("sm3", data).hex())
