"""`elicence status-list`: making the signed status lists, looking at them, fetching those of an authority."""

import argparse
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .parsing import AddCommand, Group, services_of

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from esign import ListedStatus, StatusList

    from .answer import Answer
    from .status_files import PublishedList


def add_status_list_parser(add: AddCommand, to: Group) -> None:
    """Add the commands below `elicence status-list`."""
    add("make", _make, "制作并发布状态列表 make and publish the lists if they are due", to)
    add("list", _list, "已发布的状态列表 the lists that were published", to)
    show = add("show", _show, "查看状态列表 what a list says, without judging its signature", to)
    show.add_argument("file", metavar="FILE", help="状态列表文件 status list")
    fetch = add("fetch", _fetch, "下载某机构的状态列表 fetch the lists of an authority into a folder", to)
    fetch.add_argument("url", metavar="URL", help="机构的公开地址 the authority's public address")
    fetch.add_argument("folder", metavar="DIR", help="保存目录 folder; for verify --status DIR")
    fetch.add_argument("--trust", metavar="DIR", help="信任根目录 folder of trusted certificates (default: the home's)")


def _make(arguments: argparse.Namespace) -> "Answer":
    import time

    from .answer import Answer
    from .status_publishing import LOCK_SECONDS

    publisher = services_of(arguments).status_publisher
    done = publisher.publish(datetime.now(UTC), wait=LOCK_SECONDS)
    if done.due_at - datetime.now(UTC) < timedelta(seconds=1):
        # A list was issued in this very second, and something has changed since.
        time.sleep(1)
        done = publisher.publish(datetime.now(UTC), wait=LOCK_SECONDS)
    lines = [
        *(f"已发布  published: {one.path}" for one in done.published),
        *(f"未变  unchanged: {one.path}" for one in done.unchanged),
    ]
    return Answer(
        shape={
            "published": [_shape(one) for one in done.published],
            "unchanged": [_shape(one) for one in done.unchanged],
            "due_at": done.due_at.isoformat(timespec="seconds"),
        },
        text="\n".join(lines) or "没有证照，无需列表。  There are no licences, so there is no list.",
    )


def _list(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .messages import moment_text

    files, now = services_of(arguments).status_files, datetime.now(UTC)
    shapes, lines = [], []
    for name in files.names():
        published = files.published(name)
        if not published:
            continue
        newest = published[-1]
        size = sum(one.path.stat().st_size for one in published)
        age = _seconds(now, newest.issued_at)
        shapes.append({**_shape(newest), "age_seconds": age, "kept": len(published), "bytes": size})
        lines.append(
            f"{name.issuer_code}/{name.number}    {moment_text(newest.issued_at)}    "
            f"{_age(now - newest.issued_at)}    {len(published)} 份 kept, {size} B"
        )
    return Answer(shape={"lists": shapes}, text="\n".join(lines) or "尚未发布状态列表。  No status list was published.")


def _show(arguments: argparse.Namespace) -> "Answer":
    from esign import MAX_STATUS_FILE_BYTES, EsignError, read_signed_status_list

    from .answer import Answer
    from .columns import printable
    from .errors import MalformedInputError
    from .inputs import read_argument
    from .messages import moment_text

    try:
        read = read_signed_status_list(read_argument(arguments.file, MAX_STATUS_FILE_BYTES))
    except EsignError as error:
        raise MalformedInputError(
            "这不是签名的状态列表（.status），或者文件已损坏。",
            "this is no signed status list (.status), or it is damaged",
        ) from error
    listed, now = read.listed, datetime.now(UTC)
    certificate = read.signed_data.signer_certificate
    counts = counts_of(listed)
    shape = {
        "issuer": listed.issuer_code,
        "list": listed.number,
        "issued_at": listed.issued_at.isoformat(),
        "next_update": listed.next_update.isoformat(),
        "ttl_seconds": int(listed.time_to_live.total_seconds()),
        "age_seconds": _seconds(now, listed.issued_at),
        "places": len(listed.places),
        "counts": {value.name.lower(): count for value, count in counts.items()},
        "extended": len(listed.extended),
        "disputed": len(listed.disputed),
        "obligations": sum(len(due) for due in listed.obligations.values()),
        "signer": certificate.subject.organization,
        "algorithm": read.signed_data.algorithm.name,
    }
    lines = [
        f"颁发机构  issuer: {listed.issuer_code}    列表  list: {listed.number}",
        f"签发  issued: {moment_text(listed.issued_at)} UTC+08:00    {_age(now - listed.issued_at)}",
        f"下次更新不晚于  next update by: {moment_text(listed.next_update)} UTC+08:00",
        f"签名者（未核验）  signed by (not judged here): {printable(certificate.subject.organization or '-')}",
        *(f"{_NAMES[value.name]}  {value.name.lower()}: {count}" for value, count in counts.items()),
        f"延期  extended: {len(listed.extended)}    有异议  disputed: {len(listed.disputed)}    "
        f"到期义务  obligations due: {shape['obligations']}",
        "是否可信请用 elicence verify 核验。  elicence verify says whether it may be believed.",
    ]
    return Answer(shape=shape, text="\n".join(lines))


def _fetch(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .opening import trust_of
    from .status_fetching import fetch_status_lists
    from .status_files import StatusFiles

    home = None if arguments.trust is not None else services_of(arguments).home
    trust = trust_of(home, arguments.trust)
    fetched = fetch_status_lists(arguments.url, StatusFiles(Path(arguments.folder)), trust, at=datetime.now(UTC))
    shapes = [{**_shape(one.published), "new": one.new} for one in fetched]
    lines = [f"{'已下载  fetched' if one.new else '已是最新  up to date'}: {one.published.path}" for one in fetched]
    return Answer(
        shape={"lists": shapes}, text="\n".join(lines) or "该机构没有发布状态列表。  It publishes no status list."
    )


_NAMES = {
    "VALID": "有效或未用",
    "ENDED": "已失效",
    "SUSPENDED": "暂扣",
    "SUPERSEDED": "已换发",
    "LOST": "挂失",
    "RENEWAL_PENDING": "延续办理中",
    "INACTIVE": "未激活",
    "PENDING": "待会签",
}


def counts_of(listed: "StatusList") -> "dict[ListedStatus, int]":
    """Count the places by what they say; unused ones look valid."""
    from esign import ListedStatus

    counted = Counter(listed.places)
    return {value: counted[value] for value in ListedStatus}


def _age(age: timedelta) -> str:
    from verify import age_text

    said = age_text(age)
    return f"{said.zh}  {said.en}"


def _shape(one: "PublishedList") -> dict[str, object]:
    return {
        "issuer": one.name.issuer_code,
        "list": one.name.number,
        "issued_at": one.issued_at.isoformat(),
        "path": str(one.path),
    }


def _seconds(now: datetime, since: datetime) -> int:
    return int((now - since).total_seconds())
