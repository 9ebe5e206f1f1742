"""Forms that are sent twice."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.testclient import TestClient

from api.app import create_app
from api.form_repeats import MAX_FORMS, REPEAT_SECONDS, FormRepeats
from api.home import open_home
from api.review_pages import SAVE_PATH
from api.wiring import Services
from licences import Actor, Draft, ReviewDesk, Wish

if TYPE_CHECKING:
    from running import Elicence


def test_the_second_of_two_waits_for_the_first_and_does_nothing() -> None:
    repeats, begun, go_on, done = FormRepeats(), threading.Event(), threading.Event(), list[str]()

    def act() -> Response:
        begun.set()
        assert go_on.wait(60)
        done.append("made")
        return RedirectResponse(f"/made/{len(done)}", status_code=303)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(repeats.once, ("someone", {"licence": "1"}), act)
        assert begun.wait(60)
        second = pool.submit(repeats.once, ("someone", {"licence": "1"}), act)
        go_on.set()
        places = [one.result().headers["location"] for one in (first, second)]
    assert places == ["/made/1", "/made/1"]
    assert repeats.once(("someone else", {"licence": "1"}), act).headers["location"] == "/made/2"
    assert repeats.once(("someone", {"licence": "2"}), act).headers["location"] == "/made/3"


def test_what_is_sent_later_or_was_refused_is_done() -> None:
    now, done = 0.0, list[float]()
    repeats = FormRepeats(lambda: now)

    def act() -> Response:
        done.append(now)
        return HTMLResponse(status_code=422) if len(done) == 1 else RedirectResponse("/", status_code=303)

    for moment in (0.0, 0.0, REPEAT_SECONDS / 2, REPEAT_SECONDS):
        now = moment
        repeats.once("form", act)
    assert done == [0.0, 0.0, REPEAT_SECONDS]
    for number in range(MAX_FORMS):
        repeats.once(number, lambda: Response())
    repeats.once("form", act)
    assert len(done) == 4, "forgotten"


def test_what_cannot_be_submitted_yet_is_kept_as_one_draft(fresh: Elicence, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ReviewDesk.draft

    def beside(desk: ReviewDesk, wish: Wish, *, actor: Actor, at: datetime) -> Draft:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()  # in which nobody else would be answered meanwhile
        return kept(desk, wish, actor=actor, at=at)

    monkeypatch.setattr(ReviewDesk, "draft", beside)
    services = Services(open_home(fresh.home))
    app = create_app(services, public_only=False)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    form = {"type": "water-abstraction", "then": "submit", "certificateNumber": "D990101G2026-0001"}
    sent = [client.post(SAVE_PATH, data=form) for _ in range(2)]
    (draft,) = services.drafts.drafts(None, limit=10)
    for shown in sent:
        assert (shown.status_code, shown.url.path) == (200, f"/review/drafts/{draft.id}/form")
        assert 'id="certificateHolderName-fault"' in shown.text

    edited = form | {"draft": draft.id, "digest": draft.digest, "then": "save"}
    assert client.post(SAVE_PATH, data=edited | {"certificateNumber": "D990101G2026-0002"}).status_code == 200
    refused = client.post(SAVE_PATH, data=edited | {"certificateNumber": "D990101G2026-0003"})
    assert refused.status_code == 422, "it has been edited since"
    for value in (draft.id, draft.digest, "D990101G2026-0003"):
        assert f'value="{value}"' in refused.text
    assert len(services.drafts.drafts(None, limit=10)) == 1
