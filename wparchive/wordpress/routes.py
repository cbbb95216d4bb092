"""Converts between URLs and canonical routes, so that every spelling of a REST resource has one key.

A site's API can be addressed in four forms (`RootForm`), and one response may mix spellings, schemes and hosts.
Sources: core's `get_rest_url`, `WP::parse_request` and `WP_REST_Server::match_request_to_handler`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from wparchive.urls import origin
from wparchive.wordpress.canonical_routes import Pairs, Route, query_of
from wparchive.wordpress.php_urls import Parts, is_template, resolved, rest_route, split

__all__ = ["Root", "RootForm", "Route", "root_at", "split_root"]

_SITES = re.compile(r"^/([^/]+/[^/]+)/sites/([^/]+)(/.*)?$")
_NAMESPACE = re.compile(r"/wp/v2(?=/|$)", re.IGNORECASE)
_DEFAULT_PREFIX = "wp-json"
_PATH_SAFE = "/:@!$'()*,;=~[]"


class RootForm(StrEnum):
    """How a site spells its REST URLs."""

    PRETTY = "pretty"
    INDEX_PHP = "index.php"
    QUERY = "query"
    WORDPRESS_COM = "wordpress.com"


@dataclass(frozen=True, slots=True)
class Root:
    """Where a site's REST API is, and every other name under which its links may point there.

    `url` is the root as found (`https://example.org/wp-json/`, `https://example.org/index.php?rest_route=/`). `aliases`
    are home URLs of the same site: other hosts, and the index's `home` and `url`. http and https are treated as one. A
    Root equals any other with the same three values. Raises ValueError for a `url` that is not one.
    """

    url: str
    form: RootForm
    aliases: tuple[str, ...] = ()
    _own: "_Place" = field(init=False, repr=False, compare=False)
    _prefix: str = field(init=False, repr=False, compare=False)
    _places: tuple["_Place", ...] = field(init=False, repr=False, compare=False)
    _sites: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        aliases = [place for place in map(_place, self.aliases) if place]
        own, prefix = _base_and_prefix(self.url, self.form, aliases)
        places = sorted({own, *aliases}, key=lambda place: (-len(place.path), place))
        named = (self.url, *self.aliases) if self.form is RootForm.WORDPRESS_COM else ()
        sites = (_SITES.match(urlsplit(url).path) for url in named)
        object.__setattr__(self, "_own", own)
        object.__setattr__(self, "_prefix", prefix)
        object.__setattr__(self, "_places", tuple(places))
        object.__setattr__(self, "_sites", frozenset(found[2].lower() for found in sites if found))

    @property
    def base(self) -> str:
        """The home URL below which the root lies; ends in a slash."""
        return f"{origin(self.url)}{quote(self._own.path, safe=_PATH_SAFE)}"

    @property
    def address(self) -> str:
        """The site's address, derived only from the root's location and not from any home that it claims; ends in a slash."""
        return self.url if self.form is RootForm.WORDPRESS_COM else Root(self.url, self.form).base

    def url_for(self, route: Route | str, params: Pairs = ()) -> str:
        """Return the URL of `route` in the form that this site uses, with `params` added unchanged."""
        route = Route.parse(route) if isinstance(route, str) else route
        pairs = (*route.params, *params)
        if self.form is RootForm.QUERY:
            return _query_spelling(self.url.partition("?")[0], route.path, pairs)
        if self.form is RootForm.WORDPRESS_COM:
            return _with_query(_wordpress_com(self.url, route), pairs)
        return _with_query(self.url + quote(route.path[1:], safe=_PATH_SAFE), pairs)

    def spellings(self, route: Route | str) -> tuple[str, ...]:
        """Return every URL for `route` on this host, the site's own form first. robots.txt must allow all of them."""
        route = Route.parse(route) if isinstance(route, str) else route
        own = self.url_for(route)
        if self.form is RootForm.WORDPRESS_COM:
            return (own,)
        pretty = _with_query(self.base + quote(self._prefix + route.path, safe=_PATH_SAFE), route.params)
        queries = (
            _query_spelling(self.base + script, route.path, route.params, slashes)
            for slashes in ("/", "")
            for script in ("", "index.php")
        )
        return tuple(dict.fromkeys((own, pretty, *queries)))

    def route_of(self, url: str) -> Route | None:
        """Return the canonical route of `url`, in whichever form, scheme or alias it is spelled.

        Returns None for everything else: other hosts, userinfo, `..`, control characters, templates, and URLs that name
        a route twice. In those, core lets `rest_route` override the path, so such a URL does not mean what it shows.
        """
        parts = split(url)
        if parts is None or is_template(url):
            return None
        for path, pairs in self._readings(parts):
            try:
                return Route.of(path, pairs)
            except ValueError:
                return None
        return None

    def route_to(self, href: str, base: str = "") -> Route | None:
        """Return the canonical route of `href` in a response from `base` (default: the root); `href` may be relative."""
        return self.route_of(resolved(href, base or self.url))

    def _readings(self, parts: Parts) -> Iterator[tuple[str, Pairs]]:
        named, pairs = rest_route(parts.query)
        if self.form is RootForm.WORDPRESS_COM and parts.authority == self._own.authority:
            if not named and (path := self._numbered(parts.path)):
                yield path, pairs
            return
        for place in self._places:
            if parts.authority != place.authority or not f"{parts.path}/".startswith(place.path):
                continue
            rest = parts.path[len(place.path) :]
            if len(named) == 1 and rest in ("", "index.php"):
                yield _tail_as_query(named[0], pairs)
            elif not named and (under := _after_prefix(rest, self._prefix)) is not None:
                yield under, pairs

    def _numbered(self, path: str) -> str:
        """Return the route in a path of WordPress.com that names this site; "" for another path."""
        found = _SITES.match(path)
        if not found or found[2].lower() not in self._sites:
            return ""
        rest = (found[3] or "").rstrip("/")
        return f"/{found[1]}{rest}" if rest else "/"


class _Place(NamedTuple):
    authority: str
    path: str  # decoded, with a slash at both ends


def root_at(url: str, homes: Iterable[str] = ()) -> Root | None:
    """Return the Root for a root URL in any form; None if `url` cannot be one."""
    parts = split(url)
    if parts is None or is_template(url):
        return None
    site, path = origin(url), urlsplit(url).path or "/"
    named, _ = rest_route(parts.query)
    aliases = tuple(dict.fromkeys(homes))
    if named:
        return Root(f"{site}{path}?rest_route=/", RootForm.QUERY, aliases) if len(named) == 1 else None
    path = path.rstrip("/") + "/"
    if (found := _SITES.match(path)) and found[3] in (None, "/") and found[1].lower() == "wp/v2":
        return Root(site + path, RootForm.WORDPRESS_COM, aliases)
    form = RootForm.INDEX_PHP if "/index.php/" in path else RootForm.PRETTY
    return Root(site + path, form, aliases) if path != "/" else None


def split_root(url: str) -> tuple[Root, Route] | None:
    """Return the root and route that a REST URL shows by itself; None if it does not look like REST.

    A prefix other than `wp-json` is recognised only by the `/wp/v2` after it.
    """
    parts = split(url)
    if parts is None:
        return None
    path = url.partition("#")[0].partition("?")[0].partition("://")[2]
    path = f"/{path.partition('/')[2]}"
    named, _ = rest_route(parts.query)
    if named:
        return _rooted(f"{origin(url)}{path}?rest_route=/", url)
    if found := _SITES.match(path):
        return _rooted(f"{origin(url)}/wp/v2/sites/{found[2]}/", url)
    before, mark, _ = f"{path}/".rpartition(f"/{_DEFAULT_PREFIX}/")
    if mark:
        return _rooted(f"{origin(url)}{before}{mark}", url)
    if (found := _NAMESPACE.search(path)) and found.start() > 0:
        return _rooted(f"{origin(url)}{path[: found.start()]}/", url)
    return None


def _rooted(root_url: str, url: str) -> tuple[Root, Route] | None:
    root = _root_of(root_url)
    route = root.route_of(url) if root else None
    return (root, route) if root and route else None


@lru_cache(256)
def _root_of(url: str) -> Root | None:
    # The URLs of one site all lead here.
    return root_at(url)


def _place(home: str) -> _Place | None:
    parts = split(home)
    return _Place(parts.authority, parts.path.rstrip("/") + "/") if parts else None


def _base_and_prefix(url: str, form: RootForm, aliases: list[_Place]) -> tuple[_Place, str]:
    parts = split(url)
    if parts is None:
        raise ValueError(f"not the URL of a REST root: {url!r}")
    path = parts.path
    if form is RootForm.WORDPRESS_COM:
        return _Place(parts.authority, "/"), ""
    if form is RootForm.QUERY:
        return _Place(parts.authority, path[: path.rindex("/") + 1]), _DEFAULT_PREFIX
    if form is RootForm.INDEX_PHP:
        base, _, prefix = path.partition("/index.php/")
        return _Place(parts.authority, f"{base}/"), prefix.strip("/")
    base = path.rstrip("/").rpartition("/")[0] + "/"
    if path[len(base) :].strip("/") != _DEFAULT_PREFIX:
        # Only the site's own home distinguishes a prefix of two segments from a subdirectory.
        homes = [home.path for home in aliases if home.authority == parts.authority and path.startswith(home.path)]
        base = max((home for home in homes if home != path), key=len, default=base)
    return _Place(parts.authority, base), path[len(base) :].strip("/")


def _after_prefix(rest: str, prefix: str) -> str | None:
    """Return the route after `prefix` or `index.php/prefix` (core serves both); None if `rest` has neither."""
    rest = rest.removeprefix("index.php/")
    if rest != prefix and not rest.startswith(f"{prefix}/"):
        return None
    return "/" + rest[len(prefix) :].lstrip("/")


def _tail_as_query(route: str, pairs: Pairs) -> tuple[str, Pairs]:
    """Move a query inside `rest_route` to the parameters: core and plug-ins append a second query with `?`."""
    path, mark, tail = route.partition("?")
    return (path, [*parse_qsl(tail, keep_blank_values=True), *pairs]) if mark else (route, pairs)


def _with_query(url: str, pairs: Pairs) -> str:
    query = query_of(pairs)
    return f"{url}?{query}" if query else url


def _query_spelling(script: str, path: str, pairs: Pairs, safe: str = "/") -> str:
    query = query_of(pairs)
    spelled = f"{script}?rest_route={quote(path, safe=safe)}"
    return f"{spelled}&{query}" if query else spelled


def _wordpress_com(url: str, route: Route) -> str:
    """Build a WordPress.com URL: `/wp/v2/posts` lies at `/wp/v2/sites/SITE/posts`, so the namespace precedes the site."""
    found = _SITES.match(urlsplit(url).path)
    segments = route.segments
    if found is None or len(segments) < 2:
        return url
    rest = quote("/".join(segments[2:]), safe=_PATH_SAFE)
    return f"{origin(url)}/{segments[0]}/{segments[1]}/sites/{found[2]}/{rest}".rstrip("/")
