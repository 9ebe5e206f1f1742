"""What callers may do, and which roles allow it: one table, from which the documents and the tests are made."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Operation(StrEnum):
    """What a caller asks for. Everything that the interface does is one of these."""

    ISSUE = "issue"
    """签发, singly or in batches."""
    ACT = "act"
    """Lifecycle acts: 变更, 注销, 吊销 …"""
    CONVERT = "convert"
    """Conversion of paper stock."""
    DRAFT = "draft"
    """起草: begin, edit, submit, abandon and seal a draft."""
    REVIEW = "review"
    """审核: approve or return somebody else's draft."""
    READ = "read"
    """One licence by its identifier, its history and its files."""
    LOOK_UP = "look_up"
    """All licences of a holder, by the holder's code."""
    VERIFY = "verify"
    """Have something verified, and get receipts for it."""
    COPY = "copy"
    """Annotated copies, and who relied on what."""
    CHECK_REQUIREMENTS = "check_requirements"
    """Which materials of an item need not be submitted."""
    SHARE = "share"
    """The share-service interface for other platforms."""
    FOLLOW = "follow"
    """The feed of changes and webhooks."""
    USE_OWN = "use_own"
    """A holder's own licences: see, download, show, entrust, and who looked."""
    KEEP_CATALOGUE = "keep_catalogue"
    """Licence types and items."""
    HANDLE_CASES = "handle_cases"
    """Objections and reports of forgeries."""
    SUPERVISE = "supervise"
    """Statistics and warnings on deadlines."""
    AUDIT = "audit"
    """Read and verify the trail."""
    MANAGE_CLIENTS = "manage_clients"
    """Clients, their keys, roles and grants."""
    OPERATE = "operate"
    """Metrics, queues and the state of the service."""


class Role(StrEnum):
    """A bundle of operations that an office gives to a client."""

    ISSUER_SYSTEM = "issuer_system"
    MAKER = "maker"
    REVIEWER = "reviewer"
    CLERK = "clerk"
    HOLDER = "holder"
    CATALOGUE_KEEPER = "catalogue_keeper"
    SHARE_PARTNER = "share_partner"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"


ROLE_OPERATIONS: Mapping[Role, frozenset[Operation]] = MappingProxyType(
    {
        Role.ISSUER_SYSTEM: frozenset(
            {
                Operation.ISSUE, Operation.ACT, Operation.CONVERT, Operation.DRAFT, Operation.READ, Operation.LOOK_UP,
                Operation.VERIFY, Operation.COPY, Operation.CHECK_REQUIREMENTS, Operation.FOLLOW,
            }
        ),
        Role.MAKER: frozenset({Operation.DRAFT, Operation.READ, Operation.VERIFY}),
        Role.REVIEWER: frozenset({Operation.REVIEW, Operation.READ, Operation.VERIFY}),
        Role.CLERK: frozenset(
            {
                Operation.READ, Operation.LOOK_UP, Operation.VERIFY, Operation.COPY, Operation.CHECK_REQUIREMENTS,
                Operation.HANDLE_CASES,
            }
        ),
        Role.HOLDER: frozenset({Operation.USE_OWN, Operation.VERIFY}),
        Role.CATALOGUE_KEEPER: frozenset({Operation.KEEP_CATALOGUE}),
        Role.SHARE_PARTNER: frozenset({Operation.SHARE, Operation.FOLLOW, Operation.VERIFY}),
        Role.SUPERVISOR: frozenset({Operation.SUPERVISE, Operation.HANDLE_CASES}),
        Role.OPERATOR: frozenset({Operation.OPERATE}),
        Role.SECURITY_ADMINISTRATOR: frozenset({Operation.MANAGE_CLIENTS}),
        Role.AUDITOR: frozenset({Operation.AUDIT, Operation.SUPERVISE}),
    }
)  # fmt: skip

ADMINISTRATORS = frozenset({Role.OPERATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})
"""System, security and audit administration: no client has two of them (modelled on GB/T 22239-2019 clause 8.1.4)."""

ALONE = ADMINISTRATORS | {Role.HOLDER}
"""Roles that go with no other role."""


def operations_of(roles: frozenset[Role]) -> frozenset[Operation]:
    """Return what these roles allow together."""
    return frozenset().union(*(ROLE_OPERATIONS[role] for role in roles))


def may_be_together(roles: frozenset[Role]) -> bool:
    """Whether one client may have all of these roles."""
    return len(roles) <= 1 or not roles & ALONE
