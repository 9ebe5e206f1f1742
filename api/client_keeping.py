"""Setting up clients, from the command line and over HTTP alike: each change is made, and stands in the trail."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from keys import KeysError, load_certificates
from licences.access import (
    ADMINISTRATORS,
    EVERYTHING,
    Caller,
    Client,
    ClientExistsError,
    ClientProof,
    ClientUnknownError,
    Grant,
    NotAllowedError,
    Role,
    certificate_proof,
    make_api_key,
    make_client,
    make_grant,
    subject_proof,
)
from licences.supervision import TrailEntry, TrailKind

from .errors import MalformedInputError
from .home import AUTHORITY_CODE, AUTHORITY_NAME
from .messages import instant_text
from .wiring import Services

FIRST_CLIENT = "security-administrator"
FIRST_KEY_DAYS = 30
"""The first key is there to set up others; it is not renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key as it is shown, once."""

    client: str
    text: str
    proof: ClientProof

    def shape(self) -> dict[str, object]:
        """Return the form in which JSON carries it."""
        return {
            "client": self.client,
            "id": self.proof.id,
            "key": self.text,
            "expires_at": None if self.proof.expires_at is None else instant_text(self.proof.expires_at),
        }


class ClientKeeping:
    """Changes clients for somebody: for a caller, or for whoever works on this machine."""

    def __init__(self, services: Services, by: Caller | None, *, random: Callable[[int], bytes], at: datetime) -> None:
        self._services = services
        self._by = by
        self._random = random
        self._at = at

    def first(self) -> NewKey | None:
        """Make the first security administrator and its key in a home without clients; None when there are some."""
        clients = self._services.clients
        if not clients.is_empty():
            return None
        client = make_client(
            name=FIRST_CLIENT,
            title="首个安全管理员 first security administrator",
            office=AUTHORITY_NAME,
            office_code=AUTHORITY_CODE,
            roles=[Role.SECURITY_ADMINISTRATOR],
            created_at=self._at,
        )
        try:
            clients.add(client)
        except ClientExistsError:
            return None  # another process was faster, and shows the key
        self._record(client.name, "add", roles=" ".join(sorted(client.roles)))
        return self.key(client.name, label="bootstrap", days=FIRST_KEY_DAYS)

    def add(
        self, *, name: str, title: str, office: str, office_code: str, roles: Iterable[str], grants: tuple[Grant, ...]
    ) -> Client:
        """Add a client; ExceptionGroup of InvalidFieldError, ClientExistsError.

        What administrators do is no matter of types and regions: without grants they have all of it.
        """
        made = make_client(
            name=name, title=title, office=office, office_code=office_code, roles=roles, grants=grants,
            created_at=self._at,
        )  # fmt: skip
        if made.roles <= ADMINISTRATORS and not grants:
            made = replace(made, grants=(EVERYTHING,))
        self._services.clients.add(made)
        self._record(name, "add", **_words(made))
        return made

    def grant(
        self,
        *,
        operations: Collection[str] | None,
        types: Collection[str] | None,
        regions: Collection[str] | None,
        pointer: str = "/grant",
    ) -> Grant:
        """Read a grant; types by slug or code. UnknownTypeError, ExceptionGroup of InvalidFieldError."""
        catalogue = self._services.catalogue
        slugs = None if types is None else [catalogue.get(one).slug for one in types]
        return make_grant(operations=operations, types=slugs, regions=regions, pointer=pointer)

    def change(self, name: str, word: str, edit: Callable[[Client], Client]) -> Client:
        """Change a client; nobody changes itself. ClientUnknownError, NotAllowedError, what `edit` raises."""
        if self._by is not None and self._by.client == name:
            raise NotAllowedError
        made = self._services.clients.change(name, edit)
        self._record(name, word, **_words(made))
        return made

    def key(self, name: str, *, label: str, days: int) -> NewKey:
        """Give a client another key; ClientUnknownError, InvalidFieldError."""
        text, proof = make_api_key(name, label=label, days=days, random=self._random, at=self._at)
        self._prove(proof, "key")
        return NewKey(client=name, text=text, proof=proof)

    def certificate(self, name: str, content: bytes) -> ClientProof:
        """Tie a certificate (PEM or DER) to a client; MalformedInputError, ClientUnknownError, ProofTakenError."""
        try:
            certificate = load_certificates(content)[0]
        except KeysError as error:
            raise MalformedInputError("证书无法读取。", "the certificate cannot be read") from error
        proof = certificate_proof(name, certificate.der, label=str(certificate.subject), at=self._at)
        return self._prove(proof, "certificate")

    def subject(self, name: str, issuer: str, subject: str) -> ClientProof:
        """Tie an account with a provider to a client; InvalidFieldError, ClientUnknownError, ProofTakenError."""
        return self._prove(subject_proof(name, issuer, subject, at=self._at), "subject")

    def revoke(self, name: str, proof_id: str) -> ClientProof:
        """End a proof of this client at once; ClientUnknownError."""
        if proof_id not in {proof.id for proof in self._services.clients.proofs(name)}:
            raise ClientUnknownError
        proof = self._services.clients.revoke(proof_id, self._at)
        self._record(name, "revoke", proof=proof_id)
        return proof

    def _prove(self, proof: ClientProof, word: str) -> ClientProof:
        self._services.clients.add_proof(proof)
        self._record(proof.client, word, proof=proof.id)
        return proof

    def _record(self, name: str, word: str, **details: str) -> None:
        by = self._by
        self._services.trail.record(
            TrailEntry(
                kind=TrailKind.CLIENTS,
                at=self._at,
                done=True,
                details={"client": name, "change": word, **details},
            ).by(by)
        )


def client_shape(client: Client, proofs: Iterable[ClientProof], at: datetime) -> dict[str, object]:
    """Return a client as JSON carries it: grants are counted from 1, and of a key nothing secret is told."""
    return {
        "name": client.name,
        "title": client.title,
        "office": client.office,
        "office_code": client.office_code,
        "roles": sorted(client.roles),
        "grants": [{"number": number, **grant_shape(grant)} for number, grant in enumerate(client.grants, start=1)],
        "suspended": client.suspended,
        "created_at": instant_text(client.created_at),
        "proofs": [proof_shape(proof, at) for proof in proofs],
    }


def grant_shape(grant: Grant) -> dict[str, object]:
    """Return a grant as JSON carries it; null stands for all."""
    return {
        "operations": None if grant.operations is None else sorted(grant.operations),
        "types": None if grant.types is None else sorted(grant.types),
        "regions": None if grant.regions is None else sorted(grant.regions),
    }


def proof_shape(proof: ClientProof, at: datetime) -> dict[str, object]:
    """Return what is told of a proof."""
    return {
        "id": proof.id,
        "kind": proof.kind.value,
        "label": proof.label,
        "created_at": instant_text(proof.created_at),
        "expires_at": None if proof.expires_at is None else instant_text(proof.expires_at),
        "revoked_at": None if proof.revoked_at is None else instant_text(proof.revoked_at),
        "last_used": None if proof.last_used is None else proof.last_used.isoformat(),
        "good": proof.is_good(at),
    }


def _words(client: Client) -> Mapping[str, str]:
    """What an auditor needs to know of a client after a change."""
    grants = [
        ":".join(
            ",".join(sorted(part)) if part is not None else "*" for part in (one.operations, one.types, one.regions)
        )
        for one in client.grants
    ]
    return {
        "roles": " ".join(sorted(client.roles)),
        "grants": " ".join(grants),
        "suspended": str(client.suspended).lower(),
    }
