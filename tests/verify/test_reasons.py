from __future__ import annotations

from pathlib import Path

import pytest

from verify import REASONS, Outcome, Reason, reasons_table

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reasons.md"

# ETSI EN 319 102-1 clause 5.1.3, tables 5 and 6.
SUB_INDICATIONS = {
    "FORMAT_FAILURE",
    "HASH_FAILURE",
    "SIG_CRYPTO_FAILURE",
    "REVOKED",
    "EXPIRED",
    "NOT_YET_VALID",
    "SIG_CONSTRAINTS_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "POLICY_PROCESSING_ERROR",
    "SIGNATURE_POLICY_NOT_AVAILABLE",
    "TIMESTAMP_ORDER_FAILURE",
    "NO_SIGNING_CERTIFICATE_FOUND",
    "NO_CERTIFICATE_CHAIN_FOUND",
    "REVOKED_NO_POE",
    "REVOKED_CA_NO_POE",
    "OUT_OF_BOUNDS_NO_POE",
    "OUT_OF_BOUNDS_NOT_REVOKED",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "NO_POE",
    "TRY_LATER",
    "SIGNED_DATA_NOT_FOUND",
}

CONTRACT = {
    Outcome.PASSED: {
        "OK",
        "SEAL_GENUINE",
        "SIGNED_DOCUMENT",
        "SIGNED_THEN_FILLED",
        "ARCHIVE_GENUINE",
        "REPORT_GENUINE",
        "DIGEST_SIGNED",
        "STATUS_LIST_GENUINE",
        "RENEWAL_PENDING",
        "EXTENDED",
        "DISPUTED",
        "OBLIGATION_NOTE",
        "COPY_GENUINE",
    },
    Outcome.FAILED: {
        "FORMAT_EMPTY",
        "STATUS_ANNULLED",
        "STATUS_WITHDRAWN",
        "STATUS_CANCELLED",
        "STATUS_TRANSFERRED",
        "STATUS_SUPERSEDED",
        "STATUS_SUSPENDED",
        "STATUS_REPORTED_LOST",
        "STATUS_NOT_ACTIVATED",
        "OBLIGATION_OVERDUE",
        "FORMAT_UNKNOWN",
        "FORMAT_COPY",
        "FORMAT_ARCHIVE",
        "FORMAT_REPORT",
        "FORMAT_STATUS_LIST",
        "STATUS_LIST_WRONG_SIGNER",
        "STATUS_ENDED",
        "REPORT_NOT_OF_OFFICE",
        "REPORT_OTHER_SUBJECT",
        "ARCHIVE_INCOMPLETE",
        "ARCHIVE_CONTRADICTORY",
        "COPY_NOT_OF_ORIGINAL",
        "COPY_NOT_OF_MAKER",
        "COPY_EXPIRED",
        "COPY_OTHER_PURPOSE",
        "FORMAT_PDF",
        "FORMAT_OFD",
        "FORMAT_CMS",
        "FORMAT_STRUCTURED",
        "FORMAT_CODE",
        "FORMAT_PICTURE",
        "SEAL_MISSING",
        "NON_CANONICAL",
        "DIGEST_MISMATCH",
        "CONTENT_UNCOVERED",
        "DOCUMENT_UNLISTED",
        "BODY_MISMATCH",
        "CODE_TRANSPLANTED",
        "FACE_DIFFERS",
        "SIGNATURE_INVALID",
        "SEAL_UNEXPECTED",
        "SEAL_NOT_OF_ISSUER",
        "CERTIFICATE_UNFIT",
        "SEAL_TIME_OUTSIDE_CERTIFICATE",
        "KEY_COMPROMISED",
        "TIMESTAMP_INVALID",
        "SEAL_TIME_CONTRADICTED",
        "CERTIFICATE_REVOKED",
        "CHANGED_AFTER_SIGNING",
        "SEALS_INCOMPLETE",
        "FORMAT_SES",
        "SIGNER_NOT_IN_SEAL",
        "SIGNER_UNFIT",
        "SEAL_SELF_MADE",
        "SEAL_NOT_IN_FORCE",
        "SEAL_AFTER_RETIREMENT",
        "HOLDER_MISMATCH",
        "STATUS_REVOKED",
        "STATUS_EXPIRED",
        "STATUS_NOT_YET_IN_FORCE",
    },
    Outcome.INDETERMINATE: {
        "FACE_FORM_UNKNOWN",
        "FORMAT_FOREIGN",
        "CERTIFICATE_UNTRUSTED",
        "NO_TRUST_ANCHORS",
        "CLOCK_DOUBTFUL",
        "PICTURE_UNREAD",
        "PICTURE_WITHOUT_CODE",
        "CERTIFICATE_EXPIRED",
        "KEY_COMPROMISED_UNPROVEN",
        "CERTIFICATE_REVOKED_UNPROVEN",
        "TIMESTAMP_UNTRUSTED",
        "ALGORITHM_OUTDATED",
        "CERTIFICATE_MISSING",
        "CONTENT_MISSING",
        "SIGNED_IN_PART",
        "DOCUMENT_NOT_SEEN",
        "REVOCATION_UNKNOWN",
        "SEAL_EXTENSION_UNKNOWN",
        "CODE_KEY_UNKNOWN",
        "HOLDER_NOT_CHECKED",
        "STATUS_UNKNOWN",
        "EXTENSION_UNKNOWN",
        "STATUS_LIST_FORGED",
        "STATUS_LIST_NOT_OF_ISSUER",
        "STATUS_LIST_UNTRUSTED",
        "STATUS_STALE",
        "STATUS_NOT_LISTED_THEN",
        "STATUS_LIST_OUTDATED",
        "STATUS_LIST_LATER",
        "CERTIFICATE_NOT_YET_VALID",
        "OBLIGATION_UNKNOWN",
        "RESOURCE_LIMIT",
        "ALGORITHM_UNAVAILABLE",
    },
}

each_reason = pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reasons_table()


def test_codes_and_outcomes_are_those_of_the_contract() -> None:
    assert {
        outcome: {code for code, reason in REASONS.items() if reason.outcome is outcome} for outcome in Outcome
    } == CONTRACT


@each_reason
def test_both_languages_are_plain_sentences(reason: Reason) -> None:
    for text in (reason.sentence, reason.action):
        assert text.zh.endswith("。")
        assert text.en.endswith(".")
        # Written for people: no code of ours and no word of the trade that a citizen has never heard.
        for jargon in (reason.code, "CMS", "DER", "摘要", "哈希", "证书链", "锚"):
            assert jargon not in text.zh


@each_reason
def test_indication_follows_the_outcome(reason: Reason) -> None:
    expected = {"passed": "TOTAL-PASSED", "failed": "TOTAL-FAILED", "indeterminate": "INDETERMINATE"}
    assert reason.indication == expected[reason.outcome.value]
    assert reason.sub_indication in {"", *SUB_INDICATIONS}


@each_reason
def test_unknown_is_never_said_to_be_invalid(reason: Reason) -> None:
    if reason.outcome is Outcome.INDETERMINATE:
        assert reason.sentence.zh.startswith(("无法判断：", "代码真实，", "证照真实，"))
        for word in ("无效", "伪造", "假证照", "拒绝接受"):
            assert word not in reason.sentence.zh + reason.action.zh
        for word in ("invalid", "forged:", "refuse it"):
            assert word not in (reason.sentence.en + reason.action.en).lower()


def test_genuine_but_not_in_force_is_said_to_be_genuine() -> None:
    for code in ("STATUS_REVOKED", "STATUS_EXPIRED", "STATUS_NOT_YET_IN_FORCE"):
        assert REASONS[code].sentence.zh.startswith("证照真实，但")
        assert "is genuine but" in REASONS[code].sentence.en
