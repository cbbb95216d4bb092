"""What a crawl shows while it works: a few updating lines on a terminal, plain lines elsewhere."""

import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

import click

from wparchive.cli.screen.columns import cut, in_columns
from wparchive.events import clean

__all__ = ["Progress", "Terminal", "can_redraw"]

_SENTENCES = {
    "run-started": "{site}: {mode} crawl of {url}",
    "discovered": "{site}: REST root {root} ({form})",
    "recovered": "{site}: recovered {adopted} records that the last run had not committed, set {torn} torn bytes aside",
    "resumed": "{site}: resuming run {crawl}, which did not finish",
    "waiting": "{host}: waiting {seconds:.0f} s, until {at}: {reason}",
    "indexing": "{site}: indexing",
    "notice": "{text}",
}
_USUAL = ("run-started", "discovered", "indexing")  # of many sites nobody wants to read these
_LONG_WAIT = 10.0  # seconds; shorter ones aren't worth a line that stays
_AT_ONCE = ("waiting", "index-queued", "indexing")  # shown at once: nothing may follow for a long time
_REDRAWN = 0.1  # seconds: redrawing for each event would slow down a fast crawl
_RECENT = 5.0  # seconds over which a rate is taken
_ROWS = 8
_FILE = 24  # columns of a file's name


def can_redraw(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal on which a line can be drawn again."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def _sites(event: str, fields: Mapping[str, Any]) -> int:
    """Return how many sites an event says there are; other events count other things, or can't say how many."""
    return int(fields.get("of", 1)) if event in ("site-begun", "site-ended") else 1


class Progress:
    """An event sink without a terminal: one plain line for each important event. May be called from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._many = False
        self._lock = threading.RLock()

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        with self._lock:
            self._many = self._many or _sites(event, fields) > 1
            if line := _lasting(event, fields, self._many):
                self._stream.write(f"{line}\n")
                self._stream.flush()

    def print(self, text: str) -> None:
        """Print a result on stdout."""
        with self._lock:
            click.echo(text)

    def close(self) -> None:
        """Do nothing; there is no line to clear."""


class Terminal:
    """An event sink that redraws a line for each site in work, and one for all of them. May be called from any thread.

    `size` returns the terminal's columns and lines.
    """

    def __init__(
        self,
        stream: TextIO,
        size: Callable[[], tuple[int, int]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._clock = stream, clock
        self._size = size or (lambda: _size_of(stream))
        self._rows: dict[str, _Row] = {}
        self._ended, self._of = 0, 1
        self._began = clock()
        self._drawn = 0.0
        self._height = 0  # lines on the screen that are ours
        self._lock = threading.RLock()

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        with self._lock:
            self._take(event, fields)
            if event != "waiting" and (line := _lasting(event, fields, self._of > 1)):  # those are in the site's line
                self._clear()
                self._stream.write(f"{in_columns(line, self._size()[0])}\n")
                self._drawn = 0.0
            now = self._clock()
            if now - self._drawn >= _REDRAWN:
                self._drawn = now
                self._draw(now)

    def print(self, text: str) -> None:
        """Print a result on stdout, above the lines that are redrawn."""
        with self._lock:
            self._clear()
            self._stream.flush()
            click.echo(text)
            self._draw(self._clock())

    def close(self) -> None:
        """Clear the lines for what follows."""
        with self._lock:
            self._rows.clear()
            self._clear()
            self._stream.flush()

    def _take(self, event: str, fields: Mapping[str, Any]) -> None:
        self._of = max(self._of, _sites(event, fields))
        key = str(fields.get("target") or fields.get("url") or "")
        if event in ("site-ended", "site-put-off"):
            self._rows.pop(key, None)
            self._ended = fields.get("ended", self._ended)
            self._drawn = 0.0
            return
        if not key:  # of no site in work
            return
        if key not in self._rows or event in _AT_ONCE:
            self._drawn = 0.0
        self._rows.setdefault(key, _Row(self._clock()))
        self._rows[key].take(event, fields, self._clock())

    def _draw(self, now: float) -> None:
        columns, lines = self._size()
        self._clear()
        rows = self._lines(now, max(min(lines - 2, _ROWS + 1), 1), columns // 3)
        shown = [cut(line, columns - 1) for line in rows]
        self._height = len(shown)
        self._stream.write("\n".join(shown))
        self._stream.flush()

    def _lines(self, now: float, most: int, widest: int) -> Iterator[str]:
        rows = list(self._rows.values())
        if self._of < 2:
            yield from (row.line(now) for row in rows[-1:])
            return
        more = f", {len(rows) - most + 1} of them not shown" if len(rows) >= most > 1 else ""
        yield f"{self._ended:,} of {self._of:,} sites, {len(rows)} in work{more}, {_span(now - self._began)}"
        width = min(max((len(row.site) for row in rows), default=0), widest)
        yield from (f"  {row.line(now, width)}" for row in rows[: most - 1])

    def _clear(self) -> None:
        if self._height:
            self._stream.write("\r\x1b[2K" + "\x1b[1A\x1b[2K" * (self._height - 1))
            self._height = 0


def _size_of(stream: TextIO) -> tuple[int, int]:
    """Return the columns and lines of the terminal that `stream` is; stdout may be another one, or a file."""
    with suppress(OSError, ValueError):
        size = os.get_terminal_size(stream.fileno())
        if size.columns and size.lines:  # a serial line states neither
            return size
    return shutil.get_terminal_size()


@dataclass(slots=True)
class _Row:
    """What is known of a site in work."""

    began: float
    site: str = ""
    phase: str = "looking for its REST API"
    what: str = ""
    requests: int = 0
    received: int = 0
    counts: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    coming: dict[str, tuple[int, int | None]] = field(default_factory=dict)  # URL → bytes so far, of how many
    waits: dict[str, tuple[float, str, bool]] = field(
        default_factory=dict
    )  # host → until when, words, whether all wait
    recent: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, event: str, fields: Mapping[str, Any], now: float) -> None:
        """Take note of an event of this site."""
        self.site = clean(fields.get("site") or self.site)
        if event in _TAKERS:
            _TAKERS[event](self, fields, now)
        if event in ("fetched", "listing"):
            self.what = str(fields.get("route") or fields.get("url") or "")

    def line(self, now: float, width: int = 0) -> str:
        """Return the site and what it is at, the most important first: a narrow terminal cuts off the rest."""
        name = f"{cut(self.site, width) if width else self.site}:".ljust(width + 1)
        waiting = next((text for until, text, _ in self.waits.values() if until > now), "")
        doing = waiting or self.phase or f"{', '.join(self._figures(now))}  {self.what}"
        return clean(f"{name} {doing}").rstrip()

    def _figures(self, now: float) -> Iterator[str]:
        held = sum(count for count, _ in self.counts.values())
        stated = sum(total or count for count, total in self.counts.values())
        if self.coming:
            url, (size, of) = max(self.coming.items(), key=lambda one: one[1][0])
            name = url.partition("?")[0].rstrip("/").rpartition("/")[2] or url
            yield f"{cut(name, _FILE)} {_bytes(size)}{f' of {_bytes(of)}' if of else ''}"
        if stated:
            yield f"{held:,} of {stated:,} items"
        yield _bytes(self._total())
        if (speed := self._speed(now)) >= 1000:
            yield f"{_bytes(speed)}/s"
        spent = max(now - self.began, 0.001)
        yield f"{self.requests / spent:.1f} requests/s"
        if 0 < held < stated and (left := (stated - held) * spent / held) >= 1 and not self.coming:
            yield f"{_span(left)} left"

    def _total(self) -> int:
        return self.received + sum(size for size, _ in self.coming.values())

    def _speed(self, now: float) -> int:
        """Return the bytes a second of the last few seconds."""
        total, recent = self._total(), self.recent
        if not recent or now - recent[-1][0] >= _RECENT / 20:
            recent.append((now, total))
        while len(recent) > 1 and now - recent[1][0] > _RECENT:
            recent.popleft()
        since, before = recent[0]
        return int((total - before) / (now - since)) if now - since >= 0.5 else 0

    def _fetched(self, fields: Mapping[str, Any], now: float) -> None:
        del now
        url = str(fields["url"])
        self.requests += 1
        self.coming.pop(url, None)
        self.received += fields["bytes"]
        # Where all requests to the host wait, those in progress still end.
        self.waits = {host: wait for host, wait in self.waits.items() if wait[2] or f"//{host}" not in url}

    def _receiving(self, fields: Mapping[str, Any], now: float) -> None:
        del now
        self.coming[str(fields["url"])] = fields["bytes"], fields["of"]

    def _listing(self, fields: Mapping[str, Any], now: float) -> None:
        del now
        self.counts[str(fields["type"])] = fields["held"], fields["stated"]

    def _waiting(self, fields: Mapping[str, Any], now: float) -> None:
        text = f"waits until {_at(fields['until'])}: {fields['reason']}"
        self.waits[str(fields["host"])] = now + fields["seconds"], text, fields["paused"]

    def _indexed(self, fields: Mapping[str, Any], _now: float) -> None:
        what = "reading" if "found" in fields else "indexing"
        found = f"{fields['found']:,} answers" if "found" in fields else f"{fields['items']:,} items"
        self.phase = f"{what}, {_bytes(fields['read'])} of {_bytes(fields['total'])}, {found}"

    def _phase(self, words: str) -> None:
        self.phase = words
        self.coming.clear()
        self.waits.clear()


_TAKERS: dict[str, Callable[[_Row, Mapping[str, Any], float], None]] = {
    "fetched": _Row._fetched,
    "receiving": _Row._receiving,
    "listing": _Row._listing,
    "waiting": _Row._waiting,
    "index-progress": _Row._indexed,
    "import-progress": _Row._indexed,
    "discovered": lambda row, _fields, _now: row._phase(""),
    "index-queued": lambda row, _fields, _now: row._phase("waits for another site to be indexed"),
    "indexing": lambda row, _fields, _now: row._phase("indexing"),
}


def _lasting(event: str, fields: Mapping[str, Any], many: bool) -> str:
    """Return the line of an event that is worth one that stays; "" for others."""
    if event not in _SENTENCES or (many and event in _USUAL):
        return ""
    if event != "waiting":
        return clean(_SENTENCES[event].format_map(fields))
    line = _SENTENCES[event].format_map({**fields, "at": _at(fields["until"])})
    return clean(line) if fields["seconds"] >= _LONG_WAIT else ""


def _at(moment: str) -> str:
    """Return a time of ours as the operator's clock shows it."""
    return f"{datetime.fromisoformat(moment).astimezone():%H:%M:%S}"


def _bytes(size: float) -> str:
    return f"{size / 1e3:,.0f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB"


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
