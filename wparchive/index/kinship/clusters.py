"""Groups of articles with the same text: the table `clusters`, which also names what is noise by how often it stands.

A group of one site is a series, as horoscopes and weather are; one of many sites is what everybody printed; what
consists of phrases that stand everywhere is common, and pairs of it are not looked for.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set

import numpy as np

from wparchive.index.kinship.register import Register

__all__ = ["NEARLY", "cluster", "group_kind"]

_SERIES = 5  # articles of one site
_EVERYBODY = 5  # sites
NEARLY = 50
"""Percent of one text that stands in the other, of two articles of one group."""
_LINKED = f"SELECT item, other FROM kinship WHERE kind != 'quotation' AND max(share, other_share) >= {NEARLY}"  # noqa: S608 - constants
_STANDS = "SELECT item, cluster, kind, item_site, size, sites FROM clusters"
_PUT = "INSERT OR REPLACE INTO clusters VALUES (?, ?, ?, ?, ?, ?)"
_Row = tuple[str, str, str, str, int, int]


def cluster(
    conn: sqlite3.Connection, register: Register, touched: Set[int], lost: Iterable[str], frequent: set[int]
) -> None:
    """Bring the table up to date with `kinship`; `touched` are items whose texts or common phrases changed."""
    stands = {row[0]: row for row in conn.execute(_STANDS)}
    looked_at = {register.names[at] for at in touched} | set(lost)
    common = {item: row[1] for item, row in stands.items() if row[2] == "common" and item not in looked_at}
    common |= dict(_common(register, touched, frequent))
    wanted = dict(_grouped(_groups(conn.execute(_LINKED), common), common))
    conn.executemany("DELETE FROM clusters WHERE item = ?", [(item,) for item in stands.keys() - wanted.keys()])
    conn.executemany(_PUT, [row for item, row in wanted.items() if stands.get(item) != row])


def group_kind(size: int, sites: int) -> str:
    """Return what so many like articles on so many sites are: everybody, series or kin."""
    return "everybody" if sites >= _EVERYBODY else "series" if sites == 1 and size >= _SERIES else "kin"


def _common(register: Register, touched: Set[int], frequent: set[int]) -> Iterator[tuple[str, str]]:
    """Yield items of which most phrases are common, with the first of these as the name of their group."""
    texts = [text for item in sorted(touched) for text in register.texts_of(item)] if frequent else []
    for text, first in register.sketches.mostly_of(np.array(texts, np.int64), np.array(sorted(frequent), np.uint32)):
        yield register.names[register.sketches.items[text]], f"phrase:{first:08x}"


def _groups(pairs: Iterable[tuple[str, str]], common: Iterable[str]) -> dict[str, list[str]]:
    """Return the items that belong together, by the first of each group."""
    above: dict[str, str] = {}

    def top(item: str) -> str:
        while (parent := above.setdefault(item, item)) != item:
            above[item] = item = above[parent]
        return item

    for one, other in pairs:
        first, second = sorted((top(one), top(other)))
        above[second] = first
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for item in sorted(above.keys() - set(common)):
        groups[top(item)].append(item)
    return groups


def _grouped(groups: dict[str, list[str]], common: dict[str, str]) -> Iterator[tuple[str, _Row]]:
    for first, items in groups.items():
        sites = len({_site(item) for item in items})
        kind = group_kind(len(items), sites)
        yield from ((item, (item, first, kind, _site(item), len(items), sites)) for item in items)
    sizes = Counter(common.values())
    places: defaultdict[str, set[str]] = defaultdict(set)
    for item, name in common.items():
        places[name].add(_site(item))
    yield from (
        (item, (item, name, "common", _site(item), sizes[name], len(places[name]))) for item, name in common.items()
    )


def _site(item: str) -> str:
    return item.partition("/")[0]
