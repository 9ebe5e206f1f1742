"""`elicence keys …`: arguments in, one answer out. What is done stands in `key_keeping` and `key_retiring`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group
from .settings import ALL_ROLES, FAMILIES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer
    from .home import Home
    from .key_keeping import Kept
    from .key_register import KeyState, RegisteredKey

RETIREMENT_REASONS = ("orderly", "compromise")
KEY_BITS = (2048, 3072, 4096)
_STATES = {
    "new": "新建 new",
    "waiting": "等待证书 waiting for its certificate",
    "ready": "待启用 ready",
    "scheduled": "已定时启用 scheduled",
    "active": "使用中 active",
    "previous": "已替换 previous",
    "retired": "已停用 retired",
}


def add_keys_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence keys`; `add` gives each one what every command has."""
    new = add("new", _new, "生成或登记密钥 make a key, or take in one of a device", to)
    new.add_argument("--family", choices=FAMILIES, required=True, help="算法族 family of algorithms")
    new.add_argument("--role", choices=ALL_ROLES, required=True, help="用途 for seals, codes or copies")
    new.add_argument("--name", metavar="NAME", help="名称 name (default FAMILY-ROLE-DATE)")
    new.add_argument("--uri", metavar="URI", help="已有密钥 an existing key: pkcs11:, remote:, file:")
    new.add_argument("--passphrase-source", metavar="SOURCE", help="口令来源 env:NAME or file:PATH")
    new.add_argument("--bits", type=int, choices=KEY_BITS, default=KEY_BITS[0], help="RSA 位数 size (default 2048)")

    request = add("csr", _csr, "生成证书请求 make the request for a certificate", to)
    request.add_argument("name", metavar="NAME", help="密钥名称 name of the key")
    request.add_argument("--out", metavar="FILE", help="输出文件 file (default: standard output)")
    request.add_argument("--organization", metavar="TEXT", help="机构名称 name of the authority")
    request.add_argument("--organization-code", metavar="CODE", help="统一社会信用代码 its social credit code")
    request.add_argument("--common-name", metavar="TEXT", help="证书名称 common name")

    given = add("import", _import, "导入 CA 签发的证书 take in what the CA returned", to)
    given.add_argument("name", metavar="NAME", help="密钥名称 name of the key")
    given.add_argument("file", metavar="FILE", help="证书 certificate: PEM, DER or .p7b")
    given.add_argument("--chain", metavar="FILE", help="上级证书 certificates of its issuers")

    add("list", _list, "列出密钥 list the keys", to)

    show = add("show", _show, "显示密钥及证书 show a key and its certificate", to)
    show.add_argument("name", metavar="NAME", help="密钥名称 name of the key")

    rotate = add("rotate", _rotate, "启用另一把密钥 put another key to use", to)
    rotate.add_argument("--family", choices=FAMILIES, required=True, help="算法族 family of algorithms")
    rotate.add_argument("--role", choices=ALL_ROLES, required=True, help="用途 for seals, codes or copies")
    rotate.add_argument("--to", metavar="NAME", required=True, help="新密钥 the key to use from then on")
    rotate.add_argument("--at", metavar="WHEN", help="启用时间 day (its beginning) or instant (default now)")

    retire = add("retire", _retire, "停用密钥 take a key out of use for ever", to)
    retire.add_argument("name", metavar="NAME", help="密钥名称 name of the key")
    retire.add_argument(
        "--reason", choices=RETIREMENT_REASONS, required=True, help="正常停用或失控 in order, or compromised"
    )
    retire.add_argument("--since", metavar="WHEN", help="起始时间 day (its beginning) or instant (default now)")
    retire.add_argument("--decision", metavar="TEXT", required=True, help="依据 who decided, or under which number")


def _new(arguments: argparse.Namespace) -> "Answer":
    from .key_keeping import make_key

    home, at = _home(arguments), datetime.now(UTC)
    kept = make_key(
        home,
        family=arguments.family,
        role=arguments.role,
        name=arguments.name,
        uri=arguments.uri,
        source=arguments.passphrase_source,
        bits=arguments.bits,
        at=at,
    )
    return _answer(home, kept, "已登记密钥  key registered", at)


def _csr(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .key_keeping import request_certificate
    from .output import StagedFiles

    home, at = _home(arguments), datetime.now(UTC)
    kept, request = request_certificate(
        home,
        arguments.name,
        organization=arguments.organization,
        organization_code=arguments.organization_code,
        common_name=arguments.common_name,
        at=at,
    )
    pem = request.pem().decode("ascii")
    shape = {**_shape(home, kept.key, kept.state, at), "request": pem}
    if arguments.out is None:
        return Answer(shape=shape, text=pem.rstrip("\n"))
    out = Path(arguments.out)
    with StagedFiles(out.parent, mode=0o644) as staged:
        staged.stage({out.name: pem.encode("ascii")})
        staged.put()
    subject = request.subject
    lines = [
        f"证书请求  request: {out}",
        f"机构  organisation: {subject.organization} ({subject.organization_identifier})",
        f"名称  common name: {subject.common_name}",
    ]
    return Answer(shape=shape, text="\n".join(lines))


def _import(arguments: argparse.Namespace) -> "Answer":
    from .key_keeping import import_certificate

    home, at = _home(arguments), datetime.now(UTC)
    files = (arguments.file,) if arguments.chain is None else (arguments.file, arguments.chain)
    kept = import_certificate(home, arguments.name, tuple(map(Path, files)), at=at)
    return _answer(home, kept, "已导入证书  certificate imported", at)


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .key_keeping import certificates_of
    from .key_register import load_register

    home, at = _home(arguments), datetime.now(UTC)
    register = load_register(home)
    rows, shapes = [], []
    for key in register.keys:
        state = register.state(key, at)
        chain = certificates_of(home, key)
        end = "–" if chain is None else f"{_day(chain[0].not_after)} ({_days_left(chain[0].not_after, at)})"
        rows.append((key.name, key.family, key.role, _STATES[state], end, key.uri.partition(":")[0]))
        shapes.append(_shape(home, key, state, at))
    header = (
        "名称 name",
        "算法 family",
        "用途 role",
        "状态 state",
        "证书有效期至（剩余天数） until (days left)",
        "所在 place",
    )
    text = table(header, rows) if rows else "没有密钥。  No keys."
    return Answer(shape={"keys": shapes}, text=text)


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .key_register import load_register

    home, at = _home(arguments), datetime.now(UTC)
    register = load_register(home)
    key = register.get(arguments.name)
    state = register.state(key, at)
    return Answer(shape=_shape(home, key, state, at), text=_text(home, key, state, at))


def _rotate(arguments: argparse.Namespace) -> "Answer":
    from .key_keeping import rotate

    home, at = _home(arguments), datetime.now(UTC)
    kept = rotate(
        home, family=arguments.family, role=arguments.role, to=arguments.to, begin=_moment(arguments.at), at=at
    )
    return _answer(home, kept, "已更换密钥  rotated", at)


def _retire(arguments: argparse.Namespace) -> "Answer":
    from keys import RetirementReason

    from .key_retiring import retire

    home, at = _home(arguments), datetime.now(UTC)
    kept = retire(
        home,
        arguments.name,
        reason=RetirementReason(arguments.reason),
        since=_moment(arguments.since),
        decision=arguments.decision,
        at=at,
    )
    return _answer(home, kept, "已停用密钥  retired", at)


def _home(arguments: argparse.Namespace) -> "Home":
    from .home import open_home

    return open_home(home_path(arguments.home))


def _moment(text: str | None) -> datetime | None:
    """Read a time at which something begins: a day means its first moment."""
    from .inputs import parse_at

    if text is None:
        return None
    at = parse_at(text)
    return at.replace(hour=0, minute=0, second=0, microsecond=0) if "T" not in text.upper() else at


def _answer(home: "Home", kept: "Kept", word: str, at: datetime) -> "Answer":
    from .answer import Answer

    shape = {
        **_shape(home, kept.key, kept.state, at),
        "warnings": [warning.shape() for warning in kept.warnings],
    }
    notes = [f"注意  note: {warning.zh}  {warning.en}" for warning in kept.warnings]
    return Answer(shape=shape, text="\n".join([word, _text(home, kept.key, kept.state, at), *notes]))


def _shape(home: "Home", key: "RegisteredKey", state: "KeyState", at: datetime) -> dict[str, object]:
    from .key_keeping import certificates_of
    from .messages import instant_text

    def when(moment: datetime | None) -> str | None:
        # Keys that came with the home are as old as it is, and nobody wrote down how old that is.
        return None if moment is None or moment.year == 1970 else instant_text(moment)

    chain = certificates_of(home, key)
    retired = key.retired is not None
    return {
        "name": key.name,
        "family": key.family,
        "role": key.role,
        "state": state.value,
        "uri": key.uri,
        "made_at": when(key.made_at),
        "requested_at": when(key.requested_at),
        "active_from": when(key.active_from),
        "retired": {
            "reason": key.retired,
            "since": when(key.retired_since),
            "recorded_at": when(key.retired_at),
            "decision": key.decision,
        }
        if retired
        else None,
        "certificate": None
        if chain is None
        else {
            "common_name": chain[0].subject.common_name,
            "organization": chain[0].subject.organization,
            "organization_code": chain[0].subject.organization_identifier,
            "issuer": chain[0].issuer.common_name,
            "serial": f"{chain[0].serial:x}",
            "not_before": instant_text(chain[0].not_before),
            "not_after": instant_text(chain[0].not_after),
            "days_left": _days_left(chain[0].not_after, at),
            "key_usage": sorted(chain[0].key_usage),
            "extended_key_usage": sorted(chain[0].extended_key_usage),
            "leniencies": sorted(chain[0].leniencies),
            "sha256": chain[0].fingerprint("sha256").hex(),
            "sm3": chain[0].fingerprint("sm3").hex(),
            "development": chain[0].is_development,
            "issuers": [certificate.subject.common_name for certificate in chain[1:]],
        },
    }


def _text(home: "Home", key: "RegisteredKey", state: "KeyState", at: datetime) -> str:
    from .columns import printable
    from .key_keeping import certificates_of
    from .messages import moment_text

    lines = [
        f"名称  name: {key.name}（{key.family} {key.role}）",
        f"状态  state: {_STATES[state]}",
        f"位置  place: {key.uri}",
    ]
    if state == "scheduled" and key.active_from is not None:
        lines.append(f"启用时间  from: {moment_text(key.active_from)} UTC+08:00")
    if key.retired is not None and key.retired_since is not None:
        lines.append(f"停用  retired: {key.retired}, {moment_text(key.retired_since)} UTC+08:00, {key.decision}")
    chain = certificates_of(home, key)
    if chain is not None:
        certificate, subject = chain[0], chain[0].subject
        end = certificate.not_after
        lines += [
            f"证书  certificate: {subject.common_name}, {certificate.serial:x}",
            f"机构  organisation: {subject.organization} ({subject.organization_identifier})",
            f"签发者  issuer: {certificate.issuer.common_name}",
            f"有效期  valid: {_day(certificate.not_before)} – {_day(end)}，剩余 {_days_left(end, at)} 天 days left",
            f"用途  usage: {', '.join(sorted((*certificate.key_usage, *certificate.extended_key_usage)))}",
            f"SHA-256: {certificate.fingerprint('sha256').hex()}",
        ]
        if certificate.leniencies:
            lines.append(f"格式偏差  overlooked: {', '.join(sorted(certificate.leniencies))}")
    return "\n".join(printable(line) for line in lines)


def _day(at: datetime) -> str:
    from esign import CHINA

    return at.astimezone(CHINA).date().isoformat()


def _days_left(end: datetime, at: datetime) -> int:
    return (end - at).days
