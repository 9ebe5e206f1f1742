"""Bodies of the share service. Members that nobody knows are passed over: partners' programs send their own."""

from typing import Annotated

from pydantic import ConfigDict, Field

from .schemas import Body

MAX_CAUSE = 200
Word = Annotated[str, Field(max_length=256)]


class Loose(Body):
    """An object that may have further members."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class ShareHead(Loose):
    """Who calls: name of the client, and its API key."""

    access_id: Annotated[str, Field(alias="accessId", max_length=64)] = ""
    access_token: Annotated[str, Field(alias="accessToken", max_length=512)] = ""


class CauseObject(Loose):
    """A cause with the item that it is for."""

    system: Annotated[Word, Field(alias="certificateSystemName")] = ""
    category: Annotated[Word, Field(alias="certificateCallCategory")] = ""
    item_name: Annotated[Word, Field(alias="certificateMatterName")] = ""
    item_code: Annotated[Word, Field(alias="certificateEventCode")] = ""
    cause: Annotated[str, Field(alias="certificateCopyCause", max_length=MAX_CAUSE)] = ""


Cause = Annotated[str, Field(max_length=MAX_CAUSE)] | CauseObject


class ShareData(Loose):
    """What every call has beside its own members: the elements of the reading, as far as the partner sends them."""

    office: Annotated[Word, Field(alias="orgName")] = ""
    officer: Annotated[Word, Field(alias="username")] = ""
    item_name: Annotated[Word, Field(alias="itemName")] = ""
    item_code: Annotated[Word, Field(alias="itemCode")] = ""
    case_number: Annotated[Word, Field(alias="businessCode")] = ""


class ByHolderData(ShareData):
    """Holder, type, and perhaps the printed number."""

    holder_code: Annotated[str, Field(alias="holderCode", max_length=64)] = ""
    holder_kind: Annotated[str, Field(alias="holderTypeCode", max_length=8)] = ""
    type: Annotated[str, Field(alias="certTypeCode", max_length=64)] = ""
    number: Annotated[str, Field(alias="certNo", max_length=128)] = ""
    cause: Annotated[Cause, Field(alias="useCause")] = ""


class FileData(ShareData):
    """Identifier, cause, and until when the copy may be used."""

    identifier: Annotated[str, Field(alias="certificateIdentifier", max_length=128)] = ""
    cause: Annotated[Cause, Field(alias="certificateCopyCause")] = ""
    expires: Annotated[str, Field(alias="certificateCopyExpiringTime", max_length=40)] = ""
    file_type: Annotated[str, Field(alias="fileType", max_length=8)] = "pdf"


class VerifyData(ShareData):
    """Type, and the data that is to be verified."""

    type: Annotated[str, Field(alias="certTypeCode", max_length=64)] = ""
    data: Annotated[dict[str, object], Field(alias="certData", max_length=100, default_factory=dict)]
    cause: Annotated[Cause, Field(alias="useCause")] = ""


class ByHolderBody(Loose):
    """Data by holder."""

    head: ShareHead
    data: ByHolderData


class FileBody(Loose):
    """File by identifier."""

    head: ShareHead
    data: FileData


class VerifyBody(Loose):
    """Verification of data."""

    head: ShareHead
    data: VerifyData


class ShareHeadOut(Body):
    """How the call went: a code of the table in the reference, and what it means."""

    status: int
    message: str


class ShareOut(Body):
    """An answer; `data` is null unless `head.status` is 0."""

    head: ShareHeadOut
    data: dict[str, object] | None
