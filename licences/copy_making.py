"""Making an annotated copy (加注件): the face of the licence once more, marked on every page and sealed by its maker.

The copy is a file of its own: the original is neither in it nor changed. It is made only of a licence that is genuine
and in force at that moment, which is what its maker's seal then states.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from esign import (
    CHINA,
    COPY_ATTACHMENT_NAME,
    COPY_ELEMENTS,
    ELEMENTS,
    AnnotatedCopy,
    CopyPurpose,
    FileDigests,
    FontChain,
    OfdWriter,
    PdfContent,
    Seal,
    SealPicture,
    StructuredLicence,
    Timestamper,
    UnprintableError,
    chinese_date,
    copy_to_bytes,
    draw_copy_stamp,
    file_title,
    group_serial,
    make_short_code,
    short_elements,
    sign_ofd,
    structured_from_bytes,
)
from keys import Signer

from .authority_seals import AuthoritySeal, SealingKeys
from .catalogue import Catalogue
from .convert import licence_from_paper
from .copies import SERIAL_PREFIX, Copies, MadeCopy, Reliance, RelianceKind, check_copy_request
from .copy_face import annotate, symbol_text
from .electronic import paper_from, structure
from .errors import CopyRefusedError, InvalidFieldError, UnprintableFieldError
from .model import Licence
from .ofd_files import SEALING, ofd_content
from .render import FaceRenderer, Marks
from .sealing import Collector, FileSealer
from .store import FileKind, LicenceStore, Record, StoredFile, digests_of

DEFAULT_COPY_TERM = timedelta(days=30)
"""How long a copy may be used when nobody says otherwise."""

OriginalCheck = Callable[[bytes, datetime], None]
"""Judges the PDF of the original, and raises when it is not genuine and in force."""
CopyCheck = Callable[[Mapping[FileKind, bytes], datetime], None]
"""Judges the finished files of a copy, and raises when one is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMaker:
    """Makes annotated copies with one key for copies, which is never the key of a seal."""

    catalogue: Catalogue
    fonts: FontChain
    store: LicenceStore
    copies: Copies
    signer: Signer
    maker_name: str
    maker_code: str
    """Of the office in the signer's certificate."""
    check_original: OriginalCheck
    check_copy: CopyCheck
    random: Callable[[int], bytes]
    timestamper: Timestamper | None = None
    collector: Collector | None = None
    ofd_by_default: bool = False
    """Whether a copy has an OFD, too, when nobody says; without a key of SM2 it has none then."""

    def make(
        self,
        identifier: str,
        purpose: CopyPurpose,
        *,
        made_by: str,
        expires_at: datetime | None = None,
        ofd: bool | None = None,
        at: datetime,
    ) -> tuple[MadeCopy, bytes]:
        """Make a copy and keep it with its reliance; returns the PDF, too.

        Args:
            identifier: of the licence.
            purpose: for whom, and what for.
            made_by: account of whoever makes it.
            expires_at: the end of its use; None for `DEFAULT_COPY_TERM` from now.
            ofd: whether an OFD is made beside the PDF; None for `ofd_by_default`.
            at: the time of sealing.

        Raises:
            ExceptionGroup: of `InvalidFieldError`, every fault of the request.
            LicenceNotFoundError: no such licence.
            CopyRefusedError: the face cannot be drawn again as it was.
            KeysError: the key cannot sign now.
            StoreUnavailableError: nothing was kept.
            Exception: what the two checks raise.
        """
        asked_at, at = at, at.astimezone(CHINA).replace(microsecond=0)
        until = (at + DEFAULT_COPY_TERM if expires_at is None else expires_at).astimezone(CHINA).replace(microsecond=0)
        check_copy_request(purpose, made_by=made_by, expires_at=until, made_at=at)
        self._check_printable(purpose)
        with_ofd = self._wants_ofd(ofd)
        record = self.store.get(identifier)
        # Not the whole second before: an act may have taken effect since.
        self.check_original(self.store.file(record, "pdf"), asked_at)
        structured = self.store.file(record, "json")
        copy = AnnotatedCopy(
            serial=SERIAL_PREFIX + make_short_code(self.random),
            original_pdf=_digests(record.files["pdf"]),
            original_structured=_digests(record.files["json"]),
            structured=structured,
            purpose=purpose,
            maker_name=self.maker_name,
            maker_code=self.maker_code,
            made_by=made_by,
            made_at=at,
            expires_at=until,
            development=self.signer.certificate.is_development or structured_from_bytes(structured).development,
        )
        files = self._files(copy, record, with_ofd=with_ofd)
        self.check_copy(files, at)
        made = MadeCopy(
            serial=copy.serial,
            identifier=identifier,
            made_by=made_by,
            made_at=at,
            expires_at=until,
            files={kind: digests_of(content) for kind, content in files.items()},
        )
        self.copies.add_copy(made, files, _reliance(made, purpose))
        return made, files["pdf"]

    def _check_printable(self, purpose: CopyPurpose) -> None:
        faults: list[InvalidFieldError] = []
        for pointer, text in (
            ("/cause", purpose.cause),
            ("/requester/office", purpose.office),
            ("/requester/officer", purpose.officer),
            ("/item/name", purpose.item_name),
            ("/item/code", purpose.item_code),
            ("/caseNumber", purpose.case_number),
        ):
            try:
                self.fonts.require(text)
            except UnprintableError as error:
                faults.append(UnprintableFieldError(pointer, error.code_point))
        if faults:
            raise ExceptionGroup("characters that cannot be printed", faults)

    def _wants_ofd(self, asked: bool | None) -> bool:
        """Whether an OFD is made; ExceptionGroup of one InvalidFieldError when that is asked of a key without SM2."""
        if self.signer.algorithm.name != SEALING:
            if asked:
                raise ExceptionGroup("no copy as an OFD", [InvalidFieldError("/format", "OFD_NEEDS_SM2")])
            return False
        return self.ofd_by_default if asked is None else asked

    def _files(self, copy: AnnotatedCopy, record: Record, *, with_ofd: bool) -> dict[FileKind, bytes]:
        licence = self._licence(copy.licence)
        printed = group_serial(copy.serial)
        marks = Marks(
            identifier=record.identifier,
            code_address=symbol_text(copy.serial),
            short_code="",
            public_url="",
            development=copy.development,
            local=False,
            copy_serial=printed,
        )
        pages = annotate(
            self.fonts,
            FaceRenderer(self.fonts).render(licence, marks),
            serial=copy.serial,
            printed_serial=printed,
            purpose=copy.purpose,
            maker=copy.maker_name,
            made_at=copy.made_at,
            expires_at=copy.expires_at,
            attachments=len(copy.licence.attachments),
        )
        content = PdfContent(
            title=file_title(copy.licence.type_name, copy.licence.number, printed),
            pages=pages,
            elements=short_elements(copy.licence.elements() | copy.elements(), (*ELEMENTS, *COPY_ELEMENTS)),
            structured=copy_to_bytes(copy),
            attachment=COPY_ATTACHMENT_NAME,
        )
        stamp = draw_copy_stamp(self.fonts, self.maker_name, chinese_date(copy.made_at.date()))
        seal = Seal(name=self.maker_name, picture=stamp, signer=self.signer)
        # A copy bears no code: the key for codes is asked for by nothing here.
        keys = SealingKeys(seals=(AuthoritySeal(seal=seal, timestamper=self.timestamper),), code_signer=self.signer)
        sealed = FileSealer(self.fonts, keys, self.collector).seal(content, at=copy.made_at)
        files = {"pdf": sealed.pdf, "json": content.structured, "p7s": sealed.p7s}
        if with_ofd:
            files["ofd"] = self._ofd(content, sealed.p7s, stamp, copy.made_at)
        return files

    def _ofd(self, content: PdfContent, p7s: bytes, stamp: SealPicture, at: datetime) -> bytes:
        """The same content as an OFD; its stamp is drawn: the key for copies has no electronic seal (电子印章)."""
        drawn = ofd_content(content, fields=content.fields, signature=p7s, stamp=stamp)
        return sign_ofd(OfdWriter(self.fonts).write(drawn, at=at).files, self.signer, at=at)

    def _licence(self, original: StructuredLicence) -> Licence:
        """The licence whose face is drawn again: exactly what the original says, or none."""
        licence_type = self.catalogue.on(original.type_code, original.issued_on)
        if licence_type is None:
            raise CopyRefusedError
        try:
            licence = licence_from_paper(licence_type, paper_from(original, licence_type))
        except (ExceptionGroup, KeyError, ValueError) as error:
            # The type has changed since: what was accepted then is not accepted, or is called otherwise, now.
            raise CopyRefusedError from error
        again = structure(
            licence,
            identifier=original.identifier,
            seals=original.seals,
            joint_issuers=original.joint_issuers,
            relations=original.relations,
            sealed_at=original.sealed_at,
            status_place=original.status_place,
            development=original.development,
        )
        again = replace(
            again,
            origin=original.origin,
            obligations=original.obligations,
            attachments=original.attachments,
            documents=original.documents,
            unknown=original.unknown,
        )
        if again != original:
            raise CopyRefusedError
        return licence


def _digests(file: StoredFile) -> FileDigests:
    return FileDigests(sha256=file.sha256, sm3=file.sm3)


def _reliance(copy: MadeCopy, purpose: CopyPurpose) -> Reliance:
    return Reliance(
        identifier=copy.identifier,
        kind=RelianceKind.COPY,
        reference=copy.serial,
        office=purpose.office,
        officer=purpose.officer,
        item_name=purpose.item_name,
        item_code=purpose.item_code,
        case_number=purpose.case_number,
        relied_at=copy.made_at,
    )
