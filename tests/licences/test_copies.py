"""Annotated copies and reliances: what a request must bring, and what every store of them promises."""

import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esign import CopyPurpose, group_serial, make_short_code
from licences import (
    AllotmentTakenError,
    Copies,
    CopyNotFoundError,
    FileStore,
    InvalidFieldError,
    KeyRing,
    LicenceNotFoundError,
    LicenceStore,
    MadeCopy,
    MemoryCopies,
    MemoryStore,
    ProtectedDataError,
    Protection,
    Reliance,
    RelianceKind,
    RelianceKnownError,
    SqlCopyStore,
    SqlStore,
    StoreUnavailableError,
    check_reliance,
    digests_of,
    fold_serial,
    is_serial,
    serials_in,
)
from licences.copies import SERIAL_PREFIX, check_copy_request
from licences.copy_tracing import MAX_TRACED_STREAMS

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
PURPOSE = CopyPurpose(
    cause="办理延续", office="样例县农业农村局", officer="clerk07", item_name="延续", item_code="A1", case_number="C-1"
)
FILES = {"pdf": b"%PDF-copy", "json": b"{}", "p7s": b"0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A store of copies, and two licences that it knows."""

    copies: Copies
    first: str
    second: str


def _protection() -> Protection:
    return Protection(lambda: KeyRing.of([bytes(range(16))]), secrets.token_bytes)


@pytest.fixture
def kept(adapter_url: str | None, tmp_path: Path, made: Callable[..., object]) -> Iterator[Kept]:
    if adapter_url is None:
        store: LicenceStore = MemoryStore()
        copies: Copies = MemoryCopies(store.get)
    else:
        (tmp_path / "files").mkdir(exist_ok=True)
        files = FileStore(tmp_path / "files")
        store = SqlStore(adapter_url, files, bytes(range(32)))
        copies = SqlCopyStore(adapter_url, files, _protection())
    identifiers = []
    for _ in range(2):
        licence = made()
        store.add(licence.record, [("001", "91990101MA0TERT40P")], licence.files)
        identifiers.append(licence.record.identifier)
    yield Kept(copies=copies, first=identifiers[0], second=identifiers[1])
    if isinstance(store, SqlStore) and isinstance(copies, SqlCopyStore):
        store.close()
        copies.close()


def reliance(identifier: str, **changes: object) -> Reliance:
    plain = Reliance(
        identifier=identifier,
        kind=RelianceKind.RECEIPT,
        reference="R-1",
        office="样例县农业农村局",
        officer="clerk07",
        item_name="延续",
        item_code="A1",
        case_number="C-1",
        relied_at=AT,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def copy_of(identifier: str, serial: str = "", made_at: datetime = AT) -> MadeCopy:
    return MadeCopy(
        serial=serial or "JZ" + make_short_code(secrets.token_bytes),
        identifier=identifier,
        made_by="clerk01",
        made_at=made_at,
        expires_at=made_at + timedelta(days=30),
        files={kind: digests_of(content) for kind, content in FILES.items()},
    )


def of_copy(copy: MadeCopy) -> Reliance:
    return reliance(copy.identifier, kind=RelianceKind.COPY, reference=copy.serial, relied_at=copy.made_at)


def test_copies_are_kept_with_their_files_and_their_reliance(kept: Kept) -> None:
    later, earlier = copy_of(kept.first, made_at=AT + timedelta(hours=1)), copy_of(kept.first)
    other = copy_of(kept.second)
    for copy in (later, earlier, other):
        kept.copies.add_copy(copy, FILES, of_copy(copy))
    assert kept.copies.copies_of(kept.first) == (earlier, later)
    assert kept.copies.copy(other.serial) == other
    assert {kind: kept.copies.copy_file(other, kind) for kind in other.files} == FILES
    assert kept.copies.of_licence(kept.first) == (of_copy(earlier), of_copy(later))
    assert kept.copies.relied_on() == tuple(sorted((kept.first, kept.second)))


def test_what_nobody_gave_out_is_not_found(kept: Kept) -> None:
    for serial in ("JZ2345678923AB", "", "加注件", "\0"):
        with pytest.raises(CopyNotFoundError):
            kept.copies.copy(serial)
    for identifier in ("1.2.3", "证照", "\0"):
        assert kept.copies.copies_of(identifier) == ()
        assert kept.copies.of_licence(identifier) == ()
        with pytest.raises(LicenceNotFoundError):
            kept.copies.add(reliance(identifier))
    unknown = copy_of("1.2.3")
    with pytest.raises(LicenceNotFoundError):
        kept.copies.add_copy(unknown, FILES, of_copy(unknown))
    assert kept.copies.relied_on() == ()


def test_a_serial_is_given_out_once(kept: Kept) -> None:
    copy = copy_of(kept.first)
    kept.copies.add_copy(copy, FILES, of_copy(copy))
    again = copy_of(kept.second, copy.serial)
    with pytest.raises(AllotmentTakenError):
        kept.copies.add_copy(again, FILES, of_copy(again))
    assert kept.copies.copies_of(kept.second) == ()
    assert kept.copies.of_licence(kept.second) == ()


def test_a_copy_whose_reliance_is_known_is_not_kept_by_half(kept: Kept) -> None:
    copy = copy_of(kept.first)
    kept.copies.add(of_copy(copy))
    with pytest.raises(AllotmentTakenError):
        kept.copies.add_copy(copy, FILES, of_copy(copy))
    with pytest.raises(CopyNotFoundError):
        kept.copies.copy(copy.serial)


def test_a_reliance_is_recorded_once(kept: Kept) -> None:
    kept.copies.add(reliance(kept.first))
    with pytest.raises(RelianceKnownError):
        kept.copies.add(reliance(kept.second, case_number="C-2"))
    kept.copies.add(reliance(kept.first, kind=RelianceKind.CODE, relied_at=AT - timedelta(days=1)))
    assert [one.kind for one in kept.copies.of_licence(kept.first)] == [RelianceKind.CODE, RelianceKind.RECEIPT]


def test_a_damaged_file_is_not_given_out(kept: Kept) -> None:
    copy = copy_of(kept.first)
    kept.copies.add_copy(copy, FILES, of_copy(copy))
    with pytest.raises(StoreUnavailableError):
        kept.copies.copy_file(replace(copy, files={"pdf": digests_of(b"something else")}), "pdf")


def test_the_digests_of_copies_are_encrypted(home: Path, made: Callable[..., object]) -> None:
    url, files = f"sqlite:///{home}/licences.db", FileStore(home / "files")
    licence = made()
    store = SqlStore(url, files, bytes(range(32)))
    store.add(licence.record, [("001", "91990101MA0TERT40P")], licence.files)
    copy = copy_of(licence.record.identifier)
    SqlCopyStore(url, files, _protection()).add_copy(copy, FILES, of_copy(copy))
    database = b"".join(path.read_bytes() for path in home.glob("licences.db*"))
    assert copy.serial.encode() in database
    assert copy.files["json"].sha256.encode() not in database
    strange = SqlCopyStore(url, files, Protection(lambda: KeyRing.of([bytes(16)]), secrets.token_bytes))
    with pytest.raises(ProtectedDataError):
        strange.copy(copy.serial)


def _codes(error: ExceptionGroup[InvalidFieldError]) -> dict[str, str]:
    return {fault.pointer: fault.code for fault in error.exceptions if isinstance(fault, InvalidFieldError)}


def test_every_fault_of_a_request_is_told_at_once() -> None:
    purpose = CopyPurpose(
        cause="因" * 201, office="", officer="a\u200bb", item_name=" x", item_code="1" * 101, case_number="e\u0301"
    )
    with pytest.raises(ExceptionGroup) as caught:
        check_copy_request(purpose, made_by="甲\x1b[2J", expires_at=AT, made_at=AT)
    assert _codes(caught.value) == {
        "/cause": "TOO_LONG",
        "/requester/office": "REQUIRED",
        "/requester/officer": "CONTROL_CHARACTER",
        "/item/name": "SURROUNDING_SPACE",
        "/item/code": "TOO_LONG",
        "/caseNumber": "NOT_NFC",
        "/madeBy": "CONTROL_CHARACTER",
        "/expiresAt": "COPY_EXPIRY_PAST",
    }


def test_the_longest_cause_is_taken() -> None:
    later = AT + timedelta(seconds=1)
    check_copy_request(replace(PURPOSE, cause="因" * 200), made_by="员" * 100, expires_at=later, made_at=AT)


def test_every_fault_of_a_reliance_is_told_at_once() -> None:
    check_reliance(reliance("1.2.3", officer="", item_name="", item_code=""))
    with pytest.raises(ExceptionGroup) as caught:
        check_reliance(reliance("1.2.3", office="", case_number="1" * 101, reference="回执一", officer="\x00"))
    assert _codes(caught.value) == {
        "/requester/office": "REQUIRED",
        "/caseNumber": "TOO_LONG",
        "/requester/officer": "CONTROL_CHARACTER",
        "/reference": "REFERENCE_MALFORMED",
    }


@given(st.binary(min_size=400, max_size=400))
def test_serials_are_read_as_they_are_printed(drawn: bytes) -> None:
    taken = iter(range(0, len(drawn), 16))
    serial = "JZ" + make_short_code(lambda count: drawn[(at := next(taken, 0)) : at + count] or bytes(count))
    printed = group_serial(serial)
    assert is_serial(printed)
    assert fold_serial(printed.lower()) == serial
    slipped = serial[:5] + ("2" if serial[5] != "2" else "3") + serial[6:]
    assert not is_serial(slipped)
    assert not is_serial(serial.removeprefix("JZ"))


def test_a_file_of_many_small_parts_is_looked_through_quickly() -> None:
    """What follows a part is not read again for each: five thousand times twenty megabytes took ten minutes."""
    serial = SERIAL_PREFIX + make_short_code(bytes)
    part, wanted = zlib.compress(b"x"), zlib.compress(b'"serial":"%s"' % serial.encode("ascii"))
    hollow = b"\x78\x9c" + b"\0\0\0\xff\xff" * 400_000
    many = b"%PDF-" + (b"stream\n" + part) * (MAX_TRACED_STREAMS - 1) + b"stream\n" + wanted + bytes(20 << 20)
    empty = b"stream\n\x78\x9c\0\7\0\xf8\xff" * 3000 + hollow
    begun = time.process_time()
    assert serials_in(many) == (serial,)
    assert serials_in(empty) == ()
    assert time.process_time() - begun < 20


def test_a_part_that_is_damaged_further_on_still_shows_its_serial() -> None:
    serial = SERIAL_PREFIX + make_short_code(bytes)
    packed = bytearray(zlib.compress(b'"serial":"%s"' % serial.encode("ascii") + secrets.token_bytes(9000)))
    packed[8000:] = bytes(len(packed) - 8000)
    assert serials_in(b"stream\n" + packed) == (serial,)
