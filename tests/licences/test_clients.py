"""Clients and their proofs: what may be set up, what proves a client, what becomes of rows that somebody changes."""

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences import InvalidFieldError, SqlClients
from licences.access import (
    EVERYTHING,
    MAX_PROOFS,
    ROLE_OPERATIONS,
    Client,
    ClientAlteredError,
    ClientExistsError,
    Clients,
    ClientUnknownError,
    Grant,
    Operation,
    Proof,
    ProofTakenError,
    Role,
    UnauthenticatedError,
    caller_of,
    caller_with_certificate,
    caller_with_key,
    certificate_proof,
    make_api_key,
    make_client,
    make_grant,
    may_be_together,
    subject_proof,
    subject_proof_id,
    with_grant,
    without_grant,
)
from licences.faults import _ROWS
from licences.service_faults import SERVICE_ROWS

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OFFICE_CODE = "1199010000000102XM"


def client(name: str = "hall-7", **changes: Any) -> Client:
    words: dict[str, Any] = {
        "name": name,
        "title": "政务大厅 7 号窗口",
        "office": "样例县行政审批局",
        "office_code": OFFICE_CODE,
        "roles": ["clerk"],
        "created_at": AT,
    }
    return make_client(**words | changes)


def open_clients(path: Path, key: bytes = bytes(32)) -> SqlClients:
    return SqlClients(f"sqlite:///{path}/licences.db", key)


@pytest.fixture
def clients(database_url: str) -> Iterator[Clients]:
    kept = SqlClients(database_url, bytes(32))
    yield kept
    kept.close()


@pytest.fixture
def file_clients(home: Path) -> Iterator[SqlClients]:
    kept = open_clients(home)
    yield kept
    kept.close()


def new_key(clients: Clients, name: str = "hall-7", *, days: int = 365, at: datetime = AT) -> tuple[str, str]:
    text, proof = make_api_key(name, label="first", days=days, random=secrets.token_bytes, at=at)
    clients.add_proof(proof)
    return text, proof.id


def test_a_client_and_its_key_come_back_as_they_were_kept(clients: Clients) -> None:
    assert clients.is_empty()
    grant = make_grant(operations=["read"], types=["water-abstraction"], regions=["9901"])
    made = client(grants=(grant, EVERYTHING))
    clients.add(made)
    text, _ = new_key(clients)
    assert not clients.is_empty()
    assert clients.get("hall-7") == made
    assert clients.all() == (made,)
    caller = caller_with_key(clients, text, AT)
    assert (caller.client, caller.proof, caller.office_code) == ("hall-7", Proof.KEY, OFFICE_CODE)
    assert caller.grants == (grant, EVERYTHING)
    (proof,) = clients.proofs("hall-7")
    assert proof.last_used == AT.date()
    assert text.rpartition("_")[2] not in str(proof)
    with pytest.raises(ClientExistsError):
        clients.add(client(title="another"))
    assert clients.altered() == ()


def test_keys_overlap_expire_and_are_revoked_at_once(clients: Clients) -> None:
    clients.add(client())
    old, old_id = new_key(clients, days=10)
    new, _ = new_key(clients)
    for text in (old, new):
        assert caller_with_key(clients, text, AT + 10 * DAY - timedelta(seconds=1)).client == "hall-7"
    with pytest.raises(UnauthenticatedError):
        caller_with_key(clients, old, AT + 10 * DAY)
    again, again_id = new_key(clients)
    clients.revoke(again_id, AT)
    assert clients.revoke(again_id, AT + DAY).revoked_at == AT
    with pytest.raises(UnauthenticatedError):
        caller_with_key(clients, again, AT)
    clients.change("hall-7", lambda one: replace(one, suspended=True))
    with pytest.raises(UnauthenticatedError):
        caller_with_key(clients, new, AT)
    clients.change("hall-7", lambda one: replace(one, suspended=False))
    assert caller_with_key(clients, new, AT).client == "hall-7"
    with pytest.raises(ClientUnknownError):
        clients.revoke(old_id + "0", AT)


def test_what_is_no_key_proves_nobody(clients: Clients) -> None:
    clients.add(client())
    text, proof_id = new_key(clients)
    _, key_id, secret = text.split("_")
    other, _ = new_key(clients)
    wrong = [
        "", "elk_", text[:-1], text + "0", text.upper(), f"elk_{key_id}_{'0' * 48}", f"elk_{key_id}_",
        f"elk_{key_id}_{other.split('_')[2]}", f"elk_{'0' * 16}_{secret}", f" {text}", f"{text}\n", "\ud800", "é" * 69,
        proof_id, secret,
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(UnauthenticatedError):
            caller_with_key(clients, one, AT)


def test_certificates_and_subjects_prove_one_client_each(clients: Clients) -> None:
    clients.add(client())
    clients.add(client("hall-8"))
    certificate = certificate_proof("hall-7", b"DER of a certificate", label="CN=hall-7", at=AT)
    clients.add_proof(certificate)
    assert caller_with_certificate(clients, b"DER of a certificate", AT).proof is Proof.CERTIFICATE
    with pytest.raises(UnauthenticatedError):
        caller_with_certificate(clients, b"DER of another", AT)
    with pytest.raises(ProofTakenError):
        clients.add_proof(replace(certificate, client="hall-8"))
    clients.revoke(certificate.id, AT)
    clients.add_proof(replace(certificate, client="hall-8"))
    assert caller_with_certificate(clients, b"DER of a certificate", AT).client == "hall-8"
    clients.add_proof(subject_proof("hall-7", "https://id.example.gov.cn", "staff-7", at=AT))
    found, _ = clients.with_proof(subject_proof_id("https://id.example.gov.cn", "staff-7"))
    assert found.name == "hall-7"
    for issuer, subject in (("https://id.example.gov.cns", "taff-7"), ("https://id.example.gov.cn", "staff-70")):
        with pytest.raises(ClientUnknownError):
            clients.with_proof(subject_proof_id(issuer, subject))
    with pytest.raises(ClientUnknownError):
        clients.add_proof(subject_proof("nobody", "https://id.example.gov.cn", "staff-9", at=AT))


def test_a_certificate_is_no_key_without_a_secret(clients: Clients) -> None:
    clients.add(client())
    proof = certificate_proof("hall-7", b"DER", label="", at=AT)
    key_id = "0123456789abcdef"
    clients.add_proof(replace(proof, id=f"key:{key_id}", kind="key"))
    with pytest.raises(UnauthenticatedError):
        caller_with_key(clients, f"elk_{key_id}_{'0' * 48}", AT)


def test_there_is_an_end_to_proofs_and_grants(clients: Clients) -> None:
    clients.add(client())
    ids = [new_key(clients)[1] for _ in range(MAX_PROOFS)]
    with pytest.raises(InvalidFieldError, match="TOO_MANY_PROOFS"):
        new_key(clients)
    clients.revoke(ids[0], AT)
    new_key(clients)
    full = client(grants=tuple(make_grant(operations=None, types=[f"type-{n}"], regions=None) for n in range(50)))
    with pytest.raises(InvalidFieldError, match="TOO_MANY_GRANTS"):
        with_grant(full, EVERYTHING)
    assert with_grant(full, full.grants[3]) == full
    assert without_grant(full, 1).grants == full.grants[1:]
    for number in (0, 51, -1):
        with pytest.raises(InvalidFieldError, match="GRANT_UNKNOWN"):
            without_grant(full, number)


ALTERATIONS = {
    "role": "UPDATE clients SET content = replace(content, 'clerk', 'issuer_system')",
    "name": "UPDATE clients SET name = 'hall-9' WHERE name = 'hall-7'",
    "mac": "UPDATE clients SET mac = ''",
    "key-of-another": "UPDATE client_proofs SET client = 'hall-8'",
    "expiry": "UPDATE client_proofs SET content = replace(content, '2027', '2037')",
    "secret": "UPDATE client_proofs SET content = replace(content, 'secret_digest\": \"', 'secret_digest\": \"0')",
    "id": "UPDATE client_proofs SET proof_id = 'key:0000000000000000'",
    "row-of-another": "UPDATE clients SET content = (SELECT content FROM clients WHERE name = 'hall-8'), "
    "mac = (SELECT mac FROM clients WHERE name = 'hall-8') WHERE name = 'hall-7'",
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_a_row_that_somebody_else_wrote_grants_nothing_and_is_named(
    file_clients: SqlClients, home: Path, name: str
) -> None:
    file_clients.add(client())
    file_clients.add(client("hall-8", roles=["issuer_system"]))
    text, _ = new_key(file_clients)
    assert caller_with_key(file_clients, text, AT).roles == {Role.CLERK}
    with sqlite3.connect(home / "licences.db") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        assert database.execute(ALTERATIONS[name]).rowcount
    with pytest.raises(UnauthenticatedError):
        caller_with_key(file_clients, text, AT)
    assert file_clients.altered()


def test_the_mac_needs_the_key_of_this_home(file_clients: SqlClients, home: Path) -> None:
    file_clients.add(client())
    with pytest.raises(ClientAlteredError):
        open_clients(home, bytes(31) + b"\1").get("hall-7")


def test_one_client_never_has_two_administrations() -> None:
    for roles in (["auditor", "operator"], ["security_administrator", "auditor"], ["operator", "clerk"]):
        with pytest.raises(ExceptionGroup) as caught:
            client(roles=roles)
        assert [error.code for error in caught.value.exceptions] == ["ROLES_NOT_TOGETHER"]
    assert client(roles=["maker", "clerk"]).roles == {Role.MAKER, Role.CLERK}


BAD: dict[str, tuple[dict[str, Any], set[str]]] = {
    "name": ({"name": "Hall 7"}, {"CLIENT_NAME_MALFORMED"}),
    "empty": ({"name": "", "title": "", "office": "", "roles": []}, {"CLIENT_NAME_MALFORMED", "REQUIRED"}),
    "local": ({"name": "local"}, {"CLIENT_NAME_MALFORMED"}),
    "pseudonym": ({"name": "holder-1"}, {"CLIENT_NAME_MALFORMED"}),
    "long": ({"name": "a" * 65, "title": "题" * 129}, {"CLIENT_NAME_MALFORMED", "TOO_LONG"}),
    "office-code": ({"office_code": "1199010000000102X0"}, {"USCC_CHECK"}),
    "role": ({"roles": ["root"]}, {"ROLE_UNKNOWN"}),
    "holder": ({"roles": ["holder"]}, {"ROLE_OF_SESSIONS"}),
    "control": ({"title": "窗口\u202e7"}, {"CONTROL_CHARACTER"}),
    "grants": ({"grants": (EVERYTHING,) * 51}, {"TOO_MANY_GRANTS"}),
}


@pytest.mark.parametrize("name", BAD)
def test_every_fault_of_a_client_is_named_at_once(name: str) -> None:
    changes, codes = BAD[name]
    with pytest.raises(ExceptionGroup) as caught:
        client(**changes)
    assert {error.code for error in caught.value.exceptions} == codes


def test_faults_of_grants_keys_and_subjects_are_named() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        make_grant(operations=["rule"], types=None, regions=["99010"])
    assert {error.code for error in caught.value.exceptions} == {"ACCESS_OPERATION_UNKNOWN", "REGION_MALFORMED"}
    for days in (0, -1, 732):
        with pytest.raises(InvalidFieldError, match="KEY_DAYS_WRONG"):
            make_api_key("hall-7", label="", days=days, random=secrets.token_bytes, at=AT)
    for issuer, subject in (("id.example.gov.cn", "a"), ("https://id.example.gov.cn", ""), ("https://a", "x" * 256)):
        with pytest.raises(InvalidFieldError, match="SUBJECT_MALFORMED"):
            subject_proof("hall-7", issuer, subject, at=AT)


def test_an_empty_list_grants_nothing_and_none_grants_all() -> None:
    nothing = make_grant(operations=None, types=[], regions=None)
    caller = caller_of(client(grants=(nothing,)), Proof.KEY)
    assert not caller.may(Operation.READ, type_slug="water-abstraction", region="990101")
    assert caller_of(client(), Proof.KEY).may(Operation.READ, type_slug="water-abstraction", region="990101")


_some = st.none() | st.frozensets(st.sampled_from(list(Operation)), max_size=3)
_slugs = st.sampled_from(["water-abstraction", "pesticide-business", "special-equipment-use"])
_regions = st.sampled_from(["99", "9901", "990101", "990102", "9902"])
_grants = st.builds(
    Grant,
    operations=_some,
    types=st.none() | st.frozensets(_slugs, max_size=2),
    regions=st.none() | st.frozensets(_regions, max_size=2),
)
_roles = st.frozensets(st.sampled_from(list(Role)), min_size=1, max_size=3).filter(
    lambda roles: may_be_together(roles) and Role.HOLDER not in roles
)


@given(roles=_roles, grants=st.tuples(_grants, _grants), scope=_some, slug=_slugs, region=_regions)
def test_scopes_only_narrow_and_grants_give_no_more_than_the_roles(
    roles: frozenset[Role], grants: tuple[Grant, ...], scope: frozenset[Operation] | None, slug: str, region: str
) -> None:
    made = client(roles=roles, grants=grants)
    whole, narrowed = caller_of(made, Proof.TOKEN), caller_of(made, Proof.TOKEN, operations=scope)
    for operation in Operation:
        asked = {"type_slug": slug, "region": region}
        if narrowed.may(operation, **asked):
            assert whole.may(operation, **asked)
            assert scope is None or operation in scope
        if whole.may(operation, **asked):
            assert whole.may(operation)
            assert any(operation in ROLE_OPERATIONS[role] for role in roles)
    assert not any(caller_of(replace(made, grants=()), Proof.KEY).may(one) for one in Operation)


def test_no_fault_stands_twice() -> None:
    codes = [row[0] for row in (*_ROWS, *SERVICE_ROWS)]
    assert [code for code in codes if codes.count(code) > 1] == []
