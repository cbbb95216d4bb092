"""The states of fully read items: the accepted one, and a newer one that differs without a new modification time.

Two readings are compared only if they have the same form: an item alone, or in a list. A state is accepted when it is
the first of its form, when `modified` has moved since, or when a run confirmed it; until then later readings are
compared with the one before. Kept in the capture log, and derived from the WARCs alone.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from wparchive.store import Doubt, ItemStates
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.reading import READ, parted
from wparchive.wordpress.routes import Route
from wparchive.wordpress.values import clean, date, integer, members

__all__ = ["States", "form_of"]

_NOT_CONTENT = frozenset(("_links", "_embedded"))


def form_of(route: Route) -> str:
    """Return the form of the items in a response: `alone` or `list`."""
    return "alone" if route.segments[-1:] and route.segments[-1].isdecimal() else "list"


class States:
    """The states of one site's items, stored in `kept`."""

    def __init__(self, kept: ItemStates) -> None:
        self._kept = kept

    def forget(self) -> None:
        """Delete all states, to be derived again."""
        self._kept.forget()

    # ---- learning

    def see(self, route: Route, collection: str, found: Iterable[Item], capture: str, run: str) -> None:
        """Record items that were read in full."""
        form, number = form_of(route), None
        for item in found:
            if item.id is None:
                continue
            mark, key = _print(item), (collection, form, item.id)
            state = self._kept.state(key)
            if state and state[0] == mark:
                # The item is back to its accepted state.
                if state[2] is not None:
                    self._kept.drop_later(key)
                continue
            # Only captures that some state refers to are recorded.
            number = number or self._kept.reading(capture, run)
            modified = clean(date(item.value.get("modified_gmt") or item.value.get("modified")) or "")
            if state is None or modified > state[1]:
                self._kept.put(key, mark, modified, number)
            elif modified == state[1]:  # an older one comes from a cache
                self._kept.doubt(key, mark, number)

    def take_fact(self, name: str, value: object) -> None:
        """Apply a fact of a run: changes that it confirmed, and volatile fields that it found."""
        if name.startswith("changes:") and isinstance(value, list):
            for entry in members(value, dict):
                self._accept(entry)
        elif name.startswith("volatile:") and isinstance(value, dict):
            self._kept.move(
                (clean(kind), clean(one)) for kind, entries in value.items() for one in members(entries, str)
            )

    def _accept(self, entry: Mapping[str, Any]) -> None:
        """Accept the later state of an item, as a run's confirmation says."""
        route, form, after = (clean(str(entry.get(name))) for name in ("route", "form", "after"))
        wp_id = integer(entry.get("id"))
        if wp_id is None or (before := self._kept.streaks((route, form, wp_id), after)) is None:
            return
        names = map(clean, members(entry.get("moved"), str))
        self._kept.accept_later((route, form, wp_id), {name: before.get(name, 0) + 1 for name in names})

    def accept(self, collection: str, form: str, wp_id: int) -> None:
        """Accept the later state of an item."""
        self._kept.accept_later((collection, form, wp_id))

    def drop(self, collection: str, form: str, wp_id: int) -> None:
        """Drop the later state of an item, such as one that is no longer listed."""
        self._kept.drop_later((collection, form, wp_id))

    # ---- what is known

    @property
    def known(self) -> bool:
        """Whether there is any state to compare with."""
        return self._kept.known()

    def doubts(self, collection: str, form: str) -> list[Doubt]:
        """Return the items of `collection` whose last reading differs; those of the same responses are adjacent."""
        return self._kept.doubts(collection, form)

    def reading(self, collection: str, wp_id: int) -> str:
        """Return the capture in which an item was read as it is; "" if it is in doubt how it is."""
        return self._kept.reading_of(collection, wp_id)

    def moving_files(self) -> list[str]:
        """Return the keys of the files that differ at each request."""
        found = (entry for kind, entry in self._kept.moving() if kind == "file" and entry.startswith("file:"))
        return [entry.removeprefix("file:") for entry in found]

    def noise(self) -> SiteNoise:
        """Return what was found to be volatile."""
        noise = SiteNoise()
        for kind, entry in self._kept.moving():
            noise.learn(kind, [entry])
        return noise


def _print(item: Item) -> str:
    """Return a digest of an item's content.

    Noise is removed only from items whose digests differ, as that takes far longer.
    """
    content = {name: one for name, one in item.value.items() if name not in _NOT_CONTENT}
    try:
        content = _short(content) if len(item.raw) > READ else content
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    except (RecursionError, ValueError):
        text = repr(sorted(content))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _short(value: Any) -> Any:
    """Return `value` with a stand-in for each text of megabytes: as JSON it would be in memory several times over."""
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return "".join(parted(value)) if isinstance(value, str) else value
