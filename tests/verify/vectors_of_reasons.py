"""For every code of `verify.REASONS` the test in which a verifier gives it as its reason.

The value is the beginning of a test's name as pytest writes it; without the part in brackets it means every variant.
When such a test runs, `tests/conftest.py` listens to the verifier and fails the test if the code was not its verdict.
"""

from __future__ import annotations

VECTORS: dict[str, str] = {
    "REPORT_GENUINE": "tests/verify/test_signed_report.py::test_a_report_passes_for_what_it_is",
    "FORMAT_REPORT": "tests/verify/test_signed_report.py::test_cut_off_or_without_its_signature",
    "REPORT_NOT_OF_OFFICE": "tests/verify/test_signed_report.py::test_somebody_else_poses_as_the_office",
    "REPORT_OTHER_SUBJECT": "tests/verify/test_signed_report.py::test_a_report_for_another_file",
    "DIGEST_SIGNED": "tests/verify/test_hash_only.py::test_what_others_signed_beside_a_file",
    "DOCUMENT_NOT_SEEN": "tests/verify/test_hash_only.py::test_a_licence_is_never_passed_by_its_digest",
    "FORMAT_STATUS_LIST": "tests/verify/test_status_lists.py::test_a_list_by_itself_is_judged[cut]",
    "STATUS_LIST_WRONG_SIGNER": "tests/verify/test_status_lists.py::test_a_list_by_itself_is_judged[of another]",
    "STATUS_ENDED": "tests/verify/test_status_lists.py::test_each_value_has_its_verdict[ENDED-",
    "EXTENSION_UNKNOWN": "tests/verify/test_status_lists.py::test_past_its_end_nobody_says_expired_without_knowing",
    "STATUS_LIST_FORGED": (
        "tests/verify/test_status_lists.py::test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign[changed]"
    ),
    "STATUS_LIST_NOT_OF_ISSUER": (
        "tests/verify/test_status_lists.py"
        "::test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign[another authority signs]"
    ),
    "STATUS_LIST_UNTRUSTED": (
        "tests/verify/test_status_lists.py"
        "::test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign[of another CA]"
    ),
    "STATUS_STALE": (
        "tests/verify/test_status_lists.py::test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign[old]"
    ),
    "STATUS_NOT_LISTED_THEN": (
        "tests/verify/test_status_lists.py"
        "::test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign[from the future]"
    ),
    "STATUS_LIST_OUTDATED": "tests/verify/test_status_lists.py::test_a_list_by_itself_is_judged[old]",
    "STATUS_LIST_LATER": "tests/verify/test_status_lists.py::test_a_list_by_itself_is_judged[later]",
    "CERTIFICATE_NOT_YET_VALID": (
        "tests/verify/test_attack_classes.py::test_no_attack_passes[certificate-that-had-not-begun]"
    ),
    "STATUS_LIST_GENUINE": "tests/verify/test_status_lists.py::test_a_list_by_itself_is_judged[good]",
    "FORMAT_EMPTY": "tests/verify/test_any_input.py::test_cut_off_file_fails",
    "FORMAT_UNKNOWN": "tests/verify/test_any_input.py::test_a_claim_that_cannot_be_read_counts_beside_a_genuine_code",
    "FORMAT_PICTURE": "tests/verify/test_any_input.py::test_random_pictures",
    "PICTURE_WITHOUT_CODE": "tests/verify/test_any_input.py::test_picture_without_a_code",
    "FORMAT_CODE": "tests/verify/test_code.py::test_what_is_no_code",
    "FORMAT_PDF": "tests/verify/test_foreign.py::test_shadows_and_wrappings",
    "FORMAT_OFD": "tests/verify/test_ofd.py::test_a_damaged_package",
    "CONTENT_UNCOVERED": "tests/verify/test_ofd.py::test_a_file_that_was_added",
    "SIGNED_IN_PART": "tests/verify/test_foreign_ofd.py::test_what_shows_and_is_not_covered_is_named",
    "FORMAT_STRUCTURED": (
        "tests/verify/test_any_input.py::test_licence_with_one_value_replaced_under_a_good_signature"
    ),
    "FORMAT_COPY": "tests/flow/test_annotated_copies.py::test_a_licence_with_a_copys_data_added_is_no_copy",
    "FORMAT_ARCHIVE": "tests/api/test_archive.py::test_attacks[no-manifest]",
    "SEAL_MISSING": "tests/verify/test_sealed_files.py::test_structured_licence_without_its_signature",
    "FORMAT_CMS": "tests/verify/test_sealed_files.py::test_signature_that_is_none",
    "FORMAT_SES": "tests/verify/test_ses.py::test_a_damaged_seal",
    "NON_CANONICAL": "tests/verify/test_sealed_files.py::test_pdf_grown_after_the_seal",
    "DIGEST_MISMATCH": "tests/verify/test_sealed_files.py::test_changed_name_in_the_licence",
    "SIGNATURE_INVALID": "tests/verify/test_ses.py::test_a_forged_seal_fails",
    "SEAL_UNEXPECTED": "tests/verify/test_several_seals.py::test_a_seal_that_nobody_listed",
    "DOCUMENT_UNLISTED": "tests/verify/test_reason_vectors.py::test_a_document_that_the_licence_does_not_list",
    "CODE_TRANSPLANTED": "tests/flow/test_face.py::test_a_code_of_another_licence",
    "FACE_DIFFERS": "tests/flow/test_face.py::test_a_face_that_differs_is_named_field_by_field",
    "FACE_FORM_UNKNOWN": "tests/flow/test_face.py::test_a_face_of_a_later_form",
    "BODY_MISMATCH": "tests/verify/test_reason_vectors.py::test_a_body_that_is_missing",
    "SEAL_NOT_OF_ISSUER": "tests/verify/test_several_seals.py::test_an_authority_that_does_not_issue_it",
    "COPY_NOT_OF_ORIGINAL": (
        "tests/flow/test_annotated_copies.py::test_a_copy_says_what_the_original_says_and_when_it_was_made"
    ),
    "COPY_NOT_OF_MAKER": "tests/flow/test_annotated_copies.py::test_the_copy_without_its_watermark_is_nobodys",
    "ARCHIVE_INCOMPLETE": "tests/api/test_archive.py::test_attacks[no-pdf]",
    "ARCHIVE_CONTRADICTORY": (
        "tests/api/test_archive.py"
        "::test_even_under_the_authority_s_seal_a_package_must_not_contradict_itself[other-pdf]"
    ),
    "CERTIFICATE_UNFIT": "tests/verify/test_sealed_files.py::test_code_key_is_no_seal",
    "SIGNER_NOT_IN_SEAL": "tests/verify/test_ses.py::test_a_signer_who_is_not_on_the_list",
    "SEAL_SELF_MADE": "tests/verify/test_ses.py::test_a_seal_that_its_user_made_fails_outside_development",
    "SEAL_NOT_IN_FORCE": "tests/verify/test_ses.py::test_a_seal_out_of_its_term_is_genuine_but_may_not_be_used",
    "SIGNER_UNFIT": "tests/verify/test_foreign.py::test_a_signed_pdf",
    "SEAL_TIME_OUTSIDE_CERTIFICATE": (
        "tests/verify/test_sealed_files.py::test_sealed_outside_the_certificates_validity"
    ),
    "KEY_COMPROMISED": "tests/verify/test_over_time.py::test_retired_keys[sm2-pdf-compromise--1-b-b-KEY_COMPROMISED]",
    "SEAL_AFTER_RETIREMENT": (
        "tests/verify/test_over_time.py::test_retired_keys[sm2-pdf-orderly--1-b-b-SEAL_AFTER_RETIREMENT]"
    ),
    "SEAL_TIME_CONTRADICTED": "tests/verify/test_over_time.py::test_a_timestamp_before_the_claimed_time",
    "TIMESTAMP_INVALID": "tests/verify/test_over_time.py::test_a_timestamp_over_something_else",
    "CERTIFICATE_REVOKED": ("tests/verify/test_revocation.py::test_an_intermediate_authority_that_was_revoked"),
    "CHANGED_AFTER_SIGNING": "tests/verify/test_foreign.py::test_an_overlay_after_signing",
    "HOLDER_MISMATCH": "tests/verify/test_code.py::test_transplanted_code",
    "SEALS_INCOMPLETE": "tests/verify/test_sealed_files.py::test_licence_that_waits_for_a_seal_is_not_in_force",
    "STATUS_REVOKED": "tests/verify/test_attacks.py::test_a_revoked_licence_inside_its_signature",
    "STATUS_ANNULLED": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[annulled-",
    "STATUS_WITHDRAWN": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[withdrawn-",
    "STATUS_CANCELLED": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[cancelled-",
    "STATUS_TRANSFERRED": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[transferred-",
    "STATUS_SUPERSEDED": "tests/verify/test_standing.py::test_a_superseded_licence_names_the_one_in_its_place",
    "STATUS_SUSPENDED": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[suspended-",
    "STATUS_REPORTED_LOST": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[lost-",
    "STATUS_NOT_ACTIVATED": "tests/verify/test_standing.py::test_each_status_has_a_verdict_of_its_own[inactive-",
    "STATUS_EXPIRED": "tests/verify/test_standing.py::test_after_its_last_day[more0-",
    "STATUS_NOT_YET_IN_FORCE": (
        "tests/flow/test_levels.py::test_a_licence_of_tomorrow_is_issued_while_the_ca_is_silent"
    ),
    "OBLIGATION_OVERDUE": "tests/verify/test_standing.py::test_a_code_alone_never_hides_an_overdue_inspection",
    "COPY_EXPIRED": "tests/flow/test_annotated_copies.py::test_after_its_end_it_proves_the_old_case_only",
    "COPY_OTHER_PURPOSE": "tests/flow/test_annotated_copies.py::test_it_is_compared_to_what_it_is_used_for[other-case]",
    "RESOURCE_LIMIT": "tests/verify/test_any_input.py::test_file_over_the_limit_is_not_looked_at",
    "FORMAT_FOREIGN": "tests/verify/test_reason_vectors.py::test_a_pdf_that_asks_for_a_password",
    "ALGORITHM_UNAVAILABLE": "tests/verify/test_any_input.py::test_changed_byte_of_the_detached_signature_is_caught",
    "SEAL_EXTENSION_UNKNOWN": "tests/verify/test_ses.py::test_a_critical_extension_is_not_passed_over",
    "NO_TRUST_ANCHORS": "tests/verify/test_sealed_files.py::test_verifier_without_anchors_says_so",
    "PICTURE_UNREAD": "tests/verify/test_scans.py::test_photographs_that_are_not_read",
    "CLOCK_DOUBTFUL": "tests/verify/test_basis.py::test_a_clock_that_is_behind_makes_nothing_false",
    "CODE_KEY_UNKNOWN": "tests/verify/test_code.py::test_unknown_key",
    "CERTIFICATE_UNTRUSTED": "tests/verify/test_sealed_files.py::test_self_signed_seal_with_the_agencys_name",
    "CERTIFICATE_REVOKED_UNPROVEN": "tests/verify/test_foreign.py::test_an_applicant_whose_certificate_was_revoked",
    "TIMESTAMP_UNTRUSTED": (
        "tests/verify/test_over_time.py::test_an_untrusted_timestamp_with_evidence_about_its_authority_stays_open"
    ),
    "ALGORITHM_OUTDATED": "tests/verify/test_foreign.py::test_what_no_document_may_have",
    "CERTIFICATE_MISSING": "tests/verify/test_foreign.py::test_what_no_document_may_have",
    "CONTENT_MISSING": "tests/verify/test_ses.py::test_without_its_original_it_is_at_most_indeterminate",
    "CERTIFICATE_EXPIRED": "tests/verify/test_code.py::test_expired_code_certificate",
    "KEY_COMPROMISED_UNPROVEN": (
        "tests/verify/test_over_time.py::test_retired_keys[sm2-pdf-compromise-1-b-b-KEY_COMPROMISED_UNPROVEN]"
    ),
    "REVOCATION_UNKNOWN": "tests/verify/test_revocation.py::test_nobody_answers",
    "HOLDER_NOT_CHECKED": "tests/verify/test_code.py::test_code_alone_is_at_most_indeterminate",
    "OBLIGATION_UNKNOWN": "tests/verify/test_standing.py::test_standing_obligations[offline overdue]",
    "STATUS_UNKNOWN": "tests/verify/test_sealed_files.py::test_nobody_knows_the_status",
    "SEAL_GENUINE": "tests/verify/test_ses.py::test_a_good_seal_passes_with_its_own_sentence",
    "SIGNED_THEN_FILLED": "tests/verify/test_attack_classes.py::test_a_form_filled_as_the_signer_permits",
    "SIGNED_DOCUMENT": "tests/verify/test_foreign.py::test_two_signers",
    "ARCHIVE_GENUINE": "tests/flow/test_levels.py::test_an_archive_package_outlives_the_certificates_without_network",
    "COPY_GENUINE": "tests/flow/test_annotated_copies.py::test_a_copy_passes_and_says_what_for",
    "RENEWAL_PENDING": "tests/verify/test_standing.py::test_after_its_last_day[more1-",
    "EXTENDED": "tests/verify/test_standing.py::test_after_its_last_day[more2-",
    "DISPUTED": "tests/verify/test_standing.py::test_a_dispute_is_said_and_does_not_end_a_licence",
    "OBLIGATION_NOTE": "tests/verify/test_standing.py::test_standing_obligations[note]",
    "OK": "tests/verify/test_any_input.py::test_the_same_code_twice",
}


def codes_of(test: str) -> list[str]:
    """The codes of which a test is the vector."""
    return [code for code, vector in VECTORS.items() if is_vector(vector, test)]


def is_vector(vector: str, test: str) -> bool:
    """Whether a test's full name is one that the entry means."""
    return test == vector or test.startswith(vector if "[" in vector else f"{vector}[")
