"""What a page looks like in Chromium, and by how many pixels two such pictures differ."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route, sync_playwright

__all__ = ["CHROMIUM", "chromium", "differing", "picture"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_SIZE = {"width": 1280, "height": 900}
_TOLD_APART = 16  # of 255: below it nobody sees a difference
# What a reader who scrolls down sees: pictures that wait for that are loaded, and what moves stands still.
_ALL_LOADED = """async () => {
    for (const one of document.querySelectorAll('[loading=lazy]')) one.loading = 'eager';
    await Promise.all([...document.images].map(one => one.decode().catch(() => 'broken')));
    await document.fonts.ready;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of the test's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


def picture(browser: Browser, url: str, server: str, home: str) -> tuple[Image.Image, list[str]]:
    """The whole page at `url` while only `server` (scheme, host, port) can be reached; and what it wanted from elsewhere.

    What isn't of the site at `home` can't be reached live, so that it is left out of what is replayed too.
    """
    missed: list[str] = []

    def pass_on(route: Route) -> None:
        asked = route.request.url
        foreign = "/http" in asked.removeprefix(server) and home not in asked
        if asked.startswith((f"{server}/", "data:", "blob:")) and not foreign:
            route.continue_()
        else:
            missed.append(route.request.url)
            route.abort()

    context = browser.new_context(viewport=_SIZE, reduced_motion="reduce")
    try:
        context.route("**/*", pass_on)
        return _shot(context.new_page(), url), missed
    finally:
        context.close()


def _shot(page: Page, url: str) -> Image.Image:
    page.goto(url, wait_until="load")
    page.evaluate(_ALL_LOADED)
    shot = page.screenshot(full_page=True, animations="disabled", caret="hide")
    return Image.open(io.BytesIO(shot)).convert("RGB")


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels in which two pictures differ visibly; of unlike sizes, the larger counts."""
    size = max(one.width, other.width), max(one.height, other.height)
    padded = [Image.new("RGB", size, colour) for colour in ("white", "black")]
    for ground, shown in zip(padded, (one, other), strict=True):
        ground.paste(shown)
    bands = ImageChops.difference(*padded).split()
    strongest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return sum(strongest.histogram()[_TOLD_APART + 1 :]) / (size[0] * size[1])
