"""Webhooks over HTTP: each client keeps its own."""

import threading
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from licences.access import Caller, Operation
from licences.outgoing import Webhook, WebhookNotFoundError, WebhookState

from .authentication import may
from .errors import OverloadedError
from .event_messages import attempt_with, test_message
from .http_requests import PREFIX, json_body, problems, takes
from .messages import instant_text
from .schemas import read_body
from .schemas_systems import NewWebhookOut, SecretOut, WebhookBody, WebhookListOut, WebhookOut, WebhookTestOut
from .webhook_keeping import add_webhook, record_change, rotate_secret
from .webhook_shapes import webhook_shape
from .wiring import Services


def webhook_routes(services: Services) -> APIRouter:
    """Return the interface for webhooks."""
    router = APIRouter(prefix=f"{PREFIX}/webhooks")
    following = Annotated[Caller, Depends(may(services, Operation.FOLLOW))]
    # A receiver that hangs holds a place of those in which licences are issued.
    testing = threading.Semaphore()

    @router.post(
        "",
        summary="订阅推送",
        description="Have changes told to an address. The answer holds the secret for checking signatures, this once.",
        status_code=201,
        response_model=NewWebhookOut,
        responses=problems(400, 401, 403, 409, 413, 415, 422),
        openapi_extra=takes(WebhookBody),
    )
    def add(caller: following, body: Annotated[bytes, Depends(json_body)]) -> Response:
        wish, at = read_body(WebhookBody, body), datetime.now(UTC)
        types = None if wish.types is None else [services.catalogue.get(name).slug for name in wish.types]
        for slug in types or ():
            caller.require(Operation.FOLLOW, type_slug=slug)
        webhook = add_webhook(
            services, client=caller.client, url=wish.url, events=wish.events, types=types, regions=wish.regions,
            after=wish.after, at=at,
        )  # fmt: skip
        record_change(services, caller, webhook, "add", at)
        shape = {**webhook_shape(webhook), "secret": webhook.secrets[0].value}
        return JSONResponse(shape, status_code=201, headers={"Location": f"{PREFIX}/webhooks/{webhook.id}"})

    @router.get(
        "",
        summary="列出推送订阅",
        description="The webhooks of the caller, the oldest first.",
        response_model=WebhookListOut,
        responses=problems(401, 403),
    )
    def show_all(caller: following) -> Response:
        return JSONResponse({"webhooks": [webhook_shape(one) for one in services.webhooks.of_client(caller.client)]})

    @router.get(
        "/{webhook_id}",
        summary="查看推送订阅",
        description="One webhook, and how far its receiver is.",
        response_model=WebhookOut,
        responses=problems(401, 403, 404),
    )
    def show(webhook_id: str, caller: following) -> Response:
        return JSONResponse(webhook_shape(_own(services, caller, webhook_id)))

    @router.delete(
        "/{webhook_id}",
        summary="取消推送订阅",
        description="Forget it.",
        status_code=204,
        response_class=Response,
        responses=problems(401, 403, 404),
    )
    def remove(webhook_id: str, caller: following) -> Response:
        webhook = _own(services, caller, webhook_id)
        services.webhooks.remove(webhook.id)
        record_change(services, caller, webhook, "remove", datetime.now(UTC))
        return Response(status_code=204)

    @router.post(
        "/{webhook_id}/disable",
        summary="停用推送",
        description="Send nothing until it is enabled again; it then goes on where it was.",
        response_model=WebhookOut,
        responses=problems(401, 403, 404),
    )
    def disable(webhook_id: str, caller: following) -> Response:
        return _changed(services, caller, webhook_id, WebhookState.DISABLED)

    @router.post(
        "/{webhook_id}/enable",
        summary="启用推送",
        description="Go on where it was disabled or given up.",
        response_model=WebhookOut,
        responses=problems(401, 403, 404),
    )
    def enable(webhook_id: str, caller: following) -> Response:
        return _changed(services, caller, webhook_id, WebhookState.ACTIVE)

    @router.post(
        "/{webhook_id}/secret",
        summary="更换签名密钥",
        description="Make a new secret, shown this once. For a day messages are signed with the earlier one as well.",
        response_model=SecretOut,
        responses=problems(401, 403, 404),
    )
    def rotate(webhook_id: str, caller: following) -> Response:
        webhook, at = _own(services, caller, webhook_id), datetime.now(UTC)
        new, earlier = rotate_secret(services, webhook, at=at)
        record_change(services, caller, webhook, "secret", at)
        until = instant_text(earlier.until or at)
        return JSONResponse({"webhook": webhook.id, "secret": new.value, "earlier_until": until})

    @router.post(
        "/{webhook_id}/test",
        summary="测试推送",
        description="Send a message that tells of nothing (`webhook.test`), once and now.",
        response_model=WebhookTestOut,
        responses=problems(401, 403, 404, 503),
    )
    def test(webhook_id: str, caller: following) -> Response:
        webhook, at = _own(services, caller, webhook_id), datetime.now(UTC)
        if not testing.acquire(blocking=False):
            raise OverloadedError(
                "正在进行其他推送测试，请稍后再试。", "another webhook is being tested: try again soon", seconds=10
            )
        try:
            code = attempt_with(services.home.settings)(webhook, test_message(webhook, at), at)
        finally:
            testing.release()
        return JSONResponse({"webhook": webhook.id, "delivered": not code, "code": code or None})

    return router


def _own(services: Services, caller: Caller, webhook_id: str) -> Webhook:
    webhook = services.webhooks.get(webhook_id)
    if webhook.client != caller.client:
        raise WebhookNotFoundError
    return webhook


def _changed(services: Services, caller: Caller, webhook_id: str, state: WebhookState) -> Response:
    webhook = _own(services, caller, webhook_id)
    services.webhooks.set_state(webhook.id, state)
    record_change(services, caller, webhook, state.value, datetime.now(UTC))
    return JSONResponse(webhook_shape(services.webhooks.get(webhook.id)))
