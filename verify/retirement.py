"""What the retirement of a key means for a seal: after an orderly one old seals stay good, else proof is needed.

The signer's own time is enough for an orderly retirement, where nobody has the key any more to write a false one.
"""

from __future__ import annotations

from datetime import datetime

from keys import Retirement, RetirementReason
from verify.report import Check, instant_text


def retirement_check(
    retirement: Retirement | None, *, proven_at: datetime | None, claimed_at: datetime | None
) -> Check:
    """Judge a seal, or the signature of a code, whose key may be retired.

    `proven_at` is a time at which somebody else than the signer saw it (a timestamp, the store's record), None when
    nobody did; `claimed_at` is what the signer says, None when it says nothing, as codes do.
    """
    if retirement is None:
        return Check(name="retirement", code="OK")
    since = retirement.since
    if retirement.reason is RetirementReason.ORDERLY:
        late = claimed_at is not None and claimed_at >= since
        detail = f"the key was retired on {instant_text(since)}, in order"
        return Check(name="retirement", code="SEAL_AFTER_RETIREMENT" if late else "OK", detail=detail)
    detail = f"the key has been in other hands since {instant_text(since)}"
    if proven_at is not None and proven_at < since:
        return Check(name="retirement", code="OK", detail=f"{detail}; this existed on {instant_text(proven_at)}")
    if claimed_at is not None and claimed_at >= since:
        return Check(name="retirement", code="KEY_COMPROMISED", detail=detail)
    # Whoever has the key can write any time into what it signs.
    return Check(name="retirement", code="KEY_COMPROMISED_UNPROVEN", detail=detail)
