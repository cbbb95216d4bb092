"""A recorded site: which of its responses a request gets."""

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

__all__ = ["FORMS", "RECORDED_HOST", "Answer", "Recording", "key_of"]

FORMS = ("pretty", "plain")
RECORDED_HOST = "ledger.invalid:8080"
Item = dict[str, Any]
Key = tuple[str, str, frozenset[tuple[str, str]]]
_ITEM = re.compile(r"(?P<collection>.+)/(?P<id>\d+)")
_JSON = ("Content-Type", "application/json; charset=UTF-8")
_DATES = {"after": "date", "before": "date", "modified_after": "modified", "modified_before": "modified"}
# Parameters that select or order, and can be applied to recorded items.
_SHAPING = {"context", "_fields", "page", "per_page", "offset", "order", "orderby", "include", "exclude", *_DATES}


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded response, without what belongs to one transfer: date, length and coding."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first value of a header; "" without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def key_of(form: str, target: str) -> Key:
    """Return the key of a request: its path, or else its REST route, and its parameters.

    Every spelling of a request has the same key. `target` is the request's path and query, `form` how the site spells
    its REST URLs. `a[]=1&a[]=2` is `a=1,2`.
    """
    path, _, query = target.partition("?")
    path, params = unquote(path), dict[str, str]()
    for name, value in parse_qsl(query, keep_blank_values=True):
        stem, bracket, _ = name.partition("[")
        params[stem] = f"{params[stem]},{value}" if bracket and stem in params else value
    route = params.pop("rest_route", "")
    if not route and form == "pretty" and f"{path}/".startswith("/wp-json/"):
        route = path.removeprefix("/wp-json") or "/"
    return "" if route else path, route and "/" + route.strip("/"), frozenset(params.items())


class Recording:
    """A recorded site, as if it were at `host` (`127.0.0.1:8080`).

    A recorded request gets its recorded response. Other requests for REST collections and their items are answered from
    the recorded collections, so that a crawler may use other page sizes and orders. Everything else is a 404.
    `unrecorded` lists the targets without a recorded response.
    """

    def __init__(self, form: str, host: str) -> None:
        self._form, self._host = form, host
        self._answers: dict[Key, Answer] = {}
        self.unrecorded: list[str] = []
        for line in gzip.decompress(files(__package__).joinpath(f"{form}.jsonl.gz").read_bytes()).splitlines():
            entry = json.loads(line)
            # Binary bodies are recorded as Base64; only texts can hold the site's URL.
            body = b64decode(entry["base64"]) if "base64" in entry else self._moved(entry["text"]).encode()
            headers = [(name, self._moved(value)) for name, value in entry["headers"]]
            self._answers[key_of(form, self._moved(entry["target"]))] = Answer(entry["status"], headers, body)

    def _moved(self, text: str) -> str:
        """Return `text` with this host in place of the recorded one, also where a query holds a URL."""
        return text.replace(RECORDED_HOST, self._host).replace(quote(RECORDED_HOST), quote(self._host))

    def answer(self, target: str) -> Answer:
        """Return the site's response to a GET of `target`, a path with its query."""
        _, route, asked = key = key_of(self._form, target)
        if recorded := self._answers.get(key):
            return recorded
        self.unrecorded.append(target)
        params = dict(asked)
        if not route:
            page = b"<!DOCTYPE html>\n<title>Page not found</title>\n<h1>Nothing here</h1>\n"
            return Answer(404, [("Content-Type", "text/html; charset=UTF-8")], page)
        # The sites were recorded without credentials.
        if params.get("context") == "edit":
            return _refusal(401, "rest_forbidden_context", "Sorry, you are not allowed to edit this.")
        if collection := self._collections.get(route):
            return _listing(collection, params)
        if item := self._item(route):
            return Answer(200, [_JSON], _encode(_fields(item, params)))
        return _refusal(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _item(self, route: str) -> Item | None:
        match = _ITEM.fullmatch(route)
        collection = self._collections.get(match["collection"]) if match else None
        items = json.loads(collection.body) if collection else []
        return next((item for item in items if match and str(item["id"]) == match["id"]), None)

    @cached_property
    def _collections(self) -> Mapping[str, Answer]:
        """Each route, with the longest recorded list of its items."""
        lists = {
            (route, len(answer.body)): answer
            for (_, route, _), answer in self._answers.items()
            if answer.status == 200 and answer.body.startswith(b'[{"id":')
        }
        return {route: lists[route, length] for route, length in sorted(lists)}


def _listing(collection: Answer, params: Mapping[str, str]) -> Answer:
    """Return a page of `collection`, filtered, sorted and counted; an unsupported parameter is refused."""
    items: list[Item] = json.loads(collection.body)
    if strange := ", ".join(sorted(set(params) - _SHAPING - set(items[0]))):
        return _refusal(400, "rest_invalid_param", f"Invalid parameter(s): {strange}")
    rows = [item for item in items if _wanted(item, params)]
    dated, total = "date" in items[0], len(rows)
    if total == len(items):
        total = int(collection.header("X-WP-Total"))  # with those that aren't public
    order = params.get("orderby", "date" if dated else "name")
    # The id orders rows that are otherwise equal.
    rows.sort(key=lambda item: (*_sortable(item.get(order)), item["id"]))
    if params.get("order", "desc" if dated else "asc") == "desc":
        rows.reverse()
    size = _whole(params, "per_page", 10)
    start = _whole(params, "offset", (_whole(params, "page", 1) - 1) * size, least=0)
    # Core's posts controllers refuse a page past the end; others return an empty list.
    if start and start >= total and "guid" in items[0]:
        larger = "The page number requested is larger than the number of pages available."
        return _refusal(400, "rest_post_invalid_page_number", larger)
    totals = [("X-WP-Total", str(total)), ("X-WP-TotalPages", str(-(-total // size)))]
    return Answer(200, [_JSON, *totals], _encode([_fields(item, params) for item in rows[start : start + size]]))


def _wanted(item: Item, params: Mapping[str, str]) -> bool:
    """Whether a listing includes `item`: filtered by dates, and by each parameter named like a field."""
    number = str(item["id"])
    if number not in params.get("include", number).split(",") or number in params.get("exclude", "").split(","):
        return False
    for name, field in _DATES.items():
        value, own = params.get(name, "")[:19], item.get(field, "")
        if value and own and not (own > value if name.endswith("after") else own < value):
            return False
    return all(set(value.split(",")) & _values(item[name]) for name, value in params.items() if name in item)


def _values(value: Any) -> set[str]:
    return {str(one) for one in value} if isinstance(value, list) else {str(value)}


def _sortable(value: Any) -> tuple[int, str]:
    """Return a sort key: numbers sort as numbers, everything else as text."""
    return (value, "") if isinstance(value, int) else (0, str(value))


def _whole(params: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    text = params.get(name, "")
    return max(int(text), least) if text.isdecimal() else default


def _fields(item: Item, params: Mapping[str, str]) -> Item:
    """Return `item` with only the fields that `_fields` names; of `a.b` only `a` counts."""
    names = {name.partition(".")[0] for name in params.get("_fields", "").split(",") if name}
    return {name: value for name, value in item.items() if not names or name in names}


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(status, [_JSON], _encode({"code": code, "message": message, "data": {"status": status}}))


def _encode(document: Any) -> bytes:
    """Return JSON as PHP writes it: ASCII only, slashes escaped, no spaces."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()
