"""All commands of `elicence`, as their words are written and read."""

import argparse
from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from .act_commands import add_act_parsers
from .archive_commands import add_archive_parser
from .audit_commands import add_audit_parser
from .authority_commands import add_authority_parser
from .backup_commands import add_backup_parsers
from .catalogue_commands import add_catalogue_parser
from .client_commands import add_clients_parser
from .collection_commands import add_collection_parser
from .console import say
from .convert_commands import add_convert_parser
from .copy_commands import add_copy_parser, add_recall_parser, add_reliance_parser
from .core_commands import add_core_parsers
from .database_commands import add_database_parser
from .doctor_commands import add_doctor_parser
from .forgery_commands import add_forgery_parser
from .form_commands import add_forms_parser, add_print_parser
from .hash_commands import add_digest_parser
from .help_groups import group_commands
from .holder_commands import add_holder_parser, add_links_parser
from .impact_commands import add_impact_parser
from .keys_commands import add_keys_parser
from .kit_commands import add_kit_parser
from .mandate_commands import add_mandate_parser
from .parsing import AddCommand, Group, Parser
from .preview_commands import add_preview_parser
from .requirement_commands import add_items_parser
from .review_commands import add_review_parser
from .schema_commands import add_export_parser, add_schema_parser
from .seal_commands import add_seal_parser
from .seal_server_command import add_seal_server_parser
from .serve_commands import add_serve_parsers
from .status_list_commands import add_status_list_parser
from .store_commands import add_protection_parser
from .supervision_commands import add_cases_parser, add_supervision_parser
from .webhook_commands import add_webhook_parser

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer


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
        from importlib.metadata import version  # brings the readers of e-mails along

        print(f"elicence {version('elicence')}")
        parser.exit()


def _add_everywhere(parser: Parser, *, home: str | None, json: str | bool) -> None:
    """Add what every command takes, before or after its name."""
    parser.add_argument(
        "--home",
        metavar="DIR",
        default=home,
        help="主目录 home directory (default ELICENCE_HOME or ./.elicence)",
    )
    parser.add_argument("--json", action="store_true", default=json, help="输出一个 JSON 对象 print one JSON object")


def command_line(words: Container[str] | None = None) -> Parser:
    """Make the parser of all commands; each says by `run` what runs it.

    With the words that will be read, commands whose own word is not among them are left without the words below: to
    make those of all takes longer than most commands do.
    """
    parser = Parser(prog="elicence", description="电子证照：签发与核验。 E-licences: issuing and checking.")
    parser.add_argument("--version", action=_Version, nargs=0, help="版本 show the version")
    _add_everywhere(parser, home=None, json=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="命令 commands")

    def serving(name: str, run: Callable[[argparse.Namespace], int], text: str, to: Group) -> Parser:
        added = to.add_parser(name, help=text, description=text)
        # What stands before the command is not to be undone after it.
        _add_everywhere(added, home=argparse.SUPPRESS, json=argparse.SUPPRESS)
        added.set_defaults(run=run)
        return added

    def answering(name: str, run: "Callable[[argparse.Namespace], Answer]", text: str, to: Group) -> Parser:
        return serving(name, lambda arguments: say(arguments, run(arguments)), text, to)

    def below(word: str, text: str, *adding: Callable[[AddCommand, Group], None]) -> None:
        group = commands.add_parser(word, help=text).add_subparsers(
            metavar="ACTION", required=True, title="命令 commands"
        )
        if words is None or word in words:
            for add_parsers in adding:
                add_parsers(answering, group)

    for add_parsers in (
        add_core_parsers, add_act_parsers, add_holder_parser, add_print_parser, add_export_parser, add_archive_parser,
        add_kit_parser, add_backup_parsers, add_digest_parser, add_preview_parser, add_doctor_parser,
        add_recall_parser, add_convert_parser,
    ):  # fmt: skip
        add_parsers(answering, commands)
    add_serve_parsers(serving, commands)
    add_seal_server_parser(serving, commands)

    below("catalogue", "证照目录 licence types", add_catalogue_parser, add_schema_parser)
    below("store", "证照库 the licence database", add_database_parser, add_protection_parser)
    below("holder-links", "持证主体代码的关联 links of holder codes", add_links_parser)
    below("forms", "空白证照与套打 blank forms and printing onto them", add_forms_parser)
    below("audit", "操作记录（审计） the trail and its check", add_audit_parser)
    below("supervise", "电子监察 statistics and warnings", add_supervision_parser)
    below("cases", "异议、投诉、举报案件 objections and complaints", add_cases_parser)
    below("status-list", "状态列表 signed status lists", add_status_list_parser)
    below("keys", "密钥 keys of seals and codes", add_keys_parser)
    below("items", "事项与材料 service items and materials", add_items_parser)
    below("review", "元数据审核 drafts and their review", add_review_parser)
    below("collect", "归集 handing over upstream", add_collection_parser)
    below("webhooks", "推送订阅 who is told of changes", add_webhook_parser)
    below("impact", "受影响证照 what a key, batch or type touched", add_impact_parser)
    below("forgery", "举报伪造 reports of forgeries", add_forgery_parser)
    below("mandates", "委托用证 who entrusted whom with licences", add_mandate_parser)
    below("copy", "加注件 annotated copies", add_copy_parser)
    below("reliance", "依赖登记 who relied on which licence", add_reliance_parser)
    below("seal", "电子印章 electronic seals", add_seal_parser)
    below("clients", "应用与权限 who may call over HTTP", add_clients_parser)
    below("authorities", "机构名录 register of authorities", add_authority_parser)

    group_commands(commands)
    return parser
