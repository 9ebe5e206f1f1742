"""`elicence items check|add|list|show`: service items, and which licences stand in for their materials."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group
from .settings import home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import CatalogueFault
    from licences.sharing import Acceptance, ServiceItem

    from .answer import Answer
    from .home import Home

_PARTIES = {"applicant": "申请人", "linked": "关联代码", "agent": "经办人"}


def add_items_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence items`."""
    check = add("check", _check, "检查事项文件 say everything that is wrong with an item file", to)
    check.add_argument("file", metavar="FILE.toml", help="事项文件 item file")
    added = add("add", _add, "登记事项的一个版本 keep a version of an item in the home", to)
    added.add_argument("file", metavar="FILE.toml", help="事项文件 item file")
    add("list", _list, "列出事项 list the items", to)
    show = add("show", _show, "查看事项的材料 the materials of an item", to)
    show.add_argument("code", metavar="CODE", help="事项编码 code of the item")


def _opened(arguments: argparse.Namespace) -> "Home":
    from .home import open_home

    return open_home(home_path(arguments.home))


def _read(path: Path) -> bytes:
    from licences import MAX_CATALOGUE_BYTES

    from .inputs import read_file

    return read_file(path, MAX_CATALOGUE_BYTES)


def _check(arguments: argparse.Namespace) -> "Answer":
    from licences import CatalogueFileError
    from licences.sharing import service_item_from_toml

    from .home import home_if_any
    from .own_types import catalogue_of

    path = Path(arguments.file)
    try:
        return _told(path, service_item_from_toml(_read(path), catalogue_of(home_if_any(arguments.home))), ())
    except CatalogueFileError as error:
        return _told(path, None, error.faults)


def _add(arguments: argparse.Namespace) -> "Answer":
    from licences import CatalogueFileError

    from .answer import Answer
    from .requirement_item_shapes import item_shape
    from .requirement_keeping import keep_item
    from .wiring import Services

    path, services = Path(arguments.file), Services(_opened(arguments))
    try:
        item, new = keep_item(services, None, _read(path), at=datetime.now(UTC))
    except CatalogueFileError as error:
        return _told(path, None, error.faults)
    word = "已登记  kept" if new else "此前已登记  kept before"
    return Answer(shape=item_shape(item), text=f"{word}: {item.code} v{item.version} {item.name}  {item.name_en}")


def _told(path: Path, item: "ServiceItem | None", faults: "tuple[CatalogueFault, ...]") -> "Answer":
    from .answer import Answer
    from .catalogue_faults import faults_text
    from .exit_codes import DONE, FAILED
    from .requirement_item_shapes import faults_shape

    shape = {"file": str(path)} | faults_shape(item, faults)
    if item is None:
        return Answer(shape=shape, text=faults_text(path, faults), exit_code=FAILED)
    text = f"没有问题  nothing is wrong: {item.name}  {item.name_en}"
    return Answer(shape=shape, text=text, exit_code=DONE)


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .requirement_item_shapes import items_shape
    from .requirement_items import items_of

    items = items_of(_opened(arguments))
    rows = [(one.code, one.name, one.office, one.region, str(one.version)) for one in items]
    header = ("事项 item", "名称 name", "机关 office", "区划 region", "版本 version")
    return Answer(shape=items_shape(items), text=table(header, rows))


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .own_types import catalogue_of
    from .requirement_item_shapes import item_shape
    from .requirement_items import items_of

    home = _opened(arguments)
    types = {one.slug: one.name for one in catalogue_of(home)}
    item = items_of(home, catalogue_of(home)).versions(arguments.code)[-1]
    rows = [
        (
            one.key,
            one.name,
            ("*" if one.required else "") + (f" ({one.alternative})" if one.alternative else ""),
            "；".join(_accepted(wanted, types[wanted.type_slug]) for wanted in one.accepts) or "—",
        )
        for one in item.materials
    ]
    header = ("key", "材料 material", "必需 required", "可由证照代替 stands in")
    lines = [
        f"{item.name}  {item.name_en}",
        f"{item.code}  v{item.version}  {item.office}  {item.region}",
        f"依据 basis: {'、'.join(item.legal_basis)}",
        "",
        table(header, rows),
        "",
        "* 必需 required    ( ) 互相替代 alternatives: one is enough",
    ]
    lines += [f"问题 question: {one.key}  {one.name}  {one.name_en}" for one in item.predicates]
    return Answer(shape=item_shape(item), text="\n".join(lines))


def _accepted(wanted: "Acceptance", name: str) -> str:
    parts = [] if wanted.parties == {"applicant"} else ["、".join(_PARTIES[one] for one in sorted(wanted.parties))]
    parts += [f"剩余 ≥ {wanted.days_left} 天"] if wanted.days_left else []
    parts += [f"发证地区 {'、'.join(wanted.issuer_regions)}"] if wanted.issuer_regions else []
    parts += [f"版本 ≥ {wanted.edition_from}"] if wanted.edition_from > 1 else []
    parts += [f"{one.key} {one.test.value} {'、'.join(one.values)}".strip() for one in wanted.conditions]
    return name + (f"（{'，'.join(parts)}）" if parts else "")
