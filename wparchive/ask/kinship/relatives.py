"""The articles that share text with one: how much, where, since when each is held, and which was public first."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from wparchive.ask.kinship.articles import Article, Articles
from wparchive.ask.kinship.sides import order_between
from wparchive.index.kinship.sketches import VERSION, texts
from wparchive.kinship.candidates import FEWEST
from wparchive.kinship.comparison import Kin, Kind, Noise, Place, Text, compare
from wparchive.kinship.phrases import LEAST, weight
from wparchive.kinship.precedence import Order
from wparchive.kinship.sketch import numbers, sketches
from wparchive.kinship.texts import compared
from wparchive.wordpress.prose import Row, changed, text_diff

__all__ = [
    "FEWEST_WORDS",
    "Group",
    "Relative",
    "Seen",
    "group_of",
    "kin_of",
    "kin_of_text",
    "seen_in",
    "what_differs",
    "words_of",
]

FEWEST_WORDS = LEAST
"""Words below which a text has no kin that could be found."""

_TURNED = {Kind.EXCERPT: Kind.EXTENDED, Kind.EXTENDED: Kind.EXCERPT}
_PAIRS = """
    SELECT * FROM kinship WHERE item = :item UNION ALL SELECT * FROM kinship WHERE other = :item
    ORDER BY shared DESC, item, other LIMIT :most"""
_CAPTURE = "SELECT url, captured_at, warc, offset FROM captures WHERE capture = ?"
_GROUP = "SELECT cluster, kind, size, sites FROM clusters WHERE item = ?"
_HELD = f"SELECT capture FROM versions v WHERE item = ? AND {VERSION} = ?"  # noqa: S608 - constants


class Seen(NamedTuple):
    """A capture, and where it stands."""

    capture: str
    url: str
    captured_at: str
    warc: str
    offset: int


class Group(NamedTuple):
    """A group of articles with the same text: `kind` is kin, series, everybody or common (see the table `clusters`)."""

    cluster: str
    kind: str
    size: int
    sites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An article `other` that shares text with the one asked for; `kind` says what the one asked for is to it.

    `share` is the percent of the one asked for that stands in the other, `other_share` the reverse. `passages` are the
    longest that both share, as they stand in the one asked for. Captures are those of both versions; `order` says which
    was public first, None for a text that is no item.
    """

    other: str
    title: str
    link: str | None
    kind: str
    share: int
    other_share: int
    shared: int
    quoted: int
    common: int
    agency: str | None
    passages: list[str]
    seen: Seen | None
    other_seen: Seen | None
    order: Order | None


def kin_of(db: sqlite3.Connection, item: str, most: int = 200) -> Iterator[Relative]:
    """Yield the articles that share text with `item` (SITE/TYPE/ID), those with most of it first, `most` at most."""
    articles = Articles(db)
    for row in _rows(db, _PAIRS, {"item": item, "most": most}):
        turned = row["item"] != item
        sides = [
            articles.one(row[name], row[version]) for name, version in (("item", "version"), ("other", "other_version"))
        ]
        own, other = reversed(sides) if turned else sides
        if own is None or other is None:
            continue
        seen, other_seen = (seen_in(db, row[name]) for name in ("capture", "other_capture"))
        places = [Place(*place) for place in json.loads(row["passages"])]
        spans = [(place.other_start, place.other_end) if turned else (place.start, place.end) for place in places]
        kind = Kind(row["kind"])
        yield Relative(
            other=other.item,
            title=other.title,
            link=other.link,
            kind=str(_TURNED.get(kind, kind) if turned else kind),
            share=row["other_share"] if turned else row["share"],
            other_share=row["share"] if turned else row["other_share"],
            **{name: row[name] for name in ("shared", "quoted", "common", "agency")},
            passages=[own.text.text[start:end] for start, end in spans],
            seen=other_seen if turned else seen,
            other_seen=seen if turned else other_seen,
            order=order_between(articles, own, other),
        )


def group_of(db: sqlite3.Connection, item: str) -> Group | None:
    """Return the group of articles that `item` belongs to; None if it stands alone."""
    row = db.execute(_GROUP, (item,)).fetchone()
    return Group(*tuple(row)) if row else None


def words_of(text: str) -> int:
    """Return how many words a reader sees of `text` (or HTML); two signs of a script without spaces count as one."""
    return weight(_given(text).words)


def _given(text: str) -> Text:
    return compared(text, None) if "<" in text else Text(text)


def kin_of_text(db: sqlite3.Connection, text: str) -> Iterator[Relative]:
    """Yield the articles of the archive that share text with `text` (or HTML), which is none of them; most of it first."""
    given = _given(text)
    own = {phrase for _, data in sketches([given.text]) for phrase in numbers(data).tolist()}
    articles = Articles(db)
    frequent = {phrase for (phrase,) in map(tuple, db.execute("SELECT phrase FROM _wparchive_frequent"))}
    best: dict[str, tuple[Kin, Article, str]] = {}
    for item, version, data in texts(db) if own else ():
        common = own.intersection(numbers(data).tolist())
        if len(common - frequent) < FEWEST or not (other := articles.one(item, version)):
            continue
        kin = compare(given, other.text, Noise(common & frequent, common))
        if kin and (item not in best or kin.shared > best[item][0].shared):
            best[item] = (kin, other, version)
    for kin, other, version in sorted(best.values(), key=lambda one: (-one[0].shared, one[1].item)):
        yield _of_text(db, given, kin, other, version)


def _of_text(db: sqlite3.Connection, given: Text, kin: Kin, other: Article, version: str) -> Relative:
    (capture,) = db.execute(_HELD, (other.item, version)).fetchone()
    return Relative(
        other=other.item,
        title=other.title,
        link=other.link,
        kind=str(kin.kind),
        **{name: getattr(kin, name) for name in ("share", "other_share", "shared", "quoted", "common")},
        agency=None,
        passages=[given.text[place.start : place.end] for place in kin.places],
        seen=None,
        other_seen=seen_in(db, capture),
        order=None,
    )


def what_differs(db: sqlite3.Connection, item: str, other: str) -> list[Row]:
    """Return what was left out, added or changed from the text of `item` to that of `other`, a pair of `kinship`."""
    articles = Articles(db)
    for row in _rows(
        db,
        "SELECT * FROM kinship WHERE item = :one AND other = :two",
        dict(zip(("one", "two"), sorted((item, other)), strict=True)),
    ):
        sides = [
            articles.one(row[name], row[version]) for name, version in (("item", "version"), ("other", "other_version"))
        ]
        one, two = sides if row["item"] == item else reversed(sides)
        if one and two:
            return changed(text_diff(one.text.text, two.text.text))
    return []


def seen_in(db: sqlite3.Connection, capture: str) -> Seen | None:
    """Return where a capture stands; None if it isn't held."""
    row = db.execute(_CAPTURE, (capture,)).fetchone()
    return Seen(capture, *tuple(row)) if row else None


def _rows(db: sqlite3.Connection, query: str, given: dict[str, object]) -> Iterable[dict[str, Any]]:
    cursor = db.execute(query, given)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, tuple(row), strict=True)) for row in cursor.fetchall()]
