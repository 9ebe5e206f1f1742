"""The service items of a home: item files in its folder `items/`, followed while the process runs."""

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from licences import MAX_CATALOGUE_BYTES, Catalogue, CatalogueError
from licences.sharing import ItemCatalogue, ItemVersionTakenError, ServiceItem, load_items, service_item_from_toml

from .errors import HomeError
from .home import Home
from .inputs import read_file
from .output import StagedFiles
from .own_types import catalogue_of
from .watching import LOOK_SECONDS, stamp

MAX_ITEM_FILES: Final = 5000
FOLDER = "items"

log = logging.getLogger("elicence.items")


def item_files(home: Home) -> dict[str, bytes]:
    """Read the home's item files, by name; HomeError when there are too many."""
    folder = home.path / FOLDER
    paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if len(paths) > MAX_ITEM_FILES:
        raise HomeError(
            f"目录 {folder} 中的事项文件过多（最多 {MAX_ITEM_FILES}）。",
            f"too many files in {folder}: at most {MAX_ITEM_FILES}",
        )
    return {path.name: read_file(path, MAX_CATALOGUE_BYTES) for path in paths}


def items_of(home: Home, types: Catalogue | None = None) -> ItemCatalogue:
    """All items of a home; CatalogueFileError and ItemVersionTakenError name the file that is wrong."""
    return load_items(item_files(home), types or catalogue_of(home))


def add_item(home: Home, data: bytes, types: Catalogue) -> tuple[ServiceItem, bool]:
    """Keep an item file in a home for good: a version is never replaced by other words under its number.

    Returns the item, and whether it is new. CatalogueFileError with all faults of the file, ItemVersionTakenError,
    CannotWriteError.
    """
    item = service_item_from_toml(data, types)
    files = item_files(home)
    if data in files.values():
        return item, False
    name = f"{item.code}-v{item.version}.toml"
    if name in files or _has(load_items(files, types), item):
        raise ItemVersionTakenError
    with StagedFiles(home.path / FOLDER, mode=0o644) as staged:
        staged.stage({name: data})
        staged.put()
    return item, True


def _has(items: ItemCatalogue, item: ServiceItem) -> bool:
    known: Mapping[str, set[int]] = {one.code: {other.version for other in items.versions(one.code)} for one in items}
    return item.version in known.get(item.code, set())


class WatchedItems:
    """The items of a home, read again when a file has changed. What has become wrong leaves them as they were."""

    def __init__(self, home: Home, types: Catalogue) -> None:
        """Read them; the errors of `items_of`."""
        self._home, self._types = home, types
        self._lock = threading.Lock()
        # Looked at before it is read: a change in between is seen next time.
        self._seen = self._look()
        self._items = items_of(home, types)
        self._until = time.monotonic() + LOOK_SECONDS

    def items(self, *, now: bool = False) -> ItemCatalogue:
        """Return the items, at most `LOOK_SECONDS` old unless they must be those of `now`."""
        with self._lock:
            if now or time.monotonic() >= self._until:
                self._until = time.monotonic() + LOOK_SECONDS
                self._refresh()
            return self._items

    def _refresh(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._items = items_of(self._home, self._types)
        except (CatalogueError, ItemVersionTakenError, HomeError) as error:
            log.error("the service items stay as they were: %s %s", error, getattr(error, "__notes__", ""))
        else:
            log.warning("the service items were read again: %d", len(list(self._items)))

    def _look(self) -> object:
        folder = Path(self._home.path / FOLDER)
        try:
            return stamp(folder), sorted((str(path), stamp(path)) for path in folder.glob("*.toml"))
        except OSError as error:
            return error.errno
