"""Batches of rows in every store, and scans of paper originals."""

import io
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from licences import (
    STRAY_LINE,
    ConversionBatch,
    ConversionNotFoundError,
    ConversionStore,
    MemoryConversions,
    RowOutcome,
    RowState,
    ScanError,
    SqlConversions,
    finding,
    index_scans,
    scan_key,
)
from licences.stock.batch import MAX_FINDINGS
from licences.stock.scans import MAX_SCAN_BYTES, MAX_SCANS, attach_scans, scan_facts

AT = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)


@pytest.fixture
def conversions(adapter_url: str | None) -> Iterator[ConversionStore]:
    if adapter_url is None:
        yield MemoryConversions()
        return
    store = SqlConversions(adapter_url)
    yield store
    store.close()


def batch(number: int, **changes: object) -> ConversionBatch:
    known: dict[str, object] = {
        "batch_id": f"{number:016x}", "request_digest": "d" * 64, "type_slug": "pesticide-business", "operator": "张",
        "checked_by": "", "dry_run": False, "total": 3, "begun_at": AT.replace(minute=number),
    }  # fmt: skip
    return ConversionBatch(**known | changes)  # type: ignore[arg-type]


def test_batches_are_kept_and_the_newest_is_found(conversions: ConversionStore) -> None:
    first, second, other = batch(1), batch(2), batch(3, request_digest="e" * 64, dry_run=True)
    for one in (second, first, other):
        conversions.begin(one)
    assert conversions.get(first.batch_id) == first
    assert conversions.newest("d" * 64) == second
    assert conversions.newest("f" * 64) is None
    conversions.finish(first.batch_id, AT, "KEY_UNUSABLE")
    finished = conversions.get(first.batch_id)
    assert (finished.finished_at, finished.failure) == (AT, "KEY_UNUSABLE")


def test_outcomes_take_the_place_of_earlier_ones(conversions: ConversionStore) -> None:
    conversions.begin(batch(1))
    conversions.begin(batch(2))
    told = finding(3, "/data/domicile", "REQUIRED", label="住所")
    outcomes = [
        RowOutcome(line=3, state=RowState.REFUSED, findings=(told,)),
        RowOutcome(line=2, state=RowState.WAITING),
        RowOutcome(line=STRAY_LINE, state=RowState.REFUSED, findings=(told,) * 3),
    ]
    conversions.record(batch(1).batch_id, outcomes)
    conversions.record(batch(1).batch_id, [])
    done = RowOutcome(line=2, state=RowState.CONVERTED, identifier="1.2.3", trust_level="C")
    conversions.record(batch(1).batch_id, [done])
    assert list(conversions.outcomes(batch(1).batch_id)) == [outcomes[2], done, outcomes[0]]
    assert dict(conversions.counts(batch(1).batch_id)) == {RowState.CONVERTED: 1, RowState.REFUSED: 1}
    assert list(conversions.outcomes(batch(2).batch_id)) == []
    assert dict(conversions.counts(batch(2).batch_id)) == {}


def test_a_batch_that_is_not_there(conversions: ConversionStore) -> None:
    for unknown in ("0" * 16, "ü", "\0"):
        with pytest.raises(ConversionNotFoundError):
            conversions.get(unknown)
    with pytest.raises(ConversionNotFoundError):
        conversions.record("0" * 16, [RowOutcome(line=2, state=RowState.WAITING)])
    with pytest.raises(ConversionNotFoundError):
        conversions.finish("0" * 16, AT)


def test_findings_of_one_row_are_limited(conversions: ConversionStore) -> None:
    conversions.begin(batch(1))
    many = tuple(finding(line, "", "ROW_WITHOUT_LICENCE", sheet="附表") for line in range(MAX_FINDINGS + 1))
    conversions.record(batch(1).batch_id, [RowOutcome(line=STRAY_LINE, state=RowState.REFUSED, findings=many)])
    (kept,) = conversions.outcomes(batch(1).batch_id)
    assert kept.findings == many[:MAX_FINDINGS]


def test_all_pages_of_outcomes(conversions: ConversionStore) -> None:
    conversions.begin(batch(1))
    outcomes = [RowOutcome(line=line, state=RowState.CONVERTED) for line in range(1, 2002)]
    for start in range(0, len(outcomes), 500):
        conversions.record(batch(1).batch_id, outcomes[start : start + 500])
    assert list(conversions.outcomes(batch(1).batch_id)) == outcomes


# scans


def picture(kind: str, pages: int = 1) -> bytes:
    content = io.BytesIO()
    others = [Image.new("L", (20, 30), shade) for shade in range(1, pages)]
    extra = {"save_all": True, "append_images": others} if others else {}
    Image.new("L", (20, 30)).save(content, kind, **extra)
    return content.getvalue()


def pdf(pages: int) -> bytes:
    content, document = io.BytesIO(), pikepdf.Pdf.new()
    for _ in range(pages):
        document.add_blank_page()
    document.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("make", "media_type", "pages"),
    [
        (lambda: picture("JPEG"), "image/jpeg", 1),
        (lambda: picture("PNG"), "image/png", 1),
        (lambda: picture("TIFF"), "image/tiff", 1),
        (lambda: picture("TIFF", 3), "image/tiff", 3),
        (lambda: pdf(4), "application/pdf", 4),
    ],
    ids=["jpeg", "png", "tiff", "tiff-3", "pdf-4"],
)
def test_scans_are_known_by_their_content(make: Callable[[], bytes], media_type: str, pages: int) -> None:
    facts = scan_facts(make())
    assert (facts.media_type, facts.pages) == (media_type, pages)


TIFF = picture("TIFF")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SCAN_UNREADABLE"),
        (b"<html>", "SCAN_UNREADABLE"),
        (picture("JPEG")[:-40], "SCAN_UNREADABLE"),
        (picture("PNG")[:-1], "SCAN_UNREADABLE"),
        (b"%PDF-1.7\nnothing", "SCAN_UNREADABLE"),
        (b"II*\0" + struct.pack("<I", 0), "SCAN_UNREADABLE"),
        (b"II*\0" + struct.pack("<IHI", 8, 0, 8), "SCAN_UNREADABLE"),  # a directory that follows itself
        (b"MM\0*" + struct.pack(">I", 2**31), "SCAN_UNREADABLE"),
        (bytes(MAX_SCAN_BYTES + 1), "SCAN_TOO_LARGE"),
    ],
    ids=["empty", "html", "half-jpeg", "half-png", "no-pdf", "no-page", "loop", "far", "large"],
)
def test_files_that_are_no_scans(data: bytes, code: str) -> None:
    with pytest.raises(ScanError) as refused:
        scan_facts(data)
    assert refused.value.code == code


@given(st.integers(0, len(TIFF) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_tiff_has_pages_or_is_refused(place: int, damage: bytes) -> None:
    try:
        facts = scan_facts(TIFF[:place] + damage + TIFF[place + len(damage) :])
    except ScanError:
        return
    assert 0 < facts.pages <= 1000


def test_what_the_licence_says_of_its_scans() -> None:
    contents = [picture("PNG"), pdf(2)]
    first, second = attach_scans(contents, operator="zhang")
    assert (first.described.name, first.described.pages, first.described.operator) == ("scan-1.png", 1, "zhang")
    assert (second.described.name, second.described.kind, second.described.size) == (
        "scan-2.pdf",
        "scan",
        len(contents[1]),
    )
    assert second.content == contents[1]
    with pytest.raises(ScanError):
        attach_scans([contents[0]] * (MAX_SCANS + 1), operator="")


def test_scans_are_found_by_number() -> None:
    names = [
        "农药经许（赣）99010110001.pdf",
        "D990101G2026-0001.tif",
        "d990101g2026-0002-2.jpg",
        "D990101G2026-0002-1.jpg",
        "7.png",
    ]
    found = index_scans(names)
    assert found[scan_key("农药经许(赣)99010110001")] == [names[0]]
    assert found[scan_key("D990101G2026-0001")] == [names[1]]
    assert found[scan_key("D990101G2026-0002")] == ["D990101G2026-0002-1.jpg", "d990101g2026-0002-2.jpg"]
    assert found[scan_key("7")] == ["7.png"]
    assert scan_key("XK/16 205:1") == scan_key("XK16205_1".replace("_", ""))
