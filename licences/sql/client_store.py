"""Adapter: clients in a relational database, each row under a MAC (modelled on GB/T 39786-2021 clause 8.4 b)."""

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from keys import hmac_bytes
from licences.access import (
    MAX_PROOFS,
    Client,
    ClientAlteredError,
    ClientExistsError,
    ClientProof,
    ClientUnknownError,
    Grant,
    Operation,
    ProofKind,
    ProofTakenError,
    Role,
)
from licences.errors import InvalidFieldError

from .client_tables import client_proofs, clients
from .database import BUSY_TIMEOUT, close_engine, is_key, open_engine, translated, writing

_MAC_PURPOSE = b"elicence clients 1"
_proofs = client_proofs.c
_CLIENT = clients.select().where(clients.c.name == sa.bindparam("wanted"))
_ALL = clients.select().order_by(clients.c.name)
_ANY = sa.select(sa.literal(1)).select_from(clients).limit(1)
_SET_CLIENT = clients.update().where(clients.c.name == sa.bindparam("wanted"))
_PROOF = client_proofs.select().where(_proofs.proof_id == sa.bindparam("wanted"))
_PROOFS = client_proofs.select().where(_proofs.client == sa.bindparam("wanted"))
_SET_PROOF = client_proofs.update().where(_proofs.proof_id == sa.bindparam("wanted"))
_DROP_PROOF = client_proofs.delete().where(_proofs.proof_id == sa.bindparam("wanted"))
_PROVEN = (
    sa.select(
        client_proofs,
        clients.c.name,
        clients.c.content.label("client_content"),
        clients.c.mac.label("client_mac"),
    )
    .join(clients)
    .where(_proofs.proof_id == sa.bindparam("wanted"))
)

_Row = sa.Row[tuple[object, ...]]


class SqlClients:
    """See ``access.Clients``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(self, url: str, index_key: bytes, *, busy_timeout: float = BUSY_TIMEOUT) -> None:
        """Name the database as ``SqlStore`` does; the key of the MACs is derived from the home's index key."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._mac_key = hmac_bytes("sm3", index_key, _MAC_PURPOSE)

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def is_empty(self) -> bool:
        """See ``access.Clients``."""
        with translated(), self._engine.connect() as connection:
            return connection.execute(_ANY).first() is None

    def add(self, client: Client) -> None:
        """See ``access.Clients``."""
        with translated():
            try:
                with writing(self._engine) as connection:
                    connection.execute(clients.insert(), {"name": client.name, **self._client_values(client)})
            except sa.exc.IntegrityError as error:
                raise ClientExistsError from error

    def get(self, name: str) -> Client:
        """See ``access.Clients``."""
        with translated(), self._engine.connect() as connection:
            return self._found(connection, name)

    def change(self, name: str, edit: Callable[[Client], Client]) -> Client:
        """See ``access.Clients``."""
        with translated(), writing(self._engine) as connection:
            client = edit(self._found(connection, name))
            connection.execute(_SET_CLIENT.values(self._client_values(client)), {"wanted": name})
        return client

    def all(self) -> tuple[Client, ...]:
        """See ``access.Clients``."""
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(_ALL).all()
        return tuple(self._client(row.name, row.content, row.mac) for row in rows if self._is_ours(row))

    def altered(self) -> tuple[str, ...]:
        """See ``access.Clients``."""
        with translated(), self._engine.connect() as connection:
            names = [row.name for row in connection.execute(_ALL) if not self._is_ours(row)]
            proofs = connection.execute(client_proofs.select().order_by(_proofs.proof_id)).all()
        return (*names, *(row.proof_id for row in proofs if not self._is_our_proof(row)))

    def add_proof(self, proof: ClientProof) -> None:
        """See ``access.Clients``."""
        with translated(), writing(self._engine) as connection:
            self._found(connection, proof.client)
            known = connection.execute(_PROOF, {"wanted": proof.id}).first()
            if known is not None:
                # A certificate that was taken from one client may be given to another.
                if self._proof(known).revoked_at is None:
                    raise ProofTakenError
                connection.execute(_DROP_PROOF, {"wanted": proof.id})
            kept = connection.execute(_PROOFS, {"wanted": proof.client}).all()
            if sum(self._proof(row).is_good(proof.created_at) for row in kept) >= MAX_PROOFS:
                raise InvalidFieldError("/proofs", "TOO_MANY_PROOFS", limit=MAX_PROOFS)
            values = {"proof_id": proof.id, "client": proof.client, **self._proof_values(proof)}
            connection.execute(client_proofs.insert(), values)

    def proofs(self, name: str) -> tuple[ClientProof, ...]:
        """See ``access.Clients``."""
        if not is_key(name):
            raise ClientUnknownError
        with translated(), self._engine.connect() as connection:
            self._found(connection, name)
            rows = connection.execute(_PROOFS, {"wanted": name}).all()
        found = (self._proof(row) for row in rows)
        return tuple(sorted(found, key=lambda proof: (proof.created_at, proof.id)))

    def revoke(self, proof_id: str, at: datetime) -> ClientProof:
        """See ``access.Clients``."""
        if not is_key(proof_id):
            raise ClientUnknownError
        with translated(), writing(self._engine) as connection:
            row = connection.execute(_PROOF, {"wanted": proof_id}).first()
            if row is None:
                raise ClientUnknownError
            proof = self._proof(row)
            if proof.revoked_at is None:
                proof = replace(proof, revoked_at=at)
                connection.execute(_SET_PROOF.values(self._proof_values(proof)), {"wanted": proof_id})
        return proof

    def with_proof(self, proof_id: str) -> tuple[Client, ClientProof]:
        """See ``access.Clients``."""
        if not is_key(proof_id):
            raise ClientUnknownError
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_PROVEN, {"wanted": proof_id}).first()
        if row is None:
            raise ClientUnknownError
        return self._client(row.name, row.client_content, row.client_mac), self._proof(row)

    def used(self, proof_id: str, day: date) -> None:
        """See ``access.Clients``."""
        with translated(), writing(self._engine) as connection:
            connection.execute(_SET_PROOF.values(last_used=day.isoformat()), {"wanted": proof_id})

    def _found(self, connection: sa.Connection, name: str) -> Client:
        row = connection.execute(_CLIENT, {"wanted": name}).first() if is_key(name) else None
        if row is None:
            raise ClientUnknownError
        return self._client(row.name, row.content, row.mac)

    def _is_ours(self, row: _Row) -> bool:
        return hmac.compare_digest(row.mac.encode(), self._mac("client", row.name, row.content).encode())

    def _is_our_proof(self, row: _Row) -> bool:
        expected = self._mac("proof", row.proof_id, row.client, row.content)
        return hmac.compare_digest(row.mac.encode(), expected.encode())

    def _client(self, name: str, content: str, mac: str) -> Client:
        if not hmac.compare_digest(mac.encode(), self._mac("client", name, content).encode()):
            raise ClientAlteredError
        return _client_from(name, json.loads(content))

    def _proof(self, row: _Row) -> ClientProof:
        if not self._is_our_proof(row):
            raise ClientAlteredError
        day = None if row.last_used is None else date.fromisoformat(row.last_used)
        return _proof_from(row.proof_id, row.client, day, json.loads(row.content))

    def _client_values(self, client: Client) -> dict[str, str]:
        content = _text(_client_content(client))
        return {"content": content, "mac": self._mac("client", client.name, content)}

    def _proof_values(self, proof: ClientProof) -> dict[str, str]:
        content = _text(_proof_content(proof))
        return {"content": content, "mac": self._mac("proof", proof.id, proof.client, content)}

    def _mac(self, *parts: str) -> str:
        return hmac_bytes("sm3", self._mac_key, json.dumps(parts, ensure_ascii=True).encode("ascii")).hex()


def _client_content(client: Client) -> dict[str, object]:
    return {
        "title": client.title,
        "office": client.office,
        "office_code": client.office_code,
        "roles": sorted(client.roles),
        "grants": [
            {
                "operations": _sorted(grant.operations),
                "types": _sorted(grant.types),
                "regions": _sorted(grant.regions),
            }
            for grant in client.grants
        ],
        "suspended": client.suspended,
        "created_at": client.created_at.isoformat(),
    }


def _client_from(name: str, content: dict[str, Any]) -> Client:
    return Client(
        name=name,
        title=content["title"],
        office=content["office"],
        office_code=content["office_code"],
        roles=frozenset(Role(role) for role in content["roles"]),
        grants=tuple(_grant_from(grant) for grant in content["grants"]),
        suspended=content["suspended"],
        created_at=datetime.fromisoformat(content["created_at"]),
    )


def _grant_from(content: dict[str, Any]) -> Grant:
    operations, types, regions = (content[key] for key in ("operations", "types", "regions"))
    return Grant(
        operations=None if operations is None else frozenset(Operation(one) for one in operations),
        types=None if types is None else frozenset(types),
        regions=None if regions is None else frozenset(regions),
    )


def _proof_content(proof: ClientProof) -> dict[str, object]:
    return {
        "kind": proof.kind,
        "label": proof.label,
        "secret_digest": proof.secret_digest,
        "created_at": proof.created_at.isoformat(),
        "expires_at": None if proof.expires_at is None else proof.expires_at.isoformat(),
        "revoked_at": None if proof.revoked_at is None else proof.revoked_at.isoformat(),
    }


def _proof_from(proof_id: str, client: str, last_used: date | None, content: dict[str, Any]) -> ClientProof:
    expires, revoked = content["expires_at"], content["revoked_at"]
    return ClientProof(
        id=proof_id,
        client=client,
        kind=ProofKind(content["kind"]),
        label=content["label"],
        secret_digest=content["secret_digest"],
        created_at=datetime.fromisoformat(content["created_at"]),
        expires_at=None if expires is None else datetime.fromisoformat(expires),
        revoked_at=None if revoked is None else datetime.fromisoformat(revoked),
        last_used=last_used,
    )


def _text(content: dict[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _sorted(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)
