"""The account of all links: at the end of a run, each `_links` entry of each item gets its outcome and its evidence.

`wordpress.links.decisions` decides, as in the crawl, from what the database holds. Links of items that the run wrote
are rebuilt; older ones that ended open (missing, refused, failed) are decided again, since later runs may hold more.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import islice

from wparchive.apart import apart
from wparchive.index.database.creation import ensure_index
from wparchive.index.items.catalogue import Catalogue
from wparchive.index.items.link_rows import LinkRow, LinkRows
from wparchive.index.statements import HELD, LINKS
from wparchive.wordpress.kinds import KINDS
from wparchive.wordpress.languages.codes import language_of_route
from wparchive.wordpress.links.aims import Link
from wparchive.wordpress.links.decisions import Answered, answered, decide, is_open, links_answered_by, listed, walked
from wparchive.wordpress.links.link_shapes import LinkShapes
from wparchive.wordpress.php_urls import stands_alone
from wparchive.wordpress.relations import LinkOutcome
from wparchive.wordpress.routes import Root, RootForm, Route, split_root

__all__ = ["SqlHoldings", "decide_links"]

# The good response to a route if there is one, else the last.
_GOOD = "answer = 'ok' AND verdict = 'answered' AND truncated IS NULL"
_ANSWERS = (
    "SELECT route, verdict, answer, truncated, capture FROM captures "  # noqa: S608 - our own words
    f"WHERE site = ? AND final AND route IS NOT NULL AND answer IS NOT NULL ORDER BY {_GOOD}, rowid"
)
_ANSWER = (
    "SELECT verdict, answer, truncated, capture FROM captures "  # noqa: S608 - our own words
    f"WHERE site = ? AND route IN (?, ?) AND final AND answer IS NOT NULL ORDER BY {_GOOD} DESC, rowid DESC LIMIT 1"
)
# "/" precedes "0" in ASCII, so this range contains everything below a collection.
_REFUSED = (
    "SELECT route, capture FROM captures WHERE site = ? AND route > ? AND route < ? AND route LIKE ? "
    "AND answer = 'refused' AND final ORDER BY rowid DESC"
)
_ALIKE = {kind.table for kind in KINDS.values() if kind.alike}
_IN_MEMORY = 100_000
_BATCH = 500

_Doubt = Callable[[str], None]


class SqlHoldings:
    """What the database holds of one site, for `decide`; read on demand, since most runs leave no link to decide."""

    def __init__(self, conn: sqlite3.Connection, site: str, catalogue: Catalogue) -> None:
        self._conn = conn
        self._site = site
        self._catalogue = catalogue
        self._items: dict[tuple[str, int | str], str | None] = {}
        self._histories: dict[str, Answered | None] = {}
        self._absent: dict[str, Answered | None] = {}

    @cached_property
    def _unasked(self) -> dict[str, Answered]:
        query = "SELECT route, outcome FROM _wparchive_answers WHERE site = ?"
        said = self._conn.execute(query, (self._site,))
        return {route: (LinkOutcome(outcome), None) for route, outcome in said if outcome in set(LinkOutcome)}

    @cached_property
    def _listings(self) -> dict[str, tuple[str, str | None]]:
        found = dict(self._proofs())
        for route, proof in found.items():
            # A collection with lists in several languages is as complete as each of these.
            if proof[0] != "complete" and "?" in route and language_of_route(Route.parse(route)):
                base = route.partition("?")[0]
                if found.get(base, ("", None))[0] == "complete":
                    found[base] = proof
        return found

    def _proofs(self) -> Iterator[tuple[str, tuple[str, str | None]]]:
        skipped = self._conn.execute(
            "SELECT route FROM collections WHERE site = ? AND skipped IS NOT NULL", (self._site,)
        )
        yield from ((route, ("skipped", None)) for (route,) in skipped)
        walked = self._conn.execute(
            "SELECT l.route, l.outcome, l.capture, l.held, l.reason FROM listings l JOIN runs r ON r.run = l.run "
            "WHERE l.site = ? ORDER BY r.run",
            (self._site,),
        )
        for route, outcome, capture, held, reason in walked:
            yield route, (listed(outcome or "failed", held, reason), capture)

    @cached_property
    def _answers(self) -> dict[str, Answered] | None:
        """Every response by its route; None if they are so many that single look-ups are better."""
        (count,) = self._conn.execute("SELECT count(*) FROM captures WHERE site = ?", (self._site,)).fetchone()
        if count > _IN_MEMORY:
            return None
        rows = self._conn.execute(_ANSWERS, (self._site,))
        return {links_answered_by(route): (answered(*said), capture) for route, *said, capture in rows}

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        """Return outcome and last capture of the collection's latest proof."""
        return self._listings.get(collection)

    def answer(self, route: str) -> Answered | None:
        """Return what the captures of exactly this route said: the good one if there is one, else the last."""
        if self._answers is not None:
            found = self._answers.get(route)
        else:
            asked = f"{route}?context=edit"
            row = self._conn.execute(
                _ANSWER, (self._site, route, asked if links_answered_by(asked) == route else route)
            ).fetchone()
            found = (answered(*row[:3]), row[3]) if row else None
        return found or self._walked(route) or self._unasked.get(route)

    def _walked(self, route: str) -> Answered | None:
        """Return what the walk over a filtered view proved."""
        proof = self._listings.get(route) if "?" in route else None
        return (walked(proof[0]), proof[1]) if proof else None

    def item(self, collection: str, item_id: int | str) -> str | None:
        """Return the capture that holds the whole item."""
        key = (collection, item_id)
        if key not in self._items:
            if len(self._items) >= _IN_MEMORY // 4:
                self._items.clear()
            self._items[key] = self._look_up(collection, item_id)
        return self._items[key]

    def know(self, kind: str, wp_id: int, capture: str | None) -> None:
        """Record the capture of an item whose own links are decided next."""
        collection = self._catalogue.collection_of(kind)
        if collection and capture:
            self._items[collection, wp_id] = capture

    def _look_up(self, collection: str, item_id: int | str) -> str | None:
        kind, table = self._catalogue.of(collection) or ("", "")
        if table in HELD:
            found = self._conn.execute(HELD[table], {"site": self._site, "type": kind, "wp_id": item_id}).fetchone()
        else:
            query = "SELECT capture FROM objects WHERE site = ? AND route = ? AND slug = ?"
            found = self._conn.execute(query, (self._site, collection, str(item_id))).fetchone()
        return found[0] if found else None

    def history(self, collection: str) -> Answered | None:
        """Return the refusal that applies to every version history of the collection."""
        if collection not in self._histories:
            self._histories[collection] = self._refusal(collection, "/revisions")
        return self._histories[collection]

    def absent(self, collection: str) -> Answered | None:
        """Return the refusal that applies to every item that the listing omits, for kinds where these are alike."""
        if collection not in self._absent:
            table = (self._catalogue.of(collection) or ("", ""))[1]
            self._absent[collection] = self._refusal(collection, "") if table in _ALIKE else None
        return self._absent[collection]

    def _refusal(self, collection: str, end: str) -> Answered | None:
        """Return the latest refusal of a route `collection/NUMBER` + `end`."""
        found = self._conn.execute(_REFUSED, (self._site, f"{collection}/", f"{collection}0", f"%{end}"))
        for route, capture in found:
            if route[len(collection) + 1 :].removesuffix(end).isdecimal():
                return LinkOutcome.REFUSED, capture
        for route, (outcome, capture) in self._unasked.items():  # a refusal by robots.txt applies to similar routes too
            own = route.startswith(f"{collection}/") and route[len(collection) + 1 :].removesuffix(end).isdecimal()
            if own and route.endswith(end) and outcome is LinkOutcome.REFUSED:
                return outcome, capture
        return None


def root_of(conn: sqlite3.Connection, site: str) -> Root | None:
    """Return the site's REST root as its runs found it, or as the URLs of its captures show it."""
    url, form, aliases = conn.execute("SELECT root, root_form, aliases FROM sites WHERE site = ?", (site,)).fetchone()
    if url and form in set(RootForm):
        names = json.loads(aliases) if aliases else []
        with suppress(ValueError):  # a fact that no run writes
            return Root(url, RootForm(form), tuple(name for name in names if isinstance(name, str)))
    for (asked,) in conn.execute("SELECT url FROM captures WHERE site = ? AND answer = 'ok'", (site,)):
        found = split_root(asked)
        if found:
            return found[0]
    return None


def decide_links(conn: sqlite3.Connection, site: str, catalogue: Catalogue, doubt: _Doubt, *, first: bool) -> int:
    """Bring the `links` of `site` up to date with the finished run; return how many changed.

    `first`: it is the site's first run. `doubt` is called with what cannot be processed.
    """
    root = root_of(conn, site)
    if root is None:
        return 0
    holdings = SqlHoldings(conn, site, catalogue)
    (mode, _), *before = conn.execute(_LAST_TWO, (site,)).fetchall() or [(None, None)]
    # Links left open by a run that was interrupted, or limited to one post, are not decided for good.
    left_out = any(run != ("full", "complete") and run != ("incremental", "complete") for run in before)
    judged = 0 if first else _judge_again(conn, site, root, holdings, doubt, left_out=left_out)
    return judged + _write_new(conn, site, root, holdings, doubt, chosen=mode in ("post", "import"))


_LAST_TWO = "SELECT mode, outcome FROM runs WHERE site = ? ORDER BY run DESC LIMIT 2"
_OPEN = (
    "SELECT type, wp_id, relation, href, route, outcome, capture FROM links "
    "WHERE outcome IN ('missing', 'refused', 'failed', ?) AND site = ?"
)
_CHANGE = (
    "UPDATE links SET outcome = ?, capture = ? WHERE site = ? AND type = ? AND wp_id = ? AND relation = ? AND href = ?"
)


def _judge_again(
    conn: sqlite3.Connection, site: str, root: Root, holdings: SqlHoldings, doubt: _Doubt, *, left_out: bool
) -> int:
    """Decide older links that ended open again; with `left_out`, also those that the last run skipped."""
    ensure_index(conn, "links", "outcome site")  # a new database gets its indexes only at the end
    changes, shapes = [], LinkShapes(root)
    open_too = str(LinkOutcome.SKIPPED if left_out else LinkOutcome.FAILED)
    for kind, wp_id, relation, href, route, outcome, capture in conn.execute(_OPEN, (open_too, site)):
        with apart(doubt):
            there = href if stands_alone(href) or not route else root.url_for(route)
            found = decide(shapes.aim(Link(relation, there, {})), holdings)
            if is_open(found) and outcome == LinkOutcome.SKIPPED:
                continue
            # A newer refusal of the same is not news; the first one stays the evidence.
            if found.outcome != outcome or (capture is None and found.capture):
                changes.append((str(found.outcome), found.capture, site, kind, wp_id, relation, href))
    conn.executemany(_CHANGE, changes)
    return len(changes)


_WAITING = (
    "SELECT p.type, p.wp_id, p.is_new, p.capture, p.links, coalesce(k.url, '') FROM _wparchive_pending p "
    "LEFT JOIN captures k ON k.capture = coalesce(p.capture, p.sighted) "
    "WHERE p.site = ? AND p.links IS NOT NULL ORDER BY p.type, p.wp_id"
)
_FORGET = "DELETE FROM links WHERE site = ? AND type = ? AND wp_id = ?"


def _write_new(
    conn: sqlite3.Connection, site: str, root: Root, holdings: SqlHoldings, doubt: _Doubt, *, chosen: bool
) -> int:
    """Write the links of the items that the run wrote. `chosen`: it omitted on purpose what it did not request."""
    written = 0
    waiting = conn.execute(_WAITING, (site,))
    links_of_site = LinkRows(site, root, holdings, chosen=chosen)
    while items := list(islice(waiting, _BATCH)):
        conn.executemany(_FORGET, [(site, kind, wp_id) for kind, wp_id, is_new, *_ in items if not is_new])
        rows: list[LinkRow] = []
        for kind, wp_id, _, capture, links, base in items:
            holdings.know(kind, wp_id, capture)
            with apart(doubt, f"links of {kind} {wp_id}"):
                rows += links_of_site.of(kind, wp_id, links, base)
        conn.executemany(LINKS, rows)
        written += len(rows)
    return written
