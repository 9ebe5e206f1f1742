"""`elicence authorities`: checking, signing and asking the register of authorities."""

import argparse
import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .act_commands import actor_of, add_actor
from .errors import InputNotFoundError, MalformedInputError, UsageError
from .parsing import AddCommand, Group, services_of
from .settings import FAMILIES

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from esign import AuthorityRegister

    from .answer import Answer


_PAGE = 100


def add_authority_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence authorities`."""
    check = add("check", _check, "检查机构名录 check a register before it is signed", to)
    check.add_argument("file", metavar="FILE", help="机构名录 .toml or .json")
    sign = add("sign", _sign, "用本机构印章密钥签署机构名录 sign a register with the home's seal key", to)
    sign.add_argument("file", metavar="FILE", help="机构名录 .toml or .json")
    sign.add_argument("--family", choices=FAMILIES, default="sm2", help="密钥 which seal key (default sm2)")
    sign.add_argument("--out", metavar="DIR", required=True, help="输出目录 folder for authorities.json and .p7s")
    show = add("show", _show, "查机构名录 look an authority up in the register in force", to)
    show.add_argument("code", metavar="CODE", help="统一社会信用代码 credit code")

    reissue = add("reissue", _reissue, "以继受机关名义换发 reissue what an authority that is gone had issued", to)
    reissue.add_argument("--from", dest="old", metavar="CODE", required=True, help="原颁发机构代码 its credit code")
    reissue.add_argument("--type", metavar="TYPE", help="证照类型 only licences of this type")
    reissue.add_argument("--ground", metavar="TEXT", required=True, help="事由 ground")
    reissue.add_argument("--decision", metavar="NUMBER", required=True, help="决定书文号 number of the decision")
    reissue.add_argument("--level", metavar="LEVEL", default="区县级", help="机构级别 level of the successor")
    reissue.add_argument("--seal", choices=FAMILIES, default="sm2", help="印章算法 seal (default sm2)")
    reissue.add_argument("--out", metavar="DIR", help="输出目录 folder for the files (default: <home>/issued)")
    add_actor(reissue)


def _check(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer

    register = _read(Path(arguments.file), datetime.now(UTC))
    found = _doubts(register)
    shape = {"number": register.number, "authorities": len(register.authorities), "doubts": found}
    count = len(register.authorities)
    lines = [f"机构名录第 {register.number} 版，{count} 个机构。  {count} authorities."]
    return Answer(shape=shape, text="\n".join([*lines, *(f"  {one}" for one in found)]))


def _sign(arguments: argparse.Namespace) -> "Answer":
    from esign import authorities_to_bytes, sign_detached
    from verify import REGISTER_FILE, REGISTER_SIGNATURE_FILE

    from .answer import Answer
    from .output import StagedFiles

    now = datetime.now(UTC).replace(microsecond=0)
    register = _read(Path(arguments.file), now)
    services = services_of(arguments)
    signer = services.seals.of(arguments.family).seal.signer
    data = authorities_to_bytes(register)
    files = {
        REGISTER_FILE: data,
        REGISTER_SIGNATURE_FILE: sign_detached(data, signer, signing_time=now),
        "registrar.cer": signer.certificate.der,
    }
    with StagedFiles(Path(arguments.out), mode=0o644) as staged:
        staged.stage(files)
        staged.put()
    text = (
        f"已签署第 {register.number} 版  signed: {arguments.out}\n"
        "各核验机构将 authorities.json 和 .p7s 放入信任目录，registrar.cer 放入其 registrars 目录。\n"
        "Verifiers put both files into their folder of trust, and registrar.cer into its folder registrars."
    )
    return Answer(shape={"number": register.number, "files": sorted(files)}, text=text)


def _show(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .columns import printable

    register = services_of(arguments).trust.register
    found = None if register is None else register.get(arguments.code)
    if register is None or found is None:
        raise InputNotFoundError("机构名录中没有这一机构。", "the register has no such authority")
    names = [{"name": one.name, "since": _day(one.days.since), "until": _day(one.days.until)} for one in found.names]
    successors = [
        {"code": one.code, "types": list(one.types), "since": _day(one.days.since)} for one in found.successors
    ]
    shape = {
        "code": found.code,
        "names": names,
        "level": found.level,
        "region": found.region,
        "superior": found.superior or None,
        "since": _day(found.days.since),
        "until": _day(found.days.until),
        "delegates": [{"code": one.code, "types": list(one.types)} for one in found.delegates],
        "successors": successors,
        "register": register.number,
    }
    lines = [f"{one['name']}  {one['since'] or '…'} – {one['until'] or '…'}" for one in names]
    lines += [f"继受机关  successor: {one['code']} {one['since'] or ''}" for one in successors]
    return Answer(shape=shape, text="\n".join(printable(line) for line in [found.code, *lines]))


def _reissue(arguments: argparse.Namespace) -> "Answer":
    """One transaction for each licence: broken off at any moment, the same command goes on."""
    from licences import Act, Action, IssuingAuthority

    from .answer import Answer
    from .issuing_into import issue_staged

    services = services_of(arguments)
    subject = services.seals.of(arguments.seal).seal.signer.certificate.subject
    authority = IssuingAuthority(
        name=subject.organization or "", code=subject.organization_identifier or "", level=arguments.level
    )
    if authority.code == arguments.old:
        raise UsageError("本机构自己的证照不必换发。", "--from names the office of this home itself")
    wanted = None if arguments.type is None else services.catalogue.get(arguments.type).code
    issuer = services.issuer_for(arguments.seal)
    directory = Path(arguments.out) if arguments.out else services.home.issued
    registrar, now = services.registrar, datetime.now(UTC)
    act = Act(
        action=Action.EXCHANGE,
        ground=arguments.ground,
        decision=arguments.decision,
        actor=replace(actor_of(arguments, services.home), office_code=authority.code),
        effective_at=now,
        recorded_at=now,
    )
    made, last = [], ""
    while page := services.store.in_force_of(arguments.old, after=last, limit=_PAGE):
        last = page[-1].identifier
        for record in page:
            if wanted is not None and record.type_code != wanted:
                continue
            issued = issue_staged(
                services,
                directory,
                lambda stage, old=record.identifier: registrar.reissue(  # type: ignore[misc]
                    old, act, issuer=issuer, authority=authority, algorithm=arguments.seal, before_keeping=stage
                ),
            )
            made.append({"previous": record.identifier, "identifier": issued.record.identifier})
    text = f"已换发 {len(made)} 件证照。  {len(made)} licences were reissued."
    return Answer(shape={"reissued": made}, text=text)


def _read(path: Path, issued_at: datetime) -> "AuthorityRegister":
    from esign import MAX_REGISTER_BYTES, authorities_from_document

    from .inputs import read_file

    data = read_file(path, MAX_REGISTER_BYTES)
    if len(data) > MAX_REGISTER_BYTES:
        raise MalformedInputError("机构名录过大。", f"more than {MAX_REGISTER_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInputError("不是 UTF-8 编码的机构名录。", "no register: not UTF-8") from error
    try:
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        return authorities_from_document(document, issued_at=issued_at)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # A missing member comes as a KeyError, whose text is its bare name.
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise MalformedInputError(
            f"不是机构名录，或名录有误（格式见 docs/how-to/authorities.md）：{said}",
            f"no register, or a wrong one: {said}",
        ) from error


def _doubts(register: "AuthorityRegister") -> list[str]:
    """Say what is probably a slip: codes that fail their check, names that nobody has, references that lead nowhere."""
    from licences import LicencesError, check_organisation_code

    doubts = []
    for authority in register.authorities:
        try:
            check_organisation_code(authority.code)
        except LicencesError as error:
            doubts.append(f"{authority.code}: {error}")
        if not authority.names:
            doubts.append(f"{authority.code}: 没有名称  it has no name")
        named = [authority.superior, *(one.code for one in (*authority.delegates, *authority.successors))]
        doubts += [
            f"{authority.code}: 名录中没有 {code}  the register has no {code}"
            for code in named
            if code and register.get(code) is None
        ]
        if authority.days.until is not None and not authority.successors:
            doubts.append(f"{authority.code}: 已终止而无继受机关  it has ended and nobody follows it")
    return doubts


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
