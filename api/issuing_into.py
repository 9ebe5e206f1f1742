"""Licences that are issued into a folder: their files lie there durably before a licence counts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from esign import MAX_BODY_BYTES
from licences import FileKind, Issued, MadeLicence, Record, Status

from .answer import Answer
from .inputs import read_file, read_json_argument
from .issuing import IssueRequest, issue, read_request
from .licence_shapes import issue_shape
from .messages import development_lines, shortfall_text
from .output import StagedFiles, file_name, handed_out
from .wiring import Services


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
    return Answer(shape=shape, text="\n".join([*lines, *development_lines(services.home.settings.development)]))


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
