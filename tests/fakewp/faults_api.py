"""Faults of the API: headers, page sizes, errors, totals, refusals; each still says something HTTP."""

import copy
from dataclasses import replace
from email.utils import formatdate
from time import time
from typing import Any

from fakewp.faults_base import Fault, Options, due, error, listing, page_html, rows
from fakewp.simulator.http import Answer, Request

__all__ = ["API"]

POSTS = "/wp/v2/posts"
SECOND = (101, 200)


def _with(request: Request, **params: Any) -> Request:
    return replace(request, params={**request.params, **params})


def _headers_lost(*names: str) -> Any:
    def after(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
        if listing(route) and due(site, options, request, route):
            for name in names:
                answer.replace(name, None)
        return answer

    return after


def _cap_refused(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    cap, size = options["cap"], str(request.params.get("per_page", 10))
    if not listing(route) or not due(site, options, request, route) or not size.isdigit() or int(size) <= cap:
        return None
    words = f"per_page must be between 1 (inclusive) and {cap} (inclusive)"
    detail = {"per_page": {"code": "rest_out_of_bounds", "message": words, "data": None}}
    return error(
        400, "rest_invalid_param", "Invalid parameter(s): per_page", params={"per_page": words}, details=detail
    )


def _cap_silent(site: Any, options: Options, request: Request, route: str | None) -> Request | None:
    size = str(request.params.get("per_page", 10))
    if (
        not listing(route)
        or not due(site, options, request, route)
        or not size.isdigit()
        or int(size) <= options["cap"]
    ):
        return None
    return _with(request, per_page=str(options["cap"]))


def _answers(make: Any) -> Any:
    """A `before` that answers with `make(options)` where the fault is due."""

    def before(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
        return make(options) if route is not None and due(site, options, request, route) else None

    return before


def _poisoned(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if (route or "").partition("/posts")[0] != "/wp/v2" or answer.status != 200:
        return None
    asked = request.params.get("_fields")
    fields = asked if isinstance(asked, list) else str(asked or "content").split(",")
    if not options["deep"] and not any(field.strip().partition(".")[0] == "content" for field in fields):
        return None
    if options["item"] is None:
        options["item"] = site.ids("post")[options["position"] - 1]
    items = answer.document if isinstance(answer.document, list) else [answer.document]
    return (
        _critical(options) if any(isinstance(one, dict) and one.get("id") == options["item"] for one in items) else None
    )


def _critical(options: Options) -> Answer:
    words = "<p>There has been a critical error on this website.</p>"
    if options.get("form", "json") == "html":
        return page_html(500, "WordPress &rsaquo; Error", words)
    answer = error(500, "internal_server_error", words)
    answer.document["additional_errors"] = []
    return answer


def _throttled(status: int, form: str) -> Any:
    def make(options: Options) -> Answer:
        seconds = options["seconds"]
        value = str(seconds) if form == "seconds" else formatdate(time() + seconds, usegmt=True)
        return page_html(
            status, "Too Many Requests" if status == 429 else "Service Unavailable", "", ("Retry-After", value)
        )

    return make


def _empty(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    first, last = options["rows"]
    start, _ = rows(request)
    if route != options["route"] or answer.status != 200 or not isinstance(answer.document, list):
        return None
    kept = [item for n, item in enumerate(answer.document, start) if not first <= n <= last]
    return replace(answer, document=kept, body=site.core.encode(kept))


def _shrinking(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> None:
    if (
        route == options["route"]
        and answer.status == 200
        and request.method == "GET"
        and options["left"] > 0
        and isinstance(answer.document, list)
        and answer.document
    ):
        options["left"] -= 1
        site.trash(next(number for number in site.ids("post")))


def _growing(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> None:
    if route == options["route"] and answer.status == 200 and request.method == "GET" and options["left"] > 0:
        options["left"] -= 1
        site.add("post")


def _repeated(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if answer.document is not None and route == options["route"]:
        answer.replace("X-WP-Total", str(options["pages"] * 100))
        answer.replace("X-WP-TotalPages", str(options["pages"]))
    return answer


def _first_page(site: Any, options: Options, request: Request, route: str | None) -> Request | None:
    if route != options["route"]:
        return None
    params = {name: value for name, value in request.params.items() if name != "offset"}
    return replace(request, params={**params, "page": "1"})


def _unnumbered(site: Any, options: Options, request: Request, route: str | None) -> Request | None:
    return _with(request, page="1") if route == options["route"] else None


def _window(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    start, _ = rows(request)
    if route != options["route"] or not isinstance(answer.document, list) or "include" in request.params:
        return None
    kept = answer.document[: max(0, options["rows"] - start + 1)]
    return replace(answer, document=kept, body=site.core.encode(kept))


def _said_total(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if route == options["route"] and answer.header("X-WP-Total"):
        answer.replace("X-WP-Total", str(options["total"]))
        for name in options["without"]:
            answer.replace(name, None)
    return answer


def _nothing_there(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if not listing(route) or answer.document != []:
        return None
    if options["status"] == 404:
        return error(404, options["code"], "No posts found.")
    return Answer(options["status"], [("Content-Type", "text/html; charset=UTF-8")], b"")


def _wrong_total(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if route == options["route"] and (total := answer.header("X-WP-Total")):
        answer.replace("X-WP-Total", str(int(total) + options["more"]))
        pages = -(-(int(total) + options["more"]) // (rows(request)[1] - rows(request)[0] + 1))
        answer.replace("X-WP-TotalPages", str(pages))
    return answer


def _stale(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if answer.document is None or not due(site, options, request, route):
        return None
    if options["past"] and "cachebust" in request.params:
        return replace(answer, headers=[*answer.headers, ("X-Cache", "MISS")])
    kept = options.setdefault("_kept", {}).setdefault(request.target, copy.deepcopy(answer))
    return replace(kept, headers=[*kept.headers, ("Age", str(options["age"])), ("X-Cache", "HIT")])


def _closed(prefix: str, status: int, code: str) -> Fault:
    def before(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
        if route is None or not (route.rstrip("/") + "/").lower().startswith(prefix.rstrip("/") + "/"):
            return None
        return error(options["status"], options["code"], "Sorry, you are not allowed to do that.")

    return Fault(says="", before=before, options={"status": status, "code": code})


def _says(words: str, fault: Fault) -> Fault:
    return replace(fault, says=words)


def _gone(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    if (route or "").rstrip("/").lower().startswith(options["route"]):
        return error(404, "rest_no_route", "No route was found matching the URL and request method.")
    return None


def _hidden(options: Options) -> Answer:
    """What stands where the documents of types and taxonomies should be."""
    form = options["form"]
    if form == "html":
        return page_html(200, "Welcome")
    if form == "no page":
        return page_html(404, "Not Found")
    if form in ("broken", "empty", "null"):
        body = {"broken": b'{"post":{"name":"Po', "empty": b"{}", "null": b"null"}[form]
        return Answer(200, [("Content-Type", "application/json; charset=UTF-8")], body)
    status, code = {"401": (401, "rest_cannot_view"), "403": (403, "rest_forbidden"), "404": (404, "rest_no_route")}[
        form
    ]
    return error(status, code, "Sorry, you are not allowed to do that.")


def _documents_hidden(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    return _hidden(options) if (route or "").startswith(tuple(options["routes"])) else None


def _index_hidden(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    return _hidden(options) if route is not None and not route.strip("/") else None


_LOST = ("X-WP-Total", "X-WP-TotalPages")
API = {
    "no-totals": Fault(says="Listings come without X-WP-Total and X-WP-TotalPages.", after=_headers_lost(*_LOST)),
    "no-headers": Fault(
        says="Listings come without X-WP-Total, X-WP-TotalPages and Link.", after=_headers_lost(*_LOST, "Link")
    ),
    "no-total-pages": Fault(says="Only X-WP-TotalPages is missing.", after=_headers_lost("X-WP-TotalPages")),
    "cap-400": Fault(
        says="per_page above `cap` (20) is refused with 400, though the index says 100.",
        before=_cap_refused,
        options={"cap": 20},
    ),
    "cap-silent": Fault(
        says="per_page above `cap` (20) gives `cap` rows, totals to match.", ask=_cap_silent, options={"cap": 20}
    ),
    "html-forever": Fault(
        says="The second hundred posts answer HTML with 200, for ever.",
        before=_answers(lambda _: page_html(200, "Welcome")),
        options={"route": POSTS, "rows": SECOND},
    ),
    "html-twice": Fault(
        says="Each page of posts answers HTML with 200 twice, then fine.",
        before=_answers(lambda _: page_html(200, "Welcome")),
        options={"route": POSTS, "times": 2},
    ),
    "poisoned": Fault(
        says="Any answer with the content of one post (`item`, or the one at `position`) is a 500.",
        after=_poisoned,
        options={"item": None, "position": 137, "deep": False},
    ),
    "poisoned-deep": Fault(
        says="Any answer with that post in it is a 500, even without its content.",
        after=_poisoned,
        options={"item": None, "position": 137, "deep": True},
    ),
    "errors-forever": Fault(
        says="The second hundred posts answer 500, for ever, at any size.",
        before=_answers(_critical),
        options={"route": POSTS, "rows": SECOND},
    ),
    "errors-pass": Fault(
        says="Each page of posts answers 500 twice, then fine.",
        before=_answers(_critical),
        options={"route": POSTS, "times": 2},
    ),
    "throttle-seconds": Fault(
        says="429 with Retry-After in seconds, twice for each page of posts.",
        before=_answers(_throttled(429, "seconds")),
        options={"route": POSTS, "times": 2, "seconds": 1},
    ),
    "throttle-date": Fault(
        says="503 with Retry-After as a date, twice for each page of posts.",
        before=_answers(_throttled(503, "date")),
        options={"route": POSTS, "times": 2, "seconds": 1},
    ),
    "throttle-forever": Fault(
        says="429 with Retry-After (an hour) for ever, from the 6th request on.",
        before=_answers(_throttled(429, "seconds")),
        options={"seconds": 3600, "since": 6},
    ),
    "empty-page": Fault(
        says="The second hundred posts are withheld: counted, but that page is [].",
        after=_empty,
        options={"route": POSTS, "rows": SECOND},
    ),
    "shrinking": Fault(
        says="After each of the first `left` (1) pages of posts, the first post is trashed: the rest shifts left.",
        after=_shrinking,
        options={"route": POSTS, "left": 1},
    ),
    "growing": Fault(
        says="After each of the first `left` (1) pages of posts, a post is added.",
        after=_growing,
        options={"route": POSTS, "left": 1},
    ),
    "repeated": Fault(
        says="Every page of posts is the first one again, of a million.",
        ask=_first_page,
        after=_repeated,
        options={"route": POSTS, "pages": 1_000_000},
    ),
    "page-ignored": Fault(
        says="Whatever page of posts is asked for, it is the first one; `offset` works.",
        ask=_unnumbered,
        options={"route": POSTS},
    ),
    "window": Fault(
        says="A search engine behind the list: only the first `rows` (200) posts of any order are shown, all are counted.",
        after=_window,
        options={"route": POSTS, "rows": 200},
    ),
    "total-low": Fault(
        says="X-WP-Total of posts says `total` (100), whatever there is; headers `without` are missing.",
        after=_said_total,
        options={"route": POSTS, "total": 100, "without": ("X-WP-TotalPages", "Link")},
    ),
    "nothing-there": Fault(
        says="Empty collections answer 404 with an error `code`, or with another `status` and no body.",
        after=_nothing_there,
        options={"status": 404, "code": "rest_no_posts"},
    ),
    "total-lies": Fault(
        says="X-WP-Total of posts is `more` (500) too high; pages past the end are refused.",
        after=_wrong_total,
        options={"route": POSTS, "more": 500},
    ),
    "revisions-open": Fault(says="Everyone may read revisions."),
    "unstable": Fault(says="Any order but that of ids is another one each time."),
    "stale": Fault(
        says="A cache: each answer is what it was at the first request, with Age (`age`) and X-Cache; `past`: may be asked past.",
        after=_stale,
        options={"age": 86400, "past": False},
    ),
    "users-closed": _says("Users are closed: 401.", _closed("/wp/v2/users", 401, "rest_user_cannot_view")),
    "comments-closed": _says(
        "Comments are closed: 403 by a plug-in.", _closed("/wp/v2/comments", 403, "rest_comment_disabled")
    ),
    "closed-401": _says(
        "The whole API is closed to strangers: 401 by a plug-in.", _closed("/", 401, "rest_cannot_access")
    ),
    "closed-403": _says("The whole API is closed: 403 by a plug-in.", _closed("/", 403, "jwt_auth_no_auth_header")),
    "documents-hidden": Fault(
        says="Types and taxonomies (`routes`) are closed: `form` 401, 403, 404, html, no page, broken, empty, null.",
        before=_documents_hidden,
        options={"form": "401", "routes": ("/wp/v2/types", "/wp/v2/taxonomies")},
    ),
    "index-hidden": Fault(
        says="The index is closed or emptied, by one of the `form`s of documents-hidden; its content is open.",
        before=_index_hidden,
        options={"form": "401"},
    ),
    "no-route": Fault(
        says="One route (`route`, users) is gone: 404 rest_no_route, though the index names it.",
        before=_gone,
        options={"route": "/wp/v2/users"},
    ),
}
