"""Who may do what with licences, and why: callers, roles, grants and purposes."""

from .callers import EVERYTHING, Caller, Grant, HolderIdentity, Proof, region_of
from .errors import AccessError, NotAllowedError
from .purposes import PURPOSE_MEMBERS, Purpose, purpose_from
from .roles import ADMINISTRATORS, ALONE, ROLE_OPERATIONS, Operation, Role, may_be_together, operations_of

__all__ = [
    "ADMINISTRATORS",
    "ALONE",
    "EVERYTHING",
    "PURPOSE_MEMBERS",
    "ROLE_OPERATIONS",
    "AccessError",
    "Caller",
    "Grant",
    "HolderIdentity",
    "NotAllowedError",
    "Operation",
    "Proof",
    "Purpose",
    "Role",
    "may_be_together",
    "operations_of",
    "purpose_from",
    "region_of",
]
