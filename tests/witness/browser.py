"""Our pages in Debian's Chromium, as people at a phone or a desk see them."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

_SECONDS = 180
_PAGE_SECONDS = 30
_FILM_SIZE = (640, 480)
# What is well is counted in the page: to describe it takes longer than to look for what is wrong.
_LOOK = """async (rules) => {
    const { passes, violations } = await axe.run(document, rules);
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const where = ({ id, impact, nodes }) => nodes.map(
        ({ html, failureSummary }) => `${id} (${impact}): ${html} ${failureSummary || ""}`);
    return [passes.length, grave.flatMap(where)];
}"""
_KEPT = "() => { try { return localStorage.length + sessionStorage.length } catch { return 0 } }"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page as a person at a screen of the given width meets it."""

    status: int
    url: str
    title: str
    text: str
    """What is visible, with the browser's line breaks."""
    html: str
    width: int
    content_width: int
    """Wider than `width` means that the page must be scrolled sideways."""
    faults: tuple[str, ...]
    """Console errors, script errors and requests that failed."""


def barriers(page: Page) -> tuple[str, ...]:
    """Ask axe-core for serious and critical breaches of WCAG 2.2 AA; each says the rule and where."""
    page.evaluate(AXE_SCRIPT)
    passes, found = page.evaluate(_LOOK, {"runOnly": {"type": "tag", "values": _WCAG}, "resultTypes": ["violations"]})
    assert passes, "axe looked at nothing"
    return tuple(found)


class Chromium:
    """Debian's Chromium without a screen, driven from a thread of its own.

    Playwright keeps an event loop running in the thread that started it; here that thread is never the test's, so tests
    may run loops of their own.
    """

    def __init__(self) -> None:
        """Start it; nobody is asked for leave to use its camera."""
        self._tabs: dict[bool, _Tab] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chromium")
        self._thread.submit(self._start).result(_SECONDS)

    def _start(self) -> None:
        program = shutil.which("chromium")
        if program is None:
            pytest.skip("chromium is missing: install the Debian package chromium")
        self._folder = TemporaryDirectory(prefix="chromium-")
        self._film = Path(self._folder.name) / "film.mjpeg"
        self.film(Image.new("RGB", _FILM_SIZE, "white"))
        self._playwright = sync_playwright().start()
        expect.set_options(timeout=_PAGE_SECONDS * 1000)
        self._browser = self._playwright.chromium.launch(
            executable_path=program,
            timeout=_SECONDS * 1000,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={self._film}",
            ],
        )

    def film(self, picture: Image.Image) -> None:
        """Have the camera see a picture, whenever a page opens it from now on."""
        frame = Image.new("RGB", _FILM_SIZE, "white")
        small = picture.convert("RGB")
        small.thumbnail(_FILM_SIZE)
        frame.paste(small, ((_FILM_SIZE[0] - small.width) // 2, (_FILM_SIZE[1] - small.height) // 2))
        with self._film.open("wb") as film:
            for _ in range(2):
                frame.save(film, "JPEG", quality=90)

    def view(
        self,
        url: str,
        *,
        width: int = 360,
        height: int = 740,
        javascript: bool = True,
        alone: bool = False,
        act: Callable[[Page], None] | None = None,
    ) -> PageView:
        """Open a page, let `act` fill and click, and tell what is to be seen after that.

        Args:
            url: Where the page is.
            width: Of the screen, in CSS pixels.
            height: Of the screen.
            javascript: Whether the browser runs scripts.
            alone: `act` changes the tab itself (its clock, its routes, scripts that run before the page's), so it gets
                one of its own. Others take turns in one, without the cookies of those before.
            act: What the person does.

        Raises:
            playwright.sync_api.Error: The page cannot be loaded, or `act` did not find what it looked for in time.
        """
        return self._thread.submit(self._view, url, width, height, javascript, alone, act).result(_SECONDS)

    def _view(
        self, url: str, width: int, height: int, javascript: bool, alone: bool, act: Callable[[Page], None] | None
    ) -> PageView:
        tab = (None if alone else self._tabs.pop(javascript, None)) or _Tab(self._browser, javascript)
        try:
            seen = tab.view(url, width, height, act)
            if not alone and tab.leave():
                self._tabs[javascript] = tab
            return seen
        finally:
            if self._tabs.get(javascript) is not tab:
                tab.close()

    def close(self) -> None:
        self._thread.submit(self._stop).result(_SECONDS)
        self._thread.shutdown()
        self._folder.cleanup()

    def _stop(self) -> None:
        self._browser.close()
        self._playwright.stop()


def follow(page: Page, place: str) -> None:
    """Click what leads to another page, and wait until all of that is there.

    After a click alone, what is looked at next may still be the page before; and what is left before all of it is there
    would be told as a fault.
    """
    with page.expect_navigation():
        page.click(place)


def sent_twice(page: Page, form: str, typed: Mapping[str, str] | None = None) -> list[int]:
    """Send a form (with what was typed) as somebody who clicks twice does, and give both statuses."""
    place, fields = page.locator(form).evaluate("form => [form.action, Object.fromEntries(new FormData(form))]")
    fields.update(typed or {})
    return [
        page.request.post(place, form=fields, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0).status
        for _ in range(2)
    ]


class _Tab:
    """A window with cookies and a memory of its own: opening one takes longer than all that most views do in it."""

    def __init__(self, browser: Browser, javascript: bool) -> None:
        self._context = browser.new_context(locale="zh-CN", java_script_enabled=javascript)
        self._page = page = self._context.new_page()
        page.set_default_timeout(_PAGE_SECONDS * 1000)
        self._faults: list[str] = []
        self._status = 0
        page.on("console", lambda message: self._faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._faults.append(str(error)))
        page.on("requestfailed", lambda request: self._faults.append(f"{request.url}: {request.failure}"))
        page.on("response", self._answered)

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self._status = response.status

    def view(self, url: str, width: int, height: int, act: Callable[[Page], None] | None) -> PageView:
        page = self._page
        self._faults, self._status = [], 0
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url, wait_until="load")
        if act is not None:
            act(page)
            page.wait_for_load_state("load")
        return PageView(
            status=self._status,
            url=page.url,
            title=page.title(),
            text=page.inner_text("body"),
            html=page.content(),
            width=width,
            content_width=int(page.evaluate("document.documentElement.scrollWidth")),
            faults=tuple(self._faults),
        )

    def leave(self) -> bool:
        """Forget cookies and page; false when the page kept something that others would find."""
        if self._page.evaluate(_KEPT):
            return False
        # What the page still asks for fails now, and not in the next view.
        self._page.goto("about:blank")
        self._context.clear_cookies()
        return True

    def close(self) -> None:
        self._context.close()
