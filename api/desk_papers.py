"""The papers of the desk: the receipt for the case file, the slip for the citizen who is turned away."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from licences.access import Caller, Operation

from .authentication import for_offices
from .desk_checks import HeldCheck, RecentChecks
from .desk_showing import TOO_LONG_AGO, desk_page, see_check
from .enforcing import record_verification
from .errors import MalformedInputError, RefusalNotNeededError
from .receipts import CaseReference, SealedReport, receipt, refusal_slip
from .sessions import page_caller
from .wiring import Services


def desk_paper_routes(services: Services, checks: RecentChecks) -> APIRouter:
    """Return what gives papers: the receipt for the case file, the slip for the citizen."""
    verifying = Depends(for_offices(page_caller(services, Operation.VERIFY)))
    router = APIRouter(dependencies=[verifying])

    @router.get("/desk/checks/{name}/{_paper}")
    def back(request: Request, name: str, _paper: str) -> Response:
        return see_check(name, request)

    def given(
        request: Request,
        caller: Caller,
        name: str,
        paper: str,
        entered: Mapping[str, str],
        make: Callable[[HeldCheck], SealedReport],
    ) -> Response:
        held = checks.find(name)
        if held is None:
            return desk_page(request, services, problem=TOO_LONG_AGO)
        try:
            made = make(held)
        except RefusalNotNeededError as error:
            return desk_page(request, services, name=name, held=held, problem=error.message)
        except MalformedInputError as error:
            # Beside the form that it is about, with what was typed into it.
            return desk_page(request, services, name=name, held=held, entered=entered, fault={paper: error.message})
        record_verification(services, caller, held.report, at=datetime.now(UTC), receipt=paper)
        headers = {"Content-Disposition": f'attachment; filename="{made.file_name("pdf")}"'}
        return Response(made.pdf, media_type="application/pdf", headers=headers)

    @router.post("/desk/checks/{name}/receipt")
    def give_receipt(
        request: Request,
        caller: Annotated[Caller, verifying],
        name: str,
        case: Annotated[CaseReference, Depends(_case)],
    ) -> Response:
        def make(held: HeldCheck) -> SealedReport:
            return receipt(services, held.report, checked=held.checked, case=case, at=datetime.now(UTC))

        return given(request, caller, name, "receipt", _entries(case), make)

    @router.post("/desk/checks/{name}/refusal")
    def give_slip(
        request: Request,
        caller: Annotated[Caller, verifying],
        name: str,
        case: Annotated[CaseReference, Depends(_case)],
        reason: Annotated[str, Form()] = "",
        remark: Annotated[str, Form()] = "",
    ) -> Response:
        def make(held: HeldCheck) -> SealedReport:
            now = datetime.now(UTC)
            return refusal_slip(
                services, held.report, checked=held.checked, case=case, reason=reason, remark=remark, at=now
            )

        return given(request, caller, name, "refusal", {**_entries(case), "reason": reason, "remark": remark}, make)

    return router


async def _case(
    officer: Annotated[str, Form()] = "",
    case_number: Annotated[str, Form()] = "",
    item_name: Annotated[str, Form()] = "",
    item_code: Annotated[str, Form()] = "",
) -> CaseReference:
    return CaseReference(
        officer=officer.strip(),
        case_number=case_number.strip(),
        item_name=item_name.strip(),
        item_code=item_code.strip(),
    )


def _entries(case: CaseReference) -> Mapping[str, str]:
    """Return the entries of a case by the names of their fields."""
    return {
        "officer": case.officer,
        "case_number": case.case_number,
        "item_name": case.item_name,
        "item_code": case.item_code,
    }
