"""What `elicence verify` does with what it is given, and how a report reads."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from licences import Catalogue, archive_problems
from verify import (
    HolderEntry,
    IntendedUse,
    Outcome,
    Report,
    RevocationFetcher,
    SignedStatusLists,
    StatusFolder,
    Verifier,
    basis_lines,
    is_proven,
)

from .answer import Answer
from .clock import clock
from .columns import printable
from .content_shapes import licence_shape
from .errors import InputNotFoundError, MalformedInputError, UsageError
from .exit_codes import DONE, FAILED, INDETERMINATE
from .home import Home
from .inputs import parse_at, read_json_argument
from .messages import (
    PROOFS,
    RECEIPT_PLACES,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
    recorded_text,
)
from .opening import trust_of
from .own_types import catalogue_of
from .presented import Presented
from .receipt_commands import ReceiptWish, write_receipt
from .report_shapes import report_shape
from .verifying_services import VerifyingServices

VERDICT_CODES: Mapping[Outcome, int] = {
    Outcome.PASSED: DONE,
    Outcome.FAILED: FAILED,
    Outcome.INDETERMINATE: INDETERMINATE,
}


_WITHOUT_HOME = Message(
    zh="未使用主目录，证照库没有查询。主目录在别处的，请用 --home 或 ELICENCE_HOME 指明。",
    en="No home was used, so no store of licences was asked. If there is one elsewhere, name it with --home or "
    "ELICENCE_HOME.",
)


def verify(
    home: Home | None,
    *,
    argument: str,
    at: str | None,
    trust: str | None,
    holder: str | None,
    use: tuple[str, str] = ("", ""),
    original: str | None = None,
    wish: ReceiptWish | None = None,
    digest: Presented | None = None,
    offline: bool = False,
    status: Sequence[str] = (),
    full: bool,
) -> Answer:
    """Judge a file, a code, or what comes on standard input. Without a home or anchors the answer is honest.

    `use` is a case number and an item code, to which a copy is compared; an empty one is not. `original` is the file
    that a signed report is said to be about; `wish` is the receipt that is wanted of this verification, `digest` is
    judged in place of `argument`. `offline` asks no network; `status` names files and folders of signed status lists.
    """
    moment = datetime.now(UTC) if at is None else parse_at(at)
    if argument == "-" and holder == "-":
        raise UsageError("标准输入只能用一次。", "standard input can be read only once")
    entry = None if holder is None else _holder_entry(holder)
    services = None if home is None else VerifyingServices(home)
    store = None if services is None else services.store
    anchors = trust_of(home, trust)
    verifier = Verifier(
        anchors,
        store,
        brought=(SignedStatusLists(status_files(status), anchors),) if status else (),
        elsewhere=() if services is None else services.elsewhere,
        existence=store,
        revocation=None if offline else RevocationFetcher(),
        history=archive_problems,
        clock=clock,
    )
    case_number, item_code = use
    intended = IntendedUse(case_number=case_number, item_code=item_code) if any(use) else None
    presented = digest or Presented.of(argument, services).beside(original)
    report = presented.judged(verifier, entry, intended, moment)
    catalogue = catalogue_of(home, only=() if report.licence is None else (report.licence.type_code,))
    shape, text = report_shape(report, catalogue, full=full), report_text(report, catalogue, full=full)
    if home is None and not offline:
        text += f"\n{_WITHOUT_HOME.zh}  {_WITHOUT_HOME.en}"
    if wish is not None:
        from .wiring import Services  # here: a receipt is sealed, and to verify needs less

        made = write_receipt(None if home is None else Services(home), presented, report, wish, at=datetime.now(UTC))
        shape |= {"receipt": made}
        text += "\n" + "\n".join(
            printable(f"{RECEIPT_PLACES[name].zh}  {RECEIPT_PLACES[name].en}: {place}") for name, place in made.items()
        )
    return Answer(shape=shape, text=text, exit_code=VERDICT_CODES[report.verdict])


def status_files(names: Sequence[str]) -> StatusFolder:
    """Give the signed status lists of `--status`."""
    for name in names:
        if not os.path.exists(name):
            raise InputNotFoundError(f"没有状态列表：{name}", f"no status list: {name}")
    return StatusFolder([Path(name) for name in names])


def _holder_entry(name: str) -> HolderEntry:
    document = read_json_argument(name)
    if isinstance(document, dict) and document.keys() == {"name", "code"}:
        holder_name, code = document["name"], document["code"]
        if isinstance(holder_name, str) and isinstance(code, str):
            return HolderEntry(name=holder_name, code=code)
    raise MalformedInputError('持证主体应为 {"name": …, "code": …}。', 'the holder is {"name": …, "code": …}')


def report_text(report: Report, catalogue: Catalogue, *, full: bool) -> str:
    """Write a report for people: what is so, what to do, what the licence says, each check."""
    word = VERDICTS[report.verdict.value]
    lines = [
        f"【{word.zh} {word.en}】{report.sentence.zh}  {report.sentence.en}",
        f"→ {report.action.zh}  {report.action.en}",
    ]
    if (report.licence is not None or report.code is not None) and not is_proven(report):
        lines += ["", "文件自称（未经证实）：  What the file claims (unproven):"]
    if report.licence is not None:
        shown = licence_shape(report.licence, catalogue, full=full)
        period = period_text(report.licence.valid_from, report.licence.valid_to)
        lines += [
            "",
            f"证照  licence: {report.licence.type_name} {report.licence.number}",
            f"证照标识  identifier: {report.licence.identifier}",
            f"持证主体  holder: {shown.get('certificateHolderName', '')} {shown.get('certificateHolderCode', '')}",
            *(() if report.document is None else (f"出示文件  document: {report.document.label}",)),
            f"颁发机构  issuer: {report.licence.issuer_name}",
            f"有效期  valid: {period.zh}",
        ]
    elif report.code is not None:
        period = period_text(report.code.valid_from, report.code.valid_to)
        lines += ["", f"证照标识  identifier: {report.code.identifier}", f"有效期  valid: {period.zh}"]
    for signature in report.signatures if report.licence is None else ():
        proof = PROOFS[signature.proof]
        signed_at = "–" if signature.claimed_time is None else moment_text(signature.claimed_time)
        proven_at = "" if signature.proven_time is None else f" {moment_text(signature.proven_time)}"
        lines += [
            "",
            f"签名人  signer: {signature.signer_name or '–'} {signature.signer_organization or ''}".rstrip(),
            f"证书  certificate: {signature.certificate_serial} ({signature.certificate_issuer or '–'})",
            f"签名时间  signed at: {signed_at}；证明  proof: {proof.zh} {proof.en}{proven_at}",
        ]
    if report.archive is not None:
        manifest = report.archive.manifest
        lines += ["", f"封存  made: {moment_text(manifest.created_at)}  {manifest.maker_name}"]
        for one in report.archive.licences:
            word = recorded_text(one.status.value)
            genuine = VERDICTS[one.genuine.value]
            lines.append(f"{one.identifier}: {genuine.zh} {genuine.en}；封存时  then: {word.zh} {word.en}")
    lines.append("")
    for check in report.checks:
        name = check_name(check.name)
        outcome = VERDICTS[check.outcome.value].zh
        code = "" if check.code == "OK" else f" {check.code}"
        detail = f" ({check.detail})" if check.detail else ""
        lines.append(f"[{outcome}] {name.zh}  {name.en}{code}{detail}")
    lines += ["", *(f"{line.zh}  {line.en}" for line in basis_lines(report))]
    lines.append(f"核验时间  at: {moment_text(report.at)} UTC+08:00")
    return "\n".join(printable(line) for line in lines)
