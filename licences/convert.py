"""Paper metadata to a ``Licence``: every fault at once, or a value that needs no further checking."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from esign import MAX_PHOTO_BYTES

from .catalogue import Catalogue, Condition, Field, FieldType, LicenceType
from .catalogue.elements import DEFAULT_AUTHORITY_LEVEL, EXPIRING_DATE
from .errors import InvalidFieldError, InvalidHolderError
from .holders import HOLDER_KINDS, check_holder, check_organisation_code, look_at_holder
from .model import FieldValue, Holder, IssuingAuthority, Licence, Validity, normal_number
from .numbers import number_fault
from .photos import PhotoRefusedError, normal_photo
from .texts import text_fault

ROOT = "/data"
MAX_FIELDS = 200
"""Keys in one object; more are not looked at one by one. The largest type seen has about forty."""
MAX_FAULTS = 500
"""More are not listed; a report on a hostile request stays small."""

MAX_HOLDERS = 100
"""Of one licence; the longest list of co-owners seen has about a dozen."""

_HOLDER_KEYS = ("certificateHolderName", "certificateHolderCode", "certificateHolderTypeCode")
_ISSUED = "certificateIssuedDate"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")
_AREA_CODE = re.compile(r"[0-9]{6}(?:[0-9]{3}){0,2}")
_LARGEST_NUMBER = 10**15
_ASCII_BRACKETS = str.maketrans("（）", "()")


def type_on_issue(catalogue: Catalogue, type_name: str, data: object) -> LicenceType:
    """Return the version of a type that is in force on the date of issue that the metadata state.

    The newest one where they state none, which is a fault of theirs.

    Raises:
        UnknownTypeError: no such type.
        ExceptionGroup: of one InvalidFieldError `TYPE_NOT_IN_FORCE`.
    """
    stated = data.get(_ISSUED) if isinstance(data, Mapping) else None
    day = _date(stated) if isinstance(stated, str) else None
    if day is None:
        return catalogue.get(type_name)
    licence_type = catalogue.on(type_name, day)
    if licence_type is None:
        fault = InvalidFieldError(f"{ROOT}/{_ISSUED}", "TYPE_NOT_IN_FORCE")
        raise ExceptionGroup("the licence type is not in force", [fault])
    return licence_type


def licence_from_paper(licence_type: LicenceType, data: object) -> Licence:
    """Convert the metadata of a paper licence, keyed as in ``licence_type.all_fields``, to a licence.

    ``data`` is what a JSON parser returns. All values are texts; numbers may also come as JSON numbers. A missing key,
    null and an empty text are the same. Text must be in NFC without control, invisible or private-use characters.
    The end of validity may be left out where the type has one fixed term. Raises one ExceptionGroup that holds an
    InvalidFieldError for every fault; its messages do not repeat values.
    """
    return _Conversion(licence_type).licence(data)


def licence_from_stock(licence_type: LicenceType, data: object) -> tuple[Licence, tuple[InvalidFieldError, ...]]:
    """Convert the metadata of a licence that was issued on paper long ago, with what is odd about it.

    As ``licence_from_paper``, but what the paper says is a fact: holder codes that fail their checks, kinds of holders
    and terms that are not allowed today are returned as warnings instead of being refused.
    """
    conversion = _Conversion(licence_type, stock=True)
    return conversion.licence(data), tuple(conversion.warnings)


class _Conversion:
    def __init__(self, licence_type: LicenceType, *, stock: bool = False) -> None:
        self._type = licence_type
        self._stock = stock
        self._faults: list[InvalidFieldError] = []
        self.warnings: list[InvalidFieldError] = []

    def licence(self, data: object) -> Licence:
        if not isinstance(data, Mapping):
            self._refuse(ROOT, "NOT_AN_OBJECT")
            raise self._all_faults()
        common, own = self._type.common_fields, self._type.fields
        self._refuse_unknown_keys(ROOT, data, common + own)
        texts = {
            field.key: self._text(f"{ROOT}/{field.key}", field, data.get(field.key))
            for field in common
            if field.key not in _HOLDER_KEYS
        }
        values = self._own_values(own, data)

        holders = self._holders(data)
        issuer = IssuingAuthority(
            name=texts["certificateIssuingAuthorityName"],
            code=self._issuer_code(texts["certificateIssuingAuthorityCode"]),
            level=texts["certificateIssuingAuthorityLevel"] or DEFAULT_AUTHORITY_LEVEL,
        )
        area_code = texts["certificateAreaCode"]
        if area_code and _AREA_CODE.fullmatch(area_code) is None:
            self._refuse(f"{ROOT}/certificateAreaCode", "AREA_CODE_MALFORMED")
        issued_on = _date(texts["certificateIssuedDate"])
        start = _date(texts["certificateEffectiveDate"])
        self._check_number(texts["certificateNumber"], issued_on)
        end = self._end(start, _date(texts.get(EXPIRING_DATE, "")))
        if self._faults or not holders or issued_on is None or start is None:
            raise self._all_faults()
        return Licence(
            licence_type=self._type,
            number=texts["certificateNumber"],
            holders=holders,
            issuer=issuer,
            issued_on=issued_on,
            validity=Validity(start=start, end=end),
            area_code=area_code,
            values=MappingProxyType(values),
        )

    def _refuse(self, pointer: str, code: str, **details: str | int) -> None:
        self._keep(InvalidFieldError(pointer, code, **details))

    def _doubt(self, pointer: str, code: str, **details: str | int) -> None:
        """Refuse what only history can explain, unless it is history."""
        if self._stock:
            self.warnings.append(InvalidFieldError(pointer, code, **details))
        else:
            self._refuse(pointer, code, **details)

    def _keep(self, fault: InvalidFieldError) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(fault)

    def _all_faults(self) -> ExceptionGroup[InvalidFieldError]:
        return ExceptionGroup("the metadata of the paper licence is refused", self._faults)

    def _refuse_unknown_keys(self, pointer: str, entry: Mapping[object, object], fields: tuple[Field, ...]) -> None:
        if len(entry) > MAX_FIELDS:
            self._refuse(pointer, "TOO_MANY_FIELDS", limit=MAX_FIELDS)
            return
        known = {field.key for field in fields}
        for key in entry:
            if key in known:
                continue
            if key == EXPIRING_DATE and pointer == ROOT:
                if entry[key] not in (None, ""):
                    self._refuse(f"{ROOT}/{EXPIRING_DATE}", "END_NOT_ALLOWED")
                continue
            # A key of another shape may hold anything, so it is not repeated.
            is_plain = isinstance(key, str) and _KEY.fullmatch(key) is not None
            self._refuse(f"{pointer}/{key}" if is_plain else pointer, "UNKNOWN_FIELD")

    def _own_values(self, fields: tuple[Field, ...], data: Mapping[object, object]) -> dict[str, FieldValue]:
        values: dict[str, FieldValue] = {}
        for field in fields:
            pointer = f"{ROOT}/{field.key}"
            required = field.required
            if field.required_when is not None:
                required = _holds(field.required_when, values)
            entry = data.get(field.key)
            if field.type is FieldType.ROWS:
                rows = self._rows(pointer, field, entry, required=required)
                if rows:
                    values[field.key] = rows
            else:
                text = self._text(pointer, field, entry, required=required)
                if text:
                    values[field.key] = text
        return values

    def _rows(self, pointer: str, field: Field, entry: object, *, required: bool) -> tuple[tuple[str, ...], ...]:
        if entry is None or entry == "" or entry == []:
            if required:
                self._refuse(pointer, "REQUIRED")
            return ()
        if not isinstance(entry, list | tuple):
            self._refuse(pointer, "NOT_ROWS")
            return ()
        if len(entry) > field.max_rows:
            self._refuse(pointer, "TOO_MANY_ROWS", limit=field.max_rows)
            return ()
        rows = []
        for index, row in enumerate(entry):
            at = f"{pointer}/{index}"
            if not isinstance(row, Mapping):
                self._refuse(at, "NOT_AN_OBJECT")
                continue
            self._refuse_unknown_keys(at, row, field.columns)
            rows.append(
                tuple(self._text(f"{at}/{column.key}", column, row.get(column.key)) for column in field.columns)
            )
        return tuple(rows)

    def _text(self, pointer: str, field: Field, entry: object, *, required: bool | None = None) -> str:
        """Return the checked text of one value, or "" when it is absent or refused."""
        if entry is None or entry == "":
            if field.required if required is None else required:
                self._refuse(pointer, "REQUIRED")
            return ""
        kind = field.type
        if kind is FieldType.DECIMAL or kind is FieldType.INTEGER:
            entry = _number_as_printed(entry)
        if not isinstance(entry, str):
            self._refuse(pointer, "NOT_TEXT")
            return ""
        if kind is FieldType.IMAGE:
            return self._photo(pointer, entry)
        if len(entry) > field.max_length:
            self._refuse(pointer, "TOO_LONG", limit=field.max_length)
            return ""
        if kind is FieldType.ENUM:
            return self._enumerated(pointer, field, entry)
        fault = text_fault(pointer, entry, lines=kind is FieldType.TEXT)
        if fault is not None:
            self._keep(fault)
            return ""
        if kind is FieldType.DATE and _date(entry) is None:
            self._refuse(pointer, "INVALID_DATE")
        elif kind is FieldType.DECIMAL and _DECIMAL.fullmatch(entry) is None:
            self._refuse(pointer, "INVALID_DECIMAL")
        elif kind is FieldType.INTEGER and _INTEGER.fullmatch(entry) is None:
            self._refuse(pointer, "INVALID_INTEGER")
        elif field.pattern is not None and field.pattern.fullmatch(normal_number(entry)) is None:
            self._refuse(pointer, "TEXT_MALFORMED", example=str(field.sample or "–"))
        else:
            return entry
        return ""

    def _photo(self, pointer: str, entry: str) -> str:
        try:
            return normal_photo(entry)
        except PhotoRefusedError as error:
            self._refuse(pointer, error.code, limit=MAX_PHOTO_BYTES)
            return ""

    def _enumerated(self, pointer: str, field: Field, entry: str) -> str:
        if entry in field.values:
            return entry
        folded = entry.translate(_ASCII_BRACKETS)
        for value in field.values:
            if value.translate(_ASCII_BRACKETS) == folded:
                return value
        self._refuse(pointer, "NOT_IN_LIST", values="、".join(field.values))
        return ""

    def _check_number(self, number: str, issued_on: date | None) -> None:
        """The form of the number is that of its day; without the day nothing can be said of it."""
        if not number or issued_on is None:
            return
        fault = number_fault(self._type, number, issued_on)
        if fault is not None:
            sample = next(field.sample for field in self._type.common_fields if field.key == "certificateNumber")
            self._refuse(f"{ROOT}/certificateNumber", fault, example=str(sample))

    def _holders(self, data: Mapping[object, object]) -> tuple[Holder, ...]:
        """Read one holder, or several (co-owners) as lists of the same length, the first one first."""
        fields = {field.key: field for field in self._type.common_fields if field.key in _HOLDER_KEYS}
        entries = [data.get(key) for key in _HOLDER_KEYS]
        lists = [entry for entry in entries if isinstance(entry, list | tuple)]
        if not lists:
            texts = [self._text(f"{ROOT}/{key}", fields[key], data.get(key)) for key in _HOLDER_KEYS]
            holder = self._holder("", *texts)
            return () if holder is None else (holder,)
        count = len(lists[0])
        if len(lists) != len(_HOLDER_KEYS) or any(len(one) != count for one in lists) or not 0 < count <= MAX_HOLDERS:
            self._refuse(f"{ROOT}/{_HOLDER_KEYS[1]}", "HOLDERS_DO_NOT_MATCH")
            return ()
        holders = []
        for index, several in enumerate(zip(*lists, strict=True)):
            texts = [
                self._text(f"{ROOT}/{key}/{index}", fields[key], entry, required=True)
                for key, entry in zip(_HOLDER_KEYS, several, strict=True)
            ]
            holder = self._holder(f"/{index}", *texts)
            if holder is not None:
                holders.append(holder)
        return tuple(holders)

    def _holder(self, place: str, name: str, code: str, kind_code: str) -> Holder | None:
        if not kind_code:
            return None
        kind = HOLDER_KINDS.get(kind_code)
        if kind is None:
            self._refuse(f"{ROOT}/certificateHolderTypeCode{place}", "HOLDER_KIND_UNKNOWN")
            return None
        if kind_code not in self._type.holder_kinds:
            allowed = "、".join(f"{allowed} {HOLDER_KINDS[allowed].name}" for allowed in self._type.holder_kinds)
            self._doubt(f"{ROOT}/certificateHolderTypeCode{place}", "HOLDER_KIND_NOT_ALLOWED", kinds=allowed)
        if not code:
            return None
        pointer = f"{ROOT}/certificateHolderCode{place}"
        try:
            if self._stock:
                look = look_at_holder(kind_code, code)
                self.warnings.extend(InvalidFieldError(pointer, doubt) for doubt in look.warnings)
                code = look.code
            else:
                code = check_holder(kind_code, code)
        except InvalidHolderError as error:
            self._refuse(pointer, error.code)
            return None
        return Holder(kind=kind, code=code, name=name)

    def _issuer_code(self, code: str) -> str:
        try:
            return check_organisation_code(code) if code else ""
        except InvalidHolderError as error:
            self._refuse(f"{ROOT}/certificateIssuingAuthorityCode", error.code)
            return ""

    def _end(self, start: date | None, end: date | None) -> date | None:
        pointer = f"{ROOT}/{EXPIRING_DATE}"
        rule = self._type.validity
        if start is None or not rule.expires:
            return None
        if end is None:
            return rule.terms[0].end_from(start) if len(rule.terms) == 1 else None
        if end < start:
            self._refuse(pointer, "END_BEFORE_START")
        elif rule.terms and end not in {term.end_from(start) for term in rule.terms}:
            self._doubt(pointer, "END_NOT_A_TERM", terms="、".join(term.text for term in rule.terms))
        elif rule.at_most is not None and end > rule.at_most.end_from(start):
            self._doubt(pointer, "END_TOO_LATE", limit=rule.at_most.text)
        return end


def _holds(condition: Condition, values: Mapping[str, FieldValue]) -> bool:
    return values.get(condition.key) == condition.value


def _number_as_printed(entry: object) -> object:
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return entry
    if abs(entry) >= _LARGEST_NUMBER or entry != entry:
        return "-"  # whatever it is, not a number that a licence can bear
    return repr(entry)


def _date(text: str) -> date | None:
    if _DATE.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
