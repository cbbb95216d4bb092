"""Rows that a list counts after the last page that shows any: withheld, shown from the other end, or a gap."""

from dataclasses import dataclass, field, replace

from wparchive.wordpress.listing.extent import Extent
from wparchive.wordpress.listing.findings import Findings
from wparchive.wordpress.listing.otherend import OtherEnd, Shown, Turn
from wparchive.wordpress.listing.pagequeue import PageQueue
from wparchive.wordpress.listing.pages import Page, PageReply, Spelling
from wparchive.wordpress.listing.pagesize import CAPS, PageSize

__all__ = ["Tail"]

_NOT_ONE = "counted, but not one is shown"


@dataclass(slots=True)
class Tail:
    """The end of one walk. `turned` means that nothing more is requested from the first end, for the reason in `words`."""

    spelling: Spelling
    queue: PageQueue
    extent: Extent
    size: PageSize
    findings: Findings
    shown: Shown = field(default_factory=Shown)
    turned: bool = False
    words: str = "empty pages"
    _blank: list[tuple[Page, PageReply]] = field(default_factory=list)
    _other: OtherEnd | None = None

    def show(self, page: Page, rows: int, found: int) -> None:
        """Record that a page showed new items."""
        if page.offset >= self.shown.start:
            self.shown = Shown(page.offset, page.offset + max(page.size, rows), found)

    def cut(self, page: Page, end: int) -> None:
        """Record that the page reached only to `end`."""
        if page.offset == self.shown.start:
            self.shown = replace(self.shown, end=end)

    def empty(self, page: Page, reply: PageReply, *, ends_empty: bool) -> None:
        """Record an empty page.

        It is the end, or its rows are withheld, or the server shows only the beginning of the list.
        """
        if self.extent.counts(page) and (page.offset or page.size <= (self.extent.total or 0)):
            self._blank.append((page, reply))
        else:
            self.findings.cover(page.offset, page.offset + page.size, reply)
        self.turned = self.extent.empty(page, ends_empty=ends_empty) or self.turned

    def settle(self) -> bool:
        """Record empty pages before non-empty ones as withheld; return whether some are left at the end."""
        tail = [page for page, _ in self._blank if page.offset > self.shown.start or not self.shown.rows]
        for page, reply in self._blank:
            if page not in tail:
                self.findings.cover(page.offset, page.offset + page.size, reply)
        self._blank.clear()
        return bool(tail)

    def waits(self) -> bool:
        """Return whether it is time to read from the other end, since this one has nothing more."""
        return self.settle() or (self.turned and self._other is None)

    def turn(self) -> None:
        """Start to read from the other end, for rows that are counted but not shown from this one."""
        self.turned = True
        edge = None
        if self.shown.rows and self.findings.ids:
            edge = min(self.findings.ids) if self.spelling.falling else max(self.findings.ids)
        self.shown = replace(self.shown, edge=edge)
        by_ids = "include" not in dict(self.spelling.params)
        self._other = OtherEnd(
            self.spelling.turned(), self.shown, self.size.asked, self.extent.total, by_ids, self.size.shown
        )
        if self.findings.unordered or self.spelling.falling is None:
            self._give_up(self._other)
        else:
            self.queue.push(self._other.next())

    def took(self, page: Page, reply: PageReply) -> None:
        """Process a page from the other end, or of items requested by id."""
        other = self._other
        assert other is not None
        found = [one.id for one in reply.items if one.id is not None]
        if reply.answer.ok:
            self.findings.show(page, reply, found)
        turn = other.take(reply, found) if reply.answer.ok else other.failed()
        if turn is Turn.ON:
            self.queue.push(other.next())
        elif turn is Turn.LOST:
            self._give_up(other, failed=not reply.answer.ok)
        else:
            self._meet(other, believed=turn is Turn.MET)

    def _meet(self, other: OtherEnd, *, believed: bool) -> None:
        start, total = self.shown.start, self.extent.total
        rows = self.shown.rows + len(other.fresh)
        if not rows and total is not None:  # a whole page is empty, and no page shows anything
            self.findings.give_up(0, total, _NOT_ONE)
        elif believed:
            self.extent.end = start + rows if total is None else total
            self.findings.coverage.join(start, self.extent.end, total, rows)
        else:
            self.findings.coverage.join(start, start + rows, None, rows)
            self.findings.give_up(start + rows, total, f"{self.words}, and no more from the other end")

    def _give_up(self, other: OtherEnd, *, failed: bool = False) -> None:
        """Record a gap between the last page that showed something and what the other end showed.

        `failed`: what the other end would have shown is unknown.
        """
        total, start = self.extent.total, self.shown.end
        cut = self.shown.rows in CAPS and not self.size.promised
        if total is None and not (other.fresh or self.extent.least_end or cut or failed):
            self.extent.end = start  # the last page was not full: this is the end
            return
        reached = other.reached if other.fresh else 0  # empty pages prove no more there than they do here
        stop = None if total is None else max(start, total - reached)
        self.findings.give_up(start, stop, self.words if self.shown.rows or reached else _NOT_ONE)
        if stop is not None and total is not None:
            self.findings.coverage.add(stop, total, total)
