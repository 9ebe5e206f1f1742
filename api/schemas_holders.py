"""The bodies of requests and responses about what a holder has, and why it is looked up."""

from typing import Annotated

from pydantic import ConfigDict, Field

from licences.access import PURPOSE_MEMBERS

from .schemas import Body, Text, Words

Element = Annotated[str, Field(max_length=256)]


class Access(Body):
    """Who looks something up, for which matter, and why: each of them is needed, and what is missing is named."""

    model_config = ConfigDict(json_schema_extra={"required": list(PURPOSE_MEMBERS)})

    office: Element = ""
    officer: Element = ""
    item_name: Element = ""
    item_code: Element = ""
    case_number: Element = ""
    reason: Element = ""


class HolderBody(Body):
    """A holder by kind and code (GB/T 36903 Annex A), and why they are looked up."""

    model_config = ConfigDict(json_schema_extra={"required": ["kind", "code", "access"]})

    kind: Text
    code: Text
    history: bool = False
    linked: bool = False
    access: Access = Access()


class HolderCodeOut(Body):
    """Kind and masked code of a holder."""

    kind: str
    code: str


class LinkOut(Body):
    """A recorded link between two codes."""

    link: str
    relation: str
    name: Words
    earlier: HolderCodeOut
    later: HolderCodeOut
    since: str


class HeldOut(Body):
    """One licence of a holder."""

    identifier: str
    number: str
    type: str
    status: str
    valid_from: str
    valid_to: str | None
    in_force: bool
    through: list[LinkOut] = Field(default=[], description="Only with `linked`: the links that lead to it.")


class HeldListOut(Body):
    """The licences of a holder, those in force first."""

    licences: list[HeldOut]
