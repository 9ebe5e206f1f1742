"""What a holder has, at the clerk desk: for those who may look it up, each time with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from licences import HOLDER_KINDS, FiledLicence, InvalidHolderError, InvalidIdentifierError, LicenceNotFoundError
from licences.access import Caller, Operation, Proof, purpose_from

from .desk_checks import RecentChecks
from .desk_showing import held_check, see_check
from .desk_view import shown, state_of
from .enforcing import require_own_office
from .messages import Message, period_text
from .presented import Presented
from .problems import problem_of
from .rendering import page
from .resolving import as_keyed
from .routes import look_up, read_licence
from .sessions import page_caller
from .wiring import Services

ELEMENTS: Mapping[str, Message] = {
    "office": Message(zh="单位", en="Office"),
    "officer": Message(zh="经办人", en="Officer"),
    "item_name": Message(zh="事项名称", en="Item"),
    "item_code": Message(zh="事项编码", en="Code of the item"),
    "case_number": Message(zh="案号", en="Case number"),
    "reason": Message(zh="查询事由", en="Reason"),
}
"""Who looks something up, for which matter and why: without all of them nobody is told what a holder has."""
MAX_ELEMENT_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One line of what a holder has."""

    identifier: str
    type_name: str
    number: str
    state: Message
    in_force: bool
    period: str


def desk_holder_routes(services: Services, checks: RecentChecks) -> APIRouter:
    """Return the pages on which a holder is looked up, and from which a licence of theirs is opened as a check."""
    looking = Depends(page_caller(services, Operation.LOOK_UP))
    router = APIRouter(dependencies=[looking])

    @router.get("/desk/holders")
    def form(request: Request, caller: Annotated[Caller, looking]) -> Response:
        return _holders(request, {} if caller.proof is Proof.HERE else {"office": caller.office})

    @router.post("/desk/holders")
    def look(
        request: Request, caller: Annotated[Caller, looking], typed: Annotated[Mapping[str, str], Depends(_typed)]
    ) -> Response:
        faults = _missing(typed, ("kind", "code"))
        if faults:
            return _holders(request, typed, faults=faults)
        try:
            file = look_up(services, caller, (typed["kind"], as_keyed(typed["code"])), typed)
        except InvalidHolderError as error:
            return _holders(request, typed, faults={"code": problem_of(error).message})
        return _holders(request, typed, found=[_found(services, one) for one in file.licences])

    @router.get("/desk/open")
    def nothing_chosen() -> Response:
        return RedirectResponse("/desk/holders", status_code=303)

    @router.post("/desk/open")
    def open_licence(
        request: Request, caller: Annotated[Caller, looking], typed: Annotated[Mapping[str, str], Depends(_typed)]
    ) -> Response:
        faults = _missing(typed, ())
        if faults:
            return _holders(request, typed, faults=faults)
        try:
            purpose = purpose_from(typed)
            require_own_office(caller, purpose)
            record = read_licence(services, caller, typed["identifier"], purpose, what="desk")
        except (LicenceNotFoundError, InvalidIdentifierError):
            return _holders(request, typed)
        presented = Presented(data=services.store.file(record, "pdf"))
        report = presented.judged(services.verifier, None, None, datetime.now(UTC))
        return see_check(checks.keep(held_check(presented, report, "")))

    return router


async def _typed(request: Request) -> Mapping[str, str]:
    async with request.form(max_files=0, max_fields=16) as form:
        return {key: value.strip() for key, value in form.items() if isinstance(value, str)}


def _missing(typed: Mapping[str, str], further: Sequence[str]) -> dict[str, Message]:
    """Name everything that is missing or too long."""
    faults = {}
    for key in (*ELEMENTS, *further):
        if not typed.get(key):
            faults[key] = Message(zh="请填写。", en="This is needed.")
        elif len(typed[key]) > MAX_ELEMENT_CHARACTERS:
            faults[key] = Message(
                zh=f"不超过 {MAX_ELEMENT_CHARACTERS} 字。", en=f"at most {MAX_ELEMENT_CHARACTERS} characters"
            )
    return faults


def _found(services: Services, one: FiledLicence) -> _Found:
    record = one.record
    return _Found(
        identifier=record.identifier,
        type_name=services.catalogue.get(record.type_code).name,
        number=shown(record.number),
        state=state_of(one.state),
        in_force=one.in_force,
        period=period_text(record.valid_from, record.valid_to).zh,
    )


def _holders(
    request: Request,
    typed: Mapping[str, str],
    *,
    faults: Mapping[str, Message] | None = None,
    found: Sequence[_Found] | None = None,
) -> HTMLResponse:
    return page(
        request,
        "desk_holders.html",
        status_code=422 if faults else 200,
        elements=ELEMENTS,
        kinds=HOLDER_KINDS,
        typed={key: shown(typed.get(key, "")) for key in (*ELEMENTS, "kind")},
        limit=MAX_ELEMENT_CHARACTERS,
        faults=faults or {},
        found=found,
    )
