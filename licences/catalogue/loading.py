"""All licence types that are known: those that ship and those of a home, each in its versions."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources
from itertools import combinations

from licences.errors import UnknownTypeError

from .model import LicenceType
from .problems import CatalogueFileError, fault_at
from .reading import licence_type_from_toml


class Catalogue:
    """The licence types that are known."""

    def __init__(self, types: Iterable[LicenceType]) -> None:
        """Several versions of one type have one slug, one code, and issue dates that do not overlap.

        Raises CatalogueFileError when two types or versions exclude each other.
        """
        self._versions: dict[str, list[LicenceType]] = {}
        for licence_type in sorted(types, key=lambda one: (one.code, one.version)):
            versions = self._versions.setdefault(licence_type.slug, [])
            versions.append(licence_type)
            if self._versions.setdefault(licence_type.code, versions) is not versions:
                raise _refused("SAME_NAME", licence_type, other=licence_type.code)
        for versions in self._versions.values():
            for one, other in combinations(versions, 2):
                if one.code != other.code:
                    raise _refused("SAME_NAME", other, other=other.slug)
                if one.version == other.version or one.effective.meets(other.effective):
                    raise _refused("SAME_VERSION", other)

    def __iter__(self) -> Iterator[LicenceType]:
        """The newest version of each type, in the order of their codes."""
        return (versions[-1] for name, versions in self._versions.items() if name == versions[-1].slug)

    def get(self, slug_or_code: str) -> LicenceType:
        """Return the newest version of the type with this slug or 21-character code; UnknownTypeError without one."""
        return self.versions(slug_or_code)[-1]

    def versions(self, slug_or_code: str) -> tuple[LicenceType, ...]:
        """Return all versions of a type, the newest last; UnknownTypeError when there is no such type."""
        try:
            return tuple(self._versions[slug_or_code])
        except KeyError:
            raise UnknownTypeError from None

    def on(self, slug_or_code: str, day: date) -> LicenceType | None:
        """Return the version of a type for licences that are issued on a day, None when there is none for it."""
        return next((one for one in self.versions(slug_or_code) if one.effective.holds(day)), None)


def load_catalogue(own: Mapping[str, bytes] | None = None, *, only: Collection[str] | None = None) -> Catalogue:
    """Read the types that ship with the package and, by the names of their files, those of a home.

    A copy of a file that ships adds nothing. With ``only``, slugs or codes, other types that ship may be left out: to
    read all takes longer than to judge a licence. Raises CatalogueFileError, with the name of the file.
    """
    shipped = _shipped_files()
    of_home = {data: name for name, data in (own or {}).items() if data not in shipped}
    wanted = [data for data in shipped if only is None or _may_be_one_of(data, only)]
    return Catalogue([*map(_shipped_type, wanted), *(_read(name, data) for data, name in of_home.items())])


def _may_be_one_of(data: bytes, names: Collection[str]) -> bool:
    # The files that ship write slugs and codes as they are.
    return any(name.encode("utf-8", "replace") in data for name in names)


@cache
def _shipped_files() -> Mapping[bytes, str]:
    return {file.read_bytes(): file.name for file in resources.files(__package__).iterdir() if _is_type(file.name)}


@cache
def _shipped_type(data: bytes) -> LicenceType:
    # Read once: these files are part of the program.
    return _read(_shipped_files()[data], data)


def _is_type(name: str) -> bool:
    return name.endswith(".toml")


def _read(name: str, data: bytes) -> LicenceType:
    try:
        return licence_type_from_toml(data)
    except CatalogueFileError as error:
        error.add_note(name)
        raise


def _refused(code: str, licence_type: LicenceType, **details: str) -> CatalogueFileError:
    return CatalogueFileError([fault_at(1, licence_type.slug, code, **details)])
