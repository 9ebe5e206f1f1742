"""Clients over HTTP, for the security administrator."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, Client, Grant, Operation, with_grants

from .authentication import may
from .client_keeping import ClientKeeping, client_shape
from .http_requests import PREFIX, json_body, problems, takes
from .schemas import read_body
from .schemas_clients import (
    CertificateBody,
    ClientBody,
    ClientListOut,
    ClientOut,
    GrantBody,
    GrantsBody,
    KeyBody,
    NewKeyOut,
    SubjectBody,
)
from .wiring import Services


def client_routes(services: Services) -> APIRouter:
    """Return the interface for clients."""
    router = APIRouter(prefix=f"{PREFIX}/clients")
    managing = Depends(may(services, Operation.MANAGE_CLIENTS))
    sent = Depends(json_body)

    @router.get(
        "",
        summary="列出应用",
        description="All clients with their grants and proofs; no secret is among them.",
        response_model=ClientListOut,
        responses=problems(401, 403),
    )
    def show_all(caller: Annotated[Caller, managing]) -> Response:
        now = datetime.now(UTC)
        shapes = [client_shape(one, services.clients.proofs(one.name), now) for one in services.clients.all()]
        return JSONResponse({"clients": shapes, "altered": list(services.clients.altered())})

    @router.post(
        "",
        summary="登记应用",
        description="Set up a client. Without grants it may do nothing, unless all it does is to administer.",
        status_code=201,
        response_model=ClientOut,
        responses=problems(400, 401, 403, 409, 413, 415, 422),
        openapi_extra=takes(ClientBody),
    )
    def add(caller: Annotated[Caller, managing], body: Annotated[bytes, sent]) -> Response:
        wish, keeping = read_body(ClientBody, body), _keeping(services, caller)
        client = keeping.add(
            name=wish.name,
            title=wish.title,
            office=wish.office,
            office_code=wish.office_code,
            roles=wish.roles,
            grants=_grants(keeping, wish.grants),
        )
        headers = {"Location": f"{PREFIX}/clients/{quote(client.name)}"}
        return JSONResponse(_shape(services, client), status_code=201, headers=headers)

    @router.get(
        "/{name}",
        summary="查看应用",
        description="One client.",
        response_model=ClientOut,
        responses=problems(401, 403, 404),
    )
    def show(caller: Annotated[Caller, managing], name: str) -> Response:
        return JSONResponse(_shape(services, services.clients.get(name)))

    @router.put(
        "/{name}/grants",
        summary="授权",
        description="Put these grants in the place of all that a client has. Nobody changes its own.",
        response_model=ClientOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422),
        openapi_extra=takes(GrantsBody),
    )
    def grant(caller: Annotated[Caller, managing], name: str, body: Annotated[bytes, sent]) -> Response:
        wish, keeping = read_body(GrantsBody, body), _keeping(services, caller)
        grants = _grants(keeping, wish.grants)
        return JSONResponse(_shape(services, keeping.change(name, "grant", lambda one: with_grants(one, grants))))

    @router.put(
        "/{name}/suspension",
        summary="停用应用",
        description="Let it do nothing, at once. Nobody suspends itself.",
        response_model=ClientOut,
        responses=problems(401, 403, 404),
    )
    def suspend(caller: Annotated[Caller, managing], name: str) -> Response:
        changed = _keeping(services, caller).change(name, "suspend", lambda one: replace(one, suspended=True))
        return JSONResponse(_shape(services, changed))

    @router.delete(
        "/{name}/suspension",
        summary="恢复应用",
        description="Let it call again.",
        response_model=ClientOut,
        responses=problems(401, 403, 404),
    )
    def restore(caller: Annotated[Caller, managing], name: str) -> Response:
        changed = _keeping(services, caller).change(name, "restore", lambda one: replace(one, suspended=False))
        return JSONResponse(_shape(services, changed))

    @router.post(
        "/{name}/keys",
        summary="发密钥",
        description="Make another key. It is shown in this answer and never again; older keys stay good until revoked.",
        status_code=201,
        response_model=NewKeyOut,
        responses=problems(400, 401, 403, 404, 413, 415, 422),
        openapi_extra=takes(KeyBody),
    )
    def make_key(caller: Annotated[Caller, managing], name: str, body: Annotated[bytes, sent]) -> Response:
        wish = read_body(KeyBody, body)
        key = _keeping(services, caller).key(name, label=wish.label, days=wish.days)
        return JSONResponse(key.shape(), status_code=201, headers={"Cache-Control": "no-store"})

    @router.post(
        "/{name}/certificates",
        summary="绑定客户端证书",
        description="Let a client certificate prove the client, on connections with mutual TLS.",
        status_code=201,
        response_model=ClientOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(CertificateBody),
    )
    def add_certificate(caller: Annotated[Caller, managing], name: str, body: Annotated[bytes, sent]) -> Response:
        wish = read_body(CertificateBody, body)
        _keeping(services, caller).certificate(name, wish.certificate.encode())
        return JSONResponse(_shape(services, services.clients.get(name)), status_code=201)

    @router.post(
        "/{name}/subjects",
        summary="绑定统一身份认证账号",
        description="Let an account with an identity provider prove the client: by access tokens, or when it logs in.",
        status_code=201,
        response_model=ClientOut,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
        openapi_extra=takes(SubjectBody),
    )
    def add_subject(caller: Annotated[Caller, managing], name: str, body: Annotated[bytes, sent]) -> Response:
        wish = read_body(SubjectBody, body)
        _keeping(services, caller).subject(name, wish.issuer, wish.subject)
        return JSONResponse(_shape(services, services.clients.get(name)), status_code=201)

    @router.delete(
        "/{name}/proofs/{proof}",
        summary="吊销凭证",
        description="End a key, certificate or account at once and for good.",
        response_model=ClientOut,
        responses=problems(401, 403, 404),
    )
    def revoke(caller: Annotated[Caller, managing], name: str, proof: str) -> Response:
        _keeping(services, caller).revoke(name, proof)
        return JSONResponse(_shape(services, services.clients.get(name)))

    return router


def _keeping(services: Services, caller: Caller) -> ClientKeeping:
    return ClientKeeping(services, caller, random=os.urandom, at=datetime.now(UTC))


def _grants(keeping: ClientKeeping, bodies: list[GrantBody]) -> tuple[Grant, ...]:
    return tuple(
        keeping.grant(operations=one.operations, types=one.types, regions=one.regions, pointer=f"/grants/{number}")
        for number, one in enumerate(bodies)
    )


def _shape(services: Services, client: Client) -> dict[str, object]:
    return client_shape(client, services.clients.proofs(client.name), datetime.now(UTC))
