"""Hostile and broken files: none is ever taken for good, none reaches where it may not, none costs more than its limit."""

import gzip
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from crawlkit import Crawled, crawl, sound
from fakewp import canary
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler
from mediakit import ORIGINALS, FileSite, Static, files, jpeg, png, sha256

from wparchive.errors import ExitCode
from wparchive.store import Archive

HTML = b"<!DOCTYPE html>\n<html><head><title>Not here</title></head><body>Sorry</body></html>\n"
LIMIT = 200_000


@pytest.fixture
def site() -> Iterator[FileSite]:
    with FileSite() as site:
        yield site


@pytest.fixture
def crawled(site: FileSite, tmp_path: Path) -> Callable[..., Crawled]:
    """Crawls `site` with one attachment `x.png` that answers as `play` says."""

    def run(
        play: Callable[[Handler, Request], None] | bytes,
        name: str = "x.png",
        mime: str = "image/png",
        **changes: object,
    ) -> Crawled:
        site.attach("good.png", png(9))
        site.attach(name, play, mime=mime)
        settings = replace(ORIGINALS, **{"max_file": LIMIT, **changes})
        done = crawl(tmp_path, site.url, settings=settings)
        assert list(sound(tmp_path)) == []
        assert files(tmp_path)["good.png"] == (200, None, len(png(9)), sha256(png(9)))
        return done

    return run


def answer(body: bytes, *headers: tuple[str, str], status: int = 200) -> Callable[[Handler, Request], None]:
    """A play that sends just this."""

    def play(handler: Handler, request: Request) -> None:
        handler.wfile.write(handler.head(status, list(headers)) + body)
        handler.wfile.flush()
        handler.close_connection = True

    return play


def row(crawled: Crawled, name: str = "x.png") -> tuple[object, ...]:
    return files(crawled.folder)[name]


# --- the list


@pytest.mark.parametrize("framing", ["chunked", "until close"])
def test_an_endless_file_is_cut_at_the_limit_and_named_as_a_gap(
    site: FileSite, crawled: Callable[..., Crawled], framing: str
) -> None:
    def endless(handler: Handler, request: Request) -> None:
        kind = ("Transfer-Encoding", "chunked") if framing == "chunked" else ("Connection", "close")
        handler.wfile.write(handler.head(200, [("Content-Type", "image/png"), kind]))
        block = b"10000\r\n" + bytes(65536) + b"\r\n" if framing == "chunked" else bytes(65536)
        while not site.gate.is_set():
            handler.wfile.write(block)

    done = crawled(endless)
    assert done.code is ExitCode.INCOMPLETE
    status, problem, size, digest = row(done)
    assert (status, problem, digest) == (200, "too-big", None)
    assert size <= LIMIT + (1 << 18)
    assert done.rows("SELECT truncated FROM captures WHERE url LIKE '%x.png'") == [("length",)]
    assert done.rows("SELECT route FROM gaps") == [(site.upload("2025/01/x.png"),)]


def test_a_file_that_says_it_is_too_long_is_not_even_begun(site: FileSite, crawled: Callable[..., Crawled]) -> None:
    play = Static(bytes(LIMIT + 1))
    done = crawled(play)
    assert done.code is ExitCode.INCOMPLETE
    assert row(done) == (200, "too-big", 0, None)


def test_a_decompression_bomb_stays_packed(crawled: Callable[..., Crawled]) -> None:
    """The raw bytes are kept, nothing more than the limit is inflated, and the row says what it is."""
    packed = gzip.compress(bytes(30_000_000), mtime=0)
    assert len(packed) < LIMIT
    done = crawled(
        answer(
            packed, ("Content-Type", "image/png"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))
        )
    )
    assert done.code is ExitCode.COMPLETE
    assert row(done) == (200, "bomb", len(packed), None)


def test_a_file_that_redirects_to_another_origin_sends_nothing_there(crawled: Callable[..., Crawled]) -> None:
    for target in (
        "loopback",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/a.png",
        "file:///etc/passwd",
    ):
        with canary() as trap:
            url = f"{trap.url}a.png" if target == "loopback" else target
            done = crawled(
                answer(b"", ("Location", url), ("Content-Length", "0"), status=302), name=f"{len(target)}.png"
            )
            assert trap.requests == []
        assert done.code is ExitCode.COMPLETE
        assert row(done, f"{len(target)}.png")[:2] == (302, "guarded")


def test_a_file_that_turns_into_a_redirect_keeps_what_was_held(site: FileSite, tmp_path: Path) -> None:
    site.attach("x.png", png(1))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    with canary() as trap:
        site.plays["2025/01/x.png"] = answer(b"", ("Location", f"{trap.url}x.png"), ("Content-Length", "0"), status=301)
        done = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
        assert trap.requests == []
    assert done.code is ExitCode.COMPLETE
    assert files(tmp_path, "status, problem, sha256, gone")["x.png"] == (200, None, sha256(png(1)), "guarded")


@pytest.mark.parametrize("mime", ["text/html; charset=UTF-8", "image/png"])
def test_html_with_200_is_a_soft_404(crawled: Callable[..., Crawled], mime: str) -> None:
    done = crawled(Static(HTML, mime))
    assert done.code is ExitCode.COMPLETE
    assert row(done) == (200, "soft-404", len(HTML), None)


def test_a_content_length_that_is_too_long_is_a_cut(crawled: Callable[..., Crawled]) -> None:
    data = png(1, size=5000)
    done = crawled(answer(data, ("Content-Type", "image/png"), ("Content-Length", str(len(data) + 1))))
    assert done.code is ExitCode.INCOMPLETE
    assert row(done) == (200, "truncated", len(data), None)


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("x.png", "image/png", png(1, size=9000)),
        ("x.jpg", "image/jpeg", jpeg(30, 20, bytes(range(200)) * 40)),
        ("x.pdf", "application/pdf", b"%PDF-1.4\n" + b"0 0 m\n" * 900 + b"%%EOF\n"),
        ("x.webp", "image/webp", b"RIFF" + (8000).to_bytes(4, "little") + b"WEBPVP8X" + bytes(7992)),
    ],
)
@pytest.mark.parametrize("with_rest", [True, False])
def test_a_content_length_that_is_too_short_is_never_taken_for_the_whole(
    crawled: Callable[..., Crawled], name: str, mime: str, data: bytes, with_rest: bool
) -> None:
    """Whether the rest comes over the wire too, or the server cuts it off by itself: the file's own end is missing."""
    short = len(data) // 2
    body = data if with_rest else data[:short]
    done = crawled(answer(body, ("Content-Type", mime), ("Content-Length", str(short))), name, mime)
    assert done.code is ExitCode.COMPLETE
    assert row(done, name) == (200, "truncated", short, None)


def test_a_whole_file_of_each_kind_is_good(crawled: Callable[..., Crawled]) -> None:
    """The other side of the rule above; trailing bytes, as cameras write them, harm nothing."""
    data = jpeg(30, 20) + b"\xff\xfe trailer \xff\x01" * 900
    done = crawled(Static(data, "image/jpeg"), "x.jpg", "image/jpeg")
    assert row(done, "x.jpg") == (200, None, len(data), sha256(data))


def test_an_svg_with_script_is_kept_as_it_is_and_flagged(crawled: Callable[..., Crawled]) -> None:
    svg = (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="20" onload="alert(1)"><script>alert(2)</script></svg>'
    )
    done = crawled(Static(svg, "image/svg+xml"), "x.svg", "image/svg+xml")
    assert row(done, "x.svg") == (200, None, len(svg), sha256(svg))
    assert files(done.folder, "width, height, flags")["x.svg"] == (10, 20, '["script"]')


def test_a_script_at_the_end_of_a_large_svg_is_seen_too(crawled: Callable[..., Crawled]) -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b'<path d="M 1 1"/>' * 90_000 + b"<script>alert(1)</script></svg>"
    )
    done = crawled(Static(svg, "image/svg+xml"), "x.svg", "image/svg+xml", max_file=len(svg))
    assert files(done.folder, "problem, flags")["x.svg"] == (None, '["script"]')


@pytest.mark.parametrize(
    "name",
    ["../../../../../../etc/passwd", "..%2f..%2fescape.png", "a\r\nX-Injected: 1.png", "%00.png", "$(touch pwned).png", "-rf.png",
     "con.png", ".htaccess", "\u202egnp.exe", "a" * 200 + ".png", "a?b.png", "a#b.png", "a;b.png", "'\"--.png"],
)  # fmt: skip
def test_tricks_with_file_names_name_nothing_outside_the_archive(site: FileSite, tmp_path: Path, name: str) -> None:
    """No name from a site becomes a path: the archive has the files that it always has, and `original_image` no way out."""
    details = {
        "width": 1,
        "height": 1,
        "original_image": name,
        "sizes": {"x": {"file": name, "mime_type": "image/png"}},
    }
    site.attach("shown.png", png(1), details=details)
    before = {path.name for path in tmp_path.iterdir()}
    done = crawl(tmp_path / "archive", site.url, settings=replace(ORIGINALS, media="all"))
    assert done.code is ExitCode.COMPLETE
    assert {path.name for path in tmp_path.iterdir()} - before == {"archive"}
    (folder,) = [path for path in (tmp_path / "archive").iterdir() if path.is_dir()]
    assert {path.name for path in folder.iterdir()} <= {
        "warc",
        "runs",
        "frontier.db",
        ".lock",
        "frontier.db-wal",
        "frontier.db-shm",
    }
    assert all(path.name.startswith("wparchive-127.0.0.1_") for path in (folder / "warc").iterdir())
    assert all(".." not in unquote(one.target).split("/") and "x-injected" not in one.headers for one in site.requests)
    assert files(tmp_path / "archive")["shown.png"][1] is None
    assert list(sound(tmp_path / "archive")) == []


# --- and more


def test_an_empty_file_is_not_good(crawled: Callable[..., Crawled]) -> None:
    done = crawled(Static(b""))
    assert done.code is ExitCode.COMPLETE
    assert row(done) == (200, "empty", 0, None)


@pytest.mark.parametrize(
    ("data", "served_as", "name", "mime"),
    [
        (b"%PDF-1.4\n%%EOF\n", "application/pdf", "x.png", "image/png"),
        (b"plain text, no picture", "image/png", "x.png", "image/png"),
        (b'{"error": "gone"}', "application/json", "x.png", "image/png"),
        (png(1), "image/png", "x.pdf", "application/pdf"),
        (png(1), "image/png", "x.mp3", "audio/mpeg"),
    ],
)
def test_another_kind_of_file_is_of_the_wrong_type(
    crawled: Callable[..., Crawled], data: bytes, served_as: str, name: str, mime: str
) -> None:
    done = crawled(Static(data, served_as), name, mime)
    assert done.code is ExitCode.COMPLETE
    assert row(done, name) == (200, "wrong-type", len(data), None)


def test_another_format_of_the_same_kind_is_good_and_said(crawled: Callable[..., Crawled]) -> None:
    """Servers turn JPEG into WebP as they like: it is still the picture."""
    done = crawled(Static(png(1), "image/png"), "x.jpg", "image/jpeg")
    assert files(done.folder, "problem, mime, detected")["x.jpg"] == (None, "image/png", "image/png")


@pytest.mark.parametrize(("status", "problem"), [(401, "refused"), (403, "refused"), (410, "missing"), (418, "error")])
def test_a_refused_file_is_an_answer(crawled: Callable[..., Crawled], status: int, problem: str) -> None:
    done = crawled(answer(b"no", ("Content-Length", "2"), status=status))
    assert done.code is ExitCode.COMPLETE
    assert row(done)[:2] == (status, problem)


def test_a_server_error_is_a_gap(crawled: Callable[..., Crawled]) -> None:
    done = crawled(answer(b"oops", ("Content-Length", "4"), status=500))
    assert done.code is ExitCode.INCOMPLETE
    assert row(done)[:2] == (500, "error")


def test_a_file_that_stalls_is_a_gap_by_time(site: FileSite, crawled: Callable[..., Crawled]) -> None:
    def stalling(handler: Handler, request: Request) -> None:
        handler.wfile.write(
            handler.head(200, [("Content-Type", "image/png"), ("Content-Length", "5000")]) + bytes(1000)
        )
        handler.wfile.flush()
        site.gate.wait()

    done = crawled(stalling, read_timeout=2.0)
    assert done.code is ExitCode.INCOMPLETE
    assert row(done) == (200, "timeout", 1000, None)


def test_a_file_that_drips_is_cut_by_its_own_time_limit(site: FileSite, crawled: Callable[..., Crawled]) -> None:
    def dripping(handler: Handler, request: Request) -> None:
        handler.wfile.write(handler.head(200, [("Content-Type", "image/png"), ("Content-Length", "100000")]))
        while not site.gate.wait(0.01):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    done = crawled(dripping, file_timeout=2.0)
    assert done.code is ExitCode.INCOMPLETE
    assert row(done)[:2] == (200, "timeout")


def test_a_content_coding_that_is_cut_is_not_good(crawled: Callable[..., Crawled]) -> None:
    half = gzip.compress(png(1, size=9000), mtime=0)[:-2000]
    done = crawled(
        answer(half, ("Content-Type", "image/png"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(half))))
    )
    assert row(done)[1] == "truncated"


def test_a_content_coding_is_undone_for_the_digest(crawled: Callable[..., Crawled]) -> None:
    """Though none is asked for: some servers pack everything."""
    packed = zlib.compress(png(1))
    done = crawled(
        answer(
            packed, ("Content-Type", "image/png"), ("Content-Encoding", "deflate"), ("Content-Length", str(len(packed)))
        )
    )
    assert row(done)[1] is None
    assert row(done)[3] == sha256(png(1))


def test_a_304_to_a_plain_request_is_not_taken_for_a_file(crawled: Callable[..., Crawled]) -> None:
    done = crawled(answer(b"", status=304))
    assert done.code is ExitCode.INCOMPLETE
    assert "x.png" not in files(done.folder) or row(done)[1] is not None


def test_cookies_are_neither_kept_nor_sent(site: FileSite, crawled: Callable[..., Crawled]) -> None:
    site.attach("y.png", png(2))
    crawled(answer(png(1), ("Set-Cookie", "a=b"), ("Content-Type", "image/png"), ("Content-Length", str(len(png(1))))))
    assert not any("cookie" in one.headers for one in site.requests)


def test_hostile_text_from_heads_reaches_no_table_as_it_is(crawled: Callable[..., Crawled]) -> None:
    done = crawled(answer(png(1), ("Content-Type", "image/png\x1b[2J\x07"), ("Content-Length", str(len(png(1))))))
    with closing(sqlite3.connect(done.folder / "archive.db")) as db:
        ((mime,),) = db.execute("SELECT mime FROM media_files WHERE url LIKE '%x.png'").fetchall()
    assert "\x00" not in mime
    assert Archive(done.folder).database.exists()
