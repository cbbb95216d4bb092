"""New texts that turned out to be kin of another site's: the table `copied`.

A row says that a run noticed an item, new or edited, whose text stands in an item of another site which was held before. It
doesn't say who took it from whom; an edit that brings much more of the other has another row, another article of the site
that brings no more has none. What a site's first run brings is never noticed as new, so neither is its kinship. All of it
follows from `kinship`, `clusters`, `versions` and `observations`, whatever the order in which those came.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from wparchive.index.database.creation import ensure_index
from wparchive.index.kinship.common_pairs import common_pairs
from wparchive.index.kinship.meetings import Meeting, Meetings
from wparchive.index.kinship.spread import Spread
from wparchive.index.statements import insert
from wparchive.kinship.comparison import Kind

__all__ = ["fill_copied"]

_CHANGES = "('appeared', 'edited', 'silently_edited', 'restored')"
_NOTICED = f"EXISTS (SELECT 1 FROM observations o WHERE o.item = {{}} AND o.change IN {_CHANGES})"  # noqa: S608 - constants
_PAIRS = f"""
    SELECT k.item, k.other, k.version, k.other_version, k.kind, k.share, k.other_share FROM kinship k
    LEFT JOIN clusters c ON c.item = k.item LEFT JOIN clusters d ON d.item = k.other
    WHERE k.item_site != k.other_site AND k.kind != '{Kind.QUOTATION}'
    AND 'common' NOT IN (coalesce(c.kind, ''), coalesce(d.kind, ''))
    AND ({_NOTICED.format("k.item")} OR {_NOTICED.format("k.other")}) ORDER BY c.cluster, k.item, k.other"""  # noqa: S608 - constants
# The version came in the run that noticed it: it may have stood before, and come back with a later edit.
_CHANGE = f"""
    SELECT o.site, o.type, o.wp_id, o.run, o.after, o.observed_at, o.title FROM observations o
    JOIN captures a ON a.capture = o.after WHERE o.run = (SELECT run FROM captures WHERE capture = ?)
    AND o.item = ? AND o.change IN {_CHANGES} AND a.privilege = 'anonymous' AND o.observed_at BETWEEN ? AND ?
    ORDER BY o.observed_at, o.after LIMIT 1"""  # noqa: S608 - constants
_KEPT = 1_000  # answers in memory
_PUT = insert("copied")
_TURNED = {Kind.EXCERPT: Kind.EXTENDED, Kind.EXTENDED: Kind.EXCERPT}

_Row = dict[str, object]


class _Found(NamedTuple):
    """The change of an item, and what it is kin of."""

    key: tuple[str, str]
    rank: tuple[int, str, str]
    row: _Row
    met: Meeting


def fill_copied(conn: sqlite3.Connection) -> None:
    """Bring the table up to date with those that it follows from; the caller holds the transaction."""
    ensure_index(conn, "observations", "item")  # a new database gets its indexes only at the end
    meetings = Meetings(conn)
    common = [met for pair in _noticed(conn) if (met := meetings.of_common(*pair))]
    spread = Spread(conn, meetings, common)
    best: dict[tuple[str, str], _Found] = {}
    counts: dict[tuple[str, str], int] = {}
    pairs = chain(map(meetings.of, conn.execute(_PAIRS).fetchall()), common)
    for found in _first_on_its_site(meetings, chain.from_iterable(_changes(conn, spread, met) for met in pairs)):
        best[found.key] = min(best.get(found.key, found), found, key=lambda one: one.rank)
        counts[found.key] = counts.get(found.key, 0) + 1
    meetings.keep()
    _write(conn, {key: {**one.row, "others": counts[key] - 1} for key, one in best.items()})


def _noticed(conn: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the pairs that are common by now of which a run noticed one, and that aren't looked for any more."""
    is_new = lru_cache(_KEPT)(lambda item: conn.execute(f"SELECT {_NOTICED.format('?')}", (item,)).fetchone()[0])
    yield from (pair for pair in common_pairs(conn) if any(map(is_new, pair)))


def _tells(spread: Spread, met: Meeting) -> bool:
    """Whether the two texts were no noise when they met, whatever became of them later."""
    return all(spread.kind(one.item, met.later.first_seen) == "kin" for one in (met.later, met.earlier))


def _changes(conn: sqlite3.Connection, spread: Spread, meetings: Sequence[Meeting]) -> Iterator[_Found]:
    """Yield the changes that are told of a pair; each knows the one before."""
    before: Meeting | None = None
    for met in meetings:
        if _tells(spread, met) and (found := _change(conn, met, before)):
            yield found
            before = met


def _change(conn: sqlite3.Connection, met: Meeting, before: Meeting | None) -> _Found | None:
    """Return the change that brought the later of the two texts; None if no run noticed one."""
    later, earlier = met.later, met.earlier
    about = (later.capture, later.item, later.first_seen, later.last_seen)
    row = conn.execute(_CHANGE, about).fetchone()
    if row is None:
        return None
    names = ("site", "type", "wp_id", "run", "after", "observed_at", "title")
    kind = Kind(met.told.kind)
    kind = _TURNED.get(kind, kind) if met.turned else kind
    share = met.share(later.item)
    values: _Row = dict(zip(names, row, strict=True))
    values |= {"item": later.item, "other": earlier.item, "version": later.version, "other_version": earlier.version}
    values |= {"kind": str(kind), "share": share, "other_share": met.share(earlier.item)}
    values["share_before"] = before and before.share(later.item)
    values |= {"before": earlier.capture, "other_seen_at": earlier.first_seen}
    values["other_site"] = earlier.item.partition("/")[0]
    return _Found((later.item, str(values["after"])), (-share, earlier.first_seen, earlier.item), values, met)


def _first_on_its_site(meetings: Meetings, found: Iterable[_Found]) -> Iterator[_Found]:
    """Leave out what brings no more of the other than another article of the same site did before: the same, posted again."""
    groups: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        groups.setdefault((str(one.row["site"]), one.met.earlier.item), []).append(one)
    for group in groups.values():
        told: list[_Found] = []
        for one in sorted(group, key=lambda each: (each.met.later.first_seen, each.met.later.item)):
            before = [each.met.later for each in told if each.met.later.item != one.met.later.item]
            if not any(meetings.has(each, one.met) for each in before):
                told.append(one)
        yield from told


def _write(conn: sqlite3.Connection, wanted: dict[tuple[str, str], _Row]) -> None:
    """Change the rows that aren't as they must be; the others keep their numbers."""
    cursor = conn.execute("SELECT * FROM copied")
    names = [column[0] for column in cursor.description]
    stands = {(str(row["item"]), str(row["after"])): row for row in _dicts(cursor, names)}
    wrong = [key for key, row in stands.items() if wanted.get(key) != row]
    conn.executemany("DELETE FROM copied WHERE item = ? AND after = ?", wrong)
    conn.executemany(_PUT, [wanted[key] for key in sorted(wanted) if stands.get(key) != wanted[key]])


def _dicts(cursor: sqlite3.Cursor, names: list[str]) -> Iterator[_Row]:
    return (dict(zip(names, row, strict=True)) for row in cursor)
