"""Our pages in Debian's Chromium, as people at a phone or a desk see them."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import Page, sync_playwright

_SECONDS = 60
_PAGE_SECONDS = 15
_FILM_SIZE = (640, 480)
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
    screenshot: bytes
    """PNG of the whole page."""
    width: int
    content_width: int
    """Wider than `width` means that the page must be scrolled sideways."""
    faults: tuple[str, ...]
    """Console errors, script errors and requests that failed."""


def barriers(page: Page) -> tuple[str, ...]:
    """Ask axe-core for serious and critical breaches of WCAG 2.2 AA; each says the rule and where."""
    page.evaluate(AXE_SCRIPT)
    rules = {"runOnly": {"type": "tag", "values": _WCAG}}
    answer = page.evaluate("rules => axe.run(document, rules)", rules)
    assert answer["passes"], "axe looked at nothing"
    return tuple(
        f"{found['id']} ({found['impact']}): {node['html']} {node.get('failureSummary', '')}"
        for found in answer["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    )


def film_of(picture: Image.Image, path: Path) -> Path:
    """Write a film (.mjpeg) that shows one picture, for `Chromium(camera=...)`."""
    frame = Image.new("RGB", _FILM_SIZE, "white")
    small = picture.convert("RGB")
    small.thumbnail(_FILM_SIZE)
    frame.paste(small, ((_FILM_SIZE[0] - small.width) // 2, (_FILM_SIZE[1] - small.height) // 2))
    with path.open("wb") as film:
        for _ in range(2):
            frame.save(film, "JPEG", quality=90)
    return path


class Chromium:
    """Debian's Chromium without a screen, driven from a thread of its own.

    Playwright keeps an event loop running in the thread that started it; here that thread is never the test's, so tests
    may run loops of their own.
    """

    def __init__(self, *, camera: Path | None = None) -> None:
        """`camera` is a film that the browser takes for what its camera sees; people are not asked for leave."""
        self._camera = camera
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chromium")
        self._thread.submit(self._start).result(_SECONDS)

    def _start(self) -> None:
        program = shutil.which("chromium")
        if program is None:
            pytest.skip("chromium is missing: install the Debian package chromium")
        self._playwright = sync_playwright().start()
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
                *self._camera_arguments(),
            ],
        )

    def _camera_arguments(self) -> list[str]:
        if self._camera is None:
            return []
        return [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={self._camera}",
        ]

    def view(
        self,
        url: str,
        *,
        width: int = 360,
        height: int = 740,
        javascript: bool = True,
        act: Callable[[Page], None] | None = None,
    ) -> PageView:
        """Open a page, let `act` fill and click, and tell what is to be seen after that.

        Raises:
            playwright.sync_api.Error: The page cannot be loaded, or `act` did not find what it looked for in time.
        """
        return self._thread.submit(self._view, url, width, height, javascript, act).result(_SECONDS)

    def _view(
        self, url: str, width: int, height: int, javascript: bool, act: Callable[[Page], None] | None
    ) -> PageView:
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", java_script_enabled=javascript
        )
        try:
            page = context.new_page()
            page.set_default_timeout(_PAGE_SECONDS * 1000)
            faults: list[str] = []
            statuses: list[int] = [0]
            page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("requestfailed", lambda request: faults.append(f"{request.url}: {request.failure}"))
            page.on(
                "response",
                lambda response: statuses.append(response.status) if response.request.is_navigation_request() else None,
            )
            page.goto(url, wait_until="load")
            if act is not None:
                act(page)
                page.wait_for_load_state("load")
            return PageView(
                status=statuses[-1],
                url=page.url,
                title=page.title(),
                text=page.inner_text("body"),
                html=page.content(),
                screenshot=page.screenshot(full_page=True),
                width=width,
                content_width=int(page.evaluate("document.documentElement.scrollWidth")),
                faults=tuple(faults),
            )
        finally:
            context.close()

    def close(self) -> None:
        self._thread.submit(self._stop).result(_SECONDS)
        self._thread.shutdown()

    def _stop(self) -> None:
        self._browser.close()
        self._playwright.stop()
