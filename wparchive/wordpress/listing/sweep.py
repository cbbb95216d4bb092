"""The walk over a listing: interprets each reply, and reads holes again until everything is proven or given up."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.listing.failing import Failing
from wparchive.wordpress.listing.pages import Page, PageReply
from wparchive.wordpress.listing.proof import ListingOutcome

__all__ = ["Sweep"]

_ALONE = 40  # most broken items of one page that are requested one by one
_BROKEN = "broken JSON"
_STALE = 2  # pages without anything new after which the server is taken to ignore page numbers


@dataclass(slots=True)
class Sweep(Failing):
    """A walk over the collection at `route`.

    Request the `wanted` pages and `feed` the replies until `done`, then take the `proof`.
    `offsets` says whether the route accepts `offset`. `ends_empty` says whether it answers 200 `[]` past the end
    (terms, users, comments, search) rather than 400. `paged=False` sends a single request with `params` as they are.
    `names` are the parameters for a page and for the number of its rows.
    """

    def promise_size(self) -> None:
        """Take it that a page that is shorter than asked for wasn't cut: the server declares that it takes that size."""
        self._size.promised = True

    def feed(self, page: Page, reply: PageReply) -> None:
        """Process the reply to `page`. Replies may come in any order."""
        if self.done:
            return
        self._queue.flying.discard(page)
        self._requests += 1
        if reply.verdict is Verdict.STOPPED:
            self.abandon(reply.answer.reason)
            return
        if reply.broken and (page == self._ending.page or page.by not in ("page", "offset")):
            reply = _unread(reply)  # a page that decides where the list ends must be intact
        if page != self._ending.page or self._continues_beyond(page, reply):
            self._handle(page, reply)
        if self._requests >= self.ceiling and not self.done:
            self.abandon(f"ceiling of {self.ceiling} requests")
        self._settle()

    def _handle(self, page: Page, reply: PageReply) -> None:
        if page.by in ("other", "ids") and reply.answer.meaning not in _HALTING:
            self._tail.took(page, reply)
        elif reply.none_there:
            self._none_there(page, reply)
        else:
            _HANDLERS.get(reply.answer.meaning, Sweep._failed)(self, page, reply)

    def _took(self, page: Page, reply: PageReply) -> None:
        broken = self._broken(page, reply)
        if broken is None:
            self._failed(page, _unread(reply))
            return
        rows = len(reply.items) + reply.empties + len(broken)
        times = Counter(one.id for one in reply.items if one.id is not None)
        found = list(times)
        if page.fields:
            self._findings.hold_metadata(page, found)
            self._learn(self._salvage.drop(page))
            return
        if times.total() > len(times):
            rows -= self._repeated(page, reply, rows, times)
        self._extent.note(page, reply.total, rows)
        if self._extent.disbelieved:
            self._start_over()
        self._extent.more(page, reply.total_pages or 0, reply.next_page, self._size.asked)
        if self._is_past_end(page, reply, rows):
            self._past_end(page, reply)
        else:
            self._hold(page, reply, rows, found, broken)

    def _repeated(self, page: Page, reply: PageReply, rows: int, times: Counter[int]) -> int:
        """Return how many rows, of items that the page shows several times, are beyond those that it has room for.

        Others take a position of the list each: as many items may be fewer than the list counts.
        """
        room = rows if page.by == "none" else page.size
        room = room if reply.total is None else min(room, max(0, reply.total - page.offset))
        beyond = min(max(0, rows - room), times.total() - len(times))
        if not beyond:
            for one, count in times.items():
                self._findings.repeated[one] = max(count - 1, self._findings.repeated[one])
        return beyond

    def _is_past_end(self, page: Page, reply: PageReply, rows: int) -> bool:
        """Return whether an empty page means the same as WordPress's own error code past the end."""
        empty = page.offset > 0 and not rows
        return empty and (reply.total == 0 or page.offset >= self._extent.bound(self._cursor))

    def _hold(self, page: Page, reply: PageReply, rows: int, found: list[int], broken: tuple[int, ...]) -> None:
        """Record a good page: its items, the positions that it covers, and what it says about the end."""
        self._failed_in_a_row = 0
        self._queue.works()
        known = len(self.ids)
        self._findings.hold(page, reply, found, falling=("order", "desc") in self._spelling.params)
        if len(self.ids) > known and page not in self._salvage:
            self._tail.show(page, rows, len(found))
        if broken:
            self._salvage.ask_alone(page, broken, _BROKEN)
        elif self._capped(page, reply, rows) or self._repeats(page, reply, rows, known):
            return
        self._advance(page, reply, rows, broken)

    def _advance(self, page: Page, reply: PageReply, rows: int, broken: tuple[int, ...]) -> None:
        if rows or page in self._salvage or page.by == "none":
            self._cover(page, reply, rows, broken)
        if page not in self._salvage and page.by in ("page", "offset"):
            self._size.heavy(page, reply)
        if rows:
            self._extent.not_empty()
            self._ending.note(page, reply, rows)
        elif page not in self._salvage and page.by != "none":
            self._tail.empty(page, reply, ends_empty=self.ends_empty)
        self._learn(self._salvage.mended(page))

    def _broken(self, page: Page, reply: PageReply) -> tuple[int, ...] | None:
        """Return the places of broken items, to be requested one by one; None if that is not possible."""
        if not reply.broken:
            return ()
        total = self._extent.total if reply.total is None else reply.total
        places = reply.broken_of(None if total is None else min(page.size, total - page.offset))
        return places if places and self.paged and len(places) <= _ALONE else None

    def _capped(self, page: Page, reply: PageReply, rows: int) -> bool:
        """Return whether the server made pages smaller than requested; the walk then continues with its size."""
        part = page in self._salvage
        size = self._size.capped(page, reply, rows, self._extent.total, part=part)
        if not size:
            return False
        if rows and not part and page.by in ("page", "offset"):
            self._ending.note(replace(page, size=size), reply, rows)
        start = page.offset
        if page.by == "offset" or not start:  # where a later page by number began is unknown
            start += size
            self._findings.cover(page.offset, start, reply)
            self._tail.cut(page, start)
        if part:
            self._learn(self._salvage.cut_short(page, size, start))
        else:
            self._cursor = start if not page.offset else min(self._cursor, start)
        return True

    def _repeats(self, page: Page, reply: PageReply, rows: int, known: int) -> bool:
        """Return whether this page showed only known items.

        Once may be chance; more often, the server ignores page numbers.
        """
        if page in self._salvage and self._shows_others(page, rows, known):
            self._learn(self._salvage.lost(page, "a part of the page shows other items"))
            return True
        if not self._is_suspect(page, rows, known):
            if rows and not page.again:
                self._cover_stale()
            return False
        if page.by == "page" and not self._spelling.numbers and self._spelling.offsets:
            return True
        self._stale.append((page, reply, rows))
        whole = self._extent.total is None and self._tail.shown.rows < self._size.asked
        if len(self._stale) >= (1 if whole else _STALE):
            self._stand_still(whole=whole)
        return True

    def _is_suspect(self, page: Page, rows: int, known: int) -> bool:
        """Return whether a page should have shown something new, and did not."""
        return page not in self._salvage and not page.again and self._shows_known(page, rows, known)

    def _shows_others(self, page: Page, rows: int, known: int) -> bool:
        """Return whether a part of a failing page shows rows from elsewhere, because its position is ignored."""
        lacking = self._extent.total is None or len(self.ids) < self._extent.total
        return lacking and not page.again and self._shows_known(page, rows, known)

    def _shows_known(self, page: Page, rows: int, known: int) -> bool:
        if page.offset < self._over:
            return False
        # As many rows as the list moved by can appear on two pages; if the list is short, that is a whole page.
        return rows > self._extent.moved and len(self.ids) == known

    def _cover_stale(self) -> None:
        """Accept the suspect pages: something new proves that page numbers are not ignored."""
        for page, reply, rows in self._stale:
            self._cover(page, reply, rows)
        self._stale.clear()

    def _cover(self, page: Page, reply: PageReply, rows: int, broken: tuple[int, ...] = ()) -> None:
        if page.by == "none":
            self._findings.coverage.add(0, rows, None, len(reply.items))
            self._extent.end = rows
            return
        end = self._findings.cover(page.offset, page.offset + max(page.size, rows), reply, broken)
        self._cursor = max(self._cursor, end if rows > page.size else 0)

    # ---- where the list ends

    def _continues_beyond(self, page: Page, reply: PageReply) -> bool:
        """Return whether the page beyond the stated end shows more; the total is then no longer believed."""
        answer = reply.answer
        if answer.ok and reply.items:
            return self._shows_new(page, reply)
        if answer.ok or answer.meaning is Meaning.PAST_END or reply.none_there:
            return False
        if answer.meaning in _HALTING:
            return True
        if not self._spelling.numbers:  # pages by number repeat, and there is none by offset
            self._stand_still(whole=False)
            return False
        if self._ending.said:
            self._findings.give_up(page.offset, None, answer.reason)
        self._findings.unproven = True
        return False

    def _shows_new(self, page: Page, reply: PageReply) -> bool:
        """Return whether the page beyond the stated end shows an item that is not held.

        If it counts that far itself, the list has grown since; totals aren't wrong for that.
        """
        if {one.id for one in reply.items} - self.ids - {None}:
            if reply.total is None or page.offset >= reply.total:
                self._extent.disbelieve()
            return True
        self._stand_still(whole=False)  # the server ignores page numbers, so this proves nothing
        self._ending.page = None
        return False

    def _none_there(self, page: Page, reply: PageReply) -> None:
        """Handle the server's statement that there are no items, or no more of them."""
        if page.offset:
            self._past_end(page, reply)
            return
        self._findings.answered(reply)
        self._queue.clear()
        self._finish(ListingOutcome.COMPLETE, f"empty: {reply.answer.reason}")

    def _past_end(self, page: Page, reply: PageReply) -> None:
        if page in self._salvage and self._extent.total is None:
            self._findings.coverage.add(page.offset, page.offset + page.size, None)
        elif self._extent.ended(page.offset):
            self._reason = self._reason or reply.answer.reason
        self._learn(self._salvage.mended(page))


_HALTING = frozenset((Meaning.CHALLENGE, Meaning.THROTTLED))


def _unread(reply: PageReply) -> PageReply:
    """Return the reply as unreadable, because its broken items cannot be distinguished."""
    return replace(reply, answer=replace(reply.answer, meaning=Meaning.NOT_JSON, reason=_BROKEN))


_HANDLERS: Mapping[Meaning, Callable[[Sweep, Page, PageReply], None]] = {
    Meaning.OK: Sweep._took,
    Meaning.PAST_END: Sweep._past_end,
    Meaning.BAD_PARAM: Sweep._unaccepted,
    Meaning.REFUSED: Sweep._refused,
    Meaning.NO_ROUTE: Sweep._refused,
    Meaning.CHALLENGE: Sweep._halted,
    Meaning.THROTTLED: Sweep._halted,
}
