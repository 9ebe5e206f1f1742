"""Appending to a sealed PDF of ours: the next seal, evidence, a document timestamp. Nothing before is touched."""

from datetime import datetime

from keys import hash_bytes

from . import pdf_objects as o
from .cms_detached import check_signed
from .errors import AdditionRefusedError, TooLargeError
from .evidence import Evidence
from .pdf_drawing import MM
from .pdf_form import TOKEN_RESERVE
from .pdf_increment import SealField, evidence_increment, seal_increment, timestamp_increment
from .pdf_prepared import PreparedPdf, SealedFile, prepared, room_for
from .pdf_reading import MAX_PDF_BYTES, MAX_REVISIONS, MAX_UPDATE_BYTES, SealedPdf, read_sealed_pdf
from .pdf_seal_picture import drawing_of
from .seal import Seal
from .stamping import have_stamped
from .tsp import Timestamper


def add_seal(pdf: bytes, seal: Seal, *, field: str, at: datetime, timestamper: Timestamper | None = None) -> SealedFile:
    """Prepare, sign and finish the next seal of a file; `at` is the signing time that it states.

    Raises:
        AdditionRefusedError: `field` is not the one that is sealed next, the picture has another size than its place,
            or a seal that is there does not check.
        EsignError: the file is none of ours, see `read_sealed_pdf`; it would become too large.
    """
    waiting = prepare_seal(pdf, seal, field=field, at=at, timestamped=timestamper is not None)
    return waiting.finish_timestamped(seal.signer.sign(waiting.attributes), timestamper)


def prepare_seal(pdf: bytes, seal: Seal, *, field: str, at: datetime, timestamped: bool) -> PreparedPdf:
    """The file with the next seal but for its digits, with or without room for a timestamp; raises like `add_seal`."""
    facts = read_sealed_pdf(pdf)
    _check_seals(facts)
    following = facts.standing.next_field
    if following is None or following.name != field:
        expected = "all are sealed" if following is None else f"{following.name} is next"
        raise AdditionRefusedError(f"{field} is not the next field to be sealed: {expected}")
    _check_size(following, seal)
    increment = seal_increment(
        facts.standing,
        following,
        name=seal.name,
        at=at,
        drawing=drawing_of(seal.picture),
        reserved=room_for(seal.signer, timestamped=timestamped),
    )
    _check_room(facts, increment.following.end)
    return prepared(seal.signer, pdf + increment.before, increment.after, increment.reserved or 0)


def add_evidence(pdf: bytes, evidence: Evidence) -> bytes:
    """Append evidence that the file does not have yet; the same bytes when it has all of it.

    Raises:
        AdditionRefusedError: a seal is missing or does not check.
        EsignError: the file is none of ours; it would become too large; an item is no DER SEQUENCE.
    """
    facts = _complete(pdf)
    new = evidence.without(facts.evidence)
    if not new:
        return pdf
    increment = evidence_increment(facts.standing, new)
    _check_room(facts, increment.following.end)
    return _read_again(pdf + increment.written())


def add_document_timestamp(pdf: bytes, timestamper: Timestamper) -> bytes:
    """Append a timestamp over the whole file, by the digest of its last seal.

    Raises:
        TimestampError: there is none to be had.
        AdditionRefusedError: a seal is missing or does not check.
        EsignError: the file is none of ours; it would become too large.
    """
    facts = _complete(pdf)
    increment = timestamp_increment(facts.standing, TOKEN_RESERVE)
    _check_room(facts, increment.following.end)
    name = facts.seals[-1].signed_data.algorithm.digest
    digest = hash_bytes(name, (pdf, increment.before, increment.after))
    token = have_stamped(timestamper, digest, name, room=TOKEN_RESERVE)
    return _read_again(pdf + increment.written(token))


def _complete(pdf: bytes) -> SealedPdf:
    facts = read_sealed_pdf(pdf)
    _check_seals(facts)
    if facts.standing.next_field is not None:
        raise AdditionRefusedError(f"the seal {facts.standing.next_field.name} is missing")
    return facts


def _check_seals(facts: SealedPdf) -> None:
    for there in facts.seals:
        check_signed(there.signed_data, *there.covered.chunks(), name=there.field)


def _check_size(field: SealField, seal: Seal) -> None:
    """Make sure that the picture goes into its place as large as it is: seals have prescribed sizes."""
    box = o.box(0, 0, seal.picture.width * MM, seal.picture.height * MM)
    if field.box not in (None, box):
        raise AdditionRefusedError("the seal's picture has another size than its place on the page")


def _check_room(facts: SealedPdf, size: int) -> None:
    if size > MAX_PDF_BYTES:
        raise TooLargeError(f"a PDF of {size} bytes; the limit is {MAX_PDF_BYTES}")
    if size - facts.standing.end > MAX_UPDATE_BYTES:
        raise TooLargeError(f"a further revision of more than {MAX_UPDATE_BYTES} bytes")
    if facts.standing.revisions >= MAX_REVISIONS:
        raise TooLargeError(f"more than {MAX_REVISIONS} revisions")


def _read_again(pdf: bytes) -> bytes:
    """The file, after its own reader has taken it."""
    read_sealed_pdf(pdf)
    return pdf
