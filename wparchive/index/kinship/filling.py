"""Brings the tables of kinship up to date at the end of an indexing.

Their rows are a function of the versions that are held, whatever the order in which those came. A new text is compared
with all; where a phrase becomes common through it, or ceases to be, so are all texts that have this phrase.
"""

import json
import sqlite3
from collections.abc import Iterator, Set
from itertools import groupby

from wparchive.index.database.creation import ensure_index
from wparchive.index.database.writing import transaction
from wparchive.index.kinship.clusters import cluster
from wparchive.index.kinship.copied import fill_copied
from wparchive.index.kinship.register import Held, Register
from wparchive.index.kinship.repeated import Repeated, Sketched, bring_repeated
from wparchive.index.kinship.sketches import bring_up_to_date
from wparchive.index.statements import insert
from wparchive.kinship.agencies import agency_of_both
from wparchive.kinship.candidates import Postings, candidates
from wparchive.kinship.comparison import Kin, Kind
from wparchive.kinship.phrases import Numbers

__all__ = ["fill_kinship"]

_PUT = insert("kinship")
# Pairs of versions of two items: those that share most needn't be kin, as where one of them is far longer.
_MOST_TRIED = 3
_FORGET = tuple(
    f"DELETE FROM {table} WHERE {side} = ?"  # noqa: S608 - constants
    for table in ("kinship", "_wparchive_meetings")
    for side in ("item", "other")
)


def fill_kinship(conn: sqlite3.Connection) -> int:
    """Compare what is new with all that is held; return how many pairs were written. All of it is one transaction."""
    ensure_index(conn, "versions", "item")
    ensure_index(conn, "kinship", "other")
    with transaction(conn):
        count = _compare_new(conn)
        fill_copied(conn)
        return count


def _compare_new(conn: sqlite3.Connection) -> int:
    is_first = conn.execute("SELECT 1 FROM _wparchive_sketches LIMIT 1").fetchone() is None
    came, lost, gone = bring_up_to_date(conn)
    if not lost and not came:
        return 0
    register = Register(conn)
    own = register.numbers(lost | came)
    wanted = None if is_first else register.phrases_of(own, gone)
    held = Postings(register.sketches, wanted)
    touched = own | _crossed(conn, register, held, wanted) | bring_repeated(conn, register, held, wanted)
    if touched != own and not is_first:
        held = Postings(register.sketches, register.phrases_of(touched))
    for statement in () if is_first else _FORGET:
        conn.executemany(statement, [(item,) for item in lost | {register.names[at] for at in touched}])
    frequent = {phrase for (phrase,) in conn.execute("SELECT phrase FROM _wparchive_frequent")}
    count = 0
    for row in _rows(conn, register, held, frequent, touched):
        conn.execute(_PUT, row)
        count += 1
    cluster(conn, register, touched, lost, frequent)
    return count


def _crossed(conn: sqlite3.Connection, register: Register, held: Postings, wanted: Numbers | None) -> set[int]:
    """Note which of the `wanted` phrases are common now; return the items that have one that became so, or ceased to be."""
    stated = dict(conn.execute("SELECT phrase, items FROM _wparchive_frequent").fetchall())
    before, now = stated, dict(held.frequent())
    if wanted is not None:
        known = {*wanted.tolist()}
        before, now = ({phrase: each[phrase] for phrase in each.keys() & known} for each in (before, now))
    conn.executemany("DELETE FROM _wparchive_frequent WHERE phrase = ?", [(one,) for one in before.keys() - now.keys()])
    changed = [(phrase, items) for phrase, items in now.items() if before.get(phrase) != items]
    conn.executemany("INSERT OR REPLACE INTO _wparchive_frequent VALUES (?, ?)", changed)
    if wanted is None:
        return set()  # all are new
    changed_texts = [held.of(phrase) for phrase in before.keys() ^ now.keys()]
    return {item for texts in changed_texts for item in register.sketches.items[texts].tolist()}


def _rows(
    conn: sqlite3.Connection, register: Register, held: Postings, frequent: set[int], touched: Set[int]
) -> Iterator[dict[str, object]]:
    repeated = Repeated(conn, frequent)
    for pairs in _pairs(register, held, frequent, touched):
        quotation: dict[str, object] | None = None
        for one, other in pairs:
            first, second = register.held(one), register.held(other)
            found = repeated.kin(*(Sketched(each.site, each.text, each.sketch) for each in (first, second)))
            if found and found.kind != Kind.QUOTATION:
                yield _row(first, second, found)
                break
            if found and not quotation:
                quotation = _row(first, second, found)
        else:
            if quotation:
                yield quotation


def _pairs(
    register: Register, held: Postings, frequent: set[int], touched: Set[int]
) -> Iterator[list[tuple[int, int]]]:
    """Of each two items the texts that share most phrases, a few of several; those that share as many by their digests."""
    items = register.sketches.items
    for _, found in groupby(candidates(register.sketches, held, frequent, touched), lambda pair: items[pair[0]]):
        best: dict[int, list[tuple[int, int, int]]] = {}
        for text, other, shared in found:
            tried = best.setdefault(int(items[other]), [])
            tried.append((-shared, min(text, other), max(text, other)))
            if len(tried) > _MOST_TRIED:
                tried.remove(max(tried))
        yield from ([pair[1:] for pair in sorted(best[its])] for its in sorted(best))


def _row(one: Held, other: Held, found: Kin) -> dict[str, object]:
    return {
        "item": one.item,
        "other": other.item,
        "kind": str(found.kind),
        "item_site": one.site,
        "other_site": other.site,
        "version": one.version,
        "other_version": other.version,
        **{name: getattr(found, name) for name in ("words", "other_words", "shared", "share", "other_share")},
        "quoted": found.quoted,
        "common": found.common,
        "agency": agency_of_both(one.text.text, other.text.text),
        "capture": one.capture,
        "other_capture": other.capture,
        "passages": json.dumps([list(place) for place in found.places]),
    }
