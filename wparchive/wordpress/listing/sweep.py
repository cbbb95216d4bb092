"""The sweep over a listing: pages asked for in order, each answer taken by its meaning, holes read again until all is proven."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from wparchive.model import Verdict
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.listing.coverage import Coverage
from wparchive.wordpress.listing.ending import Ending
from wparchive.wordpress.listing.extent import Extent
from wparchive.wordpress.listing.findings import Findings
from wparchive.wordpress.listing.pagequeue import PageQueue
from wparchive.wordpress.listing.pages import Page, PageReply, Spelling
from wparchive.wordpress.listing.pagesize import CAPS, PageSize, below
from wparchive.wordpress.listing.proof import Gap, ListingOutcome, Proof
from wparchive.wordpress.listing.salvage import Salvage, Trouble
from wparchive.wordpress.listing.tail import Tail

__all__ = ["Sweep"]

_BY_ID = (("orderby", "id"), ("order", "asc"))
_AGAIN_FOR_JSON = 2  # times that a page is asked for again which came as anything but JSON
_IN_A_ROW = 5  # pages that fail one after the other, after which the rest is given up
_STALE = 2  # pages without anything new, after which the server is taken not to turn pages
_ALONE = 40  # broken items of one page that are asked for one by one
_BROKEN = "broken JSON"
_NEEDS_MORE = "rest_missing_callback_param"
_PASSES = 3  # times that a list is read whose order isn't stable


@dataclass(slots=True)
class Sweep:
    """A walk over the collection at `route`. Ask for `wanted` pages, `feed` what came, until `done`; then `proof`.

    `offsets` says whether the route takes `offset`; `ends_empty` whether it answers 200 `[]` past the end (terms, users,
    comments, search) rather than 400; `paged=False` makes it one request with `params` as they are.
    """

    route: str
    type: str
    per_page: int = 100
    params: tuple[tuple[str, str], ...] = _BY_ID
    paged: bool = True
    offsets: bool = True
    ends_empty: bool = False
    ceiling: int = 20_000
    done: bool = False
    _extent: Extent = field(default_factory=Extent)
    _queue: PageQueue = field(default_factory=PageQueue)
    _spelling: Spelling = field(init=False)
    _size: PageSize = field(init=False)
    _findings: Findings = field(init=False)
    _salvage: Salvage = field(init=False)
    _cursor: int = 0
    _requests: int = 0
    _failed_in_a_row: int = 0
    _stale: list[tuple[Page, PageReply, int]] = field(default_factory=list)
    _tail: Tail = field(init=False)
    _ending: Ending = field(init=False)
    _plainer: Iterator[tuple[int, tuple[str, ...]]] = field(init=False)
    _bare: int = 0
    _contradicted: int = 0
    _again: int = 0
    _passes: int = 1
    _outcome: ListingOutcome | None = None
    _reason: str = ""
    _worst: str = ""

    def __post_init__(self) -> None:
        """Start at the first page."""
        self._spelling = Spelling(self.params, self.offsets)
        self._size = PageSize(self.per_page)
        self._plainer = self._spelling.plainer(self.per_page)
        chosen = dict(self.params).get("include")
        self._ending = Ending(chosen.count(",") + 1 if chosen else None)
        self._findings = Findings(self._extent)
        self._salvage = Salvage(self._spelling, self._queue, self._extent, self._size, self._findings.give_up)
        self._tail = Tail(self._spelling, self._queue, self._extent, self._size, self._findings)
        if not self.paged:
            self._queue.push(self._spelling.whole(self.per_page))

    @property
    def ids(self) -> set[int]:
        """The items that are held; the set grows as pages come."""
        return self._findings.ids

    @property
    def again(self) -> set[int]:
        """The items of the last good page that others had shown before."""
        return self._findings.again

    @property
    def stated(self) -> int | None:
        """The latest total that the server stated, None when it states none."""
        return self._extent.stated

    @property
    def answered(self) -> bool:
        """Whether anything came for any page of it."""
        return self._requests > 0

    @property
    def silent(self) -> bool:
        """Whether the server has nothing to say, not even an error: success without a body and a total, time and again."""
        return self._requests == self._bare > _AGAIN_FOR_JSON and self._extent.stated is None

    def take_for_empty(self) -> None:
        """Where other collections of the site speak, one that is `silent` is empty."""
        self._findings.gaps.clear()
        self._outcome, self._reason = ListingOutcome.COMPLETE, f"empty: {self._reason}"

    # ---- asking

    def wanted(self, limit: int) -> list[Page]:
        """Up to `limit` pages to ask for now; they count as in flight until fed. Empty while there is only waiting."""
        pages: list[Page] = []
        while len(pages) < limit and not self.done:
            page = self._next()
            if page is None:
                if self._queue.flying:
                    break
                self._settle()
                continue
            self._queue.flying.add(page)
            pages.append(page)
        return pages

    def _next(self) -> Page | None:
        if page := self._next_queued():
            return page
        waits = self._extent.total is None and self._queue.flying
        if not self.paged or self._extent.past is not None or waits:
            return None
        if self._more_ahead() or (self._cursor == 0 and not self._findings.pages and not self._queue.flying):
            page = self._spelling.page(self._cursor, self._size.asked)
            self._cursor += page.size
            return page
        return None

    def _next_queued(self) -> Page | None:
        """The first of the queue that may be asked for now: of a page being taken apart, one part at a time."""
        waiting = []
        found = None
        while found is None and (page := self._queue.pop()):
            if self._salvage.busy(page):
                waiting.append(page)
            elif self._is_within(page):
                found = page
            else:
                self._learn(self._salvage.drop(page))
        for page in waiting:
            self._queue.push(page)
        return found

    def _is_within(self, page: Page) -> bool:
        special = page.again or not page.offset or page.by in ("other", "ids") or page == self._ending.page
        return bool(special) or page.offset < self._extent.bound(self._cursor)

    def _more_ahead(self) -> bool:
        return not self._tail.turned and self._cursor < self._extent.bound(self._cursor)

    # ---- what came

    def feed(self, page: Page, reply: PageReply) -> None:
        """Take in what came for `page`, in any order."""
        if self.done:
            return
        self._queue.flying.discard(page)
        self._requests += 1
        if reply.verdict is Verdict.STOPPED:
            self.abandon(reply.answer.reason)
            return
        if reply.broken and (page == self._ending.page or page.by not in ("page", "offset")):
            reply = _unread(reply)  # what is asked for to see where the list ends must be whole
        if page == self._ending.page and not self._goes_on(page, reply):
            pass
        elif page.by in ("other", "ids") and reply.answer.meaning not in _HALTING:
            self._tail.took(page, reply)
        elif reply.none_there:
            self._none_there(page, reply)
        else:
            _HANDLERS.get(reply.answer.meaning, Sweep._failed)(self, page, reply)
        if self._requests >= self.ceiling and not self.done:
            self.abandon(f"ceiling of {self.ceiling} requests")
        self._settle()

    def _took(self, page: Page, reply: PageReply) -> None:
        broken = self._broken(page, reply)
        if broken is None:
            self._failed(page, _unread(reply))
            return
        rows = len(reply.items) + reply.empties + len(broken)
        found = [one.id for one in reply.items if one.id is not None]
        if page.fields:
            self._findings.hold_metadata(page, found)
            self._learn(self._salvage.drop(page))
            return
        self._extent.note(page, reply.total, rows)
        if page.offset and not rows and (reply.total == 0 or page.offset >= self._extent.bound(self._cursor)):
            self._past_end(page, reply)
            return
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
        """The places of the items of a page that aren't JSON, to be asked for alone; None when that can't be done."""
        if not reply.broken:
            return ()
        total = self._extent.total if reply.total is None else reply.total
        places = reply.broken_of(None if total is None else min(page.size, total - page.offset))
        return places if places and self.paged and len(places) <= _ALONE else None

    def _capped(self, page: Page, reply: PageReply, rows: int) -> bool:
        """Whether the server made pages smaller than asked for; then the walk goes on with its size."""
        part = page in self._salvage
        size = self._size.capped(page, reply, rows, self._extent.total, part=part)
        if not size:
            return False
        start = page.offset
        if page.by == "offset" or not start:  # of a later page by number, nobody knows where it began
            start += size
            self._findings.cover(page.offset, start, reply)
            self._tail.cut(page, start)
        if part:
            self._learn(self._salvage.cut_short(page, size, start))
        else:
            self._cursor = start if not page.offset else min(self._cursor, start)
        return True

    def _repeats(self, page: Page, reply: PageReply, rows: int, known: int) -> bool:
        """Whether this page showed only what others showed: one may be chance, more is a server that doesn't turn pages."""
        # As many rows as the list moved by stand on two pages, or on a whole one when the list is short.
        new = len(self.ids) > known or rows <= self._extent.moved
        if not page.offset or not rows or page.again or new or page in self._salvage:
            if rows and not page.again:
                for earlier, its_reply, its_rows in self._stale:
                    self._cover(earlier, its_reply, its_rows)
                self._stale.clear()
            return False
        if page.by == "page" and not self._spelling.numbers:
            return True
        self._stale.append((page, reply, rows))
        whole = self._extent.total is None and self._tail.shown.rows < self._size.asked
        if len(self._stale) >= (1 if whole else _STALE):
            self._stand_still(whole=whole)
        return True

    def _stand_still(self, *, whole: bool) -> None:
        """The server doesn't turn its pages: ask by offset, or see what it shows from the other end."""
        self._stale.clear()
        if self._spelling.offsets and self._spelling.numbers and not whole:
            self._spelling.numbers = False
            self._cursor = len(self.ids)
        else:
            self._tail.turned, self._tail.words = True, "pages repeat"

    def _cover(self, page: Page, reply: PageReply, rows: int, broken: tuple[int, ...] = ()) -> None:
        if page.by == "none":
            self._findings.coverage.add(0, rows, None, len(reply.items))
            self._extent.end = rows
            return
        end = self._findings.cover(page.offset, page.offset + max(page.size, rows), reply, broken)
        self._cursor = max(self._cursor, end if rows > page.size else 0)
        if self._extent.total is None and reply.total_pages:
            self._extent.least_end = (reply.total_pages - 1) * self._size.asked

    # ---- where the list ends

    def _goes_on(self, page: Page, reply: PageReply) -> bool:
        """Whether the page beyond the stated end shows more: then the total isn't believed any longer."""
        if reply.answer.ok and {one.id for one in reply.items} - self.ids - {None}:
            self._extent.disbelieve()
            return True
        if reply.answer.ok and reply.items:  # what is held already: pages don't turn, so this one proves nothing
            self._stand_still(whole=False)
            self._ending.page = None
            return False
        ended = reply.answer.ok or reply.answer.meaning is Meaning.PAST_END or reply.none_there
        if not ended and reply.answer.meaning in _HALTING:
            return True
        if not ended and self._ending.said:
            self._findings.give_up(page.offset, None, reply.answer.reason)
        self._findings.unproven = self._findings.unproven or not ended
        return False

    def _none_there(self, page: Page, reply: PageReply) -> None:
        """The server says that there are no items, or no more of them, in its own way."""
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

    # ---- what can't be had

    def _refused(self, page: Page, reply: PageReply) -> None:
        if self._findings.pages:
            self._gap(page, reply.answer.reason)
            return
        self._findings.answered(reply)
        self._queue.clear()
        self._finish(ListingOutcome.REFUSED, reply.answer.reason)

    def _halted(self, _page: Page, reply: PageReply) -> None:
        self._findings.answered(reply)
        self.abandon(reply.answer.reason)

    def _unaccepted(self, page: Page, reply: PageReply) -> None:
        """The server doesn't take a parameter: go on without it, or with smaller pages."""
        names = set(reply.answer.params)
        orders = {"orderby", "order"} & names & {name for name, _ in self._spelling.params}
        smaller = below(page.size, CAPS)
        if "per_page" in names and smaller and page not in self._salvage:
            self._size.shrink(smaller)
        elif orders:
            self._spelling.drop("orderby", "order")
            self._findings.unordered = True
        elif "offset" in names and self._spelling.offsets:
            self._spelling.offsets = False
        elif reply.answer.code == _NEEDS_MORE:  # of this site's own making, and nobody says which values it takes
            self._refused(page, reply)
            return
        else:
            self._failed(page, reply)
            return
        if page in self._salvage:
            self._salvage.spell_anew(page)
        else:
            self._cursor = min(self._cursor, page.offset)

    def _failed(self, page: Page, reply: PageReply) -> None:
        """No use in this answer: ask again, take the page apart, or give it up."""
        reason = self._worst = reply.answer.reason
        self._findings.answered(reply)
        if self._spell_plainer(page, reply):
            return
        if not self._findings.pages:
            self._extent.stated = reply.total
        self._bare += reply.bare
        if page in self._salvage:
            self._learn(self._salvage.failed(page, reason))
        elif self.silent:
            self._findings.gaps.append(Gap(1, None, reason))
            self._finish(ListingOutcome.FAILED, reason)
        elif reply.answer.meaning is Meaning.NOT_JSON and page.again < _AGAIN_FOR_JSON:
            again = replace(page, again=page.again + 1)
            self._queue.push(self._spelling.page(page.offset, page.size) if self.paged else again)
        elif not self.paged:
            self._findings.gaps.append(Gap(1, None, reason))
            self._finish(ListingOutcome.FAILED, reason)
        elif self._worth_taking_apart(reply):
            self._learn(self._salvage.begin(page, reason))
        else:
            self._gap(page, reason)

    def _spell_plainer(self, page: Page, reply: PageReply) -> bool:
        """A firewall's no to the very first page may be meant for a parameter: whether there is a plainer form to ask in."""
        offended = reply.answer.meaning is Meaning.BLOCKED and reply.answer.status not in _NOT_FOR_FORM
        if self._findings.pages or page.offset or not self.paged or not offended or page in self._salvage:
            return False
        form = next(self._plainer, None)
        if form is None:
            return False
        self._size.asked, names = form
        self._findings.unordered = self._findings.unordered or "orderby" in names
        self._spelling.drop(*names)
        self._cursor = 0
        return True

    def _worth_taking_apart(self, reply: PageReply) -> bool:
        hopeless = self._salvage.hopeless or (reply.answer.meaning is Meaning.BLOCKED and not self._findings.pages)
        return not hopeless and reply.capture is not None and reply.answer.meaning not in _NOT_BY_SIZE

    def _gap(self, page: Page, reason: str) -> None:
        """Give up a whole page of the walk; after several in a row, the rest of it."""
        self._failed_in_a_row += 1
        if not self._findings.pages or self._failed_in_a_row >= _IN_A_ROW:
            self.abandon(reason)
        else:
            self._findings.give_up(page.offset, self._extent.cut(page.offset + page.size), reason)
            self._learn(self._salvage.drop(page))

    def _learn(self, trouble: Trouble | None) -> None:
        """The last part of a failing page is done with: give up the rest of the walk, or ask for smaller pages."""
        if trouble is None or self.done:
            return
        if not trouble.got:
            self._failed_in_a_row += 1
            if not self._findings.pages or self._failed_in_a_row >= _IN_A_ROW:
                if not self._findings.pages:
                    self._findings.forget()
                self.abandon(trouble.reason)
        elif not trouble.lost:
            self._size.too_big(trouble.page.size)

    # ---- the end

    def _settle(self) -> None:
        """When nothing is left to ask or to wait for: look for holes, ask for them, or be done."""
        while not self.done and self._queue.idle and not self._queue.probe():
            if self._queue.stuck:
                self._findings.forget()
                self.abandon(self._worst)
            elif not self.paged or not self._more():
                self._finish(ListingOutcome.SHORT if self._findings.gaps else ListingOutcome.COMPLETE)
            elif self._extent.past is None and self._more_ahead():
                return

    def _more(self) -> bool:
        """Whether there is something left to ask; queues it."""
        if self._extent.past is not None:
            self._resolve_past(self._extent.past)
            return True
        if self._stale and not self._tail.turned:
            self._stand_still(whole=False)
            return True
        if self._more_ahead():
            return True
        if self._tail.waits():
            self._tail.turn()
            return True
        if self._tail.turned and self._extent.total is None:
            return False
        bound = self._extent.bound(self._cursor)
        reached = self._findings.coverage.reach(bound)
        if reached < bound:
            return self._read_again(reached, bound)
        if (
            self._extent.total is not None
            and not self._tail.turned
            and self._ending.doubtful(len(self.ids), self._extent.largest)
        ):
            self._look_beyond(self._extent.total)
            return True
        return (self._findings.unordered or self._came_behind) and self._pass_again()

    def _look_beyond(self, total: int) -> None:
        size = self._size.asked
        start = max(-(-total // size), -(-self._tail.shown.end // size)) * size if self._spelling.numbers else total
        self._ending.page = self._spelling.page(start, size, retries=None if self._ending.said else 1)
        self._cursor = max(self._cursor, start + size)
        self._queue.push(self._ending.page)

    def _resolve_past(self, past: int) -> None:
        """The total says more, the server says that the list has ended: see what the page before it says now."""
        self._extent.past = None
        total = self._extent.total
        self._contradicted += 1
        if total is None or total <= past:
            return
        if self._contradicted > 2:
            self._tail.words = f"{self._reason or 'the list ended'} before its stated end"
            self._tail.turn()
            return
        before = max(0, past - 1) // self._size.asked * self._size.asked
        self._queue.push(self._spelling.page(before, self._size.asked))
        self._cursor = min(self._cursor, past) if self._contradicted > 1 else max(self._cursor, total)

    def _read_again(self, reached: int, bound: int) -> bool:
        self._again += 1
        if self._again > 10 + self._findings.pages // 5:
            self._findings.give_up(reached, bound, "the list kept changing")
            self._outcome = ListingOutcome.CHANGED
            return False
        self._queue.push(self._spelling.page(reached // self._size.asked * self._size.asked, self._size.asked))
        return True

    @property
    def _came_behind(self) -> bool:
        """Whether rows came, and stand where the walk had been: others moved to the right, and were shown twice."""
        twice = (
            self._findings.rows > len(self.ids) and self._size.asked == self.per_page
        )  # else pages overlap by themselves
        return not self._tail.turned and self._findings.lacks > 0 and (twice or self._extent.moved > 0)

    def _pass_again(self) -> bool:
        """Pages that overlap mean rows that none of them showed: in an order of the server's own, or come where we had been."""
        expected = self._extent.stated if self._extent.stated is not None else self._findings.rows
        disjoint = self._findings.rows == len(self.ids) and not self._came_behind
        if disjoint or len(self.ids) >= expected:
            return False
        if self._passes >= _PASSES:
            unstable = "the order of the list is unstable" if self._findings.unordered else "the list kept changing"
            self._findings.give_up(0, self._extent.total, unstable)
            return False
        self._passes += 1
        self._findings.coverage, self._cursor = Coverage(), 0
        return True

    def abandon(self, reason: str) -> None:
        """Stop here: what isn't held becomes a gap. Pages in flight need not be fed."""
        if self.done:
            return
        self._queue.clear()
        self._tail.settle()
        self._findings.give_up_rest(reason)
        self._finish(ListingOutcome.SHORT if self._findings.pages else ListingOutcome.FAILED, reason)

    def _finish(self, outcome: ListingOutcome, reason: str = "") -> None:
        self._outcome, self._reason, self.done = self._outcome or outcome, self._reason or reason, True

    def proof(self) -> Proof:
        """What this listing can claim; of an unfinished one, what it could claim if it were abandoned now."""
        if not self.done:
            self.abandon("stopped")
        return self._findings.proof(self.route, self.type, self._outcome or ListingOutcome.COMPLETE, self._reason)


_HALTING = frozenset((Meaning.CHALLENGE, Meaning.THROTTLED))


def _unread(reply: PageReply) -> PageReply:
    """A page of which nobody can say which of its items are broken."""
    return replace(reply, answer=replace(reply.answer, meaning=Meaning.NOT_JSON, reason=_BROKEN))


_NOT_FOR_FORM = frozenset((401, 404, 407, 410))  # said to whoever asks, or of what is asked for
_NOT_BY_SIZE = frozenset((Meaning.REDIRECT, Meaning.MISSING, Meaning.NOT_MODIFIED))
_HANDLERS: Mapping[Meaning, Callable[[Sweep, Page, PageReply], None]] = {
    Meaning.OK: Sweep._took,
    Meaning.PAST_END: Sweep._past_end,
    Meaning.BAD_PARAM: Sweep._unaccepted,
    Meaning.REFUSED: Sweep._refused,
    Meaning.NO_ROUTE: Sweep._refused,
    Meaning.CHALLENGE: Sweep._halted,
    Meaning.THROTTLED: Sweep._halted,
}
