"""`elicence seal upgrade`: making up for what a licence's seals lack to be checked in years to come."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import LICENCE_HELP, AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import FileKind

    from .answer import Answer


def add_upgrade_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence seal`."""
    upgrade = add("upgrade", _upgrade, "补齐时间戳和长期验证材料 add timestamps and evidence to issued licences", to)
    upgrade.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    upgrade.add_argument("--out", metavar="DIR", help="输出目录 folder for the files (default: <home>/issued)")


def _upgrade(arguments: argparse.Namespace) -> "Answer":
    from licences import form_and_key, raise_level, raise_ofd, raise_pdf

    from .answer import Answer
    from .licence_shapes import upgrade_shape
    from .output import replace_licence
    from .resolving import identifier_of
    from .self_check import SelfCheck

    services = services_of(arguments)
    record = services.store.get(identifier_of(arguments.identifier, services.store))
    pdf, structured, p7s = (services.store.file(record, kind) for kind in ("pdf", "json", "p7s"))
    at = datetime.now(UTC)
    raised = raise_level(
        pdf, p7s, timestampers=services.seals.timestampers, collector=services.collector(services.trust), at=at
    )
    directory = Path(arguments.out) if arguments.out else services.home.issued
    files: dict[FileKind, bytes] = {"pdf": raised.pdf, "json": structured, "p7s": raised.p7s}
    for kind in record.files:
        form, key = form_and_key(kind)
        if form == "pdf" and key:
            further = services.store.file(record, kind)
            files[kind] = raise_pdf(
                further, timestampers=services.seals.timestampers, collector=services.collector(services.trust), at=at
            )
        elif form == "ofd":
            files[kind] = raise_ofd(services.store.file(record, kind), timestampers=services.seals.timestampers)
    SelfCheck(verifier=services.verifier)(files, record.code, at)
    changed, places = replace_licence(services.store, record, files, directory, at=at)
    return Answer(
        shape=upgrade_shape(changed, places, raised.level),
        text=f"已补齐  upgraded: {record.number}\n签名级别  level: {raised.level.value}\npdf: {places['pdf']}",
    )
