"""What `elicence init`, `issue` and `revoke` do, and how what is issued comes into a folder."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from esign import MAX_BODY_BYTES
from licences import Act, Action, FileKind, Issued, MadeLicence, Record, Status

from .answer import Answer
from .client_commands import key_text
from .client_keeping import ClientKeeping
from .errors import SettingsError, UsageError
from .home import AUTHORITY_NAME, Home, ensure_home, open_home
from .inputs import read_file, read_json_argument
from .issuing import IssueRequest, issue, read_request
from .licence_shapes import event_shape, issue_shape
from .messages import DEVELOPMENT_NOTICE, shortfall_text
from .output import StagedFiles, file_name, handed_out
from .own_types import catalogue_of
from .resolving import identifier_of
from .settings import DEFAULT_PUBLIC_URL, check_public_url
from .store_settings import StoreSetting
from .wiring import Services


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
