"""A site in English and French of which each list may treat languages in its own way."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fakewp.content import Sizes, generate
from fakewp.core import FakeCore
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from fakewp.site import FakeWordPress

__all__ = ["APART", "LISTS", "InLanguages", "both", "fallback", "partly"]

SHOP = "/wc/store/v1/products"
LISTS = ("/wp/v2/posts", "/wp/v2/pages")
Items = list[dict[str, Any]]
Way = Callable[[str, Items, Items], Items]
_OWN = ("lang", "page", "per_page", "offset", "_fields", "orderby", "order")


def apart(language: str, english: Items, french: Items) -> Items:
    """Return what a list shows of items that are translated; English is what it shows without a language."""
    return french if language == "fr" else english


def both(_language: str, english: Items, french: Items) -> Items:
    """Return every item, whatever language is asked for."""
    return [*english, *french]


def partly(language: str, english: Items, french: Items) -> Items:
    """Return every item where no language is asked for, else those in it."""
    return {"en": english, "fr": french}.get(language, [*english, *french])


def fallback(kept: int) -> Way:
    """Return the way of a list that shows the first `kept` English items in French, before what is translated."""
    return lambda language, english, french: [*english[:kept], *french] if language == "fr" else english


APART: Mapping[str, Way] = dict.fromkeys(LISTS, apart)


class InLanguages(FakeWordPress):
    """A site whose home page names English and French; `ways` are those of its lists, by route.

    Lists without a way ignore `lang`. Items say their language where it is `stated`. `folder`: French is a site of its
    own, which is `down` or not.
    """

    def __init__(self, french: Mapping[str, int], **sizes: int) -> None:
        super().__init__(**sizes)
        self._sizes, self.ways, self.stated = Sizes(**french), dict(APART), False
        self.folder = self.down = False
        self.things: dict[str, Items] = {}  # of a plug-in's list, by language
        self.french = self._second("")

    def _second(self, path: str) -> FakeCore:
        home = f"{self.core.urls.home}{path}"
        core = FakeCore(generate(self._sizes, 5001), home, form=self.core.form, path=path, version=(6, 9))
        core.fake = self
        return core

    def settle(self) -> None:
        """Make French a site of its own, in a folder, with its own REST root."""
        self.folder, self.ways, self.french = True, {}, self._second("/fr")

    @property
    def asked(self) -> list[str]:
        """The requests that named a language."""
        return [one.target for one in self.requests if "lang=" in one.target]

    def respond(self, handler: Handler, request: Request) -> None:
        handler.send(self._answer(request))

    def _answer(self, request: Request) -> Answer:
        if self.folder and request.path.startswith("/fr/"):
            gone = Answer(500, [("Content-Type", "text/html")], b"<h1>Error</h1>")
            return gone if self.down and "wp-json" in request.path else self.french.answer(request)
        if request.path == "/" and "rest_route" not in request.params:
            return self._home(request)
        route = self.core.route_of(request) or ""
        if route == "/" and self.things:
            return self._index(request)
        if route == SHOP and self.things:
            return self._page(request, self.things.get(request.params.get("lang", "en"), []))
        if route in self.ways:
            return self._list(request, route)
        plain = _without(request, ("lang",))
        answer = self.core.answer(plain)
        return self.french.answer(plain) if answer.status == 404 and not self.folder else answer

    def _home(self, request: Request) -> Answer:
        answer, home = self.core.answer(request), self.core.urls.home
        links = "".join(
            f'<link rel="alternate" hreflang="{code}" href="{home}/{path}" />'
            for code, path in (("en", ""), ("fr", "fr/"))
        )
        answer.body = answer.body.replace(b"</head>", links.encode() + b"</head>", 1)
        return answer

    def _list(self, request: Request, route: str) -> Answer:
        language = request.params.get("lang", "")
        shown = self.ways[route](language, self._all(self.core, request, "en"), self._all(self.french, request, "fr"))
        return self._page(request, shown)

    def _index(self, request: Request) -> Answer:
        """Return the index with the plug-in's list, which takes `lang` and pages."""
        answer = self.core.answer(request)
        args = {name: {"type": "integer", "required": False} for name in ("page", "per_page")}
        endpoints = [{"methods": ["GET"], "args": args | {"lang": {"type": "string", "required": False}}}]
        answer.document["namespaces"].append("wc/store/v1")
        answer.document["routes"][SHOP] = {"namespace": "wc/store/v1", "methods": ["GET"], "endpoints": endpoints}
        answer.body = self.core.encode(answer.document)
        return answer

    def _page(self, request: Request, shown: Items) -> Answer:
        by = {"orderby": "date", "order": "desc"} | request.params
        shown = sorted(shown, key=lambda one: (one.get(by["orderby"], ""), one["id"]), reverse=by["order"] == "desc")
        size = int(request.params.get("per_page", 10))
        start = int(request.params.get("offset", (int(request.params.get("page", 1)) - 1) * size))
        if start and start >= len(shown):
            error = {"code": "rest_post_invalid_page_number", "message": "No.", "data": {"status": 400}}
            return Answer(400, [("Content-Type", "application/json")], json.dumps(error).encode(), error)
        fields = request.params.get("_fields", "").split(",")
        found = [
            {name: value for name, value in one.items() if name in fields} if fields != [""] else one
            for one in shown[start : start + size]
        ]
        total = [("X-WP-Total", str(len(shown))), ("X-WP-TotalPages", str(-(-len(shown) // size)))]
        return Answer(200, [("Content-Type", "application/json"), *total], self.core.encode(found), found)

    def _all(self, core: FakeCore, request: Request, language: str) -> Items:
        """Return every item of a list that the request's filters leave."""
        found: Items = []
        plain, page = _without(request, _OWN), 1
        while page:
            params = {**plain.params, "per_page": "100", "page": str(page), "orderby": "id", "order": "asc"}
            rows = core.answer(Request(plain.method, plain.target, plain.headers, plain.path, params)).document
            rows = rows if isinstance(rows, list) else []
            found += [{**one, "lang": language} if self.stated else one for one in rows]
            page = page + 1 if len(rows) == 100 else 0
        if language == "fr" and not self.folder:
            found = [{**one, "link": _in_folder(one["link"])} for one in found]
        return found


def _in_folder(link: str) -> str:
    scheme, _, rest = link.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host}/fr/{path}"


def _without(request: Request, names: tuple[str, ...]) -> Request:
    left = {name: value for name, value in request.params.items() if name not in names}
    return Request(request.method, request.target, request.headers, request.path, left)
