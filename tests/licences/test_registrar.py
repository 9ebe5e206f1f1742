"""Acts on licences as an office does them: versions, dates that contradict, renewals in time, the end of a term."""

import json
import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from esign import (
    CHINA,
    AuthorityRegister,
    FontChain,
    Seal,
    StructuredAttachment,
    StructuredAuthority,
    StructuredOrigin,
    authorities_from_document,
    draw_round_seal,
    structured_from_bytes,
)
from keys import hash_bytes, make_development_pki
from licences import (
    NATIVE,
    Act,
    Action,
    Actor,
    Attachment,
    AuthoritySeal,
    AwaitedSeal,
    Catalogue,
    Competence,
    Following,
    InvalidFieldError,
    Issued,
    Issuer,
    IssuingAuthority,
    MemoryStore,
    NotCompetentError,
    Particulars,
    Record,
    Registrar,
    Review,
    ReviewRequiredError,
    SealingKeys,
    Status,
    TransitionRefusedError,
    digitised,
    load_catalogue,
    paper_from,
    parse_identifier,
    shipped_font,
    word_of,
)
from licences.filling import sample_data

ROOT = Path(__file__).parents[2]
AUTHORITY, AUTHORITY_CODE = "样例县行政审批局", "1199010000000102XM"
FONTS = FontChain([shipped_font()])
CATALOGUE = load_catalogue()
AT = datetime(2026, 11, 21, 10, 30, tzinfo=CHINA)
CLERK = Actor(name="clerk-07", office=AUTHORITY, office_code=AUTHORITY_CODE)


def paper(name: str, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((ROOT / f"fixtures/paper/{name}.json").read_text("utf-8"))["data"]
    return data | changes


def act(action: Action, *, at: datetime = AT, **more: Any) -> Act:
    particulars = Particulars(**more.pop("particulars", {}))
    said = {"ground": "样例事由", "decision": "样决〔2026〕1号", "actor": CLERK} | more
    return Act(action=action, effective_at=at, recorded_at=at, particulars=particulars, **said)


class Office:
    """A registrar with its store and its seal."""

    def __init__(
        self,
        sealing: SealingKeys,
        store: MemoryStore | None = None,
        register: AuthorityRegister | None = None,
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        self.store = store or MemoryStore()
        self.registrar = Registrar(store=self.store, catalogue=catalogue, competence=Competence(register=register))
        self.issuer = Issuer(
            catalogue=catalogue,
            sealing={"rsa": sealing},
            fonts=FONTS,
            store=self.store,
            check=lambda *files: None,
            public_url="http://127.0.0.1:8000",
            random=os.urandom,
            register=register,
        )

    def issue(self, kind: str, data: dict[str, Any], **more: Any) -> Record:
        return self.issuer.issue(kind, data, algorithm="rsa", at=AT, **more).record

    def replace(self, record: Record, given: Act, data: dict[str, Any] | None, **more: Any) -> Record:
        issued = self.registrar.replace(record.identifier, given, data, issuer=self.issuer, algorithm="rsa", **more)
        return issued.record


def keys_of(name: str, code: str) -> SealingKeys:
    pki = make_development_pki("rsa", authority_name=name, authority_code=code, at=AT, random=os.urandom)
    seal = Seal(name=name, picture=draw_round_seal(FONTS, name), signer=pki.seal)
    return SealingKeys(seals=(AuthoritySeal(seal=seal),), code_signer=pki.code)


@pytest.fixture(scope="module")
def sealing() -> SealingKeys:
    return keys_of(AUTHORITY, AUTHORITY_CODE)


@pytest.fixture
def office(sealing: SealingKeys) -> Office:
    return Office(sealing)


def test_a_change_makes_the_next_version(office: Office) -> None:
    first = office.issue("pesticide-business", paper("pesticide-business-1"))
    changed = paper("pesticide-business-1", certificateHolderName="样例县新名农资有限公司")
    second = office.replace(first, act(Action.CHANGE), changed)
    old, new = parse_identifier(first.identifier), parse_identifier(second.identifier)
    assert (new.serial, new.version, second.version) == (old.serial, "002", "002")
    structured = structured_from_bytes(office.store.file(second, "json"))
    assert [(one.identifier, one.relation) for one in structured.relations] == [(first.identifier, "change")]
    assert office.store.get(first.identifier).status is Status.REPLACED
    begun = office.store.events(second.identifier)[0]
    assert (begun.action, begun.act.decision, begun.act.actor) == (Action.ISSUE, "样决〔2026〕1号", CLERK)
    assert (second.number, second.edition) == (first.number, 2)


def test_a_lost_licence_is_replaced_by_the_same_words(office: Office) -> None:
    first = office.issue("special-equipment-use", paper("special-equipment-use-1"))
    office.registrar.act(first.identifier, act(Action.REPORT_LOST))
    second = office.replace(first, act(Action.REPLACE_LOST), None)
    before, after = (structured_from_bytes(office.store.file(one, "json")) for one in (first, second))
    same = {"identifier": "", "relations": (), "sealed_at": AT, "seals": (), "status_place": None}
    assert replace(before, **same) == replace(after, **same)


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures/paper").glob("*.json")), ids=lambda path: path.stem)
def test_paper_metadata_comes_back_from_the_structured_licence(office: Office, path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    record = office.issue(document["type"], document["data"])
    structured = structured_from_bytes(office.store.file(record, "json"))
    again = paper_from(structured, CATALOGUE.get(record.type_code))
    office.registrar.act(record.identifier, act(Action.REPORT_LOST))
    other = office.replace(record, act(Action.REPLACE_LOST), again)
    assert structured_from_bytes(office.store.file(other, "json")).fields == structured.fields


def test_repeating_a_change_makes_nothing_new(office: Office) -> None:
    first = office.issue("pesticide-business", paper("pesticide-business-1"))
    data = paper("pesticide-business-1")
    second = office.replace(first, act(Action.CHANGE), data, idempotency_key="case-1")
    assert office.replace(first, act(Action.CHANGE), data, idempotency_key="case-1") == second
    with pytest.raises(TransitionRefusedError):
        office.replace(first, act(Action.CHANGE), data, idempotency_key="case-2")
    with pytest.raises(TransitionRefusedError):
        office.replace(first, act(Action.CHANGE), data)
    assert len(office.store.versions(first.identifier)) == 2
    assert office.store.get(second.identifier).status is Status.ISSUED


def test_an_act_that_needs_a_licence_in_its_place_is_no_act_alone(office: Office) -> None:
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    with pytest.raises(TransitionRefusedError):
        office.registrar.act(record.identifier, act(Action.RENEW))
    assert office.store.get(record.identifier).status is Status.ISSUED


def test_another_office_is_refused(office: Office) -> None:
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    stranger = Actor(name="clerk-07", office="样例县水利局", office_code="11990100000001038M")
    for given in (act(Action.REVOKE, actor=stranger), act(Action.DISPUTE, actor=stranger)):
        with pytest.raises(NotCompetentError):
            office.registrar.act(record.identifier, given)
    with pytest.raises(NotCompetentError):
        office.replace(record, act(Action.CHANGE, actor=stranger), paper("pesticide-business-1"))


def test_whether_an_application_was_timely_follows_from_the_type(office: Office) -> None:
    # 农药管理条例 art. 24: 90 days before the end; this licence ends on 2031-03-01 at the latest.
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    assert record.valid_to is not None
    for days, timely in ((90, True), (89, False)):
        applied = record.valid_to - timedelta(days=days)
        office.registrar.act(record.identifier, act(Action.ACCEPT_RENEWAL, particulars={"applied_on": applied}))
        answer = office.store.status(record.identifier, AT)
        assert answer is not None
        assert answer.renewal_pending is timely


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        (act(Action.EXTEND, particulars={"until": date(2026, 12, 1)}), "/until", "NOT_AFTER_THE_END"),
        (act(Action.EXPIRE), "/effectiveAt", "NOT_EXPIRED"),
        (act(Action.CANCEL, legal_ground="licensing-70-1"), "/effectiveAt", "NOT_EXPIRED"),
    ],
    ids=["extended to an earlier day", "expired too early", "cancelled as expired"],
)
def test_dates_that_contradict_the_licence(office: Office, given: Act, pointer: str, code: str) -> None:
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    with pytest.raises(ExceptionGroup) as caught:
        office.registrar.act(record.identifier, given)
    faults = [(fault.pointer, fault.code) for fault in caught.value.exceptions if isinstance(fault, InvalidFieldError)]
    assert faults == [(pointer, code)]


def test_what_is_over_is_recorded_once_and_what_goes_on_is_left(office: Office) -> None:
    kinds = ("plain", "renewed", "extended", "suspended", "revoked")
    numbers = dict(zip(kinds, ("001", "002", "003", "004", "005"), strict=True))
    data = paper("pesticide-business-1")
    records = {
        kind: office.issue("pesticide-business", data | {"certificateNumber": data["certificateNumber"][:-3] + number})
        for kind, number in numbers.items()
    }
    end = records["plain"].valid_to
    assert end is not None
    early, late = end - timedelta(days=200), end + timedelta(days=100)
    acts = {
        "renewed": act(Action.ACCEPT_RENEWAL, particulars={"applied_on": early}),
        "extended": act(Action.EXTEND, particulars={"until": late}),
        "suspended": act(Action.SUSPEND),
        "revoked": act(Action.REVOKE),
    }
    for kind, given in acts.items():
        office.registrar.act(records[kind].identifier, given)
    after_end = datetime(end.year, end.month, end.day, 12, tzinfo=CHINA) + timedelta(days=1)

    def ended(at: datetime) -> set[str]:
        found = {record.identifier for record in office.registrar.expire(at, CLERK)}
        return {kind for kind, record in records.items() if record.identifier in found}

    assert ended(after_end - timedelta(days=1)) == set()
    assert ended(after_end) == {"plain", "suspended"}
    assert ended(after_end) == set()
    assert ended(after_end + timedelta(days=101)) == {"extended"}
    event = office.store.events(records["extended"].identifier)[-1]
    assert event.act.effective_at == datetime(late.year, late.month, late.day, tzinfo=CHINA) + timedelta(days=1)


def test_one_licence_that_cannot_expire_at_once_holds_up_no_other(office: Office) -> None:
    """It expires when nothing stands against it any more, not back in a time in which it was valid or revoked."""
    data = paper("pesticide-business-1")
    number = data["certificateNumber"][:-3]
    refused, restored, plain = (
        office.issue("pesticide-business", data | {"certificateNumber": number + one}) for one in ("001", "002", "003")
    )
    end = plain.valid_to
    assert end is not None
    noon = datetime(end.year, end.month, end.day, 12, tzinfo=CHINA)
    early = {"applied_on": end - timedelta(days=200)}
    office.registrar.act(refused.identifier, act(Action.ACCEPT_RENEWAL, particulars=early))
    with pytest.raises(ExceptionGroup):
        office.registrar.act(refused.identifier, act(Action.EXPIRE, at=noon + timedelta(days=2)))
    refusal, judgment = noon + timedelta(days=50), noon + timedelta(days=60)
    office.registrar.act(refused.identifier, act(Action.REFUSE_RENEWAL, at=refusal))
    office.registrar.act(restored.identifier, act(Action.REVOKE))
    office.registrar.act(restored.identifier, act(Action.RESTORE, at=judgment, legal_ground="judgment"))
    ended = {one.identifier for one in office.registrar.expire(noon + timedelta(days=70), CLERK)}
    assert ended == {refused.identifier, restored.identifier, plain.identifier}
    since = [office.store.events(one.identifier)[-1].act.effective_at for one in (refused, restored, plain)]
    assert since == [refusal, judgment, noon + timedelta(hours=12)]


def test_a_renewal_in_advance_leaves_no_gap(office: Office) -> None:
    data = paper("pesticide-business-1")
    old = office.issue("pesticide-business", data)
    assert old.valid_to is not None
    begins = old.valid_to + timedelta(days=1)
    dates = {
        "certificateEffectiveDate": begins.isoformat(),
        "certificateExpiringDate": (begins.replace(year=begins.year + 5) - timedelta(days=1)).isoformat(),
    }
    new = office.replace(old, act(Action.RENEW), data | dates)
    last = datetime(old.valid_to.year, old.valid_to.month, old.valid_to.day, 23, 59, tzinfo=CHINA)
    for moment, words in (
        (last, ("issued", "not_yet_in_force")),
        (last + timedelta(minutes=1), ("replaced", "issued")),
    ):
        answers = [(one, office.store.status(one.identifier, moment)) for one in (old, new)]
        assert tuple(word_of(one, answer) for one, answer in answers if answer) == words


def test_a_change_in_advance_is_not_in_force_before(office: Office) -> None:
    data = paper("pesticide-business-1")
    old = office.issue("pesticide-business", data)
    ahead = replace(act(Action.CHANGE), effective_at=AT + timedelta(days=30))
    with pytest.raises(ExceptionGroup) as caught:
        office.replace(old, ahead, data)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert (fault.pointer, fault.code) == ("/effectiveAt", "IN_FORCE_TOO_EARLY")


def test_a_restored_licence_is_changed_again_under_a_version_of_its_own(office: Office) -> None:
    old = office.issue("pesticide-business", paper("pesticide-business-1"))
    second = office.replace(old, act(Action.EXCHANGE), None)
    office.registrar.act(second.identifier, act(Action.ANNUL, legal_ground="licensing-69-1-3"))
    office.registrar.act(old.identifier, act(Action.RESTORE, legal_ground="self-correction"))
    third = office.replace(old, act(Action.EXCHANGE), None)
    assert [parse_identifier(one.identifier).version for one in office.store.versions(old.identifier)] == [
        "001", "002", "003",
    ]  # fmt: skip
    assert third.status is Status.ISSUED


def jointly(sealing: SealingKeys) -> SealingKeys:
    partner = keys_of("样例县农业农村局", "11990100000001038M").seals[0].seal
    return replace(sealing, awaited=(AwaitedSeal(certificate=partner.signer.certificate, width=42, height=42),))


def test_what_waits_for_seals_is_issued_by_seals_alone(office: Office, sealing: SealingKeys) -> None:
    office.issuer = Office(jointly(sealing), office.store).issuer
    waiting = office.issue("pesticide-business", paper("pesticide-business-1"))
    assert waiting.status is Status.PENDING
    with pytest.raises(TransitionRefusedError):
        office.registrar.act(waiting.identifier, act(Action.ISSUE))
    issuer = {"certificateIssuingAuthorityName": AUTHORITY, "certificateIssuingAuthorityCode": AUTHORITY_CODE}
    with pytest.raises(ExceptionGroup) as caught:
        office.issue("forest-seed", sample_data(CATALOGUE.get("forest-seed")) | issuer)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert (fault.pointer, fault.code) == ("/joint", "JOINT_ONE_DOCUMENT")


def test_a_licence_of_two_authorities_is_not_followed_by_one_of_one(office: Office, sealing: SealingKeys) -> None:
    alone, office.issuer = office.issuer, Office(jointly(sealing), office.store).issuer
    old = office.issue("pesticide-business", paper("pesticide-business-1"))
    office.store.replace_files(old, {}, at=AT)
    office.issuer = alone
    with pytest.raises(ExceptionGroup) as caught:
        office.replace(old, act(Action.EXCHANGE), None)
    (fault,) = caught.value.exceptions
    assert isinstance(fault, InvalidFieldError)
    assert (fault.pointer, fault.code) == ("/joint", "JOINT_ISSUER_MISSING")


def test_an_activated_type_counts_from_its_activation(office: Office, sealing: SealingKeys) -> None:
    kind = CATALOGUE.get("pesticide-business")
    lifecycle = replace(kind.lifecycle, activation=True)
    office.issuer = Issuer(
        catalogue=Catalogue([replace(kind, lifecycle=lifecycle)]),
        sealing={"rsa": sealing},
        fonts=FONTS,
        store=office.store,
        check=lambda *files: None,
        public_url="http://127.0.0.1:8000",
        random=os.urandom,
    )
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    assert (record.status, office.store.events(record.identifier)[0].action) == (Status.INACTIVE, Action.MAKE)
    assert office.registrar.act(record.identifier, act(Action.ACTIVATE)).status is Status.ISSUED


def test_provenance_stands_in_the_sealed_licence_and_its_scans_in_the_store(office: Office) -> None:
    scan = b"%PDF-1.4 scan"
    described = StructuredAttachment(
        kind="scan",
        name="原件.pdf",
        media_type="application/pdf",
        sha256=hash_bytes("sha256", scan).hex(),
        sm3=hash_bytes("sm3", scan).hex(),
        size=len(scan),
        pages=1,
        operator="scan-01",
    )
    historic = StructuredAuthority(name="样例县农业局", code="")
    record = office.issue(
        "pesticide-business",
        paper("pesticide-business-1"),
        provenance=digitised(
            trust_level="B",
            converted_on=date(2026, 11, 21),
            historic_issuer=historic,
            scans=[Attachment(described=described, content=scan)],
        ),
    )
    structured = structured_from_bytes(office.store.file(record, "json"))
    assert (structured.origin.kind, structured.origin.historic_issuer) == ("digitised", historic)
    assert structured.attachments == (described,)
    assert office.store.attachment(record.identifier, described.sha256) == scan


def test_the_successor_of_an_authority_acts_and_reissues(office: Office) -> None:
    successor = IssuingAuthority(name="样例县行政审批服务局", code="11990100000001046G", level="区县级")
    register = authorities_from_document(
        {
            "format": "elicence-authorities/1",
            "number": 1,
            "issuedAt": "2026-11-21T08:00:00+08:00",
            "authorities": [
                {
                    "code": AUTHORITY_CODE,
                    "names": [{"name": AUTHORITY}],
                    "level": "区县级",
                    "region": "990101",
                    "until": "2026-11-20",
                    "successors": [{"code": successor.code, "types": ["*"], "since": "2026-11-21"}],
                },
                {"code": successor.code, "names": [{"name": successor.name}], "level": "区县级", "region": "990101"},
            ],
        }
    )
    numbers = ("农药经许(赣)99010110001", "农药经许(赣)99010110002", "农药经许(赣)99010110003")
    first, second, third = (
        office.issue("pesticide-business", paper("pesticide-business-1", certificateNumber=number))
        for number in numbers
    )
    new = Office(keys_of(successor.name, successor.code), office.store, register)
    clerk = Actor(name="clerk-09", office=successor.name, office_code=successor.code)

    # The office that is gone does nothing more; its successor acts on what was issued, and issues in its place.
    with pytest.raises(NotCompetentError):
        new.registrar.act(first.identifier, act(Action.REVOKE, actor=CLERK))
    assert new.registrar.act(first.identifier, act(Action.REVOKE, actor=clerk)).status is Status.REVOKED

    def reissue(record: Record) -> Issued:
        given = act(Action.EXCHANGE, actor=clerk)
        return new.registrar.reissue(record.identifier, given, issuer=new.issuer, authority=successor, algorithm="rsa")

    # Whoever asks for licences cannot keep one from being reissued: no caller has keys like those of reissuing.
    squatted = paper("pesticide-business-1", certificateNumber="农药经许(赣)99010110005")
    office.issue("pesticide-business", squatted, idempotency_key=f"reissue:{second.identifier}:{successor.code}")
    made = reissue(second)
    assert reissue(second) == made._replace(replayed=True)
    named = parse_identifier(made.record.identifier)
    assert (named.issuer_code, named.version, made.record.number) == (successor.code, "001", second.number)
    assert office.store.versions(second.identifier)[-1].identifier == made.record.identifier
    assert office.store.get(second.identifier).status is Status.REPLACED
    structured = structured_from_bytes(office.store.file(made.record, "json"))
    assert (structured.issuer_name, structured.relations[0].identifier) == (successor.name, second.identifier)
    # Reissuing is no duty: the third stays as it is, under the seal of the office that is gone.
    assert office.store.get(third.identifier).status is Status.ISSUED

    # New licences in the old name may be sealed by the successor (a converted stock), and by nobody else.
    paper_of_old = paper("pesticide-business-1", certificateNumber="农药经许(赣)99010110004")
    assert new.issue("pesticide-business", paper_of_old).issuer_code == AUTHORITY_CODE
    stranger = Office(keys_of("样例县水利局", "11990100000001038M"), office.store, register)
    with pytest.raises(ExceptionGroup) as caught:
        stranger.issue("pesticide-business", paper_of_old)
    assert {fault.code for fault in caught.value.exceptions if isinstance(fault, InvalidFieldError)} == {
        "SEAL_NOT_OF_ISSUER"
    }


def origin_of(office: Office, record: Record) -> StructuredOrigin:
    return structured_from_bytes(office.store.file(record, "json")).origin


@pytest.mark.parametrize("given", [None, {"branches": None}], ids=["by-itself", "by-data"])
def test_what_is_repeated_is_no_better_known_than_before(office: Office, given: dict[str, Any] | None) -> None:
    """A licence that holders declared themselves does not become one that the authority decided, by being repeated."""
    scan = b"%PDF-1.4 scan"
    described = StructuredAttachment(
        kind="scan",
        name="scan-1.pdf",
        media_type="application/pdf",
        sha256=hash_bytes("sha256", scan).hex(),
        sm3=hash_bytes("sm3", scan).hex(),
        size=len(scan),
        pages=1,
        operator="scan-01",
    )
    stock = digitised(trust_level="D", converted_on=AT.date(), scans=[Attachment(described=described, content=scan)])
    data = {key: text for key, text in paper("pesticide-business-1").items() if key != "branches"}
    first = office.issue("pesticide-business", data, provenance=stock)
    second = office.replace(first, act(Action.EXCHANGE), None if given is None else data | given)
    assert origin_of(office, second) == origin_of(office, first) == stock.origin
    assert office.store.attachment(second.identifier, described.sha256) == scan
    changed = office.replace(second, act(Action.CHANGE), data | {"certificateHolderName": "样例县新名农资有限公司"})
    assert origin_of(office, changed) == NATIVE.origin


def test_another_authority_takes_over_what_was_reviewed(sealing: SealingKeys) -> None:
    """Its name on the licence is shown by its seal; everything else was checked when the licence was made."""
    reviewed = Catalogue(
        [replace(kind, review=Review.REQUIRED) for kind in CATALOGUE if kind.slug == "pesticide-business"]
    )
    given, office = act(Action.EXCHANGE), Office(sealing)
    record = office.issue("pesticide-business", paper("pesticide-business-1"))
    previous = Following(previous=record, act=given, keeps_serial=False)
    maker = Office(keys_of("样例县水利局", "11990100000001038M"), office.store, catalogue=reviewed).issuer

    def needs_review(**changes: str) -> bool:
        data = paper("pesticide-business-1") | changes
        made = maker.make("pesticide-business", data, algorithm="rsa", at=AT, following=previous)
        return made.review_required

    water = {
        "certificateIssuingAuthorityName": "样例县水利局",
        "certificateIssuingAuthorityCode": "11990100000001038M",
    }
    assert not needs_review(**water)
    assert needs_review(**water, certificateHolderName="样例县新名农资有限公司")


def test_a_follower_is_no_stock_that_needs_no_review(sealing: SealingKeys) -> None:
    reviewed = Catalogue(
        [replace(kind, review=Review.REQUIRED) for kind in CATALOGUE if kind.slug == "pesticide-business"]
    )
    office = Office(sealing, catalogue=reviewed)
    stock = digitised(trust_level="D", converted_on=AT.date())
    record = office.issue("pesticide-business", paper("pesticide-business-1"), provenance=stock)
    following = Following(previous=record, act=act(Action.CHANGE), keeps_serial=True)
    with pytest.raises(ReviewRequiredError):
        office.issue(
            "pesticide-business",
            paper("pesticide-business-1", certificateHolderName="样例县新名农资有限公司"),
            provenance=stock,
            following=following,
        )
