"""The archive of a site that attacks its reader: in a real browser nothing runs, nothing is asked for, nothing leads out."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from attacks import ATTACKS
from fakewp import Canary, canary
from hostile import make_hostile
from playwright.sync_api import BrowserContext, Page, sync_playwright
from reading import PREFIX, Reading, made_once
from reading import Page as Read
from wayfinding import walked

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "x-dns-prefetch-control": "off",
}
OWN = (
    "default-src 'none'; script-src 'nonce-N'; style-src 'nonce-N'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)
FRAME = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
BYTES = "sandbox; default-src 'none'; frame-ancestors 'none'"
NOTHING = "default-src 'none'; sandbox"
NONCE = re.compile(r"'nonce-[\w-]{22}'")


@pytest.fixture(scope="module")
def room(shared: Path) -> Iterator[Reading]:
    with Reading(made_once(shared, "hostile", make_hostile) / "archive.db") as reading:
        yield reading


@pytest.fixture(scope="module")
def answers(room: Reading) -> dict[str, object]:
    """What is answered at every address that pages lead to: links, pictures, frames, files."""
    return dict(walked(room, 5))


def policy_of(path: str) -> str:
    """The policy that an address must have."""
    words = urlsplit(path).path.removeprefix(f"{PREFIX}/").split("/")
    if words[0] == "frame":
        return FRAME
    if words[-1] in ("bytes", "raw", "body", "record"):
        return BYTES
    return NOTHING if words[0] in ("absent", "changes.atom", "changes.json") else OWN


def test_every_answer_has_the_headers_that_it_must_have(answers: dict[str, object]) -> None:
    """Own pages a nonce of their own, frames and bytes a sandbox; no answer is an error."""
    nonces = set()
    for path, answer in answers.items():
        assert answer.status_code in (200, 206), (path, answer.status_code)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        in_frame = "frame=" in path or "/absent" in path
        wanted = SAFE | ({"cross-origin-resource-policy": "cross-origin"} if in_frame else {})
        assert {name: headers.get(name) for name in wanted} == wanted, path
        if "/static/" in path:
            continue
        given = headers["content-security-policy"]
        assert NONCE.sub("'nonce-N'", given) == policy_of(path), path
        nonces.update(NONCE.findall(given)[:1])
    assert len(nonces) > 100  # one for each answer


def test_archived_bytes_are_downloads_or_pictures_by_what_they_are(answers: dict[str, object]) -> None:
    """Whatever a server called them: HTML called a JPEG and drawings are never shown, and names are digits."""
    seen = set()
    for path, answer in answers.items():
        if urlsplit(path).path.rpartition("/")[2] not in ("bytes", "raw", "body", "record"):
            continue
        kind = answer.headers["content-type"].partition(";")[0]
        seen.add(kind)
        if kind.startswith("image/"):
            assert kind in ("image/png", "image/jpeg", "image/webp", "image/gif")
        else:
            assert kind in ("application/octet-stream", "application/gzip")
            assert re.fullmatch(r'attachment; filename="[0-9a-f]{32}\.[a-z.]+"', answer.headers["content-disposition"])
    assert {"image/webp", "application/octet-stream", "application/gzip"} <= seen


def test_pages_hold_no_script_style_or_way_out_of_theirs(answers: dict[str, object]) -> None:
    """Whatever a policy would stop does not stand in the page to begin with."""
    pages = [
        (path, Read(answer.text)) for path, answer in answers.items() if _is_page(answer) and "/frame/" not in path
    ]
    assert len(pages) > 150
    for path, page in pages:
        assert [given.get("nonce") is None for given in page.all("script")] == [False], path
        forbidden = {"style", "svg", "math", "base", "object", "embed", "meta", "template", "noscript"} - {"meta"}
        if "/runs" in path:
            forbidden -= {"svg"}  # our own calendar
        assert not forbidden & {name for name, _ in page.elements}, path
        for name, given in page.elements:
            assert not [one for one in given if one.startswith("on") or one in ("style", "srcset", "ping")], (
                path,
                name,
            )
        metas = page.all("meta")
        assert not [given for given in metas if given.get("http-equiv")], path
        out = [link for link in page.links if not link.startswith(("/", "#"))]
        assert len(out) <= (2 if "/url?" in path else 0), (path, out)
        assert not [link for link in page.links if link.startswith("//")], path
        for given in [*page.all("img"), *page.all("iframe")]:
            assert given["src"].startswith(f"{PREFIX}/"), path


def _is_page(answer: object) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


class Watched:
    """A page of Chromium, and everything in it that should not have happened."""

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.page: Page = context.new_page()
        self.own = own
        self.happened: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda said: self.happened.append(f"console: {said.text}"))
        self.page.on("pageerror", lambda error: self.happened.append(f"error: {error}"))
        self.page.on("popup", lambda _: self.happened.append("popup"))
        self.page.on("download", lambda one: self.happened.append(f"download: {one.url}"))
        context.on("request", self._request)

    def _dialog(self, shown: object) -> None:
        self.happened.append("dialog")
        shown.dismiss()

    def _request(self, request: object) -> None:
        if not request.url.startswith(f"{self.own}/"):
            self.happened.append(f"asked: {request.url}")

    def at(self, path: str) -> list[str]:
        """Open a page; what happened that should not."""
        self.happened.clear()
        answer = self.page.goto(f"{self.own}{path}", wait_until="load")
        if answer is None or answer.status != 200:
            self.happened.append(f"status {answer and answer.status}")
        return list(self.happened)


@pytest.fixture(scope="module")
def trap() -> Iterator[Canary]:
    with canary() as server:
        yield server


@pytest.fixture(scope="module")
def watched(chromium: tuple[str, list[str]], room: Reading, trap: Canary) -> Iterator[Watched]:
    """Chromium, to which every name of the world is the canary."""
    path, arguments = chromium
    port = urlsplit(trap.url).port
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP *.example 127.0.0.1:{port}"
        browser = playwright.chromium.launch(executable_path=path, args=[*arguments, rules])
        yield Watched(browser.new_context(), room.url)
        browser.close()


def test_what_is_not_cleaned_is_seen_to_act(watched: Watched, trap: Canary) -> None:
    """So that the tests below say something: the canary hears, and a dialog is noticed."""
    watched.page.goto("data:text/html,<script>alert(1)</script>", wait_until="load")
    assert "dialog" in watched.happened
    watched.page.goto("http://canary.example/a", wait_until="load")
    assert "asked: http://canary.example/a" in watched.happened
    assert "/a" in [one.target for one in trap.requests]
    trap.requests.clear()


def test_nothing_acts_on_any_page(watched: Watched, trap: Canary, room: Reading, answers: dict[str, object]) -> None:
    """One page of every form of address, and the article of every attack by itself, with its comparison or frame."""
    seen: dict[str, int] = {}
    paths = []
    for path, answer in answers.items():
        words = urlsplit(path).path.removeprefix(f"{PREFIX}/").split("/")
        form = "/".join([words[0], *words[4:]])
        seen[form] = seen.get(form, 0) + 1
        if _is_page(answer) and seen[form] <= 1:
            paths.append(path)
    items = [row[0] for row in room.rows("SELECT item FROM posts WHERE type = 'post'")]
    paths += [f"{PREFIX}/item/{item}" for item in items[::2]] + [f"{PREFIX}/frame/{item}" for item in items]
    paths += [f"{PREFIX}/item/{item}/changes" for item in items[1::2]]
    paths += [f"{PREFIX}/search?q={quote(attack[:300], safe='')}" for attack in ATTACKS[::6]]
    wrong = {path: happened for path in paths if (happened := watched.at(path))}
    assert wrong == {}
    # The icon is Chromium's own wish, after the page of the control above.
    assert [one.target for one in trap.requests if one.target != "/favicon.ico"] == []
    assert len(paths) > 150


def test_our_own_head_stays_on_top(watched: Watched, room: Reading) -> None:
    """A layer over the whole page would catch clicks; what the site says about places and layers isn't kept."""
    for item in [row[0] for row in room.rows("SELECT item FROM posts WHERE content LIKE '%position:fixed%'")]:
        watched.at(f"{PREFIX}/item/{item}")
        assert watched.page.evaluate("document.elementFromPoint(40, 20).closest('header.top') !== null"), item
