"""Callers that no request proves: whoever works where the server runs, and clients that have left work here."""

from licences.access import ALONE, EVERYTHING, HERE, AccessError, Caller, Proof, Role, caller_of

from .home import AUTHORITY_CODE, AUTHORITY_NAME
from .wiring import Services

CALLER_HERE = Caller(
    client=HERE,
    office=AUTHORITY_NAME,
    office_code=AUTHORITY_CODE,
    roles=frozenset(Role) - ALONE,
    grants=(EVERYTHING,),
    proof=Proof.HERE,
)


def client_now(services: Services, name: str) -> Caller | None:
    """Return what a client may do now, for work that it has left here; None when there is no such client any more."""
    if name == HERE:
        return CALLER_HERE if services.home.settings.open_on_loopback else None
    try:
        return caller_of(services.clients.get(name), Proof.KEY)
    except AccessError:
        return None
