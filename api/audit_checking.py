"""Checking the trail of a home, with the signed checkpoints of its database and of its folder."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from esign import EsignError, read_signed_data
from keys import CODE_SIGNING_EKU, Certificate, KeysError
from licences import trail_rows
from licences.supervision import SignedEnd, TrailReport, check_trail, checkpoint_from
from verify import TrustStore

if TYPE_CHECKING:
    from .wiring import Services


def audited(
    services: "Services",
    trust: TrustStore,
    *,
    since: datetime | None = None,
    progress: Callable[[int], None] = lambda _entries: None,
) -> TrailReport:
    """Check the trail; `trust` says whose signature under a checkpoint is believed.

    Raises StoreUnavailableError, HomeError.
    """
    folder = services.audit_folder
    # What lies outside first: the database may only be further than it.
    reached = folder.reached()
    places = {"audit/checkpoints": folder.checkpoints(), "trail_checkpoints": services.trail_chain.checkpoints()}
    signed = tuple(signed_ends(places, trust))
    with trail_rows(services.database_url) as rows:
        return check_trail(rows, services.home.index_key(), signed, reached=reached, since=since, progress=progress)


def signed_ends(places: Mapping[str, Mapping[int, bytes]], trust: TrustStore) -> Iterator[SignedEnd]:
    """Judge the checkpoints of each place; the same one in several places is judged once."""
    seen: set[tuple[int, bytes]] = set()
    for place, checkpoints in places.items():
        for number, content in checkpoints.items():
            if (number, content) not in seen:
                seen.add((number, content))
                yield _judged(number, content, trust, f"{place}/{number}")


def _judged(number: int, content: bytes, trust: TrustStore, place: str) -> SignedEnd:
    try:
        text, encoded, rest = content.split(b"\n", maxsplit=2)
        statement = checkpoint_from(text)
        signed = read_signed_data(base64.b64decode(encoded, validate=True))
        if rest or signed.signing_time != statement.at.replace(microsecond=0):
            raise ValueError("another form")
    except (ValueError, binascii.Error, EsignError):
        return SignedEnd(batch=number, statement=None, fault="UNREADABLE", place=place)
    fault = ""
    try:
        if not signed.digest_matches(text):
            fault = "TEXT_CHANGED"
        signed.verify_signature()
    except KeysError:
        fault = "SIGNATURE_INVALID"
    fault = fault or _fault_of_signer(signed.signer_certificate, signed.certificates, statement.at, trust)
    return SignedEnd(batch=number, statement=None if fault else statement, fault=fault, place=place)


def _fault_of_signer(
    certificate: Certificate, embedded: tuple[Certificate, ...], at: datetime, trust: TrustStore
) -> str:
    """Whether a key for codes that the folder of trust knows was good at the time."""
    if CODE_SIGNING_EKU not in certificate.extended_key_usage or certificate not in trust.others:
        return "SIGNER_UNKNOWN"
    retirement = trust.retirement(certificate)
    if retirement is not None and retirement.since <= at:
        return "SIGNER_RETIRED"
    return "" if (code := trust.chain(certificate, embedded, at).code) == "OK" else code
