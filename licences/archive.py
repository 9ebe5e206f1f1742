"""Archive packages (电子档案): everything that the store has of a licence in one file that proves itself later."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import resources
from typing import Final, Protocol

from esign import (
    CHINA,
    MANIFEST_FILE,
    PERMANENT,
    SIGNATURE_FILE,
    ArchivedAct,
    ArchivedFile,
    ArchivedProof,
    ArchivedStanding,
    ArchivedVersion,
    ArchiveManifest,
    Evidence,
    StructuredLicence,
    TimestampError,
    add_detached_evidence,
    archive_to_bytes,
    manifest_to_bytes,
    read_detached,
    read_timestamp,
    structured_from_bytes,
    timestamp_detached,
)
from keys import Certificate

from . import catalogue
from .archive_readme import readme
from .authority_seals import AuthoritySeal
from .catalogue import licence_type_from_toml
from .errors import LicenceNotFoundError
from .ofd_files import ofd_signer_paths
from .sealing import signer_paths
from .standing import Event, standing_at
from .store import SEALED_FORMS, FileKind, LicenceStore, Record, digests_of, form_and_key

README_FILE: Final = "README.txt"
_ENDINGS: Final[Mapping[str, str]] = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
}


class Gatherer(Protocol):
    """Gets what shows whether certificates are good, while it can be had."""

    def gather(self, signers: Iterable[Sequence[Certificate]], at: datetime) -> tuple[Evidence, tuple[str, ...]]:
        """What can be had about each of the paths (leaf first), and in English what cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeArchive:
    """A finished package."""

    data: bytes
    manifest: ArchiveManifest
    missed: tuple[str, ...]
    """In English: what would have proven more later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveMaker:
    """Makes packages under the seal of the authority."""

    store: LicenceStore
    seal: AuthoritySeal
    gatherer: Gatherer
    type_files: Callable[[str], Mapping[str, bytes]]
    """Gives the files of the catalogue that describe a type, by name."""
    register: Mapping[str, bytes]
    """Files of the authority register, by name; nothing where there is none."""

    def make(self, identifier: str, *, made_by: str, at: datetime) -> MadeArchive:
        """Pack all versions of the licence that this is a version of.

        Raises:
            LicenceNotFoundError: no such licence.
            StoreUnavailableError: a file cannot be had.
            SealRefusedError: the electronic seal may not seal now.
            TooLargeError: it is more than a package may hold.
            KeysError: the key cannot sign now.
        """
        self.seal.require_usable(at)
        at = at.astimezone(CHINA)
        files: dict[str, bytes] = {f"register/{name}": content for name, content in self.register.items()}
        signers: dict[bytes, tuple[Certificate, ...]] = {}
        versions = []
        for record in self.store.versions(identifier):
            version, found = self._version(record, files, at)
            versions.append(version)
            signers |= {path[0].der: path for path in found}
        evidence, missed = self.gatherer.gather(signers.values(), at)
        files |= _evidence_files(evidence)
        subject = self.seal.seal.signer.certificate.subject
        files[README_FILE] = readme(identifier, subject.organization or "", at)
        manifest = ArchiveManifest(
            created_at=at,
            maker_name=subject.organization or "",
            maker_code=subject.organization_identifier or "",
            made_by=made_by,
            identifier=identifier,
            retention=PERMANENT,
            versions=tuple(versions),
            files=tuple(_described(path, files[path]) for path in sorted(files)),
            development=self.seal.seal.signer.certificate.is_development,
        )
        data = manifest_to_bytes(manifest)
        signature, more = self._sealed(data, at)
        return MadeArchive(
            data=archive_to_bytes({**files, MANIFEST_FILE: data, SIGNATURE_FILE: signature}),
            manifest=manifest,
            missed=(*missed, *more),
        )

    def _version(
        self, record: Record, files: dict[str, bytes], at: datetime
    ) -> tuple[ArchivedVersion, list[tuple[Certificate, ...]]]:
        """Put the files of a version among the others; say what it is, and who has sealed or timestamped them."""
        folder = f"licences/{record.identifier}"
        contents = {kind: self.store.file(record, kind) for kind in record.files}
        places = {kind: f"{folder}/{_name(kind)}" for kind in contents}
        files |= {places[kind]: content for kind, content in contents.items()}
        licence = structured_from_bytes(contents["json"])
        attached = {
            f"{folder}/attachments/{one.sha256}{_ENDINGS.get(one.media_type, '')}": self.store.attachment(
                record.identifier, one.sha256
            )
            for one in licence.attachments
        }
        described = {f"catalogue/{name}": content for name, content in self.type_files(record.type_code).items()}
        files |= attached | described
        documents = [kind for kind in contents if form_and_key(kind)[0] in SEALED_FORMS]
        events = self.store.events(record.identifier)
        version = ArchivedVersion(
            identifier=record.identifier,
            type=record.type_slug,
            structured=places["json"],
            signature=places["p7s"],
            documents=tuple(places[kind] for kind in sorted(documents)),
            attachments=tuple(sorted(attached)),
            catalogue=tuple(sorted(described)),
            proofs=tuple(self._proofs(record)),
            standing=_standing(events, licence, at),
            acts=tuple(_act(event) for event in events),
        )
        paths = signer_paths(contents["pdf"], contents["p7s"])
        for kind in documents:
            ofd = form_and_key(kind)[0] == "ofd"
            paths += ofd_signer_paths(contents[kind]) if ofd else signer_paths(contents[kind], None)
        return version, paths

    def _proofs(self, record: Record) -> Iterator[ArchivedProof]:
        for kind in sorted(record.files):
            digest = record.files[kind].sha256
            since = self.store.existed_since(record.identifier, digest)
            if since is not None:
                yield ArchivedProof(sha256=digest, since=since.astimezone(CHINA))

    def _sealed(self, data: bytes, at: datetime) -> tuple[bytes, tuple[str, ...]]:
        """The signature of the manifest, at the best level that is to be had."""
        signature = self.seal.sign_detached(data, at=at.replace(microsecond=0))
        missed: tuple[str, ...] = ()
        if self.seal.timestamper is None:
            missed = ("no timestamp on the package: no timestamp authority is configured",)
        else:
            try:
                signature = timestamp_detached(signature, self.seal.timestamper)
            except TimestampError as error:
                missed = (f"no timestamp on the package: {error}",)
        signer = read_detached(signature).signers[0]
        paths = [signer.certificates]
        if signer.timestamp is not None:
            paths.append(read_timestamp(signer.timestamp).certificates)
        evidence, more = self.gatherer.gather(paths, at)
        if evidence.crls or evidence.ocsps:
            signature = add_detached_evidence(signature, evidence)
        return signature, (*missed, *more)


def _name(kind: FileKind) -> str:
    """Name of a file in the folder of its version."""
    form, key = form_and_key(kind)
    if form in SEALED_FORMS:
        return f"licence.{key}.{form}" if key else f"licence.{form}"
    return {"json": "licence.json", "p7s": "licence.json.p7s"}[kind]


def _described(path: str, content: bytes) -> ArchivedFile:
    found = digests_of(content)
    return ArchivedFile(path=path, sha256=found.sha256, sm3=found.sm3, size=found.size)


def _evidence_files(evidence: Evidence) -> dict[str, bytes]:
    kinds = ((".cer", evidence.certificates), (".crl", evidence.crls), (".ocsp", evidence.ocsps))
    return {f"evidence/{sha256(item).hexdigest()}{kind}": item for kind, items in kinds for item in items}


def _standing(events: Sequence[Event], licence: StructuredLicence, at: datetime) -> ArchivedStanding:
    standing = standing_at(events, licence.obligations, at)
    if standing is None:
        raise LicenceNotFoundError
    return ArchivedStanding(
        value=standing.status.value,
        disputed=standing.disputed,
        renewal_pending=standing.renewal_pending,
        extended_to=standing.extended_to,
        obligations=standing.obligations,
        successor=standing.successor,
    )


def _act(event: Event) -> ArchivedAct:
    act, more = event.act, event.act.particulars
    return ArchivedAct(
        sequence=event.sequence,
        action=act.action.value,
        before=None if event.before is None else event.before.value,
        after=event.after.value,
        ground=act.ground,
        legal_ground=act.legal_ground,
        decision=act.decision,
        effective_at=act.effective_at.astimezone(CHINA),
        recorded_at=act.recorded_at.astimezone(CHINA),
        actor=act.actor.name,
        office=act.actor.office,
        office_code=act.actor.office_code,
        until=more.until,
        obligation=more.obligation,
        next_due=more.next_due,
        applied_on=more.applied_on,
        keeps_valid=more.keeps_valid,
        related=more.related,
    )


def type_files(type_code: str, own: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that describe a type, of all its versions, by a name with the version.

    They are looked for among those that ship and a home's `own`.
    """
    shipped = (file.read_bytes() for file in resources.files(catalogue).iterdir() if file.name.endswith(".toml"))
    found = {}
    for content in (*shipped, *own.values()):
        if tomllib.loads(content.decode())["code"] == type_code:
            licence_type = licence_type_from_toml(content)
            found[f"{licence_type.slug}-v{licence_type.version}.toml"] = content
    return found
