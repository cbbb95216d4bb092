"""The files that pages are shown with: each is requested once a run at most, and only if it isn't held or is due again."""

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Final, NamedTuple

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.pages.page_report import PageReport, status_outcome
from wparchive.crawl.pages.page_wanted import LARGEST_PAGE, conditions
from wparchive.errors import DamagedError
from wparchive.http1.message import Head, is_success
from wparchive.model import Capture, Target, Verdict
from wparchive.store import LackingFile
from wparchive.urls import origin, same_host
from wparchive.wordpress.age import moment
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.pages.page_requisites import Requisite, of_page, of_stylesheet, page_text

__all__ = ["RequisiteQueue"]

_OF_ONE: Final = 1_000  # files of one page or stylesheet
_OF_RUN: Final = 50_000  # files that a run looks at
_LARGEST: Final = 32 << 20  # bytes of a file
_SHEET: Final = 4 << 20  # bytes of a stylesheet, which is read
_NOTED: Final = 2_000  # files of one run that are noted as refused
_DEEP: Final = 5  # stylesheets that import each other


class _Source(NamedTuple):
    """Where a file is named: by the document `via`, so many stylesheets deep, for the page captured as `page`.

    Both are empty for a file that earlier runs asked for in vain.
    """

    page: str
    via: str
    depth: int


_AGAIN: Final = _Source("", "", 0)


class RequisiteQueue:
    """The files to fetch for the pages of a run; those that are held already cost nothing."""

    def __init__(self, context: Context, report: PageReport) -> None:
        self._store = context.store
        self._settings = context.settings
        self._home = context.home
        self._oldest = context.now() - timedelta(days=context.settings.sweep_every)
        self._report, self._counts = report, report.requisites
        self._seen: set[bytes] = set()
        self._per_host: Counter[str] = Counter()
        self._waiting: deque[tuple[Requisite, _Source]] = deque()
        self._asked: dict[str, _Source] = {}  # by the key of what is on its way
        self._sheets: set[str] = set()  # those of them that are stylesheets
        self._open: Counter[str] = Counter()  # by the capture of a page, how many of its files have no outcome yet
        self._before: set[str] = set()  # those of the pages that an earlier run captured
        self._made_up: list[str] = []  # the same, once all their files have an outcome
        self._lacking: list[dict[str, str]] = []  # files that no capture tells of
        self._pages = 0

    @property
    def waiting(self) -> bool:
        """Whether there may be files left to fetch."""
        return bool(self._waiting)

    def add_page(self, reply: Reply) -> None:
        """Add what the page in `reply` is shown with."""
        if reply.capture is not None:
            self._add_page(reply.capture, reply.head, reply.body)

    def add_captured(self, capture: str) -> None:
        """Add what a page is shown with that an earlier run captured."""
        held = self._store.log.capture(capture)
        try:
            stored = self._store.read(held) if held else None
            body = stored.body(LARGEST_PAGE).data if stored else b""
        except DamagedError:  # `verify` names the damage
            stored = None
        if held and stored:
            self._add_page(held, stored.head, body)
        else:
            self._made_up.append(capture)

    def add_lacking(self, files: Iterable[LackingFile]) -> None:
        """Add files that earlier runs asked for in vain."""
        self._add((Requisite(one.url, one.role) for one in files), _AGAIN)

    def _add_page(self, page: Capture, head: Head | None, body: bytes) -> None:
        self._pages += 1
        if page.run != self._store.run:
            self._before.add(page.capture)
        self._open[page.capture] += 1  # until all that it names is known
        if head is not None and is_success(head.status) and "html" in head.mime:
            named = of_page(page_text(body, head.get("content-type")), page.url)
            self._add(named, _Source(page.capture, page.url, 0))
        self._close(page.capture)

    def _settle(self, page: str) -> None:
        """Note that one of the files of a page has its outcome."""
        if page:
            self._report.files_left -= 1
            self._close(page)

    def _close(self, page: str) -> None:
        self._open[page] -= 1
        if not self._open[page]:
            del self._open[page]
            if page in self._before:
                self._made_up.append(page)

    def record(self, name: str) -> None:
        """Record for which pages files are left, and for which of earlier runs none are; `name` tells the facts of a run."""
        for one, source in self._waiting:
            self._leave(one.url, one.role, source)
        for key, source in self._asked.items():
            self._leave(key.removeprefix("NEED "), "stylesheet" if key in self._sheets else "", source)
        if self._pages or self._made_up or self._lacking:
            fact = {"left": dict(self._open), "made_up": self._made_up, "lacking": self._lacking}
            self._store.fact(f"needs:{name}", fact)

    def _leave(self, url: str, role: str, source: _Source) -> None:
        """Note a file that is left, of a stylesheet that came late: no page stands for it."""
        if source.via and not source.page:
            self._lack(url, role, "left")

    def _add(self, named: Iterator[Requisite], source: _Source) -> None:
        for one in islice(named, _OF_ONE):
            mark = hashlib.blake2b(one.url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if mark in self._seen:
                continue
            host = origin(one.url)
            elsewhere = not same_host(one.url, self._home)
            if len(self._seen) >= _OF_RUN or (elsewhere and self._per_host[host] >= self._settings.linked_per_host):
                self._counts["limited"] += 1
                continue
            self._seen.add(mark)
            self._per_host[host] += elsewhere
            if source.page:
                self._open[source.page] += 1
                self._report.files_left += 1
            self._waiting.append((one, source))
        if beyond := sum(1 for _ in islice(named, _OF_RUN)):
            self._counts["limited"] += beyond

    def next(self) -> Target | None:
        """Return the next file to request; None when there is none for now."""
        while self._waiting:
            one, source = self._waiting.popleft()
            if (target := self._target(one, source)) is not None:
                self._asked[target.key] = source
                return target
            self._settle(source.page)
        return None

    def _target(self, one: Requisite, source: _Source) -> Target | None:
        key = f"NEED {one.url}"
        media = self._store.log.checked(file_key(one.url))
        if media and media.kind == "file" and is_success(media.status) and media.method == "GET":
            return None
        last = self._store.log.checked(key)
        again = source is _AGAIN and last is not None and not is_success(last.status)
        if last and not again and last.crawl != self._store.crawl and moment(last.captured_at) >= self._oldest:
            self._read_held(one, key, source)
            return None
        sheet = one.role == "stylesheet"
        if sheet:
            self._sheets.add(key)
        return Target(
            url=one.url,
            key=key,
            kind="requisite",
            via=source.via or None,
            hops=2,
            headers=conditions(self._store, key),
            max_body=_SHEET if sheet else min(self._settings.max_file, _LARGEST),
            keep_body=sheet,
            retries=None if same_host(one.url, self._home) else 1,
            about=(("role", one.role),),
        )

    def _read_held(self, one: Requisite, key: str, source: _Source) -> None:
        """Read a stylesheet that is held already: what it names may have been left out when it was fetched."""
        held = self._store.log.file_before(key, "") if one.role == "stylesheet" else None
        if held:
            self._add_sheet(self._body(held), held.url, source)

    def _body(self, held: Capture) -> bytes:
        try:
            return self._store.read(held).body(_SHEET).data
        except DamagedError:  # `verify` names the damage
            return b""

    def drop(self, target: Target, problem: str) -> None:
        """Take note that a file isn't requested in this run, and why."""
        self._lack(target.url, dict(target.about).get("role", ""), problem)
        self._settle(self._asked.pop(target.key).page)

    def feed(self, reply: Reply) -> None:
        """Take the reply for one file; of a stylesheet, what it names is added."""
        source = self._asked.pop(reply.target.key)
        try:
            self._take(reply, source)
        finally:
            self._settle(source.page)

    def _lack(self, url: str, role: str, problem: str) -> None:
        if len(self._lacking) < _NOTED:
            self._lacking.append({"url": url, "role": role, "problem": problem})

    def _take(self, reply: Reply, source: _Source) -> None:
        outcome = _outcome(reply)
        if reply.capture is None:
            self._lack(reply.target.url, dict(reply.target.about).get("role", ""), str(reply.verdict))
        if outcome == "refused":
            self._report.refuse("requisite", str(reply.verdict))
        else:
            self._counts[outcome] += 1
        sheet = reply.target.key in self._sheets
        self._sheets.discard(reply.target.key)
        if not sheet or reply.capture is None:
            return
        if outcome == "fetched":
            self._add_sheet(reply.body, reply.capture.url, source)
        elif outcome == "same" and (held := self._store.log.file_before(reply.target.key, reply.capture.capture)):
            self._add_sheet(self._body(held), held.url, source)

    def _add_sheet(self, body: bytes, url: str, source: _Source) -> None:
        if source.depth < _DEEP:
            named = of_stylesheet(page_text(body), url)
            self._add(named, source._replace(via=url, depth=source.depth + 1))


def _outcome(reply: Reply) -> str:
    status = reply.capture.status if reply.capture else None
    if reply.verdict is Verdict.ANSWERED:
        return status_outcome(status)
    return "refused" if reply.verdict in (Verdict.GUARDED, Verdict.ROBOTS) else "failed"
