"""Making a licence: from metadata to files that are sealed and checked. Nothing is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from esign import (
    CHINA,
    SALT_BYTES,
    AuthorityRegister,
    CodeClaims,
    FontChain,
    PdfContent,
    SealLevel,
    StructuredRelation,
    StructuredStatusPlace,
    file_title,
    holder_check_value,
    make_short_code,
    seals_on_ofd,
    short_elements,
    sign_code,
    structured_from_bytes,
    structured_to_bytes,
)
from keys import Signer, hash_bytes, key_identifier

from .acts import Act
from .authority_seals import SealingKeys
from .bodies import attach_body
from .catalogue import Catalogue, LicenceType, Review
from .convert import licence_from_paper, licence_from_stock, type_on_issue
from .drafts import Asked
from .electronic import repeats, structure
from .errors import InvalidFieldError, UnknownAlgorithmError
from .identifiers import make_identifier, next_version, parse_identifier
from .issuing_authorities import joint_issuers, require_seal_of_issuer
from .lifecycle import Action, Status
from .model import Licence
from .ofd_files import ofd_content, wants_ofd
from .provenance import NATIVE, Attachment, Provenance
from .render import FaceRenderer, Marks
from .sealing import Collector, FileSealer
from .store import (
    FileKind,
    HolderKey,
    LicenceStore,
    Record,
    StatusPlace,
    digests_of,
    document_kind,
)

STATUS_LIST_SIZE = 1 << 20
_INDEX_BYTES = 3  # the least that hold an index; 2**24 is a multiple of the size, so none is likelier than others
# All of them taken: at half full that happens once in 65,536 licences, so that a list is left when about half full
# (52 % on average) and a free index is always found at the first attempt.
_INDEX_CANDIDATES = 16

Check = Callable[[Mapping[FileKind, bytes], str, datetime], None]
"""Judges finished files and the text of their code, and raises when one is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A new licence takes the place of one that was issued before."""

    previous: Record
    act: Act
    keeps_serial: bool
    """A new version of the same identifier; else a new identifier that names the previous one."""

    @property
    def is_ahead(self) -> bool:
        """Whether the act is recorded before it takes effect."""
        return self.act.effective_at > self.act.recorded_at


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLicence:
    """A licence that is finished and checked but not issued: it counts for nothing until the store has it."""

    record: Record
    holders: tuple[HolderKey, ...]
    files: Mapping[FileKind, bytes]
    attachments: tuple[Attachment, ...]
    following: Following | None
    level: SealLevel
    """How well the seals can be checked later."""
    shortfall: str
    """In English: what a timestamp authority or a CA failed to give; empty when nothing is missing."""
    asked: Asked
    """From what it was made."""
    review_required: bool


class LicenceMaker:
    """Makes licences."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        sealing: Mapping[str, SealingKeys],
        fonts: FontChain,
        store: LicenceStore,
        check: Check,
        public_url: str,
        random: Callable[[int], bytes],
        collector: Collector | None = None,
        register: AuthorityRegister | None = None,
        ofd: bool = False,
    ) -> None:
        """`sealing` by the name of the suite: `sm2`, `rsa` or `sm2+rsa`.

        `public_url` (scheme and host) is printed in codes for ever. Without `collector` nothing is kept that proves
        later that a certificate was good; without `register` each authority seals for itself alone. With `ofd`
        licences under SM2 seals are made as OFD, too, where nobody says otherwise.
        """
        self._ofd = ofd
        self._register = register
        self._catalogue = catalogue
        self._sealing = sealing
        self._sealers = {name: FileSealer(fonts, keys, collector) for name, keys in sealing.items()}
        self._renderer = FaceRenderer(fonts)
        self._store = store
        self._check = check
        self._public_url = public_url
        self._local = urlsplit(public_url).hostname in ("127.0.0.1", "localhost", "::1")
        self._random = random

    def make(
        self,
        type_name: str,
        data: object,
        *,
        algorithm: str,
        at: datetime,
        provenance: Provenance = NATIVE,
        following: Following | None = None,
        body: bytes | None = None,
        ofd: bool | None = None,
    ) -> MadeLicence:
        """From paper metadata to sealed and checked files. Nothing is stored.

        Args:
            type_name: slug or code of the licence type.
            data: the metadata, keyed as in the catalogue.
            algorithm: `sm2`, `rsa` or `sm2+rsa`.
            at: the time of sealing.
            provenance: whether it is made from paper, and from whose.
            following: whose place it takes.
            body: a PDF that was written elsewhere, where the type has one.
            ofd: whether every document is made as OFD, too; None: as this maker does, or as the previous one had it.

        Raises:
            UnknownTypeError: no such type.
            UnknownAlgorithmError: no seal of this algorithm.
            ExceptionGroup: of `InvalidFieldError`: the faults of the metadata, the seal is not the issuing authority's,
                characters that cannot be printed, a field that does not fit on the face, or seals that an OFD cannot
                bear. What is found at one of these steps comes at once.
            CatalogueError: the face has no room for the public URL.
            StoreUnavailableError: the store cannot say which status index is free.
            Exception: what `check` raises when the finished files are not good.
        """
        licence_type = type_on_issue(self._catalogue, type_name, data)
        if algorithm not in self._sealing:
            raise UnknownAlgorithmError
        keys, sealer = self._sealing[algorithm], self._sealers[algorithm]
        if provenance.origin.kind == "native":
            licence = licence_from_paper(licence_type, data)
        else:
            licence, _ = licence_from_stock(licence_type, data)
        for one in keys.seals:
            require_seal_of_issuer(licence, one.seal, self._register, at)
        if keys.awaited and len(licence_type.documents) > 1:
            # The other authorities set their seal on the first document: the others would lack it for ever.
            fault = InvalidFieldError("/joint", "JOINT_ONE_DOCUMENT")
            raise ExceptionGroup("the type cannot be issued jointly", [fault])
        if following is not None:
            self._check_following(licence, keys, following)
        by_default = self._ofd or (following is not None and "ofd" in following.previous.files)
        with_ofd = wants_ofd(ofd, by_default=by_default, keys=keys)
        at = at.astimezone(CHINA).replace(microsecond=0)

        attached = self._body(licence_type, body, provenance, following)
        identifier = self._identifier(licence, following)
        expected = keys.expected
        joint = joint_issuers(licence, keys)
        development = any(one.seal.signer.certificate.is_development for one in keys.seals)
        place = self._status_place()
        structured = structure(
            licence,
            identifier=identifier,
            seals=expected,
            joint_issuers=joint,
            provenance=provenance,
            relations=_relations(following, provenance),
            body=attached,
            sealed_at=at,
            status_place=StructuredStatusPlace(number=place.status_list, index=place.status_index),
            development=development,
        )
        json_bytes = structured_to_bytes(structured)
        claims = self._claims(licence, identifier, place, json_bytes, keys.code_signer)
        code, short_code = sign_code(claims, keys.code_signer), make_short_code(self._random)
        address = f"{self._public_url}/V/{code}"
        marks = Marks(
            identifier=identifier,
            code_address=address,
            short_code=short_code,
            public_url=self._public_url,
            development=development,
            local=self._local,
            origin=provenance.origin,
            attachments=structured.attachments,
        )
        awaited = [
            (seal.field, (one.width, one.height))
            for seal, one in zip(expected[len(keys.seals) :], keys.awaited, strict=True)
        ]
        contents = [
            PdfContent(
                title=file_title(structured.type_name, structured.number),
                pages=self._renderer.render(licence, marks, awaited, document),
                elements=short_elements(structured.elements()),
                structured=json_bytes,
                body=None if attached is None else attached.content,
                document=document.key,
                fields=[one.field for one in expected],
            )
            for document in licence_type.documents
        ]
        sealed = sealer.seal(contents[0], at=at)
        files: dict[FileKind, bytes] = {"pdf": sealed.pdf, "json": json_bytes, "p7s": sealed.p7s}
        shortfall = sealed.shortfall
        for content in contents[1:]:
            files[document_kind("pdf", content.document)], failed = sealer.seal_further(content, at=at)
            shortfall = shortfall or failed
        borne = [one.field for one in seals_on_ofd(expected)]
        for number, content in enumerate(contents if with_ofd else ()):
            ofd_file = sealer.seal_ofd(ofd_content(content, fields=borne, signature=sealed.p7s), at=at)
            files[document_kind("ofd", content.document if number else "")] = ofd_file.data
            shortfall = shortfall or str(ofd_file.shortfall or "")
        self._check(files, code, at)
        record = Record(
            identifier=identifier,
            number=licence.number,
            type_code=licence_type.code,
            type_slug=licence_type.slug,
            type_version=licence_type.version,
            version=structured.version,
            algorithm=algorithm,
            issuer_code=licence.issuer.code,
            holder_kind=licence.holders[0].kind.code,
            valid_from=licence.validity.start,
            valid_to=licence.validity.end,
            sealed_at=at,
            status=_first_status(licence_type, keys, provenance),
            code=code,
            short_code=short_code,
            verify_url=address,
            files={kind: digests_of(file) for kind, file in files.items()},
            status_list=place.status_list,
            status_index=place.status_index,
            obligations=structured.obligations,
        )
        holders = tuple((holder.kind.code, holder.code) for holder in licence.holders)
        return MadeLicence(
            record=record,
            holders=holders,
            files=files,
            attachments=(*provenance.scans, *(() if attached is None else (attached,))),
            following=following,
            level=sealed.level,
            shortfall=shortfall,
            asked=Asked(
                type_slug=licence_type.slug,
                data=data,
                algorithm=algorithm,
                replaced=None if following is None else (following.previous.identifier, following.act.action),
            ),
            review_required=self._needs_review(licence_type, data, provenance, following),
        )

    def _check_following(self, licence: Licence, keys: SealingKeys, following: Following) -> None:
        """Refuse what would be in force before the one that it replaces ends, or lacks one of its authorities."""
        faults = []
        if licence.validity.start < following.act.effective_at.astimezone(CHINA).date() and following.is_ahead:
            faults.append(InvalidFieldError("/effectiveAt", "IN_FORCE_TOO_EARLY"))
        previous = structured_from_bytes(self._store.file(following.previous, "json"))
        present = {one.code for one in joint_issuers(licence, keys)}
        if any(one.code not in present for one in previous.joint_issuers):
            faults.append(InvalidFieldError("/joint", "JOINT_ISSUER_MISSING"))
        if faults:
            raise ExceptionGroup("the licence cannot take the place of that one", faults)

    def _body(
        self, licence_type: LicenceType, body: bytes | None, provenance: Provenance, following: Following | None
    ) -> Attachment | None:
        """The body that was given, or that of the licence whose place this one takes.

        Of paper that is converted the scan is the body.
        """
        if body is None and provenance.origin.kind == "digitised":
            return None
        if body is None and following is not None:
            previous = structured_from_bytes(self._store.file(following.previous, "json"))
            had = next((one for one in previous.attachments if one.kind == "body"), None)
            if had is not None:
                body = self._store.attachment(following.previous.identifier, had.sha256)
        return attach_body(licence_type, body)

    def _needs_review(
        self, licence_type: LicenceType, data: object, provenance: Provenance, following: Following | None
    ) -> bool:
        """Whether only an approved draft may become this licence.

        Stock that is converted is checked by the rules of conversion, and what repeats a licence (换证, 补证) was
        checked when that one was made. A date of issue in the past does not lead around today's rule.
        """
        rules = {licence_type.review, self._catalogue.get(licence_type.code).review}
        if Review.REQUIRED not in rules:
            return False
        if following is None:
            return provenance.origin.kind != "digitised"
        previous = structured_from_bytes(self._store.file(following.previous, "json"))
        return not repeats(data, previous, licence_type)

    def _identifier(self, licence: Licence, following: Following | None) -> str:
        if following is not None and following.keeps_serial:
            # Not always the previous one: a version after it may have ended, and this one been restored.
            serial = parse_identifier(following.previous.identifier).serial
            versions = [parse_identifier(one.identifier) for one in self._store.versions(following.previous.identifier)]
            newest = max((one for one in versions if one.serial == serial), key=lambda one: one.version)
            return next_version(str(newest))
        return make_identifier(licence.licence_type.code, licence.issuer.code, self._random)

    def _status_place(self) -> StatusPlace:
        drawn = self._random(_INDEX_CANDIDATES * _INDEX_BYTES)
        candidates = [
            int.from_bytes(drawn[start : start + _INDEX_BYTES], "big") % STATUS_LIST_SIZE
            for start in range(0, len(drawn), _INDEX_BYTES)
        ]
        return self._store.free_status_place(candidates)

    def _claims(
        self, licence: Licence, identifier: str, place: StatusPlace, structured: bytes, signer: Signer
    ) -> CodeClaims:
        """What the code says; its holder check value is that of the first holder."""
        salt = self._random(SALT_BYTES)
        digest = signer.algorithm.digest
        first = licence.holders[0]
        return CodeClaims(
            key_id=key_identifier(signer.public_key, digest),
            identifier=identifier,
            valid_from=licence.validity.start,
            valid_to=licence.validity.end,
            status_list=place.status_list,
            status_index=place.status_index,
            holder_check=holder_check_value(salt, first.name, first.code),
            salt=salt,
            digest=hash_bytes(digest, structured),
        )


def _relations(following: Following | None, provenance: Provenance) -> tuple[StructuredRelation, ...]:
    if following is not None:
        return (StructuredRelation(identifier=following.previous.identifier, relation=following.act.action.value),)
    if provenance.transferred_from:
        relation = Action.TRANSFER_IN.value
        return (StructuredRelation(identifier=provenance.transferred_from, relation=relation),)
    return ()


def _first_status(licence_type: LicenceType, keys: SealingKeys, provenance: Provenance) -> Status:
    if keys.awaited:
        return Status.PENDING
    # The paper was handed over long ago.
    awaits_activation = licence_type.lifecycle.activation and provenance.origin.kind == "native"
    return Status.INACTIVE if awaits_activation else Status.ISSUED
