"""The task of fetching pages, each followed by the files that it is shown with."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.pages.doors import Doors
from wparchive.crawl.pages.page_report import PageReport, status_outcome
from wparchive.crawl.pages.page_wanted import PageWanted
from wparchive.crawl.pages.requisite_queue import RequisiteQueue
from wparchive.crawl.pages.second_looks import SecondLooks
from wparchive.model import Target, Verdict
from wparchive.store import OwedPage

__all__ = ["PageTask"]

_AT_ONCE = 200  # pages considered between two looks at incoming replies
_HELD_BACK = 200  # targets that may wait for the robots.txt of their hosts
_BATCH = 200  # entries of one fact
_UNASKED = 1_000  # pages that one run may find refused beside those that it requests
_REFUSED = (Verdict.GUARDED, Verdict.ROBOTS)


class PageTask:
    """The task of fetching the pages of `wanted`; at most `most` are requested, the rest is left. `again`: by validators.

    First come the files of pages captured as `owed`, which earlier runs didn't get to.
    `lost` are the keys of pages that could not be had, and why.
    """

    tolerant = True  # a throttled host doesn't end the run: what was asked of the API is held
    ahead = 3

    def __init__(
        self,
        wanted: Iterator[PageWanted],
        context: Context,
        report: PageReport,
        *,
        most: int | None,
        again: bool,
        owed: Sequence[OwedPage] = (),
    ) -> None:
        self._wanted: Iterator[PageWanted] | None = wanted
        self._owed = deque(owed)
        self._context, self._report = context, report
        self._most, self._again = most, again
        self._doors = Doors(context.network)
        self.needs = RequisiteQueue(context, report)
        self.looks = SecondLooks(context, report)
        self._open: dict[str, PageWanted] = {}
        self._ready: deque[Target] = deque()
        self._in_flight = 0
        self._notes: list[dict[str, Any]] = []
        self._facts = 0
        self.lost: dict[str, str] = {}
        self._unasked = 0

    @property
    def done(self) -> bool:
        """Whether every page and file has its outcome."""
        idle = not self._ready and not self._in_flight and not self._doors.waiting
        return idle and self._wanted is None and not self._owed and not self.needs.waiting

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next targets: what known pages are shown with comes before further pages."""
        looked_at = 0
        while len(self._ready) < limit and looked_at < _AT_ONCE and self._doors.waiting < _HELD_BACK:
            looked_at += 1
            if (target := self.needs.next()) is not None:
                self._schedule(target)
            elif self._owed:
                self._next_owed()
            elif self._wanted is not None:
                self._next_page()
            else:
                break
        batch = [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]
        self._in_flight += len(batch)
        return batch

    def _next_owed(self) -> None:
        one = self._owed.popleft()
        self._report.take_up(one.files)
        with apart(self._doubt, one.capture):
            self.needs.add_captured(one.capture)

    def _next_page(self) -> None:
        if self._most == 0 and self._open:
            return  # one of those may turn out to be refused
        one = next(self._wanted, None) if self._wanted and self._most != 0 else None
        if one is None:
            self._wanted = None
            return
        if not one.key:
            self._note(one, "unaskable", "not a URL that can be requested")
            return
        if one.key in self._open:
            return
        context = self._context
        target = one.target(context.store, context.settings, context.home, again=self._again)
        if self._doors.shut(target):
            return
        self._open[one.key] = one
        self._report.taken += 1
        self._count(1)
        self._schedule(target)

    def _count(self, pages: int) -> None:
        """Count pages as requested, within what may be."""
        self._most = None if self._most is None else self._most - pages
        self._report.asked += pages

    def _discount(self) -> None:
        """Count a page as not requested after all: it was refused without that."""
        if self._unasked < _UNASKED:
            self._unasked += 1
            self._count(-1)

    def _schedule(self, target: Target) -> None:
        """Schedule `target`, or first its host's robots.txt; nothing that is behind a wall or at a dead host."""
        if dead := self._doors.dead(target):
            self._drop(target, dead)
        elif self._doors.shut(target):
            self._drop(target)
        elif (first := self._doors.enter(target)) is not None:
            self._ready.append(first)

    def _drop(self, target: Target, reason: str = "") -> None:
        """Leave `target` unasked: failed, or with a `reason` refused for good."""
        page = target.kind == "page"
        if reason:
            self._report.refuse(target.kind, reason)
        else:
            (self._report.pages if page else self._report.requisites)["failed"] += 1
        if not page:
            self.needs.drop(target, reason or "wall")
        one = self._open.pop(target.key) if page else None
        if one:
            self._discount()
        if one and reason:
            self._note(one, reason, "its host can't be reached")

    def hopeless(self, target: Target) -> str:
        """Return why `target` needn't be requested any more; called from any thread."""
        return self._doors.shut(target)

    def feed(self, reply: Reply) -> None:
        """Take the reply for a page, a file, or a robots.txt."""
        self._in_flight -= 1
        if reply.target.kind == "robots":
            for target in self._doors.take_robots(reply):
                self._schedule(target)
            return
        walled = self._doors.note(reply)
        if reply.target.kind == "requisite":
            with apart(self._doubt, reply.target.url):
                self.needs.feed(reply)
            return
        one = self._open.pop(reply.target.key)
        if reply.capture is None and reply.verdict in _REFUSED:
            self._discount()
        if outcome := "failed" if walled else self._outcome(one, reply):
            self._report.pages[outcome] += 1
        else:
            self._report.refuse("page", str(reply.verdict))
        if not walled:
            with apart(self._doubt, one.url):
                self.needs.add_page(reply)
            with apart(self._doubt, one.url):
                self.looks.take(one, reply)

    def _outcome(self, one: PageWanted, reply: Reply) -> str:
        if reply.verdict is Verdict.ANSWERED:
            return status_outcome(reply.status)
        if reply.verdict in _REFUSED:
            self._note(one, str(reply.verdict), reply.reason)
            return ""
        self.lost[one.key] = "length" if reply.truncated == "length" else "failed"
        return "failed"

    def _doubt(self, why: str) -> None:
        self._context.holdings.doubts.append(why)

    def _note(self, one: PageWanted, problem: str, reason: str) -> None:
        """Record a page that can't be requested, now or later."""
        self.lost[one.key] = problem
        self._notes.append({"url": one.url, **dict(one.about), "problem": problem, "reason": reason})
        if len(self._notes) >= _BATCH:
            self.record()

    def record(self) -> None:
        """Record what no capture shows: pages that were never requested."""
        if self._notes:
            self._facts += 1
            self._context.store.fact(f"pages:{self._report.taken:07}-{self._facts:05}", {"pages": self._notes})
            self._notes = []
