"""Paths inside an OFD (ST_Loc, GB/T 33190-2016 clause 7.2): from the root, or from the folder of the naming file.

The standard tells letters from capitals and separates by `/`; products do neither for certain, so a path that is not
there is looked for regardless of case. What leads out of the package is refused, also when nothing lies there.
"""

from collections.abc import Iterator, Mapping

from .errors import Fault, MalformedError


class OfdFiles(Mapping[str, bytes]):
    """The files of a package by path from the root, without a slash before it."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """The files as `ofd_package.read_package` gives them."""
        self._files = files
        self._folded = {name.casefold(): name for name in files}

    def __getitem__(self, path: str) -> bytes:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def find(self, location: str, beside: str) -> str:
        """The path that a location in the file `beside` means; whether a file lies there is not asked.

        Raises:
            MalformedError: `FORMAT_OFD`: it is empty, or leads out of the package.
        """
        location = location.strip().replace("\\", "/")
        if not location:
            raise MalformedError(Fault.FORMAT_OFD, f"{beside!a}: an empty path")
        steps = [] if location.startswith("/") else beside.split("/")[:-1]
        for step in location.split("/"):
            if step == "..":
                if not steps:
                    raise MalformedError(Fault.FORMAT_OFD, f"{beside!a}: a path that leads out of the package")
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        path = "/".join(steps)
        return path if path in self._files else self._folded.get(path.casefold(), path)

    def read(self, path: str, named_by: str) -> bytes:
        """The file at this path.

        Raises:
            MalformedError: `FORMAT_OFD`: there is none.
        """
        try:
            return self._files[path]
        except KeyError as error:
            raise MalformedError(Fault.FORMAT_OFD, f"{named_by!a} names a file that is not there: {path!a}") from error
