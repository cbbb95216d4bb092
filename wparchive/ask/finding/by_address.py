"""What stands behind an address that a person copied: an item, a file, or an answer that was captured.

Nobody spells an address as the site does: `http` or `https`, with `www.` or without, with or without the last slash, with
a fragment, with parameters that only trace readers. What the site itself wrote is in `link`, for former versions too.
"""
# ruff: noqa: S608 - names of tables and columns can't be parameters; all are our own

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

from wparchive.ask.finding.item_keys import ItemKey, item_called, revision_of
from wparchive.index.item_types import TYPE_OF, of_type
from wparchive.index.schema import ITEM_TABLES
from wparchive.urls import Fault, Place, parse, url_key
from wparchive.wordpress.files.attachment_files import unwrapped, upload_of
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.php_urls import split
from wparchive.wordpress.routes import Root, Route, root_at
from wparchive.wordpress.values import integer, loads

__all__ = ["Named", "at_address", "hosts_of_sites", "item_at"]


class Named(NamedTuple):
    """What a name means: an item, a capture (its id), or both: the file of an attachment."""

    item: ItemKey | None = None
    capture: str | None = None


_TRACING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id|_gl|_ga|ref|ref_src|"
    r"ref_url|cmpid|share|nb|amp|preview|replytocom|s_cid|ocid|xtor|wt_mc|at_\w+|__twitter_impression)",
    re.IGNORECASE,
)
# Views of one article: feed, AMP, embed, a page of its text or comments.
_ENDPOINT = re.compile(
    r"/(?:amp|feed(?:/(?:rss2?|atom|rdf))?|embed|trackback|comment-page-\d+|page/\d+|\d{1,3})/*$", re.IGNORECASE
)
_COMMENT = re.compile(r"comment-([0-9]{1,19})")
_PLAIN = {
    "p": ("posts", "media"),
    "page_id": ("posts",),
    "attachment_id": ("media",),
    "cat": ("terms",),
    "author": ("users",),
}
_PLAIN_SLUG = {"tag": "post_tag", "category_name": "category"}
_LINKED = ("posts", "media", "terms", "users")  # a comment's address is a fragment of its article's
_PATH_SAFE = "/:@!$&'()*+,;=~-._"


def at_address(db: sqlite3.Connection, url: str) -> list[Named]:
    """Return what stands behind the http(s) address `url`, the first kind of thing that is found; empty if nothing is."""
    place = parse(url)
    if isinstance(place, Fault):
        return []
    address = _Address(db, url, place)
    steps: Sequence[Callable[[], Iterator[Named]]] = (
        address.rest,
        address.comment,
        address.links,
        partial(address.links, tables=("events", "products", "entries")),  # what is a post too is found as that
        address.plain,
        address.files,
        address.former_links,
        address.captured,
        address.views,
    )
    for step in steps:
        if found := [*dict.fromkeys(step())]:
            return address.own(found)
    return []


def hosts_of_sites(db: sqlite3.Connection) -> set[str]:
    """Return the hosts (with any port) at which the archive's sites answer or answered."""
    return {_bare(parts.authority) for homes in _homes(db).values() for home in homes if (parts := split(home))}


class _Address:
    """One address, looked for in one database."""

    def __init__(self, db: sqlite3.Connection, url: str, place: Place) -> None:
        self._db = db
        self._url = url
        self._place = place
        self._fragment = url.partition("#")[2]
        self._sites = _homes(db)

    # ---- the steps, each yields what it finds

    def rest(self) -> Iterator[Named]:
        """A REST address, in whatever form: an item, else what was answered there."""
        for site, homes in self._sites.items():
            for route in filter(None, (self._route(root, homes) for root in homes)):
                item = item_at(self._db, site, route)
                capture = None if item else self._newest("site = ? AND route = ?", (site, str(route)))
                if item or capture:
                    yield Named(item, capture)

    def comment(self) -> Iterator[Named]:
        """The address of a comment is its article's with a fragment."""
        found = _COMMENT.fullmatch(self._fragment)
        for site in self._covering() if found else ():
            yield from _ids(self._db, "comments", site, integer(found[1]) if found else None)

    def links(self, path: str | None = None, tables: Sequence[str] = _LINKED) -> Iterator[Named]:
        """Find the item to which the site itself gives this address."""
        for spelled in self._spellings(path):
            for table in tables:
                query = (
                    f"SELECT site, {TYPE_OF[table]}, wp_id FROM {table} WHERE link IN (SELECT value FROM json_each(?))"
                )
                for site, kind, wp_id in self._db.execute(query, (spelled,)).fetchall():
                    yield Named(ItemKey(site, kind, wp_id, table))

    def plain(self) -> Iterator[Named]:
        """A plain permalink: `?p=12`, `?page_id=`, `?attachment_id=`, `?cat=`, `?author=`, `?tag=`."""
        given = dict(parse_qsl(self._place.query))
        for site in self._covering():
            for name, tables in _PLAIN.items():
                for table in tables:
                    yield from _ids(self._db, table, site, integer(given.get(name)))
            for name, taxonomy in _PLAIN_SLUG.items():
                query = "SELECT wp_id FROM terms WHERE site = ? AND taxonomy = ? AND slug = ?"
                for (wp_id,) in self._db.execute(query, (site, taxonomy, given.get(name))).fetchall():
                    yield Named(ItemKey(site, taxonomy, wp_id, "terms"))

    def files(self) -> Iterator[Named]:
        """A file that is held comes with its capture; of one that isn't, its attachment."""
        urls = dict.fromkeys((self._url.partition("#")[0], unwrapped(self._url)))
        held = [*dict.fromkeys(one for url in urls for one in self._held(url))]
        yield from held or (one for url in urls for one in self._attached(url))

    def _held(self, url: str) -> Iterator[Named]:
        query = "SELECT media, capture FROM media_files WHERE site = ? AND {} ORDER BY sha256 IS NULL LIMIT 1"
        spelled = ("url IN (SELECT value FROM json_each(?))", self._written([url, *_schemes(url)]))
        for site in self._sites:
            for which, given in (spelled, ("key = ?", file_key(url))):
                if row := self._db.execute(query.format(which), (site, given)).fetchone():
                    yield Named(next((one.item for one in _ids(self._db, "media", site, row[0])), None), row[1])
                    break

    def _attached(self, url: str) -> Iterator[Named]:
        query = "SELECT site, wp_id FROM media WHERE source_url IN (SELECT value FROM json_each(?))"
        for upload in _uploads(url):
            for site, wp_id in self._db.execute(query, (self._written([upload, *_schemes(upload)]),)).fetchall():
                yield Named(ItemKey(site, "attachment", wp_id, "media"))

    def former_links(self) -> Iterator[Named]:
        """What the site said in a former version."""
        query = "SELECT DISTINCT site, type, wp_id FROM versions WHERE link IN (SELECT value FROM json_each(?))"
        for spelled in self._spellings(None):
            for site, kind, wp_id in self._db.execute(query, (spelled,)).fetchall():
                if item := item_called(self._db, site, kind, wp_id):
                    yield Named(item)

    def captured(self) -> Iterator[Named]:
        """Anything else that was fetched from there."""
        for spelled in self._spellings(None):
            if capture := self._newest("url IN (SELECT value FROM json_each(?))", (spelled,)):
                yield Named(None, capture)

    def views(self) -> Iterator[Named]:
        """The article behind another view of it."""
        path = self._place.path
        while (shorter := _ENDPOINT.sub("/", path)) != path:
            path = shorter
            yield from self.links(path)

    def own(self, found: list[Named]) -> list[Named]:
        """Of several, those on the site that answers at this address: a staging copy names the site that it is of."""
        if len(found) < 2:
            return found
        here = set(self._covering())
        return [one for one in found if one.item and one.item.site in here] or found

    # ---- spellings

    def _spellings(self, path: str | None) -> Iterator[str]:
        """Yield lists (JSON) of spellings: with the parameters that mean something, then without any."""
        pairs = parse_qsl(self._place.query, keep_blank_values=True)
        kept = urlencode([pair for pair in pairs if not _TRACING.fullmatch(pair[0])])
        queries = [self._place.query, kept] if kept else [""]
        for some in (queries, [""]) if kept else (queries,):
            yield self._written(self._each(path or self._place.path, some))

    def _each(self, path: str, queries: Sequence[str]) -> Iterator[str]:
        bare = _bare(self._place.authority)
        paths = {one for ends in (path.rstrip("/"), f"{path.rstrip('/')}/") for one in _encodings(ends)}
        for scheme, www, one, query in product(("https", "http"), ("", "www."), sorted(paths), queries):
            yield f"{scheme}://{www}{bare}{one}{query and f'?{query}'}"

    def _written(self, urls: Sequence[str] | Iterator[str]) -> str:
        return json.dumps(list(dict.fromkeys(urls)))

    # ---- sites

    def _covering(self) -> list[str]:
        """Return the sites whose home lies nearest above the address: usually one."""
        here = split(self._url.partition("#")[0])
        lengths: dict[str, int] = {}
        for site, homes in self._sites.items():
            for parts in filter(None, map(split, homes)):
                above = f"{parts.path.rstrip('/')}/"
                if here and _bare(parts.authority) == _bare(here.authority) and f"{here.path}/".startswith(above):
                    lengths[site] = max(len(above), lengths.get(site, 0))
        most = max(lengths.values(), default=0)
        return [site for site, length in lengths.items() if length == most]

    def _route(self, root: str, homes: Sequence[str]) -> Route | None:
        made = _root(root, tuple(homes))
        if made is None:
            return None
        bare = self._url.replace("://www.", "://", 1)
        return next((route for url in (self._url, bare) if (route := made.route_of(url))), None)

    def _newest(self, which: str, given: tuple[object, ...]) -> str | None:
        query = f"SELECT capture FROM captures WHERE {which} AND status IS NOT NULL ORDER BY captured_at DESC LIMIT 1"
        row = self._db.execute(query, given).fetchone()
        return str(row[0]) if row else None


def item_at(db: sqlite3.Connection, site: str, route: Route) -> ItemKey | None:
    """Return the item that a route of `site` shows by itself."""
    parent, _, last = route.path.rpartition("/")
    wp_id = integer(last) if last.isdecimal() else None
    if wp_id is None:
        return None
    if parent.endswith("/revisions"):
        return revision_of(db, site, wp_id)
    row = db.execute('SELECT type, "table" FROM collections WHERE site = ? AND route = ?', (site, parent)).fetchone()
    if row is None or row[1] not in ITEM_TABLES:
        return None
    # A collection may list items of several types.
    found = [*_ids(db, row[1], site, wp_id, row[0] if row[1] == "terms" else None)]
    return found[0].item if len(found) == 1 else None


def _ids(db: sqlite3.Connection, table: str, site: str, wp_id: int | None, kind: str | None = None) -> Iterator[Named]:
    if wp_id is None:
        return
    query = f"SELECT {TYPE_OF[table]} FROM {table} WHERE site = :site AND wp_id = :id"
    query += f" AND {of_type(table)}" if kind else ""
    for (called,) in db.execute(query, {"site": site, "id": wp_id, "type": kind}).fetchall():
        yield Named(ItemKey(site, called, wp_id, table))


def _homes(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Return by site every address that is known of it: REST root, home, other names, where it was before."""
    homes: dict[str, list[str]] = {}
    for site, root, home, aliases, moved_from, address in db.execute(
        "SELECT site, root, home, aliases, moved_from, address FROM sites ORDER BY site"
    ):
        others = loads(aliases) if aliases else []
        every = (root, home, address, moved_from, *(others if isinstance(others, list) else ()))
        homes[site] = [*dict.fromkeys(url for url in every if isinstance(url, str) and url)]
    return homes


def _root(url: str, homes: tuple[str, ...]) -> Root | None:
    try:
        return root_at(url, homes)
    except ValueError:
        return None


def _bare(authority: str) -> str:
    return authority.removeprefix("www.")


def _schemes(url: str) -> list[str]:
    rest = url.partition("://")[2]
    return [f"https://{rest}", f"http://{rest}", url_key(url)]


def _encodings(path: str) -> list[str]:
    """Return a path as browsers send it, as WordPress writes it (small hexadecimal digits), and in plain characters."""
    plain = unquote(path)
    sent = quote(plain, safe=_PATH_SAFE)
    return [path, sent, re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), sent), plain]


def _uploads(url: str) -> Iterator[str]:
    """Yield the addresses that the attachment behind a file may have: the file, the one it was made from, its large copy."""
    upload = upload_of(url)
    base = unwrapped(url).partition("?")[0].rpartition("/")[0]
    yield unwrapped(url).partition("?")[0].partition("#")[0]
    if upload:
        stem, dot, ending = upload.parent.rpartition(".")
        yield f"{base}/{upload.parent}"
        yield f"{base}/{stem}-scaled{dot}{ending}"
