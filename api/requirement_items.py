"""The service items of a home: item files in its folder `items/`, followed while the process runs."""

import logging
from collections.abc import Mapping
from typing import Final

from licences import MAX_CATALOGUE_BYTES, Catalogue, CatalogueError
from licences.sharing import ItemCatalogue, ItemVersionTakenError, ServiceItem, load_items, service_item_from_toml

from .errors import HomeError
from .home import Home
from .inputs import read_file
from .output import StagedFiles
from .own_types import catalogue_of
from .watching import Watched, stamps_in

MAX_ITEM_FILES: Final = 5000
FOLDER = "items"


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


def watched_items(home: Home, types: Catalogue) -> Watched[ItemCatalogue]:
    """Watch the items of a home; the errors of `items_of`."""
    return Watched(
        "service items",
        logging.getLogger("elicence.items"),
        read=lambda: items_of(home, types),
        look=lambda: stamps_in(home.path / FOLDER, "*.toml"),
        count=lambda items: len(list(items)),
        refused=(CatalogueError, ItemVersionTakenError, HomeError),
    )
