"""Read old pages of full listings again, within the run's limit: only that finds an edit that moves nothing."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.collection_state import Collected
from wparchive.crawl.incremental.newest_pages import is_ordered
from wparchive.crawl.walk import first_page
from wparchive.store import CaptureLog

__all__ = ["read_again"]

_OldPage = tuple[Collected, int, list[int]]  # a collection, the page's number, and the ids that should be on it


def read_again(context: Context, found: Sequence[Collected], *, room: int, fresh: str) -> None:
    """Read up to `room` pages again: first those with items dated after `fresh` (UTC), then the longest unread."""
    pages = {}
    crawl_at = _crawls(context.store.log)
    for one, page, expected in list(_old_pages(context, found, fresh, crawl_at))[: max(0, room)]:
        target = first_page(one.collection, context.index, context.root, page)
        pages[target.key] = (target, one, expected)
    for reply in context.engine.get_all(target for target, _, _ in pages.values()):
        _, one, expected = pages[reply.target.key]
        _take(context, one, expected, reply)


def _take(context: Context, one: Collected, expected: Sequence[int], reply: Reply) -> None:
    """Count the page's items as read in full; items missing between its first and last one are to be probed."""
    page = reply.page
    if not page.answer.ok:
        return
    shown = {skim.id for skim in page.items if skim.id is not None}
    context.links.note(page.items, reply.base)
    one.wanted -= shown
    for wp_id in shown:
        context.holdings.add(one.collection.key, wp_id)
    if shown:
        one.missing |= {i for i in expected if min(shown) <= i <= max(shown)} - shown


def _crawls(log: CaptureLog) -> Callable[[str], str]:
    """Return what gives the crawl that was at work at a time; ids of crawls sort by time, "" is before all."""
    runs = log.runs()
    starts = [run.started_at for run in runs]

    def crawl_at(time: str) -> str:
        place = bisect_right(starts, time)
        return runs[place - 1].crawl if place else ""

    return crawl_at


def _old_pages(
    context: Context, found: Sequence[Collected], fresh: str, crawl_at: Callable[[str], str]
) -> Iterator[_OldPage]:
    """Yield the pages of what wasn't read in full by this run anyway, the most useful first.

    Pages that one crawl read are of one age: else which of them comes first would depend on whose answer was quicker.
    Among those the lists come in the order in which they are walked: posts before terms.
    """
    aged: list[tuple[tuple[str, int, int], _OldPage]] = []
    for rank, one in enumerate(found):
        if one.read_whole or (one.collection.kind.plain and one.newest.whole):
            continue
        size = one.collection.kind.per_page
        here = sorted(one.here)
        last = -(-len(here) // size)
        young = -(-context.memory.seen.since(one.collection.key, fresh) // size)
        if one.collection.kind.plain and not is_ordered(one.collection):
            turns = enumerate(_in_turn(context, one, last, crawl_at))
            aged += [((age, rank, place), (one, page, [])) for place, (age, page) in turns]
            continue
        for page in range(1, last + 1):
            ids = here[(page - 1) * size : page * size]
            age = "" if page > last - young else crawl_at(min(one.known[i].read_at for i in ids))
            aged.append(((age, rank, page), (one, page, ids)))
    yield from (old for _, old in sorted(aged, key=lambda entry: entry[0]))


def _in_turn(context: Context, one: Collected, last: int, crawl_at: Callable[[str], str]) -> Iterator[tuple[str, int]]:
    """Yield the pages of a list in an order of its own: which items are on which is unknown, so each day begins elsewhere."""
    ages = sorted(one.known[wp_id].read_at for wp_id in one.here)
    day = context.now().toordinal()
    for place in range(last):
        age = ages[min(place * one.collection.kind.per_page, len(ages) - 1)]
        yield crawl_at(age), (day + place) % last + 1
