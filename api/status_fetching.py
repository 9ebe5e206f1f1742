"""Fetching the status lists of an authority: what is not signed by it, or is older than what is here, is not kept."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from esign import MAX_STATUS_FILE_BYTES, read_signed_status_list
from keys import Endpoint, exchange
from licences import StatusListName
from verify import TrustStore, Verifier, is_private

from .errors import MalformedInputError, UsageError
from .inputs import parse_json
from .self_check import require_authentic
from .status_files import INDEX_PATH, MEDIA_TYPE, PublishedList, StatusFiles, list_name

MAX_LISTS = 1000
"""Of one index: a million licences each."""
MAX_INDEX_BYTES = 1024 * 1024
FETCH_SECONDS = 60.0
"""For one list: the largest takes that long over a slow line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedList:
    """One list that was fetched."""

    published: PublishedList
    new: bool
    """Whether it is newer than what was here."""


def fetch_status_lists(url: str, files: StatusFiles, trust: TrustStore, *, at: datetime) -> tuple[FetchedList, ...]:
    """Fetch every list of an authority's index and keep those that are new.

    Raises UsageError, ServiceFailedError, MalformedInputError; SelfCheckError when one is not signed by the authority
    that it names. What was kept before an error stays.
    """
    address = _checked(url)
    endpoint = Endpoint(url=address + INDEX_PATH)
    names = _index(exchange(endpoint, accepted_type="application/json", limit=MAX_INDEX_BYTES))
    return tuple(_fetch(address, name, files, trust, at) for name in names)


def _fetch(address: str, name: StatusListName, files: StatusFiles, trust: TrustStore, at: datetime) -> FetchedList:
    endpoint = Endpoint(url=f"{address}{INDEX_PATH}/{name.issuer_code}/{name.number}", timeout=FETCH_SECONDS)
    content = exchange(endpoint, accepted_type=MEDIA_TYPE, limit=MAX_STATUS_FILE_BYTES)
    require_authentic("status list", Verifier(trust).verify_file(content, at=at))
    listed = read_signed_status_list(content).listed
    if (listed.issuer_code, listed.number) != name:
        raise MalformedInputError("下载的是另一份状态列表。", "the answer is another status list than was asked for")
    there = files.newest(name)
    # Somebody on the way could answer with an old list: what is newer stays.
    if there is not None and there.issued_at >= listed.issued_at:
        return FetchedList(published=there, new=False)
    return FetchedList(published=files.put(name, listed.issued_at, content), new=True)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        # Without TLS anybody on the way could keep a new list back.
        usable = is_private(url) and not parts.query and not parts.fragment and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            "地址应以 https:// 开头（本机可用 http://）。",
            "an address begins with https://, or http:// on this machine",
        )
    return url.rstrip("/")


def _index(content: bytes) -> tuple[StatusListName, ...]:
    index = parse_json(content)
    lists = index.get("lists") if isinstance(index, dict) else None
    if not isinstance(lists, list) or len(lists) > MAX_LISTS:
        raise MalformedInputError("不是状态列表目录。", "this is no index of status lists")
    names = [_name(one) for one in lists]
    return tuple(dict.fromkeys(names))


def _name(entry: object) -> StatusListName:
    issuer = entry.get("issuer") if isinstance(entry, dict) else None
    number = entry.get("list") if isinstance(entry, dict) else None
    name = list_name(issuer, str(number)) if isinstance(issuer, str) and isinstance(number, int) else None
    if name is None:
        raise MalformedInputError("状态列表目录有误。", "the index of status lists names a list that cannot be")
    return name
