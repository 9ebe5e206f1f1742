"""Forms that are sent twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.form_repeats import MAX_FORMS, REPEAT_SECONDS, FormRepeats


def test_the_second_of_two_waits_for_the_first_and_does_nothing() -> None:
    repeats, begun, go_on, done = FormRepeats(), threading.Event(), threading.Event(), list[str]()

    def act() -> Response:
        begun.set()
        assert go_on.wait(10)
        done.append("made")
        return RedirectResponse(f"/made/{len(done)}", status_code=303)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(repeats.once, ("someone", {"licence": "1"}), act)
        assert begun.wait(10)
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
