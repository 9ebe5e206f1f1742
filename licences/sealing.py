"""Sealing the files of a licence, at the best level that is to be had: with every seal, timestamps and evidence.

A timestamp authority or a CA that is slow or down costs a level, never a seal; what was missed can be made up later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from esign import (
    AdditionRefusedError,
    Evidence,
    EvidenceMissingError,
    FontChain,
    OfdContent,
    OfdWriter,
    PdfContent,
    PdfSealer,
    SealedFile,
    SealedOfdFile,
    SealLevel,
    SignedData,
    Timestamper,
    TimestampError,
    add_detached_evidence,
    add_document_timestamp,
    add_evidence,
    add_ofd_timestamp,
    add_signature,
    prepare_next_ofd_seal,
    prepare_ofd_seal,
    prepare_seal,
    read_detached,
    read_sealed_ofd,
    read_sealed_pdf,
    read_timestamp,
    seals_on_ofd,
    structured_from_bytes,
    timestamp_detached,
)
from keys import SM2_SM3, Certificate

from .authority_seals import AuthoritySeal, SealingKeys, field_name


class Collector(Protocol):
    """Gets the evidence that certificates are good, while it can be had."""

    def collect(self, signers: Iterable[Sequence[Certificate]], at: datetime) -> Evidence:
        """Evidence about each of the paths (leaf first); `esign.EvidenceMissingError` when it is not complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFiles:
    """The files that bear seals, and how well these can be checked later."""

    pdf: bytes
    p7s: bytes
    level: SealLevel
    """The lower one of the two files'."""
    shortfall: str = ""
    """In English: why it is not the level that the settings ask for; empty when it is."""


class FileSealer:
    """Seals with one authority's keys."""

    def __init__(self, fonts: FontChain, keys: SealingKeys, collector: Collector | None = None) -> None:
        """Without `collector` no evidence is added, and levels end at B-T."""
        self._seals = keys.seals
        # Evidence comes when all seals are there: what is appended before would be no part of their file.
        self._collector = None if keys.awaited else collector
        first = keys.seals[0]
        self._sealer = PdfSealer(fonts, first.seal, timestamper=first.timestamper)
        self._ofds = OfdWriter(fonts)
        self._on_ofd = [
            (field_name(place), one) for place, one in enumerate(keys.seals) if one.seal.signer.algorithm == SM2_SM3
        ]
        self._awaits = bool(keys.awaited)

    def seal(self, content: PdfContent, *, at: datetime) -> SealedFiles:
        """Seal the PDF and the structured licence inside it.

        Raises:
            UnprintableError: a text has a character that no font prints.
            SealRefusedError: an electronic seal is not in force, or does not list the signer's certificate.
            KeysError: a key cannot sign now.
        """
        for one in self._seals:
            one.require_usable(at)
        pdf, failed = self._seal_pdf(content, at)
        p7s, failed = self._sign(content.structured, at, failed)
        if failed is not None or any(one.timestamper is None for one in self._seals):
            return SealedFiles(pdf=pdf, p7s=p7s, level=SealLevel.B_B, shortfall=str(failed or ""))
        if self._collector is None:
            return SealedFiles(pdf=pdf, p7s=p7s, level=level_of(pdf, p7s))
        try:
            evidence = self._collector.collect(signer_paths(pdf, p7s), at)
        except EvidenceMissingError as error:
            return SealedFiles(pdf=pdf, p7s=p7s, level=level_of(pdf, p7s), shortfall=str(error))
        pdf, p7s = add_evidence(pdf, evidence), add_detached_evidence(p7s, evidence)
        return SealedFiles(pdf=pdf, p7s=p7s, level=level_of(pdf, p7s))

    def seal_further(self, content: PdfContent, *, at: datetime) -> tuple[bytes, str]:
        """Seal a further document of a licence whose first one `seal` has sealed.

        The answer ends with what failed, as in `SealedFiles.shortfall`; raises as `seal`.
        """
        pdf, failed = self._seal_pdf(content, at)
        if failed is not None or self._collector is None or any(one.timestamper is None for one in self._seals):
            return pdf, str(failed or "")
        try:
            return add_evidence(pdf, self._collector.collect(signer_paths(pdf, None), at)), ""
        except EvidenceMissingError as error:
            return pdf, str(error)

    def seal_ofd(self, content: OfdContent, *, at: datetime) -> SealedOfdFile:
        """Set those of the seals that are SM2 on an OFD of what `seal` has sealed as PDF.

        Raises:
            AdditionRefusedError: there is no SM2 seal, or none with an electronic seal.
            UnprintableError, SealRefusedError, KeysError: as `seal`.
        """
        at = at.replace(microsecond=0)  # an electronic seal tells whole seconds
        draft = self._ofds.write(content, at=at)
        files, sealed, failed = draft.files, None, None
        for place, (field, one) in enumerate(self._on_ofd):
            one.require_usable(at)
            waiting = prepare_ofd_seal(
                files,
                place=place,
                seal=one.electronic_seal,
                certificate=one.seal.signer.certificate,
                stamp=draft.stamps.get(field),
                last=not self._awaits and place == len(self._on_ofd) - 1,
                at=at,
            )
            sealed = one.finish_ofd(waiting, one.timestamper if failed is None else None, at=at)
            files, failed = sealed.files, failed or sealed.shortfall
        if sealed is None:
            raise AdditionRefusedError("an OFD bears SM2 seals only")
        return replace(sealed, shortfall=failed)

    def _seal_pdf(self, content: PdfContent, at: datetime) -> tuple[bytes, TimestampError | None]:
        first = self._seals[0]
        sealed = first.finish(self._sealer.prepare(content, at=at), first.timestamper)
        failed = sealed.shortfall
        for place, one in enumerate(self._seals[1:], start=1):
            # When one authority has just failed the others are not waited for: the level is lost already.
            timestamper = one.timestamper if failed is None else None
            sealed = _next_seal(sealed.data, one, place, timestamper, at)
            failed = failed or sealed.shortfall
        return sealed.data, failed

    def _sign(
        self, structured: bytes, at: datetime, failed: TimestampError | None
    ) -> tuple[bytes, TimestampError | None]:
        p7s = b""
        for one in self._seals:
            signature = one.sign_detached(structured, at=at)
            p7s = add_signature(p7s, structured, signature) if p7s else signature
            if failed is None:
                p7s, failed = _timestamped(p7s, one)
        return p7s, failed


def _timestamped(p7s: bytes, seal: AuthoritySeal) -> tuple[bytes, TimestampError | None]:
    """The signature file with a timestamp over this seal's signature, or as it is and why it has none."""
    if seal.timestamper is None:
        return p7s, None
    try:
        return timestamp_detached(p7s, seal.timestamper, algorithm=seal.seal.signer.algorithm.name), None
    except TimestampError as error:
        return p7s, error


def add_joint_seal(pdf: bytes, p7s: bytes, seal: AuthoritySeal, *, at: datetime) -> SealedFiles:
    """Set the seal of an authority that issues jointly on the files that another one has sealed.

    Whether they are genuine, and wait for this seal, the caller has made sure of.

    Raises:
        AdditionRefusedError: the next seal that the file waits for is another one, or one that is there does not check.
        SealRefusedError: the electronic seal is not in force, or does not list the signer's certificate.
        EsignError: a file is none of ours.
        KeysError: the key cannot sign now.
    """
    seal.require_usable(at)
    facts = read_sealed_pdf(pdf)
    place = len(facts.seals)
    listed = structured_from_bytes(facts.structured).seals
    if place >= len(listed) or listed[place] != seal.expected(place):
        raise AdditionRefusedError("the licence does not wait for this seal now")
    sealed = _next_seal(pdf, seal, place, seal.timestamper, at)
    p7s = add_signature(p7s, facts.structured, seal.sign_detached(facts.structured, at=at))
    failed = sealed.shortfall
    if failed is None:
        p7s, failed = _timestamped(p7s, seal)
    return SealedFiles(pdf=sealed.data, p7s=p7s, level=level_of(sealed.data, p7s), shortfall=str(failed or ""))


def add_joint_ofd_seal(ofd: bytes, p7s: bytes, seal: AuthoritySeal, *, at: datetime) -> SealedOfdFile:
    """As `add_joint_seal`, on the OFD beside the PDF; `p7s` is what came of that one. Raises like it."""
    at = at.replace(microsecond=0)  # an electronic seal tells whole seconds
    seal.require_usable(at)
    facts = read_sealed_ofd(ofd)
    listed = seals_on_ofd(structured_from_bytes(facts.structured).seals)
    place = len(facts.seals)
    if place >= len(listed) or listed[place] != seal.expected(listed[place].order - 1):
        raise AdditionRefusedError("the licence does not wait for this seal now")
    certificate = seal.seal.signer.certificate
    waiting = prepare_next_ofd_seal(facts, signature=p7s, seal=seal.electronic_seal, certificate=certificate, at=at)
    sealed = seal.finish_ofd(waiting, seal.timestamper, at=at)
    read_sealed_ofd(sealed.data)  # what our own reader refuses is not given back
    return sealed


def _next_seal(
    pdf: bytes, seal: AuthoritySeal, place: int, timestamper: Timestamper | None, at: datetime
) -> SealedFile:
    waiting = prepare_seal(pdf, seal.seal, field=field_name(place), at=at, timestamped=timestamper is not None)
    return seal.finish(waiting, timestamper)


def raise_level(
    pdf: bytes, p7s: bytes, *, timestampers: Mapping[str, Timestamper], collector: Collector, at: datetime
) -> SealedFiles:
    """Make up for what was missed at issue, or renew the proof before a timestamp's own certificate ends.

    Signatures beside the file get the timestamps that they lack; both files get the evidence that can be had now, and
    the PDF a timestamp over all of that. `timestampers` by algorithm of the seal.

    Raises:
        TimestampError: there is none to be had now, or none is configured; nothing is lost.
        EvidenceMissingError: a certificate's state cannot be shown now.
        AdditionRefusedError: a seal is missing or does not check.
        EsignError: a file is none of ours.
    """
    for signature in read_detached(p7s).signers:
        if signature.timestamp is None:
            name = signature.algorithm.name
            p7s = timestamp_detached(p7s, _timestamper_for(signature, timestampers), algorithm=name)
    evidence = collector.collect(signer_paths(pdf, p7s), at)
    pdf, p7s = add_evidence(pdf, evidence), add_detached_evidence(p7s, evidence)
    last = read_sealed_pdf(pdf).seals[-1].signed_data
    pdf = add_document_timestamp(pdf, _timestamper_for(last, timestampers))
    return SealedFiles(pdf=pdf, p7s=p7s, level=level_of(pdf, p7s))


def level_of(pdf: bytes, p7s: bytes) -> SealLevel:
    """The level that both files have reached; the PDF's own may be the archival one, which a signature file has not.

    Raises:
        EsignError: a file is none of ours.
    """
    sealed, detached = read_sealed_pdf(pdf), read_detached(p7s)
    if any(facts.timestamp is None for facts in detached.signers):
        return SealLevel.B_B
    archived = bool(sealed.document_timestamps)
    if not archived and any(seal.signed_data.timestamp is None for seal in sealed.seals):
        return SealLevel.B_B
    if not sealed.evidence or not detached.evidence:
        return SealLevel.B_T
    return SealLevel.B_LTA if archived else SealLevel.B_LT


def raise_pdf(pdf: bytes, *, timestampers: Mapping[str, Timestamper], collector: Collector, at: datetime) -> bytes:
    """As `raise_level`, for a further document of a licence."""
    pdf = add_evidence(pdf, collector.collect(signer_paths(pdf, None), at))
    last = read_sealed_pdf(pdf).seals[-1].signed_data
    return add_document_timestamp(pdf, _timestamper_for(last, timestampers))


def raise_ofd(ofd: bytes, *, timestampers: Mapping[str, Timestamper]) -> bytes:
    """Make up for a missing timestamp on an OFD; there is no place for evidence in it. Raises like `raise_level`."""
    if SM2_SM3.name not in timestampers:
        raise TimestampError(f"no timestamp authority is configured for {SM2_SM3.name} seals")
    return add_ofd_timestamp(ofd, timestampers[SM2_SM3.name])


def _timestamper_for(signature: SignedData, timestampers: Mapping[str, Timestamper]) -> Timestamper:
    name = signature.algorithm.name
    if name not in timestampers:
        raise TimestampError(f"no timestamp authority is configured for {name} seals")
    return timestampers[name]


def signer_paths(pdf: bytes, p7s: bytes | None) -> list[tuple[Certificate, ...]]:
    """The certificates, leaf first, of everybody who has sealed or timestamped one of the files; each once."""
    sealed = read_sealed_pdf(pdf)
    signatures = [*(seal.signed_data for seal in sealed.seals), *(() if p7s is None else read_detached(p7s).signers)]
    tokens = [signature.timestamp for signature in signatures if signature.timestamp is not None]
    tokens += [stamp.token for stamp in sealed.document_timestamps]
    paths = [signature.certificates for signature in signatures]
    paths += [read_timestamp(token).certificates for token in tokens]
    return list({path[0].der: path for path in paths}.values())
