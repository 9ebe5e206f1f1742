"""What may be appended to a sealed PDF of ours (ISO 32000-1 section 7.5.6): further seals, evidence, timestamps.

An increment is a pure function of where the file stands and of a few facts. The reader takes the facts out of an
increment, makes it again with the same function and compares: no byte of it is unexplained.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from keys import hash_bytes

from . import pdf_objects as o
from .evidence import Evidence
from .pdf_file import around_digits, table_row, without_digits
from .pdf_form import (
    TIMESTAMP_FIELD,
    signature_dictionary,
    timestamp_dictionary,
    timestamp_field,
)
from .pdf_seal_picture import Drawing, appearance, image_objects

EVIDENCE_KINDS = ("Certs", "CRLs", "OCSPs")
"""The arrays of the document security store (ISO 32000-2 section 12.8.4.3)."""

_CATALOGUE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SealField:
    """A seal's form field as the first revision has it."""

    name: str
    number: int
    body: bytes
    appearance: int | None
    """The object that a picture goes into; None when the seal cannot be seen."""
    box: bytes | None
    """Size of the picture that goes there; None also for a seal that is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a file stands behind one of its revisions: all that the next one builds on."""

    end: int
    """Length of the file."""
    table: int
    """Place of its last table of places."""
    size: int
    """The number of the next new object."""
    identity: tuple[bytes, bytes]
    """Both halves of /ID in hexadecimal (section 14.4): the first is for ever, the second follows the content."""
    catalogue: bytes
    """The catalogue as the first revision has it."""
    fields: tuple[SealField, ...]
    """In the order of sealing."""
    sealed: int = 1
    """How many of them are sealed."""
    evidence: Evidence = field(default_factory=Evidence)
    stored: tuple[tuple[int, ...], ...] = ((), (), ())
    """The objects that hold the evidence, by kind."""
    store: int | None = None
    """The document security store."""
    timestamps: tuple[int, ...] = ()
    """The form fields of the document timestamps."""
    revisions: int = 1

    @property
    def next_field(self) -> SealField | None:
        """The field that is sealed next; None when all are."""
        return self.fields[self.sealed] if self.sealed < len(self.fields) else None

    @property
    def next_timestamp(self) -> str:
        """The name that the next document timestamp's field gets."""
        return f"{TIMESTAMP_FIELD}{len(self.timestamps) + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Increment:
    """One further revision but for its digits."""

    before: bytes
    after: bytes
    reserved: int | None
    """Bytes that the digits stand for; None when there are none."""
    following: Standing

    def written(self, value: bytes = b"") -> bytes:
        """The increment with the digits of a CMS or token."""
        return self.before + (b"" if self.reserved is None else digits(value, self.reserved)) + self.after


def digits(value: bytes, reserved: int) -> bytes:
    """The hexadecimal string of a CMS or token, padded with zeros to its reserved size."""
    return b"<" + value.ljust(reserved, b"\x00").hex().encode("ascii") + b">"


def seal_increment(
    standing: Standing, field: SealField, *, name: str, at: datetime, drawing: Drawing, reserved: int
) -> Increment:
    """The next seal; its picture is left out where it cannot be seen."""
    objects = {field.number: field.body.removesuffix(b">>") + b"/V " + o.reference(standing.size) + b">>"}
    number = standing.size + 1
    if field.appearance is not None and field.box is not None:
        objects[field.appearance] = appearance(drawing, field.box, image=number)
        for image in image_objects(drawing, number):
            objects[number] = image
            number += 1
    objects[standing.size] = signature_dictionary(
        name, at, place=standing.fields.index(field), seals=len(standing.fields)
    )
    following = replace(standing, size=number, sealed=standing.sealed + 1)
    return _increment(standing, following, objects, standing.size, reserved)


def evidence_increment(standing: Standing, evidence: Evidence) -> Increment:
    """Evidence that the file does not have yet."""
    number = standing.size
    objects: dict[int, bytes] = {}
    stored = []
    for earlier, items in zip(standing.stored, (evidence.certificates, evidence.crls, evidence.ocsps), strict=True):
        stored.append((*earlier, *range(number, number + len(items))))
        objects.update({number + index: o.stream(item) for index, item in enumerate(items)})
        number += len(items)
    store = standing.store if standing.store is not None else number
    arrays = {kind: o.references(numbers) for kind, numbers in zip(EVIDENCE_KINDS, stored, strict=True) if numbers}
    objects[store] = o.dictionary(Type=b"/DSS", **arrays)
    following = replace(
        standing,
        size=max(number, store + 1),
        evidence=standing.evidence.joined_with(evidence),
        stored=tuple(stored),
        store=store,
    )
    if standing.store is None:
        objects[_CATALOGUE] = _catalogue(following)
    return _increment(standing, following, objects, None, None)


def timestamp_increment(standing: Standing, reserved: int) -> Increment:
    """A timestamp over the whole file so far."""
    field, signature = standing.size, standing.size + 1
    following = replace(standing, size=standing.size + 2, timestamps=(*standing.timestamps, field))
    objects = {
        _CATALOGUE: _catalogue(following),
        field: timestamp_field(standing.next_timestamp, signature),
        signature: timestamp_dictionary(),
    }
    return _increment(standing, following, objects, signature, reserved)


def _catalogue(standing: Standing) -> bytes:
    """The first revision's catalogue with the fields and the store that came later."""
    first = [field.number for field in standing.fields]
    changed = standing.catalogue.replace(
        b"/Fields " + o.references(first), b"/Fields " + o.references([*first, *standing.timestamps]), 1
    )
    if standing.store is None:
        return changed
    return changed.removesuffix(b">>") + b"/DSS " + o.reference(standing.store) + b">>"


def _increment(
    standing: Standing, following: Standing, objects: dict[int, bytes], signature: int | None, reserved: int | None
) -> Increment:
    numbers = sorted(objects)
    chunks = [b"%d 0 obj\n" % number + objects[number] for number in numbers]
    first, second = standing.identity
    second = hash_bytes("sha256", (second, *chunks))[:16].hex().encode("ascii")
    trailer = b"trailer\n<</Size %d/Root 1 0 R/ID [<%s><%s>]/Prev %d>>\n" % (
        following.size, first, second, standing.table,
    )  # fmt: skip

    def table(places: Sequence[int]) -> bytes:
        return b"xref\n" + _sections(numbers, places) + trailer

    if signature is None or reserved is None:
        before, after = without_digits(standing.end, chunks, table), b""
        end = standing.end + len(before)
    else:
        before, after = around_digits(standing.end, chunks, numbers.index(signature), reserved, table)
        end = standing.end + len(before) + 2 * reserved + 2 + len(after)
    closing = after or before
    # `startxref`, the place of the table and `%%EOF` are the last three lines.
    table_at = int(closing.rsplit(b"\n", 3)[-3])
    following = replace(following, end=end, table=table_at, identity=(first, second), revisions=standing.revisions + 1)
    return Increment(before=before, after=after, reserved=reserved, following=following)


def _sections(numbers: Sequence[int], places: Sequence[int]) -> bytes:
    """The table's sections: one for each run of numbers."""
    out: list[bytes] = []
    rows: list[bytes] = []
    for index, (number, place) in enumerate(zip(numbers, places, strict=True)):
        rows.append(table_row(place))
        if index + 1 == len(numbers) or numbers[index + 1] != number + 1:
            out.append(b"%d %d\n" % (number + 1 - len(rows), len(rows)) + b"".join(rows))
            rows = []
    return b"".join(out)
