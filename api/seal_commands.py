"""`elicence seal …`: an authority's electronic seal is made (for development), taken in, shown and checked."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .joint_commands import add_joint_parsers
from .level_commands import add_upgrade_parser
from .messages import Message
from .parsing import AddCommand, Group
from .seal_foreign_commands import add_apply_parser
from .settings import FAMILIES, home_path

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from esign import SealImage, SealObject, SealPicture, SesPicture

    from .answer import Answer
    from .home import Home

KINDS = ("round", "oval", "name")
BODIES = ("government", "department", "special")
LEVELS = ("国家级", "省级", "地市级", "区县级", "乡镇级", "其他")
_NO_SEAL = Message(zh="这不是电子印章文件，或者文件已损坏。", en="This is no electronic seal, or it is damaged.")
_NAME_A_SEAL = Message(zh="请给出电子印章文件（.esl）。", en="Name the file of an electronic seal (.esl).")


def add_seal_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence seal`; `add` gives each one what every command has."""
    make = add("make", _make, "自制印章（仅供开发） make a seal, for development only", to)
    make.add_argument("--family", choices=FAMILIES, default=FAMILIES[0], help="算法族 family (default sm2)")
    make.add_argument("--kind", choices=KINDS, default=KINDS[0], help="圆章、椭圆章、名章 (default round)")
    make.add_argument("--name", metavar="TEXT", help="名称 name (default: the organisation of the certificate)")
    make.add_argument("--body", choices=BODIES, default=BODIES[1], help="政府、部门、专用章 (default department)")
    make.add_argument("--level", choices=LEVELS, default=LEVELS[3], help="机构级别 level (default 区县级)")
    make.add_argument("--size", metavar="MM[xMM]", help="直径，或宽x高 diameter, or width x height (whole mm)")
    make.add_argument("--centre-line", metavar="TEXT", default="", help="中间或下方文字 e.g. 行政审批专用章")
    make.add_argument("--number", metavar="TEXT", default="", help="编号 number")
    make.add_argument("--latin", metavar="TEXT", default="", help="外文名称 second name on an outer ring")
    make.add_argument("--emblem", metavar="PNG", help="国徽图案 picture for the centre, in place of the star")
    make.add_argument("--white", action="store_true", help="名章用白文 white characters on red")
    make.add_argument("--picture", metavar="PNG", help="现成的印模 a picture in place of a drawn one")

    given = add("import", _import, "导入制章机构制作的印章 take in a seal of an approved maker", to)
    given.add_argument("file", metavar="FILE", help=".esl (GB/T 38540), or a manifest .seal.json")
    given.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")

    show = add("show", _show, "显示印章 show seals", to)
    show.add_argument("seal", metavar="FILE|FAMILY", nargs="?", help="文件或算法族 (default: those of the home)")
    show.add_argument("--picture", metavar="FILE", help="把印模存为文件 write its picture to a file")

    verify = add("verify", _verify, "核验印章 check a seal", to)
    verify.add_argument("seal", metavar="FILE|FAMILY", help="文件或算法族 file, or a seal of the home")
    verify.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")
    verify.add_argument("--at", metavar="WHEN", help="核验时点 date or RFC 3339 instant (default now)")

    add_apply_parser(add, to)
    add_upgrade_parser(add, to)
    add_joint_parsers(add, to)


def _make(arguments: argparse.Namespace) -> "Answer":
    import os

    from esign import ORGANISATION, PERSON

    from .errors import HomeError
    from .home import open_home
    from .seals import make_development_seal, seal_certificates, seal_path, seal_signer

    home, now = open_home(home_path(arguments.home)), datetime.now(UTC)
    if not home.settings.development:
        raise HomeError(
            "只有开发用主目录才能自制印章；正式印章须由经批准的制章机构制作，用 elicence seal import 导入。",
            "seals are made in development homes only: import one of an approved maker (elicence seal import)",
        )
    signer = seal_signer(home, arguments.family, now)
    name = arguments.name or signer.certificate.subject.organization or ""
    made = make_development_seal(
        signer,
        _picture(arguments, home, name),
        name=name,
        kind=PERSON if arguments.kind == "name" else ORGANISATION,
        others=seal_certificates(home, arguments.family, now),
        at=now,
        random=os.urandom,
    )
    path = seal_path(home.path, arguments.family)
    return _kept(path, made, word="已制作  made", at=now)


def _import(arguments: argparse.Namespace) -> "Answer":
    from esign import SealPictureError, SealRefusedError, read_seal_object
    from verify import Verifier

    from .errors import SealNotTakenError
    from .home import open_home
    from .inputs import read_file
    from .opening import trust_of
    from .seals import MAX_SEAL_BYTES, family_of, seal_certificate, seal_path

    home, now = open_home(home_path(arguments.home)), datetime.now(UTC)
    data = read_file(Path(arguments.file), MAX_SEAL_BYTES)
    report = Verifier(trust_of(home, arguments.trust)).verify_file(data, at=now)
    if report.kind != "seal":
        raise SealNotTakenError("印章未导入：这不是电子印章文件。", "not imported: this is no electronic seal")
    if not report:
        detail = next((check.detail for check in report.checks if check.code == report.reason.code), "")
        raise SealNotTakenError(
            f"印章未导入（{report.reason.code}）：{report.sentence.zh}",
            f"not imported ({report.reason.code}): {report.sentence.en} {detail}".rstrip(),
        )
    seal = read_seal_object(data)
    if report.development and not home.settings.development:
        raise SealNotTakenError("这是仅供测试的印章，不能导入。", "a seal for testing has no place in this home")
    family = family_of(seal)
    try:
        seal.require_usable(now, seal_certificate(home, family, now))
        # A picture that cannot be put on a page is found now and not when the first licence waits for it.
        seal.appearance()
    except (SealRefusedError, SealPictureError) as error:
        raise SealNotTakenError(f"印章未导入：{error}", f"not imported: {error}") from error
    return _kept(seal_path(home.path, family), data, word="已导入  imported", at=now)


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .errors import MalformedInputError, UsageError
    from .home import open_home
    from .output import StagedFiles
    from .seal_shapes import seal_shape, seal_text
    from .seals import read_home_seal, seal_path

    now = datetime.now(UTC)
    if arguments.seal is None:
        home = open_home(home_path(arguments.home))
        found = {str(seal_path(home.path, one)): read_home_seal(home, one) for one in FAMILIES}
        seals = {path: seal for path, seal in found.items() if seal is not None}
    else:
        path, data = _seal_file(arguments)
        if (seal := _readable(data)) is None:
            raise MalformedInputError(_NO_SEAL.zh, _NO_SEAL.en)
        seals = {str(path): seal}
    if arguments.picture is not None:
        if len(seals) != 1:
            raise UsageError("请指明是哪一枚印章。", "say which seal the picture is wanted of")
        target = Path(arguments.picture)
        with StagedFiles(target.parent, mode=0o644) as staged:
            staged.stage({target.name: next(iter(seals.values())).picture.data})
            staged.put()
    text = "\n\n".join(seal_text(place, seal, now) for place, seal in seals.items())
    return Answer(
        shape={"seals": [seal_shape(place, seal, now) for place, seal in seals.items()]},
        text=text or "没有印章。  No seals.",
    )


def _verify(arguments: argparse.Namespace) -> "Answer":
    from verify import Verifier

    from .answer import Answer
    from .errors import MalformedInputError
    from .home import home_if_any
    from .inputs import parse_at
    from .messages import VERDICTS
    from .opening import trust_of
    from .own_types import catalogue_of
    from .report_shapes import report_shape
    from .seal_shapes import seal_shape, seal_text
    from .verifying import VERDICT_CODES, report_text

    path, data = _seal_file(arguments)
    home = home_if_any(arguments.home)
    at = datetime.now(UTC) if arguments.at is None else parse_at(arguments.at)
    report = Verifier(trust_of(home, arguments.trust)).verify_file(data, at=at)
    if report.kind not in ("seal", "unknown"):
        raise MalformedInputError(
            "这不是电子印章文件；证照请用 elicence verify 查验。", "this is no electronic seal: use elicence verify"
        )
    catalogue = catalogue_of(home)
    facts: dict[str, object] = {"seal": None}
    if report.reason.code == "FORMAT_UNKNOWN":
        # The report's own words are about licences.
        shape = report_shape(report, catalogue, full=False) | facts
        shape |= {"sentence": _NO_SEAL.shape(), "action": _NAME_A_SEAL.shape()}
        word = VERDICTS[report.verdict.value]
        text = f"【{word.zh} {word.en}】{_NO_SEAL.zh}  {_NO_SEAL.en}\n→ {_NAME_A_SEAL.zh}  {_NAME_A_SEAL.en}"
        return Answer(shape=shape, text=text, exit_code=VERDICT_CODES[report.verdict])
    lines = [report_text(report, catalogue, full=False)]
    if report.kind == "seal" and (seal := _readable(data)) is not None:
        facts = {"seal": seal_shape(str(path), seal, at)}
        lines.append(seal_text(str(path), seal, at))
    return Answer(
        shape=report_shape(report, catalogue, full=False) | facts,
        text="\n\n".join(lines),
        exit_code=VERDICT_CODES[report.verdict],
    )


def _kept(path: Path, data: bytes, *, word: str, at: datetime) -> "Answer":
    """Write a seal into the home, in place of the one before."""
    from .answer import Answer
    from .output import StagedFiles
    from .seal_shapes import seal_shape, seal_text

    seal = _read(data)
    replaced = path.exists()
    with StagedFiles(path.parent) as staged:
        staged.stage({path.name: data})
        staged.put()
    shape = seal_shape(str(path), seal, at) | {"replaced": replaced}
    return Answer(shape=shape, text=f"{word}\n{seal_text(str(path), seal, at)}")


def _seal_file(arguments: argparse.Namespace) -> tuple[Path, bytes]:
    """Take the argument for what it is: an existing file, else a family of the home."""
    from .errors import InputTooLargeError
    from .inputs import read_file
    from .seals import MAX_SEAL_BYTES, seal_path

    path = Path(arguments.seal)
    if arguments.seal in FAMILIES and not path.exists():
        path = seal_path(home_path(arguments.home), arguments.seal)
    data = read_file(path, MAX_SEAL_BYTES)
    if len(data) > MAX_SEAL_BYTES:
        limit = MAX_SEAL_BYTES // 1024
        raise InputTooLargeError(
            f"文件过大：电子印章不超过 {limit} KB。",
            f"the file is too large: an electronic seal has at most {limit} KB",
        )
    return path, data


def _read(data: bytes) -> "SealObject":
    """The seal in a file; of a seal signature the seal inside."""
    from esign import SignedValueKind, read_seal_object, read_ses_signature, signed_value_kind

    if signed_value_kind(data) is SignedValueKind.SES_SIGNATURE:
        data = read_ses_signature(data).seal.der
    return read_seal_object(data)


def _readable(data: bytes) -> "SealObject | None":
    from esign import EsignError

    try:
        return _read(data)
    except EsignError:
        return None


def _picture(arguments: argparse.Namespace, home: "Home", name: str) -> "SealPicture | SesPicture":
    """Draw what the arguments say. What is drawn says in its centre that it is a sample, unless told otherwise."""
    from esign import (
        NAME_SEAL_SIDE,
        OVAL_HEIGHT,
        OVAL_WIDTH,
        SealKind,
        draw_name_seal,
        draw_oval_seal,
        draw_round_seal,
        read_seal_image,
        seal_diameter,
    )

    from .wiring import Services

    default = (seal_diameter(SealKind(arguments.body), arguments.level),) * 2
    if arguments.kind == "oval":
        default = (OVAL_WIDTH, OVAL_HEIGHT)
    elif arguments.kind == "name":
        default = (NAME_SEAL_SIDE, NAME_SEAL_SIDE)
    width, height = default if arguments.size is None else _size(arguments.size)
    if arguments.picture is not None:
        return _supplied(arguments.picture, width, height)
    fonts = Services(home).fonts
    from .seals import DEVELOPMENT_LINE

    line = arguments.centre_line or DEVELOPMENT_LINE
    if arguments.kind == "name":
        return draw_name_seal(fonts, name, side=width, white_on_red=arguments.white)
    if arguments.kind == "oval":
        return draw_oval_seal(fonts, name, width=width, height=height, centre_line=arguments.number, lower_line=line)
    emblem: SealImage | None = None
    if arguments.emblem is not None:
        emblem = read_seal_image(_file(arguments.emblem), width=width, height=height).image
    return draw_round_seal(
        fonts, name, diameter=width, centre_line=line, number=arguments.number, latin=arguments.latin, emblem=emblem
    )


def _supplied(name: str, width: float, height: float) -> "SesPicture":
    """A picture as it is in its file, once it is known that it can be put on a page."""
    from esign import SealPictureError, SesPicture, read_seal_image

    data = _file(name)
    read_seal_image(data, width=width, height=height)
    picture = SesPicture(type="", data=data, width=round(width), height=round(height))
    if picture.actual_type is None:
        raise SealPictureError("a picture of an unknown type")
    return replace(picture, type=picture.actual_type)


def _file(name: str) -> bytes:
    from .inputs import read_file
    from .seals import MAX_SEAL_BYTES

    return read_file(Path(name), MAX_SEAL_BYTES)


def _size(text: str) -> tuple[float, float]:
    from .errors import UsageError

    numbers = text.lower().split("x")
    if len(numbers) > 2 or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):
        raise UsageError("尺寸应为毫米整数，例如 42 或 45x30。", "a size is whole millimetres, such as 42 or 45x30")
    sides = [float(number) for number in numbers]
    return sides[0], sides[-1]
