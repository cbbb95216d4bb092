"""A recorded site: which of its answers a request gets."""

import gzip
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

__all__ = ["FORMS", "RECORDED_HOST", "Answer", "Key", "Recording", "key_of"]

FORMS = ("pretty", "plain")
RECORDED_HOST = "ledger.invalid:8080"
Item = dict[str, Any]
_ITEM = re.compile(r"(?P<collection>.+)/(?P<id>\d+)")
_JSON = ("Content-Type", "application/json; charset=UTF-8")
_DATES = {"after": "date", "before": "date", "modified_after": "modified", "modified_before": "modified"}
_SHAPING = {"context", "page", "per_page", "offset", "order", "orderby", "_fields", "include", "exclude", *_DATES}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it was recorded; what concerns one transfer (date, length, coding) is the server's to add."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Key:
    """What a request asks for, however it spells it: a REST route or else a path, and the parameters."""

    route: str | None
    path: str
    params: frozenset[tuple[str, str]]


def key_of(form: str, target: str) -> Key:
    """What `target`, the path and query of a request, asks of a site whose permalinks have this form."""
    path, _, query = target.partition("?")
    params = dict(parse_qsl(query, keep_blank_values=True))
    route, path = params.pop("rest_route", None), unquote(path)
    if route is None and form == "pretty" and f"{path}/".startswith("/wp-json/"):
        route = path.removeprefix("/wp-json") or "/"
    if route is not None:
        return Key("/" + route.strip("/"), "", frozenset(params.items()))
    return Key(None, path, frozenset(params.items()))


class Recording:
    """The site recorded with permalinks of `form`, as if it stood at `host` (`127.0.0.1:8080`).

    A request that was recorded gets that answer to the byte. Of the others, those for REST collections and their items
    are answered from the recorded collections; what is left isn't there, as WordPress says it.
    """

    def __init__(self, form: str, host: str) -> None:
        self._form, self._host = form, host
        self._answers: dict[Key, Answer] = {}
        for line in gzip.decompress(files("wparchive.demo").joinpath(f"{form}.jsonl.gz").read_bytes()).splitlines():
            entry = json.loads(line)
            body = b64decode(entry["base64"]) if "base64" in entry else self._moved(entry["text"]).encode()
            headers = [(name, self._moved(value)) for name, value in entry["headers"]]
            self._answers[key_of(form, self._moved(entry["target"]))] = Answer(entry["status"], headers, body)

    def _moved(self, text: str) -> str:
        """`text` with this site's host in place of the one that was recorded, in URLs inside of queries too."""
        return text.replace(RECORDED_HOST, self._host).replace(quote(RECORDED_HOST), quote(self._host))

    def holds(self, target: str) -> bool:
        """Whether this very request was recorded."""
        return key_of(self._form, target) in self._answers

    def answer(self, target: str) -> Answer:
        """What the site answers to a GET of `target`."""
        asked = key_of(self._form, target)
        if recorded := self._answers.get(asked):
            return recorded
        if asked.route is None:
            html = [("Content-Type", "text/html; charset=UTF-8")]
            return Answer(404, html, b"<!DOCTYPE html>\n<title>Page not found</title>\n<h1>Nothing here</h1>\n")
        params = dict(asked.params)
        if collection := self._collections.get(asked.route):
            return _listing(collection, params)
        if found := self._item(asked.route):
            return Answer(200, [_JSON], _encode(_fields(found, params)))
        return _refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _item(self, route: str) -> Item | None:
        match = _ITEM.fullmatch(route)
        collection = self._collections.get(match["collection"]) if match else None
        items = json.loads(collection.body) if collection else []
        return next((item for item in items if match and str(item["id"]) == match["id"]), None)

    @cached_property
    def _collections(self) -> Mapping[str, Answer]:
        """Route → the longest recorded answer that is a list of items."""
        found: dict[str, Answer] = {}
        for key, answer in self._answers.items():
            shorter = key.route and len(found[key.route].body if key.route in found else b"[]") < len(answer.body)
            if key.route and shorter and answer.status == 200 and answer.body.startswith(b'[{"id":'):
                found[key.route] = answer
        return found


def _listing(collection: Answer, params: Mapping[str, str]) -> Answer:
    """A page of `collection` as core filters, sorts and counts it; it states what was withheld as long as nothing is filtered."""
    items: list[Item] = json.loads(collection.body)
    rows = [item for item in items if _wanted(item, params)]
    key, size = params.get("orderby", "date"), int(params.get("per_page", 10))
    rows.sort(key=lambda item: (item.get(key) or 0, item["id"]) if key in items[0] else item["id"])
    if params.get("order", "desc" if "date" in items[0] else "asc") == "desc":
        rows.reverse()
    total = int(collection.header("X-WP-Total")) if len(rows) == len(items) else len(rows)
    pages = -(-total // size)
    start = int(params.get("offset", (int(params.get("page", 1)) - 1) * size))
    if total and start >= total and "guid" in items[0]:
        larger = "The page number requested is larger than the number of pages available."
        return _refusal(400, "rest_post_invalid_page_number", larger)
    shown = [_fields(item, params) for item in rows[start : start + size]]
    totals = [("X-WP-Total", str(total)), ("X-WP-TotalPages", str(pages))]
    return Answer(200, [_JSON, *totals], _encode(shown))


def _wanted(item: Item, params: Mapping[str, str]) -> bool:
    """Whether a listing with `params` shows `item`: each parameter that is called like a field chooses by it."""
    number = str(item["id"])
    if number not in _listed(params.get("include", number)) or number in _listed(params.get("exclude", "")):
        return False
    for name, field in _DATES.items():
        value = params.get(name, "")[:19]
        if value and field in item and not (item[field] > value if name.endswith("after") else item[field] < value):
            return False
    chosen = {name: _listed(value) for name, value in params.items() if name in item and name not in _SHAPING}
    return all(wanted & _values(item[name]) for name, wanted in chosen.items())


def _listed(value: str) -> set[str]:
    return set(value.split(","))


def _values(value: Any) -> set[str]:
    return {str(one) for one in value} if isinstance(value, list) else {str(value)}


def _fields(item: Item, params: Mapping[str, str]) -> Item:
    """`item` cut down to `_fields`, of which only the first names count."""
    names = [name.partition(".")[0] for name in params.get("_fields", "").split(",") if name]
    return {name: value for name, value in item.items() if name in names} if names else item


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status, [_JSON], _encode({"code": code, "message": message, "data": {"status": status}}))


def _encode(document: Any) -> bytes:
    """JSON as PHP writes it: ASCII only, slashes escaped, no spaces."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()
