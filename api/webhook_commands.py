"""`elicence webhooks list|add|test|disable|enable|secret|remove`: who is told of changes, and how far each is."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, Parser, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences.outgoing import Webhook

    from .answer import Answer

EVENTS = ("licence.issued", "licence.acted")
_STATES = {"active": "推送中", "disabled": "已停用", "given_up": "多次失败，已停止"}


def add_webhook_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence webhooks`."""
    listed = add("list", _list, "列出推送订阅 webhooks and how far their receivers are", to)
    listed.add_argument("--client", metavar="NAME", help="只列该应用的 of this client only")
    new = add("add", _add, "新建推送订阅 have changes told; the secret is shown once", to)
    new.add_argument("--client", metavar="NAME", required=True, help="应用 the client whose grants count")
    new.add_argument("--url", metavar="URL", required=True, help="接收地址 where: https")
    new.add_argument("--event", choices=EVENTS, action="append", help="事件 what is told (default all)")
    new.add_argument("--type", metavar="TYPE", action="append", help="证照类型 only of this type")
    new.add_argument(
        "--region", metavar="CODE", action="append", help="行政区划 only of this region, by leading digits"
    )
    new.add_argument(
        "--after",
        metavar="PLACE",
        help="变更流位置 place in the feed to begin after, or 0 (default: now)",
    )
    _one(add("test", _test, "发送测试消息 send a message that tells of nothing", to))
    _one(add("disable", _disable, "停用 send nothing until it is enabled", to))
    _one(add("enable", _enable, "启用 go on where it was", to))
    _one(add("secret", _secret, "更换签名密钥 make a new secret; it is shown once", to))
    _one(add("remove", _remove, "删除 forget it", to))


def _one(parser: Parser) -> None:
    parser.add_argument("webhook", metavar="ID", help="推送订阅编号 as `list` shows it")


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .messages import moment_text
    from .webhook_shapes import webhook_shape

    services = services_of(arguments)
    newest = services.changes.newest()
    found = services.webhooks.of_client(arguments.client)
    rows = [
        (
            one.id,
            one.client,
            f"{_STATES[one.state.value]} {one.state.value}",
            f"{one.position}/{newest}",
            one.last_code or "—",
            "—" if one.retry_at is None else moment_text(one.retry_at),
            one.url.partition("?")[0],
        )
        for one in found
    ]
    header = ("编号 id", "应用 client", "状态 state", "进度 position", "最近错误 last", "重试 retry", "地址 url")
    return Answer(
        shape={"webhooks": [webhook_shape(one) for one in found], "newest": newest},
        text=table(header, rows) if rows else "没有推送订阅。  No webhooks.",
    )


def _add(arguments: argparse.Namespace) -> "Answer":
    from licences.access import HERE

    from .answer import Answer
    from .webhook_keeping import add_webhook, record_change
    from .webhook_shapes import webhook_shape

    services, at = services_of(arguments), datetime.now(UTC)
    if not (arguments.client == HERE and services.home.settings.open_on_loopback):
        services.clients.get(arguments.client)
    types = None if arguments.type is None else [services.catalogue.get(name).slug for name in arguments.type]
    webhook = add_webhook(
        services, client=arguments.client, url=arguments.url, events=arguments.event or EVENTS, types=types,
        regions=arguments.region, after=arguments.after, at=at,
    )  # fmt: skip
    record_change(services, None, webhook, "add", at)
    secret = webhook.secrets[0].value
    return Answer(
        shape={**webhook_shape(webhook), "secret": secret},
        text=f"推送订阅  webhook: {webhook.id}\n签名密钥（只显示这一次）  secret, shown this once: {secret}",
    )


def _test(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .event_messages import attempt_with, test_message
    from .exit_codes import FAILED

    services, at = services_of(arguments), datetime.now(UTC)
    webhook = services.webhooks.get(arguments.webhook)
    code = attempt_with(services.home.settings)(webhook, test_message(webhook, at), at)
    return Answer(
        shape={"webhook": webhook.id, "delivered": not code, "code": code or None},
        text=f"未送达  not delivered: {code}" if code else "已送达  delivered",
        exit_code=FAILED if code else 0,
    )


def _disable(arguments: argparse.Namespace) -> "Answer":
    from licences.outgoing import WebhookState

    return _changed(arguments, WebhookState.DISABLED.value)


def _enable(arguments: argparse.Namespace) -> "Answer":
    from licences.outgoing import WebhookState

    return _changed(arguments, WebhookState.ACTIVE.value)


def _changed(arguments: argparse.Namespace, state: str) -> "Answer":
    from licences.outgoing import WebhookState

    from .webhook_keeping import record_change

    services = services_of(arguments)
    services.webhooks.set_state(arguments.webhook, WebhookState(state))
    webhook = services.webhooks.get(arguments.webhook)
    record_change(services, None, webhook, state, datetime.now(UTC))
    return _answer(webhook)


def _secret(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .messages import instant_text, moment_text
    from .webhook_keeping import record_change, rotate_secret

    services, at = services_of(arguments), datetime.now(UTC)
    webhook = services.webhooks.get(arguments.webhook)
    new, earlier = rotate_secret(services, webhook, at=at)
    record_change(services, None, webhook, "secret", at)
    until = earlier.until or at
    return Answer(
        shape={"webhook": webhook.id, "secret": new.value, "earlier_until": instant_text(until)},
        text=f"签名密钥（只显示这一次）  secret, shown this once: {new.value}\n"
        f"旧密钥同时有效至  the earlier one is used as well until: {moment_text(until)}",
    )


def _remove(arguments: argparse.Namespace) -> "Answer":
    from .webhook_keeping import record_change

    services = services_of(arguments)
    webhook = services.webhooks.get(arguments.webhook)
    services.webhooks.remove(webhook.id)
    record_change(services, None, webhook, "remove", datetime.now(UTC))
    return _answer(webhook, gone=True)


def _answer(webhook: "Webhook", *, gone: bool = False) -> "Answer":
    from .answer import Answer
    from .webhook_shapes import webhook_shape

    state = "已删除 removed" if gone else f"{_STATES[webhook.state.value]} {webhook.state.value}"
    return Answer(shape=webhook_shape(webhook), text=f"推送订阅  webhook {webhook.id}: {state}")
