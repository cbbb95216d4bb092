"""The REST index: what a site says it offers. No type in it is trusted, and the version is inferred.

Source: core's `WP_REST_Server::get_index`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from wparchive.http1.message import Head
from wparchive.wordpress.links.aims import links_of
from wparchive.wordpress.values import first_link, integer, mapping, members, string

__all__ = ["RestIndex", "wordpress_version"]

_Args = Mapping[str, Mapping[str, object]]

_MOST_PATTERNS = 5000  # each is tried for every route that is not listed literally
_SITE_SEGMENT = re.compile(r"^(/[^/]+/[^/]+)/sites/[^/]+")
_BY_ID = re.compile(r"/\(\?P<id>[^/]*$")
_GENERATOR = re.compile(r"wordpress\s+([0-9]+\.[0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RestIndex:
    """A parsed index: names, namespaces, and the parameters that each route accepts. `raw` is the object as received.

    `name` is the site's title as sent, HTML entities included, `description` its tagline, `home` the URL of the front
    page, `url` that of the WordPress files; each is empty if the index does not state it.
    """

    raw: Mapping[str, Any]
    namespaces: tuple[str, ...]
    routes: Mapping[str, object] = field(repr=False)
    _patterns: tuple[tuple[tuple[str, ...], str], ...] = field(repr=False)
    _spelled: Mapping[str, str] = field(repr=False)  # routes as their plug-ins write them, where that differs
    name: str
    description: str
    home: str
    url: str
    _found: dict[tuple[str, ...], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, value: object) -> "RestIndex | None":
        """Return the index; None unless `value` is an object with `namespaces` (a list) and `routes` (an object).

        WordPress.com's roots return the index of their namespace, which has `namespace` instead.
        """
        if not isinstance(value, Mapping):
            return None
        namespaces, routes = value.get("namespaces"), value.get("routes")
        if namespaces is None and isinstance(value.get("namespace"), str):
            namespaces = [value["namespace"]]
        if not isinstance(namespaces, list) or not isinstance(routes, (Mapping, list)):
            return None
        # PHP encodes an empty map of routes as a list.
        named = {key: _plain_route(key) for key in routes} if isinstance(routes, Mapping) else {}
        table = {plain: routes[key] for key, plain in named.items()}
        spelled = {plain: key for key, plain in named.items() if plain != key}
        patterns = tuple((_shape(key), key) for key in islice((key for key in table if "(" in key), _MOST_PATTERNS))
        texts = {name: string(value.get(name)) for name in ("name", "description", "home", "url")}
        return cls(value, tuple(members(namespaces, str)), table, patterns, spelled, **texts)

    @property
    def timezone(self) -> str:
        """The time zone's name, else `UTC+2` from the offset (a number or a string), else empty."""
        name = string(self.raw.get("timezone_string"))
        if name:
            return name
        offset = self.raw.get("gmt_offset")
        try:
            hours = float(offset) if isinstance(offset, (int, float, str)) else None
        except (ValueError, OverflowError):
            hours = None
        if hours is None or not abs(hours) <= 24:  # written so that NaN is rejected too
            return ""
        return f"UTC{hours:+g}" if hours else "UTC"

    @property
    def has_content(self) -> bool:
        """Whether the content routes of WordPress 4.7 and later exist."""
        return "wp/v2" in self.namespaces or "/wp/v2/posts" in self.routes

    def has(self, route: str) -> bool:
        """Return whether the index lists `route`: a collection, or (by its pattern) an item."""
        return self._entry(route) is not None

    def spelled(self, route: str) -> str:
        """Return `route` as the index writes it, capitals included."""
        return self._spelled.get(route, route)

    def listings(self) -> Iterator[str]:
        """Return the routes of paginated collections whose items have routes of their own by id."""
        single = {key.partition("/(?P<id>")[0].lower() for _, key in self._patterns if _BY_ID.search(key)}
        return (route for route in self.routes if route in single and self.supports(route, "per_page"))

    def below_items(self) -> Iterator[str]:
        """Yield the routes that lie below single items of others, each with `*` for an item."""
        shapes = (shape for shape, _ in self._patterns)
        return ("/".join(shape) for shape in shapes if "*" in shape[:-1] and "*" not in shape[-1])

    def self_links(self) -> Iterator[str]:
        """Yield the URLs that the index gives for its own routes."""
        for entry in members(list(self.routes.values()), dict):
            yield from (href for relation, href, _ in links_of(entry) if relation == "self")

    def supports(self, route: str, param: str) -> bool:
        """Return whether a GET of `route` accepts `param`; core silently ignores other parameters."""
        return param in self._args(route)

    def choices(self, route: str, param: str) -> tuple[str, ...]:
        """Return the permitted values of `param`; empty if the index does not state them."""
        schema = self._args(route).get(param, {})
        return tuple(members(schema.get("enum") or mapping(schema.get("items")).get("enum"), str))

    def most(self, route: str, param: str) -> int | None:
        """Return the largest value that a GET of `route` accepts for `param`; None if the index does not state it."""
        most = integer(self._args(route).get(param, {}).get("maximum"))
        return most if most and most > 0 else None

    def methods(self, route: str) -> Mapping[str, _Args]:
        """Return the parameters that `route` declares for each HTTP method, by the method in upper case."""
        found: dict[str, dict[str, Mapping[str, object]]] = {}
        for endpoint in members(mapping(self._entry(route)).get("endpoints"), dict):
            args = {name: mapping(schema) for name, schema in mapping(endpoint.get("args")).items()}
            for method in _strings(endpoint.get("methods")):
                found.setdefault(method, {}).update(args)
        return found

    def _entry(self, route: str) -> object | None:
        path = route.partition("?")[0].rstrip("/") or "/"
        if path in self.routes:
            return self.routes[path]
        parts = tuple(path.split("/"))
        if parts not in self._found:
            self._found[parts] = next((key for shape, key in self._patterns if _fits(shape, parts)), "")
        return self.routes.get(self._found[parts])

    def _args(self, route: str) -> _Args:
        return self.methods(route).get("GET", {})


def _strings(value: object) -> Iterator[str]:
    values = value.keys() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return (item.upper() for item in values if isinstance(item, str))


def _plain_route(key: str) -> str:
    """Return a route without the site that WordPress.com inserts after the namespace."""
    key = _SITE_SEGMENT.sub(r"\1", key) or "/"
    return key if "(" in key else key.lower()


def _shape(pattern: str) -> tuple[str, ...]:
    """Return a route's regex as path segments, with `*` for each group. The regex is foreign and is never run."""
    out, depth, escaped = [], 0, False
    for char in pattern:
        if depth == 0 and char not in "()":
            out.append(char)
        elif escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "(":
            out += ["*"] if depth == 0 else []
            depth += 1
        elif char == ")":
            depth -= 1
    return tuple("".join(out).lower().split("/"))


def _fits(shape: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return len(shape) == len(parts) and all(a == "*" or a == b for a, b in zip(shape, parts, strict=True))


_Evidence = Callable[[RestIndex, Mapping[str, Any]], bool]


def _route(route: str) -> _Evidence:
    return lambda index, _: index.has(route)


def _arg(route: str, param: str) -> _Evidence:
    return lambda index, _: index.supports(route, param)


def _key(name: str) -> _Evidence:
    return lambda index, _: name in index.raw


def _field(name: str) -> _Evidence:
    return lambda _, item: name in item


def _link_attribute(relation: str, name: str) -> _Evidence:
    return lambda _, item: name in first_link(item, relation)


# What each release shows to the public that the one before did not; newest first.
_FEATURES: tuple[tuple[str, _Evidence], ...] = (
    ("7.1", _route("/wp/v2/icons")),
    ("6.9", _route("/wp-abilities/v1/abilities")),
    ("6.8", _key("page_on_front")),
    ("6.7", _link_attribute("self", "targetHints")),
    ("6.7", _arg("/wp/v2/posts", "search_semantics")),
    ("6.6", _field("class_list")),
    ("6.5", _route("/wp/v2/font-families")),
    ("6.2", _arg("/wp/v2/posts", "search_columns")),
    ("6.1", _key("site_icon_url")),
    ("5.9", _route("/wp/v2/menus")),
    ("5.8", _route("/wp/v2/widgets")),
    ("5.7", _arg("/wp/v2/posts", "modified_after")),
    ("5.6", _route("/batch/v1")),
    ("5.5", _route("/wp/v2/block-types")),
    ("5.4", _arg("/wp/v2/posts", "tax_relation")),
    ("5.0", _route("/wp/v2/blocks")),
    ("4.9.8", _link_attribute("version-history", "count")),
    ("4.7", lambda index, _: index.has_content),
)


def wordpress_version(
    index: RestIndex, samples: Iterable[object] = (), head: Head | None = None, generator: str | None = None
) -> str | None:
    """Return the site's version: exact (`6.1.9`) if a generator tag or header states it, else inferred (`≥ 6.7`), else None.

    `samples` are items of `/wp/v2/posts`. The index never states the version, and plug-ins hide or fake the tag: a
    stated version older than what the features prove is ignored.
    """
    proven = _proven(index, members(list(samples), dict) or [{}])
    claims = [generator or "", *(head.all("x-generator") if head else ())]
    stated = next((found[1] for found in map(_GENERATOR.search, claims) if found), "")
    if stated and _number(stated) >= _number(proven)[:2]:
        return stated
    return f"≥ {proven}" if proven else None


def _proven(index: RestIndex, items: list[dict[str, Any]]) -> str:
    """Return the release that the site's features prove; "" for none."""
    return next((version for version, shown in _FEATURES if any(shown(index, item) for item in items)), "")


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, filter(None, version.split("."))))
