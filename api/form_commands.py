"""`elicence forms …` and `elicence print`: blank pre-printed forms (空白证照) and printing onto them (套打)."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import LICENCE_HELP, AddCommand, Group, Parser, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import Actor, FormEntry

    from .answer import Answer


def add_forms_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence forms`; `add` gives each one what every command has."""
    receive = add("receive", _receive, "登记收到的空白证照 register forms that came in", to)
    receive.add_argument("type", metavar="TYPE", help="slug or code")
    receive.add_argument("--first", metavar="SERIAL", required=True, help="起号 first number")
    receive.add_argument("--last", metavar="SERIAL", required=True, help="止号 last number")
    _add_actor(receive)

    spoil = add("spoil", _spoil, "作废一份空白证照 write a form off", to)
    spoil.add_argument("type", metavar="TYPE", help="slug or code")
    spoil.add_argument("serial", metavar="SERIAL", help="编号 its number")
    spoil.add_argument("--reason", metavar="TEXT", required=True, help="原因 why")
    _add_actor(spoil)

    listed = add("list", _list, "空白证照台账 account of the forms of a type", to)
    listed.add_argument("type", metavar="TYPE", help="slug or code")


def add_print_parser(add: AddCommand, to: Group) -> None:
    """Add `elicence print`."""
    command = add("print", _print, "套打到空白证照上 print onto a blank form", to)
    command.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    command.add_argument("--overprint", action="store_true", required=True, help="套打 without frame and labels")
    command.add_argument("--form", metavar="SERIAL", required=True, help="空白证照编号 number of the form")
    command.add_argument("--document", metavar="KEY", help="哪份文件 which document (default the first)")
    command.add_argument("--offset-x", metavar="MM", type=float, default=0.0, help="右移毫米 to the right")
    command.add_argument("--offset-y", metavar="MM", type=float, default=0.0, help="下移毫米 down")
    command.add_argument("--out", metavar="FILE.pdf", required=True, help="输出文件 file")
    _add_actor(command)


def _add_actor(command: Parser) -> None:
    command.add_argument("--actor", metavar="NAME", required=True, help="经办人账号 account of who does it")
    command.add_argument("--office", metavar="NAME", required=True, help="经办机构 office that it is done for")


def _actor(arguments: argparse.Namespace) -> "Actor":
    from licences import Actor

    return Actor(name=arguments.actor, office=arguments.office)


def _receive(arguments: argparse.Namespace) -> "Answer":
    from licences import new_batch

    from .answer import Answer

    services = services_of(arguments)
    licence_type = services.catalogue.get(arguments.type)
    batch = new_batch(licence_type.code, arguments.first, arguments.last, at=datetime.now(UTC), actor=_actor(arguments))
    services.forms.receive(batch)
    shape = {"type": licence_type.slug, "first": str(batch.first), "last": str(batch.last), "count": batch.count}
    text = f"已登记  received: {licence_type.name} {batch.first} – {batch.last}，共 {batch.count} 份 forms"
    return Answer(shape=shape, text=text)


def _spoil(arguments: argparse.Namespace) -> "Answer":
    from licences import FormEntry, FormState

    from .answer import Answer

    services = services_of(arguments)
    licence_type = services.catalogue.get(arguments.type)
    entry = FormEntry(
        type_code=licence_type.code,
        serial=arguments.serial,
        state=FormState.SPOILED,
        identifier=None,
        reason=arguments.reason,
        recorded_at=datetime.now(UTC),
        actor=_actor(arguments),
    )
    services.forms.record(entry)
    return Answer(
        shape={"type": licence_type.slug, **_entry_shape(entry)},
        text=f"已作废  spoiled: {licence_type.name} {entry.serial}",
    )


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .messages import moment_text

    services = services_of(arguments)
    licence_type = services.catalogue.get(arguments.type)
    batches, entries = services.forms.batches(licence_type.code), services.forms.entries(licence_type.code)
    received = sum(batch.count for batch in batches)
    gone = len({entry.serial for entry in entries})
    shape = {
        "type": licence_type.slug,
        "received": received,
        "blank": received - gone,
        "batches": [{"first": str(one.first), "last": str(one.last), "count": one.count} for one in batches],
        "entries": [_entry_shape(one) for one in entries],
    }
    lines = [f"收到  received: {one.first} – {one.last}（{one.count}）" for one in batches]
    rows = [
        (one.serial, f"{one.state.zh} {one.state.value}", one.identifier or one.reason, moment_text(one.recorded_at))
        for one in entries
    ]
    header = ("编号 form", "状态 state", "证照标识或原因 licence or reason", "时间 at")
    lines += [table(header, rows)] if rows else []
    return Answer(shape=shape, text="\n".join([*lines, f"空白  blank: {received - gone}"]))


def _entry_shape(entry: "FormEntry") -> dict[str, object]:
    from .messages import instant_text

    return {
        "form": entry.serial,
        "state": entry.state.value,
        "identifier": entry.identifier,
        "reason": entry.reason,
        "recorded_at": instant_text(entry.recorded_at),
    }


def _print(arguments: argparse.Namespace) -> "Answer":
    from licences import FormEntry, FormState, overprint_page, require_in_force, stored_licence

    from .answer import Answer
    from .catalogue_commands import document_of, write_plain
    from .resolving import identifier_of

    services, at = services_of(arguments), datetime.now(UTC)
    record = services.store.get(identifier_of(arguments.identifier, services.store))
    require_in_force(record, at)
    licence, marks = stored_licence(services.store, services.catalogue, record)
    document = document_of(licence.licence_type, arguments.document)
    offset = (arguments.offset_x, arguments.offset_y)
    page = overprint_page(services.fonts, licence, marks, document, serial=arguments.form, offset=offset)
    entry = FormEntry(
        type_code=record.type_code,
        serial=arguments.form,
        state=FormState.USED,
        identifier=record.identifier,
        reason="",
        recorded_at=at,
        actor=_actor(arguments),
    )
    # Taken before the file exists: a form may be written off for nothing, it is never used twice.
    services.forms.record(entry)
    title = f"{licence.licence_type.name} {record.number}"
    path = write_plain(services.fonts, Path(arguments.out), title, [page], mode=0o600)
    return Answer(
        shape={**_entry_shape(entry), "document": document.key, "path": path},
        text=f"套打文件  print: {path}\n空白证照  form: {entry.serial}（{licence.licence_type.name} {record.number}）",
    )
