"""What a verdict rests on: whom the verifier trusts, how old its data are, and what its clock says.

A verifier that was started without its anchors, with the lists of last year or with a wrong clock still answers; what
it answered from is said with the verdict, so that nobody takes old data for today's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from esign import CHINA
from verify.reason import Outcome, Text
from verify.report import Basis, Check, Report, SignatureFacts
from verify.revocation import CLOCK_SKEW
from verify.sources import LicenceStatus
from verify.trust import TrustStore

OLD_ANCHORS: Final = timedelta(days=366)
"""Longer than this nobody has touched the anchors: a root may have been replaced since."""

# These may fail for no other reason than that nobody is trusted, not even the register of who stands in for whom.
_JUDGED_BY_TRUST: Final = frozenset(
    {"issuer", "usage", "certificate", "copy_maker", "report_maker", "archive_maker", "seal_usage", "seal_certificate"}
)


def basis_of(
    trust: TrustStore, signatures: Iterable[SignatureFacts], status: LicenceStatus, clock: datetime | None
) -> Basis:
    """Gather what one verdict rests on; `clock` is what the machine says, None when nobody asked it."""
    register = None if trust.register is None else trust.register.issued_at
    # What a store answers is as of the question; a list is as of a time that its issuer has signed.
    listed = status.as_of if status.source == "list" else None
    seen = [register, listed]
    revocations = []
    for one in signatures:
        seen += (one.proven_time, one.revocation.as_of)
        if one.revocation.as_of is not None:
            revocations.append(one.revocation.as_of)
        if one.trusted and one.valid and one.intact:
            seen.append(one.claimed_time)
    return Basis(
        anchors=len(trust.anchors),
        anchors_as_of=trust.as_of,
        register_as_of=register,
        revocation_as_of=min(revocations, default=None),
        newest_seen=max((time for time in seen if time is not None), default=None),
        clock=clock,
    )


def clock_is_doubtful(basis: Basis) -> bool:
    """Whether the machine's clock is before a time at which somebody trusted has already signed something."""
    if basis.clock is None or basis.newest_seen is None:
        return False
    return basis.clock < basis.newest_seen - CLOCK_SKEW


def with_doubts(checks: Sequence[Check], basis: Basis) -> tuple[Check, ...]:
    """Put what cannot be judged on this basis in the place of what would be said wrongly.

    Without anchors nobody's seal can be told from somebody else's. With a clock that is behind, what has ended looks in
    force, and what is in force as if it had not begun. Neither is a reason to call anything false or good.
    """
    doubted = tuple(checks)
    if not basis.anchors:
        doubted = tuple(
            replace(check, code="NO_TRUST_ANCHORS")
            if check.name in _JUDGED_BY_TRUST and check.outcome is not Outcome.PASSED
            else check
            for check in doubted
        )
    if not clock_is_doubtful(basis):
        return doubted
    kept = tuple(check for check in doubted if not _is_too_early(check))
    detail = f"the clock says {basis.clock}, but something trusted was signed at {basis.newest_seen}"
    return (*kept, Check(name="clock", code="CLOCK_DOUBTFUL", detail=detail))


def _is_too_early(check: Check) -> bool:
    """Whether something has not begun yet, by the clock."""
    if check.name.endswith("certificate_age"):
        return check.code in ("SEAL_TIME_OUTSIDE_CERTIFICATE", "CERTIFICATE_NOT_YET_VALID")
    return check.code == "STATUS_NOT_YET_IN_FORCE"


def basis_lines(report: Report) -> tuple[Text, ...]:
    """Say in words what a verdict rests on: anchors, register, revocation, status, clock."""
    basis, status = report.basis, report.status
    now = basis.clock or report.at
    lines = [_anchors_line(basis, now)]
    if basis.register_as_of is not None:
        made = _moment(basis.register_as_of)
        age = age_text(now - basis.register_as_of)
        lines.append(
            Text(
                zh=f"机构名录：{made} 签发（{age.zh}）。",
                en=f"Register of authorities: signed {made} ({age.en}).",
            )
        )
    if basis.revocation_as_of is not None:
        said, age = _moment(basis.revocation_as_of), age_text(now - basis.revocation_as_of)
        lines.append(
            Text(
                zh=f"证书吊销信息：截至 {said}（{age.zh}）。",
                en=f"Revocation of certificates: as of {said} ({age.en}).",
            )
        )
    if status.source != "none" and status.as_of is not None:
        asked = _moment(status.as_of)
        source = STATUS_SOURCES[status.source]
        age = age_text(now - status.as_of)
        lines.append(
            Text(
                zh=f"证照状态：{source.zh}，截至 {asked}（{age.zh}）。",
                en=f"Status of the licence: {source.en}, as of {asked} ({age.en}).",
            )
        )
    else:
        lines.append(Text(zh="证照状态：未知。", en="Status of the licence: not known."))
    lines.append(_clock_line(report))
    return tuple(lines)


STATUS_SOURCES: Final = {
    "store": Text(zh="颁发机构证照库", en="from the issuer's store"),
    "list": Text(zh="签名的状态列表", en="from a signed status list"),
    "remote": Text(zh="其他颁发机构的查验系统", en="from another authority's verifier"),
    "archive": Text(zh="档案包，封存时的状态", en="from an archive package, as it was then"),
    "none": Text(zh="未能查询", en="not asked"),
}
"""Who has said what became of a licence, in words."""


def _anchors_line(basis: Basis, now: datetime) -> Text:
    if not basis.anchors:
        return Text(zh="信任根：一个也没有，不能判断。", en="Trusted roots: none at all, so nothing can be judged.")
    if basis.anchors_as_of is None:
        return Text(zh=f"信任根：{basis.anchors} 个。", en=f"Trusted roots: {basis.anchors}.")
    changed, age = _moment(basis.anchors_as_of), now - basis.anchors_as_of
    said = age_text(age)
    old = age > OLD_ANCHORS
    return Text(
        zh=f"信任根：{basis.anchors} 个，{changed} 更新（{said.zh}）{'，请尽快更新' if old else ''}。",
        en=f"Trusted roots: {basis.anchors}, changed {changed} ({said.en}){'; renew them soon' if old else ''}.",
    )


def _clock_line(report: Report) -> Text:
    clock, asked = report.basis.clock, _moment(report.at)
    if clock is None:
        return Text(zh=f"查验时点：{asked}。", en=f"Checked as of {asked}.")
    doubt = clock_is_doubtful(report.basis)
    zh = f"本机时钟：{_moment(clock)}{'，可能不准' if doubt else ''}"
    en = f"Clock of this machine: {_moment(clock)}{', doubtful' if doubt else ''}"
    if abs(clock - report.at) > CLOCK_SKEW:
        return Text(zh=f"{zh}；按 {asked} 查验。", en=f"{en}; checked as of {asked}.")
    return Text(zh=f"{zh}。", en=f"{en}.")


def age_text(age: timedelta) -> Text:
    """Say how old something is, in the largest unit that fits; of the future it says that."""
    if age < -CLOCK_SKEW:
        return Text(zh="晚于本机时钟", en="later than this clock")
    minutes = max(0, int(age.total_seconds()) // 60)
    for size, zh, en in ((1440, "天", "days"), (60, "小时", "hours"), (1, "分钟", "minutes")):
        if minutes >= 2 * size:
            return Text(zh=f"{minutes // size} {zh}前", en=f"{minutes // size} {en} ago")
    return Text(zh="刚刚", en="just now")


def _moment(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
