"""One walk over a paginated collection, as a machine without a network: what to ask next, what it means, what is proven.

Sources: map section 7 (paging, end of list, order, change during a sweep, poisoned pages), failure-modes 1-5, 12, 16, 28, 30.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from wparchive.model import Verdict
from wparchive.wordpress.coverage import Coverage
from wparchive.wordpress.pages import Gap, Outcome, Page, Proof, Reply, read_reply
from wparchive.wordpress.verdict import Answer, Meaning

__all__ = ["Gap", "Outcome", "Page", "Proof", "Reply", "Sweep", "read_reply"]

_BY_ID = (("orderby", "id"), ("order", "asc"))
_LADDER = (100, 50, 25, 10, 5, 1)
_CAP_LADDER = (100, 50, 30, 25, 20, 15, 10, 5, 1)
_ALIGNED_LADDER = (100, 50, 25, 5, 1)  # each divides the one before: for routes without `offset`
_LEAST_CAP = 10  # no server is known that caps pages below core's default size
_METADATA = (
    "id,date,date_gmt,guid,modified,modified_gmt,slug,status,type,link,title,author,featured_media,parent,menu_order,"
    "comment_status,ping_status,sticky,template,format,categories,tags,media_type,mime_type,media_details,source_url,"
    "alt_text,post,author_name,author_url,count,name,taxonomy,url,_links"
)
_AGAIN_FOR_JSON = 2
_BUDGET = 60  # requests spent on one failing page
_ENOUGH, _MUTE = 5, 2  # single items lost in a row, and failures to get metadata, after which no more are tried
_PROBES = 3  # parts tried beyond the first of each size before a listing of which nothing works is given up
_HOPELESS, _IN_A_ROW = 2, 5
_STALE, _EMPTY, _EMPTY_STATED = 2, 3, 100
_CAPS, _PASSES = 10, 3


@dataclass(slots=True)
class _Trouble:
    """A page that fails, being taken apart."""

    page: Page
    reason: str
    spent: int = 0
    pending: int = 0
    got: int = 0
    lost: int = 0
    in_a_row: int = 0  # single items lost since a part was good
    mute: int = 0  # requests for metadata that failed as well


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
    ids: set[int] = field(default_factory=set)
    partial: set[int] = field(default_factory=set)
    blocked: Answer | None = None
    done: bool = False
    _stated: int | None = None  # the latest total that a page stated
    _total: int | None = None  # the same, as long as totals are believed
    _believed: bool = True
    _unstated: bool = False
    _end: int | None = None  # where the list was seen to end, when no total says it
    _past: int | None = None  # where the server says that it ends, though its total says otherwise
    _contradicted: int = 0
    _cursor: int = 0
    _least_end: int = 0
    _queue: list[Page] = field(default_factory=list)
    _flying: set[Page] = field(default_factory=set)
    _asked: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)
    _requests: int = 0
    _pages: int = 0
    _rows: int = 0
    _coverage: Coverage = field(default_factory=Coverage)
    _gaps: list[Gap] = field(default_factory=list)
    _troubles: dict[Page, _Trouble] = field(default_factory=dict)
    _deferred: list[Page] = field(default_factory=list)
    _probes: int = 0
    _hopeless: int = 0
    _oversized: int = 0
    _failed_in_a_row: int = 0
    _stale: list[tuple[Page, Reply, int]] = field(default_factory=list)
    _empty: int = 0
    _caps: int = 0
    _least: int = 0  # the server's pages are no smaller than this
    _doubtful: bool = False  # whether they may be smaller than asked for, as far as anybody can see
    _again: int = 0
    _passes: int = 1
    _unordered: bool = False
    _outcome: Outcome | None = None
    _reason: str = ""
    _worst: str = ""
    _capture: tuple[int, str | None] = (-1, None)
    _size: int = 0

    def __post_init__(self) -> None:
        """Start at the first page."""
        self._size = self.per_page
        if not self.paged:
            self._asked[self.params] = 1
            self._queue.append(Page(0, self.per_page, by="none", params=self.params))

    # ---- asking

    @property
    def stated(self) -> int | None:
        """The latest total that the server stated, None when it states none."""
        return self._stated

    def wanted(self, limit: int) -> list[Page]:
        """Up to `limit` pages to ask for now; they count as in flight until fed. Empty while there is only waiting."""
        pages: list[Page] = []
        while len(pages) < limit and not self.done:
            page = self._next()
            if page is None:
                if self._flying:
                    break
                self._settle()
                continue
            self._flying.add(page)
            pages.append(page)
        return pages

    def _next(self) -> Page | None:
        if page := self._next_queued():
            return page
        if not self.paged or self._past is not None or (self._total is None and self._flying):
            return None
        if self._cursor < self._bound() or (self._cursor == 0 and not self._pages and not self._flying):
            page = self._page(self._cursor, self._size)
            self._cursor += page.size
            return page
        return None

    def _next_queued(self) -> Page | None:
        """The first of the queue that may be asked for now: of a page being taken apart, one part at a time."""
        busy = [trouble for page in self._flying if (trouble := self._troubles.get(page))]
        waiting = []
        found = None
        while self._queue and not found:
            page = heappop(self._queue)
            if self._troubles.get(page) in busy:
                waiting.append(page)
            elif page.offset < self._bound() or page.again or not page.offset:
                found = page
            else:
                self._lost_interest(page)
        for page in waiting:
            heappush(self._queue, page)
        return found

    def _bound(self) -> int:
        """Before which position there may be something to ask for."""
        if self._total is not None:
            return self._total
        return self._end if self._end is not None else self._cursor + 1

    def _page(self, offset: int, size: int, *, retries: int | None = None, fields: str = "") -> Page:
        by = "page"
        if offset % size:
            by = "offset" if self.offsets else by
            while by == "page" and offset % size:
                size -= 1
        place = ("offset", str(offset)) if by == "offset" else ("page", str(offset // size + 1))
        params = (("per_page", str(size)), place, *self.params, *((("_fields", _METADATA),) if fields else ()))
        again = self._asked.get(params, 0)
        self._asked[params] = again + 1
        return Page(offset, size, again, fields, by, retries, params)

    # ---- what came

    def feed(self, page: Page, reply: Reply) -> None:
        """Take in what came for `page`, in any order."""
        if self.done:
            return
        self._flying.discard(page)
        self._requests += 1
        if reply.verdict is Verdict.STOPPED:
            self.abandon(reply.answer.reason)
            return
        _HANDLERS.get(reply.answer.meaning, Sweep._failed)(self, page, reply)
        if self._requests >= self.ceiling and not self.done:
            self.abandon(f"ceiling of {self.ceiling} requests")
        self._settle()

    def abandon(self, reason: str) -> None:
        """Stop here: what isn't held becomes a gap. Pages in flight need not be fed."""
        if self.done:
            return
        self._queue.clear()
        self._flying.clear()
        end = self._total if self._total is not None else self._end
        holes = list(self._coverage.holes(end if end is not None or self._pages else self._stated))
        if self._total is not None and (reached := self._coverage.reach(self._total)) < self._total:
            # Rows may have moved from what isn't read to where we had been.
            first = holes.pop(0) if holes else (self._total, self._total)
            holes.insert(0, (min(reached, first[0]), first[1]))
        self._gaps.extend(Gap(first + 1, last, reason) for first, last in holes)
        self._finish(Outcome.SHORT if self._pages else Outcome.FAILED, reason)

    def _finish(self, outcome: Outcome, reason: str = "") -> None:
        self._outcome, self._reason, self.done = self._outcome or outcome, self._reason or reason, True

    def _took(self, page: Page, reply: Reply) -> None:
        rows = len(reply.items) + reply.empties
        found = [one.id for one in reply.items if one.id is not None]
        if page.fields:
            self._took_metadata(page, found)
            return
        self._note_total(page, reply, rows)
        if page.offset and not rows and (reply.total == 0 or page.offset >= self._bound()):
            self._past_end(page, reply)
            return
        self._pages += 1
        self._failed_in_a_row = 0
        while self._deferred:
            heappush(self._queue, self._deferred.pop())
        self._capture = max(self._capture, (page.offset, reply.capture), key=lambda one: one[0])
        known = len(self.ids)
        self.ids.update(found)
        self._rows += len(found) if not page.again else 0
        self._look_at_order(found)
        self._nameless(page, reply)
        if self._capped(page, reply, rows):
            return
        if self._repeats(page, reply, rows, known):
            return
        self._cover(page, reply, rows)
        if rows:
            self._empty = 0
        elif page not in self._troubles:
            self._emptiness(page)
        self._mended(page)

    def _note_total(self, page: Page, reply: Reply, rows: int) -> None:
        total = reply.total
        if total is None:
            self._unstated = True
            return
        if rows and page.by != "none" and total < rows:
            self._believed, self._total = False, None
        if page.offset and not rows and not total:
            return
        self._stated = total
        if self._believed:
            self._total = total

    def _look_at_order(self, found: list[int]) -> None:
        falling = ("order", "desc") in self.params
        if found != sorted(found, reverse=falling):
            self._unordered = True

    def _nameless(self, page: Page, reply: Reply) -> None:
        for place, one in enumerate(reply.items, page.offset + 1):
            if one.id is None and not page.again:
                self._gaps.append(Gap(place, place, "item without a usable id"))

    def _capped(self, page: Page, reply: Reply, rows: int) -> bool:
        """Whether the server made pages smaller than asked for; then the walk goes on with its size.

        The size taken is never larger than the server's: that one is at least ceil(total / pages), and at least `rows`.
        """
        self._least = max(self._least, rows)
        if page.by == "none" or page.again or rows >= page.size or self._caps >= _CAPS:
            return False
        size = self._true_size(page, reply, rows)
        if size >= page.size or not size:
            return False
        self._caps += 1
        self._size = min(self._size, size)
        start = page.offset
        if page.by == "offset" or not start:  # of a later page by number, nobody knows where it began
            start += size
            self._coverage.add(page.offset, self._cut(start, reply.total), self._total, len(reply.items))
        trouble = self._troubles.pop(page, None)
        if trouble:
            trouble.got += 1
            self._spend_on(start, self._cut(page.offset + page.size, self._total), size, trouble)
            self._close(trouble)
        else:
            self._cursor = start if not page.offset else min(self._cursor, start)
        return True

    def _true_size(self, page: Page, reply: Reply, rows: int) -> int:
        total, pages = self._total, reply.total_pages
        least = rows
        stated = total is not None and pages is not None and 0 < pages <= total
        if stated and total and pages:
            least = max(rows, min(page.size, -(-total // pages)))
            if -(-total // page.size) < pages:
                return least
        self._least = max(self._least, least)
        expected = page.size if total is None else min(page.size, total - page.offset)
        # Stated page numbers are consistent; but parts of a page must lie where we think that they lie.
        unsure = page in self._troubles or not stated
        short = bool(rows) and rows < expected and self._least < page.size
        self._doubtful = self._doubtful or (short and page not in self._troubles)
        return max(self._least, _LEAST_CAP) if unsure and short else page.size

    def _repeats(self, page: Page, reply: Reply, rows: int, known: int) -> bool:
        """Whether this page showed only what others showed: one may be chance, more is a server that doesn't turn pages."""
        if not page.offset or not rows or page.again or len(self.ids) > known or page in self._troubles:
            if rows and not page.again:
                for earlier, its_reply, its_rows in self._stale:
                    self._cover(earlier, its_reply, its_rows)
                self._stale.clear()
            return False
        self._stale.append((page, reply, rows))
        if len(self._stale) >= _STALE:
            self.abandon("pages repeat")
        return True

    def _cover(self, page: Page, reply: Reply, rows: int) -> None:
        if page.by == "none":
            self._coverage.add(0, rows, None, len(reply.items))
            self._end = rows
            return
        end = self._cut(page.offset + max(page.size, rows), reply.total)
        self._coverage.add(page.offset, end, self._total, len(reply.items))
        self._cursor = max(self._cursor, end if rows > page.size else 0)
        if self._total is None and reply.total_pages:
            self._least_end = (reply.total_pages - 1) * self._size

    def _cut(self, end: int, total: int | None) -> int:
        return end if total is None or self._total is None else min(end, total)

    def _emptiness(self, page: Page) -> None:
        if self._total is not None:
            self._empty += 1
            if self._empty >= _EMPTY_STATED:
                self.abandon(f"{self._empty} empty pages in a row")
        elif page.offset >= self._least_end:
            self._empty += 1
            if not page.offset or self.ends_empty or self._empty >= _EMPTY:
                self._end = max(0, page.offset - (self._empty - 1) * page.size)

    def _past_end(self, page: Page, reply: Reply) -> None:
        if self._total is None:
            if page not in self._troubles:
                self._end = page.offset if self._end is None else min(self._end, page.offset)
            else:
                self._coverage.add(page.offset, page.offset + page.size, None)
        elif page.offset < self._total:
            self._past = page.offset if self._past is None else min(self._past, page.offset)
            self._reason = self._reason or reply.answer.reason
        self._mended(page)

    # ---- what can't be had

    def _refused(self, page: Page, reply: Reply) -> None:
        if self._pages:
            self._gap(page, reply.answer.reason)
            return
        self._capture = (0, reply.capture)
        self._queue.clear()
        self._finish(Outcome.REFUSED, reply.answer.reason)

    def _halted(self, _page: Page, reply: Reply) -> None:
        self.blocked = reply.answer
        self._capture = self._capture if self._pages else (0, reply.capture)
        self.abandon(reply.answer.reason)

    def _unaccepted(self, page: Page, reply: Reply) -> None:
        """The server doesn't take a parameter: go on without it, or with smaller pages."""
        names = set(reply.answer.params)
        orders = {"orderby", "order"} & names & {name for name, _ in self.params}
        smaller = next((size for size in _CAP_LADDER if size < page.size), 0)
        if "per_page" in names and smaller and page not in self._troubles:
            self._size = min(self._size, smaller)
        elif orders:
            self.params = tuple(pair for pair in self.params if pair[0] not in ("orderby", "order"))
            self._unordered = True
        elif "offset" in names and self.offsets:
            self.offsets = False
        else:
            self._failed(page, reply)
            return
        trouble = self._troubles.pop(page, None)
        if trouble:
            self._spend_on(page.offset, page.offset + page.size, page.size, trouble)
            trouble.pending -= 1
        else:
            self._cursor = min(self._cursor, page.offset)

    def _failed(self, page: Page, reply: Reply) -> None:
        """No use in this answer: ask again, take the page apart, or give it up."""
        reason = self._worst = reply.answer.reason
        if not self._pages:
            self._capture = (0, reply.capture)
            self._stated = reply.total
        trouble = self._troubles.pop(page, None)
        if page.fields:
            if trouble:
                trouble.mute += 1
            self._close(trouble)
        elif not self.paged:
            if reply.answer.meaning is Meaning.NOT_JSON and page.again < _AGAIN_FOR_JSON:
                heappush(self._queue, replace(page, again=page.again + 1))
            else:
                self._gaps.append(Gap(1, None, reason))
                self._finish(Outcome.FAILED, reason)
        elif trouble:
            trouble.reason = reason
            self._take_apart(page, trouble)
        elif reply.answer.meaning is Meaning.NOT_JSON and page.again < _AGAIN_FOR_JSON:
            heappush(self._queue, self._page(page.offset, page.size))
        elif self._worth_taking_apart(reply):
            self._take_apart(page, _Trouble(page, reason))
        else:
            self._gap(page, reason)

    def _worth_taking_apart(self, reply: Reply) -> bool:
        hopeless = self._hopeless >= _HOPELESS or (reply.answer.meaning is Meaning.BLOCKED and not self._pages)
        return not hopeless and reply.capture is not None and reply.answer.meaning not in _NOT_BY_SIZE

    def _take_apart(self, page: Page, trouble: _Trouble) -> None:
        ladder = _LADDER if self.offsets else _ALIGNED_LADDER
        size = next((size for size in ladder if size < page.size), 0)
        start, end = page.offset, page.offset + page.size
        if page == trouble.page and self._doubtful:  # if pages are smaller than asked for, this one began earlier
            start = start // page.size * min(page.size, max(self._least, _LEAST_CAP))
        end = end if self._total is None else min(end, self._total)
        if size and trouble.in_a_row < _ENOUGH and self._left(trouble) >= -(-(end - start) // size):
            self._spend_on(start, end, size, trouble)
            trouble.pending -= page != trouble.page
            return
        trouble.lost += 1
        trouble.in_a_row += page.size == 1
        self._give_up(start, end, trouble.reason)
        if self._left(trouble) > 0 and trouble.mute < _MUTE:
            self._spend(self._page(page.offset, page.size, retries=1, fields="metadata"), trouble)
        self._close(trouble)

    def _spend_on(self, start: int, end: int, size: int, trouble: _Trouble) -> None:
        while start < end:
            part = self._page(start, min(size, end - start), retries=1 if size == 1 else 0)
            self._spend(part, trouble)
            start += part.size

    def _left(self, trouble: _Trouble) -> int:
        return _BUDGET - trouble.spent

    def _spend(self, part: Page, trouble: _Trouble) -> None:
        trouble.spent += 1
        trouble.pending += 1
        self._troubles[part] = trouble
        # As long as nothing at all has worked, only the first part of each size is tried.
        if self._pages or not (self._queue or self._flying or part.fields or self._probes):
            heappush(self._queue, part)
        else:
            self._deferred.append(part)

    def _probe(self) -> bool:
        """Nothing has worked yet: try the part that is farthest off, then the next items, if any are left to try."""
        if self._pages or not self._deferred or self._probes == _PROBES:
            return False
        farthest = self._probes == 0
        self._probes += 1
        self._deferred.sort(key=lambda one: (one.fields, -one.offset if farthest else one.size, one.offset))
        heappush(self._queue, self._deferred.pop(0))
        return True

    def _give_up(self, start: int, end: int | None, reason: str) -> None:
        self._gaps.append(Gap(start + 1, end, reason))
        if end is not None:
            self._coverage.add(start, end, self._total)

    def _gap(self, page: Page, reason: str) -> None:
        """Give up a whole page of the walk; after several in a row, the rest of it."""
        self._failed_in_a_row += 1
        if not self._pages or self._failed_in_a_row >= _IN_A_ROW:
            self.abandon(reason)
        else:
            self._give_up(page.offset, self._cut(page.offset + page.size, self._total), reason)
            self._close(self._troubles.pop(page, None))

    def _took_metadata(self, page: Page, found: list[int]) -> None:
        self.partial.update(found)
        if found:
            first, last = page.offset + 1, self._cut(page.offset + page.size, self._total)
            held = f"only its metadata, id {found[0]}" if page.size == 1 else "only their metadata"
            self._gaps = [
                replace(gap, reason=f"{gap.reason}; {held}") if (gap.first, gap.last) == (first, last) else gap
                for gap in self._gaps
            ]
        self._close(self._troubles.pop(page, None))

    def _mended(self, page: Page) -> None:
        trouble = self._troubles.pop(page, None)
        if trouble:
            trouble.got += 1
            trouble.in_a_row = 0
            self._close(trouble)

    def _lost_interest(self, page: Page) -> None:
        self._close(self._troubles.pop(page, None))

    def _close(self, trouble: _Trouble | None) -> None:
        """One part of a failing page is done with; learn from the whole when it was the last."""
        if trouble is None:
            return
        trouble.pending -= 1
        if trouble.pending > 0 or self.done:
            return
        if not trouble.got:
            self._hopeless += 1
            self._failed_in_a_row += 1
            if not self._pages or self._failed_in_a_row >= _IN_A_ROW:
                self._gaps = [gap for gap in self._gaps if self._pages or gap.last is None]
                self._coverage = self._coverage if self._pages else Coverage()
                self.abandon(trouble.reason)
        elif not trouble.lost:
            self._oversized += 1
            smaller = next((size for size in _LADDER if size < trouble.page.size), 0)
            if self._oversized >= 2 and smaller:  # twice a page failed of which every part is good: pages are too big
                self._size = min(self._size, smaller)

    # ---- the end

    def _settle(self) -> None:
        """When nothing is left to ask or to wait for: look for holes, ask for them, or be done."""
        while not (self.done or self._flying or self._queue or self._probe()):
            if self._deferred:
                self._gaps.clear()
                self._coverage = Coverage()
                self.abandon(self._worst)
            elif not self.paged or not self._more():
                self._finish(Outcome.SHORT if self._gaps else Outcome.COMPLETE)
            elif self._past is not None or self._cursor >= self._bound():
                continue
            else:
                return

    def _more(self) -> bool:
        """Whether there is something left to ask; queues it."""
        if self._past is not None:
            return self._resolve_past()
        bound = self._bound()
        if self._cursor < bound:
            return True
        reached = self._coverage.reach(bound)
        if reached < bound:
            return self._read_again(reached, bound)
        return self._unordered and self._pass_again()

    def _resolve_past(self) -> bool:
        """The total says more, the server says that the list has ended: see what the page before it says now."""
        past, self._past = self._past, None
        assert past is not None
        total = self._total
        self._contradicted += 1
        if total is None or total <= past:
            return True
        if self._contradicted > 2:
            self._give_up(past, total, f"{self._reason or 'the list ended'} before its stated end")
            return True
        before = max(0, past - 1) // self._size * self._size
        heappush(self._queue, self._page(before, self._size))
        self._cursor = min(self._cursor, past) if self._contradicted > 1 else max(self._cursor, total)
        return True

    def _read_again(self, reached: int, bound: int) -> bool:
        self._again += 1
        if self._again > 10 + self._pages // 5:
            self._give_up(reached, bound, "the list kept changing")
            self._outcome = Outcome.CHANGED
            return False
        heappush(self._queue, self._page(reached // self._size * self._size, self._size))
        return True

    def _pass_again(self) -> bool:
        """In an order of the server's own: pages that overlap mean rows that none of them showed."""
        expected = self._stated if self._stated is not None else self._rows
        if self._rows == len(self.ids) or len(self.ids) >= expected:
            return False
        if self._passes >= _PASSES:
            self._give_up(0, self._total, "the order of the list is unstable")
            return False
        self._passes += 1
        self._coverage, self._cursor = Coverage(), 0
        return True

    def proof(self) -> Proof:
        """What this listing can claim; of an unfinished one, what it could claim if it were abandoned now."""
        if not self.done:
            self.abandon("stopped")
        outcome = self._outcome or Outcome.COMPLETE
        whole = outcome is Outcome.COMPLETE and self._total is not None
        return Proof(
            route=self.route,
            type=self.type,
            stated=self._stated,
            held=len(self.ids),
            withheld=self._coverage.withheld(),
            pages=self._pages,
            outcome=outcome,
            verified=whole and not self._unstated and (not self._unordered or self._rows == len(self.ids)),
            gaps=Gap.merged(self._gaps),
            capture=self._capture[1],
            reason=self._reason,
        )


_NOT_BY_SIZE = frozenset((Meaning.REDIRECT, Meaning.MISSING, Meaning.NOT_MODIFIED))
_HANDLERS: Mapping[Meaning, Callable[[Sweep, Page, Reply], None]] = {
    Meaning.OK: Sweep._took,
    Meaning.PAST_END: Sweep._past_end,
    Meaning.BAD_PARAM: Sweep._unaccepted,
    Meaning.REFUSED: Sweep._refused,
    Meaning.NO_ROUTE: Sweep._refused,
    Meaning.CHALLENGE: Sweep._halted,
    Meaning.THROTTLED: Sweep._halted,
}
