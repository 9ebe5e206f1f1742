"""OFDs that others signed, as facts: which files each signature covers, and which of those that show it leaves out.

Nothing here says whether a signature is good; its value is read and judged elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keys import SM2_SM3, Certificate, KeysError, parse_certificate

from .china import CHINA
from .errors import EsignError, Fault, MalformedError
from .ofd_document import OfdDocument, read_documents, rendering_files
from .ofd_packing import ROOT_FILE
from .ofd_paths import OfdFiles
from .ofd_signatures import MAX_OFD_SIGNATURES, OfdSignature, read_signatures
from .seal_object import read_seal_object
from .ses_reading import SignedValueKind
from .signature_values import signature_algorithm, verify_value

MAX_CANDIDATES: Final = 8
"""Certificates that a bare signature is tried with."""
MAX_TRIED_BYTES: Final = 4 * 1024 * 1024
"""Of a Signature.xml, which SM2 hashes anew for every certificate."""

_ENCRYPTION: Final = "encryptions.xml"
_COMPACT_TIME: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_SPREAD_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOfdSignature:
    """One signature and what it has to do with the files."""

    signature: OfdSignature
    documents: tuple[OfdDocument, ...]
    """Those whose list names it, with their versions."""
    uncovered: tuple[str, ...]
    """Paths of files that have a part in how its documents look, and that it does not cover, but for `OFD.xml`. Of one
    that does not cover `OFD.xml` either, those of all documents: it does not say that there are others."""
    attachments: tuple[str, ...]
    """Paths of attached files that it does not cover: they do not show, but people open them."""
    further: tuple[str, ...]
    """Paths of all other files that it does not cover, but for those of signatures: data that machines read, what
    vendors add, other documents, and what nothing names."""
    covers_root: bool
    """Whether it covers `OFD.xml`, which names the documents and their signatures."""
    stated_time: datetime | None
    """The time that Signature.xml states; without a zone it is read as China time. None when it is no time."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Paths of covered files that are not as they were, or not there."""
        return tuple(one.path for one in self.signature.references if one.holds is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOfd:
    """The facts of one OFD."""

    files: OfdFiles = field(repr=False)
    documents: tuple[OfdDocument, ...]
    signatures: tuple[ForeignOfdSignature, ...]
    """Of all documents, in the order of their lists: that of signing."""
    unsigned: tuple[str, ...]
    """Paths of files that decide how documents look that no signature is on, and that nothing covers. Their list of
    signatures may be there and empty."""
    fonts: tuple[str, ...]
    """Names of fonts that are not embedded: what the text looks like depends on the reader's machine."""


def read_foreign_ofd(data: bytes) -> ForeignOfd:
    """Read an OFD that anybody made.

    Raises:
        TooLargeError: over a limit of the package, its paths, its XML, its documents or its signatures.
        MalformedError: `FORMAT_OFD`: damaged, or readable in two ways.
    """
    files = OfdFiles.of(data)
    if any(path.casefold() == _ENCRYPTION for path in files):
        raise MalformedError(Fault.FORMAT_OFD, "parts of the package are encrypted (GM/T 0099)")
    documents = read_documents(files)
    found: list[tuple[OfdSignature, tuple[OfdDocument, ...]]] = []
    lists = dict.fromkeys(document.signature_list for document in documents if document.signature_list is not None)
    for path in lists:
        signed = tuple(document for document in documents if document.signature_list == path)
        read = read_signatures(files, path, ROOT_FILE, limit=MAX_OFD_SIGNATURES - len(found))
        found += ((signature, signed) for signature in read)
    coverage = _Coverage(files, documents, lists, [signature for signature, _ in found])
    facts = tuple(coverage.facts(signature, signed) for signature, signed in found)
    return ForeignOfd(
        files=files,
        documents=documents,
        signatures=facts,
        unsigned=_unsigned(files, documents, facts),
        fonts=tuple(dict.fromkeys(_fonts(documents))),
    )


def stated_time(text: str) -> datetime | None:
    """The time of signing as products write it, None when it is no time; without a zone it is China's."""
    found = _COMPACT_TIME.fullmatch(text.strip()) or _SPREAD_TIME.fullmatch(text.strip())
    if found is None:
        return None
    *day, fraction, zone = found.groups()
    moment = "{}-{}-{}T{}:{}:{}".format(*day) + f".{(fraction or '0').ljust(6, '0')}"
    try:
        at = datetime.fromisoformat(moment + (zone or ""))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=CHINA)


def signer_of_bare(signature: OfdSignature) -> Certificate | None:
    """The certificate under which a value verifies that is nothing but r and s (form c of GB/T 35275 in OFD).

    It is elsewhere: those are tried that the seal beside the signature permits. None: it is not in the file.
    """
    if signature.seal_file is None:
        return None
    try:
        algorithm = signature_algorithm(signature.method) if signature.method else SM2_SM3
        candidates = read_seal_object(signature.seal_file).permitted
    except (EsignError, KeysError):
        return None
    for der in candidates[: min(MAX_CANDIDATES, MAX_TRIED_BYTES // max(1, len(signature.xml)))]:
        with suppress(KeysError):
            certificate = parse_certificate(der)
            verify_value(certificate, algorithm, signature.value, signature.xml)
            return certificate
    return None


class _Coverage:
    """What signatures cover of a package."""

    def __init__(
        self,
        files: OfdFiles,
        documents: Sequence[OfdDocument],
        lists: Iterable[str],
        signatures: Sequence[OfdSignature],
    ) -> None:
        self._files = files
        self._showing = {id(document): rendering_files(files, document) for document in documents}
        self._of_signatures = frozenset[str | None](
            (
                *lists,
                *(path for one in signatures for path in (one.path, one.value_path, one.seal_path)),
                *(path for path in files if path.casefold() == ROOT_FILE.casefold()),
            )
        )

    def facts(self, signature: OfdSignature, documents: tuple[OfdDocument, ...]) -> ForeignOfdSignature:
        """What one signature covers that was put on some of the documents."""
        files, covered = self._files, signature.covered
        covers_root = any(path.casefold() == ROOT_FILE.casefold() for path in covered)
        known = map(id, documents) if covers_root else self._showing
        showing = frozenset[str]().union(*(self._showing[document] for document in known))
        attached = frozenset(one.path for document in documents for one in document.attachments if one.path is not None)
        uncovered = _in_order(files, (showing | _shown_beside(signature)) - covered)
        attachments = _in_order(files, attached - covered)
        further = files.keys() - covered - self._of_signatures - {*uncovered, *attachments}
        return ForeignOfdSignature(
            signature=signature,
            documents=documents,
            uncovered=uncovered,
            attachments=attachments,
            further=_in_order(files, further),
            covers_root=covers_root,
            stated_time=stated_time(signature.time_text),
        )


def _shown_beside(signature: OfdSignature) -> frozenset[str]:
    """The seal beside the signature, where readers take the picture from it: a seal signature has its own inside."""
    if not signature.stamps or signature.seal_path is None or signature.value_kind is SignedValueKind.SES_SIGNATURE:
        return frozenset()
    return frozenset({signature.seal_path})


def _unsigned(
    files: OfdFiles, documents: Iterable[OfdDocument], signatures: Sequence[ForeignOfdSignature]
) -> tuple[str, ...]:
    signed = {id(document) for one in signatures for document in one.documents}
    alone = [document for document in documents if id(document) not in signed]
    showing = frozenset[str]().union(*(rendering_files(files, document) for document in alone))
    return _in_order(files, showing.difference(*(one.signature.covered for one in signatures)))


def _in_order(files: OfdFiles, paths: Iterable[str]) -> tuple[str, ...]:
    """As they stand in the package, then those that are not there."""
    left = {path for path in paths if path.casefold() != ROOT_FILE.casefold()}
    return (*(path for path in files if path in left), *sorted(left.difference(files)))


def _fonts(documents: Iterable[OfdDocument]) -> Iterator[str]:
    for document in documents:
        for resources in document.resources:
            yield from (font.name for font in resources.fonts if font.path is None)
