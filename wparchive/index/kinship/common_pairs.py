"""Articles with a text that stands all over the archive by now, of the time when it didn't: `kinship` has no such pairs.

Of each phrase, those articles count that had it before it stood on five sites: later ones have what everybody has.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from wparchive.index.kinship.clusters import group_kind
from wparchive.index.kinship.sketches import VERSION
from wparchive.kinship.candidates import COMMON, FEWEST
from wparchive.kinship.sketch import numbers

__all__ = ["common_pairs"]

_TEXTS = f"""
    SELECT s.item, s.sketch FROM clusters c JOIN _wparchive_sketches s ON s.item = c.item
    JOIN versions v ON v.item = s.item AND {VERSION} = s.version AND v.privilege = 'anonymous'
    WHERE c.kind = 'common' AND c.sites > 1 ORDER BY v.first_seen, s.item, s.version"""  # noqa: S608 - constants


def common_pairs(conn: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the two items, in order, that may be kin and are of two sites."""
    early: dict[int, dict[str, str]] = {}  # the first articles with a phrase, and their sites
    whole: set[int] = set()
    for item, sketch in conn.execute(_TEXTS):
        site = item.partition("/")[0]
        for phrase in numbers(sketch).tolist():
            if phrase not in whole:
                had = early.setdefault(phrase, {})
                if len(had) == COMMON or group_kind(len(had) + 1, len({site, *had.values()})) == "everybody":
                    whole.add(phrase)
                else:
                    had.setdefault(item, site)
    shared: Counter[tuple[str, str]] = Counter()
    for had in early.values():
        shared.update(pair for pair in combinations(sorted(had), 2) if had[pair[0]] != had[pair[1]])
    yield from sorted(pair for pair, count in shared.items() if count >= FEWEST)
