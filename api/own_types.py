"""The licence types of a home: catalogue files in its folder `catalogue/`, beside those that ship."""

from collections.abc import Collection
from pathlib import Path

from licences import MAX_CATALOGUE_BYTES, Catalogue, load_catalogue

from .errors import HomeError
from .home import Home
from .inputs import read_file

MAX_OWN_TYPES = 500
FOLDER = "catalogue"


def catalogue_of(home: Home | None, *, only: Collection[str] | None = None) -> Catalogue:
    """All types that a home knows; CatalogueFileError names the file of its own that cannot be read as one.

    `only` as for `load_catalogue`.
    """
    return load_catalogue(None if home is None else own_files(home), only=only)


def own_files(home: Home, *, without: Path | None = None) -> dict[str, bytes]:
    """The home's catalogue files by name, `without` one that is about to be replaced."""
    folder = home.path / FOLDER
    if not folder.is_dir():
        return {}
    paths = sorted(path for path in folder.glob("*.toml") if without is None or not path.samefile(without))
    if len(paths) > MAX_OWN_TYPES:
        raise HomeError(
            f"目录 {folder} 中的证照类型文件过多（最多 {MAX_OWN_TYPES}）。",
            f"too many files in {folder}: at most {MAX_OWN_TYPES}",
        )
    return {path.name: read_file(path, MAX_CATALOGUE_BYTES) for path in paths}
