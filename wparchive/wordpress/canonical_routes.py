"""Canonical routes: every spelling of a REST path and its parameters has one form, the key of what is fetched.

Source: core's `WP_REST_Server::match_request_to_handler`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

__all__ = ["Pairs", "Route", "lists_all", "query_of"]

Pairs = Iterable[tuple[str, str]]
"""Names and values of parameters."""

_ZEROS = re.compile(r"(?<=/)0+(?=[0-9]+(?:/|$))")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # legal in a JSON string, but not encodable in UTF-8
_RESERVED = re.compile(r"[%?#\x00-\x20\x7f]")
# Routes whose ids are names of files or folders: case and double slashes are significant.
_VERBATIM = re.compile(
    r"/wp/v2/(?:templates|template-parts|themes|plugins|global-styles/themes|block-types)/", re.IGNORECASE
)
_LIST_KEY = re.compile(r"\[[0-9]*\]$")
# Parameters that do not change the response: a route with or without them is the same.
_DEFAULTS = {"page": "1", "context": "view"}
_NEWEST_FIRST = frozenset({"/wp/v2/posts", "/wp/v2/pages", "/wp/v2/media", "/wp/v2/comments"})
# Parameters that say which part of a list is shown, and how, but not which of its items belong to it.
_PLACING = frozenset({"page", "per_page", "offset", "orderby", "order", "_embed"})
_NO_MEANING = frozenset({"_", "_locale", "_wpnonce", "cachebust", "cache_bust", "nocache", "fbclid", "gclid"})


@dataclass(frozen=True, slots=True)
class Route:
    """A canonical REST path and its parameters, sorted by name; `str()` returns the form stored in databases.

    The index is `/`. `Route.of` and `Route.parse` canonicalise their input; the constructor does not.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str, params: Pairs = ()) -> "Route":
        """Return the canonical form of a decoded `path` and `params`; raises ValueError for a path that no core would serve."""
        canonical = _canonical_path(path)
        return cls(canonical, _canonical_params(canonical, params))

    @classmethod
    def parse(cls, text: str) -> "Route":
        """Parse the text that `str()` returns; raises ValueError if it is not a route."""
        path, _, query = text.partition("?")
        return cls.of(unquote(path), parse_qsl(query, keep_blank_values=True))

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments of the path, without the empty first one."""
        return tuple(self.path[1:].split("/")) if self.path != "/" else ()

    def __str__(self) -> str:
        path = _RESERVED.sub(lambda found: f"%{ord(found[0]):02X}", self.path)
        return f"{path}?{query_of(self.params)}" if self.params else path


def query_of(pairs: Pairs) -> str:
    """Return `pairs` as a query, percent-encoded."""
    # A lone surrogate is legal in a JSON string, but not encodable in UTF-8.
    return "&".join(
        f"{quote(name, safe='[]', errors='replace')}={quote(value, safe=',:/', errors='replace')}"
        for name, value in pairs
    )


def lists_all(route: str) -> bool:
    """Return whether a canonical route of a collection leads through all of it, so that no parameter narrows it."""
    query = route.partition("?")[2]
    return all(pair.partition("=")[0] in _PLACING for pair in query.split("&") if pair)


def _canonical_path(path: str) -> str:
    if not path.startswith("/") or not {".", ".."}.isdisjoint(path.split("/")):
        raise ValueError(f"not a REST route: {path!r}")
    if _LONE_SURROGATE.search(path):
        raise ValueError(f"nobody can ask for that: {path!r}")
    path = "/" + path.strip("/")
    if found := _VERBATIM.match(path):
        return path[: found.end()].lower() + path[found.end() :]
    return _ZEROS.sub("", path.lower())


def _canonical_params(path: str, params: Pairs) -> tuple[tuple[str, str], ...]:
    folded: dict[str, str] = {}
    lists: set[str] = set()
    for name, value in params:
        key = _LIST_KEY.sub("", name)
        if key != name and key in lists:
            folded[key] += f",{value}"
            continue
        (lists.add if key != name else lists.discard)(key)
        folded[key] = value
    return tuple(sorted((k, v) for k, v in folded.items() if not _meaningless(path, k, v)))


def _meaningless(path: str, name: str, value: str) -> bool:
    if name in _NO_MEANING or name.startswith("utm_") or _DEFAULTS.get(name) == value:
        return True
    return name == "order" and value == "desc" and path in _NEWEST_FIRST
