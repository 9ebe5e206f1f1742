"""Putting finished files into a folder: all of them whole, or none."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from licences import SEALED_FORMS, FileKind, LicenceStore, Record, form_and_key

from .errors import CannotWriteError
from .system_words import why_unwritten


class StagedFiles:
    """Files that are written and durable under hidden names, and then put in place.

    Used as a context: what was not put in place by its end is removed. Raises CannotWriteError.
    """

    def __init__(self, directory: Path, *, mode: int = 0o600) -> None:
        """Licences are personal data: only their owner reads the copies, unless `mode` says otherwise."""
        self._directory = directory
        self._mode = mode
        self._staged: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def stage(self, files: Mapping[str, bytes]) -> None:
        """Write files by name, in place of those that were staged before."""
        self._discard()
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                hidden = self._directory / f".{secrets.token_hex(8)}.part"
                descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._mode)
                self._staged[hidden] = self._directory / name
                with open(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise self._refused(error) from error

    def put(self) -> None:
        """Give the files their names, the first one last: who finds it finds the others. Equal names are replaced."""
        try:
            for hidden in reversed(list(self._staged)):
                hidden.replace(self._staged[hidden])
                del self._staged[hidden]
            descriptor = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._refused(error) from error

    def _discard(self) -> None:
        for hidden in self._staged:
            with contextlib.suppress(OSError):
                hidden.unlink()
        self._staged.clear()

    def _refused(self, error: OSError) -> CannotWriteError:
        why = why_unwritten(error)
        # What is in the way is the file itself when it is to get its name.
        place = error.filename2 or self._directory
        return CannotWriteError(f"无法写入：{place}（{why.zh}）", f"cannot write {place}: {why.en}")


def file_name(identifier: str, kind: FileKind) -> str:
    """Name a file of a licence: `<identifier>.pdf`, `.ofd`, `.json`, `.json.p7s`; `.KEY.pdf` for a further document."""
    form, key = form_and_key(kind)
    if key:
        return f"{identifier}.{key}.{form}"
    return f"{identifier}.json.p7s" if kind == "p7s" else f"{identifier}.{kind}"


def handed_out(kinds: Iterable[FileKind], form: str) -> list[FileKind]:
    """Choose the files that go into a folder: in one of `FORMATS`, where they are there in that form."""
    kinds = list(kinds)
    unwanted = {one for one in SEALED_FORMS if form in SEALED_FORMS and form in kinds and one != form}
    return [kind for kind in kinds if form_and_key(kind)[0] not in unwanted]


def replace_licence(
    store: LicenceStore, record: Record, files: Mapping[FileKind, bytes], directory: Path, *, at: datetime
) -> tuple[Record, dict[FileKind, str]]:
    """Put PDFs and signature file of a higher level into the store, and copies of all `files` into a folder.

    Returns the changed record and where the copies are; errors as `StagedFiles` and `LicenceStore.replace_files`.
    """
    names = {kind: file_name(record.identifier, kind) for kind in files}
    with StagedFiles(directory) as staged:
        staged.stage({names[kind]: content for kind, content in files.items()})
        changed = store.replace_files(record, {kind: one for kind, one in files.items() if kind != "json"}, at=at)
        staged.put()
    return changed, {kind: str(directory / name) for kind, name in names.items()}
