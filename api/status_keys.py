"""The API keys for asking other authorities' verifiers: first lines of the files `<home>/keys/status-CODE.key`."""

from collections.abc import Iterable

from .errors import HomeError
from .home import Home

MAX_STATUS_KEY = 8192
"""Bytes."""


def status_keys(home: Home, codes: Iterable[str]) -> dict[str, str]:
    """Read the keys that there are for these authorities, by their social credit codes; HomeError for a bad file."""
    found = {}
    for code in codes:
        path = home.path / "keys" / f"status-{code}.key"
        try:
            with path.open("rb") as file:
                key = file.readline(MAX_STATUS_KEY + 1).decode("ascii").strip()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise HomeError(f"接口密钥文件无法读取：{path}", f"the key file cannot be read: {path}") from error
        if not key.isprintable() or not 0 < len(key) <= MAX_STATUS_KEY or " " in key:
            raise HomeError(f"接口密钥文件内容不对：{path}", f"there is no key in the first line of {path}")
        found[code] = key
    return found
