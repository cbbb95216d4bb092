"""`wparchive trace`: where a hot-linked upload came from, asked of its own host, with evidence."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from crawlkit import crawl, end, invoke, launch, sound, wait_for_requests
from fakewp import canary
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from loopback import serving
from mediakit import ORIGINALS, FileSite, Static, png

from wparchive.crawl.files.trace import Embedding, trace
from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode
from wparchive.events import quiet
from wparchive.index import index, logical_dump
from wparchive.store import Archive


@pytest.fixture
def sites() -> Iterator[tuple[FileSite, FileSite]]:
    """A site that embeds a picture, and the one that it comes from."""
    with FileSite() as site, FileSite() as source:
        yield site, source


def uploaded(source: FileSite, **fields: Any) -> tuple[int, int]:
    """An article of `source` with a picture of two sizes; gives the ids of article and attachment."""
    article = source.write("<p>Where it was first.</p>", title="The &amp; original story")
    size = {"file": "harbour-150x150.png", "width": 150, "height": 150, "mime_type": "image/png"}
    meta = {"credit": "R. Adeyemi"}
    details = {"width": 1, "height": 1, "sizes": {"thumbnail": size}, "image_meta": meta}
    source.also("2025/01/harbour-150x150.png", png(2))
    about = {"parent": article, "details": details, **fields}
    return article, source.attach("harbour.png", png(1), **about)


def traced(site: FileSite, folder: Path, number: int, *more: str) -> list[dict[str, Any]]:
    key = f"post/{number}"
    found = json.loads(invoke("trace", key, "-a", folder, "--json", "--silent", *more).stdout)
    assert list(sound(folder)) == []
    return found


def allow(source: Any) -> tuple[str, str]:
    return "--allow-origin", source.url.rstrip("/")


def test_the_host_names_the_attachment_and_its_article(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    site, source = sites
    article, media = uploaded(source)
    url = source.upload("2025/01/harbour-150x150.png")
    number = site.write(f'<p><img src="{url}"></p>')
    crawl(tmp_path, site.url, settings=ORIGINALS)
    assert source.requests == []  # only on explicit request

    ((link),) = traced(site, tmp_path, number, *allow(source))
    found = link["trace"]
    assert (link["url"], link["upload"]) == (url, "harbour.png")
    assert (found["outcome"], found["media"], found["article"]) == ("found", media, article)
    assert found["media_url"] == source.upload("2025/01/harbour.png")
    assert found["article_title"] == "The & original story"
    assert found["article_link"].startswith(source.url)
    assert found["credit"] == "R. Adeyemi"
    assert source.requests[0].target == "/robots.txt"


def test_the_evidence_is_captured_and_comes_back_from_the_warcs(
    sites: tuple[FileSite, FileSite], tmp_path: Path
) -> None:
    site, source = sites
    _, media = uploaded(source)
    number = site.write(f'<img src="{source.upload("2025/01/harbour-150x150.png")}">')
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    items = crawled.items()
    traced(site, tmp_path, number, *allow(source))
    ((capture, outcome),) = crawled.rows("SELECT capture, outcome FROM traces")
    assert outcome == "found"
    shown = invoke("show", capture, "--body", "-a", tmp_path).stdout
    assert [one["id"] for one in json.loads(shown)] == [media]
    assert crawled.items() == items  # what another site has is no item of this one
    assert crawled.rows("SELECT mode FROM runs ORDER BY run") == [("full",), ("trace",)]
    dump = crawled.dump()
    index(Archive(tmp_path), rebuild=True)
    assert list(logical_dump(tmp_path / "archive.db")) == dump


def test_nothing_is_asked_offline(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    site, source = sites
    number = site.write(
        f'<img src="{source.upload("2025/01/harbour-300x200.png")}"><a href="https://example.com/">x</a>'
    )
    crawl(tmp_path, site.url, settings=ORIGINALS)
    (link,) = traced(site, tmp_path, number, "--offline")
    assert (link["upload"], link["trace"]) == ("harbour.png", None)
    assert source.requests == []


def test_a_host_that_may_not_be_asked_is_not(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    site, source = sites
    number = site.write(f'<img src="{source.upload("2025/01/harbour.png")}">')
    crawl(tmp_path, site.url, settings=ORIGINALS)
    (link,) = traced(site, tmp_path, number)
    assert link["trace"]["outcome"] == "failed"  # never asked, so nothing is said of its API
    assert "isn't a public address" in link["trace"]["reason"]
    assert source.requests == []


class Elsewhere(BaseHTTPRequestHandler):
    """Sends everyone to `to`."""

    to = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"{self.to}{self.path[1:]}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_address_that_a_site_claims_as_its_home_is_a_strangers(
    sites: tuple[FileSite, FileSite], tmp_path: Path
) -> None:
    """What an answer says of its site gives no leave to ask: else it could have internal services asked by a redirect."""
    site, internal = sites
    handler = type("ToInternal", (Elsewhere,), {"to": internal.url})
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        url = f"http://localhost:{server.server_port}"
        number = site.write(f'<img src="{url}/wp-content/uploads/2025/01/harbour.png">')
        crawl(tmp_path, site.url, settings=ORIGINALS)
        with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
            db.execute("UPDATE sites SET home = ?, root = ?", (internal.url, f"{internal.url}wp-json/"))
            db.commit()
        options = ("-a", tmp_path, "--json", "--silent", "--allow-origin", url)
        ((link),) = json.loads(invoke("trace", f"post/{number}", *options).stdout)
    assert link["trace"]["outcome"] != "found"
    assert internal.requests == []


def test_a_host_without_the_file_or_without_an_api_is_said_to_be(
    sites: tuple[FileSite, FileSite], tmp_path: Path
) -> None:
    site, source = sites
    uploaded(source, file="2024/12/other.png", slug="other")
    with canary() as plain:
        number = site.write(
            f'<img src="{source.upload("2025/01/harbour.png")}"><img src="{plain.url}wp-content/uploads/2025/01/x.png">'
        )
        crawl(tmp_path, site.url, settings=ORIGINALS)
        links = traced(site, tmp_path, number, *allow(source), *allow(plain))
    outcomes = {link["upload"]: link["trace"]["outcome"] for link in links}
    assert outcomes == {"harbour.png": "unnamed", "x.png": "no-api"}
    for link in links:  # what was answered is the evidence of that too
        assert invoke("show", link["trace"]["capture"], "-a", tmp_path).raw.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(("status", "outcome"), [(401, "closed"), (403, "closed"), (500, "failed"), (404, "failed")])
def test_a_host_whose_media_cannot_be_asked_is_not_said_to_lack_the_file(
    sites: tuple[FileSite, FileSite], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, outcome: str
) -> None:
    site, source = sites
    uploaded(source)
    respond = source.respond

    def failing(handler: Handler, request: Request) -> None:
        if "/wp/v2/media" in request.target:
            handler.send(Answer(status, [("Content-Type", "application/json")], b"[]"))
        else:
            respond(handler, request)

    monkeypatch.setattr(source, "respond", failing)
    url = source.upload("2025/01/harbour.png")
    number = site.write(f'<img src="{url}">')
    crawl(tmp_path, site.url, settings=ORIGINALS)
    settings, no_wait = replace(ORIGINALS, allow_origin=allow(source)[1:]), Seams(sleep=lambda _: None)
    found = [Embedding(Archive(tmp_path).sites()[0].name, "post", number, url)]
    (link,) = trace(Archive(tmp_path), found, site.url, settings, stop=threading.Event(), emit=quiet, seams=no_wait)
    assert link.outcome == outcome
    assert str(status) in link.reason
    assert list(sound(tmp_path)) == []


def test_a_trace_is_no_run_of_the_site(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    """So that `status` goes on naming the gaps of the last crawl."""
    site, source = sites
    uploaded(source)
    site.attach("cut.png", Static(png(1, size=9000), cut=[100]))
    number = site.write(f'<img src="{source.upload("2025/01/harbour.png")}">')
    crawled = crawl(tmp_path, site.url, settings=ORIGINALS)
    before = crawled.rows("SELECT first_run, last_run FROM sites")
    traced(site, tmp_path, number, *allow(source))
    assert crawled.rows("SELECT first_run, last_run FROM sites") == before
    (status,) = json.loads(invoke("status", "-a", tmp_path, "--json").stdout)
    assert [gap["route"] for gap in status["gaps"]] == [site.upload("2025/01/cut.png")]


def test_where_the_archive_holds_the_source_already_it_says_so(
    sites: tuple[FileSite, FileSite], tmp_path: Path
) -> None:
    site, source = sites
    _, media = uploaded(source)
    number = site.write(f'<img src="{source.upload("2025/01/harbour.png")}">')
    crawl(tmp_path, site.url, source.url, settings=ORIGINALS)
    folder = next(
        path.name
        for path in tmp_path.iterdir()
        if path.is_dir() and str(path).endswith(site.url.split(":")[2].strip("/"))
    )
    found = json.loads(invoke("trace", f"{folder}/post/{number}", "-a", tmp_path, "--offline", "--json").stdout)
    assert found[0]["held"][0].endswith(f"/attachment/{media}")


def test_an_unfinished_crawl_is_still_gone_on_with(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    """A trace in between doesn't make a cut-off crawl look finished."""
    site, source = sites
    uploaded(source)
    number = site.write(f'<img src="{source.upload("2025/01/harbour.png")}">')
    cut = crawl(tmp_path, site.url, settings=ORIGINALS, changes={"max_requests": 16})
    assert cut.result.report.reason.startswith("stopped at --max-requests")
    asked = len(site.requests)
    traced(site, tmp_path, number, *allow(source))
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert again.result.report.mode == "full"
    assert "resumed" in [event for event, _ in again.events]
    assert len(site.requests) - asked < 25
    assert again.result.report.exit_code == 0


def test_a_signal_stops_it_cleanly(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    """Exit 130 and one line; what was asked is kept, its run has an end, and the next crawl takes over nothing."""
    site, source = sites
    uploaded(source)
    number = site.write(f'<img src="{source.upload("2025/01/harbour.png")}">')
    crawl(tmp_path, site.url, settings=ORIGINALS)
    process = launch("trace", f"post/{number}", "-a", tmp_path, "--delay", "30", *allow(source))
    assert wait_for_requests(source, 1, process)
    code, _, err = end(process)
    assert (code, err.splitlines()[-1:], "Traceback" in err) == (
        ExitCode.INTERRUPTED,
        ["wparchive: stopped by a signal; run the same command again to resume"],
        False,
    )
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert "resumed" not in [event for event, _ in again.events]
    assert f"{source.url}robots.txt" in [row[0] for row in again.rows("SELECT url FROM captures")]
    assert list(sound(tmp_path)) == []


def test_it_is_printed_for_people(sites: tuple[FileSite, FileSite], tmp_path: Path) -> None:
    site, source = sites
    uploaded(source)
    number = site.write(f'<img src="{source.upload("2025/01/harbour-150x150.png")}">')
    crawl(tmp_path, site.url, settings=ORIGINALS)
    said = invoke("trace", f"post/{number}", "-a", tmp_path, *allow(source)).stdout
    for words in ("uploaded as harbour.png", "found", "The & original story", "R. Adeyemi", "evidence"):
        assert words in said
    quiet = site.write("<p>No picture.</p>")
    crawl(tmp_path, site.url, settings=ORIGINALS)
    assert "takes no picture" in invoke("trace", f"post/{quiet}", "-a", tmp_path).stdout
