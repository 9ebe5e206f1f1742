"""Facts about a structured e-licence with its detached signature. The numbers are the steps in `verifier.py`."""

from __future__ import annotations

from datetime import datetime

from esign import EsignError, read_signed_data, structured_from_bytes
from verify.facts import Facts, unreadable
from verify.report import Check
from verify.seals import Seal, look_at_seal
from verify.trust import TrustStore


def look_at_structured(data: bytes, signature: bytes | None, *, trust: TrustStore, at: datetime) -> Facts:
    """Read and check a structured licence (`data`) under its CMS signature (`signature`)."""
    # (1), (4) The licence is canonical.
    try:
        licence = structured_from_bytes(data)
    except EsignError as error:
        return Facts(kind="structured", checks=(unreadable("structured", error),))
    readable = Check(name="structured", code="OK")
    if signature is None:
        missing = Check(name="format", code="SEAL_MISSING", detail="no detached signature was given")
        return Facts(kind="structured", checks=(readable, missing), licence=licence)
    # (1) The signature is a CMS of our form.
    try:
        signed_data = read_signed_data(signature)
    except EsignError as error:
        return Facts(kind="structured", checks=(readable, unreadable("format", error)), licence=licence)
    # (2), (3), (5) to (8)
    seal = look_at_seal(
        Seal(
            field="p7s",
            detached=True,
            signed_data=signed_data,
            intact=signed_data.digest_matches(data),
            claimed_time=signed_data.signing_time,
            licence=licence,
        ),
        trust,
        at,
    )
    checks = (Check(name="format", code="OK"), readable, *seal.checks)
    return Facts(
        kind="structured", checks=checks, signatures=(seal.signature,), licence=licence, development=seal.development
    )
