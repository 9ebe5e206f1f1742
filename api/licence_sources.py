"""Share services of others as licence sources (an adapter over `keys.exchange`), modelled on GB/T 36906 practice.

One call: data by holder code, in an envelope of head and data. What is answered is used for one question and kept
nowhere: it is personal data of people who may never come again, and it changes without our being told.
"""

import base64
import binascii
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

from esign import CHINA, LONG_TERM, LicenceIdentifier
from keys import Endpoint, ServiceFailedError, exchange
from licences import HolderKey
from licences.access import Purpose
from licences.sharing import Breaker, FoundElsewhere, SourceUnavailableError

from .errors import ApiError, SettingsError
from .inputs import MAX_JSON_BYTES, parse_json, read_file
from .licence_source_settings import SourceSetting, SourceType

MAX_SOURCE_ANSWER: Final = MAX_JSON_BYTES
"""Data of one holder, perhaps with a sealed file in base64."""
MAX_SOURCE_LICENCES: Final = 50
"""Of one type, that one holder has."""
MAX_SOURCE_TEXT: Final = 4000
MAX_TOKEN_BYTES: Final = 4096
UNLIMITED: Final = frozenset({LONG_TERM, "9999-12-31"})

_IDENTIFIERS = ("certificateIdentifier", "cert_identifier", "certIdentifier")
_ENDS = ("certificateExpiringDate", "certificateValidateEnd")
_ISSUERS = ("certificateIssuingAuthorityCode", "issueDeptCode")
_HOLDERS = ("certificateHolderCode", "holderCode")
_TYPES = ("certificateTypeCode", "certTypeCode")
_NOT_IN_FORCE: Mapping[int, str] = {21: "cancelled", 22: "expired", 23: "suspended"}
"""Codes with which a source says that there is a licence, and why it cannot be used."""
_FOUND, _NONE = 0, 10
_SEVERAL = re.compile(r"\s*[、,，;；^]\s*")

log = logging.getLogger("elicence.sources")

FileCheck = Callable[[bytes, datetime], str | None]
"""Verifies a sealed file and returns the identifier that it bears; None unless it passed."""


class ShareSource:
    """A `LicenceSource`. Safe for threads."""

    def __init__(self, setting: SourceSetting, check: FileCheck, clock: Callable[[], float] = time.monotonic) -> None:
        """SettingsError when its access token cannot be read."""
        self._setting = setting
        self._check = check
        self._breaker = Breaker(clock)
        self._token = _token(setting.token_file)
        self._endpoint = Endpoint(url=setting.url, timeout=setting.seconds)

    @property
    def name(self) -> str:
        """See `LicenceSource`."""
        return self._setting.name

    def gives(self, type_slug: str) -> bool:
        """See `LicenceSource`."""
        return type_slug in self._setting.types

    def licences_of(
        self, holder: HolderKey, type_slug: str, purpose: Purpose, *, at: datetime
    ) -> tuple[FoundElsewhere, ...]:
        """See `LicenceSource`."""
        if not self._breaker.lets_through():
            raise SourceUnavailableError(self.name)
        wanted = self._setting.types[type_slug]
        try:
            found = self._read(self._asked(holder, wanted, purpose), holder, type_slug, at)
        except (ServiceFailedError, ApiError) as error:
            # Its name and the kind of failure: what was asked and answered is personal.
            log.warning("licence source %s: %s", self._setting.key, type(error).__name__)
            self._breaker.note(answered=False)
            raise SourceUnavailableError(self.name) from error
        self._breaker.note(answered=True)
        return found

    def _asked(self, holder: HolderKey, wanted: SourceType, purpose: Purpose) -> bytes:
        kind, code = holder
        question = {
            "head": {"accessId": self._setting.access_id, "accessToken": self._token},
            "data": {
                "holderCode": code,
                "holderTypeCode": kind,
                "certTypeCode": wanted.code,
                "useCause": purpose.reason,
                "orgName": purpose.office,
                "username": purpose.officer,
                "itemName": purpose.item_name,
                "itemCode": purpose.item_code,
                "businessCode": purpose.case_number,
            },
        }
        return exchange(
            self._endpoint,
            body=json.dumps(question, ensure_ascii=False).encode(),
            content_type="application/json",
            limit=MAX_SOURCE_ANSWER,
        )

    def _read(self, answer: bytes, holder: HolderKey, slug: str, at: datetime) -> tuple[FoundElsewhere, ...]:
        whole = _members(parse_json(answer))
        status = _status(_members(whole.get("head")).get("status"))
        if status == _NONE:
            return ()
        if status in _NOT_IN_FORCE:
            return (_without_data(slug, _NOT_IN_FORCE[status]),)
        if status != _FOUND:
            raise _NoAnswerError
        data = _members(whole.get("data"))
        told = data.get("certDataList", data.get("certData"))
        entries = told if isinstance(told, list) else [told]
        if len(entries) > MAX_SOURCE_LICENCES:
            raise _NoAnswerError
        found = tuple(self._licence(_texts(_members(entry)), holder, slug, at) for entry in entries)
        self._check_file(data, found, at)
        return found

    def _licence(self, told: Mapping[str, str], holder: HolderKey, slug: str, at: datetime) -> FoundElsewhere:
        wanted = self._setting.types[slug]
        named = {wanted.fields.get(key, key): value for key, value in told.items()}
        # An answer about somebody or something else is none to our question.
        _require_same(_first(named, _HOLDERS), holder[1])
        _require_same(_first(named, _TYPES), wanted.code)
        identifier, end = _first(named, _IDENTIFIERS), _first(named, _ENDS)
        if not identifier:
            raise _NoAnswerError
        valid_to = None if not end or end in UNLIMITED else _day(end)
        over = valid_to is not None and valid_to < at.astimezone(CHINA).date()
        return FoundElsewhere(
            identifier=identifier,
            type_slug=slug,
            issuer_code=_first(named, _ISSUERS) or _issuer_in(identifier),
            state="expired" if over else "issued",
            valid_to=valid_to,
            end_known=bool(end),
            values=named,
        )

    def _check_file(self, data: Mapping[str, object], found: tuple[FoundElsewhere, ...], at: datetime) -> None:
        content = data.get("content")
        if content is None:
            return
        try:
            file = base64.b64decode(content if isinstance(content, str) else "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _NoAnswerError from error
        if self._check(file, at) not in {one.identifier for one in found}:
            raise _NoAnswerError


class _NoAnswerError(ApiError):
    """What came is no answer to the question."""

    def __init__(self) -> None:
        super().__init__("上级库的应答不符合约定。", "the answer of the source is none")


def _without_data(slug: str, state: str) -> FoundElsewhere:
    return FoundElsewhere(
        identifier="", type_slug=slug, issuer_code="", state=state, valid_to=None, end_known=False, values={}
    )


def _token(path: Path) -> str:
    try:
        token = read_file(path, MAX_TOKEN_BYTES).decode("ascii").splitlines()[0].strip()
    except (ApiError, ValueError, IndexError) as error:
        raise SettingsError(
            f"上级库访问令牌文件无法使用：{path}", f"the file of a source's access token cannot be used: {path}"
        ) from error
    if not token:
        raise SettingsError(f"上级库访问令牌文件为空：{path}", f"the file of a source's access token is empty: {path}")
    return token


def _status(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 4:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _NoAnswerError


def _members(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _NoAnswerError
    return value


def _texts(members: Mapping[str, object]) -> dict[str, str]:
    """What is a text or a number; tables and objects have no keys that we know."""
    texts = {
        key: str(value)
        for key, value in members.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    if any(len(text) > MAX_SOURCE_TEXT for text in texts.values()):
        raise _NoAnswerError
    return texts


def _first(named: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((named[key].strip() for key in keys if key in named), "")


def _require_same(told: str, asked: str) -> None:
    # Some sources mask what they were asked by, and several holders stand in one text.
    if told and "*" not in told and asked.upper() not in _SEVERAL.split(told.upper()):
        raise _NoAnswerError


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError as error:
        raise _NoAnswerError from error


def _issuer_in(identifier: str) -> str:
    try:
        return LicenceIdentifier.from_text(identifier).issuer_code
    except ValueError:
        return ""
