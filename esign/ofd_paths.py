"""Paths inside an OFD (ST_Loc, GB/T 33190-2016 clause 7.2): from the root, or from the folder of the naming file.

The standard tells letters from capitals and separates by `/`; products do neither for certain, so a path that is not
there is looked for regardless of case, as it reads in another character set, and then from the root. What leads out of
the package is refused, also when nothing lies there.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Self

from keys import hash_bytes

from .errors import Fault, MalformedError, TooLargeError
from .ofd_package import read_package
from .ofd_xml import Element, check_xml, counted_xml

MAX_PACKAGE_XML_BYTES: Final = 24 * 1024 * 1024
"""Of the XML files of one package that are looked at; a page full of text has 50 kB."""
MAX_PACKAGE_ELEMENTS: Final = 60_000
"""Of those of these files that are taken apart: lists, resources, signatures."""
MAX_LOCATION: Final = 1_000
"""Characters of one path as it is written; of files it has 300 bytes."""
MAX_HASHED_BYTES: Final = 96 * 1024 * 1024
"""Of one package: everything in it once, and much of it by a second algorithm."""


_ALIKE: Final = (".esl", "Tpl_0/Content.xml")
"""Ends of the paths of an office's seal and of a common background: many files have the same ones."""
_MOST_REMEMBERED: Final = 256 * 1024
_remembered = lru_cache(maxsize=64)(hash_bytes)


class OfdFiles(Mapping[str, bytes]):
    """The files of a package by path from the root, without a slash before it; each is parsed and hashed once."""

    def __init__(self, files: Mapping[str, bytes], other_names: Mapping[str, str] = MappingProxyType({})) -> None:
        """The files, and paths that some readers find them at, as `read_package` gives them."""
        self._files = files
        self._folded = {other.casefold(): name for other, name in other_names.items()}
        self._folded |= {name.casefold(): name for name in files}
        self._parsed: dict[str, Element] = {}
        self._refused: dict[str, MalformedError | TooLargeError] = {}
        self._digests: dict[tuple[str, str], bytes] = {}
        self._checked: set[str] = set()
        self._xml_left, self._elements_left, self._hashing_left = (
            MAX_PACKAGE_XML_BYTES,
            MAX_PACKAGE_ELEMENTS,
            MAX_HASHED_BYTES,
        )

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Those of a package that anybody made; errors as `read_package`."""
        package = read_package(data)
        return cls(package.files, package.other_names)

    def __getitem__(self, path: str) -> bytes:
        return self._files[path]

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def find(self, location: str, beside: str) -> str:
        """The path that a location in the file `beside` means; whether a file lies there is not asked.

        Raises:
            MalformedError: `FORMAT_OFD`: it is empty, or leads out of the package.
            TooLargeError: more than `MAX_LOCATION`.
        """
        if len(location) > MAX_LOCATION:
            raise TooLargeError(f"{beside!a}: a path of more than {MAX_LOCATION} characters")
        location = location.strip().replace("\\", "/")
        if not location:
            raise MalformedError(Fault.FORMAT_OFD, f"{beside!a}: an empty path")
        if location[0] == "/" and location[1:] in self._files:
            # No path of a package has a step that leads nowhere, so there is nothing to walk.
            return location[1:]
        steps = [] if location.startswith("/") else beside.split("/")[:-1]
        path = self._there("/".join(_walked(steps, location, beside)))
        if path in self._files or not steps:
            return path
        try:
            from_root = self._there("/".join(_walked([], location, beside)))
        except MalformedError:
            return path
        return from_root if from_root in self._files else path

    def read(self, path: str, named_by: str) -> bytes:
        """The file at this path.

        Raises:
            MalformedError: `FORMAT_OFD`: there is none.
        """
        try:
            return self._files[path]
        except KeyError as error:
            raise MalformedError(Fault.FORMAT_OFD, f"{named_by!a} names a file that is not there: {path!a}") from error

    def xml(self, path: str, named_by: str) -> Element:
        """The root element of the file at this path.

        Raises:
            MalformedError: `FORMAT_OFD`: there is none, or it is not well-formed.
            TooLargeError: over a limit.
        """
        root = self._parsed.get(path)
        if root is None:
            data = self.read(path, named_by)
            self.count(path)
            if (refused := self._refused.get(path)) is not None:
                raise refused
            try:
                root, elements = counted_xml(data, path, self._elements_left)
            except (MalformedError, TooLargeError) as error:
                # Who can do without it asks again for the next seal, and each time it took as long to find out.
                self._refused[path] = error
                raise
            self._elements_left -= elements
            self._parsed[path] = root
        return root

    def check(self, path: str) -> None:
        """Make sure that a file that is there is well-formed, without keeping anything of it; the errors of `xml`."""
        if path not in self._checked:
            self.count(path)
            check_xml(self._files[path], path)

    def count(self, path: str) -> None:
        """Count a file that is there to `MAX_PACKAGE_XML_BYTES`, whoever reads it.

        Raises:
            TooLargeError: with it there are more.
        """
        if path not in self._checked:
            self._checked.add(path)
            self._xml_left -= len(self._files[path])
            if self._xml_left < 0:
                raise TooLargeError(f"an OFD with more than {MAX_PACKAGE_XML_BYTES} bytes of XML")

    def digest(self, path: str, algorithm: str) -> bytes:
        """The digest of a file that is there, by an algorithm that `keys.hash_bytes` has.

        Raises:
            TooLargeError: more than `MAX_HASHED_BYTES` were hashed by now.
        """
        found = self._digests.get((path, algorithm))
        if found is None:
            data = self._files[path]
            self._hashing_left -= len(data)
            if self._hashing_left < 0:
                raise TooLargeError(f"an OFD of which more than {MAX_HASHED_BYTES} bytes would have to be hashed")
            hashed = _remembered if path.endswith(_ALIKE) and len(data) <= _MOST_REMEMBERED else hash_bytes
            found = self._digests[path, algorithm] = hashed(algorithm, data)
        return found

    def _there(self, path: str) -> str:
        return path if path in self._files else self._folded.get(path.casefold(), path)


def _walked(steps: list[str], location: str, beside: str) -> list[str]:
    """The steps from the root after a location has been followed from a folder."""
    walked = list(steps)
    for step in location.split("/"):
        if step == "..":
            if not walked:
                raise MalformedError(Fault.FORMAT_OFD, f"{beside!a}: a path that leads out of the package")
            walked.pop()
        elif step not in ("", "."):
            walked.append(step)
    return walked
