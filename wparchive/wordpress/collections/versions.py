"""Lists that a plug-in offers in several versions of its namespace: which show the same, and what their items are called.

That a version is newer says nothing of who may read it, or of what it lists: an older one is left out only where the
other is seen to hold its items.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AnySet
from dataclasses import dataclass, replace

from wparchive.wordpress.collections.plugins import full_type, known_at, unversioned, version
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.listing import PageReply

__all__ = ["Shown", "newest_first", "same_list", "told_apart"]

_NAMELESS = "its items can't be told from those of another list"
_SURELY_WHOLE = 10  # fewer items than this are no page that a server cut: core's default


@dataclass(frozen=True, slots=True)
class Shown:
    """What the list at `route` is known to show: ids, of `total` items; None, if it doesn't say how many."""

    route: str
    ids: AnySet[int]
    total: int | None


def same_list(route: str, page: PageReply, others: Iterable[Shown]) -> Shown | None:
    """Return that version of the list at `route` which shows what this first page of it shows; None if none surely does."""
    ids, place = _ids(page), unversioned(route)
    if not ids:
        return None
    near = (other for other in others if other.route != route and unversioned(other.route) == place)
    return next((other for other in near if _agree(ids, page.total, other)), None)


def _agree(ids: AnySet[int], total: int | None, other: Shown) -> bool:
    if total is None and other.total is None:
        return len(ids) < _SURELY_WHOLE and ids == other.ids
    return (len(ids) if total is None else total) == other.total and ids <= other.ids


def _ids(page: PageReply) -> AnySet[int]:
    return {one.id for one in page.items if one.id is not None}


def newest_first(lists: Iterable[Collection], held: AnySet[str]) -> list[Collection]:
    """Return lists in the order to look at them: those of which something is `held`, then the newer before the older."""
    newer = sorted(lists, key=lambda one: version(one.route), reverse=True)
    return sorted(newer, key=lambda one: one.route not in held)


def told_apart(lists: Sequence[Collection], before: Mapping[str, Collection]) -> list[Collection]:
    """Return the lists, of which those that are walked have items of different types: equal ids are different things.

    What an earlier run walked keeps its name; else the newest version has the plain one.
    """
    kept = {route for route, old in before.items() if not old.skipped}
    unknown = [one for one in lists if not one.skipped and known_at(one.route) is None]
    names: dict[str, str] = {}
    for one in newest_first(unknown, kept):
        spelled = [before[one.route].type] if one.route in kept else [one.type, full_type(one.route)]
        if free := next((name for name in spelled if name not in names), ""):
            names[free] = one.route
    types = {route: name for name, route in names.items()}
    nameless = {one.route: _NAMELESS for one in unknown if one.route not in types}
    return [
        replace(one, type=types.get(one.route, one.type), skipped=nameless.get(one.route, one.skipped)) for one in lists
    ]
