"""Attachments and comments, which disappear and return with their post: only the parent shows it.

Core counts what it withholds (`WP_REST_Posts_Controller::get_items` checks each row after counting all), so the totals
of media and comments needn't change when a post is trashed, restored, or given a password.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.item_marks import is_hidden
from wparchive.crawl.walk import Walk
from wparchive.store import Known
from wparchive.wordpress import listing
from wparchive.wordpress.payload.document import items

__all__ = ["Parents", "Recent", "hanging_on"]

_CAN_BE_PARENTS = ("posts", "media")  # posts and attachments share one sequence of ids


class Recent(Walk):
    """A walk over what is new or recently modified; `hidden` has, for each item, whether a password hides it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.hidden: dict[int, bool] = {}

    def _take(self, reply: Reply, answer: listing.PageReply) -> None:
        super()._take(reply, answer)
        if self.collection.kind.table in _CAN_BE_PARENTS:
            self.hidden.update(
                {item.id: is_hidden(item.value) for item in items(reply.document) if item.id is not None}
            )


class Parents:
    """The posts that a run found `opened` to the public again, or `closed`."""

    def __init__(self) -> None:
        self.opened: set[int] = set()
        self.closed: set[int] = set()

    def gone(self, table: str, ids: Iterable[int]) -> None:
        """Record that these items of a table are gone."""
        if table in _CAN_BE_PARENTS:
            self.closed.update(ids)

    def read(self, known: Mapping[int, Known], walk: Recent) -> None:
        """Record the items that were read; `known` is their state before."""
        for wp_id, hidden in walk.hidden.items():
            before = known.get(wp_id)
            if before and hidden and not before.hidden:
                self.closed.add(wp_id)
            elif before and not hidden and (before.hidden or before.gone):
                self.opened.add(wp_id)


def hanging_on(known: Mapping[int, Known], parents: set[int], *, gone: bool) -> set[int]:
    """Return those of the `known` items with a parent in `parents` that are gone, or with `gone` False that aren't."""
    return {wp_id for wp_id, one in known.items() if one.parent in parents and (one.gone is not None) == gone}
