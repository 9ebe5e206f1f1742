"""What the clerk desk shows of a check: the verdict and what to do, then everything that the verdict rests on."""

import base64
import binascii
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from esign import EsignError, Rows, StructuredField, StructuredLicence, photo_file, read_photo
from licences import Record, UnknownTypeError, mask_number
from verify import STATUS_SOURCES, Outcome, Report, SignatureFacts, Text, basis_lines

from .desk_checks import HeldCheck
from .desk_preview import preview_pages
from .messages import (
    ALGORITHMS,
    KINDS,
    PROOFS,
    STATUSES,
    VERDICTS,
    Message,
    check_name,
    moment_text,
    period_text,
    recorded_text,
)
from .pages import CheckView, Fact, public_facts
from .wiring import Services

MAX_SHOWN_ROWS = 50
MAX_SHOWN_CHARACTERS = 600
"""Of one value: a file may hold megabytes of text, a page of them helps nobody."""

_PICTURES = {"/9j/": "image/jpeg", "iVBORw0KGgo": "image/png"}
"""How the base64 of the pictures begins that a licence may hold."""
_HOLDER_OPEN = frozenset({"HOLDER_NOT_CHECKED", "HOLDER_MISMATCH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table that is part of a licence."""

    label: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One act on the licence, by its issuer."""

    day: str
    name: Message
    decision: str
    office: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """What the page shows of one check."""

    name: str
    """Of the held check."""
    verdict: str
    word: Message
    sentence: Message
    action: Message
    in_earnest: Message | None
    """The action as it would be for the same thing without development keys; None where it is that."""
    reason: str
    indication: str
    development: bool
    at: str
    day: str
    kind: Message
    trusted: bool
    """Whether the licence's own words are its issuer's; what an unproven file says of itself is shown as that."""
    type_name: str
    number: str
    """Masked, for the list of this session."""
    facts: Sequence[Fact]
    own: Sequence[Fact]
    """The fields of the licence's type."""
    tables: Sequence[TableView]
    photos: Sequence[str]
    """Addresses (`data:`) of the pictures of the holder."""
    obligations: Sequence[Fact]
    history: Sequence[HistoryLine]
    signatures: Sequence[Sequence[Fact]]
    checks: Sequence[CheckView]
    basis: Sequence[Message]
    asks_holder: bool
    """Without name and number the verdict is open."""
    takes_holder: bool
    holder: str
    """Outcome of the comparison; empty when there was none."""
    can_refuse: bool
    preview: int
    """Pages of an OFD that can be looked at; 0 of anything else."""


def desk_view(services: Services, name: str, held: HeldCheck) -> DeskView:
    """Put together what is shown; the parts of a file that nobody trusted has signed are shown all the same."""
    report = held.report
    record = _record(services, report)
    licence = report.licence
    fields = () if licence is None else licence.fields
    pictures = [_photo(field) for field in fields]
    earnest = replace(report, development=False).action
    compared = next((check for check in report.checks if check.name == "holder"), None)
    return DeskView(
        name=name,
        verdict=report.verdict.value,
        word=VERDICTS[report.verdict.value],
        sentence=_message(report.sentence),
        action=_message(report.action),
        in_earnest=None if earnest == report.action else _message(earnest),
        reason=report.reason.code,
        indication=" / ".join(filter(None, (report.reason.indication, report.reason.sub_indication))),
        development=report.development,
        at=moment_text(report.at),
        day=held.day,
        kind=KINDS.get(report.kind, Message(zh=report.kind, en=report.kind)),
        trusted=report.authenticity is Outcome.PASSED or report.reason.code in _HOLDER_OPEN,
        type_name=_type_name(services, report, record),
        number=_masked_number(report, record),
        facts=_facts(services, report, record),
        own=[] if licence is None else own_facts(services, licence),
        tables=[_table(field.label, field.value) for field in fields if isinstance(field.value, Rows)],
        photos=[picture for picture in pictures if picture],
        obligations=list(_obligations(services, report, record)),
        history=[] if record is None else list(_history(services, record)),
        signatures=[_signature(one) for one in report.signatures],
        checks=[
            CheckView(
                name=check_name(check.name),
                outcome=check.outcome.value,
                word=VERDICTS[check.outcome.value],
                code=check.code,
                detail=shown(check.detail),
            )
            for check in report.checks
        ],
        basis=[_message(line) for line in basis_lines(report)],
        asks_holder=report.reason.code in _HOLDER_OPEN,
        takes_holder=compared is not None or (licence is not None and report.authenticity is not Outcome.FAILED),
        holder="" if compared is None or compared.code == "HOLDER_NOT_CHECKED" else compared.outcome.value,
        can_refuse=bool(report) and report.recorded is None and (licence is not None or report.code is not None),
        preview=preview_pages(held),
    )


def own_facts(services: Services, licence: StructuredLicence) -> Sequence[Fact]:
    """Show the fields of the licence's type, with the units that its faces print behind them; no pictures or tables."""
    english = _english_labels(services, licence)
    faces = [document.face for document in licence.documents if document.face is not None]
    units = {printed.key: printed.unit for face in faces for printed in face.fields}
    return [
        Fact(label=_label(field, english), zh=shown(f"{field.value} {units.get(field.key, '')}".rstrip()))
        for field in licence.fields
        if isinstance(field.value, str) and not _photo(field)
    ]


def shown(text: str) -> str:
    """Return a text as it may stand on a page: nothing invisible, nothing that turns the direction, not endless."""
    cut = text[: MAX_SHOWN_CHARACTERS + 1]
    plain = "".join(" " if c in "\t\r\n" else "\ufffd" if _is_invisible(c) else c for c in cut)
    return plain if len(plain) <= MAX_SHOWN_CHARACTERS else f"{plain[:MAX_SHOWN_CHARACTERS]}…"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _message(text: Text) -> Message:
    return Message(zh=shown(text.zh), en=shown(text.en))


def _said(text: str) -> Message:
    return Message(zh=shown(text), en="")


def _english_labels(services: Services, licence: StructuredLicence) -> Mapping[tuple[str, str], str]:
    """Give what the catalogue calls the fields of a licence in English, by key and Chinese label."""
    try:
        versions = services.catalogue.versions(licence.type_code)
    except UnknownTypeError:
        return {}
    return {(field.key, field.label): field.label_en for version in versions for field in version.fields}


def _label(field: StructuredField, english: Mapping[tuple[str, str], str]) -> Message:
    # A label that is not the catalogue's is the file's own word: no English of ours stands for it.
    return Message(zh=shown(field.label), en=english.get((field.key, field.label), ""))


def _record(services: Services, report: Report) -> Record | None:
    """Return our record of what was proven to be ours."""
    subject = report.code or report.licence
    if subject is None or report.status.source != "store":
        return None
    return services.store.get(subject.identifier)


def _type_name(services: Services, report: Report, record: Record | None) -> str:
    if report.licence is not None:
        return shown(report.licence.type_name)
    return "" if record is None else services.catalogue.get(record.type_code).name


def _masked_number(report: Report, record: Record | None) -> str:
    if report.licence is not None:
        kind = report.licence.holders[0].kind if report.licence.holders else ""
        return shown(mask_number(report.licence.number, kind))
    return "" if record is None else mask_number(record.number, record.holder_kind)


def _facts(services: Services, report: Report, record: Record | None) -> list[Fact]:
    status, source = recorded_text(report.status.value), STATUS_SOURCES[report.status.source]
    state = Fact(
        label=Message(zh="当前状态", en="State"), zh=f"{status.zh}（{source.zh}）", en=f"{status.en}, {source.en}"
    )
    if report.licence is not None:
        return [*_file_facts(report, report.licence), state]
    if record is not None:
        # The code alone says little; what the store adds stays masked, for the holder has not handed over the file.
        return [*public_facts(services, record), state]
    return []


def _file_facts(report: Report, licence: StructuredLicence) -> Iterator[Fact]:
    yield Fact(label=Message(zh="证照类型", en="Type"), zh=shown(licence.type_name))
    yield Fact(label=Message(zh="证照编号", en="Number"), zh=shown(licence.number), number=True)
    for holder in licence.holders:
        label = Message(zh="持证主体", en="Holder")
        yield Fact(label=label, zh=f"{shown(holder.name)}　{shown(holder.kind_name)} {shown(holder.code)}")
    yield Fact(
        label=Message(zh="颁发机构", en="Issued by"), zh=f"{shown(licence.issuer_name)}（{shown(licence.issuer_code)}）"
    )
    for one in licence.joint_issuers:
        label = Message(zh="联合颁发机构", en="Issued together with")
        yield Fact(label=label, zh=f"{shown(one.name)}（{shown(one.code)}）")
    yield Fact(label=Message(zh="颁发日期", en="Issued on"), zh=licence.issued_on.isoformat(), number=True)
    period = period_text(licence.valid_from, licence.valid_to)
    yield Fact(label=Message(zh="有效期", en="Valid"), zh=period.zh, aside=period.en, number=True)
    if report.status.extended_to is not None:
        yield Fact(
            label=Message(zh="已延长至", en="Extended to"), zh=report.status.extended_to.isoformat(), number=True
        )
    if report.document is not None:
        yield Fact(label=Message(zh="出示文件", en="Part presented"), zh=shown(report.document.label))
    yield Fact(label=Message(zh="证照标识", en="Identifier"), zh=shown(licence.identifier), number=True)


def _photo(field: StructuredField) -> str:
    """Return the address of the picture in a field; empty when it holds none. It is written anew, never passed on."""
    if not isinstance(field.value, str):
        return ""
    media_type = next((kind for start, kind in _PICTURES.items() if field.value.startswith(start)), "")
    if not media_type:
        return ""
    try:
        content = photo_file(read_photo(base64.b64decode(field.value, validate=True)))
    except (EsignError, binascii.Error):
        return ""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _table(label: str, value: Rows) -> TableView:
    return TableView(
        label=shown(label),
        columns=[shown(column) for column in value.columns],
        rows=[[shown(cell) for cell in row] for row in value.rows[:MAX_SHOWN_ROWS]],
        left_out=max(0, len(value.rows) - MAX_SHOWN_ROWS),
    )


def _obligations(services: Services, report: Report, record: Record | None) -> Iterator[Fact]:
    """Say what has to be done again and when: as the store knows it, else as it was sealed."""
    answer = None if record is None else services.store.status(record.identifier, report.at)
    known = answer.obligations if answer is not None else report.licence.obligations if report.licence else ()
    day = moment_text(report.at)[:10]
    for one in known:
        late = day > one.due.isoformat()
        yield Fact(
            label=_said(one.label),
            zh=f"至 {one.due.isoformat()}{'（已逾期）' if late else ''}",
            en=f"until {one.due.isoformat()}{' (overdue)' if late else ''}",
            number=True,
        )


def _history(services: Services, record: Record) -> Iterator[HistoryLine]:
    for version in services.store.versions(record.identifier):
        for event in services.store.events(version.identifier):
            yield HistoryLine(
                day=moment_text(event.act.effective_at)[:10],
                name=Message(zh=event.act.action.zh, en=event.act.action.value),
                decision=shown(event.act.decision),
                office=shown(event.act.actor.office),
                version=version.version,
            )


def _signature(one: SignatureFacts) -> list[Fact]:
    if not (one.intact and one.valid):
        zh, en = "签名不成立", "the signature is wrong"
    elif not one.trusted:
        zh, en = "签名成立，证书不在信任名单中", "the signature is right, its certificate is not trusted"
    else:
        zh, en = "签名成立，证书可信", "the signature is right, its certificate is trusted"
    facts = [
        Fact(label=Message(zh="签名者", en="Signer"), zh=shown(one.signer_organization or one.signer_name or "")),
        Fact(label=Message(zh="结论", en="Finding"), zh=zh, en=en),
        Fact(label=Message(zh="算法", en="Algorithm"), zh=ALGORITHMS.get(one.algorithm, shown(one.algorithm))),
    ]
    time = _time(one.proven_time or one.claimed_time)
    if time:
        proof = PROOFS.get(one.proof, Message(zh=one.proof, en=one.proof))
        facts.append(
            Fact(
                label=Message(zh="时间", en="Time"),
                zh=f"{time}（证明：{proof.zh}）",
                en=f"{time} (proof: {proof.en})",
                aside=proof.en,
            )
        )
    return facts


def _time(at: datetime | None) -> str:
    return "" if at is None else moment_text(at)


def state_of(word: str) -> Message:
    """Give the words for the state of a licence in a list."""
    return STATUSES.get(word, Message(zh=word, en=""))
