"""Issuing jointly (联合颁发): `elicence seal add` at the next authority, `elicence seal complete` at the first one."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import LICENCE_HELP, AddCommand, Group, services_of
from .settings import FAMILIES

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from licences import FileKind

    from .answer import Answer


def add_joint_parsers(add: AddCommand, to: Group) -> None:
    """Add `add` and `complete` below `elicence seal`."""
    joint = add("add", _add, "在他机构首签的证照上加盖本机构印章 seal a licence that another authority sealed", to)
    joint.add_argument(
        "file", metavar="FILE.pdf", help="证照PDF，其余文件（有OFD的连同OFD）在旁边 the PDF; the others beside"
    )
    joint.add_argument("--seal", choices=FAMILIES, default=FAMILIES[0], help="印章算法 seal (default sm2)")
    joint.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates")
    joint.add_argument("--out", metavar="DIR", required=True, help="输出目录 folder for the files")

    complete = add("complete", _complete, "收回盖齐印章的证照并签发 take back a licence that has all its seals", to)
    complete.add_argument("identifier", metavar="LICENCE", help=LICENCE_HELP)
    complete.add_argument(
        "--from", dest="folder", metavar="DIR", required=True, help="文件所在目录 where its files are"
    )


def _add(arguments: argparse.Namespace) -> "Answer":
    from esign import read_sealed_ofd
    from licences import add_joint_ofd_seal, add_joint_seal
    from verify import MAX_FILE_BYTES, REASONS, Outcome, RevocationFetcher, Verifier

    from .answer import Answer
    from .errors import MalformedInputError
    from .inputs import read_file
    from .opening import trust_of
    from .output import StagedFiles

    services, at = services_of(arguments), datetime.now(UTC)
    path = Path(arguments.file)
    # Either of the two sheets names the licence.
    stem = path.name.removesuffix(".ofd").removesuffix(".pdf")
    pdf, structured, p7s = _files(path.parent, stem)
    beside = path.with_name(f"{stem}.ofd")
    ofd = read_file(beside, MAX_FILE_BYTES) if beside.exists() else None
    trust = trust_of(services.home, arguments.trust)
    verifier = Verifier(trust, revocation=RevocationFetcher())
    reports = [verifier.verify_file(pdf, at=at), verifier.verify_file(structured, signature=p7s, at=at)]
    if ofd is not None:
        reports.append(verifier.verify_file(ofd, at=at))
    for report in reports:
        if report.reason.code != "SEALS_INCOMPLETE" or report.authenticity is not Outcome.PASSED:
            reason = report.reason
            if reason.code == "SEALS_INCOMPLETE":
                # It is told before what leaves it open whether the first seal is genuine; here only that is news.
                wrong = (check.code for check in report.checks if check.outcome is not Outcome.PASSED)
                reason = REASONS[next((code for code in wrong if code != reason.code), reason.code)]
            raise MalformedInputError(
                f"不能加盖：{reason.sentence.zh}（{reason.code}）",
                f"not sealed: {reason.sentence.en} ({reason.code})",
            )
    seal = services.seals.of(arguments.seal)
    sealed = add_joint_seal(pdf, p7s, seal, at=at)
    names = {f"{stem}.pdf": sealed.pdf, f"{stem}.json": structured, f"{stem}.json.p7s": sealed.p7s}
    if ofd is not None:
        if read_sealed_ofd(ofd).structured != structured:
            raise MalformedInputError("OFD 是另一份证照。", "the OFD is of another licence")
        names[f"{stem}.ofd"] = add_joint_ofd_seal(ofd, sealed.p7s, seal, at=at).data
    with StagedFiles(Path(arguments.out)) as staged:
        staged.stage(names)
        staged.put()
    places = [str(Path(arguments.out) / name) for name in names]
    lines = [f"已加盖  sealed: {place}" for place in places if place.endswith((".pdf", ".ofd"))]
    return Answer(
        shape={"level": sealed.level.value, "files": places},
        text="\n".join((*lines, f"签名级别  level: {sealed.level.value}")),
    )


def _complete(arguments: argparse.Namespace) -> "Answer":
    from esign import is_ofd_with_more_seals, read_sealed_pdf
    from licences import level_of
    from verify import MAX_FILE_BYTES, Outcome

    from .answer import Answer
    from .errors import MalformedInputError
    from .inputs import read_file
    from .licence_shapes import upgrade_shape
    from .output import replace_licence
    from .resolving import identifier_of
    from .self_check import SelfCheck

    services, at = services_of(arguments), datetime.now(UTC)
    record = services.store.get(identifier_of(arguments.identifier, services.store))
    waiting = services.store.file(record, "pdf")
    folder = Path(arguments.folder)
    pdf, structured, p7s = _files(folder, record.identifier)
    files: dict[FileKind, bytes] = {"pdf": pdf, "json": structured, "p7s": p7s}
    grown = pdf.startswith(waiting) and structured == services.store.file(record, "json")
    if "ofd" in record.files:
        files["ofd"] = read_file(folder / f"{record.identifier}.ofd", MAX_FILE_BYTES)
        grown = grown and is_ofd_with_more_seals(files["ofd"], services.store.file(record, "ofd"))
    if not grown:
        raise MalformedInputError(
            "不是由本库签出的那份证照续盖而成。", "these files do not grow out of the stored ones"
        )
    SelfCheck(verifier=services.verifier)(files, record.code, at)
    reports = [services.verifier.verify_file(files[kind], at=at) for kind in files if kind not in ("json", "p7s")]
    for report in (*reports, services.verifier.verify_file(structured, signature=p7s, at=at)):
        missing = next(check for check in report.checks if check.name == "seals")
        if missing.outcome is not Outcome.PASSED:
            raise MalformedInputError("印章尚未盖齐。", f"seals are missing: {missing.detail}")
    changed, places = replace_licence(services.store, record, files, services.home.issued, at=at)
    lines = [f"已签发  issued: {record.number}（{len(read_sealed_pdf(pdf).seals)} 枚印章 seals）"]
    lines += [f"{kind}: {places[kind]}" for kind in ("pdf", "ofd") if kind in places]
    return Answer(
        shape=upgrade_shape(changed, places, level_of(pdf, p7s)) | {"status": changed.status.value},
        text="\n".join(lines),
    )


def _files(folder: Path, stem: str) -> tuple[bytes, bytes, bytes]:
    """Read the PDF, the structured licence and its signature file."""
    from verify import MAX_FILE_BYTES

    from .inputs import read_file

    pdf, structured, p7s = (
        read_file(folder / f"{stem}.{suffix}", MAX_FILE_BYTES) for suffix in ("pdf", "json", "json.p7s")
    )
    return pdf, structured, p7s
