"""Asking CAs over the network: what is asked, what is kept, and what a host that fails costs."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

import pytest
from servers import AuthorityServer

import keys
from esign import Evidence
from verify import RevocationFetcher

PATIENCE = 30.0
"""Seconds for an answer that does come."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(request: pytest.FixtureRequest, office: ModuleType) -> Any:
    with AuthorityServer("rsa", clock=office.AT) as server:
        yield server


def ask(fetcher: RevocationFetcher, server: Any, name: str = "seal") -> Evidence:
    pki = server.pki
    return fetcher.evidence(pki.certificate(name), pki.certificate(pki.issuer_name(name)), server.clock)


def test_an_answer_comes_before_a_list(server: Any) -> None:
    found = ask(RevocationFetcher(timeout=PATIENCE), server)
    assert (len(found.ocsps), len(found.crls), len(found.certificates)) == (1, 0, 0)
    assert keys.read_ocsp_response(found.ocsps[0]).answers[0].status == "good"
    assert (len(server.ocsp.requests), len(server.crl.requests)) == (1, 0)


def test_only_places_that_the_certificate_names(server: Any) -> None:
    assert len(ask(RevocationFetcher(timeout=PATIENCE), server, "seal-list-only").crls) == 1
    assert len(server.ocsp.requests) == 0
    assert ask(RevocationFetcher(timeout=PATIENCE), server, "seal-unpublished") == Evidence()
    assert len(server.crl.requests) == 1


@pytest.mark.parametrize(
    "knobs", [{"status": 503}, {"body": b"nonsense"}, {"failure": "tryLater"}, {"forced_status": "unknown"}], ids=str
)
def test_a_list_where_there_is_no_good_answer(server: Any, knobs: dict[str, Any]) -> None:
    for name, value in knobs.items():
        setattr(server.ocsp, name, value)
    assert len(ask(RevocationFetcher(timeout=PATIENCE), server).crls) == 1


def test_of_a_revocation_the_list_is_wanted_too(server: Any) -> None:
    """It alone says since when a stolen key was in other hands."""
    found = ask(RevocationFetcher(timeout=PATIENCE), server, "seal-compromised")
    assert (len(found.ocsps), len(found.crls)) == (1, 1)


def test_answers_are_kept_for_ten_minutes(server: Any) -> None:
    clock = Clock()
    fetcher = RevocationFetcher(timeout=PATIENCE, clock=clock)
    first = ask(fetcher, server)
    clock.now += 599
    assert ask(fetcher, server) == first
    assert len(server.ocsp.requests) == 1
    clock.now += 2
    ask(fetcher, server)
    assert len(server.ocsp.requests) == 2
    # Another certificate is another question.
    ask(fetcher, server, "code")
    assert len(server.ocsp.requests) == 3


def test_failures_are_kept_for_a_minute(server: Any) -> None:
    clock = Clock()
    fetcher = RevocationFetcher(timeout=PATIENCE, clock=clock)
    server.ocsp.status = server.crl.status = 503
    for _ in range(3):
        assert ask(fetcher, server) == Evidence()
    assert (len(server.ocsp.requests), len(server.crl.requests)) == (1, 1)
    server.ocsp.status = 200
    clock.now += 61
    assert len(ask(fetcher, server).ocsps) == 1


def test_a_host_that_does_not_answer_is_waited_for_once(server: Any) -> None:
    clock = Clock()
    fetcher = RevocationFetcher(timeout=0.5, clock=clock)
    server.ocsp.delay = server.crl.delay = 30
    for name in ("seal", "code", "tsa", "issuing-ca"):
        assert ask(fetcher, server, name) == Evidence()
    # None, if on a busy machine the time was over before the server had read the one.
    assert server.requests <= 1
    # A host that does answer, though without success, is asked at its other addresses.
    server.ocsp.delay = server.crl.delay = 0
    server.ocsp.status = 404
    fetcher._timeout = PATIENCE
    clock.now += 61
    assert len(ask(fetcher, server).crls) == 1


def test_a_closed_port(server: Any) -> None:
    server.close()
    assert ask(RevocationFetcher(timeout=PATIENCE), server) == Evidence()


def test_an_answer_that_is_too_large(server: Any) -> None:
    server.ocsp.huge = server.crl.huge = True
    assert ask(RevocationFetcher(timeout=PATIENCE), server) == Evidence()


def test_memory_is_bounded(server: Any) -> None:
    pki, fetcher = server.pki, RevocationFetcher(timeout=PATIENCE, clock=Clock())
    server.ocsp.status = 404
    issuer = pki.certificate("issuing-ca")
    for number in range(300):
        made = keys.make_certificate(
            subject=keys.Subject(common_name="一"),
            public_key=pki.key("seal").public_key,
            issuer=issuer,
            issuer_key=pki.key("issuing-ca"),
            serial=0x9000 + number,
            not_before=server.clock,
            not_after=server.clock,
            profile=keys.Profile.SEAL,
            ocsp_urls=[f"{server.url}/nothing/{number}"],
        )
        fetcher.evidence(made, issuer, server.clock)
    assert len(fetcher._kept) <= 256


def test_many_threads(server: Any) -> None:
    fetcher = RevocationFetcher(timeout=PATIENCE)
    found: list[Evidence] = []
    threads = [threading.Thread(target=lambda: found.append(ask(fetcher, server))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(one.ocsps) for one in found] == [1] * 12
