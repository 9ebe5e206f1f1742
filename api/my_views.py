"""What the pages of a holder show: licences, who looked, mandates and cases, each as the templates need it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from licences import SEALED_FORMS, FileKind, Record, UnknownTypeError, document_kind, mask_code
from licences.access import Caller, Ground, Mandate, OwnLicence, UseMode
from licences.supervision import Case, NumberedEntry, TrailKind

from .desk_view import own_facts, state_of
from .messages import Message, day_text, moment_text, period_text
from .pages import Fact
from .using import structured_of
from .wiring import Services

MY_PATH = "/my"
_GROUNDS = {
    UseMode.AGENT: Message(zh="受托使用", en="you are entrusted with it"),
    "guardian": Message(zh="作为监护人使用", en="as guardian"),
    "representative": Message(zh="作为法定代表人或负责人使用", en="as representative"),
}
_LOOKS = {
    TrailKind.READ: Message(zh="查看、下载", en="read or downloaded"),
    TrailKind.LOOK_UP: Message(zh="按持证主体查询", en="looked up by holder"),
    TrailKind.VERIFY: Message(zh="核验", en="verified"),
    TrailKind.SHARE: Message(zh="跨部门共享", en="shared with a platform"),
    TrailKind.COPY: Message(zh="取加注件", en="took an annotated copy"),
    TrailKind.REQUIREMENTS: Message(zh="免提交核对", en="checked for an item"),
    TrailKind.AUTHORISATION: Message(zh="用证码", en="authorisation code"),
    TrailKind.SHOW: Message(zh="亮证", en="shown"),
}
_YOU = Message(zh="本人", en="yourself")
_ANYBODY = Message(zh="扫码核验的公众", en="somebody who scanned the code")


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceView:
    """A licence in a list."""

    identifier: str
    path: str
    type_name: Message
    number: str
    state: Message
    in_force: bool
    period: Message
    ground: Message | None
    """On what it may be used, when it is not the holder's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """One time that somebody looked."""

    at: str
    what: Message
    who: Message
    matter: str
    reason: str
    type_name: Message
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """One mandate."""

    id: str
    name: str
    code: str
    matter: str
    scope: str
    period: str
    holds: bool
    withdrawn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case."""

    number: str
    opened: str
    until: str
    statement: str
    reply: str
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One file of a licence that can be downloaded."""

    kind: FileKind
    name: Message


class Typed(dict[str, str]):
    """What somebody typed: empty where nothing was."""

    def __missing__(self, key: str) -> str:
        return ""


def file_views(services: Services, record: Record) -> list[FileView]:
    """Show the sealed files of a licence; of several documents each by its name."""
    names = {document.key: document.label for document in structured_of(services, record).documents}
    found = []
    for key in ("", *names):
        for form in SEALED_FORMS:
            if (kind := document_kind(form, key)) in record.files:
                zh = f"{names[key] if key else '电子证照'}（{form.upper()}）"
                name = Message(zh=zh, en="" if key else f"E-licence ({form.upper()})")
                found.append(FileView(kind=kind, name=name))
    return found


def licence_view(services: Services, one: OwnLicence) -> LicenceView:
    """Show a licence in a list."""
    record = one.filed.record
    return LicenceView(
        identifier=record.identifier,
        path=f"{MY_PATH}/licences/{quote(record.identifier, safe='')}",
        type_name=_type_name(services, record.type_slug, record.type_code),
        number=record.number,
        state=state_of(one.filed.state),
        in_force=one.filed.in_force,
        period=period_text(record.valid_from, record.valid_to),
        ground=_ground(one.grounds[0]),
    )


def _type_name(services: Services, slug: str, code: str) -> Message:
    try:
        licence_type = services.catalogue.get(code or slug)
    except UnknownTypeError:
        return Message(zh=slug, en="")
    return Message(zh=licence_type.name, en=licence_type.name_en)


def _ground(ground: Ground) -> Message | None:
    return _GROUNDS.get(ground.relation if ground.mode is UseMode.REPRESENTATIVE else ground.mode)


def licence_facts(services: Services, record: Record) -> Sequence[Fact]:
    """Show what stands on it, in full: it is the holder's own."""
    licence = structured_of(services, record)
    holders = "、".join(f"{holder.name}（{holder.code}）" for holder in licence.holders)
    return (
        Fact(label=Message(zh="持证主体", en="Holder"), zh=holders),
        Fact(label=Message(zh="颁发机构", en="Issued by"), zh=licence.issuer_name),
        Fact(label=Message(zh="颁发日期", en="Issued on"), zh=licence.issued_on.isoformat(), number=True),
        Fact(label=Message(zh="证照标识", en="Identifier"), zh=record.identifier, number=True),
        *own_facts(services, licence),
    )


def look_view(services: Services, numbered: NumberedEntry, caller: Caller) -> LookView:
    """Show who looked: the office, never its officer."""
    entry, purpose = numbered.entry, numbered.entry.purpose
    office = Message(zh=entry.office, en="") if entry.office else _ANYBODY
    return LookView(
        at=moment_text(entry.at),
        what=_LOOKS[entry.kind],
        who=_YOU if entry.client == caller.client else office,
        matter="" if purpose is None else f"{purpose.item_name}（{purpose.case_number}）",
        reason="" if purpose is None else purpose.reason,
        type_name=_type_name(services, entry.type_slug, "") if entry.type_slug else Message(zh="", en=""),
        done=entry.done,
    )


def mandate_view(services: Services, mandate: Mandate, at: datetime, *, agent: bool) -> MandateView:
    """Show a mandate, with its agent or with who gave it."""
    key = mandate.agent if agent else mandate.principal
    names = [_type_name(services, slug, "").zh for slug in sorted(mandate.types)]
    return MandateView(
        id=mandate.id,
        name=mandate.agent_name if agent else mandate.principal_name,
        code=mask_code(*key),
        matter=mandate.matter,
        scope="、".join([*names, *sorted(mandate.licences)]),
        period=f"{day_text(mandate.since)} — {day_text(mandate.until)}",
        holds=mandate.holds(at),
        withdrawn="" if mandate.withdrawn_at is None else moment_text(mandate.withdrawn_at),
    )


def case_view(case: Case) -> CaseView:
    """Show a case to who raised it."""
    return CaseView(
        number=case.number,
        opened=moment_text(case.opened_at),
        until=moment_text(case.deadline),
        statement=case.statement,
        reply=case.last_reply,
        closed=case.closed is not None,
    )
