"""Reading a sealed OFD of our own making, strictly: every file is named, and every small one is what we would write.

The digests that the seals have of the files are looked at first. Where one does not hold, that is what there is to say
about the file, and nothing else needs to be in our form.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Final

from keys import hash_bytes

from .errors import EsignError, Fault, MalformedError, TooLargeError
from .ofd_form import (
    ANNOTATION_LIST,
    ATTACHMENT_FOLDER,
    ATTACHMENT_LIST,
    CREATOR,
    DOCUMENT_DATA,
    DOCUMENT_FILE,
    DOCUMENT_RESOURCES,
    PUBLIC_RESOURCES,
    RESOURCE_FOLDER,
    SEAL_FILE,
    SIGNATURE_FILE,
    SIGNATURE_LIST,
    SIGNATURE_SUFFIX,
    VALUE_FILE,
    OfdStamp,
)
from .ofd_package import first_file, read_package
from .ofd_packing import ROOT_FILE
from .ofd_parts import (
    DocumentFacts,
    FontFacts,
    ImageFacts,
    RootFacts,
    annotation_file,
    font_file,
    image_file,
    page_file,
    template_file,
)
from .ofd_parts_reading import (
    MAX_PART_BYTES,
    not_ours,
    read_annotated_pages,
    read_attachments,
    read_document,
    read_fonts,
    read_images,
    read_root,
    read_signature_form,
)
from .ofd_paths import OfdFiles
from .ofd_signatures import OfdSignature, read_signatures
from .ofd_signing_xml import OfdSignatureForm, OfdStampFacts, must_cover, signature_file, signature_list_xml
from .ofd_stamps import read_stamp_datum
from .pdf_form import ATTACHMENT_NAME, ATTACHMENT_NAMES, BODY_NAME, MAX_BODY_BYTES, MAX_SEALS
from .ses import SesSignature
from .ses_making import is_written_as_ours
from .ses_reading import SignedValueKind, read_ses_signature
from .structured_json import MAX_STRUCTURED_BYTES

MAX_OWN_PAGES: Final = 1_500
"""As of a face that is compared (`face_reader`)."""

_DIGEST: Final = "sm3"
_CREATOR: Final = f"<ofd:Creator>{CREATOR}</ofd:Creator>".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSeal:
    """One seal, or the signature of a copy's maker."""

    signature: OfdSignature
    ses: SesSignature | None
    """What the seal signature says; None of a copy, and of a value that cannot be read in a file that was changed."""
    at: datetime | None
    """When it says that it was made, in `Signature.xml`; None in a file that was changed."""
    stamp: OfdStampFacts | None
    """Where the seal is shown."""
    locks: bool
    """It covers the list of signatures, so that none can be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdLayout:
    """What the pages are made of; each font and picture has an ID of its own."""

    document: DocumentFacts
    fonts: tuple[FontFacts, ...]
    images: tuple[ImageFacts, ...]
    annotated: tuple[tuple[int, int], ...]
    """ID and number of every page that has annotations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedOfd:
    """The facts of a sealed OFD. When something was changed under a seal, only `files`, `seals` and `changed` count."""

    files: OfdFiles = field(repr=False)
    seals: tuple[OfdSeal, ...]
    changed: tuple[str, ...]
    """Paths of the files that a seal covers and that are not as they were sealed, in the order of sealing; of a
    `Signature.xml` that is not what was sealed, too."""
    uncovered: tuple[str, ...] = ()
    """Paths of the files that are no part of the document, and of those that a seal does not cover though it should."""
    title: str = ""
    created: date | None = None
    """The day on which it says that it was made."""
    identity: str = ""
    """What it calls itself (DocID)."""
    attached_at: tuple[datetime, ...] = ()
    """When it says that the attached files were made."""
    custom: tuple[tuple[str, str], ...] = ()
    """Name and value of every custom datum."""
    document: str = ""
    """Key of the document that it says it is; empty when it does not."""
    attachment: str = ""
    """Name of the attached data, one of `pdf_form.ATTACHMENT_NAMES`."""
    structured: bytes = field(default=b"", repr=False)
    """The attached data."""
    signature: bytes = field(default=b"", repr=False)
    """Its detached signature, by all who sealed."""
    body: bytes | None = field(default=None, repr=False)
    layout: OfdLayout | None = None

    def stamp_of(self, name: str) -> OfdStamp | None:
        """Where the file says that the seal of this field belongs that is added later; None when it is not shown.

        Raises:
            MalformedError: `NON_CANONICAL`, it is told in another form than ours.
        """
        return next((read_stamp_datum(value) for datum, value in self.custom if datum == name), None)


def read_sealed_ofd(data: bytes) -> SealedOfd:
    """Read an OFD that is ours.

    Raises:
        TooLargeError: a limit of one of the readers was exceeded.
        MalformedError: `FORMAT_OFD` when the package or an XML file is broken, `FORMAT_FOREIGN` when another program
            made it, `SEAL_MISSING`, `FORMAT_SES` when a seal signature is none, `NON_CANONICAL` when it is not what we
            would write.
    """
    package = read_package(data)
    files = OfdFiles(package.files)
    root = _own_root(files)
    if SIGNATURE_LIST not in files:
        raise MalformedError(Fault.SEAL_MISSING, "an OFD without signatures")
    signatures = read_signatures(files, SIGNATURE_LIST, ROOT_FILE)
    if not signatures:
        raise MalformedError(Fault.SEAL_MISSING, "an OFD without signatures")
    if len(signatures) > MAX_SEALS:
        raise TooLargeError(f"more than {MAX_SEALS} seals")
    broken = [path for signature in signatures for path in _broken_references(signature)]
    values = [_value(signature, strict=not broken) for signature in signatures]
    broken += [
        signature.path for signature, value in zip(signatures, values, strict=True) if not _is_over(signature, value)
    ]
    if broken:
        seals = tuple(_seal(signature, ses, None) for signature, ses in zip(signatures, values, strict=True))
        return SealedOfd(files=files, seals=seals, changed=tuple(dict.fromkeys(broken)))
    if root is None:
        raise not_ours(ROOT_FILE)
    reading = _Reading(files, signatures)
    seals = tuple(reading.seal(place, ses) for place, ses in enumerate(values))
    ofd = reading.read(root, seals)
    if not ofd.uncovered and not package.canonical:
        raise not_ours("the package")
    return ofd


def names_us_as_creator(files: OfdFiles) -> bool:
    """Whether one of the documents of a package says that we made it, and so must have our form.

    Raises:
        MalformedError: `FORMAT_OFD`: there is no `OFD.xml`, or it is broken.
        TooLargeError: over a limit.
    """
    bodies = files.xml(files.find(ROOT_FILE, ROOT_FILE), ROOT_FILE).all("DocBody")
    infos = chain.from_iterable(body.all("DocInfo") for body in bodies)
    return any(creator.text.strip() == CREATOR for info in infos for creator in info.all("Creator"))


def is_our_ofd(data: bytes) -> bool:
    """Whether a file is an OFD that says in our form that we made it.

    Thousands of files may have to be asked, so nothing but the root is unpacked, which stands first in ours.
    """
    root = first_file(data, ROOT_FILE, MAX_PART_BYTES)
    return root is not None and _CREATOR in root


def _own_root(files: OfdFiles) -> RootFacts | None:
    """What `OFD.xml` says in our form; None when it is of another one, though it names us."""
    data = files.get(ROOT_FILE)
    if data is not None and _CREATOR in data:
        with suppress(MalformedError):
            return read_root(data)
    if not names_us_as_creator(files):
        raise MalformedError(Fault.FORMAT_FOREIGN, "an OFD of another program")
    return None


def _broken_references(signature: OfdSignature) -> list[str]:
    return [reference.path for reference in signature.references if reference.holds is False]


def _value(signature: OfdSignature, *, strict: bool) -> SesSignature | None:
    """The seal signature; in a file that was changed it need not be one."""
    if signature.kind == "Sign":
        return None
    try:
        return read_ses_signature(signature.value)
    except EsignError:
        if strict:
            raise
        return None


def _is_over(signature: OfdSignature, ses: SesSignature | None) -> bool:
    """Whether the signature value is said to be over this `Signature.xml`; whether it verifies is asked elsewhere."""
    digest = hash_bytes(_DIGEST, signature.xml)
    # A CMS with signed attributes has the digest as one of them.
    return digest in signature.value if ses is None else digest == ses.data_hash


def _seal(signature: OfdSignature, ses: SesSignature | None, form: OfdSignatureForm | None) -> OfdSeal:
    return OfdSeal(
        signature=signature,
        ses=ses,
        at=None if form is None else form.at,
        stamp=None if form is None else form.stamp,
        locks=SIGNATURE_LIST in signature.covered,
    )


class _Reading:
    """Reads the parts of a package in which everything that is covered is as it was sealed."""

    def __init__(self, files: OfdFiles, signatures: Sequence[OfdSignature]) -> None:
        self._files = files
        self._signatures = signatures
        self._named = {ROOT_FILE, SIGNATURE_LIST}
        """Paths of the files that have a part in the document."""
        self._uncovered: set[str] = set()

    def seal(self, place: int, ses: SesSignature | None) -> OfdSeal:
        """The seal at this place."""
        signature = self._signatures[place]
        kind = signature.kind
        paths = {name: signature_file(place, name) for name in (SIGNATURE_FILE, VALUE_FILE, SEAL_FILE)}
        if (signature.path, signature.value_path) != (paths[SIGNATURE_FILE], paths[VALUE_FILE]):
            raise not_ours("the files of a signature")
        self._named |= {signature.path, signature.value_path}
        covered = [reference.path for reference in signature.references]
        wanted = must_cover(self._files, place, last=SIGNATURE_LIST in signature.covered)
        if not signature.covered <= set(wanted):
            raise not_ours("a signature covers what comes after it")
        self._uncovered |= set(wanted) - signature.covered
        form = read_signature_form(
            signature.xml,
            place=place,
            kind=kind,
            references=[(path, self._files.digest(path, _DIGEST)) for path in covered],
        )
        if not self._uncovered and covered != wanted:
            raise not_ours("the order of what a signature covers")
        if ses is not None:
            self._named.add(paths[SEAL_FILE])
            # What it says of time, path and seal is compared by those who judge the signature.
            if signature.seal_path != paths[SEAL_FILE] or not is_written_as_ours(ses):
                raise not_ours("a seal signature")
        elif signature.value_kind is not SignedValueKind.CMS:
            raise not_ours("a signature of another kind")
        return _seal(signature, ses, form)

    def read(self, root: RootFacts, seals: tuple[OfdSeal, ...]) -> SealedOfd:
        """The document."""
        if self._take(SIGNATURE_LIST) != signature_list_xml([one.kind for one in self._signatures]):
            raise not_ours("Signatures.xml")
        names = [name for name, _ in root.custom]
        if len(set(names)) != len(names):
            raise not_ours("a custom datum stands twice")
        layout = self._layout()
        if not all(_is_shown_rightly(seal, layout) for seal in seals):
            raise not_ours("a seal that is not shown as it is")
        attachment, contents, attached_at = self._attachments()
        if {seal.signature.kind for seal in seals} != {"Seal" if attachment == ATTACHMENT_NAME else "Sign"}:
            raise not_ours("seals of another kind than the data")
        signature = self._newest_signature(attachment, contents[1])
        self._uncovered |= set(self._files) - self._named
        return SealedOfd(
            files=self._files,
            seals=seals,
            changed=(),
            uncovered=tuple(sorted(self._uncovered)),
            title=root.title,
            created=root.created,
            identity=root.doc_id,
            attached_at=attached_at,
            custom=root.custom,
            document=_document_of(root),
            attachment=attachment,
            structured=contents[0],
            signature=signature,
            body=contents[2] if len(contents) > 2 else None,
            layout=layout,
        )

    def _layout(self) -> OfdLayout:
        document = read_document(self._take(DOCUMENT_FILE))
        if len(document.pages) > MAX_OWN_PAGES:
            raise TooLargeError(f"more than {MAX_OWN_PAGES} pages")
        fonts = read_fonts(self._take(PUBLIC_RESOURCES))
        images = read_images(self._take(DOCUMENT_RESOURCES))
        annotated = read_annotated_pages(self._take(ANNOTATION_LIST)) if document.annotated else ()
        identifiers = [
            *document.templates,
            *document.pages,
            *(font.identifier for font in fonts),
            *(image.identifier for image in images),
        ]
        if len(set(identifiers)) != len(identifiers) or max(identifiers) > document.highest:
            raise not_ours("an ID stands twice")
        pages = {identifier: number for number, identifier in enumerate(document.pages)}
        if not pages or any(pages.get(identifier) != number for identifier, number in annotated):
            raise not_ours("annotations of no page")
        for path in (
            *map(page_file, range(len(document.pages))),
            *map(template_file, range(len(document.templates))),
            *(annotation_file(number) for _, number in annotated),
            *(f"{RESOURCE_FOLDER}/{font_file(font.number)}" for font in fonts),
            *(f"{RESOURCE_FOLDER}/{image_file(image.number, image.format)}" for image in images),
        ):
            self._take(path)
        return OfdLayout(document=document, fonts=fonts, images=images, annotated=annotated)

    def _attachments(self) -> tuple[str, list[bytes], tuple[datetime, ...]]:
        """Name of the attached data, and the contents and times of the attached files in their order."""
        listed = read_attachments(
            self._take(ATTACHMENT_LIST), lambda name: len(self._files.get(f"{ATTACHMENT_FOLDER}/{name}", b""))
        )
        names = [one.name for one in listed]
        attachment = names[0] if names else ""
        expected = [attachment, attachment + SIGNATURE_SUFFIX]
        if attachment not in ATTACHMENT_NAMES or names not in (expected, [*expected, BODY_NAME]):
            raise not_ours("the attached files")
        contents = [self._take(f"{ATTACHMENT_FOLDER}/{name}") for name in names]
        limits = (MAX_STRUCTURED_BYTES, MAX_STRUCTURED_BYTES, MAX_BODY_BYTES)
        if any(len(content) > limit for content, limit in zip(contents, limits, strict=False)):
            raise TooLargeError("an attached file is too large")
        return attachment, contents, tuple(one.created for one in listed)

    def _newest_signature(self, attachment: str, signature: bytes) -> bytes:
        """The signature file that the last of the further seals has brought, which has all signers; else the first."""
        for place in range(1, len(self._signatures)):
            path = signature_file(place, attachment + SIGNATURE_SUFFIX)
            if path in self._files:
                signature = self._take(path)
        if len(signature) > MAX_STRUCTURED_BYTES:
            raise TooLargeError("a signature file is too large")
        return signature

    def _take(self, path: str) -> bytes:
        """A file that the document consists of."""
        self._named.add(path)
        try:
            return self._files[path]
        except KeyError as error:
            raise not_ours(f"a file is missing: {path!a}") from error


def _is_shown_rightly(seal: OfdSeal, layout: OfdLayout) -> bool:
    """Whether a seal has the size of its picture and stands on a page: a larger one would hide what is under it."""
    if seal.stamp is None:
        return True
    if seal.ses is None or seal.stamp.page not in layout.document.pages:
        return False
    picture = seal.ses.seal.picture
    return (seal.stamp.width, seal.stamp.height) == (picture.width, picture.height)


def _document_of(root: RootFacts) -> str:
    return next((value for name, value in root.custom if name == DOCUMENT_DATA), "")
