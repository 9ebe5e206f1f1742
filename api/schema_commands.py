"""`elicence catalogue schema` and `elicence export`: how licences look to other programs."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import LICENCE_HELP, AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer


def add_schema_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence catalogue`."""
    schema = add("schema", _schema, "证照类型的数据结构 JSON Schema of a licence type", to)
    schema.add_argument("type", metavar="TYPE", help="slug or code")
    form = schema.add_mutually_exclusive_group()
    form.add_argument("--paper", action="store_true", help="纸质证照元数据 of the metadata that one enters")
    form.add_argument("--xsd", action="store_true", help="XML Schema of what export writes")


def add_export_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence`."""
    export = add("export", _export, "导出一张证照 write a licence for other programs", to)
    export.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    export.add_argument("--format", choices=("xml",), default="xml", help="格式 form (default xml)")
    export.add_argument("--out", metavar="FILE", help="输出文件 file (default <home>/issued/IDENTIFIER.xml)")


def _schema(arguments: argparse.Namespace) -> "Answer":
    from licences import paper_schema, structured_schema, xml_schema

    from .answer import Answer
    from .home import home_if_any
    from .own_types import catalogue_of

    licence_type = catalogue_of(home_if_any(arguments.home)).get(arguments.type)
    if arguments.xsd:
        text = xml_schema(licence_type).decode()
        return Answer(shape={"type": licence_type.slug, "xsd": text}, text=text.rstrip("\n"))
    shape = paper_schema(licence_type) if arguments.paper else structured_schema(licence_type)
    return Answer(shape=shape, text=json.dumps(shape, ensure_ascii=False, indent=2))


def _export(arguments: argparse.Namespace) -> "Answer":
    from licences import digests_of, record_to_xml

    from .answer import Answer
    from .output import StagedFiles
    from .resolving import identifier_of

    services = services_of(arguments)
    record = services.store.get(identifier_of(arguments.identifier, services.store))
    content = record_to_xml(record, services.store, services.catalogue)
    path = services.home.issued / f"{record.identifier}.xml" if arguments.out is None else Path(arguments.out)
    with StagedFiles(path.parent) as staged:
        staged.stage({path.name: content})
        staged.put()
    digests = digests_of(content)
    shape = {
        "identifier": record.identifier,
        "format": arguments.format,
        "path": str(path),
        "sha256": digests.sha256,
        "sm3": digests.sm3,
    }
    return Answer(shape=shape, text=f"已导出  exported: {path}")
