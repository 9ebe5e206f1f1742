"""What a caller is told when something cannot be done, over HTTP and on the command line."""

from collections.abc import Iterator
from dataclasses import dataclass

from licences import InvalidFieldError, InvalidHolderError, LicencesError, StoreUnavailableError, UnknownTypeError

from .errors import ApiError, InvalidBodyError, MalformedInputError
from .exit_codes import UNAVAILABLE
from .messages import Message
from .problem_rows import INTERNAL, ROWS, STORE_BUSY, STORE_UNWRITABLE, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One field that was refused."""

    pointer: str
    code: str
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a caller is told when something cannot be done."""

    row: Row
    code: str
    message: Message
    fields: tuple[FieldProblem, ...] = ()

    def shape(self) -> dict[str, object]:
        """Return the error object of the command line."""
        return {"error": {"code": self.code, "message": self.message.shape(), "fields": self.field_shapes()}}

    def http_shape(self) -> dict[str, object]:
        """Return the problem details of RFC 9457; what is our own fault is told without its particulars."""
        message = self.message if self.row.http_status < 500 else self.row.title
        shape: dict[str, object] = {
            "type": f"urn:elicence:problem:{self.code}",
            "title": self.row.title.en,
            "status": self.row.http_status,
            "detail": message.en,
            "code": self.code,
            "message": message.shape(),
        }
        if self.fields:
            shape["errors"] = self.field_shapes()
        return shape

    def field_shapes(self) -> list[dict[str, object]]:
        """Return the refused fields as JSON carries them."""
        return [
            {"pointer": field.pointer, "code": field.code, "message": field.message.shape()} for field in self.fields
        ]


_BY_ERROR = {row.error: row for row in ROWS}


def row_of(error: BaseException) -> Row | None:
    """Return the row that answers for this error, or None for one that nobody foresaw."""
    if isinstance(error, StoreUnavailableError):
        if error.busy:
            return STORE_BUSY
        if error.unwritable:
            return STORE_UNWRITABLE
    if isinstance(error, ExceptionGroup):
        rows = {row_of(inner) for inner in _leaves(error)}
        return rows.pop() if len(rows) == 1 else None
    return next((_BY_ERROR[cls] for cls in type(error).__mro__ if cls in _BY_ERROR), None)


def problem_of(error: BaseException) -> Problem:
    """Say what to tell about this error; one that nobody foresaw is internal and says nothing about itself."""
    row = row_of(error)
    if row is None:
        return Problem(row=INTERNAL, code=INTERNAL.code, message=INTERNAL.title)
    if isinstance(error, ExceptionGroup):
        fields = tuple(_field(leaf) for leaf in _leaves(error) if isinstance(leaf, InvalidFieldError))
        return Problem(row=row, code=row.code, message=_counted(len(fields)), fields=fields)
    if isinstance(error, InvalidFieldError):
        return Problem(row=row, code=row.code, message=_counted(1), fields=(_field(error),))
    if isinstance(error, LicencesError):
        message = Message(zh=error.zh, en=error.en)
        pointer = _pointer(error)
        fields = () if pointer is None else (FieldProblem(pointer=pointer, code=error.code, message=message),)
        return Problem(row=row, code=error.code, message=message, fields=fields)
    if isinstance(error, InvalidBodyError):
        fields = tuple(
            FieldProblem(pointer=fault.pointer, code=fault.code, message=fault.message) for fault in error.faults
        )
        return Problem(row=row, code=row.code, message=error.message, fields=fields)
    if isinstance(error, ApiError):
        return Problem(row=row, code=row.code, message=error.message)
    if isinstance(error, OSError):
        return Problem(row=row, code=row.code, message=_system_message(row, error))
    # The texts of `keys`, `esign` and `verify` are in English and hold no personal data.
    detail = str(error)
    return Problem(
        row=row, code=row.code, message=Message(zh=f"{row.title.zh}：{detail}", en=f"{row.title.en}: {detail}")
    )


def problem_for_status(status: int) -> Problem:
    """Give the problem for a status that the framework has chosen, such as 404 for an unknown path."""
    if status == 400:  # of the framework: a form whose parts cannot be told from each other
        return problem_of(MalformedInputError("请求内容无法读取。", "the body cannot be read"))
    titles = {
        404: Message(zh="没有这个地址", en="no such address"),
        405: Message(zh="此地址不支持该方法", en="the address does not take this method"),
    }
    title = titles.get(status, Message(zh="请求无法处理", en="the request cannot be handled"))
    row = Row(error=ApiError, exit_code=UNAVAILABLE, http_status=status, code=f"HTTP_{status}", title=title)
    return Problem(row=row, code=row.code, message=title)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _field(error: InvalidFieldError) -> FieldProblem:
    return FieldProblem(pointer=error.pointer, code=error.code, message=Message(zh=error.zh, en=error.en))


def _pointer(error: LicencesError) -> str | None:
    """Name the field that an error outside the metadata is about."""
    match error:
        case UnknownTypeError():
            return "/type"
        case InvalidHolderError():
            return "/kind" if error.code == "HOLDER_KIND_UNKNOWN" else "/code"
        case _:
            return None


def _counted(count: int) -> Message:
    return Message(
        zh=f"有 {count} 项填写有误。", en="1 field is refused" if count == 1 else f"{count} fields are refused"
    )


def _system_message(row: Row, error: OSError) -> Message:
    reason = error.strerror or type(error).__name__
    place = f"：{error.filename}" if error.filename else ""
    return Message(zh=f"{row.title.zh}{place}（{reason}）", en=f"{row.title.en}{place.replace('：', ' ')}: {reason}")
