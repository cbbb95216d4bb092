"""URLs of files as sites really write them: asked for as a browser would, found again as they are written, and none lost."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from crawlkit import Crawled, crawl, sound
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from mediakit import ORIGINALS, FileSite, png

from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump

# What stands behind the uploads folder, and the path that a browser asks for.
ASKED = {
    "a^`{}|b.png": "a%5E%60%7B%7D%7Cb.png",
    'q"<>q.png': "q%22%3C%3Eq.png",
    "two words.png": "two%20words.png",
    "100%.png": "100%.png",
    "фото é.png": "%D1%84%D0%BE%D1%82%D0%BE%20%C3%A9.png",
    "x/../up.png": "up.png",
    "./x/%2e%2e/here.png": "here.png",
    "whole.png#piece": "whole.png",
    "w\\2024\\win.png": "w/2024/win.png",
    "q.png?v=a b#c": "q.png?v=a%20b",
    " spaced.png ": "spaced.png",
}
# Whole values of source_url, and what the row says.
UNASKABLE = {
    "": "no URL",
    " ": "no URL",
    None: "no URL",
    5: "no URL",
    "javascript:alert(1)": "not an http",
    "ftp://example.org/a.png": "not an http",
    "http:///a.png": "host name",
    "https://u:secret@example.org/a.png": "credentials",
    "https://exa mple.org/a.png": "host name",
    "https://example.org:99999/a.png": "port",
    "https://example.org/a\r\nb.png": "control",
    "https://example.org/..%2fa.png": "dot segments",
    "https://example.org/" + "a" * 9000: "longer",
}


class OddSite(FileSite):
    """Its attachments have the `source_url` that the test gives them."""

    def __init__(self) -> None:
        self.odd: dict[int, object] = {}
        super().__init__()

    def add_odd(self, source_url: object) -> None:
        self.odd[self.attach(f"plain-{len(self.odd)}.png")] = source_url

    def respond(self, handler: Handler, request: Request) -> None:
        answer: Answer = self.core.answer(request)
        if "/wp/v2/media" not in request.path or answer.status != 200:
            super().respond(handler, request)
            return
        items = json.loads(answer.body)
        for item in items if isinstance(items, list) else [items]:
            if item.get("id") in self.odd:
                item["source_url"] = self.odd[item["id"]]
        handler.send(Answer(200, answer.headers, json.dumps(items).encode()))


@pytest.fixture
def site() -> Iterator[OddSite]:
    with OddSite() as site:
        yield site


def rebuilt_equal(done: Crawled) -> bool:
    before = list(logical_dump(done.archive.database))
    index(done.archive, rebuild=True)
    return list(logical_dump(done.archive.database)) == before


def test_odd_urls_are_asked_as_a_browser_would_and_found_as_they_are_written(site: OddSite, tmp_path: Path) -> None:
    """By the column `url` of the row as it stands in the item (spaces around it aside), by `key` as it was asked."""
    for number, (written, asked) in enumerate(ASKED.items()):
        from urllib.parse import unquote

        site.also(unquote(asked.partition("?")[0]), png(number))
        begin, middle = written[: len(written) - len(written.lstrip())], written.lstrip()
        site.add_odd(f"{begin}{site.upload(middle)}")
    for _ in range(2):
        done = crawl(tmp_path / "archive", site.url, settings=ORIGINALS)
        assert done.code is ExitCode.COMPLETE
    rows = done.rows("SELECT url, key, problem, status FROM media_files")
    assert len(rows) == len(ASKED)
    by_url = {url: (key, problem, status) for url, key, problem, status in rows}
    for written, asked in ASKED.items():
        assert by_url[site.upload(written.strip())] == (site.upload(asked), None, 200), written
        assert site.asked_for(asked)
    assert done.number("SELECT count(*) FROM media m JOIN media_files f ON f.url = trim(m.source_url)") == len(ASKED)
    assert rebuilt_equal(done) and list(sound(done.folder)) == []


def test_what_cannot_be_asked_for_has_its_row_and_its_reason(site: OddSite, tmp_path: Path) -> None:
    """As many rows as the crawl counted, none asked for, nothing printed of a secret in a URL; no gap: it is the site's word."""
    for source_url in UNASKABLE:
        site.add_odd(source_url)
    for full in (False, True, False):
        done = crawl(tmp_path / "archive", site.url, settings=ORIGINALS, full=full)
        assert done.code is ExitCode.COMPLETE
    rows = done.rows("SELECT url, problem, media, role, capture FROM media_files ORDER BY media")
    assert [row[2] for row in rows] == sorted(site.odd)
    for (url, problem, media, role, capture), (written, reason) in zip(rows, UNASKABLE.items(), strict=True):
        assert url == (written.strip() if isinstance(written, str) and written.strip() else f"attachment/{media}")
        assert problem.startswith("unaskable: ") and reason in problem
        assert (role, capture) == ("original", None)
    assert done.number("SELECT count(*) FROM gaps") == 0
    first = crawl(tmp_path / "other", site.url, settings=ORIGINALS)
    assert first.result.report.files == {"refused": len(UNASKABLE)}
    assert rebuilt_equal(done) and list(sound(done.folder)) == []


def test_a_url_that_is_mended_is_held_like_any_other(site: OddSite, tmp_path: Path) -> None:
    site.add_odd("")
    crawl(tmp_path / "archive", site.url, settings=ORIGINALS)
    site.also("2025/01/now.png", png(1))
    (number,) = site.odd
    site.odd[number] = site.upload("2025/01/now.png")
    done = crawl(tmp_path / "archive", site.url, settings=ORIGINALS, full=True)
    rows = done.rows("SELECT url, status, problem FROM media_files WHERE media = ? ORDER BY url", number)
    assert rows == [(site.upload("2025/01/now.png"), 200, None)]
    assert rebuilt_equal(done)


def test_what_content_embeds_and_nobody_can_ask_for_has_its_row_too(site: OddSite, tmp_path: Path) -> None:
    """By the same reasons as an attachment's, as many rows as the crawl counted, and no request."""
    embedded = [url for url in UNASKABLE if isinstance(url, str) and url.startswith("http")]
    shown = "".join(f'<img src="{url}"><video poster="{url}"></video>' for url in embedded)
    site.write(f'{shown}<img src="data:image/png;base64,aGVsbG8="><img src="{site.also("theme/a.png", png(1))}">')
    done = crawl(tmp_path / "archive", site.url, settings=replace(ORIGINALS, linked=True))
    rows = done.rows("SELECT url, problem, role, media FROM media_files WHERE problem IS NOT NULL")
    assert (done.code, done.result.report.files) == (ExitCode.COMPLETE, {"refused": len(rows), "fetched": 1})
    assert len(rows) == len(embedded)
    for url, problem, role, media in rows:
        assert problem.startswith("unaskable: ") and (role, media) == ("linked", None), url
    assert rebuilt_equal(done) and list(sound(done.folder)) == []
