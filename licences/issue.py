"""Issuing: the one use case that ties catalogue, face, seal, code, check and store together."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from typing import NamedTuple

from esign import CHINA, SealLevel
from keys import hash_bytes

from .acts import Act
from .authority_seals import SealingKeys
from .convert import type_on_issue
from .drafts import Approval
from .errors import AllotmentTakenError, DraftChangedError, ReviewRequiredError
from .lifecycle import Action
from .making import Following, LicenceMaker, MadeLicence
from .provenance import NATIVE, Provenance
from .sealing import level_of
from .store import Idempotency, Record, Succession

# What is drawn at random was free or has more than 50 bits: three clashes in a row mean that something else is wrong.
_ATTEMPTS = 3


class Issued(NamedTuple):
    """The licence that answers a request."""

    record: Record
    replayed: bool
    """It had been issued for an earlier request with the same key."""
    level: SealLevel
    """Of the files as they are now: a repeated request may find them improved."""
    shortfall: str = ""
    """As in `MadeLicence`; not told again to a request that is repeated."""


class Issuer(LicenceMaker):
    """Makes licences and puts them into the store."""

    def issue(
        self,
        type_name: str,
        data: object,
        *,
        algorithm: str,
        at: datetime,
        idempotency_key: str | None = None,
        before_keeping: Callable[[MadeLicence], None] | None = None,
        provenance: Provenance = NATIVE,
        issued_by: Act | None = None,
        following: Following | None = None,
        approval: Approval | None = None,
        body: bytes | None = None,
        ofd: bool | None = None,
    ) -> Issued:
        """Make a licence and keep it, or find the one that an earlier request with the same key left.

        `before_keeping` is called when a licence is finished and checked but not yet issued: an error there leaves
        nothing behind. It is called again, with the new one, when the licence had to be made again.

        `body` is a PDF that was written elsewhere, where the type has one; `ofd` as for `make`.
        `provenance` says that it was made from paper; `issued_by` who issues it and why, for the log of events;
        `following` that it takes the place of another licence, which ends at the same moment; `approval` the reviewed
        draft that it comes from, which is sealed at the same moment.

        Raises:
            IdempotencyMismatchError: the key was used with another request.
            LicencesError: see `make` and `keep`.
        """
        idempotency = _idempotency(
            idempotency_key, type_name, data, algorithm, self._sealing.get(algorithm), provenance, following, body, ofd
        )
        earlier = self._store.replay(*idempotency) if idempotency is not None else None
        if earlier is not None:
            return Issued(earlier, True, self._level(earlier))
        if approval is None and self._needs_review(
            type_on_issue(self._catalogue, type_name, data), data, provenance, following
        ):
            raise ReviewRequiredError
        if provenance.transferred_from:
            issued_by = _transfer(issued_by, provenance.transferred_from, at)
        attempt = 1
        while True:
            made = self.make(
                type_name,
                data,
                algorithm=algorithm,
                at=at,
                provenance=provenance,
                following=following,
                body=body,
                ofd=ofd,
            )
            if before_keeping is not None:
                before_keeping(made)
            try:
                kept = self.keep(made, idempotency, issued_by=issued_by, approval=approval)
            except AllotmentTakenError:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1
            else:
                replayed = kept.identifier != made.record.identifier
                if replayed:
                    return Issued(kept, True, self._level(kept))
                return Issued(kept, False, made.level, made.shortfall)

    def _level(self, record: Record) -> SealLevel:
        return level_of(self._store.file(record, "pdf"), self._store.file(record, "p7s"))

    def keep(
        self,
        made: MadeLicence,
        idempotency: Idempotency | None = None,
        *,
        issued_by: Act | None = None,
        approval: Approval | None = None,
    ) -> Record:
        """Issue a made licence: from here on it counts.

        Raises:
            ReviewRequiredError: its type is issued from approved drafts only, and `approval` names none.
            DraftChangedError: another content was approved than what was made.
            DraftNotFoundError, DraftRefusedError: there is no such draft, or it is not approved.
            DuplicateNumberError: the number was issued before.
            AllotmentTakenError: identifier, short code or status index were taken meanwhile; make the licence again.
            IdempotencyMismatchError: the key was used with another request.
            StoreUnavailableError: nothing was kept.
        """
        if approval is None and made.review_required:
            raise ReviewRequiredError
        if approval is not None and made.asked != approval.asked:
            raise DraftChangedError
        succession = None if made.following is None else _succession(made.following, made.record)
        return self._store.add(
            made.record,
            made.holders,
            made.files,
            idempotency,
            issued_by=issued_by,
            succession=succession,
            attachments=[one.content for one in made.attachments],
            approval=approval,
        )


def _succession(following: Following, record: Record) -> Succession:
    """The previous licence ends when this one begins: a renewal in May that counts from July leaves no gap in June."""
    act = following.act
    if act.action is not Action.CORRECT:  # what was wrong from the beginning ends at once
        begins = datetime.combine(record.valid_from, time(), tzinfo=CHINA)
        act = replace(act, effective_at=max(act.effective_at, begins))
    return Succession(previous=following.previous.identifier, act=act)


def _transfer(issued_by: Act | None, elsewhere: str, at: datetime) -> Act:
    """The act by which a licence of an authority elsewhere goes on here."""
    said = issued_by or Act(action=Action.TRANSFER_IN, ground="", decision="", effective_at=at, recorded_at=at)
    return replace(said, action=Action.TRANSFER_IN, particulars=replace(said.particulars, related=elsewhere))


def _idempotency(
    key: str | None,
    type_name: str,
    data: object,
    algorithm: str,
    keys: SealingKeys | None,
    provenance: Provenance,
    following: Following | None,
    body: bytes | None,
    ofd: bool | None,
) -> Idempotency | None:
    """The key with the digest of the request, None without a key."""
    if key is None:
        return None
    request: dict[str, object] = {"type": type_name, "data": data, "seal": algorithm}
    if keys is not None and keys.awaited:
        request["joint"] = [one.certificate.fingerprint("sha256").hex() for one in keys.awaited]
    if provenance.origin.kind != "native":
        request["scans"] = [scan.described.sha256 for scan in provenance.scans]
    if provenance.transferred_from:
        request["from"] = provenance.transferred_from
    if following is not None:
        request["follows"] = [following.previous.identifier, following.act.action.value]
    if body is not None:
        request["body"] = hash_bytes("sha256", body).hex()
    if ofd:  # a request that says nothing of it is the same one after the setting was changed
        request["ofd"] = True
    asked = json.dumps(request, sort_keys=True, ensure_ascii=True)
    return key, hash_bytes("sha256", asked.encode("ascii")).hex()
