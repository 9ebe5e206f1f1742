"""Signed status lists: whose they are, and what they say about a licence as of a time (ADR 0018)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from esign import (
    CHINA,
    EsignError,
    LicenceIdentifier,
    ListedStatus,
    SignedStatusList,
    StatusList,
    StructuredObligation,
    StructuredStatusPlace,
    read_signed_status_list,
)
from keys import CODE_SIGNING_EKU, Certificate
from verify.facts import Facts, unreadable
from verify.issuer import IssuerRule
from verify.reason import Outcome
from verify.report import Check, instant_text
from verify.revocation import CLOCK_SKEW, RevocationEvidence
from verify.seals import Purpose, Seal, brought_checks, judge_seal
from verify.signing_path import Existence, Grounds
from verify.sources import LicenceStatus, NoStatement, StatusStatement
from verify.trust import TrustStore

MAX_LISTS_TRIED: Final = 16
"""Lists of one question whose signature is looked at, the newest first."""

_WORDS: Final = {
    ListedStatus.VALID: "issued",
    ListedStatus.ENDED: "ended",
    ListedStatus.SUSPENDED: "suspended",
    ListedStatus.SUPERSEDED: "replaced",
    ListedStatus.LOST: "lost",
    ListedStatus.RENEWAL_PENDING: "issued",
    ListedStatus.INACTIVE: "inactive",
    ListedStatus.PENDING: "pending",
}
_FAULTS: Final = {
    "digest": "STATUS_LIST_FORGED",
    "signature": "STATUS_LIST_FORGED",
    "embedded": "STATUS_LIST_FORGED",
    "issuer": "STATUS_LIST_NOT_OF_ISSUER",
}
"""What a check of a list means for the licence; any other one makes it STATUS_LIST_UNTRUSTED."""


class StatusListFiles(Protocol):
    """Where signed status lists are."""

    def lists(self, issuer_code: str, number: int, at: datetime) -> Iterable[SignedStatusList | EsignError]:
        """Give the lists of an authority that were the newest at a time, and the next one; or why they are unreadable.

        More than was asked for does no harm.
        """


class StatusListsAtHand:
    """Lists as bytes."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self._lists = tuple(read_or_fault(data) for data in files)

    def lists(self, issuer_code: str, number: int, at: datetime) -> Iterable[SignedStatusList | EsignError]:
        """Give all of them."""
        return self._lists


def read_or_fault(data: bytes) -> SignedStatusList | EsignError:
    """Read a file; what is wrong with it counts only when there is no other."""
    try:
        return read_signed_status_list(data)
    except EsignError as error:
        return error


class SignedStatusLists:
    """Answers from signed lists, without a network."""

    def __init__(self, files: StatusListFiles, trust: TrustStore) -> None:
        self._files = files
        self._trust = trust
        self._evidence = RevocationEvidence(lists=trust.lists, responders=trust.others)

    def statement(
        self, identifier: str, place: StructuredStatusPlace | None, at: datetime
    ) -> StatusStatement | NoStatement | None:
        """Say what the newest list says that was there at `at`: later ones do not tell what was so before."""
        if place is None:
            return NoStatement(code="STATUS_UNKNOWN", detail="the licence does not say its place; its code does")
        issuer = LicenceIdentifier.from_text(identifier).issuer_code
        named, unreadable_files = [], 0
        for one in self._files.lists(issuer, place.number, at):
            if isinstance(one, EsignError):
                unreadable_files += 1
            elif (one.listed.issuer_code, one.listed.number) == (issuer, place.number):
                named.append(one)
        there = [one for one in named if one.listed.issued_at <= at]
        # This machine's clock may be a little behind that of the authority.
        there = there or [one for one in named if one.listed.issued_at <= at + CLOCK_SKEW]
        there.sort(key=_issued_at, reverse=True)
        refused: NoStatement | None = None
        for one in there[:MAX_LISTS_TRIED]:
            fault = self._fault(one, identifier, at)
            if fault is None:
                return _said(one.listed, place.index, at)
            refused = refused or fault
        if refused is not None:
            return refused
        if named:
            first = min(one.listed.issued_at for one in named)
            return NoStatement(code="STATUS_NOT_LISTED_THEN", detail=f"the first list is of {instant_text(first)}")
        if unreadable_files:
            detail = f"{unreadable_files} status lists cannot be read, none is list {place.number} of {issuer}"
            return NoStatement(code="STATUS_LIST_FORGED", detail=detail)
        return NoStatement(code="STATUS_UNKNOWN", detail=f"there is no status list {place.number} of {issuer}")

    def _fault(self, signed: SignedStatusList, identifier: str, at: datetime) -> NoStatement | None:
        """Why a list cannot be believed about a licence."""
        grounds = Grounds(trust=self._trust, evidence=self._evidence, source=None, at=at)
        rule = IssuerRule(register=self._trust.register)
        certificate = signed.signed_data.signer_certificate
        # An authority speaks for its licences as long as it may sign at all, also when it no longer issues the type.
        days = [one.astimezone(CHINA).date() for one in (signed.listed.issued_at, certificate.not_before)]
        checks = _signature_facts(signed, rule.check_code(certificate, identifier, days), grounds).checks
        faults = [check for check in checks if check.outcome is not Outcome.PASSED]
        if not faults:
            return None
        worst = min(faults, key=lambda check: _ORDER.get(check.name, len(_ORDER)))
        detail = f"list {_named(signed.listed)}: {worst.code} {worst.detail}".rstrip()
        return NoStatement(code=_FAULTS.get(worst.name, "STATUS_LIST_UNTRUSTED"), detail=detail)


_ORDER: Final = {name: place for place, name in enumerate(_FAULTS)}


def look_at_status_list(data: bytes, grounds: Grounds) -> Facts:
    """Facts about a list by itself; the numbers are the steps in `verifier.py`."""
    # (1) It is a list in its only form.
    try:
        signed = read_signed_status_list(data)
    except EsignError as error:
        return Facts(kind="status_list", checks=(unreadable("format", error),))
    listed = signed.listed
    readable = Check(name="format", code="OK", detail=f"list {_named(listed)}, {len(listed.places)} places")
    # (2), (3), (6) to (8)
    rule = IssuerRule(register=grounds.trust.register)
    issuer = rule.check_list(signed.signed_data.signer_certificate, listed.issuer_code, listed.issued_at)
    facts = _signature_facts(signed, issuer, grounds)
    # (11)
    age = grounds.at - listed.issued_at
    if age < -CLOCK_SKEW:
        fresh = Check(name="list_age", code="STATUS_LIST_LATER", detail=f"issued {instant_text(listed.issued_at)}")
    else:
        code = "STATUS_LIST_GENUINE" if grounds.at <= listed.next_update else "STATUS_LIST_OUTDATED"
        fresh = Check(
            name="list_age",
            code=code,
            detail=f"{_duration(age)} before the time of asking; next {instant_text(listed.next_update)}",
        )
    return Facts(
        kind="status_list",
        checks=(readable, *facts.checks, fresh),
        signatures=facts.signatures,
        status=_age(listed) if all(check.outcome is Outcome.PASSED for check in facts.checks) else None,
        development=facts.development,
    )


def _signature_facts(signed: SignedStatusList, issuer: Check, grounds: Grounds) -> Facts:
    signed_data = signed.signed_data
    seal = Seal(
        field=None,
        signed_data=signed_data,
        intact=signed_data.digest_matches(signed.text),
        claimed_time=signed.listed.issued_at,
        existence=Existence(at=grounds.at),
        covers="content",
    )
    found = judge_seal(
        seal,
        (issuer,),
        purpose=_purpose(signed_data.signer_certificate),
        claimed_at=signed.listed.issued_at,
        development=False,
        grounds=grounds,
    )
    return Facts(
        kind="status_list",
        checks=(*found.checks, *brought_checks((found,), (seal,))),
        signatures=(found.signature,),
        development=found.signature.development,
    )


def _age(listed: StatusList) -> LicenceStatus:
    return LicenceStatus(value="unknown", as_of=listed.issued_at, source="list", next_update=listed.next_update)


def _purpose(certificate: Certificate) -> Purpose:
    """Lists are signed by the key of codes, which is always at hand, or by that of the seal."""
    return "code" if CODE_SIGNING_EKU in certificate.extended_key_usage else "seal"


def _said(listed: StatusList, index: int, at: datetime) -> StatusStatement | NoStatement:
    value = listed.at(index)
    if value is None:
        return NoStatement(code="STATUS_UNKNOWN", detail=f"list {_named(listed)} has no place {index}")
    fresh = at <= listed.next_update
    overdue = (
        StructuredObligation(key=one.key, label=one.key, due=one.due, effect=one.effect)
        for one in listed.obligations.get(index, ())
    )
    age = _duration(max(at - listed.issued_at, timedelta()))
    return StatusStatement(
        value=_WORDS[value],
        as_of=listed.issued_at,
        source="list",
        next_update=listed.next_update,
        fresh=fresh,
        disputed=index in listed.disputed,
        renewal_pending=value is ListedStatus.RENEWAL_PENDING,
        extended_to=listed.extended.get(index),
        obligations=tuple(overdue),
        detail=f"list {_named(listed)}, {age} before the time of asking; next {instant_text(listed.next_update)}",
    )


def _issued_at(signed: SignedStatusList) -> datetime:
    return signed.listed.issued_at


def _named(listed: StatusList) -> str:
    return f"{listed.number} of {listed.issuer_code}, issued {instant_text(listed.issued_at)}"


def _duration(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
