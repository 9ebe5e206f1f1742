"""The command line `elicence`: arguments in, one answer out, an exit code (contract section 4)."""

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .act_commands import add_act_parsers
from .archive_commands import add_archive_parser
from .audit_commands import add_audit_parser
from .authority_commands import add_authority_parser
from .backup_commands import add_backup_parsers
from .catalogue_commands import add_catalogue_parser
from .client_commands import add_clients_parser
from .collection_commands import add_collection_parser
from .convert_commands import add_convert_parser
from .copy_commands import add_copy_parser, add_recall_parser, add_reliance_parser
from .database_commands import add_database_parser
from .doctor_commands import add_doctor_parser
from .errors import UsageError
from .forgery_commands import add_forgery_parser
from .form_commands import add_forms_parser, add_print_parser
from .hash_commands import add_digest_arguments, add_digest_parser, presented_digest
from .help_groups import group_commands
from .holder_commands import add_holder_parser, add_links_parser
from .impact_commands import add_impact_parser
from .keys_commands import add_keys_parser
from .kit_commands import add_kit_parser
from .mandate_commands import add_mandate_parser
from .parsing import LICENCE_HELP, Group, Parser
from .preview_commands import add_preview_parser
from .receipt_commands import ReceiptWish, add_receipt_arguments
from .requirement_commands import add_items_parser
from .review_commands import add_review_parser
from .schema_commands import add_export_parser, add_schema_parser
from .seal_commands import add_seal_parser
from .seal_server_command import add_seal_server_parser
from .settings import FORMATS, SUITES, home_path
from .status_list_commands import add_status_list_parser
from .store_commands import add_protection_parser
from .supervision_commands import add_cases_parser, add_supervision_parser
from .webhook_commands import add_webhook_parser

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .commands import Answer
    from .settings import TlsSetting
    from .wiring import Services

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
_INTERRUPTED = 128 + signal.SIGINT
_UNAVAILABLE = 69  # `problems.UNAVAILABLE`, for when that module cannot be loaded


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Print the version and leave."""
        print(f"elicence {version('elicence')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing ends in a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    _prepare_output(as_json=as_json)
    try:
        arguments = _parse(words)
        run: Callable[[argparse.Namespace], int] = arguments.run
        code = run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return 128 + signal.SIGPIPE
    except Exception as error:
        return _refuse(error, as_json=as_json)


def _parse(words: Sequence[str]) -> argparse.Namespace:
    arguments, unknown = _parser().parse_known_args(words)
    if unknown:
        # What is left over may be a holder's number: only options are named.
        options = " ".join(word.partition("=")[0] for word in unknown if word.startswith("--")) or "too many arguments"
        raise UsageError("命令用法不对，请看 elicence --help 。", f"unknown: {options}")
    return arguments


def _parser() -> Parser:
    everywhere = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    everywhere.add_argument(
        "--home", metavar="DIR", help="主目录 home directory (default ELICENCE_HOME or ./.elicence)"
    )
    everywhere.add_argument("--json", action="store_true", help="输出一个 JSON 对象 print one JSON object")
    parser = Parser(
        prog="elicence", description="电子证照：签发与核验。 E-licences: issuing and checking.", allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="版本 show the version")
    parser.add_argument("--home", metavar="DIR", help="主目录 home directory (default ELICENCE_HOME or ./.elicence)")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象 print one JSON object")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="命令 commands")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, to: Group) -> Parser:
        added = to.add_parser(name, help=text, description=text, parents=[everywhere], allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    init = command("init", _init, "建立主目录 make the home directory", commands)
    init.add_argument("--public-url", metavar="URL", help="印在二维码里的公开地址 public address printed in codes")
    init.add_argument(
        "--store", metavar="URL", help="证照库 PostgreSQL instead of a file: postgresql://USER@HOST/DATABASE"
    )
    init.add_argument(
        "--store-password-file", metavar="FILE", help="口令文件 its password (or ELICENCE_STORE_PASSWORD)"
    )

    issue = command("issue", _issue, "签发一张证照 issue a licence", commands)
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

    verify = command("verify", _verify, "核验文件或二维码 check a file or a code", commands)
    verify.add_argument(
        "input", metavar="FILE|CODE|-", nargs="?", help="PDF, OFD, JSON (with .p7s beside it), picture or code"
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

    revoke = command("revoke", _revoke, "吊销证照 revoke a licence", commands)
    revoke.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    revoke.add_argument("--ground", metavar="TEXT", required=True, help="事由 ground")
    revoke.add_argument("--decision", metavar="NUMBER", required=True, help="决定书文号 number of the decision")

    catalogue = commands.add_parser("catalogue", help="证照目录 licence types", allow_abbrev=False)
    types = catalogue.add_subparsers(metavar="ACTION", required=True)

    def answering(name: str, run: "Callable[[argparse.Namespace], Answer]", text: str, to: Group) -> Parser:
        return command(name, lambda arguments: _say(arguments, run(arguments)), text, to)

    add_holder_parser(answering, commands)
    links = commands.add_parser("holder-links", help="持证主体代码的关联 links of holder codes", allow_abbrev=False)
    add_links_parser(answering, links.add_subparsers(metavar="ACTION", required=True))

    store = commands.add_parser("store", help="证照库 the licence database", allow_abbrev=False)
    store_actions = store.add_subparsers(metavar="ACTION", required=True)
    add_database_parser(answering, store_actions)
    add_protection_parser(answering, store_actions)

    add_catalogue_parser(answering, types)

    forms = commands.add_parser("forms", help="空白证照与套打 blank forms and printing onto them", allow_abbrev=False)
    add_forms_parser(answering, forms.add_subparsers(metavar="ACTION", required=True))
    add_print_parser(answering, commands)
    add_schema_parser(answering, types)
    add_export_parser(answering, commands)
    add_archive_parser(answering, commands)
    add_kit_parser(answering, commands)
    add_backup_parsers(answering, commands)
    add_digest_parser(answering, commands)
    add_preview_parser(answering, commands)
    add_doctor_parser(answering, commands)

    audit = commands.add_parser("audit", help="操作记录（审计） the trail and its check", allow_abbrev=False)
    add_audit_parser(answering, audit.add_subparsers(metavar="ACTION", required=True))

    supervise = commands.add_parser("supervise", help="电子监察 statistics and warnings", allow_abbrev=False)
    add_supervision_parser(answering, supervise.add_subparsers(metavar="ACTION", required=True))
    cases = commands.add_parser("cases", help="异议、投诉、举报案件 objections and complaints", allow_abbrev=False)
    add_cases_parser(answering, cases.add_subparsers(metavar="ACTION", required=True))

    lists = commands.add_parser("status-list", help="状态列表 signed status lists", allow_abbrev=False)
    add_status_list_parser(answering, lists.add_subparsers(metavar="ACTION", required=True))

    keys = commands.add_parser("keys", help="密钥 keys of seals and codes", allow_abbrev=False)
    add_keys_parser(answering, keys.add_subparsers(metavar="ACTION", required=True))

    items = commands.add_parser("items", help="事项与材料 service items and materials", allow_abbrev=False)
    add_items_parser(answering, items.add_subparsers(metavar="ACTION", required=True))

    review = commands.add_parser("review", help="元数据审核 drafts and their review", allow_abbrev=False)
    add_review_parser(answering, review.add_subparsers(metavar="ACTION", required=True))

    collect = commands.add_parser("collect", help="归集 handing over upstream", allow_abbrev=False)
    add_collection_parser(answering, collect.add_subparsers(metavar="ACTION", required=True))

    webhooks = commands.add_parser("webhooks", help="推送订阅 who is told of changes", allow_abbrev=False)
    add_webhook_parser(answering, webhooks.add_subparsers(metavar="ACTION", required=True))

    impact = commands.add_parser("impact", help="受影响证照 what a key, batch or type touched", allow_abbrev=False)
    add_impact_parser(answering, impact.add_subparsers(metavar="ACTION", required=True))

    forgery = commands.add_parser("forgery", help="举报伪造 reports of forgeries", allow_abbrev=False)
    add_forgery_parser(answering, forgery.add_subparsers(metavar="ACTION", required=True))

    mandates = commands.add_parser("mandates", help="委托用证 who entrusted whom with licences", allow_abbrev=False)
    add_mandate_parser(answering, mandates.add_subparsers(metavar="ACTION", required=True))

    copies = commands.add_parser("copy", help="加注件 annotated copies", allow_abbrev=False)
    add_copy_parser(answering, copies.add_subparsers(metavar="ACTION", required=True))
    relied = commands.add_parser("reliance", help="依赖登记 who relied on which licence", allow_abbrev=False)
    add_reliance_parser(answering, relied.add_subparsers(metavar="ACTION", required=True))
    add_recall_parser(answering, commands)

    seal = commands.add_parser("seal", help="电子印章 electronic seals", allow_abbrev=False)
    add_seal_parser(answering, seal.add_subparsers(metavar="ACTION", required=True))

    clients = commands.add_parser("clients", help="应用与权限 who may call over HTTP", allow_abbrev=False)
    add_clients_parser(answering, clients.add_subparsers(metavar="ACTION", required=True))

    serve = command("serve", _serve, "启动服务 serve HTTP", commands)
    demo = command("demo", _demo, "签发样例并启动服务 issue the samples, then serve", commands)
    demo.add_argument("--no-serve", action="store_true", help="只签发 issue only")
    demo.add_argument("--samples", metavar="DIR", help="样例目录 folder of samples (default fixtures/paper)")
    add_act_parsers(answering, commands)
    authorities = commands.add_parser("authorities", help="机构名录 register of authorities", allow_abbrev=False)
    add_authority_parser(answering, authorities.add_subparsers(metavar="ACTION", required=True))
    add_convert_parser(answering, commands)
    for serving in (serve, demo):
        serving.add_argument("--host", default=DEFAULT_HOST, help=f"监听地址 (default {DEFAULT_HOST})")
        serving.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"端口 (default {DEFAULT_PORT}; 0 = any)")
        serving.add_argument("--tls-cert", metavar="FILE", help="服务器证书链 certificate and its CAs (PEM): HTTPS")
        serving.add_argument("--tls-key", metavar="FILE", help="其私钥 its private key (PEM)")
        serving.add_argument(
            "--client-ca", metavar="FILE", help="客户端证书的 CA ask clients for certificates of this CA (PEM)"
        )

    add_seal_server_parser(commands, parents=[everywhere])
    group_commands(commands)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _init(arguments: argparse.Namespace) -> int:
    from .commands import init
    from .database_commands import store_setting

    store = store_setting(arguments.store, arguments.store_password_file)
    return _say(arguments, init(home_path(arguments.home), public_url=arguments.public_url, store=store))


def _issue(arguments: argparse.Namespace) -> int:
    from .commands import issue_file

    answer = issue_file(
        _services(arguments),
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
    return _say(arguments, answer)


def _verify(arguments: argparse.Namespace) -> int:
    from .commands import verify

    answer = verify(
        home_path(arguments.home),
        argument=arguments.input or "",
        at=arguments.at,
        trust=arguments.trust,
        holder=arguments.holder,
        use=(arguments.case, arguments.item),
        original=arguments.original,
        wish=ReceiptWish.of(arguments),
        digest=presented_digest(arguments),
        offline=arguments.offline,
        status=arguments.status,
        full=arguments.full,
    )
    return _say(arguments, answer)


def _revoke(arguments: argparse.Namespace) -> int:
    from .commands import revoke

    answer = revoke(
        home_path(arguments.home),
        identifier=arguments.identifier,
        ground=arguments.ground,
        decision=arguments.decision,
    )
    return _say(arguments, answer)


def _serve(arguments: argparse.Namespace) -> int:
    return _serve_after(arguments, None)


def _demo(arguments: argparse.Namespace) -> int:
    from .demo import DEFAULT_SAMPLES, demo

    samples = Path(arguments.samples or DEFAULT_SAMPLES)
    if arguments.no_serve:
        return _say(arguments, demo(_services(arguments, port=arguments.port), samples))
    return _serve_after(arguments, lambda services: demo(services, samples))


def _serve_after(arguments: argparse.Namespace, work: "Callable[[Services], Answer] | None") -> int:
    """Take the port, do the work, say what came out, serve: a port that is taken is told before anything is made."""
    from keys import KeysError

    from .app import create_app
    from .audit_keeping import TrailKeeping
    from .batch_work import BatchWork
    from .client_commands import with_first_key
    from .commands import Answer
    from .event_sending import EventSending
    from .forwarding import is_loopback
    from .serving import address_of, context_of, listen, serve
    from .status_publishing import StatusPublishing
    from .wiring import clock

    with contextlib.closing(listen(arguments.host, arguments.port)) as listener:
        port = listener.getsockname()[1]
        # The samples' codes lead to this server; whoever serves only has said where the codes lead.
        services = _services(arguments, port=0 if work is None else port)
        settings = services.home.settings
        tls = context_of(_tls_of(arguments) or settings.tls, services.home.path)
        # Behind a proxy that ends TLS, the edge looks at each request; without one, there is nothing to look at.
        public_only = not (is_loopback(arguments.host) or tls or settings.trusted_proxies)
        # Anchors that cannot be used are told now. A key that cannot be used stops readiness and issuing only.
        services.has_anchors()
        _warn_of_keys(services)
        publishing = StatusPublishing(lambda: services.status_publisher, lambda: services.store)
        app = create_app(services, public_only=public_only, publishing=publishing)
        done = Answer(shape={}, text="")
        if work is not None:
            try:
                done = work(services)
            except KeysError:
                print("样例未签发  the samples were not issued", file=sys.stderr)
        done = with_first_key(services, done)
        address = address_of(listener, scheme="http" if tls is None else "https")
        note = "；仅核验页面 public pages only" if public_only else ""
        where = f"服务地址  serving at: {address}{note}（Ctrl-C 停止 to stop）"
        if not public_only and (settings.open_on_loopback or settings.identity.staff is not None):
            where = f"窗口核验台  clerk desk: {address}/desk\n{where}"
        if work is not None:
            where = _elsewhere(services, port) + where
        _say(
            arguments,
            Answer(
                shape={**done.shape, "address": address, "public_only": public_only},
                text=f"{done.text}\n\n{where}" if done.text else where,
            ),
        )
        # The trail is left last: what the others do until their end is in it.
        keeping = TrailKeeping(lambda: services.trail_keeper, clock)
        with keeping.running(), publishing.running(), BatchWork(services).running(), EventSending(services).running():
            serve(app, listener, tls=tls, proxies=settings.trusted_proxies)
    return 0


def _tls_of(arguments: argparse.Namespace) -> "TlsSetting | None":
    """Read what the command line says about TLS; it wins over the settings."""
    from .settings import TlsSetting

    certificate, key, client_ca = (arguments.tls_cert, arguments.tls_key, arguments.client_ca)
    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise UsageError("--tls-cert 与 --tls-key 应同时给出。", "--tls-cert and --tls-key go together")
    return TlsSetting(
        certificate=Path(certificate), key=Path(key), client_ca=None if client_ca is None else Path(client_ca)
    )


def _elsewhere(services: "Services", port: int) -> str:
    """Say that the samples' codes lead to another port of this machine than the one that is served."""
    from .forwarding import is_loopback

    url = services.home.settings.public_url
    parts = urlsplit(url)
    codes = parts.port or (443 if parts.scheme == "https" else 80)
    if codes == port or not is_loopback(parts.hostname or ""):
        return ""
    return (
        f"样例的链接和二维码指向 {url}，本次服务在端口 {port}：请用 --port {codes}，或用 --home 另建主目录。\n"
        f"the samples' links and codes lead to {url}, this server has port {port}: "
        f"use --port {codes}, or another home with --home\n\n"
    )


def _warn_of_keys(services: "Services") -> None:
    from .problems import problem_of

    for name, fault in services.key_faults().items():
        if fault is not None:
            problem = problem_of(fault)
            print(
                f"密钥不可用，不能签发  unusable key, nothing is issued: {name} [{problem.code}] {problem.message.en}",
                file=sys.stderr,
            )


def _services(arguments: argparse.Namespace, *, port: int = 0) -> "Services":
    """Open the home; the codes of a new one lead to `port` of this machine, unless the environment says where to."""
    from .commands import first_use
    from .wiring import Services

    path = home_path(arguments.home)
    public_url = f"http://127.0.0.1:{port}" if port and not os.environ.get("ELICENCE_PUBLIC_URL") else None
    home, made = first_use(path, public_url=public_url)
    if made:
        print(f"已建立主目录  home made: {path}", file=sys.stderr)
    return Services(home)


def _say(arguments: argparse.Namespace, answer: "Answer") -> int:
    if arguments.json:
        _print_json(answer.shape)
    else:
        # Names of files and keys of JSON are the sender's words, too.
        print(_shown(answer.text))
    sys.stdout.flush()
    return answer.exit_code


def _refuse(error: Exception, *, as_json: bool) -> int:
    try:
        from .problems import INTERNAL, problem_of
    except ImportError as broken:
        # Errors are told in the words of the packages below; without them nothing can be done at all.
        print(f"安装不完整  broken installation: {broken}", file=sys.stderr)
        return _UNAVAILABLE

    problem = problem_of(error)
    if problem.row is INTERNAL:
        # Its text may hold what somebody typed: type and place are enough to find it.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        print(f"{type(error).__qualname__} at {frame.filename}:{frame.lineno}", file=sys.stderr)
    try:
        if as_json:
            _print_json(problem.shape())
            sys.stdout.flush()
        else:
            lines = [f"错误  error [{problem.code}]: {problem.message.zh}  {problem.message.en}"]
            lines += [f"  {note}" for note in getattr(error, "__notes__", ())]
            lines += [f"  {one.pointer} [{one.code}]: {one.message.zh}  {one.message.en}" for one in problem.fields]
            print(_shown("\n".join(lines)), file=sys.stderr)
    except OSError:
        _abandon_stdout()
    return problem.row.exit_code


def _shown(text: str) -> str:
    from .columns import printable

    return "\n".join(printable(line) for line in text.split("\n"))


def _print_json(shape: Mapping[str, object]) -> None:
    print(json.dumps(shape, ensure_ascii=False, indent=2))


def _prepare_output(*, as_json: bool) -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number; programs always get UTF-8.
            stream.reconfigure(errors="backslashreplace", encoding="utf-8" if as_json else None)


def _abandon_stdout() -> None:
    """Send what is still buffered nowhere: the interpreter would try, fail and complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
