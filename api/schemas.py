"""What the bodies of HTTP requests and responses have in common: how they are read, refused, described in OpenAPI."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import models_json_schema

from .errors import BodyFault, InvalidBodyError, UsageError
from .inputs import parse_json, within_calendars
from .messages import Message

MAX_FAULTS = 50  # told of one body; a hostile one has as many as it has keys

Text = Annotated[str, Field(min_length=1, max_length=256)]


def _as_text(value: object) -> object:
    """Days and instants are texts in JSON; a number that pydantic would take for seconds is refused."""
    if not isinstance(value, str):
        raise ValueError("a text is expected")  # pydantic turns it into a fault of the body
    return value


def _in_calendars(value: datetime) -> datetime:
    try:
        return within_calendars(value)
    except UsageError as error:
        raise ValueError("an instant is expected") from error


Day = Annotated[date, BeforeValidator(_as_text), Field(strict=False)]
Instant = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_calendars), Field(strict=False)]


class Body(BaseModel):
    """A JSON object without keys that nobody knows; nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Words(Body):
    """A statement in both languages."""

    zh: str
    en: str


class FieldErrorOut(Body):
    """One refused field."""

    pointer: str
    code: str
    message: Words


class ProblemOut(Body):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: Words
    errors: list[FieldErrorOut] = []


_referenced: dict[str, type[Body]] = {}
"""The bodies that come in; all others are described by the routes that answer with them."""

_TEMPLATE = "#/components/schemas/{model}"

_FAULTS = {
    "missing": ("REQUIRED", Message(zh="此项必填", en="this field is required")),
    "extra_forbidden": ("UNKNOWN_FIELD", Message(zh="没有此项", en="there is no such field")),
    "string_too_long": ("TOO_LONG", Message(zh="过长", en="too long")),
    "string_too_short": ("REQUIRED", Message(zh="此项必填", en="this field is required")),
    "literal_error": ("NOT_IN_LIST", Message(zh="不在允许的取值之内", en="not one of the values allowed")),
    "enum": ("NOT_IN_LIST", Message(zh="不在允许的取值之内", en="not one of the values allowed")),
}
_OTHER_FAULT = ("WRONG_FORM", Message(zh="形式不对", en="has the wrong form"))

BodyType = TypeVar("BodyType", bound=Body)


def read_body(model: type[BodyType], data: bytes) -> BodyType:
    """Read a JSON body; MalformedInputError when it is no JSON, InvalidBodyError with every fault of its form."""
    return read_document(model, parse_json(data))


def read_document(model: type[BodyType], document: object) -> BodyType:
    """Read what `parse_json` returned, or a part of it; InvalidBodyError with every fault of its form."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise invalid_body(error.errors(include_url=False, include_context=False, include_input=False)) from None


def invalid_body(details: Sequence[Mapping[str, object]], *, skip: int = 0) -> InvalidBodyError:
    """Turn pydantic's details into ours, which never repeat a value; `skip` drops the first parts of each place."""
    faults = []
    for detail in details[:MAX_FAULTS]:
        place = detail["loc"]
        parts = place[skip:] if isinstance(place, tuple) else ()
        code, message = _FAULTS.get(str(detail["type"]), _OTHER_FAULT)
        # A key that nobody knows was typed by somebody: only its parent is named.
        named = parts[:-1] if code == "UNKNOWN_FIELD" else parts
        faults.append(BodyFault(pointer="".join(f"/{part}" for part in named), code=code, message=message))
    return InvalidBodyError(tuple(faults))


def reference(model: type[Body]) -> dict[str, str]:
    """Refer to a body's schema in OpenAPI, where `describe` then puts it."""
    _referenced[model.__name__] = model
    return {"$ref": _TEMPLATE.format(model=model.__name__)}


def describe(app: FastAPI) -> None:
    """Add the schemas of the bodies that come in to the application's OpenAPI document."""
    made = app.openapi

    def with_bodies() -> dict[str, Any]:
        document = made()
        _, described = models_json_schema(
            [(body, "validation") for body in _referenced.values()], ref_template=_TEMPLATE
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(described["$defs"])
        return document

    # FastAPI's documented way of extending the document is to replace this method.
    app.openapi = with_bodies  # type: ignore[method-assign]
