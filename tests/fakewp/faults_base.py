"""What a fault is, and what its functions have in common."""

import copy
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fakewp.simulator.http import Answer, Request

if TYPE_CHECKING:
    from fakewp.simulator.server import Handler
    from fakewp.site import FakeWordPress

__all__ = ["Fault", "Options", "changed", "due", "error", "listing", "page_html", "rows", "touches"]

Options = dict[str, Any]
Ask = Callable[["FakeWordPress", Options, Request, "str | None"], "Request | None"]
Before = Callable[["FakeWordPress", Options, Request, "str | None"], "Answer | None"]
After = Callable[["FakeWordPress", Options, Request, "str | None", Answer], "Answer | None"]
Wire = Callable[["FakeWordPress", Options, "Handler", Request, "str | None", Answer], bool]
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`says` is what it does. Options that most understand:

    `route` bites only there (None: everywhere), `rows=(first, last)` only where a listing's window touches these
    1-based positions, `times=n` only the first n times for each distinct request, `since=n` only from the site's n-th
    request on.
    """

    says: str
    options: Options = field(default_factory=dict)
    ask: Ask | None = None
    before: Before | None = None
    after: After | None = None
    wire: Wire | None = None


def rows(request: Request) -> tuple[int, int]:
    """The 1-based positions that a listing request asks for."""

    def number(name: str, default: int) -> int:
        text = str(request.params.get(name, default))
        return int(text) if text.lstrip("-").isdigit() else default

    size = number("per_page", 10)
    first = number("offset", (number("page", 1) - 1) * size)
    return first + 1, first + size


def listing(route: str | None) -> bool:
    """Whether a route is a paginated collection."""
    return (
        route is not None
        and re.fullmatch(r"/[a-z0-9-]+/v\d+/(?!types|taxonomies|statuses)[a-z-]+/?", route.lower()) is not None
    )


def touches(options: Options, request: Request, route: str | None) -> bool:
    """Whether `route` and `rows` of a fault's options match a request; counts nothing."""
    if options.get("route") is not None and (route or "").rstrip("/").lower() != options["route"]:
        return False
    if options.get("rows") is None:
        return True
    (first, last), (start, end) = options["rows"], rows(request)
    return start <= last and end >= first


def due(site: "FakeWordPress", options: Options, request: Request, route: str | None) -> bool:
    """Whether the fault bites now, counting `times` (for each distinct request) and `since`."""
    if not touches(options, request, route) or len(site.requests) < options.get("since", 0):
        return False
    if options.get("times") is None:
        return True
    with _LOCK:
        seen = options.setdefault("_seen", {})
        seen[request.target] = seen.get(request.target, 0) + 1
        return bool(seen[request.target] <= options["times"])


def error(status: int, code: str, message: str, **data: Any) -> Answer:
    """A REST error answer."""
    document = {"code": code, "message": message, "data": {"status": status, **data}}
    from fakewp.core import FakeCore  # late, since the core knows the faults

    return Answer(status, [("Content-Type", "application/json; charset=UTF-8")], FakeCore.encode(document), document)


def page_html(status: int, title: str, text: str = "", *headers: tuple[str, str]) -> Answer:
    """An HTML page that isn't WordPress's REST speaking."""
    body = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    return Answer(status, [("Content-Type", "text/html; charset=UTF-8"), *headers], body.encode())


def changed(site: "FakeWordPress", answer: Answer, change: Callable[[int, dict[str, Any]], None]) -> Answer:
    """`answer` with `change` applied to each of its items (place in the page, item)."""
    document = copy.deepcopy(answer.document)
    items = document if isinstance(document, list) else [document]
    for n, item in enumerate(items):
        if isinstance(item, dict) and "id" in item:
            change(n, item)
    return replace(answer, document=document, body=site.core.encode(document))
