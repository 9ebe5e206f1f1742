"""The commands `init`, `issue`, `verify` and `revoke`."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .hash_commands import add_digest_arguments, presented_digest
from .parsing import LICENCE_HELP, AddCommand, Group, services_of, services_or_new
from .receipt_commands import ReceiptWish, add_receipt_arguments
from .settings import FORMATS, SUITES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer


def add_core_parsers(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence`."""
    init = add("init", _init, "建立主目录 make the home directory", to)
    init.add_argument("--public-url", metavar="URL", help="印在二维码里的公开地址 public address printed in codes")
    init.add_argument(
        "--store", metavar="URL", help="证照库 PostgreSQL instead of a file: postgresql://USER@HOST/DATABASE"
    )
    init.add_argument(
        "--store-password-file", metavar="FILE", help="口令文件 its password (or ELICENCE_STORE_PASSWORD)"
    )

    issue = add("issue", _issue, "签发一张证照 issue a licence", to)
    issue.add_argument("--type", metavar="TYPE", help="证照类型 licence type: slug or code")
    issue.add_argument("--data", metavar="FILE.json", required=True, help="纸质证照元数据 paper metadata (- = stdin)")
    issue.add_argument("--seal", choices=SUITES, help="印章算法 seal (default sm2)")
    issue.add_argument("--format", choices=FORMATS, help="文件格式 PDF, OFD or both (default: the home's `format`)")
    issue.add_argument("--joint", metavar="NAME", action="append", help="联合颁发机构 partner that seals too, in order")
    issue.add_argument("--body", metavar="FILE.pdf", help="正文：批文、鉴定报告 the body of an approval or a report")
    issue.add_argument(
        "--transferred-from", metavar="IDENTIFIER", help="转入：原证照标识 licence of an authority elsewhere"
    )
    issue.add_argument("--out", metavar="DIR", help="输出目录 folder for the files")
    issue.add_argument("--idempotency-key", metavar="KEY", help="幂等键 same key and data: same licence")

    verify = add("verify", _verify, "核验文件或二维码 check a file or a code", to)
    verify.add_argument(
        "input",
        metavar="FILE|CODE|-",
        nargs="?",
        help="PDF、OFD、JSON（旁边要有.p7s）、照片或二维码文字 "
        "file (JSON with .p7s beside it), picture or code; - = stdin",
    )
    verify.add_argument("--at", metavar="WHEN", help="核验时点 date or RFC 3339 instant (default now)")
    verify.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")
    verify.add_argument(
        "--offline", action="store_true", help="不用主目录，不联网 ask neither the home nor the network"
    )
    verify.add_argument(
        "--status", metavar="FILE|DIR", action="append", default=[], help="签名的状态列表 signed status lists"
    )
    verify.add_argument(
        "--holder", metavar="FILE", help='证件上的姓名和号码 {"name", "code"} as on the card (- = stdin)'
    )
    verify.add_argument("--case", metavar="NUMBER", default="", help="案号：加注件须为本案制作 this case: for a copy")
    verify.add_argument("--item", metavar="CODE", default="", help="事项编码：须为本事项制作 this item: for a copy")
    verify.add_argument("--full", action="store_true", help="不遮盖持证主体 do not mask the holder")
    verify.add_argument("--original", metavar="FILE", help="回执所说的文件 the file that a receipt is about")
    add_receipt_arguments(verify)
    add_digest_arguments(verify)

    revoke = add("revoke", _revoke, "吊销证照 revoke a licence", to)
    revoke.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    revoke.add_argument("--ground", metavar="TEXT", required=True, help="事由 ground")
    revoke.add_argument("--decision", metavar="NUMBER", required=True, help="决定书文号 number of the decision")


def _init(arguments: argparse.Namespace) -> "Answer":
    from .database_commands import store_setting
    from .first_use import init

    store = store_setting(arguments.store, arguments.store_password_file)
    return init(home_path(arguments.home), public_url=arguments.public_url, store=store)


def _issue(arguments: argparse.Namespace) -> "Answer":
    from .issuing_into import issue_file

    return issue_file(
        services_or_new(arguments),
        data=arguments.data,
        type_name=arguments.type,
        seal=arguments.seal,
        form=arguments.format,
        joint=arguments.joint,
        body=arguments.body,
        transferred_from=arguments.transferred_from,
        out=arguments.out,
        key=arguments.idempotency_key,
    )


def _verify(arguments: argparse.Namespace) -> "Answer":
    from .home import home_if_any
    from .verifying import verify

    # Wrong use is told before a missing home is.
    digest, wish = presented_digest(arguments), ReceiptWish.of(arguments)
    return verify(
        None if arguments.offline else home_if_any(arguments.home),
        argument=arguments.input or "",
        at=arguments.at,
        trust=arguments.trust,
        holder=arguments.holder,
        use=(arguments.case, arguments.item),
        original=arguments.original,
        wish=wish,
        digest=digest,
        offline=arguments.offline,
        status=arguments.status,
        full=arguments.full,
    )


def _revoke(arguments: argparse.Namespace) -> "Answer":
    from licences import Act, Action

    from .answer import Answer
    from .licence_shapes import event_shape
    from .resolving import identifier_of

    services = services_of(arguments)
    identifier = identifier_of(arguments.identifier, services.store)
    at = datetime.now(UTC)
    name = services.catalogue.get(services.store.get(identifier).type_code).name
    act = Act(
        action=Action.REVOKE, ground=arguments.ground, decision=arguments.decision, effective_at=at, recorded_at=at
    )
    record = services.store.apply(identifier, act)
    event = services.store.events(identifier)[-1]
    text = f"已吊销  revoked: {name} {record.number}\n证照标识  identifier: {record.identifier}"
    return Answer(shape=event_shape(record, event), text=text)
