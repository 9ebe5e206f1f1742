"""Holders whose codes are typed in another way than they were issued: found again, and recognised by the verifier."""

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from api.home import ensure_home
from api.wiring import Services
from esign import structured_from_bytes
from licences import check_holder
from verify import HolderEntry, Outcome

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Services:
    path = tmp_path_factory.mktemp("holders") / "home"
    return Services(ensure_home(path, public_url="http://127.0.0.1:8000", at=AT, random=os.urandom)[0])


@pytest.mark.parametrize(
    ("sample", "kind", "given", "normal", "typed"),
    [
        ("pesticide-business-2", "099", "示例字 第12号", "示例字第12号", "示例字第１２号"),
        ("pesticide-business-2", "099", "示例Ab（甲）第 7 号", "示例AB(甲)第7号", "示例ab(甲) 第7号"),
        ("pesticide-business-2", "099", "990101000000017", "990101000000017", "９９0101 000000017"),
        ("water-abstraction-1", "111", "990101900307123", "990101199003071237", "990101 1990 0307 1237"),
        ("water-abstraction-1", "111", "990101199003071237", "990101199003071237", "990101900307123"),
    ],
)
def test_a_code_has_one_form_from_paper_to_verdict(
    office: Services, sample: str, kind: str, given: str, normal: str, typed: str
) -> None:
    document = json.loads((ROOT / f"fixtures/paper/{sample}.json").read_text("utf-8"))
    count = len(office.store.of_holder(kind, normal))
    number = {
        "pesticide-business-2": f"农药经许(赣)990101{sum(map(ord, given)) % 100000:05d}",
        "water-abstraction-1": f"D990101G2026-{len(given) * 100:04d}",
    }[sample]
    data = document["data"] | {
        "certificateHolderTypeCode": kind,
        "certificateHolderCode": given,
        "certificateNumber": number,
    }
    record = office.issuer_for("sm2").issue(document["type"], data, algorithm="sm2", at=AT).record
    assert structured_from_bytes(office.store.file(record, "json")).holders[0].code == normal
    found = office.store.of_holder(kind, check_holder(kind, typed))
    assert record in found
    assert len(found) == count + 1
    pdf = office.store.file(record, "pdf")
    for code in (given, normal, typed):
        entry = HolderEntry(name=data["certificateHolderName"], code=code)
        assert office.verifier.verify_code(record.code, holder=entry, at=AT).verdict is Outcome.PASSED
        assert office.verifier.verify_file(pdf, holder=entry, at=AT).verdict is Outcome.PASSED
    stranger = HolderEntry(name=data["certificateHolderName"], code=normal[:-1])
    assert office.verifier.verify_file(pdf, holder=stranger, at=AT).reason.code == "HOLDER_MISMATCH"
