"""B-B, B-T, B-LT and B-LTA: outside judges accept each level, a failing authority costs only the level, and no byte of
the highest one can be changed unnoticed."""

import asyncio
import contextlib
import multiprocessing
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from declared import declared_pki
from hypothesis import given, settings
from hypothesis import strategies as st
from machine import least_seconds
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from esign import (
    AdditionRefusedError,
    EsignError,
    Evidence,
    MalformedError,
    Page,
    PdfContent,
    PdfSealer,
    SealLevel,
    TimestampError,
    TooLargeError,
    add_document_timestamp,
    add_evidence,
    read_sealed_pdf,
    read_timestamp,
)
from esign.evidence import MAX_EVIDENCE
from esign.pdf_reading import MAX_REVISIONS, MAX_SEALED_BYTES, MAX_UPDATE_BYTES
from keys import KeysError, der


def good(pdf: bytes, evidence: Evidence) -> bool:
    """What a verifier must at least ask: form, digests, signatures, timestamps; and it knows the evidence."""
    try:
        facts = read_sealed_pdf(pdf)
        for seal in facts.seals:
            seal.signed_data.verify_signature()
        tokens = [(seal.signed_data.timestamp, (seal.signed_data.signature,)) for seal in facts.seals]
        tokens += [(stamp.token, stamp.covered.chunks()) for stamp in facts.document_timestamps]
        return (
            all(seal.digest_matches() for seal in facts.seals)
            and all(stamped(raw, *content) for raw, content in tokens)
            and facts.evidence == evidence
        )
    except (EsignError, KeysError):
        return False


def stamped(raw: bytes | None, *content: bytes | memoryview) -> bool:
    """Whether a token is over this, and all of its bytes are explained.

    No signature covers the certificates that it brings: those behind the first are checked like every path's.
    """
    if raw is None:
        return False
    token = read_timestamp(raw)
    token.verify_signature()
    roots = [declared_pki(family).root for family in ("sm2", "rsa")]
    path = [*token.certificates, *(root for root in roots if root.subject_der == token.certificates[-1].issuer_der)]
    if len(path) != 3:
        return False
    for certificate, issuer in pairwise(path):
        certificate.verify_issued_by(issuer)
    return token.minimal and token.is_over(*content)


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


def judged(pdf: bytes, root: bytes, *, at: datetime, evidence: Evidence) -> tuple[object, object, object]:
    """What pyHanko's validation after ETSI EN 319 102-1 says of the seal: basic, with time, long-term."""
    spec = SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=list(load_certs_from_pemder_data(root))),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY),
        local_knowledge=LocalKnowledge(
            known_ocsps=[one for item in evidence.ocsps for one in OCSPContainer.load_multi(OCSPResponse.load(item))],
            known_crls=[CRLContainer(CertificateList.load(item)) for item in evidence.crls],
            known_certs=[Certificate.load(item) for item in evidence.certificates],
        ),
    )
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    cms, digest = signature.signed_data, signature.compute_digest()
    basic = asyncio.run(ades.ades_basic_validation(cms, spec, timing_info=timing, raw_digest=digest))
    timed = asyncio.run(ades.ades_with_time_validation(cms, spec, timing_info=timing, raw_digest=digest))
    lasting = asyncio.run(ades.ades_lta_validation(signature, PdfSignatureValidationSpec(spec), timing_info=timing))
    return basic.ades_subindic, timed.ades_subindic, lasting.ades_subindic


@pytest.mark.parametrize("ladder", ["rsa"], indirect=True)
def test_pyhanko_validates_each_level(ladder: Any) -> None:
    root, soon = pem(ladder.pki.root), ladder.stamper.at + timedelta(hours=1)
    good, none = AdESPassed.OK, AdESIndeterminate.SIG_CONSTRAINTS_FAILURE  # it wants a timestamp above the lowest level
    assert judged(ladder.b_b, root, at=soon, evidence=ladder.evidence) == (good, none, none)
    assert judged(ladder.b_t, root, at=soon, evidence=ladder.evidence)[:2] == (good, good)
    assert judged(ladder.b_lt, root, at=soon, evidence=ladder.evidence)[:2] == (good, good)
    assert judged(ladder.b_lta, root, at=soon, evidence=Evidence())[2] is good
    assert judged(ladder.twice, root, at=soon + timedelta(days=3), evidence=Evidence())[2] is good


@pytest.mark.parametrize("ladder", ["rsa"], indirect=True)
def test_pyhanko_validates_six_years_later(ladder: Any) -> None:
    """The seal's certificate has ended; of the timestamp authority a list of that day is known."""
    late = ladder.stamper.at + timedelta(days=6 * 365)
    lists = Evidence(crls=tuple(ladder.pki.crl(issuer, late).der for issuer in ("root", "issuing-ca")))
    assert judged(ladder.b_lta, pem(ladder.pki.root), at=late, evidence=lists)[2] is AdESPassed.OK
    assert AdESPassed.OK not in judged(ladder.b_b, pem(ladder.pki.root), at=late, evidence=lists)


@pytest.mark.parametrize("fault", ["down", "wrong", "large", "garbage", "longer"])
def test_an_authority_that_fails_costs_the_level_not_the_seal(
    ladder: Any, fault: str, fonts: Any, declared_seals: Any, stamper_of: Any
) -> None:
    stamper = stamper_of(ladder.family)
    stamper.fault = fault
    content = PdfContent(title="", pages=[Page(width=10, height=10, items=())], elements=[], structured=b"{}")
    sealed = PdfSealer(fonts, declared_seals[ladder.family], timestamper=stamper).seal(content, at=ladder.stamper.at)
    assert sealed.level is SealLevel.B_B
    assert isinstance(sealed.shortfall, TimestampError)
    (seal,) = read_sealed_pdf(sealed.data).seals
    seal.signed_data.verify_signature()
    assert seal.digest_matches()
    assert seal.signed_data.timestamp is None
    with pytest.raises(TimestampError):
        add_document_timestamp(sealed.data, stamper)
    stamper.fault = None
    later = add_document_timestamp(sealed.data, stamper)
    assert len(read_sealed_pdf(later).document_timestamps) == 1


def test_levels_are_told(ladder: Any, fonts: Any, declared_seals: Any) -> None:
    content = PdfContent(title="", pages=[Page(width=10, height=10, items=())], elements=[], structured=b"{}")
    seal = declared_seals[ladder.family]
    plain = PdfSealer(fonts, seal).seal(content, at=ladder.stamper.at)
    assert (plain.level, plain.shortfall) == (SealLevel.B_B, None)
    timestamped = PdfSealer(fonts, seal, timestamper=ladder.stamper).seal(content, at=ladder.stamper.at)
    assert (timestamped.level, timestamped.shortfall) == (SealLevel.B_T, None)


def test_evidence_that_is_there_is_not_added_again(ladder: Any) -> None:
    assert add_evidence(ladder.b_lta, ladder.evidence) == ladder.b_lta
    assert add_evidence(ladder.b_b, Evidence()) == ladder.b_b
    part = Evidence(crls=ladder.evidence.crls * 2, certificates=ladder.evidence.certificates[:1])
    assert read_sealed_pdf(add_evidence(ladder.b_b, part)).evidence == Evidence(
        crls=ladder.evidence.crls, certificates=ladder.evidence.certificates[:1]
    )


def test_evidence_must_be_der(ladder: Any) -> None:
    for item in (b"", b"\x30", b"\x30\x80\x00\x00", b"\x04\x00", ladder.evidence.crls[0] + b"\x00"):
        with pytest.raises(MalformedError):
            add_evidence(ladder.b_b, Evidence(crls=(item,)))


def test_nothing_is_added_to_a_seal_that_does_not_check(ladder: Any) -> None:
    place = ladder.b_b.index(b"/ModDate (D:2026") + len(b"/ModDate (D:202")
    changed = ladder.b_b[:place] + b"7" + ladder.b_b[place + 1 :]
    assert not read_sealed_pdf(changed).seals[0].digest_matches()
    for add in (
        lambda: add_evidence(changed, ladder.evidence),
        lambda: add_document_timestamp(changed, ladder.stamper),
    ):
        with pytest.raises(AdditionRefusedError, match="Seal1"):
            add()


def test_limits(ladder: Any) -> None:
    many = Evidence(crls=tuple(_item(number) for number in range(MAX_EVIDENCE)))
    full = add_evidence(ladder.b_b, many)
    assert read_sealed_pdf(full).evidence == many
    with pytest.raises(TooLargeError):
        add_evidence(full, Evidence(crls=(_item(MAX_EVIDENCE),)))
    with pytest.raises(TooLargeError):
        add_evidence(ladder.b_b, Evidence(crls=(der.sequence(bytes(MAX_UPDATE_BYTES)),)))
    pdf = ladder.b_b
    for _ in range(MAX_REVISIONS - 1):
        pdf = add_document_timestamp(pdf, ladder.stamper)
    assert len(read_sealed_pdf(pdf).document_timestamps) == MAX_REVISIONS - 1
    with pytest.raises(TooLargeError):
        add_document_timestamp(pdf, ladder.stamper)


def _item(number: int) -> bytes:
    return der.sequence(der.integer(number))


def test_the_largest_file_with_the_most_revisions_is_read_in_time(ladder: Any) -> None:
    pdf = ladder.b_b
    for number in range(3):
        pdf = add_evidence(pdf, Evidence(certificates=(der.sequence(bytes((number,)) * (6 * 1024 * 1024)),)))
    while len(pdf) * (len(read_sealed_pdf(pdf).document_timestamps) + 1) < MAX_SEALED_BYTES:
        pdf = add_document_timestamp(pdf, ladder.stamper)
    with pytest.raises(TooLargeError, match="together"):
        add_document_timestamp(pdf, ladder.stamper)

    def read() -> None:
        facts = read_sealed_pdf(pdf)
        for seal in facts.seals:
            assert seal.digest_matches()
        for stamp in facts.document_timestamps:
            assert read_timestamp(stamp.token).is_over(*stamp.covered.chunks())

    assert least_seconds(read, 4) < 4


def test_revisions_in_another_order_or_of_another_form(ladder: Any) -> None:
    """Cuts, swaps, repetitions and foreign revisions: only what we would write ourselves is read."""
    facts = read_sealed_pdf(ladder.twice)
    ends = [len(ladder.b_t), len(ladder.b_lt), len(ladder.b_lta), len(ladder.twice)]
    first, evidence, stamp = ladder.twice[: ends[0]], ladder.twice[ends[0] : ends[1]], ladder.twice[ends[1] : ends[2]]
    table = facts.standing.table
    foreign = b"99 0 obj\n<</Type /Page>>\nendobj\n"
    trailer = b"xref\n99 1\n%010d 00000 n \ntrailer\n<</Size 100/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(ladder.twice), table, len(ladder.twice) + len(foreign),
    )  # fmt: skip
    for wrong in (
        first + stamp,
        first + stamp + evidence,
        first + evidence + evidence,
        first + evidence + stamp + stamp,
        ladder.twice + evidence,
        ladder.twice + foreign + trailer,
        ladder.twice[:-1],
        ladder.twice + b"\n",
        ladder.twice + first,
        first + b" " + evidence,
    ):
        with pytest.raises(EsignError):
            read_sealed_pdf(wrong)


@settings(max_examples=300, deadline=None, database=None)
@given(data=st.data())
def test_mutated_files_give_no_other_exception(ladder: Any, data: st.DataObject) -> None:
    """Behind the first revision, whose own mutations `test_pdf` tries."""
    pdf, start = bytearray(ladder.twice), len(ladder.b_t)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(start, len(pdf) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "copy"])):
            case "flip":
                pdf[place] ^= data.draw(st.integers(1, 255))
            case "cut":
                del pdf[place : place + data.draw(st.integers(1, 100))]
            case "insert":
                pdf[place:place] = data.draw(st.binary(min_size=1, max_size=20))
            case _:
                source = data.draw(st.integers(0, len(pdf) - 1))
                pdf[place:place] = pdf[source : source + 200]
        if len(pdf) <= start:
            return
    with contextlib.suppress(EsignError):
        read_sealed_pdf(bytes(pdf))


@pytest.fixture(scope="session")
def known(ladder: Any) -> Evidence:
    return read_sealed_pdf(ladder.b_lta).evidence


@dataclass(frozen=True)
class Trial:
    """What a worker tries on its share of the positions; it answers with those whose change went unnoticed."""

    pdf: bytes
    known: Evidence

    def __call__(self, positions: range) -> list[int]:
        unnoticed = []
        changed = bytearray(self.pdf)
        for position in positions:
            before = changed[position]
            # The case of a hexadecimal letter where there is one.
            changed[position] = before ^ (0x20 if before in b"abcdef" else 0x01)
            if good(bytes(changed), self.known):
                unnoticed.append(position)
            changed[position] = before
        return unnoticed


_trial: Trial


def _work(positions: range) -> list[int]:
    return _trial(positions)


def run(trial: Trial, stride: int) -> list[int]:
    """Share the positions among processes; each of them was forked with the trial in its memory."""
    global _trial
    _trial = trial
    step, end = stride * 200, len(trial.pdf)
    shares = [range(at, min(at + step, end), stride) for at in range(0, end, step)]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        return [wrong for share in pool.imap_unordered(_work, shares) for wrong in share]


def test_many_bytes_of_the_highest_level(ladder: Any, known: Evidence) -> None:
    assert good(ladder.b_lta, known)
    assert run(Trial(pdf=ladder.b_lta, known=known), 47) == []


@pytest.mark.soak
def test_every_byte_of_the_highest_level(ladder: Any, known: Evidence) -> None:
    assert run(Trial(pdf=ladder.b_lta, known=known), 1) == []
