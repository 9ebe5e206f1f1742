"""`elicence catalogue …`: licence types are shown, checked, and drawn with their samples."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group
from .settings import DEFAULT_PUBLIC_URL, MAX_PUBLIC_URL

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from esign import FontChain, Page
    from licences import Document, LicenceType

    from .answer import Answer
    from .home import Home

_LONGEST_URL = f"https://{'a' * (MAX_PUBLIC_URL - len('https://.cn'))}.cn"


def add_catalogue_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence catalogue`; `add` gives each one what every command has."""
    show = add("show", _show, "显示证照类型 show a licence type", to)
    show.add_argument("type", metavar="TYPE", help="slug or code")

    add("list", _list, "列出证照类型 list the licence types", to)

    check = add("check", _check, "检查证照类型文件 say everything that is wrong with a file", to)
    check.add_argument("file", metavar="FILE", help="证照类型文件 catalogue file")

    preview = add("preview", _preview, "用示例生成样张 draw a type with its sample", to)
    preview.add_argument("type", metavar="TYPE|FILE", help="slug, code or catalogue file")
    preview.add_argument("--out", metavar="FILE.pdf", help="输出文件 file (default SLUG-DOCUMENT.pdf)")
    preview.add_argument("--document", metavar="KEY", help="哪份文件 which document (default the first)")
    preview.add_argument("--longest", action="store_true", help="按最大长度填写 filled to the longest allowed values")

    calibrate = add("calibrate", _calibrate, "打印套打校准页 a sheet to find a printer's offset", to)
    calibrate.add_argument("type", metavar="TYPE|FILE", help="slug, code or catalogue file")
    calibrate.add_argument("--document", metavar="KEY", help="哪份文件 which document (default the first)")
    calibrate.add_argument("--out", metavar="FILE.pdf", required=True, help="输出文件 file")


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .home import home_if_any
    from .own_types import catalogue_of
    from .type_shapes import type_shape

    licence_type = catalogue_of(home_if_any(arguments.home)).get(arguments.type)
    rows = [
        (
            field.key,
            field.label,
            field.type.value,
            "*" if field.required else "?" if field.required_when else "",
            "–" if field.type.value == "image" else _sample(field.sample),
        )
        for field in licence_type.all_fields
    ]
    header = ("key", "名称 label", "type", "必填 required", "示例 sample")
    lines = [
        f"{licence_type.name}  {licence_type.name_en}",
        f"{licence_type.slug}  {licence_type.code}  v{licence_type.version}  {licence_type.document_class}",
        "",
        table(header, rows),
        "",
        "* 必填 required    ? 视情况 depends on another field",
        "文件 documents: " + "、".join(f"{one.label} ({one.key})" for one in licence_type.documents),
    ]
    lines += [
        f"持续义务 obligation: {one.label}  {one.label_en}（{one.every.text if one.every else one.due_field}）"
        for one in licence_type.obligations
    ]
    return Answer(shape=type_shape(licence_type), text="\n".join(lines))


def _sample(sample: object) -> str:
    return sample if isinstance(sample, str) else f"{len(list(sample))} 行 rows"  # type: ignore[call-overload]


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import table
    from .home import home_if_any
    from .own_types import catalogue_of
    from .type_shapes import types_shape

    catalogue = catalogue_of(home_if_any(arguments.home))
    rows = [(one.slug, one.code, one.name, one.document_class, str(one.version)) for one in catalogue]
    header = ("类型 type", "代码 code", "名称 name", "类别 class", "版本 version")
    return Answer(shape=types_shape(catalogue), text=table(header, rows))


def _check(arguments: argparse.Namespace) -> "Answer":
    from licences import MAX_CATALOGUE_BYTES, CatalogueFileError, check_type, load_catalogue

    from .answer import Answer
    from .catalogue_faults import fault_shapes, faults_text
    from .exit_codes import DONE, FAILED
    from .home import home_if_any
    from .inputs import read_file
    from .opening import fonts_of
    from .own_types import own_files

    path, home = Path(arguments.file), home_if_any(arguments.home)
    data = read_file(path, MAX_CATALOGUE_BYTES)
    licence_type, faults = check_type(data, fonts_of(home), public_url=_LONGEST_URL)
    if licence_type is not None:
        try:
            load_catalogue({**({} if home is None else own_files(home, without=path)), path.name: data})
        except CatalogueFileError as error:
            faults += error.faults
    shape = {
        "file": str(path),
        "type": None if licence_type is None else licence_type.slug,
        "good": not faults,
        "faults": fault_shapes(faults),
    }
    if faults:
        return Answer(shape=shape, text=faults_text(path, faults), exit_code=FAILED)
    name = "" if licence_type is None else f"{licence_type.name}  {licence_type.name_en}"
    return Answer(shape=shape, text=f"没有问题  nothing is wrong: {name}", exit_code=DONE)


def _preview(arguments: argparse.Namespace) -> "Answer":
    from licences import preview_pages

    from .answer import Answer
    from .home import home_if_any
    from .opening import fonts_of

    home = home_if_any(arguments.home)
    licence_type = _named_type(arguments.type, home)
    document = document_of(licence_type, arguments.document)
    url = DEFAULT_PUBLIC_URL if home is None else home.settings.public_url
    fonts = fonts_of(home)
    pages = preview_pages(licence_type, document, fonts, public_url=url, longest=arguments.longest)
    path = Path(arguments.out or f"{licence_type.slug}-{document.key}.pdf")
    write_plain(fonts, path, f"{licence_type.name}（样例）", pages, mode=0o644)
    shape = {"type": licence_type.slug, "document": document.key, "pages": len(pages), "path": str(path)}
    text = f"样张  preview: {path}（{licence_type.name}　{document.label}，{len(pages)} 页 pages）"
    return Answer(shape=shape, text=text)


def _calibrate(arguments: argparse.Namespace) -> "Answer":
    from licences import calibration_page

    from .answer import Answer
    from .home import home_if_any
    from .opening import fonts_of

    home = home_if_any(arguments.home)
    licence_type = _named_type(arguments.type, home)
    document, fonts = document_of(licence_type, arguments.document), fonts_of(home)
    page = calibration_page(fonts, licence_type, document)
    path = write_plain(fonts, Path(arguments.out), f"套打校准页 {licence_type.name}", [page], mode=0o644)
    shape = {"type": licence_type.slug, "document": document.key, "path": path}
    return Answer(shape=shape, text=f"校准页  sheet: {path}")


def write_plain(fonts: "FontChain", path: Path, title: str, pages: "Sequence[Page]", *, mode: int) -> str:
    """Write pages as a PDF without a seal; CannotWriteError."""
    from esign import plain_pdf

    from .output import StagedFiles

    with StagedFiles(path.parent, mode=mode) as staged:
        staged.stage({path.name: plain_pdf(fonts, title, pages)})
        staged.put()
    return str(path)


def document_of(licence_type: "LicenceType", key: str | None) -> "Document":
    """The document with that key, the first without one; InputNotFoundError when the type has no such document."""
    from .errors import InputNotFoundError

    documents = {one.key: one for one in licence_type.documents}
    document = documents.get(key or licence_type.documents[0].key)
    if document is None:
        keys = "、".join(documents)
        raise InputNotFoundError(f"该类型没有这份文件；有：{keys}", f"the type has only these documents: {keys}")
    return document


def _named_type(name: str, home: "Home | None") -> "LicenceType":
    """The type of that slug or code, or that which a file describes."""
    from licences import MAX_CATALOGUE_BYTES, licence_type_from_toml

    from .inputs import read_file
    from .own_types import catalogue_of

    if name.endswith(".toml") or "/" in name:
        return licence_type_from_toml(read_file(Path(name), MAX_CATALOGUE_BYTES))
    return catalogue_of(home).get(name)
