"""Offline status: what signed status lists say about a licence, and every way in which a list may not be believed."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from esign import (
    Authority,
    AuthorityName,
    AuthorityRegister,
    Days,
    ListedObligation,
    ListedStatus,
    Mandate,
    StatusList,
    StructuredObligation,
    StructuredStatusPlace,
    signed_status_list,
)
from keys import Retirement, RetirementReason, Signer
from verify import (
    Outcome,
    Report,
    SignedStatusLists,
    StatusFilesError,
    StatusFolder,
    StatusListsAtHand,
    StatusStatement,
    TrustStore,
    Verifier,
)

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER, INDEX = 1, 77
PLACE = StructuredStatusPlace(number=NUMBER, index=INDEX)
LAST_DAY = date(2027, 3, 31)
AFTER_THE_END = datetime(2027, 4, 10, 12, tzinfo=CHINA)


class Counter:
    """An office with anchors and lists, and nothing else; and the authority whose licences it sees."""

    def __init__(self, office: Any, ca: Any) -> None:
        self.office, self.ca = office, ca
        self.seal, self.code = ca.issue(), ca.issue_code()
        self.trust = self.store()

    def store(self, **more: Any) -> TrustStore:
        return TrustStore.from_certificates((*self.ca.public, self.code.certificate), **more)

    def list(
        self,
        value: ListedStatus = ListedStatus.VALID,
        at: datetime = AT - HOUR,
        *,
        signer: Signer | None = None,
        **changes: Any,
    ) -> bytes:
        places = bytearray(128)
        places[INDEX] = value
        listed = StatusList(
            issuer_code=self.office.CODE,
            number=NUMBER,
            issued_at=at,
            time_to_live=26 * HOUR,
            places=bytes(places),
            extended={},
            disputed=frozenset(),
            obligations={},
        )
        return signed_status_list(replace(listed, **changes), signer or self.code)

    def verifier(self, *files: bytes, trust: TrustStore | None = None) -> Verifier:
        trust = trust or self.trust
        return Verifier(trust, elsewhere=[SignedStatusLists(StatusListsAtHand(files), trust)])

    def report(
        self, *files: bytes, at: datetime = AT, trust: TrustStore | None = None, place: Any = PLACE, **changes: Any
    ) -> Report:
        changes = {"sealed_at": self.office.AT, **changes}
        data, signature = self.office.seal_structured(self.seal, status_place=place, **changes)
        return self.verifier(*files, trust=trust).verify_file(data, signature=signature, at=at)


@pytest.fixture(scope="module")
def counter(office: Any, ca: Any) -> Counter:
    return Counter(office, ca)


def said(report: Report) -> str:
    return report.reason.code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (ListedStatus.VALID, "OK"),
        (ListedStatus.ENDED, "STATUS_ENDED"),
        (ListedStatus.SUSPENDED, "STATUS_SUSPENDED"),
        (ListedStatus.SUPERSEDED, "STATUS_SUPERSEDED"),
        (ListedStatus.LOST, "STATUS_REPORTED_LOST"),
        (ListedStatus.RENEWAL_PENDING, "OK"),
        (ListedStatus.INACTIVE, "STATUS_NOT_ACTIVATED"),
        (ListedStatus.PENDING, "SEALS_INCOMPLETE"),
    ],
    ids=lambda value: value.name if isinstance(value, ListedStatus) else "",
)
def test_each_value_has_its_verdict(counter: Counter, office: Any, value: ListedStatus, code: str) -> None:
    report = counter.report(counter.list(value))
    assert (said(report), report.authenticity) == (code, Outcome.PASSED)
    assert (report.status.source, report.status.as_of) == ("list", AT - HOUR)
    assert report.status.next_update == AT + 25 * HOUR
    text = office.write_code(counter.code)
    scanned = counter.verifier(counter.list(value)).verify_code(text, holder=office.HOLDER, at=AT)
    assert said(scanned) == code


def test_the_age_of_the_list_is_said(counter: Counter) -> None:
    report = counter.report(counter.list(at=AT - 20 * HOUR))
    assert report
    (check,) = (check for check in report.checks if check.name == "status")
    assert "20 hours before" in check.detail


def test_a_licence_of_early_versions_does_not_say_its_place(counter: Counter) -> None:
    report = counter.report(counter.list(), place=None)
    assert said(report) == "STATUS_UNKNOWN"
    assert any("does not say its place" in check.detail for check in report.checks)


def test_a_place_beyond_the_list_is_unknown(counter: Counter) -> None:
    assert said(counter.report(counter.list(), place=StructuredStatusPlace(number=NUMBER, index=128))) == (
        "STATUS_UNKNOWN"
    )


Make = Callable[[Counter, Any], Sequence[bytes]]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _resigned(good: bytes, other: bytes) -> bytes:
    """The text of one list over the signature of another."""
    return good.split(b"\n")[0] + b"\n" + other.split(b"\n")[1] + b"\n"


ATTACKS: dict[str, tuple[Make, str]] = {
    "nothing": (lambda c, o: [], "STATUS_UNKNOWN"),
    "another authority signs": (
        lambda c, o: [c.list(signer=c.ca.issue_code(name=o.OTHER_NAME, code=o.OTHER_CODE))],
        "STATUS_LIST_NOT_OF_ISSUER",
    ),
    "of another authority": (
        lambda c, o: [c.list(issuer_code=o.OTHER_CODE, signer=c.ca.issue_code(name=o.OTHER_NAME, code=o.OTHER_CODE))],
        "STATUS_UNKNOWN",
    ),
    "an earlier list": (lambda c, o: [c.list(number=NUMBER - 1)], "STATUS_UNKNOWN"),
    "a later list": (lambda c, o: [c.list(number=NUMBER + 1)], "STATUS_UNKNOWN"),
    "changed": (
        lambda c, o: [_resigned(c.list(), c.list(ListedStatus.ENDED))],
        "STATUS_LIST_FORGED",
    ),
    "truncated": (lambda c, o: [_cut(c.list())], "STATUS_LIST_FORGED"),
    "empty": (lambda c, o: [b""], "STATUS_LIST_FORGED"),
    "replayed": (lambda c, o: [c.list(at=AT - 29 * DAY)], "STATUS_STALE"),
    "old": (lambda c, o: [c.list(at=AT - 27 * HOUR)], "STATUS_STALE"),
    "from the future": (lambda c, o: [c.list(at=AT + HOUR)], "STATUS_NOT_LISTED_THEN"),
    "of another CA": (lambda c, o: [c.list(signer=o.make_ca("二").issue_code())], "STATUS_LIST_UNTRUSTED"),
    "a key for something else": (
        lambda c, o: [c.list(signer=c.ca.issue(purposes=("1.3.6.1.5.5.7.3.1",)))],
        "STATUS_LIST_UNTRUSTED",
    ),
    "a CA's own key": (
        lambda c, o: [c.list(signer=c.ca.issue(usages=("keyCertSign",), is_ca=True))],
        "STATUS_LIST_UNTRUSTED",
    ),
    "an expired certificate": (
        lambda c, o: [c.list(signer=c.ca.issue_code(end=AT - timedelta(minutes=30)))],
        "STATUS_LIST_UNTRUSTED",
    ),
    "no list at all": (lambda c, o: [b"{}", b"\xff" * 100, b"%PDF-1.7"], "STATUS_LIST_FORGED"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_list_makes_a_licence_pass_that_its_issuer_did_not_sign(counter: Counter, office: Any, name: str) -> None:
    make, code = ATTACKS[name]
    report = counter.report(*make(counter, office))
    assert said(report) == code
    assert (report.verdict, report.authenticity) == (Outcome.INDETERMINATE, Outcome.PASSED)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in ("old", "replayed")])
def test_nor_does_it_end_one(counter: Counter, office: Any, name: str) -> None:
    """A good list beside a bad one is believed, in whatever order they come."""
    bad = ATTACKS[name][0](counter, office)
    good = counter.list(at=AT - 2 * HOUR)
    for files in ([good, *bad], [*bad, good]):
        assert counter.report(*files)


def test_the_seal_may_sign_lists_too(counter: Counter) -> None:
    assert counter.report(counter.list(signer=counter.seal))


def test_every_byte_of_a_list_counts(counter: Counter) -> None:
    """Changed anywhere it is no list of the issuer; every 29th byte here, all of them in the soak."""
    _every_byte(counter, step=29)


@pytest.mark.soak
def test_every_single_byte_of_a_list_counts(counter: Counter) -> None:
    _every_byte(counter, step=1)


def _every_byte(counter: Counter, step: int) -> None:
    data, signature = counter.office.seal_structured(counter.seal, status_place=PLACE)
    good = counter.list()
    assert counter.verifier(good).verify_file(data, signature=signature, at=AT)
    tried = 0
    for place in range(0, len(good), step):
        for bits in (1, 0x20):
            changed = good[:place] + bytes([good[place] ^ bits]) + good[place + 1 :]
            verifier = counter.verifier(changed)
            report = verifier.verify_file(data, signature=signature, at=AT)
            assert report.verdict is Outcome.INDETERMINATE, (place, said(report))
            assert not verifier.verify_file(changed, at=AT), place
            tried += 1
    print(f"{tried} changed lists, none passed")


def test_the_newest_list_of_that_time_answers(counter: Counter) -> None:
    """Valid, suspended for a day, valid again: each time has its own answer, and no later list speaks for it."""
    files = [
        counter.list(ListedStatus.VALID, AT - 3 * DAY),
        counter.list(ListedStatus.SUSPENDED, AT - 2 * DAY),
        counter.list(ListedStatus.VALID, AT - DAY),
    ]
    early: dict[str, Any] = {"sealed_at": AT - 5 * DAY, "valid_from": (AT - 5 * DAY).date()}
    answers = {
        AT: "OK",
        AT - DAY: "OK",
        AT - DAY - HOUR: "STATUS_SUSPENDED",
        AT - 2 * DAY: "STATUS_SUSPENDED",
        AT - 2 * DAY - HOUR: "OK",
        AT - 4 * DAY: "STATUS_NOT_LISTED_THEN",
    }
    for order in (files, files[::-1]):
        for at, code in answers.items():
            assert said(counter.report(*order, at=at, **early)) == code, at


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (ListedStatus.VALID, "STATUS_STALE"),
        (ListedStatus.SUSPENDED, "STATUS_STALE"),
        (ListedStatus.LOST, "STATUS_STALE"),
        (ListedStatus.RENEWAL_PENDING, "STATUS_STALE"),
        (ListedStatus.ENDED, "STATUS_ENDED"),
        (ListedStatus.SUPERSEDED, "STATUS_SUPERSEDED"),
    ],
    ids=lambda value: value.name if isinstance(value, ListedStatus) else "",
)
def test_beyond_its_life_a_list_only_tells_of_ends(counter: Counter, value: ListedStatus, code: str) -> None:
    report = counter.report(counter.list(value, AT - 26 * HOUR - timedelta(minutes=1)))
    assert said(report) == code
    assert any("26 hours before" in check.detail for check in report.checks)
    assert said(counter.report(counter.list(value, AT - 26 * HOUR))) != "STATUS_STALE"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("then", [ListedStatus.VALID, ListedStatus.ENDED], ids=lambda value: value.name)
def test_an_old_list_does_not_hide_newer_word_from_elsewhere(counter: Counter, then: ListedStatus, order: int) -> None:
    data, signature = counter.office.seal_structured(counter.seal, status_place=PLACE, sealed_at=counter.office.AT)
    files = [counter.list(then, AT - 3 * DAY), counter.list(ListedStatus.SUSPENDED)]
    sources = [SignedStatusLists(StatusListsAtHand([one]), counter.trust) for one in files]
    report = Verifier(counter.trust, elsewhere=sources[::order]).verify_file(data, signature=signature, at=AT)
    assert said(report) == "STATUS_SUSPENDED"


def _past_the_end(counter: Counter, *files: bytes, at: datetime = AFTER_THE_END) -> Report:
    return counter.report(*files, at=at, valid_to=LAST_DAY)


@pytest.mark.parametrize(
    ("value", "changes", "code"),
    [
        (ListedStatus.VALID, {}, "STATUS_EXPIRED"),
        (ListedStatus.RENEWAL_PENDING, {}, "RENEWAL_PENDING"),
        (ListedStatus.RENEWAL_PENDING, {"disputed": frozenset({INDEX})}, "RENEWAL_PENDING"),
        (ListedStatus.VALID, {"extended": {INDEX: date(2027, 4, 10)}}, "EXTENDED"),
        (ListedStatus.VALID, {"extended": {INDEX: date(2027, 4, 9)}}, "STATUS_EXPIRED"),
        (ListedStatus.VALID, {"extended": {INDEX + 1: date(2027, 4, 10)}}, "STATUS_EXPIRED"),
        (ListedStatus.ENDED, {"extended": {INDEX: date(2028, 1, 1)}}, "STATUS_ENDED"),
    ],
    ids=["nothing", "renewal", "renewal, disputed", "extended", "extended till yesterday", "neighbour", "ended"],
)
def test_past_its_end_the_list_is_read_before_expired_is_said(
    counter: Counter, value: ListedStatus, changes: dict[str, Any], code: str
) -> None:
    report = _past_the_end(counter, counter.list(value, AFTER_THE_END - HOUR, **changes))
    assert said(report) == code


def test_past_its_end_nobody_says_expired_without_knowing(counter: Counter) -> None:
    unlisted = _past_the_end(counter)
    stale = _past_the_end(counter, counter.list(at=AFTER_THE_END - 30 * HOUR))
    data, signature = counter.office.seal_structured(counter.seal, valid_to=LAST_DAY)
    nobody = Verifier(counter.trust).verify_file(data, signature=signature, at=AFTER_THE_END)
    for report in (unlisted, stale, nobody):
        assert (said(report), report.verdict) == ("EXTENSION_UNKNOWN", Outcome.INDETERMINATE)
        assert "是否延续未知" in report.sentence.zh


def test_before_its_end_a_renewal_or_dispute_passes(counter: Counter) -> None:
    assert said(counter.report(counter.list(ListedStatus.RENEWAL_PENDING))) == "OK"
    disputed = counter.report(counter.list(disputed=frozenset({INDEX})))
    assert (said(disputed), disputed.verdict) == ("DISPUTED", Outcome.PASSED)


INSPECTION = StructuredObligation(key="nextInspection", label="下次检验", due=date(2026, 11, 20), effect="not_usable")


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ((), "OK"),
        ((ListedObligation(key="nextInspection", due=date(2026, 11, 20), effect="not_usable"),), "OBLIGATION_OVERDUE"),
        ((ListedObligation(key="nextInspection", due=date(2026, 11, 21), effect="not_usable"),), "OK"),
        ((ListedObligation(key="nextInspection", due=date(2026, 11, 20), effect="note"),), "OBLIGATION_NOTE"),
    ],
    ids=["met since", "overdue", "due today", "only noted"],
)
def test_what_is_overdue_stands_in_the_list(
    counter: Counter, office: Any, listed: tuple[ListedObligation, ...], code: str
) -> None:
    """Also for a code alone, which does not know what has to be done."""
    data = counter.list(obligations={INDEX: listed} if listed else {})
    report = counter.report(data, obligations=(INSPECTION,))
    assert said(report) == code
    if code.startswith("OBLIGATION"):
        assert any("下次检验" in check.detail for check in report.checks)
    scanned = counter.verifier(data).verify_code(office.write_code(counter.code), holder=office.HOLDER, at=AT)
    assert said(scanned) == code


def test_an_old_list_does_not_say_that_an_inspection_was_done(counter: Counter) -> None:
    report = counter.report(counter.list(at=AT - 27 * HOUR), obligations=(INSPECTION,))
    assert said(report) == "OBLIGATION_UNKNOWN"


def _register(*authorities: Authority) -> AuthorityRegister:
    return AuthorityRegister(number=1, issued_at=AT - 10 * DAY, authorities=authorities)


def _authority(code: str, name: str, **more: Any) -> Authority:
    names = (AuthorityName(name=name, days=Days()),)
    return Authority(code=code, names=names, level="区县级", region="990101", superior="", days=Days(), **more)


def test_a_successor_speaks_for_its_predecessor(counter: Counter, office: Any) -> None:
    """As the signed register says, from the day on; nobody else does."""
    signer = counter.ca.issue_code(name=office.OTHER_NAME, code=office.OTHER_CODE, begin=AT - 20 * DAY)
    mandate = Mandate(code=office.OTHER_CODE, types=("*",), days=Days(since=(AT - 2 * DAY).date()))
    other = _authority(office.OTHER_CODE, office.OTHER_NAME)
    for field in ("successors", "delegates"):
        register = _register(_authority(office.CODE, office.NAME, **{field: (mandate,)}), other)
        trust = counter.store(register=register)
        taken_over = counter.list(signer=signer)
        assert counter.report(taken_over, trust=trust), field
        assert said(counter.verifier(trust=trust).verify_file(taken_over, at=AT)) == "STATUS_LIST_GENUINE"
        too_early = counter.list(at=AT - 3 * DAY, time_to_live=9 * DAY, signer=signer)
        assert said(counter.report(too_early, trust=trust)) == "STATUS_LIST_NOT_OF_ISSUER"
        assert said(counter.verifier(trust=trust).verify_file(too_early, at=AT)) == "STATUS_LIST_WRONG_SIGNER"
    stranger = counter.store(register=_register(_authority(office.CODE, office.NAME), other))
    assert said(counter.report(counter.list(signer=signer), trust=stranger)) == "STATUS_LIST_NOT_OF_ISSUER"


def test_a_key_in_other_hands_signs_no_lists(counter: Counter) -> None:
    lost = Retirement(
        certificate_digest=counter.code.certificate.fingerprint("sha256"),
        since=AT - 2 * HOUR,
        recorded_at=AT - HOUR,
        reason=RetirementReason.COMPROMISE,
    )
    trust = counter.store(retirements=[lost])
    for at in (AT - HOUR, AT - 3 * HOUR):
        assert said(counter.report(counter.list(at=at), trust=trust)) == "STATUS_LIST_UNTRUSTED"
    assert counter.report(counter.list(signer=counter.seal), trust=trust)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda c, o: c.list(), "STATUS_LIST_GENUINE"),
        (lambda c, o: c.list(at=AT - 27 * HOUR), "STATUS_LIST_OUTDATED"),
        (lambda c, o: c.list(at=AT + HOUR), "STATUS_LIST_LATER"),
        (lambda c, o: c.list(issuer_code=o.OTHER_CODE), "STATUS_LIST_WRONG_SIGNER"),
        (lambda c, o: _resigned(c.list(), c.list(ListedStatus.ENDED)), "DIGEST_MISMATCH"),
        (lambda c, o: _cut(c.list()), "FORMAT_STATUS_LIST"),
        (lambda c, o: c.list(signer=o.make_ca("三").issue_code()), "CERTIFICATE_UNTRUSTED"),
        (lambda c, o: b" " + c.list(), "NON_CANONICAL"),
    ],
    ids=["good", "old", "later", "of another", "changed", "cut", "untrusted", "blank before"],
)
def test_a_list_by_itself_is_judged(counter: Counter, office: Any, make: Any, code: str) -> None:
    report = counter.verifier().verify_file(make(counter, office), at=AT)
    assert (report.kind, said(report)) == ("status_list", code)
    assert report.licence is None
    if code == "STATUS_LIST_GENUINE":
        assert (report.status.as_of, report.status.source) == (AT - HOUR, "list")
        assert report.signatures[0].signer_organization == office.NAME


def test_the_first_source_that_answers_is_believed(counter: Counter, office: Any) -> None:
    """The own store before any list; a list before who is asked after it."""
    data, signature = office.seal_structured(counter.seal, status_place=PLACE)
    revoked = SignedStatusLists(StatusListsAtHand([counter.list(ListedStatus.ENDED)]), counter.trust)
    valid = SignedStatusLists(StatusListsAtHand([counter.list()]), counter.trust)
    none = SignedStatusLists(StatusListsAtHand([]), counter.trust)

    def judged(store: Any, *elsewhere: Any) -> str:
        return said(Verifier(counter.trust, store, elsewhere=elsewhere).verify_file(data, signature=signature, at=AT))

    assert judged(office.Store(office.ISSUED), revoked) == "OK"
    assert judged(office.Store(), revoked, valid) == "STATUS_ENDED"
    assert judged(office.Store(), none, valid) == "OK"
    assert judged(None, none) == "STATUS_UNKNOWN"


class TestFolder:
    """Lists in files, as `elicence status-list` writes them."""

    def fill(self, folder: Path, counter: Counter, times: Sequence[datetime], *, number: int = NUMBER) -> Path:
        place: Path = folder / counter.office.CODE / str(number)
        place.mkdir(parents=True, exist_ok=True)
        for at in times:
            data = counter.list(ListedStatus.SUSPENDED if at < AT - DAY else ListedStatus.VALID, at, number=number)
            (place / f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.status").write_bytes(data)
            (place / "latest.status").write_bytes(data)
        return place

    def code(self, counter: Counter, folder: StatusFolder, at: datetime = AT) -> str:
        data, signature = counter.office.seal_structured(
            counter.seal, status_place=PLACE, sealed_at=AT - 5 * DAY, valid_from=(AT - 5 * DAY).date()
        )
        lists = SignedStatusLists(folder, counter.trust)
        return said(Verifier(counter.trust, elsewhere=[lists]).verify_file(data, signature=signature, at=at))

    def test_history_is_read(self, counter: Counter, tmp_path: Path) -> None:
        self.fill(tmp_path, counter, [AT - HOUR * hours for hours in range(60, 0, -3)])
        folder = StatusFolder([tmp_path])
        assert self.code(counter, folder) == "OK"
        assert self.code(counter, folder, AT - 25 * HOUR) == "STATUS_SUSPENDED"
        assert self.code(counter, folder, AT - 61 * HOUR) == "STATUS_NOT_LISTED_THEN"

    def test_few_files_are_opened(self, counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fill(tmp_path, counter, [AT - HOUR * hours for hours in range(60, 0, -2)])
        self.fill(tmp_path, counter, [AT - HOUR], number=2)
        opened: list[str] = []
        real = Path.open

        def recorded(path: Path, mode: str) -> Any:
            opened.append(path.name)
            return real(path, mode)

        monkeypatch.setattr(Path, "open", recorded)
        folder = StatusFolder([tmp_path])
        assert self.code(counter, folder) == "OK"
        first = len(opened)
        assert first <= 6
        assert self.code(counter, folder) == "OK"
        assert len(opened) == first, "what was read is remembered"

    def test_a_new_file_is_seen_at_once(self, counter: Counter, tmp_path: Path) -> None:
        place = self.fill(tmp_path, counter, [AT - 2 * HOUR])
        folder = StatusFolder([tmp_path])
        assert self.code(counter, folder) == "OK"
        (place / "latest.status").write_bytes(counter.list(ListedStatus.ENDED, AT - HOUR))
        assert self.code(counter, folder) == "STATUS_ENDED"

    def test_a_damaged_newest_file_leaves_the_one_before(self, counter: Counter, tmp_path: Path) -> None:
        place = self.fill(tmp_path, counter, [AT - 3 * HOUR, AT - 2 * HOUR])
        (place / "latest.status").write_bytes(b"")
        (place / f"{(AT - HOUR).astimezone(UTC):%Y%m%dT%H%M%SZ}.status").write_bytes(counter.list()[:-100])
        assert self.code(counter, StatusFolder([tmp_path])) == "OK"

    def test_names_prove_nothing(self, counter: Counter, tmp_path: Path) -> None:
        """A list under a newer name is as old as it says."""
        place = self.fill(tmp_path, counter, [])
        (place / f"{AT.astimezone(UTC):%Y%m%dT%H%M%SZ}.status").write_bytes(counter.list(at=AT - 27 * HOUR))
        assert self.code(counter, StatusFolder([tmp_path])) == "STATUS_STALE"

    def test_single_files(self, counter: Counter, tmp_path: Path) -> None:
        file = tmp_path / "any name"
        file.write_bytes(counter.list())
        assert self.code(counter, StatusFolder([file])) == "OK"

    def test_a_pipe_is_not_waited_for(self, counter: Counter, tmp_path: Path) -> None:
        self.fill(tmp_path, counter, [AT - HOUR])
        os.mkfifo(tmp_path / "pipe.status")
        assert self.code(counter, StatusFolder([tmp_path])) == "OK"
        assert self.code(counter, StatusFolder([tmp_path / "pipe.status"])) == "STATUS_LIST_FORGED"

    def test_what_cannot_be_read_is_said(
        self, counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(StatusFilesError):
            StatusFolder([tmp_path / "none"])
        (tmp_path / "a folder.status").mkdir()
        assert self.code(counter, StatusFolder([tmp_path])) == "STATUS_LIST_FORGED"
        monkeypatch.setattr("verify.status_folder.MAX_UNDATED", 2)
        for name in "bcd":
            (tmp_path / f"{name}.status").write_bytes(b"")
        with pytest.raises(StatusFilesError):
            self.code(counter, StatusFolder([tmp_path]))
        monkeypatch.setattr("verify.status_folder.MAX_STATUS_FILES", 2)
        with pytest.raises(StatusFilesError):
            self.code(counter, StatusFolder([tmp_path]))


class Store:
    """A store that knows the licence: first as one word, from a time on as another."""

    def __init__(self, word: str = "issued", then: str = "", since: datetime = AT) -> None:
        self.word, self.then, self.since = word, then, since

    def status(self, identifier: str, at: datetime) -> StatusStatement:
        value = self.then if self.then and at >= self.since else self.word
        return StatusStatement(value=value, as_of=at, source="store", next_update=at, fresh=True)


def heard(counter: Counter, store: Store, *files: bytes) -> tuple[str, str, str]:
    """Judge with a store and lists that were brought: the verdict, whose word it is, what the auditor reads."""
    data, signature = counter.office.seal_structured(counter.seal, status_place=PLACE, sealed_at=counter.office.AT)
    lists = SignedStatusLists(StatusListsAtHand(files), counter.trust)
    report = Verifier(counter.trust, store, brought=[lists]).verify_file(data, signature=signature, at=AT)
    (detail,) = (check.detail for check in report.checks if check.name == "status")
    return said(report), report.status.source, detail


def test_a_list_that_was_brought_is_heard_beside_the_store(counter: Counter) -> None:
    suspended, ended = counter.list(ListedStatus.SUSPENDED), counter.list(ListedStatus.ENDED, AT - 9 * DAY)
    for files, code in ((suspended, "STATUS_SUSPENDED"), (ended, "STATUS_ENDED")):
        verdict, source, detail = heard(counter, Store(), files)
        assert (verdict, source) == (code, "list")
        assert "the store says issued" in detail
    # Too old to say it is suspended; not the authority's word; no stricter than the store.
    for files, words in (
        (counter.list(ListedStatus.SUSPENDED, AT - 9 * DAY), "heard beside the store"),
        (_cut(ended), "STATUS_LIST_FORGED"),
        (counter.list(), "heard beside the store"),
    ):
        verdict, source, detail = heard(counter, Store(), files)
        assert (verdict, source) == ("OK", "store")
        assert words in detail
    assert heard(counter, Store("revoked"), counter.list())[:2] == ("STATUS_REVOKED", "store")


def test_what_the_store_learnt_after_the_list_counts(counter: Counter) -> None:
    suspended = counter.list(ListedStatus.SUSPENDED)
    restored = Store("suspended", "issued", AT - HOUR / 2)
    assert heard(counter, restored, suspended)[:2] == ("OK", "store")
    # An end is another word than a suspension: it is not what was lifted.
    ended = counter.list(ListedStatus.ENDED)
    assert heard(counter, restored, ended)[:2] == ("STATUS_ENDED", "list")
    assert heard(counter, Store("revoked", "issued", AT - HOUR / 2), ended)[:2] == ("OK", "store")
