"""Facts about a sealed PDF. The numbers are the steps in `verifier.py`."""

from __future__ import annotations

from datetime import datetime

from esign import EsignError, read_sealed_pdf, structured_from_bytes
from verify.facts import Facts, unreadable
from verify.report import Check
from verify.seals import Seal, look_at_seal
from verify.trust import TrustStore


def look_at_pdf(data: bytes, *, trust: TrustStore, at: datetime) -> Facts:
    """Read and check a sealed PDF."""
    # (1) The file is ours, every byte of it is explained, and it bears one seal.
    try:
        pdf = read_sealed_pdf(data)
    except EsignError as error:
        return Facts(kind="pdf", checks=(unreadable("format", error),))
    # (4) The structured licence inside is canonical.
    try:
        licence = structured_from_bytes(pdf.structured)
    except EsignError as error:
        return Facts(kind="pdf", checks=(Check(name="format", code="OK"), unreadable("structured", error)))
    # (2), (3), (5) to (8)
    seal = look_at_seal(
        Seal(
            field=pdf.field,
            detached=False,
            signed_data=pdf.signed_data,
            intact=pdf.digest_matches(),
            claimed_time=pdf.claimed_time,
            licence=licence,
        ),
        trust,
        at,
    )
    checks = (Check(name="format", code="OK"), Check(name="structured", code="OK"), *seal.checks)
    return Facts(kind="pdf", checks=checks, signatures=(seal.signature,), licence=licence, development=seal.development)
