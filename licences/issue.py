"""Issuing: the one use case that ties catalogue, face, seal, code, check and store together."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from urllib.parse import urlsplit

from esign import (
    ELEMENTS,
    LONG_TERM,
    SALT_BYTES,
    SEAL_FIELD,
    CodeClaims,
    ExpectedSeal,
    FontChain,
    PdfContent,
    PdfSealer,
    Seal,
    ShortElement,
    holder_check_value,
    make_short_code,
    sign_code,
    sign_detached,
    structured_to_bytes,
)
from keys import Signer, hash_bytes, key_identifier

from .catalogue import Catalogue
from .convert import licence_from_paper
from .electronic import structure
from .errors import AllotmentTakenError, InvalidFieldError
from .identifiers import make_identifier
from .lifecycle import Status
from .model import Licence
from .render import FaceRenderer, Marks
from .store import FileKind, Idempotency, LicenceStore, Record, digests_of

CHINA = timezone(timedelta(hours=8))
"""UTC+08:00 as a fixed offset: licence days need no time zone database."""

# One status list holds a million licences; its number stands in the code, so further lists can follow.
STATUS_LIST = 1
STATUS_LIST_SIZE = 1 << 20

_ALLOTMENTS = 3  # a clash of random numbers is rare; three in a row mean that something else is wrong

Check = Callable[[bytes, bytes, bytes, str, datetime], None]
"""Judges finished files (PDF, structured licence, its signature, the code) and raises when one is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKeys:
    """An authority's seal and its key for codes, of one suite of algorithms."""

    seal: Seal
    code_signer: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLicence:
    """A licence that is finished and checked but not issued: it counts for nothing until the store has it."""

    record: Record
    holder_code: str
    files: Mapping[FileKind, bytes]


class Issuer:
    """Makes licences and puts them into the store."""

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
    ) -> None:
        """`sealing` by algorithm name; `public_url` (scheme and host) is printed in codes for ever."""
        self._catalogue = catalogue
        self._sealing = sealing
        self._sealers = {name: PdfSealer(fonts, keys.seal) for name, keys in sealing.items()}
        self._renderer = FaceRenderer(fonts)
        self._store = store
        self._check = check
        self._public_url = public_url
        self._local = urlsplit(public_url).hostname in ("127.0.0.1", "localhost", "::1")
        self._random = random

    def issue(
        self, type_name: str, data: object, *, algorithm: str, at: datetime, idempotency_key: str | None = None
    ) -> tuple[Record, bool]:
        """Make a licence and keep it; the answer says whether it is that of an earlier request with the same key.

        Raises what `make` and `keep` raise.
        """
        idempotency = request_idempotency(idempotency_key, type_name, data, algorithm)
        replayed = self.replay(idempotency)
        if replayed is not None:
            return replayed, True
        made = self.make(type_name, data, algorithm=algorithm, at=at)
        for _ in range(_ALLOTMENTS - 1):
            try:
                kept = self.keep(made, idempotency)
                return kept, kept.identifier != made.record.identifier
            except AllotmentTakenError:
                made = self.make(type_name, data, algorithm=algorithm, at=at)
        kept = self.keep(made, idempotency)
        return kept, kept.identifier != made.record.identifier

    def replay(self, idempotency: Idempotency | None) -> Record | None:
        """The licence that an earlier request with this key left.

        Raises:
            IdempotencyMismatchError: the key was used with another request.
        """
        return self._store.replay(*idempotency) if idempotency is not None else None

    def make(self, type_name: str, data: object, *, algorithm: str, at: datetime) -> MadeLicence:
        """From paper metadata to sealed and checked files. Nothing is stored.

        Args:
            type_name: slug or code of the licence type.
            data: the metadata, keyed as in the catalogue.
            algorithm: `sm2` or `rsa`.
            at: the time of sealing.

        Raises:
            UnknownTypeError: no such type.
            ExceptionGroup: of `InvalidFieldError`, every fault of the metadata at once.
            InvalidFieldError: the seal is not the issuing authority's, or a text does not fit on the face.
        """
        licence_type = self._catalogue.get(type_name)
        licence = licence_from_paper(licence_type, data)
        keys, sealer = self._sealing[algorithm], self._sealers[algorithm]
        certificate = keys.seal.signer.certificate
        _require_seal_of_issuer(licence, keys.seal)
        at = at.astimezone(CHINA).replace(microsecond=0)

        identifier = make_identifier(licence_type.code, licence.issuer.code, self._random)
        digest = keys.seal.signer.algorithm.digest
        expected = ExpectedSeal(
            field=SEAL_FIELD,
            order=1,
            algorithm=algorithm,
            certificate_digest=f"{digest}:{certificate.fingerprint(digest).hex()}",
        )
        development = certificate.is_development
        structured = structure(licence, identifier=identifier, seals=(expected,), sealed_at=at, development=development)
        json_bytes = structured_to_bytes(structured)
        claims = self._claims(licence, identifier, json_bytes, keys.code_signer)
        code, short_code = sign_code(claims, keys.code_signer), make_short_code(self._random)
        address = f"{self._public_url}/V/{code}"
        marks = Marks(
            identifier=identifier,
            code_address=address,
            short_code=short_code,
            public_url=self._public_url,
            development=development,
            local=self._local,
        )
        content = PdfContent(
            title=f"{licence_type.name} {licence.number}",
            pages=self._renderer.render(licence, marks),
            elements=_short_elements(licence, identifier),
            structured=json_bytes,
        )
        files: dict[FileKind, bytes] = {
            "pdf": sealer.seal(content, at=at),
            "json": json_bytes,
            "p7s": sign_detached(json_bytes, keys.seal.signer, signing_time=at),
        }
        self._check(files["pdf"], files["json"], files["p7s"], code, at)
        record = Record(
            identifier=identifier,
            number=licence.number,
            type_code=licence_type.code,
            type_slug=licence_type.slug,
            version=structured.version,
            algorithm=algorithm,
            issuer_code=licence.issuer.code,
            holder_kind=licence.holder.kind.code,
            valid_from=licence.validity.start,
            valid_to=licence.validity.end,
            sealed_at=at,
            status=Status.ISSUED,
            code=code,
            short_code=short_code,
            verify_url=address,
            files={kind: digests_of(file) for kind, file in files.items()},
            status_list=claims.status_list,
            status_index=claims.status_index,
        )
        return MadeLicence(record=record, holder_code=licence.holder.code, files=files)

    def keep(self, made: MadeLicence, idempotency: Idempotency | None = None) -> Record:
        """Issue a made licence: from here on it counts.

        Raises:
            DuplicateNumberError: the number was issued before.
            AllotmentTakenError: a random number clashed; make the licence again.
            StoreUnavailableError: nothing was kept.
        """
        return self._store.add(made.record, made.holder_code, made.files, idempotency)

    def _claims(self, licence: Licence, identifier: str, structured: bytes, signer: Signer) -> CodeClaims:
        salt = self._random(SALT_BYTES)
        digest = signer.algorithm.digest
        return CodeClaims(
            key_id=key_identifier(signer.public_key, digest),
            identifier=identifier,
            valid_from=licence.validity.start,
            valid_to=licence.validity.end,
            status_list=STATUS_LIST,
            status_index=int.from_bytes(self._random(4), "big") % STATUS_LIST_SIZE,
            holder_check=holder_check_value(salt, licence.holder.name, licence.holder.code),
            salt=salt,
            digest=hash_bytes(digest, structured),
        )


def request_idempotency(key: str | None, type_name: str, data: object, algorithm: str) -> Idempotency | None:
    """The key with the digest of the request, None without a key."""
    if key is None:
        return None
    body = json.dumps({"type": type_name, "data": data, "seal": algorithm}, sort_keys=True, ensure_ascii=True)
    return key, hash_bytes("sha256", body.encode("ascii")).hex()


def _require_seal_of_issuer(licence: Licence, seal: Seal) -> None:
    """A licence is sealed by the authority that it names and by nobody else (contract section 1)."""
    organisation = seal.signer.certificate.subject
    if organisation.organization_identifier != licence.issuer.code:
        raise InvalidFieldError("/data/certificateIssuingAuthorityCode", "SEAL_NOT_OF_ISSUER")
    if organisation.organization != licence.issuer.name:
        raise InvalidFieldError("/data/certificateIssuingAuthorityName", "SEAL_NOT_OF_ISSUER")


def _short_elements(licence: Licence, identifier: str) -> list[ShortElement]:
    """The elements that have a short name, for the PDF's metadata."""
    end = licence.validity.end
    values: dict[str, str | date] = {
        "certificateName": licence.licence_type.name,
        "certificateType": licence.licence_type.name,
        "certificateTypeCode": licence.licence_type.code,
        "certificateNumber": licence.number,
        "certificateIdentifier": identifier,
        "certificateIssuingAuthorityName": licence.issuer.name,
        "certificateIssuingAuthorityCode": licence.issuer.code,
        "certificateIssuingAuthorityLevel": licence.issuer.level,
        "certificateIssuedDate": licence.issued_on,
        "certificateHolderName": licence.holder.name,
        "certificateHolderCode": licence.holder.code,
        "certificateHolderTypeName": licence.holder.kind.name,
        "certificateHolderTypeCode": licence.holder.kind.code,
        "certificateEffectiveDate": licence.validity.start,
        "certificateExpiringDate": end if end is not None else LONG_TERM,
    }
    return [
        ShortElement(short_name=element.short_name, title=element.label, value=str(values[element.key]))
        for element in ELEMENTS
        if element.short_name is not None
    ]
