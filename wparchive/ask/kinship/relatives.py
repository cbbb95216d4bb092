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
from wparchive.kinship.texts import compared, whole_syllables
from wparchive.wordpress.prose import Row, changed, text_diff
from wparchive.wordpress.type_names import UNSHOWN, slug_of

__all__ = [
    "Group",
    "Latest",
    "Relative",
    "Seen",
    "group_of",
    "kin_of",
    "kin_of_text",
    "not_compared",
    "seen_in",
    "too_few",
    "what_differs",
    "words_of",
]

_TURNED = {Kind.EXCERPT: Kind.EXTENDED, Kind.EXTENDED: Kind.EXCERPT}
_PAIRS = """
    SELECT * FROM kinship WHERE item = :item UNION ALL SELECT * FROM kinship WHERE other = :item
    ORDER BY shared DESC, item, other LIMIT :most"""
_APART = 5  # percent by which what was read last differs, to be told
_BESIDE = f"""
    SELECT other FROM kinship WHERE item = :item AND kind != '{Kind.QUOTATION}'
    UNION ALL SELECT item FROM kinship WHERE other = :item AND kind != '{Kind.QUOTATION}' LIMIT 500"""  # noqa: S608 - constants
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


class Latest(NamedTuple):
    """What an article is to another as both were read last, and percent of each; `kind` is None where nothing is shared now."""

    kind: str | None
    share: int
    other_share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An article `other` that shares text with the one asked for; `kind` says what the one asked for is to it.

    `share` is the percent of the one asked for that stands in the other, `other_share` the reverse. `passages` are the
    longest that both share, as they stand in the one asked for. Captures are those of both versions; `order` says which
    was public first, None for a text that is no item. `latest` is what they are as both were read last, None if that is much
    the same; `with_both` is how many more articles share text with both: many, where all are made after one pattern.
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
    latest: Latest | None = None
    with_both: int = 0


def kin_of(db: sqlite3.Connection, item: str, most: int = 200) -> Iterator[Relative]:
    """Yield the articles that share text with `item` (SITE/TYPE/ID), those with most of it first, `most` at most."""
    articles = Articles(db)
    own_beside = _beside(db, item)
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
        shares = (row["other_share"], row["share"]) if turned else (row["share"], row["other_share"])
        yield Relative(
            other=other.item,
            title=other.title,
            link=other.link,
            kind=str(_TURNED.get(kind, kind) if turned else kind),
            share=shares[0],
            other_share=shares[1],
            **{name: row[name] for name in ("shared", "quoted", "common", "agency")},
            passages=[own.text.text[start:end] for start, end in spans],
            seen=other_seen if turned else seen,
            other_seen=seen if turned else other_seen,
            order=order_between(articles, own, other),
            latest=_latest(articles, own, other, shares),
            with_both=len(own_beside & _beside(db, other.item)),
        )


def _beside(db: sqlite3.Connection, item: str) -> set[str]:
    return {name for (name,) in map(tuple, db.execute(_BESIDE, {"item": item}))}


def _latest(articles: Articles, own: Article, other: Article, shares: tuple[int, int]) -> Latest | None:
    sides = own, other
    if all(one.latest == one.version for one in sides):
        return None
    if not all(any(one.latest == held.version for held in articles.versions(one.item)) for one in sides):
        return None  # strangers aren't shown it
    kin = articles.kin_noise_aside(*((one.item, one.latest) for one in sides))
    if kin is None:
        return Latest(None, 0, 0)
    apart = max(abs(kin.share - shares[0]), abs(kin.other_share - shares[1]))
    return Latest(str(kin.kind), kin.share, kin.other_share) if apart >= _APART else None


def not_compared(db: sqlite3.Connection, item: str) -> str | None:
    """Return in words why the text of an item (SITE/TYPE/ID) was compared with no other; None if it was."""
    articles = Articles(db)
    versions = [held.version for held in articles.versions(item)]
    if not versions or slug_of(item.split("/")[-2]) in UNSHOWN or not articles.one(item, versions[0]):
        return "it is no article that strangers are shown"
    words = 0
    for version in versions:
        words = max(words, articles.text(item, version).weight)
        if words >= LEAST:
            return None
    return too_few(words)


def too_few(words: int) -> str | None:
    """Return in words that so few are too few to say whose they are; None if there are enough."""
    if words >= LEAST:
        return None
    return f"{words or 'no'} word{'s' if words != 1 else ''}; a text is known by {LEAST} or more"


def group_of(db: sqlite3.Connection, item: str) -> Group | None:
    """Return the group of articles that `item` belongs to; None if it stands alone."""
    row = db.execute(_GROUP, (item,)).fetchone()
    return Group(*tuple(row)) if row else None


def words_of(text: str) -> int:
    """Return how many words a reader sees of `text` (or HTML); two signs of a script without spaces count as one."""
    return weight(_given(text).words)


def _given(text: str) -> Text:
    return compared(text, None) if "<" in text else Text(whole_syllables(text))


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
