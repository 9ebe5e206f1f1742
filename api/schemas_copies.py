"""The bodies of requests and responses about annotated copies."""

from .schemas import Body, Text
from .schemas_licences import FilesOut, Format


class RequesterBody(Body):
    """An office that asks for something, and the account of its officer."""

    office: Text
    officer: Text


class ItemBody(Body):
    """A service item (事项)."""

    name: Text
    code: Text


class CopyBody(Body):
    """For whom an annotated copy is made, what for, and until when; `made_by` is the account of whoever makes it."""

    cause: Text
    requester: RequesterBody
    item: ItemBody
    case_number: Text
    made_by: Text
    expires_at: Text | None = None
    format: Format = None


class CopyOut(Body):
    """An annotated copy."""

    serial: str
    identifier: str
    made_at: str
    expires_at: str
    files: FilesOut
