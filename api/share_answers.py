"""The calls of the share service: who asks is found in the body, the answer is one of the codes, all of it recorded."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import Request

from esign import CHINA, CopyPurpose
from licences import (
    HOLDER_KINDS,
    SEALED_FORMS,
    InvalidFieldError,
    InvalidHolderError,
    InvalidIdentifierError,
    Record,
    UnknownTypeError,
    look_at_holder,
)
from licences.access import Caller, NotAllowedError, Operation, Purpose, UnauthenticatedError, purpose_from
from licences.sharing import SharedLicences, ShareService, ShareStatus
from licences.supervision import TrailKind, TrailQuestion

from .copying import make_copy
from .enforcing import trail_entry
from .errors import ForbiddenError, InvalidBodyError, MalformedInputError, RateLimitedError, UsageError
from .inputs import parse_at
from .messages import Message
from .problems import row_of
from .question_limits import WINDOW, QuestionLimit
from .schemas_share import ByHolderBody, CauseObject, FileBody, ShareData, ShareHead, VerifyBody
from .wiring import Services

NOT_SAID: Final = "未说明"
"""Stands in the trail and on copies for an element that the partner's call does not carry."""
MAX_VERIFICATIONS_A_DAY: Final = 50
"""Verifications of data of one licence for one office in 24 hours: a wrong value is not found by trying."""
_LIMIT_TEXT = Message(
    zh="本机构 24 小时内对该证照的信息验证次数已达上限。",
    en="this office has had enough data of this licence verified for 24 hours",
)
_LOCAL_TIME = "%Y-%m-%d %H:%M:%S"

Answer = dict[str, object]


@dataclass(slots=True, kw_only=True)
class _Told:
    """What is answered, and what the trail keeps of it; filled while the call goes on."""

    status: ShareStatus
    data: Answer | None = None
    records: tuple[Record, ...] = ()
    holder_index: str = ""
    details: dict[str, str] = field(default_factory=dict)


def envelope(status: ShareStatus, data: Answer | None = None, message: str = "") -> Answer:
    """Give an answer in head and data."""
    return {"head": {"status": int(status), "message": message or status.zh}, "data": data}


class ShareCalls:
    """The three calls over the services of one process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._verifications = QuestionLimit(MAX_VERIFICATIONS_A_DAY, _LIMIT_TEXT)

    @property
    def _share(self) -> ShareService:
        return ShareService(store=self._services.store, catalogue=self._services.catalogue)

    def by_holder(self, request: Request, body: ByHolderBody, at: datetime) -> Answer:
        """证照数据 by holder code."""
        asked = body.data

        def call(caller: Caller, told: _Told) -> None:
            if not (asked.holder_code and asked.holder_kind and asked.type):
                told.status = ShareStatus.REQUIRED_EMPTY
                return
            if asked.holder_kind not in HOLDER_KINDS:
                told.status = ShareStatus.HOLDER_KIND_WRONG
                return
            key = asked.holder_kind, look_at_holder(asked.holder_kind, asked.holder_code).code
            told.holder_index = self._services.holder_index(*key)
            licence_type = self._share.type_for(asked.type, caller)
            found = self._share.of_holder(licence_type, key, asked.number, caller, at=at)
            _tell(told, found)
            if found.records:
                entries = [self._share.cert_data(record) for record in found.records]
                several = {"certDataList": entries} if len(entries) > 1 else {}
                told.data = {"certData": entries[0], **several}

        return self._answer(request, "queryCertInfoByHolderCode", body.head, asked, asked.cause, at, call)

    def file(self, request: Request, body: FileBody, at: datetime) -> Answer:
        """证照文件 by identifier: the original for its issuer, for all others a copy stamped with the cause."""
        asked = body.data

        def call(caller: Caller, told: _Told) -> None:
            if not asked.identifier:
                told.status = ShareStatus.REQUIRED_EMPTY
                return
            if asked.file_type not in SEALED_FORMS:
                told.status = ShareStatus.VALUE_WRONG
                return
            expires = None if not asked.expires else _expiry(asked.expires)
            _tell(told, self._share.by_identifier(asked.identifier, caller, at=at))
            if told.status is not ShareStatus.DONE:
                return
            (record,) = told.records
            purpose = _purpose(caller, body.head, asked, asked.cause)
            if record.issuer_code == caller.office_code:
                if asked.file_type not in record.files:
                    told.status = ShareStatus.VALUE_WRONG
                    return
                content, serial = self._services.store.file(record, asked.file_type), ""
            else:
                copy, _ = make_copy(
                    self._services,
                    record.identifier,
                    _copy_purpose(purpose),
                    made_by=caller.client,
                    expires_at=expires,
                    form=asked.file_type,
                    at=at,
                )
                content, serial = self._services.copies.copy_file(copy, asked.file_type), copy.serial
            told.details["copy"] = serial
            told.data = {
                "certIdentifier": record.identifier,
                "contentType": "base64",
                "fileType": asked.file_type,
                "copySerial": serial,
                "content": base64.b64encode(content).decode(),
            }

        return self._answer(request, "downloadFile", body.head, asked, asked.cause, at, call)

    def verify(self, request: Request, body: VerifyBody, at: datetime) -> Answer:
        """信息验证: whether data is right, never what would be."""
        asked = body.data

        def call(caller: Caller, told: _Told) -> None:
            if not asked.type:
                told.status = ShareStatus.REQUIRED_EMPTY
                return
            licence_type = self._share.type_for(asked.type, caller)
            verified = self._share.verify(licence_type, asked.data, caller, at=at)
            if verified.record is not None:
                told.records = (verified.record,)
                purpose = _purpose(caller, body.head, asked, asked.cause)
                self._require(caller, told, purpose, at, answered=False)
            if verified.holder is not None:
                told.holder_index = self._services.holder_index(*verified.holder)
            told.details["result"] = str(int(verified.verdict))
            told.status = ShareStatus.DONE
            told.data = {"result": int(verified.verdict), "message": verified.verdict.zh}

        return self._answer(request, "verifyCertInfo", body.head, asked, asked.cause, at, call)

    def _answer(
        self,
        request: Request,
        name: str,
        head: ShareHead,
        data: ShareData,
        cause: str | CauseObject,
        at: datetime,
        call: Callable[[Caller, _Told], None],
    ) -> Answer:
        try:
            caller = self._caller(request, head, at)
            caller.require(Operation.SHARE)
        except (UnauthenticatedError, ForbiddenError):
            return envelope(ShareStatus.NOT_AUTHENTICATED)
        except NotAllowedError:
            return envelope(ShareStatus.NOT_GRANTED)
        told = _Told(status=ShareStatus.REQUIRED_EMPTY, details={"call": name})
        purpose: Purpose | None = None
        message = ""
        try:
            if _reason(cause):
                purpose = _purpose(caller, head, data, cause)
                call(caller, told)
            else:
                message = f"{told.status.zh}：用证事由"
        except RateLimitedError:
            raise
        except ExceptionGroup as group:
            if group.split(InvalidFieldError)[1] is not None:
                raise
            told.status = ShareStatus.VALUE_WRONG
        except (*_REFUSALS,) as error:
            told.status = next(status for kind, status in _REFUSALS.items() if isinstance(error, kind))
        except Exception as error:
            told.status = ShareStatus.OTHER
            if row_of(error) is None:
                # The edge logs what it is; the trail has that somebody asked.
                self._record(caller, told, purpose, at)
                raise
        self._record(caller, told, purpose, at)
        if "result" in told.details and told.records:
            del told.details["result"]
            self._require(caller, told, purpose, at, answered=True)
        return envelope(told.status, told.data if told.status is ShareStatus.DONE else None, message)

    def _caller(self, request: Request, head: ShareHead, at: datetime) -> Caller:
        if head.access_id or head.access_token:
            return self._services.authentication.caller_by_key(request, head.access_id, head.access_token, at)
        return self._services.authentication.caller(request, at)

    def _require(self, caller: Caller, told: _Told, purpose: Purpose | None, at: datetime, *, answered: bool) -> None:
        question = TrailQuestion(
            kind=TrailKind.SHARE,
            office_code=caller.office_code,
            identifier=told.records[0].identifier,
            since=at - WINDOW,
        )

        def refuse() -> None:
            told.status = ShareStatus.OTHER
            self._record(caller, told, purpose, at)

        self._verifications.require(
            self._services.trail, question, lambda entry: "result" in entry.details, answered=answered, refuse=refuse
        )

    def _record(self, caller: Caller, told: _Told, purpose: Purpose | None, at: datetime) -> None:
        for record in told.records or (None,):
            entry = trail_entry(
                caller, Operation.SHARE, at=at, done=told.status is ShareStatus.DONE, code=str(int(told.status)),
                record=record, holder_index=told.holder_index, purpose=purpose, details=told.details,
            )  # fmt: skip
            self._services.trail.record(entry)


_REFUSALS: Mapping[type[Exception], ShareStatus] = {
    NotAllowedError: ShareStatus.NOT_GRANTED,
    UnknownTypeError: ShareStatus.TYPE_UNKNOWN,
    InvalidIdentifierError: ShareStatus.NONE_FOUND,
    InvalidHolderError: ShareStatus.VALUE_WRONG,
    InvalidFieldError: ShareStatus.VALUE_WRONG,
    UsageError: ShareStatus.VALUE_WRONG,
}


def status_of_body(error: InvalidBodyError | MalformedInputError) -> ShareStatus:
    """Say what is wrong with a body that could not be read."""
    faults = error.faults if isinstance(error, InvalidBodyError) else ()
    missing = bool(faults) and all(fault.code == "REQUIRED" for fault in faults)
    return ShareStatus.REQUIRED_EMPTY if missing else ShareStatus.VALUE_WRONG


def _tell(told: _Told, found: SharedLicences) -> None:
    told.status, told.records = found.status, found.about


def _reason(cause: str | CauseObject) -> str:
    return (cause if isinstance(cause, str) else cause.cause).strip()


def _purpose(caller: Caller, head: ShareHead, data: ShareData, cause: str | CauseObject) -> Purpose:
    """Five elements and a reason, as far as the call says them; ExceptionGroup of InvalidFieldError."""
    item = cause if isinstance(cause, CauseObject) else CauseObject()
    return purpose_from(
        {
            "office": data.office or caller.office,
            "officer": data.officer or item.system or head.access_id or caller.client,
            "item_name": data.item_name or item.item_name or NOT_SAID,
            "item_code": data.item_code or item.item_code or NOT_SAID,
            "case_number": data.case_number or NOT_SAID,
            "reason": _reason(cause),
        },
        pointer="/data",
    )


def _copy_purpose(purpose: Purpose) -> CopyPurpose:
    return CopyPurpose(
        cause=purpose.reason,
        office=purpose.office,
        officer=purpose.officer,
        item_name=purpose.item_name,
        item_code=purpose.item_code,
        case_number=purpose.case_number,
    )


def _expiry(text: str) -> datetime:
    """Read RFC 3339, a day, or date and time without an offset, which is then that of China; UsageError."""
    try:
        return datetime.strptime(text, _LOCAL_TIME).replace(tzinfo=CHINA)
    except ValueError:
        return parse_at(text)
