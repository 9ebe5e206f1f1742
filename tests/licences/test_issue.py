"""The use case: what is made, what is kept, what an earlier request left, and every refusal by its name."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from esign import CHINA, FontChain, Seal, SealLevel, draw_round_seal, read_code, structured_from_bytes
from keys import make_development_pki
from licences import (
    AllotmentTakenError,
    AuthoritySeal,
    InvalidFieldError,
    Issued,
    Issuer,
    LicenceStore,
    MadeLicence,
    MemoryStore,
    SealingKeys,
    UnknownAlgorithmError,
    UnknownTypeError,
    load_catalogue,
    shipped_font,
)
from licences.making import STATUS_LIST_SIZE

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "fixtures/paper/water-abstraction-1.json").read_text("utf-8"))
NAME, DATA = DOCUMENT["type"], DOCUMENT["data"]
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
FONTS = FontChain([shipped_font()])

AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)


@pytest.fixture(scope="module")
def sealing() -> dict[str, SealingKeys]:
    pki = make_development_pki("rsa", authority_name=AUTHORITY, authority_code=AUTHORITY_CODE, at=AT, random=os.urandom)
    seal = Seal(name=AUTHORITY, picture=draw_round_seal(FONTS, AUTHORITY), signer=pki.seal)
    return {"rsa": SealingKeys(seals=(AuthoritySeal(seal=seal),), code_signer=pki.code)}


@pytest.fixture
def new_issuer(sealing: dict[str, SealingKeys]) -> Callable[..., Issuer]:
    def make(store: LicenceStore, random: Callable[[int], bytes] = os.urandom, **changes: Any) -> Issuer:
        options = {"check": lambda *files: None, "public_url": "http://127.0.0.1:8000"} | changes
        return Issuer(catalogue=load_catalogue(), sealing=sealing, fonts=FONTS, store=store, random=random, **options)

    return make


def issue(issuer: Issuer, number: str = "D990101G2026-0001", **options: Any) -> Issued:
    return issuer.issue(NAME, DATA | {"certificateNumber": number}, algorithm="rsa", at=AT, **options)


def test_a_licence_is_made_kept_and_found(new_issuer: Callable[..., Issuer]) -> None:
    store = MemoryStore()
    issued = issue(new_issuer(store))
    record = issued.record
    assert (issued.replayed, issued.level, issued.shortfall) == (False, SealLevel.B_B, "")
    assert store.get(record.identifier) == record
    assert store.of_holder("111", DATA["certificateHolderCode"]) == (record,)
    claims = read_code(record.code).claims
    assert (claims.status_list, claims.status_index) == (record.status_list, record.status_index)
    assert structured_from_bytes(store.file(record, "json")).number == record.number


def test_the_same_request_is_answered_by_the_same_licence(new_issuer: Callable[..., Issuer]) -> None:
    store = MemoryStore()
    seen: list[MadeLicence] = []
    issuer = new_issuer(store)
    first = issue(issuer, idempotency_key="key", before_keeping=seen.append)
    again = issue(issuer, idempotency_key="key", before_keeping=seen.append)
    assert again == Issued(record=first.record, replayed=True, level=SealLevel.B_B)
    assert [made.record for made in seen] == [first.record]


def test_an_error_before_keeping_leaves_nothing(new_issuer: Callable[..., Issuer]) -> None:
    store = MemoryStore()

    def full(made: MadeLicence) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        issue(new_issuer(store), idempotency_key="key", before_keeping=full)
    assert store.of_holder("111", DATA["certificateHolderCode"]) == ()
    assert issue(new_issuer(store), idempotency_key="key").replayed is False


def test_what_somebody_took_meanwhile_is_drawn_again(new_issuer: Callable[..., Issuer]) -> None:
    store = MemoryStore()
    seen: list[MadeLicence] = []

    def overtake(made: MadeLicence) -> None:
        seen.append(made)
        if len(seen) < 3:
            record = replace(made.record, identifier=f"other {len(seen)}", number=f"other {len(seen)}")
            store.add(record, made.holders, made.files)

    issued = issue(new_issuer(store), before_keeping=overtake)
    assert (issued.record, issued.replayed) == (seen[-1].record, False)
    assert len({made.record.identifier for made in seen}) == 3


def test_a_random_source_that_repeats_itself_is_given_up(new_issuer: Callable[..., Issuer]) -> None:
    issuer = new_issuer(MemoryStore(), random=bytes)
    issue(issuer)
    with pytest.raises(AllotmentTakenError):
        issue(issuer, "D990101G2026-0002")


def test_a_taken_status_index_costs_no_second_sealing(new_issuer: Callable[..., Issuer]) -> None:
    """Half of the indices that are drawn are taken; nothing is made twice, and the next list is opened in time."""
    store, chance = MemoryStore(), random.Random(20261122)  # noqa: S311 - the same indices in every run
    drawn = 0

    def few_indices(size: int) -> bytes:
        nonlocal drawn
        if size != 48:
            return os.urandom(size)
        drawn += 1
        return b"".join((index % 4).to_bytes(3, "big") for index in chance.randbytes(16))

    issuer = new_issuer(store, random=few_indices)
    seen: list[MadeLicence] = []
    places = []
    for number in range(8):
        record = issue(issuer, f"D990101G2026-{number:04d}", before_keeping=seen.append).record
        places.append((record.status_list, record.status_index))
    assert len(seen) == drawn == 8
    assert len(set(places)) == 8
    assert max(places)[0] >= 2
    assert all(index < 4 for _, index in places)


def test_indices_are_drawn_from_the_whole_list(new_issuer: Callable[..., Issuer]) -> None:
    issuer = new_issuer(MemoryStore(), random=lambda size: b"\xff" * size if size == 48 else os.urandom(size))
    assert issue(issuer).record.status_index == STATUS_LIST_SIZE - 1


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"certificateNumber": "?"}, {("/data/certificateNumber", "NUMBER_MALFORMED")}),
        (
            {
                "certificateIssuingAuthorityName": "样例县水务局",
                "certificateIssuingAuthorityCode": "11990100000001038M",
            },
            {
                ("/data/certificateIssuingAuthorityName", "SEAL_NOT_OF_ISSUER"),
                ("/data/certificateIssuingAuthorityCode", "SEAL_NOT_OF_ISSUER"),
            },
        ),
        ({"certificateHolderName": "\U000313ac"}, {("/data/certificateHolderName", "UNPRINTABLE_CHARACTER")}),
    ],
    ids=["metadata", "seal", "character"],
)
def test_every_refusal_of_data_is_one_group(
    new_issuer: Callable[..., Issuer], changes: dict[str, str], faults: set[tuple[str, str]]
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        new_issuer(MemoryStore()).make(NAME, DATA | changes, algorithm="rsa", at=AT)
    assert all(isinstance(fault, InvalidFieldError) for fault in caught.value.exceptions)
    assert {(fault.pointer, fault.code) for fault in caught.value.exceptions} == faults  # type: ignore[attr-defined]


def test_unknown_types_and_algorithms_are_named(new_issuer: Callable[..., Issuer]) -> None:
    issuer = new_issuer(MemoryStore())
    with pytest.raises(UnknownTypeError):
        issuer.make("no-type", DATA, algorithm="rsa", at=AT)
    with pytest.raises(UnknownAlgorithmError):
        issuer.make(NAME, DATA, algorithm="sm2", at=AT)


def test_what_the_check_refuses_is_not_kept(new_issuer: Callable[..., Issuer]) -> None:
    store = MemoryStore()

    class RefusedError(Exception):
        pass

    def refuse(*files: object) -> None:
        raise RefusedError

    with pytest.raises(RefusedError):
        issue(new_issuer(store, check=refuse))
    assert store.of_holder("111", DATA["certificateHolderCode"]) == ()
