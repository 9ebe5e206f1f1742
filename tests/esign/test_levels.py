"""B-B, B-T, B-LT and B-LTA: outside judges accept each level, a failing authority costs only the level, and no byte of
the highest one can be changed unnoticed."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto.cms import ContentInfo
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from esign import (
    AdditionRefusedError,
    EsignError,
    Evidence,
    MalformedError,
    PdfContent,
    PdfSealer,
    SealedPdf,
    SealLevel,
    TimestampError,
    TooLargeError,
    add_document_timestamp,
    add_evidence,
    read_sealed_pdf,
    read_timestamp,
)
from esign.evidence import MAX_EVIDENCE
from esign.pdf_reading import MAX_REVISIONS
from keys import KeysError


def good(pdf: bytes, ladder: Any) -> bool:
    """What a verifier must at least ask of everything that has a digest or a signature."""
    try:
        facts = read_sealed_pdf(pdf)
        for seal in facts.seals:
            seal.signed_data.verify_signature()
            if not seal.digest_matches() or not stamped(seal.signed_data.timestamp, seal.signed_data.signature):
                return False
        return all(stamped(stamp.token, *stamp.covered.chunks()) for stamp in facts.document_timestamps) and (
            facts.fields,
            facts.evidence,
        ) == (("Seal1",), read_sealed_pdf(ladder.b_lta).evidence)
    except (EsignError, KeysError):
        return False


def stamped(raw: bytes | None, *content: bytes | memoryview) -> bool:
    """Whether a token is over this, and all of its bytes are explained; no token is no fault."""
    if raw is None:
        return False
    token = read_timestamp(raw)
    token.verify_signature()
    issuers = {certificate.subject_der for certificate in token.certificates}
    return token.minimal and token.is_over(*content) and all(
        # No signature of the token covers the certificates behind the first: their issuers' must be asked.
        certificate.issuer_der in issuers or certificate.der in _KNOWN
        for certificate in token.certificates
    )


_KNOWN: frozenset[bytes] = frozenset()


def pem(certificate: Any) -> bytes:
    return load_der_x509_certificate(certificate.der).public_bytes(Encoding.PEM)


def test_facts_of_each_level(ladder: Any) -> None:
    facts = {level: read_sealed_pdf(pdf) for level, pdf in ladder.all.items()}
    for level, one in facts.items():
        (seal,) = one.seals
        seal.signed_data.verify_signature()
        assert seal.digest_matches()
        assert (seal.signed_data.timestamp is None) == (level == "b-b")
        assert seal.signed_data.timestamp is None or stamped(seal.signed_data.timestamp, seal.signed_data.signature)
    assert not facts["b-b"].evidence
    assert not facts["b-t"].evidence
    assert facts["b-lt"].evidence == facts["b-lta"].evidence == ladder.evidence
    assert facts["b-lt"].document_timestamps == ()
    (first,) = facts["b-lta"].document_timestamps
    assert (first.field, first.evidence) == ("Timestamp1", ladder.evidence)
    assert stamped(first.token, *first.covered.chunks())
    assert b"".join(first.covered.chunks()).startswith(ladder.b_lt)
    _, second = facts["twice"].document_timestamps
    assert (second.field, second.evidence) == ("Timestamp2", facts["twice"].evidence)
    assert len(second.evidence) == len(ladder.evidence) + 1
    assert stamped(second.token, *second.covered.chunks())


def test_every_level_grows_from_the_one_before(ladder: Any) -> None:
    assert ladder.twice.startswith(ladder.b_lta)
    assert ladder.b_lta.startswith(ladder.b_lt)
    assert ladder.b_lt.startswith(ladder.b_t)


def test_a_b_b_file_is_upgraded_without_touching_its_seal(ladder: Any) -> None:
    upgraded = add_document_timestamp(add_evidence(ladder.b_b, ladder.evidence), ladder.stamper)
    assert upgraded.startswith(ladder.b_b)
    facts = read_sealed_pdf(upgraded)
    assert facts.seals[0].signed_data.timestamp is None
    assert facts.evidence == ladder.evidence
    (stamp,) = facts.document_timestamps
    assert stamped(stamp.token, *stamp.covered.chunks())


def test_outside_judges_of_form(ladder: Any, witnesses: ModuleType, tmp_path: Path) -> None:
    """veraPDF, qpdf, pdfsig, and what pyHanko says about changes after the seal (DocMDP P=1)."""
    paths = {level: tmp_path / f"{level}.pdf" for level in ladder.all}
    for level, path in paths.items():
        path.write_bytes(ladder.all[level])
    conformance = witnesses.verapdf(list(paths.values()))
    for level, path in paths.items():
        assert conformance[path].compliant, (level, conformance[path].failures)
        assert witnesses.qpdf_check(path) == "", level
        seal, *stamps = witnesses.pdfsig(path)
        assert seal.whole_document == (level in ("b-b", "b-t"))
        assert seal.valid == (ladder.family == "rsa")
        assert [stamp.field for stamp in stamps] == [f"Timestamp{n + 1}" for n in range(len(stamps))]
        reader = PdfFileReader(BytesIO(ladder.all[level]))
        (signature,) = reader.embedded_regular_signatures
        review = DEFAULT_DIFF_POLICY.review_file(
            reader, signature.signed_revision, field_mdp_spec=signature.fieldmdp, doc_mdp=signature.docmdp_level
        )
        assert review.modification_level <= ModificationLevel.LTA_UPDATES  # type: ignore[union-attr]


def test_outside_judges_of_the_seal_and_its_timestamps(ladder: Any, witnesses: ModuleType) -> None:
    facts = read_sealed_pdf(ladder.twice)
    parts, *stamps = witnesses.signed_parts(ladder.twice)
    value = facts.seals[0].signed_data.signature
    assert parts.cms.endswith(facts.seals[0].signed_data.timestamp)
    tokens = [(facts.seals[0].signed_data.timestamp, value), *((stamp.cms, stamp.content) for stamp in stamps)]
    assert witnesses.bouncy_castle(parts.cms, parts.content, [ladder.pki.root.der]).accepted
    roots = [(token, content, ladder.pki.root.der) for token, content in tokens]
    assert [judgement.accepted for judgement in witnesses.bouncy_timestamps(roots)] == [True] * 3
    if ladder.family == "rsa":
        assert witnesses.openssl_cms_verify(parts.cms, parts.content, pem(ladder.pki.root)) == ""
        at = ladder.stamper.at + timedelta(days=5)
        for token, content in tokens:
            assert witnesses.openssl_timestamp_verify(token, content, pem(ladder.pki.root), at=at) == ""
            changed = content[:-1] + bytes((content[-1] ^ 1,))
            assert witnesses.openssl_timestamp_verify(token, changed, pem(ladder.pki.root), at=at) != ""


def _spec(root: bytes, *, revocation: bool) -> SignatureValidationSpec:
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=load_certs_from_pemder_data(root)),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    return SignatureValidationSpec(
        cert_validation_policy=policy,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
        ),
    )
