"""The page of a receipt: everything that the report says stands on it, whole and within its margins."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
import rfc8785

from api.receipt_face import receipt_pages
from api.receipts import REFUSAL_REASONS
from api.schemas_reports import RefusalBody
from esign import (
    CHINA,
    CaseReference,
    CheckedThing,
    FileDigests,
    FontChain,
    Page,
    Refusal,
    TextRun,
    VerificationReport,
)
from licences import shipped_font, width_of

AT = datetime(2026, 11, 22, 10, 30, tzinfo=CHINA)
SIGNATURE: dict[str, Any] = {
    "field": "Seal1", "algorithm": "sm2",
    "signer": {"name": "样例县行政审批局 电子印章", "organization": "样例县行政审批局"},
    "certificate_issuer": "测试签发机构", "certificate_serial": "57ab4ae5d3e9d5d4e05b77b543995ecb",
    "claimed_time": AT.isoformat(), "proven_time": None, "proof": "none",
    "revocation": {"status": "good", "as_of": AT.isoformat()}, "changed_pages": [2, 3],
    "covers": "whole", "intact": True, "valid": True, "trusted": True, "development": False,
}  # fmt: skip
LICENCE: dict[str, Any] = {
    "certificateType": "农药经营许可证", "certificateNumber": "农药经许（样）99000120001",
    "certificateHolderName": "张*", "certificateHolderTypeName": "公民身份号码",
    "certificateIssuingAuthorityName": "样例县行政审批局",
    "certificateIssuingAuthorityCode": "1199010000000102XM", "certificateEffectiveDate": "2026-03-02",
    "certificateExpiringDate": None, "certificateIdentifier": "1.2.156.3005.2.11990000000001011Q001",
}  # fmt: skip


@pytest.fixture(scope="module")
def fonts() -> FontChain:
    return FontChain([shipped_font()])


def _result(**changes: Any) -> bytes:
    check = {"name": "format", "outcome": "passed", "code": "OK", "detail": ""}
    result = {
        "verdict": "passed", "kind": "pdf", "reason": "OK", "indication": "TOTAL-PASSED", "at": AT.isoformat(),
        "sentence": {"zh": "证照真实有效。", "en": "The licence is genuine and in force."},
        "action": {"zh": "可以采信。", "en": "You may rely on it."},
        "status": {"value": "issued", "source": "store", "as_of": AT.isoformat()},
        "basis": {"lines": [{"zh": "信任根：2 个。", "en": "Trusted roots: 2."}]},
        "licence": LICENCE, "code": None, "copy": None, "checks": [check] * 20, "signatures": [SIGNATURE],
    }  # fmt: skip
    return rfc8785.dumps(result | changes)


def _report(result: bytes, **changes: Any) -> VerificationReport:
    digests = FileDigests(sha256="1a" * 32, sm3="2b" * 32)
    members: dict[str, Any] = {
        "serial": "HY2345678923AB", "office_name": "样例县行政审批局", "office_code": "1199010000000102XM",
        "case": CaseReference(officer="clerk07"), "made_at": AT, "development": False, "result": result,
        "checked": CheckedThing(what="file", size=87_898, digests=digests, signature=digests),
    }  # fmt: skip
    return VerificationReport(**members | changes)


def _text(pages: tuple[Page, ...]) -> str:
    runs = (item.text for page in pages for item in page.items if isinstance(item, TextRun))
    return "".join("".join(runs).split())


def _require_within_margins(fonts: FontChain, pages: tuple[Page, ...]) -> None:
    for page in pages:
        for run in page.items:
            if isinstance(run, TextRun):
                assert run.x >= 17.9, run
                assert run.x + width_of(fonts, run.text, run.size) <= 195, run
                assert 10 <= run.y <= 294, run
                assert run.size >= 4, run


def test_an_ordinary_receipt_has_one_page(fonts: FontChain) -> None:
    pages = receipt_pages(fonts, _report(_result()), seal=(42.0, 42.0))
    assert len(pages) == 1
    _require_within_margins(fonts, pages)
    shown = _text(pages)
    for what in (
        "核验回执",
        "通过",
        "证照真实有效",
        "张*",
        "长期有效",
        "2b" * 32,
        "clerk07",
        "共20项：通过20",
        "未被吊销（2026-11-22",
        "2、3",
        "不是证照本身",
    ):
        assert what in shown
    (place,) = pages[0].seals
    assert place.y + 21 <= 292


LENGTHY = {"name": "issuer", "outcome": "failed", "code": "X", "detail": "d" * 20_000}
LONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "many signatures": ({"signatures": [SIGNATURE | {"field": f"Seal{n}"} for n in range(64)]}, {}),
    "long entries": (
        {"licence": LICENCE | {"certificateHolderName": "甲" * 300, "certificateNumber": "9" * 200}},
        {"case": CaseReference(officer="e" * 100, case_number="9" * 100, item_name="事" * 100, item_code="A" * 100)},
    ),
    "a long office": ({}, {"office_name": "样例省样例市" * 16}),
    "a value that no page holds": ({"sentence": {"zh": "好。" * 40, "en": "x"}, "checks": [LENGTHY]}, {}),
    "a refusal": ({}, {"refusal": Refusal(reason="other", zh="其他", en="other", remark="长" * 200)}),
    "every check open": (
        {
            "verdict": "indeterminate",
            "checks": [{"name": "issuer", "outcome": "failed", "code": "X" * 40, "detail": "d" * 400}] * 60,
        },
        {},
    ),
}


@pytest.mark.parametrize(("result", "members"), LONG.values(), ids=LONG)
def test_long_values_flow_and_are_never_cut(fonts: FontChain, result: dict[str, Any], members: dict[str, Any]) -> None:
    report = _report(_result(**result), **members)
    pages = receipt_pages(fonts, report, seal=(42.0, 42.0))
    _require_within_margins(fonts, pages)
    assert [bool(page.seals) for page in pages] == [False] * (len(pages) - 1) + [True]
    shown = _text(pages)
    for value in (report.case.officer, report.case.case_number, report.case.item_name, report.office_name):
        assert value in shown
    if report.refusal is not None:
        assert report.refusal.remark in shown
    else:
        assert shown.count("57ab4ae5d3e9d5d4e05b77b543995ecb") == len(result.get("signatures", [SIGNATURE]))
    # A page's foot may stand between two lines of a value.
    assert shown.count("d") >= sum(len(check["detail"]) for check in result.get("checks", ()))


def test_what_no_font_prints_is_named(fonts: FontChain) -> None:
    odd = "a\u202eb\U0001f600\x00c"
    strange = SIGNATURE | {"signer": {"name": odd, "organization": None}, "field": odd}
    report = _report(_result(signatures=[strange], kind=odd, sentence={"zh": odd, "en": odd}), office_name=odd)
    pages = receipt_pages(fonts, report, seal=(42.0, 42.0))
    assert _text(pages).count("a[U+202E]b[U+1F600][U+0000]c") == 8
    assert not any(unicodedata.category(character)[0] == "C" for character in _text(pages))


def test_a_licence_of_several_holders_or_none(fonts: FontChain) -> None:
    one = {"certificateHolderName": "李*", "certificateHolderTypeName": "公民身份号码"}
    for holders, shown in (([one, one], "李*、李*"), ([], "农药经营许可证")):
        licence = {key: value for key, value in LICENCE.items() if "Holder" not in key} | {"holders": holders}
        assert shown in _text(receipt_pages(fonts, _report(_result(licence=licence)), seal=(42.0, 42.0)))


def test_at_any_time_of_day(fonts: FontChain) -> None:
    late = _report(_result(), made_at=AT + timedelta(hours=13, minutes=29))
    assert "2026-11-2223:59:00" in _text(receipt_pages(fonts, late, seal=(30.0, 45.0)))


def test_the_reasons_are_those_of_the_interface() -> None:
    assert get_args(RefusalBody.model_fields["reason"].annotation) == tuple(REFUSAL_REASONS)
