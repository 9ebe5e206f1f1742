"""Who calls: dependencies of routes that give the caller, or refuse."""

from collections.abc import Callable

from fastapi import Request

from licences.access import ALONE, EVERYTHING, Caller, Operation, Proof, Role

from .home import AUTHORITY_CODE, AUTHORITY_NAME
from .http_requests import only_from_here
from .wiring import Services

_HERE = Caller(
    client="local",
    office=AUTHORITY_NAME,
    office_code=AUTHORITY_CODE,
    roles=frozenset(Role) - ALONE,
    grants=(EVERYTHING,),
    proof=Proof.HERE,
)


def may(services: Services, operation: Operation) -> Callable[[Request], Caller]:
    """Return a dependency that gives the caller of a request, who may do this to some licences at least.

    Raises UnauthenticatedError (401) without a proof of who it is, NotAllowedError (403). What it may do to one licence
    is asked with `Caller.require` when the licence is known.
    """

    def caller_of(request: Request) -> Caller:
        only_from_here(request)
        caller = _HERE
        caller.require(operation)
        return caller

    return caller_of
