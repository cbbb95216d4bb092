"""Transfers that end early: gone on with where that is safe, begun anew where it isn't, and right in the end."""

import contextlib
import os
import random
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from crawlkit import crawl as crawled
from crawlkit import launch, sound
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler
from mediakit import ORIGINALS, FileSite, Static, files, png, sha256
from patience import PATIENCE

from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode
from wparchive.http1.ranges import LEAST
from wparchive.index import index, logical_dump
from wparchive.store import Archive

KILLS = int(os.environ.get("WPARCHIVE_KILLS", "4"))
LONG = 4 * LEAST
RETRIED = replace(ORIGINALS, retries=2)
crawl = partial(crawled, seams=Seams(sleep=lambda _: None))  # retries wait for no time


@pytest.fixture
def site() -> Iterator[FileSite]:
    with FileSite() as site:
        yield site


@pytest.fixture
def picture() -> bytes:
    return png(1, size=LONG)


def ranges(site: FileSite, path: str = "2025/01/x.png") -> list[str]:
    return [one.headers.get("range", "") for one in site.asked_for(path)]


def test_a_cut_transfer_goes_on_where_it_ended(site: FileSite, tmp_path: Path, picture: bytes) -> None:
    """The pieces are captures of their own; the row shows the whole, and no byte was sent twice."""
    play = Static(picture, cut=[LEAST + 100, LEAST])
    site.attach("x.png", play)
    done = crawl(tmp_path, site.url, settings=RETRIED)
    assert done.code is ExitCode.COMPLETE
    assert ranges(site) == ["", f"bytes={LEAST + 100}-", f"bytes={2 * LEAST + 100}-"]
    assert play.sent == len(picture)
    assert files(tmp_path)["x.png"] == (206, None, len(picture), sha256(picture))
    assert done.rows("SELECT status, final FROM captures WHERE kind = 'file' ORDER BY captured_at") == [
        (200, 0),
        (206, 0),
        (206, 1),
    ]
    assert done.number("SELECT json_array_length(pieces) FROM media_files") == 3
    assert list(sound(tmp_path)) == []
    dump = done.dump()
    index(Archive(tmp_path), rebuild=True)
    assert list(logical_dump(tmp_path / "archive.db")) == dump


def test_progress_costs_no_retries(site: FileSite, tmp_path: Path) -> None:
    data = png(2, size=6 * LEAST)
    site.attach("x.png", Static(data, cut=[LEAST + 1] * 5))
    done = crawl(tmp_path, site.url, settings=replace(RETRIED, retries=1))
    assert done.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"][3] == sha256(data)


def test_a_file_that_changed_meanwhile_is_fetched_whole(site: FileSite, tmp_path: Path, picture: bytes) -> None:
    """If-Range makes the server send all of the new one, which is what counts."""
    other = png(7, size=LONG)

    class Changing(Static):
        def __call__(self, handler: Handler, request: Request) -> None:
            super().__call__(handler, request)
            self.data = other

    site.attach("x.png", Changing(picture, cut=[2 * LEAST]))
    done = crawl(tmp_path, site.url, settings=RETRIED)
    assert done.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"] == (200, None, len(other), sha256(other))


def test_a_server_that_joins_two_versions_is_not_believed(site: FileSite, tmp_path: Path, picture: bytes) -> None:
    """A 206 under another validator than the beginning's is no part of it: the whole is asked for again."""

    class Mixing(Static):
        def __call__(self, handler: Handler, request: Request) -> None:
            if "range" in request.headers and not self.cut:
                self.etag = f'"{len(site.requests)}"'
                asked = {**request.headers, "if-range": self.etag}
                request = Request(request.method, request.target, asked, request.path, request.params)
            super().__call__(handler, request)

    site.attach("x.png", Mixing(picture, cut=[2 * LEAST]))
    done = crawl(tmp_path, site.url, settings=RETRIED)
    assert done.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"] == (200, None, len(picture), sha256(picture))
    assert ranges(site) == ["", f"bytes={2 * LEAST}-", ""]


@pytest.mark.parametrize("how", [{"validators": False}, {"ranges": False}, {"etag": 'W/"weak"'}])
def test_without_ranges_or_a_strong_validator_it_begins_anew(
    site: FileSite, tmp_path: Path, picture: bytes, how: dict[str, object]
) -> None:
    site.attach("x.png", Static(picture, cut=[2 * LEAST], **how))  # type: ignore[arg-type]
    done = crawl(tmp_path, site.url, settings=RETRIED)
    assert done.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"] == (200, None, len(picture), sha256(picture))


def test_what_never_becomes_whole_is_a_gap(site: FileSite, tmp_path: Path, picture: bytes) -> None:
    site.attach("x.png", Static(picture, cut=[1000] * 9))
    done = crawl(tmp_path, site.url, settings=RETRIED)
    assert done.code is ExitCode.INCOMPLETE
    assert files(tmp_path)["x.png"] == (200, "truncated", 1000, None)
    assert len(site.asked_for("2025/01/x.png")) == 3


def test_the_next_run_goes_on_with_the_piece_that_this_one_kept(site: FileSite, tmp_path: Path, picture: bytes) -> None:
    play = Static(picture, cut=[2 * LEAST, 0, 0])
    site.attach("x.png", play)
    first = crawl(tmp_path, site.url, settings=replace(RETRIED, retries=1))
    assert first.code is ExitCode.INCOMPLETE
    assert files(tmp_path)["x.png"][1] == "truncated"
    play.cut.clear()
    again = crawl(tmp_path, site.url, settings=RETRIED)
    assert again.code is ExitCode.COMPLETE
    assert ranges(site)[-1] == f"bytes={2 * LEAST}-"
    assert files(tmp_path)["x.png"] == (206, None, len(picture), sha256(picture))
    assert list(sound(tmp_path)) == []
    dump = again.dump()
    index(Archive(tmp_path), rebuild=True)
    assert list(logical_dump(tmp_path / "archive.db")) == dump
    # And what was put together from pieces is known by its validator in a later run.
    crawl(tmp_path, site.url, settings=RETRIED, full=True)
    assert site.asked_for("2025/01/x.png")[-1].headers["if-none-match"] == play.tag
    assert files(tmp_path)["x.png"] == (206, None, len(picture), sha256(picture))


class Gated(Static):
    """Sends `first` bytes, then waits for the gate of `site` before the rest; `held` is set while it waits."""

    def __init__(self, site: FileSite, data: bytes, first: int) -> None:
        super().__init__(data)
        self.site, self.first = site, first
        self.held = threading.Event()

    def __call__(self, handler: Handler, request: Request) -> None:
        if self.site.gate.is_set() or "range" in request.headers:
            super().__call__(handler, request)
            return
        head = [
            ("Content-Type", self.mime),
            ("ETag", self.tag),
            ("Accept-Ranges", "bytes"),
            ("Content-Length", str(len(self.data))),
        ]
        handler.wfile.write(handler.head(200, head) + self.data[: self.first])
        handler.wfile.flush()
        self.held.set()
        self.site.gate.wait(PATIENCE)
        handler.close_connection = True


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_in_the_midst_of_a_file(site: FileSite, tmp_path: Path, number: int) -> None:
    """SIGKILL while a file comes in: the next run ends with it whole, and no truncated copy ever counted as good."""
    chance = random.Random(f"file/{number}")
    data = png(number, size=chance.choice([60_000, LEAST, 3 * LEAST]))
    site.attach("a.png", png(50))
    play = Gated(site, data, chance.randrange(1, len(data)))
    site.attach("x.png", play)
    process = launch("crawl", site.url, "-a", tmp_path, "--silent")
    while not play.held.wait(0.05):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    index(Archive(tmp_path))
    for row in files(tmp_path).values():
        assert row[3] in (None, sha256(png(50)))
    site.gate.set()
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert again.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"] == (200, None, len(data), sha256(data))
    assert files(tmp_path)["a.png"][3] == sha256(png(50))
    assert list(sound(tmp_path)) == []


def test_stopped_in_the_midst_of_a_file(site: FileSite, tmp_path: Path) -> None:
    """SIGTERM keeps the piece that had come, and the next run asks only for the rest."""
    picture = png(1, size=8 * LEAST)
    site.attach("x.png", Gated(site, picture, 3 * LEAST))
    process = launch("crawl", site.url, "-a", tmp_path)
    while _spooled(process.pid) < 2 * LEAST:
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert files(tmp_path)["x.png"][1] in ("truncated", "timeout")
    again = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert again.code is ExitCode.COMPLETE
    assert files(tmp_path)["x.png"] == (206, None, len(picture), sha256(picture))
    assert ranges(site)[1].startswith("bytes=")


def _spooled(pid: int) -> int:
    """How many bytes the largest unnamed temporary file has that a process holds open."""
    sizes = [0]
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "(deleted)" in str(link.readlink()) or "wparchive-" in str(link.readlink()):
                sizes.append(link.stat().st_size)
    return max(sizes)
