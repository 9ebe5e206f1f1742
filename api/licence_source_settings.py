"""Settings of licence sources (上级库): share services that are asked for what our own store does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from .errors import SettingsError
from .settings_reading import is_private_address, known_table

DEFAULT_SOURCE_SECONDS: Final = 3.0
MAX_SOURCE_SECONDS: Final = 10.0
"""A clerk and an applicant wait."""
MAX_SOURCES: Final = 5
MAX_WORD: Final = 200
SOURCE_PATH: Final = "queryCertInfoByHolderCode"

_KNOWN = ("name", "url", "access_id", "access_token_file", "timeout", "types")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A licence type as a source calls it."""

    code: str
    """Of the type, at the source."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Our keys by the source's, where they are called otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSetting:
    """One source."""

    key: str
    name: str
    """What clerks call it."""
    url: str
    """Of the call by holder code."""
    access_id: str
    token_file: Path
    """Holds the access token in its first line."""
    seconds: float
    types: Mapping[str, SourceType]
    """By our slugs: only these are asked for."""


def licence_source_settings(values: Mapping[str, object], home: Path, path: Path) -> tuple[SourceSetting, ...]:
    """Read `[licence_sources.NAME]` of the settings file, in the order in which they are asked; SettingsError."""
    sources = values.get("licence_sources", {})
    if not isinstance(sources, dict) or len(sources) > MAX_SOURCES:
        raise _fault(path, "[licence_sources]", f"最多 {MAX_SOURCES} 个上级库", f"has at most {MAX_SOURCES} tables")
    found = tuple(_source(key, table, home, path) for key, table in sources.items())
    if len({one.name for one in found}) < len(found):
        raise _fault(path, "[licence_sources]", "名称不得重复", "has two sources of one name")
    return found


def _source(key: str, table: object, home: Path, path: Path) -> SourceSetting:
    place = f"[licence_sources.{key}]"
    members = known_table(table, _KNOWN, path, place)
    words = {name: members.get(name) for name in ("name", "url", "access_id", "access_token_file")}
    if not all(isinstance(word, str) and 0 < len(word) <= MAX_WORD for word in words.values()):
        raise _fault(path, place, f"应有文本 {'、'.join(words)}", f"has the texts {', '.join(words)}")
    url = str(words["url"])
    if not _is_usable(url):
        raise _fault(path, place, "url 应为 https 地址（本机可用 http）", "has an https url, or http to this machine")
    seconds = members.get("timeout", DEFAULT_SOURCE_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SOURCE_SECONDS:
        limit = f"{MAX_SOURCE_SECONDS:g}"
        raise _fault(path, place, f"timeout 应为不超过 {limit} 的秒数", f"has a timeout of at most {limit} seconds")
    types = members.get("types")
    if not isinstance(types, dict) or not types:
        raise _fault(path, place, "应有 types 表", "has a table of types")
    return SourceSetting(
        key=key,
        name=str(words["name"]),
        url=f"{url.rstrip('/')}/{SOURCE_PATH}",
        access_id=str(words["access_id"]),
        token_file=home / str(words["access_token_file"]),
        seconds=float(seconds),
        types={slug: _type(entry, path, f"{place} types.{slug}") for slug, entry in types.items()},
    )


def _type(entry: object, path: Path, place: str) -> SourceType:
    if isinstance(entry, str):
        return SourceType(code=entry)
    members = known_table(entry, ("code", "fields"), path, place)
    code, fields = members.get("code"), members.get("fields", {})
    if not isinstance(code, str) or not isinstance(fields, dict):
        raise _fault(path, place, "应为类型代码，或含 code 和 fields 的表", "is a code, or a table of code and fields")
    if not all(isinstance(ours, str) for ours in fields.values()):
        raise _fault(path, place, 'fields 应为 对方键 = "本系统键"', "has fields of texts: theirs = ours")
    return SourceType(code=code, fields=fields)


def _is_usable(url: str) -> bool:
    if not is_private_address(url):
        return False
    try:
        parts = urlsplit(url)
        return not (parts.query or parts.fragment or "@" in parts.netloc) and parts.port != 0
    except ValueError:
        return False


def _fault(path: Path, place: str, zh: str, en: str) -> SettingsError:
    return SettingsError(f"{path} 的 {place} {zh}。", f"{place} in {path} {en}")
