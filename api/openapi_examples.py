"""Examples of the bodies that come in, for the description of the interface. Places, people and codes are invented."""

from collections.abc import Mapping

_OFFICE, _OFFICE_CODE = "样例县行政审批局", "1199010000000102XM"
_HOLDER = {"kind": "111", "code": "990101199003071237"}
_PARTNER = {"accessId": "platform", "accessToken": "elk_…"}
_IDENTIFIER = "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.D990101G20260001.001.X"
_NUMBER = "D990101G2026-0001"
_ITEM_NAME, _ITEM_CODE, _CASE = "取水许可延续", "99900120011000", "2026-000117"
_ITEM = {"name": _ITEM_NAME, "code": _ITEM_CODE}
_ACTOR = {"name": "officer07", "office": _OFFICE, "office_code": _OFFICE_CODE}
_ACCESS = {
    "office": _OFFICE,
    "officer": "officer07",
    "item_name": _ITEM_NAME,
    "item_code": _ITEM_CODE,
    "case_number": _CASE,
    "reason": "核对申请材料",
}
_DATA = {"certificateNumber": _NUMBER, "certificateHolderName": "样例县绿野农资有限公司", "annualVolume": "1.85"}
_WISH = {"type": "water-abstraction", "data": _DATA, "seal": "sm2"}
_CODE = "01,000000000001"
_DIGEST = "0" * 64
_REQUEST = {"item": _ITEM_CODE, "applicant": _HOLDER, "access": _ACCESS}
_GRANTS = [{"operations": ["read", "look_up"], "types": ["water-abstraction"], "regions": ["9901"]}]
_REQUESTER = {"requester": "water-system", "item": _ITEM, "case_number": _CASE, "forms": ["data"]}
_SHARED = {
    "orgName": _OFFICE,
    "username": "officer07",
    "itemName": _ITEM_NAME,
    "itemCode": _ITEM_CODE,
    "businessCode": _CASE,
}

EXAMPLES: Mapping[str, Mapping[str, object]] = {
    "IssueBody": _WISH,
    "BatchBody": {"items": [{**_WISH, "key": "case-117"}]},
    "ActBody": {"action": "revoke", "actor": _ACTOR, "ground": "逾期未改正", "decision": "样水罚〔2026〕1 号"},
    "DraftBody": {**_WISH, "actor": _ACTOR},
    "StepBody": {"actor": _ACTOR},
    "ApprovalBody": {"actor": _ACTOR, "digest": _DIGEST},
    "ReturnBody": {"actor": _ACTOR, "remarks": [{"pointer": "/data/annualVolume", "text": "与批复不一致"}]},
    "HolderBody": {**_HOLDER, "access": _ACCESS},
    "CopyBody": {
        "cause": "办理取水许可延续",
        "requester": {"office": _OFFICE, "officer": "officer07"},
        "item": _ITEM,
        "case_number": _CASE,
        "made_by": "officer07",
    },
    "StatusQuestion": {"identifier": _IDENTIFIER, "list": 1, "index": 4711},
    "CodeBody": {"code": _CODE},
    "DigestBody": {"digest": {"sha256": _DIGEST}, "signature": "MIIB…", "of": "file"},
    "ReceiptBody": {"code": _CODE, "officer": "officer07", "case_number": _CASE},
    "RefusalBody": {"code": _CODE, "reason": "law-demands-paper", "case_number": _CASE},
    "ClientBody": {
        "name": "water-system",
        "title": "取水审批系统",
        "office": _OFFICE,
        "office_code": _OFFICE_CODE,
        "roles": ["issuer_system"],
        "grants": _GRANTS,
    },
    "GrantsBody": {"grants": _GRANTS},
    "KeyBody": {"label": "2026", "days": 90},
    "CertificateBody": {"certificate": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"},
    "SubjectBody": {"issuer": "https://id.example.gov.cn", "subject": "water-system"},
    "RequirementsBody": _REQUEST,
    "PredicateBody": {**_REQUEST, "predicate": "is-adult"},
    "ItemFileBody": {"toml": 'code = "99900120011000"\nname = "取水许可延续"\n'},
    "WebhookBody": {"url": "https://approval.example.gov.cn/elicence", "events": ["licence.issued", "licence.acted"]},
    "TrailHolderBody": _HOLDER,
    "CaseBody": {"kind": "objection", "identifier": _IDENTIFIER, "statement": "许可水量登记有误", "holder": _HOLDER},
    "CaseStepBody": {"act": "reply", "note": "已核对批复原件，将予更正。"},
    "AuthorisationBody": _REQUESTER,
    "DutyBody": {
        **_REQUESTER,
        "identifier": _IDENTIFIER,
        "legal_basis": "《取水许可和水资源费征收管理条例》",
        "access": _ACCESS,
    },
    "RedeemBody": {"code": "12345678901234567890", "form": "data", "access": _ACCESS},
    "ShownBody": {"code": "12345678901234567890", "access": _ACCESS},
    "DownloadBody": {"format": "pdf", "copy_for": {"cause": "办理贷款", "recipient": "样例农商银行"}},
    "MandateBody": {
        "agent": {"kind": "111", "code": "99010119850505001X", "name": "王样例"},
        "types": ["water-abstraction"],
        "matter": "代办取水许可延续",
        "until": "2026-12-31",
    },
    "ObjectionBody": {"identifier": _IDENTIFIER, "statement": "许可水量登记有误"},
    "ByHolderBody": {"head": _PARTNER, "data": {**_SHARED, "holderCode": _HOLDER["code"], "holderTypeCode": "111"}},
    "FileBody": {
        "head": _PARTNER,
        "data": {**_SHARED, "certificateIdentifier": _IDENTIFIER, "certificateCopyCause": "办理取水许可延续"},
    },
    "VerifyBody": {
        "head": _PARTNER,
        "data": {**_SHARED, "certTypeCode": "11990000000001011Q001", "certData": {"certificateNumber": _NUMBER}},
    },
}
"""By the name of the body; data of licences is shortened."""
