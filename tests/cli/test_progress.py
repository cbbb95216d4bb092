"""What a crawl shows while it works: on terminals of any width, on those that can't redraw, and without one."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import frugal
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from patience import PATIENCE

from wparchive.cli.screen.columns import cut, fitted, in_columns
from wparchive.cli.screen.progress import Progress, Terminal
from wparchive.model import timestamp

URL = "https://a.example/"
_ERASE = re.compile(r"(?:\x1b\[1A)?\r?\x1b\[2K")


class Screen:
    """A terminal of so many columns and lines, on a clock of its own; `frame` is what it shows."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.stream, self.now = io.StringIO(), 100.0
        self.terminal = Terminal(self.stream, size=lambda: (columns, lines), clock=lambda: self.now)

    def __call__(self, event: str, target: str = URL, **fields: Any) -> None:
        """Pass an event of the site at `target`; a second later is the next."""
        self.terminal(event, {"site": target.split("/")[2], "run": "1", "target": target, **fields})
        self.now += 1.0

    @property
    def frame(self) -> list[str]:
        return _ERASE.split(self.stream.getvalue())[-1].split("\n")

    def begin(self, url: str = URL, of: int = 1) -> None:
        self.terminal("site-begun", {"site": url.split("/")[2], "run": "", "url": url, "of": of})

    def discover(self, url: str = URL) -> None:
        self("discovered", url, url=url, root=f"{url}wp-json/", form="pretty")


def until(seconds: float) -> str:
    return timestamp(datetime.now(UTC) + timedelta(seconds=seconds))


def test_the_first_frame_comes_at_once_and_names_the_site() -> None:
    """Before anything was answered; a slow site mustn't look like a program that hangs."""
    screen = Screen()
    screen.begin()
    assert screen.frame == ["a.example: looking for its REST API"]


def test_bytes_and_rate_while_a_file_comes() -> None:
    """The file, how much of it, and how fast, before its request has ended."""
    screen = Screen()
    screen.begin()
    screen.discover()
    for size in (2_000_000, 4_000_000, 6_000_000):
        screen("receiving", url=f"{URL}up/photo.jpg?x=1", bytes=size, of=9_000_000)
    (line,) = screen.frame
    assert line.startswith("a.example: photo.jpg 6.0 MB of 9.0 MB, ")
    assert "2.0 MB/s" in line


def test_a_wait_is_shown_with_its_end() -> None:
    """For as long as it lasts; what is answered after it ends it."""
    screen = Screen()
    screen.begin()
    screen.discover()
    end = datetime.now().astimezone() + timedelta(seconds=900)
    screen(
        "waiting", host="a.example", seconds=900.0, until=timestamp(end), reason="HTTP 429, Retry-After", paused=True
    )
    screen("fetched", url=URL, bytes=10)
    assert screen.frame == [f"a.example: waits until {end:%H:%M:%S}: HTTP 429, Retry-After"]
    screen.now += 900
    screen("fetched", url=URL, bytes=10)
    assert "waits" not in screen.frame[0]


def test_indexing_shows_how_far_it_is() -> None:
    screen = Screen()
    screen.begin()
    screen("index-queued")
    assert screen.frame == ["a.example: waits for another site to be indexed"]
    screen("indexing")
    screen("index-progress", read=3_000_000, total=12_000_000, items=1234)
    assert screen.frame == ["a.example: indexing, 3.0 MB of 12.0 MB, 1,234 items"]


@pytest.mark.parametrize("columns", [20, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """A wrapped line couldn't be drawn again."""
    screen = Screen(columns, 10)
    for number in range(30):
        url = f"https://{'long-' * number}{number}.example/"
        screen.begin(url, of=200)
        screen.discover(url)
        screen("fetched", url, url=url, bytes=10**9, route="/wp/v2/posts?" + "\u6f22\u5b57" * 50)
        assert len(screen.frame) <= 9
        assert all(sum(2 if ord(one) > 0x3000 else 1 for one in line) < columns for line in screen.frame)


def test_a_notice_that_is_of_no_site_is_no_site_in_work() -> None:
    screen = Screen()
    screen.terminal("notice", {"site": "", "run": "", "text": "a.example is named twice"})
    screen.begin()
    assert screen.stream.getvalue() == "a.example is named twice\na.example: looking for its REST API"


def test_a_line_for_each_site_in_work_below_one_for_all() -> None:
    screen = Screen()
    one, two = "https://one.example/", "https://second.example/"
    screen.begin(one, of=200)
    screen.begin(two, of=200)
    screen.now += 1
    screen("fetched", one, url=one, bytes=10)
    assert screen.frame == [
        "0 of 200 sites, 2 in work, 0:01",
        "  one.example:    looking for its REST API",
        "  second.example: looking for its REST API",
    ]
    screen.terminal("site-ended", {"site": "one.example", "run": "1", "url": one, "ended": 1, "of": 200})
    assert screen.frame == ["1 of 200 sites, 1 in work, 0:02", "  second.example: looking for its REST API"]


def test_a_result_is_printed_above_what_is_redrawn(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.begin()
    screen.terminal.print("1 of 2  done")
    assert capsys.readouterr().out == "1 of 2  done\n"
    assert screen.frame == ["a.example: looking for its REST API"]
    screen.terminal.close()
    assert screen.frame == [""]


def test_plain_lines_without_a_terminal() -> None:
    """Of one site what it does, of many only what is out of the ordinary; short waits of neither."""
    stream = io.StringIO()
    progress = Progress(stream)
    label = {"site": "a.example", "run": "1", "target": URL}
    wait = {**label, "host": "a.example", "until": until(60), "reason": "HTTP 503", "paused": True}
    progress("indexing", label)
    progress("waiting", {**wait, "seconds": 3.0})
    progress("waiting", {**wait, "seconds": 60.0})
    first, second = stream.getvalue().splitlines()
    assert first == "a.example: indexing"
    assert re.fullmatch(r"a\.example: waiting 60 s, until \d\d:\d\d:\d\d: HTTP 503", second)
    progress("site-begun", {**label, "url": URL, "of": 2})
    progress("indexing", label)
    progress("resumed", {**label, "crawl": "0"})
    assert stream.getvalue().splitlines()[2:] == ["a.example: resuming run 0, which did not finish"]


def test_an_answer_of_unstated_length_is_neither_an_error_nor_several_sites() -> None:
    """How much comes is no number of sites: of a chunked answer nobody knows it, of another it is bytes."""
    stream = io.StringIO()
    progress = Progress(stream)
    for of in (None, 9_000_000):
        progress("receiving", {"site": "a.example", "url": URL, "bytes": 10, "of": of, "seconds": 2.0})
    progress("indexing", {"site": "a.example", "run": "1", "target": URL})
    assert stream.getvalue() == "a.example: indexing\n"


def test_events_come_from_many_threads() -> None:
    """No line of a log is broken by another."""
    stream = io.StringIO()
    progress = Progress(stream)
    threads = [
        threading.Thread(target=lambda: [progress("notice", {"text": "x" * 500}) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(stream.getvalue().splitlines()) == {"x" * 500}


def on_terminal(command: list[str | Path], **env: str) -> tuple[str, str]:
    """What `command` writes to stdout and to stderr, each a terminal."""
    pairs = [pty.openpty(), pty.openpty()]
    full = [sys.executable, "-m", "wparchive", *map(str, command)]
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(full, stdout=pairs[0][1], stderr=pairs[1][1], env={**base, "TERM": "xterm", **env})
    shown: list[bytes] = [b"", b""]

    def read(number: int) -> None:
        try:
            while piece := os.read(pairs[number][0], 1 << 16):
                shown[number] += piece
        except OSError:  # the other end is closed
            pass

    readers = [threading.Thread(target=read, args=(number,)) for number in (0, 1)]
    for reader in readers:
        reader.start()
    process.wait(PATIENCE)
    for _, child in pairs:
        os.close(child)
    for reader in readers:
        reader.join()
    for parent, _ in pairs:
        os.close(parent)
    return shown[0].decode(), shown[1].decode()


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    """`crawl` and `status` as `history`: in colour, and not with NO_COLOR or on a dumb terminal, which redraws nothing."""
    folder = tmp_path / "archive"
    with FakeWordPress(**SMALL) as site:
        out, err = on_terminal(["crawl", site.url, "-a", folder, *frugal.OPTIONS])
        assert "\x1b[32mcomplete" in out and "\x1b[2K" in err
        out, err = on_terminal(["crawl", site.url, "-a", folder, *frugal.OPTIONS], NO_COLOR="1")
        assert "\x1b" not in out and "\x1b[2K" in err and "m" not in re.findall(r"\x1b\[\d+(.)", err)
        out, err = on_terminal(["crawl", site.url, "-a", folder, *frugal.OPTIONS], TERM="dumb")
        assert "\x1b" not in out + err and "indexing" in err
    assert "indexing, " in on_terminal(["index", "--rebuild", "-a", folder])[1]
    assert on_terminal(["index", "--rebuild", "-a", folder, "--silent"])[1] == ""
    assert "\x1b[32mok" in on_terminal(["status", "-a", folder])[0]
    assert "\x1b" not in on_terminal(["status", "-a", folder], NO_COLOR="1")[0]
    assert "\x1b" not in on_terminal(["status", "-a", folder], TERM="dumb")[0]
    assert "\x1b" not in invoke("status", "-a", folder).stdout


def test_text_is_cut_where_it_fits() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab\u2026"
    assert cut("\u6f22\u5b57", 3) == "\u6f22\u2026"
    assert cut("\u6f22\u5b57", 4) == "\u6f22\u5b57"
    assert cut("e\u0301e\u0301", 2) == "e\u0301e\u0301"
    assert fitted([30, 5, 40], 60, rigid=[1]) == [25, 5, 25]
    assert fitted([30, 5, 40], 200) == [30, 5, 40]
    assert fitted([30, 50], 20, rigid=[0, 1]) == [30, 50]
    assert fitted([9, 9], 1) == [8, 8]
    assert in_columns("  " + "word " * 20, 45).splitlines()[1].startswith("      word")


def test_the_width_is_that_of_the_terminal_that_is_drawn_on() -> None:
    """Stdout may be a file, or a terminal of another size."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 33, 0, 0))
    with open(parent, "rb", buffering=0) as reader, open(child, "w", encoding="utf-8") as stream:
        Terminal(stream)("site-begun", {"site": "a" * 99, "run": "", "url": URL, "of": 1})
        assert reader.read(1000) == f"{'a' * 31}\u2026".encode()
