"""What other platforms are told through the share service: data of a holder's licences, and whether data is right.

Every answer is the same for a licence that is not there and for one in a region that the caller has no grant for.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from esign import Rows, StructuredLicence, structured_from_bytes
from licences.access import Caller, NotAllowedError, Operation, region_of
from licences.catalogue import Catalogue, FieldType, LicenceType
from licences.errors import InvalidFieldError, InvalidHolderError, LicenceNotFoundError
from licences.holders import look_at_holder
from licences.identifiers import parse_identifier
from licences.lifecycle import Status
from licences.model import normal_number
from licences.store import IN_FORCE_WORDS, HolderKey, LicenceStore, Record, word_of

from .share_codes import DataVerdict, ShareStatus

MAX_SAME_NUMBER: Final = 50
"""Licences with one printed number: versions of one, and those of other types."""
NEEDED: Final = ("holder", "holderCode", "certNo")
"""What data must say before it can be verified."""

CertData: TypeAlias = dict[str, object]

_STATUSES: Mapping[str, ShareStatus] = {
    "pending": ShareStatus.RESTRICTED,
    "inactive": ShareStatus.RESTRICTED,
    "not_yet_in_force": ShareStatus.RESTRICTED,
    "suspended": ShareStatus.RESTRICTED,
    "lost": ShareStatus.RESTRICTED,
    "obligation_overdue": ShareStatus.RESTRICTED,
    "expired": ShareStatus.EXPIRED,
}
_NEAREST = (ShareStatus.DONE, ShareStatus.RESTRICTED, ShareStatus.EXPIRED, ShareStatus.ENDED)
_RIGHT: Mapping[str, DataVerdict] = {
    "pending": DataVerdict.RIGHT_NOT_ACTIVE,
    "inactive": DataVerdict.RIGHT_NOT_ACTIVE,
    "not_yet_in_force": DataVerdict.RIGHT_NOT_ACTIVE,
    "suspended": DataVerdict.RIGHT_SUSPENDED,
    "lost": DataVerdict.RIGHT_SUSPENDED,
    "obligation_overdue": DataVerdict.RIGHT_SUSPENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLicences:
    """An answer, and for the trail the licences that it is about."""

    status: ShareStatus
    records: tuple[Record, ...] = ()
    """Those that may be used, the newest first; none unless the status is DONE."""
    about: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedData:
    """A verdict on data, and for the trail which licence was asked about."""

    verdict: DataVerdict
    record: Record | None = None
    """Whose number was given, whatever the verdict."""
    holder: HolderKey | None = None
    """Of that licence, when it was named rightly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareService:
    """Answers by the licences of our own store."""

    store: LicenceStore
    catalogue: Catalogue

    def type_for(self, name: str, caller: Caller) -> LicenceType:
        """Return a type that the caller may ask about; UnknownTypeError, NotAllowedError."""
        licence_type = self.catalogue.get(name)
        caller.require(Operation.SHARE, type_slug=licence_type.slug)
        return licence_type

    def of_holder(
        self, licence_type: LicenceType, key: HolderKey, number: str, caller: Caller, *, at: datetime
    ) -> SharedLicences:
        """Find what a holder has of a type, perhaps with one printed number; InvalidHolderError."""
        code = look_at_holder(*key).code
        found = [
            record
            for record in self.store.of_holder(key[0], code)
            if record.type_slug == licence_type.slug
            and self._may(record, caller)
            and (not number or normal_number(record.number) == normal_number(number))
        ]
        return self._answer(found, at)

    def by_identifier(self, identifier: str, caller: Caller, *, at: datetime) -> SharedLicences:
        """Find one licence; NotAllowedError when the type that its identifier names is not granted."""
        parsed = parse_identifier(identifier)
        slugs = {one.code: one.slug for one in self.catalogue}
        slug = slugs.get(parsed.type_code)
        if slug is not None and not caller.may(Operation.SHARE, type_slug=slug):
            raise NotAllowedError
        try:
            record = self.store.get(identifier)
        except LicenceNotFoundError:
            return SharedLicences(status=ShareStatus.NONE_FOUND)
        if not self._may(record, caller):
            return SharedLicences(status=ShareStatus.NONE_FOUND)
        return self._answer([record], at, replaced=True)

    def cert_data(self, record: Record) -> CertData:
        """Give the data of a licence: elements by the keys of GB/T 36903 practice, then the type's own fields."""
        licence = self._structured(record)
        pictures = self._pictures(record)
        own = {one.key: _plain(one.value) for one in licence.fields if one.key not in pictures}
        return {"cert_identifier": record.identifier, **licence.elements(), **own}

    def verify(
        self, licence_type: LicenceType, data: Mapping[str, object], caller: Caller, *, at: datetime
    ) -> VerifiedData:
        """Say whether data is that of a licence, and what holds of it; InvalidFieldError."""
        if not data:
            return VerifiedData(verdict=DataVerdict.NO_DATA)
        given = _given(data, licence_type)
        if any(not given.get(key) for key in NEEDED):
            return VerifiedData(verdict=DataVerdict.INCOMPLETE)
        with_number = [
            record
            for record in self.store.with_number(given["certNo"], MAX_SAME_NUMBER)
            if record.type_slug == licence_type.slug and self._may(record, caller)
        ]
        # The version that counts first; who has the data of an earlier one has that of a licence that has ended.
        with_number.sort(key=lambda one: (one.status is Status.REPLACED, -one.sealed_at.timestamp()))
        verdict, holder = DataVerdict.NONE_FOUND, None
        for record in with_number:
            licence = self._structured(record)
            named = _named(licence, given["holderCode"])
            if named is None:
                continue
            holder = named
            if _all_right(licence, given, named):
                return VerifiedData(verdict=self._right(record, at), record=record, holder=named)
            verdict = DataVerdict.WRONG
        return VerifiedData(verdict=verdict, record=with_number[0] if with_number else None, holder=holder)

    def _answer(self, found: Iterable[Record], at: datetime, *, replaced: bool = False) -> SharedLicences:
        by_status: dict[ShareStatus, list[Record]] = {}
        for record in found:
            status = self.store.status(record.identifier, at)
            if status is not None and (replaced or status.value is not Status.REPLACED):
                by_status.setdefault(_status(word_of(record, status)), []).append(record)
        nearest = next((one for one in _NEAREST if one in by_status), ShareStatus.NONE_FOUND)
        about = tuple(sorted(by_status.get(nearest, ()), key=lambda one: one.sealed_at, reverse=True))
        return SharedLicences(status=nearest, records=about if nearest is ShareStatus.DONE else (), about=about)

    def _right(self, record: Record, at: datetime) -> DataVerdict:
        status = self.store.status(record.identifier, at)
        word = "" if status is None else word_of(record, status)
        return DataVerdict.RIGHT if word in IN_FORCE_WORDS else _RIGHT.get(word, DataVerdict.RIGHT_ENDED)

    def _structured(self, record: Record) -> StructuredLicence:
        return structured_from_bytes(self.store.file(record, "json"))

    def _pictures(self, record: Record) -> frozenset[str]:
        fields = self.catalogue.versions(record.type_slug)[-1].fields
        return frozenset(one.key for one in fields if one.type is FieldType.IMAGE)

    @staticmethod
    def _may(record: Record, caller: Caller) -> bool:
        return caller.may(Operation.SHARE, type_slug=record.type_slug, region=region_of(record.issuer_code))


def _status(word: str) -> ShareStatus:
    return ShareStatus.DONE if word in IN_FORCE_WORDS else _STATUSES.get(word, ShareStatus.ENDED)


def _plain(value: str | Rows) -> object:
    return value if isinstance(value, str) else [dict(zip(value.columns, row, strict=True)) for row in value.rows]


def _given(data: Mapping[str, object], licence_type: LicenceType) -> dict[str, str]:
    """Read what is to be verified, its keys checked against the type: a key that nobody knows cannot be verified."""
    texts = {field.key for field in licence_type.fields if field.type not in (FieldType.ROWS, FieldType.IMAGE)}
    known = texts | {field.key for field in licence_type.common_fields} | set(NEEDED)
    if not data.keys() <= known or not all(isinstance(value, str) for value in data.values()):
        raise InvalidFieldError("/data/certData", "UNKNOWN_FIELD")
    return {key: _normal(str(value)) for key, value in data.items()}


def _named(licence: StructuredLicence, code: str) -> HolderKey | None:
    for holder in licence.holders:
        try:
            if look_at_holder(holder.kind, code).code == look_at_holder(holder.kind, holder.code).code:
                return holder.kind, holder.code
        except InvalidHolderError:
            continue
    return None


def _all_right(licence: StructuredLicence, given: Mapping[str, str], named: HolderKey) -> bool:
    """Compare everything, also after a difference: how long it takes says nothing about where that is."""
    names = [holder.name for holder in licence.holders if (holder.kind, holder.code) == named]
    own = {one.key: one.value for one in licence.fields if isinstance(one.value, str)}
    real = licence.elements() | own
    same = [given["holder"] in {_normal(name) for name in names}]
    same += [_normal(real.get(key, "")) == value for key, value in given.items() if key not in NEEDED]
    return all(same)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
