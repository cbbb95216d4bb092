"""Pages that may show something else than their items say: the next run reads the item, and looks at the page, once more.

One that differs then too is looked at again two runs later, then four, then eight: a cache catches up in the end, and the
page of the newest version is to be held.

Nothing here is evidence, as the index judges the captures by itself; a wrong doubt costs two requests. What several pages
have in common is the doing of a theme or plug-in, and raises none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.stored_items import StoredItems
from wparchive.crawl.pages.page_report import PageReport
from wparchive.crawl.pages.page_wanted import PageWanted
from wparchive.model import Target
from wparchive.store import PageMark
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.pages.article import article_of
from wparchive.wordpress.pages.page_audit import DOUBTFUL, Answer, audit_page
from wparchive.wordpress.pages.settling import is_common, replacing, sign_digest, signs_of
from wparchive.wordpress.values import integer

__all__ = ["SecondLooks", "due_again", "read_again"]

_AT_ONCE: Final = 100  # items of one request
_LOOKS: Final = 3  # second looks at a page of one version after which it may be in doubt again
_COMMON: Final = 200  # signs that one run records


class SecondLooks:
    """What the pages of one run leave in doubt."""

    def __init__(self, context: Context, report: PageReport) -> None:
        self._context, self._report = context, report
        self._pages, self._states = context.memory.pages, context.memory.states
        self._noise = self._states.noise()
        self._noise.configure(Noise.of(context.settings.noise))
        self._items = StoredItems(context)
        self._signs: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        self._found: list[tuple[Mapping[str, Any], frozenset[str]]] = []
        self._again: list[tuple[Mapping[str, Any], frozenset[str]]] = []  # those that were in doubt before

    def take(self, one: PageWanted, reply: Reply) -> None:
        """Compare a page that came with its item as it was read last; one that was in doubt before isn't doubted for ever."""
        about, head, capture = dict(one.about), reply.head, reply.capture
        wp_id, collection, version = integer(about.get("id")), about.get("collection"), about.get("version")
        if wp_id is None or not collection or not version or head is None or capture is None or capture.truncated:
            return
        looks = self._pages.looks(collection, wp_id, version)
        if looks is not None and looks >= _LOOKS:
            return
        item = self._items.of(self._states.reading(collection, wp_id)).get(wp_id)
        if item is None:
            return
        noise = self._noise.of(about.get("type", ""))
        found = audit_page(Answer(one.url, capture.url, head, reply.body), article_of(item, noise), noise)
        if found.standing in DOUBTFUL:
            signs = frozenset(map(sign_digest, signs_of(found)))
            self._signs.update(signs)
            self._replaced.update(map(sign_digest, replacing(found)))
            where = {"collection": collection, "id": wp_id, "version": version, "crawl": self._context.store.crawl}
            (self._found if looks is None else self._again).append((where, signs))

    def record(self) -> None:
        """Record what is left in doubt, and what pages have in common, for later runs."""
        if not self._found and not self._again:
            return
        here = {sign for sign, count in self._signs.items() if is_common(count, self._replaced[sign])}
        common = here | self._pages.common_signs()
        doubts = [where for where, signs in self._found if not signs <= common]
        self._report.doubtful += len(doubts)
        again = [where for where, signs in self._again if not signs <= common]
        fact = {"doubts": doubts, "again": again, "common": sorted(here)[:_COMMON]}
        self._context.store.fact(f"looks:{self._report.asked:07}", fact)
        self._found.clear()
        self._again.clear()


def read_again(context: Context) -> None:
    """Read the items again whose pages an earlier crawl left in doubt: only then is it known what the API says now."""
    if context.settings.pages == "none":
        return
    wanted: dict[str, list[int]] = defaultdict(list)
    for mark in _doubted(context):
        wanted[mark.collection].append(mark.id)
    targets = [target for route, ids in wanted.items() for target in _targets(context, route, sorted(ids))]
    for _ in context.engine.get_all(targets):
        pass  # the memory, and the index, learn from what was stored


def _targets(context: Context, route: str, ids: list[int]) -> Iterator[Target]:
    for at in range(0, len(ids), _AT_ONCE):
        include = ("include", ",".join(map(str, ids[at : at + _AT_ONCE])))
        params = (include, *context.collection_at(route).kind.params, ("per_page", str(_AT_ONCE)))
        target = context.target("listing", route, params)
        yield replace(target, key=f"{target.key} again={context.store.run}")


def _doubted(context: Context) -> Iterator[PageMark]:
    return islice(context.memory.pages.doubted(context.store.crawl), max(0, context.settings.pages_budget))


def due_again(context: Context) -> Iterator[PageMark]:
    """Yield the pages to look at once more, and one beside them if the run asks for no other.

    What that one shows too is the doing of the site.
    """
    again = [*_doubted(context)]
    yield from again
    if again and not context.memory.pages.left:
        known = {(mark.collection, mark.id) for mark in again}
        others = (mark for mark in context.memory.pages.all() if mark.collection == again[0].collection)
        yield from islice((mark for mark in others if (mark.collection, mark.id) not in known), 1)
