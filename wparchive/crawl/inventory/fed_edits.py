"""Second readings of feeds of which articles are the archive's rows: a text that differs without a date is read again first.

What differs between two readings seconds apart is no edit. The rest is recorded with the three captures that show it, as the
second readings of items are.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from wparchive.crawl.inventory.asking import Asker, Found, Ground
from wparchive.wordpress.changes.differences import TEXTS, ChangeKind, Difference, compare
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.changes.site_wide import SiteWide
from wparchive.wordpress.changes.volatile import steady
from wparchive.wordpress.inventory.documents import Document
from wparchive.wordpress.inventory.feed_values import Fed, fed_in

__all__ = ["FedEdits"]

_MOST = 5  # pages of feeds that one run reads again
_ENTRIES = 200  # entries in one fact

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a feed as it was before, and as it is now."""

    table: str
    before: dict[_Key, dict[str, Any]]
    after: dict[_Key, dict[str, Any]]


class FedEdits:
    """The edits that the feeds of one run show without dating them; `asker` asks for a feed again."""

    def __init__(self, ground: Ground, asker: Asker) -> None:
        self._ground, self._asker = ground, asker
        self._noise = ground.memory.states.noise()
        self._noise.configure(Noise.of(ground.settings.noise))
        self._left = _MOST
        self._together = SiteWide()
        self._seen: dict[Hashable, int] = {}
        self._changes: list[dict[str, Any]] = []

    def look(self, found: Found, document: Document, table: str) -> None:
        """Compare a page of the feed that fills `table`, which was just read, with what it was before."""
        if found.outcome != "read" or found.before is None or found.held is None:
            return
        page = _Page(table, self._values(self._asker.document(found.before), table), self._values(document, table))
        both = page.before.keys() & page.after.keys()
        suspects = [key for key in sorted(both) if self._edit(table, key, page.before[key], page.after[key])]
        if not suspects or self._left <= 0:
            return
        self._left -= 1
        capture = self._asker.again(found)
        if capture is None:
            return
        again = self._values(self._asker.document(capture), table)
        self._seen[found.url] = len(both)
        captures = {"before": found.before.capture, "after": found.held.capture}
        for key in suspects:
            if key in again:
                self._conclude(page, key, again[key], {**captures, "confirmed": capture.capture}, found.url)

    def _values(self, document: Document, table: str) -> dict[_Key, dict[str, Any]]:
        fed: list[Fed] = list(fed_in(document, table, self._ground.home))
        return {(one.type, one.wp_id): one.value for one in fed}

    def _edit(self, table: str, key: _Key, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference | None:
        """Return how a text differs; None if it doesn't, or if the feed dates the edit, which is proof enough."""
        found = compare(before, after, self._noise.of(key[0]), table)
        return found if found.change is ChangeKind.EDITED and not found.dated else None

    def _conclude(
        self, page: _Page, key: _Key, again: Mapping[str, Any], captures: Mapping[str, str], url: str
    ) -> None:
        before, after = steady(page.before[key], page.after[key], again, self._noise.of(key[0]))
        found = self._edit(page.table, key, before, after)
        if found is None:
            return
        # Only a feed that says when an article was modified hides an edit by not saying so.
        silent = "modified_gmt" in after and TEXTS[page.table].issuperset(found.fields)
        change = ChangeKind.SILENTLY_EDITED if silent else ChangeKind.EDITED
        self._together.add(len(self._changes), url, before, after, TEXTS[page.table] & set(found.fields))
        about = {"route": "feed", "form": "feed", "type": key[0], "id": key[1], "moved": []}
        self._changes.append({**about, "change": str(change), "fields": found.fields, **captures})

    def record(self) -> None:
        """Record what was confirmed; the same text in most articles at once is the site's doing."""
        for at in self._together.shared(self._seen):
            assert isinstance(at, int)
            self._changes[at]["change"] = str(ChangeKind.SITE_CHANGED)
        for number, at in enumerate(range(0, len(self._changes), _ENTRIES), 1):
            self._ground.store.fact(f"changes:feeds-{number:05}", self._changes[at : at + _ENTRIES])
