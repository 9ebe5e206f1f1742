"""`elicence clients`: who may call over HTTP, for what, and by what they prove themselves."""

import argparse
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .parsing import AddCommand, Group, Parser, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences.access import Client, ClientProof, Grant

    from .answer import Answer
    from .client_keeping import ClientKeeping, NewKey
    from .wiring import Services

_NAME = "应用名 name of the client: a-z, 0-9 and -"
DEFAULT_DAYS = 365  # `licences.access.DEFAULT_KEY_DAYS`, which a test compares
ROLES = (
    "issuer_system", "maker", "reviewer", "clerk", "catalogue_keeper", "share_partner", "supervisor", "operator",
    "security_administrator", "auditor",
)  # fmt: skip
MAX_CERTIFICATE_BYTES = 256 * 1024
FIRST_KEY_FILE = "first-key"
"""In the home: where `serve` leaves the first administrator's key when nobody is at a terminal."""


def add_clients_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence clients`."""
    new = add("add", _add, "登记应用 set up a client", to)
    new.add_argument("name", metavar="NAME", help=_NAME)
    new.add_argument("--title", metavar="TEXT", required=True, help="名称 what it is, for people")
    new.add_argument("--office", metavar="TEXT", required=True, help="所属单位 its office")
    new.add_argument("--office-code", metavar="CODE", required=True, help="单位统一社会信用代码 credit code of it")
    new.add_argument(
        "--role",
        metavar="ROLE",
        action="append",
        required=True,
        help=f"角色 may be given several times: {', '.join(ROLES)}",
    )
    _add_grant(new)
    new.add_argument("--days", type=int, metavar="N", help="同时发密钥 make a key as well, valid for so many days")
    add("list", _list, "列出应用 all clients", to)
    show = add("show", _show, "查看应用 one client with its grants and proofs", to)
    grant = add("grant", _grant, "授权 grant operations on types in regions", to)
    _add_grant(grant)
    ungrant = add("remove-grant", _remove_grant, "撤销授权 take a grant back", to)
    suspend = add("suspend", _suspend, "停用 let it do nothing", to)
    restore = add("restore", _restore, "恢复 let it call again", to)
    key = add("key", _key, "发密钥 make a key, shown once; older ones stay good until they are revoked", to)
    key.add_argument("--label", metavar="TEXT", default="", help="用途 what it is for")
    key.add_argument("--days", type=int, metavar="N", default=DEFAULT_DAYS, help=f"有效天数 (default {DEFAULT_DAYS})")
    trust = add("trust", _trust, "绑定证书或账号 let a certificate or a provider's account prove it", to)
    trust.add_argument("--certificate", metavar="FILE", help="客户端证书 client certificate (PEM or DER)")
    trust.add_argument("--issuer", metavar="URL", help="身份提供方 identity provider")
    trust.add_argument("--subject", metavar="SUB", help="其中的用户标识 account there")
    revoke = add("revoke", _revoke, "吊销凭证 end a key, certificate or account at once", to)
    for parser in (show, grant, ungrant, suspend, restore, key, trust, revoke):
        parser.add_argument("name", metavar="NAME", help=_NAME)
    ungrant.add_argument("number", type=int, metavar="N", help="序号 its number, as `show` counts")
    revoke.add_argument("proof", metavar="PROOF", help="凭证 such as key:0123456789abcdef, as `show` names it")
    add("check", _check, "检查权限记录 find rows that somebody changed in the database", to)


def _add_grant(parser: Parser) -> None:
    parser.add_argument("--operations", metavar="A,B", help="操作 only these (default: all of its roles)")
    parser.add_argument("--types", metavar="A,B", help="证照类型 licence types, or `all`")
    parser.add_argument("--regions", metavar="A,B", help="区划 area codes or their beginnings, or `all`")


def _open(arguments: argparse.Namespace) -> "tuple[Services, ClientKeeping]":
    from .client_keeping import ClientKeeping

    services = services_of(arguments)
    return services, ClientKeeping(services, None, random=os.urandom, at=datetime.now(UTC))


def _add(arguments: argparse.Namespace) -> "Answer":
    services, keeping = _open(arguments)
    grants = (_read_grant(arguments, keeping),) if arguments.types or arguments.regions or arguments.operations else ()
    client = keeping.add(
        name=arguments.name,
        title=arguments.title,
        office=arguments.office,
        office_code=arguments.office_code,
        roles=arguments.role,
        grants=grants,
    )
    if arguments.days is None:
        return _told(services, client)
    return _with_key(services, client, keeping.key(client.name, label="", days=arguments.days))


def _read_grant(arguments: argparse.Namespace, keeping: "ClientKeeping") -> "Grant":
    if arguments.types is None or arguments.regions is None:
        raise UsageError(
            "授权须写明 --types 和 --regions（全部写 all）。",
            "a grant needs --types and --regions; `all` for all of them",
        )
    types, regions = (None if words == "all" else words.split(",") for words in (arguments.types, arguments.regions))
    operations = None if arguments.operations is None else arguments.operations.split(",")
    return keeping.grant(operations=operations, types=types, regions=regions)


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .client_keeping import client_shape
    from .columns import table

    services, _ = _open(arguments)
    now = datetime.now(UTC)
    found = [(one, services.clients.proofs(one.name)) for one in services.clients.all()]
    rows = [
        (
            one.name,
            one.title,
            one.office,
            " ".join(sorted(one.roles)),
            str(sum(proof.is_good(now) for proof in proofs)),
            "停用 suspended" if one.suspended else "",
        )
        for one, proofs in found
    ]
    header = ("应用 client", "名称 title", "单位 office", "角色 roles", "凭证 proofs", "")
    shape = {"clients": [client_shape(one, proofs, now) for one, proofs in found]}
    return Answer(shape=shape, text=table(header, rows) if rows else "没有应用。  No clients.")


def _show(arguments: argparse.Namespace) -> "Answer":
    services, _ = _open(arguments)
    return _told(services, services.clients.get(arguments.name))


def _grant(arguments: argparse.Namespace) -> "Answer":
    from licences.access import with_grant

    services, keeping = _open(arguments)
    grant = _read_grant(arguments, keeping)
    return _told(services, keeping.change(arguments.name, "grant", lambda client: with_grant(client, grant)))


def _remove_grant(arguments: argparse.Namespace) -> "Answer":
    from licences.access import without_grant

    services, keeping = _open(arguments)
    number = arguments.number
    return _told(services, keeping.change(arguments.name, "remove-grant", lambda one: without_grant(one, number)))


def _suspend(arguments: argparse.Namespace) -> "Answer":
    services, keeping = _open(arguments)
    return _told(services, keeping.change(arguments.name, "suspend", lambda one: replace(one, suspended=True)))


def _restore(arguments: argparse.Namespace) -> "Answer":
    services, keeping = _open(arguments)
    return _told(services, keeping.change(arguments.name, "restore", lambda one: replace(one, suspended=False)))


def _key(arguments: argparse.Namespace) -> "Answer":
    services, keeping = _open(arguments)
    key = keeping.key(arguments.name, label=arguments.label, days=arguments.days)
    return _with_key(services, services.clients.get(arguments.name), key)


def _trust(arguments: argparse.Namespace) -> "Answer":
    from .inputs import read_file

    services, keeping = _open(arguments)
    account = (arguments.issuer, arguments.subject)
    if arguments.certificate is not None and account == (None, None):
        keeping.certificate(arguments.name, read_file(Path(arguments.certificate), MAX_CERTIFICATE_BYTES))
    elif arguments.certificate is None and None not in account:
        keeping.subject(arguments.name, *account)
    else:
        raise UsageError(
            "请给出 --certificate，或 --issuer 和 --subject。",
            "give --certificate, or --issuer together with --subject",
        )
    return _told(services, services.clients.get(arguments.name))


def _revoke(arguments: argparse.Namespace) -> "Answer":
    services, keeping = _open(arguments)
    keeping.revoke(arguments.name, arguments.proof)
    return _told(services, services.clients.get(arguments.name))


def _check(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .exit_codes import FAILED

    services, _ = _open(arguments)
    altered = services.clients.altered()
    if not altered:
        return Answer(shape={"altered": []}, text="权限记录完整。  The rows of all clients are as they were written.")
    lines = ["以下权限记录被改动，已停止使用：  These rows were altered and are refused:", *altered]
    return Answer(shape={"altered": list(altered)}, text="\n".join(lines), exit_code=FAILED)


def _with_key(services: "Services", client: "Client", key: "NewKey") -> "Answer":
    from .answer import Answer

    told = _told(services, client)
    return Answer(shape={**told.shape, "new_key": key.shape()}, text=f"{told.text}\n\n{key_text(key)}")


def key_text(key: "NewKey") -> str:
    """Show a key to whoever is at the terminal, this once."""
    expires = key.shape()["expires_at"]
    return (
        f"接口密钥（只显示这一次，请立即妥善保存）  API key, shown only now: keep it safe\n{key.text}\n"
        f"应用  client: {key.client}；有效至  valid until: {expires}"
    )


def with_first_key(services: "Services", done: "Answer") -> "Answer":
    """Make the first client of a home that has none. What a service prints is logged: its key goes into a file."""
    from licences import StoreUnavailableError

    from .answer import Answer
    from .client_keeping import ClientKeeping
    from .errors import ServiceUnavailableError
    from .output import StagedFiles

    try:
        first = ClientKeeping(services, None, random=os.urandom, at=datetime.now(UTC)).first()
    except (StoreUnavailableError, ServiceUnavailableError):
        return done  # readiness says so, and the next start makes it
    if first is None:
        return done
    if sys.stdout.isatty():
        shown, shape = key_text(first), first.shape()
    else:
        with StagedFiles(services.home.path) as staged:
            staged.stage({FIRST_KEY_FILE: f"{first.text}\n".encode()})
            staged.put()
        place = services.home.path / FIRST_KEY_FILE
        shown = f"首个安全管理员的密钥已写入（读后请删除）  the first administrator's key; delete it once read: {place}"
        shape = {"client": first.client, "file": str(place)}
    text = "\n\n".join(part for part in (done.text, shown) if part)
    return Answer(shape={**done.shape, "bootstrap": shape}, text=text)


def _told(services: "Services", client: "Client") -> "Answer":
    from .answer import Answer
    from .client_keeping import client_shape

    now = datetime.now(UTC)
    proofs = services.clients.proofs(client.name)
    lines = [
        f"应用  client: {client.name}{'（停用 suspended）' if client.suspended else ''}",
        f"名称  title: {client.title}",
        f"单位  office: {client.office} {client.office_code}",
        f"角色  roles: {' '.join(sorted(client.roles))}",
        "授权  grants:" if client.grants else "授权  grants: 无 none",
        *(f"  {number}. {_grant_text(grant)}" for number, grant in enumerate(client.grants, start=1)),
        "凭证  proofs:" if proofs else "凭证  proofs: 无 none",
        *(f"  {_proof_text(proof, now)}" for proof in proofs),
    ]
    return Answer(shape=client_shape(client, proofs, now), text="\n".join(lines))


def _grant_text(grant: "Grant") -> str:
    parts = (("操作 operations", grant.operations), ("类型 types", grant.types), ("区划 regions", grant.regions))
    return "；".join(
        f"{word}: {'全部 all' if some is None else ', '.join(sorted(some)) or '无 none'}" for word, some in parts
    )


def _proof_text(proof: "ClientProof", now: datetime) -> str:
    from .messages import instant_text

    state = "有效 good" if proof.is_good(now) else "已吊销 revoked" if proof.revoked_at else "已过期 expired"
    until = f"，至 until {instant_text(proof.expires_at)}" if proof.expires_at else ""
    used = f"，最近使用 last used {proof.last_used}" if proof.last_used else ""
    return f"{proof.id} {proof.label}  {state}{until}{used}"
