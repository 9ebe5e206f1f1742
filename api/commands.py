"""What each command does: it reads, makes one call, and gives back an answer to print."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from esign import MAX_BODY_BYTES
from licences import (
    Act,
    Action,
    Catalogue,
    FileKind,
    Issued,
    MadeLicence,
    Record,
    Status,
    archive_problems,
)
from verify import (
    HolderEntry,
    IntendedUse,
    Outcome,
    Report,
    RevocationFetcher,
    SignedStatusLists,
    StatusFolder,
    TrustStore,
    Verifier,
    basis_lines,
    is_proven,
)

from .client_commands import key_text
from .client_keeping import ClientKeeping
from .columns import printable
from .content_shapes import licence_shape
from .errors import InputNotFoundError, MalformedInputError, SettingsError, UsageError
from .exit_codes import DONE, FAILED, INDETERMINATE
from .home import AUTHORITY_NAME, Home, ensure_home, open_home
from .inputs import parse_at, read_file, read_json_argument
from .issuing import IssueRequest, issue, read_request
from .licence_shapes import event_shape, issue_shape
from .messages import (
    DEVELOPMENT_NOTICE,
    PROOFS,
    RECEIPT_PLACES,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
    recorded_text,
    shortfall_text,
)
from .opening import read_trust
from .output import StagedFiles, file_name, handed_out
from .own_types import catalogue_of
from .presented import Presented
from .receipt_commands import ReceiptWish, write_receipt
from .report_shapes import report_shape
from .resolving import identifier_of
from .settings import DEFAULT_PUBLIC_URL, check_public_url
from .store_settings import StoreSetting
from .wiring import Services, clock

VERDICT_CODES: Mapping[Outcome, int] = {
    Outcome.PASSED: DONE,
    Outcome.FAILED: FAILED,
    Outcome.INDETERMINATE: INDETERMINATE,
}


_WITHOUT_HOME = Message(
    zh="未使用主目录：当前文件夹中没有 .elicence，也没有给出 --home 或 ELICENCE_HOME；证照库没有查询。",
    en="No home was used: there is no ./.elicence, and neither --home nor ELICENCE_HOME says where one is; no store of "
    "licences was asked.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say, for programs and for people."""

    shape: Mapping[str, object]
    text: str
    exit_code: int = DONE


def init(home_path: Path, *, public_url: str | None, store: StoreSetting | None = None) -> Answer:
    """Make a home; an existing one stays as it is, and another address or another store for it is refused."""
    try:
        wanted = None if public_url is None else check_public_url(public_url)
    except SettingsError as error:
        raise UsageError(error.message.zh, error.message.en) from error
    home, made = first_use(home_path, public_url=wanted, store=store)
    address = home.settings.public_url
    if store is not None and home.settings.store != store:
        raise UsageError(
            f"主目录已存在，证照库为 {home.database_name}；换库须先迁移数据，再编辑 elicence.toml。",
            f"the home exists with the store {home.database_name}: move its data first, then edit elicence.toml",
        )
    if wanted is not None and wanted != address:
        raise UsageError(
            f"主目录已存在，公开地址为 {address}；已印出的二维码不会改变，如确需更改请编辑 elicence.toml。",
            f"the home exists with the public URL {address}; to change it, edit elicence.toml (printed codes keep it)",
        )
    shape = {
        "home": str(home.path),
        "created": made,
        "public_url": address,
        "store": home.database_name,
        "development": home.settings.development,
        "authority": AUTHORITY_NAME,
        "seals": ["sm2", "rsa"],
        "types": [licence_type.slug for licence_type in catalogue_of(home)],
    }
    services = Services(home)
    first = ClientKeeping(services, None, random=os.urandom, at=datetime.now(UTC)).first()
    # A home that is copied at once is whole: SQLite leaves files beside a database that nobody closes.
    services.clients.close()
    services.trail.close()
    bootstrap = {} if first is None else {"bootstrap": first.shape()}
    word = "已建立主目录  home made" if made else "主目录已存在  home exists"
    lines = [f"{word}: {home.path}", f"公开地址  public URL: {address}", f"证照库  store: {home.database_name}"]
    lines += _development_lines(home)
    if first is not None:
        lines += ["", key_text(first)]
    return Answer(shape=shape | bootstrap, text="\n".join(lines))


def first_use(
    home_path: Path, *, public_url: str | None = None, store: StoreSetting | None = None
) -> tuple[Home, bool]:
    """Open the home, making it when there is none yet."""
    address = check_public_url(public_url or os.environ.get("ELICENCE_PUBLIC_URL") or DEFAULT_PUBLIC_URL)
    return ensure_home(home_path, public_url=address, at=datetime.now(UTC), random=os.urandom, store=store)


def issue_file(
    services: Services,
    *,
    data: str,
    type_name: str | None,
    seal: str | None,
    form: str | None,
    joint: Sequence[str] | None,
    body: str | None,
    transferred_from: str | None,
    out: str | None,
    key: str | None,
) -> Answer:
    """Issue the licence that a file of paper metadata describes and put its files into a folder."""
    supplied = None if body is None else read_file(Path(body), MAX_BODY_BYTES)
    request = read_request(
        read_json_argument(data),
        type_name=type_name,
        seal=seal,
        joint=joint,
        body=supplied,
        transferred_from=transferred_from or "",
        form=form,
    )
    directory = services.home.issued if out is None else Path(out)
    issued = issue_into(services, directory, request, key)
    record = issued.record
    places = places_in(directory, record, request.format or services.home.settings.format)
    word = "已签发过（同一请求）  already issued" if issued.replayed else "已签发  issued"
    name = services.catalogue.get(record.type_code).name
    lines = [
        f"{word}: {name} {record.number}",
        f"证照标识  identifier: {record.identifier}",
        *(f"{kind}: {place}" for kind, place in places.items()),
        f"短码  short code: {record.short_code}",
        f"核验  verify: {record.verify_url}",
        f"签名级别  level: {issued.level.value}",
    ]
    if record.status is Status.PENDING:
        lines.append("未生效：待联合颁发机构盖章  not in force until the other authorities have sealed")
    shape = issue_shape(issued, places)
    if issued.shortfall:
        missed = shortfall_text(issued.shortfall)
        lines.append(f"{missed.zh}  {missed.en}")
    return Answer(shape=shape, text="\n".join([*lines, *_development_lines(services.home)]))


def issue_into(services: Services, directory: Path, request: IssueRequest, key: str | None) -> Issued:
    """Issue a licence so that its files are durable in the folder before it counts, and named only after."""
    issuer = services.issuer_for(request.seal, request.joint)
    return issue_staged(
        services,
        directory,
        lambda stage: issue(request, issuer=issuer, key=key, at=datetime.now(UTC), before_keeping=stage),
        form=request.format,
    )


def issue_staged(
    services: Services,
    directory: Path,
    make: Callable[[Callable[[MadeLicence], None]], Issued],
    *,
    form: str | None = None,
) -> Issued:
    """Let `make` issue a licence, handing it what stages the files: durable before it counts, named only after.

    `form` is one of `FORMATS`; without it the files are those that the settings say.
    """
    form = form or services.home.settings.format
    with StagedFiles(directory) as staged:

        def stage(record: Record, content_of: Callable[[FileKind], bytes]) -> None:
            kinds = _handed_out(record, form)
            staged.stage({file_name(record.identifier, kind): content_of(kind) for kind in kinds})

        issued = make(lambda made: stage(made.record, made.files.__getitem__))
        if issued.replayed:
            stage(issued.record, lambda kind: services.store.file(issued.record, kind))
        staged.put()
    return issued


def places_in(directory: Path, record: Record, form: str) -> dict[FileKind, str]:
    """Say where the files of a licence lie that were handed out in one of `FORMATS`."""
    return {kind: str(directory / file_name(record.identifier, kind)) for kind in _handed_out(record, form)}


def _handed_out(record: Record, form: str) -> list[FileKind]:
    # The authorities that have yet to seal it put their seal on all of its files.
    return handed_out(record.files, "both" if record.status is Status.PENDING else form)


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
    services = None if home is None else Services(home)
    store = None if services is None else services.store
    anchors = trust_of(services, trust)
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
    catalogue = catalogue_of(home)
    shape, text = report_shape(report, catalogue, full=full), report_text(report, catalogue, full=full)
    if home is None and not offline:
        text += f"\n{_WITHOUT_HOME.zh}  {_WITHOUT_HOME.en}"
    if wish is not None:
        made = write_receipt(services, presented, report, wish, at=datetime.now(UTC))
        shape |= {"receipt": made}
        text += "\n" + "\n".join(
            printable(f"{RECEIPT_PLACES[name].zh}  {RECEIPT_PLACES[name].en}: {place}") for name, place in made.items()
        )
    return Answer(shape=shape, text=text, exit_code=VERDICT_CODES[report.verdict])


def trust_of(services: Services | None, directory: str | None) -> TrustStore:
    """Give the anchors of `--trust`, else those of the home, else none."""
    if directory is not None:
        if not os.path.isdir(directory):
            raise InputNotFoundError(f"没有信任根目录：{directory}", f"no folder of trusted certificates: {directory}")
        return read_trust(Path(directory))
    return TrustStore(()) if services is None else services.trust


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


def revoke(home_path: Path, *, identifier: str, ground: str, decision: str) -> Answer:
    """Revoke a licence, with effect from now."""
    services = Services(open_home(home_path))
    identifier = identifier_of(identifier, services.store)
    at = datetime.now(UTC)
    name = services.catalogue.get(services.store.get(identifier).type_code).name
    act = Act(action=Action.REVOKE, ground=ground, decision=decision, effective_at=at, recorded_at=at)
    record = services.store.apply(identifier, act)
    event = services.store.events(identifier)[-1]
    text = f"已吊销  revoked: {name} {record.number}\n证照标识  identifier: {record.identifier}"
    return Answer(shape=event_shape(record, event), text=text)


def _development_lines(home: Home) -> tuple[str, ...]:
    if not home.settings.development:
        return ()
    return (f"{DEVELOPMENT_NOTICE.zh}  {DEVELOPMENT_NOTICE.en}",)
