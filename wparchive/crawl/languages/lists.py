"""The lists of a collection in single languages: which there are, and the walk over one that is found out to be another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.walk import Walk
from wparchive.model import Target
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.languages.codes import PARAMS, code_of
from wparchive.wordpress.values import members, string

__all__ = ["LanguageWalk", "differs", "in_language", "remembered_lists"]

_TABLES = ("posts", "media", "terms", "comments")  # plug-ins give no language to users


def differs(one: Collection) -> bool:
    """Return whether plug-ins make lists of this collection in single languages."""
    return one.kind.table in _TABLES and one.kind.paged and not one.skipped and not one.params


def in_language(one: Collection, param: str, code: str) -> Collection:
    """Return the list of a collection in the language `code`."""
    return replace(one, params=((param, code),), title=f"{one.title or one.type} ({code})")


def remembered_lists(entries: Sequence[Mapping[str, Any]], listed: Sequence[Collection]) -> Iterator[Collection]:
    """Yield the lists in single languages that the fact `languages` of an earlier run names."""
    for entry in entries:
        param, code = string(entry.get("param")), code_of(entry.get("language"))
        if entry.get("how") != "list" or param not in PARAMS or not code:
            continue
        same = set(members(entry.get("same"), str))
        yield from (in_language(one, param, code) for one in listed if differs(one) and one.route not in same)


class LanguageWalk(Walk):
    """A walk over a list in one language; it ends at its first page, as `same`, if that is the list without a language.

    `ids` and `total` are what the list without a language shows and states.
    """

    def __init__(self, collection: Collection, context: Context, ids: set[int], total: int | None) -> None:
        super().__init__(collection, context)
        self.same = False
        self._default, self._total = frozenset(ids), total
        self._first = True

    @property
    def done(self) -> bool:
        """Whether the walk has ended."""
        return self.same or super().done

    def wanted(self, limit: int) -> Sequence[Target]:
        """Return the next pages."""
        return () if self.same else super().wanted(limit)

    def feed(self, reply: Reply) -> None:
        """Take one page."""
        if self.same:
            return
        super().feed(reply)
        if self._first and reply.page.answer.ok:
            self._first = False
            self.same = self._is_default()

    def _is_default(self) -> bool:
        """Return whether the first page shows the list without a language: as many items, and the same."""
        stated = self.sweep.stated
        as_many = stated == self._total if stated is not None else self.sweep.ids == self._default
        return bool(self.sweep.ids) and as_many and self.sweep.ids <= self._default
