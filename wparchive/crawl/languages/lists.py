"""The lists of a collection in single languages: which there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wparchive.wordpress.kinds import PLUG_IN_TABLES, Collection
from wparchive.wordpress.languages.codes import PARAMS, code_of
from wparchive.wordpress.values import members, string

__all__ = ["WITHOUT", "differs", "in_language", "remembered_lists"]

WITHOUT = ("same", "part", "rejected")
"""The fields of an entry of the fact `languages` that name routes without a list of its own in that language."""

_TABLES = ("posts", "media", "terms", "comments", *PLUG_IN_TABLES)  # plug-ins give no language to users


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
        without = {route for name in WITHOUT for route in members(entry.get(name), str)}
        yield from (in_language(one, param, code) for one in listed if differs(one) and one.route not in without)
