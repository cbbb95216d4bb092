"""Lists in one language that are no lists of their own any more: the language is gone, or its parameter is ignored now.

A site that drops a language shows the usual list in its place, or rejects the parameter. That list's items aren't new, and
what the language's list held isn't listed by another one: its items are asked for by themselves.
"""

from collections.abc import Sequence

from wparchive.crawl.incremental.collection_state import Collected
from wparchive.crawl.incremental.probes import missing_items
from wparchive.crawl.links.follow_links import LinkFollower

__all__ = ["drop_ended", "set_apart"]


def set_apart(found: Sequence[Collected]) -> tuple[list[Collected], list[Collected]]:
    """Return those of `found` that are lists, and those that have ended, once the newest ids of all were asked for."""
    usual = {one.collection.route: one for one in found if not one.collection.params}
    ended = {one.collection.key: one for one in found if _has_ended(one, usual.get(one.collection.route))}
    languages = {one.collection.params for one in ended.values()}
    # An empty list shows nothing of its language's end.
    for one in found:
        if one.collection.params in languages and not one.known and not one.newest.listed:
            ended[one.collection.key] = one
    return [one for one in found if one.collection.key not in ended], list(ended.values())


def _has_ended(one: Collected, usual: Collected | None) -> bool:
    if not one.collection.params or usual is None:
        return False
    own, other = one.newest, usual.newest
    same = bool(own.listed) and own.listed == other.listed and own.total == other.total
    return own.rejected or (same and not own.listed <= one.here)


def drop_ended(follower: LinkFollower, ended: Sequence[Collected]) -> None:
    """Ask for what these lists held and no other list of their collection holds."""
    holdings = follower.context.holdings
    for one in ended:
        left = one.here - holdings.beside(one.collection.key)
        holdings.drop(one.collection.key, missing_items(follower, one.collection, left))
