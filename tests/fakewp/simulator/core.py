"""The server's core: from a request to the answer that WordPress gives to whoever asks without an account."""

import json
from typing import Any

from fakewp.simulator.checks import listed
from fakewp.simulator.endpoints import Endpoints
from fakewp.simulator.errors import RestError
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.index import Index
from fakewp.simulator.lists import Lists
from fakewp.simulator.model import Site
from fakewp.simulator.pages import Pages
from fakewp.simulator.people import Result
from fakewp.simulator.urls import Urls
from fakewp.simulator.views import Views

__all__ = ["Core"]


class Core(Endpoints):
    """One site, answering. `path` is where it is installed (`/blog`), `home` its address without a trailing slash."""

    def __init__(
        self, site: Site, home: str, *, form: str = "pretty", path: str = "", version: tuple[int, int] = (6, 9)
    ) -> None:
        self.site, self.path, self.form, self.version = site, path, form, version
        self.urls = Urls(site, home, form)
        self.views = Views(site, self.urls, version)
        self.lists = Lists(site)
        self.index = Index(site, self.urls, version)
        self.pages = Pages(site, self.urls, self.views)

    def answer(self, request: Request) -> Answer:
        """Answer any request."""
        if not request.path.startswith(self.path + "/") and request.path != self.path:
            return self.pages.stray()
        route = self.route_of(request)
        if route is None:
            return self.pages.answer(request, request.path[len(self.path) :] or "/")
        return self.rest(request, route)

    def route_of(self, request: Request) -> str | None:
        """The REST route that a request asks for; None for the pages of the site."""
        asked = request.params.get("rest_route")
        if isinstance(asked, str) and asked:
            return asked
        path = request.path[len(self.path) :]
        prefixes = {"pretty": ("/wp-json", "/index.php/wp-json"), "index.php": ("/index.php/wp-json",), "plain": ()}[
            self.form
        ]
        for prefix in prefixes:
            if path == prefix or path.startswith(prefix + "/"):
                return path[len(prefix) :] or "/"
        return None

    def rest(self, request: Request, route: str) -> Answer:
        """Answer a REST request."""
        headers = self._common()
        try:
            result = self.dispatch(request, route)
        except RestError as error:
            headers += [("Allow", "GET")] if error.permitted else []
            return self._answer(error.status, headers, error.document)
        if result.total is not None:
            headers += [("X-WP-Total", str(result.total)), ("X-WP-TotalPages", str(result.pages))]
        link = self._links(route, request, result) if result.listed else result.alternate
        if link:
            headers = [(name, value) for name, value in headers if name != "Link"] + [("Link", link)]
        headers.append(("Allow", self.allowed(request, result)))
        return self._answer(200, headers, self._chosen(request, result))

    def allowed(self, request: Request, result: Result) -> str:
        """The methods that the requester may use on what was found."""
        return "GET"

    def _common(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json; charset=UTF-8"),
            ("X-Robots-Tag", "noindex"),
            ("Link", f'<{self.urls.rest()}>; rel="https://api.w.org/"'),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
            (
                "Access-Control-Allow-Headers",
                "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
            ),
        ]

    def _answer(self, status: int, headers: list[tuple[str, str]], document: Any) -> Answer:
        return Answer(status, [*headers, ("Vary", "Origin")], self.encode(document), document)

    @staticmethod
    def encode(document: Any) -> bytes:
        """JSON as PHP writes it: ASCII only, slashes escaped, no spaces."""
        return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()

    def _links(self, route: str, request: Request, result: Result) -> str | None:
        """The `Link` header of a page of a listing, rebuilt from the parameters as core does."""
        page = int(result.params.get("page", 1))
        if result.strides and "offset" in result.params:
            page = result.params["offset"] // result.params["per_page"] + 1
        lists = {name for name, arg in result.args.items() if "array" in arg["type"] and "items" in arg}
        given = {
            name: result.params[name] if name in lists and name in result.params else value
            for name, value in request.params.items()
        }
        route = "/" + route.strip("/")
        links = []
        if page > 1:
            links.append(
                f'<{self.urls.view(route, given | {"page": min(page - 1, result.pages or page - 1)})}>; rel="prev"'
            )
        if result.pages > page:
            links.append(f'<{self.urls.view(route, given | {"page": page + 1})}>; rel="next"')
        return ", ".join(links) or None

    @staticmethod
    def _chosen(request: Request, result: Result) -> Any:
        """The document cut down to `_fields`."""
        if "_fields" not in request.params or result.document in ([], {}):
            return result.document
        fields = listed(request.params["_fields"])
        many = isinstance(result.document, list)
        cut = [_cut(item, fields, many) for item in (result.document if many else [result.document])]
        return cut if many else cut[0]


def _cut(item: Any, fields: list[str], many: bool) -> Any:
    """`item` with only `fields`; on a single item a choice among `_links` is ignored, as core ignores it."""
    if not isinstance(item, dict):
        return item
    cut: dict[str, Any] = {}
    for name, value in item.items():
        inner = [field.partition(".")[2] for field in fields if field.partition(".")[0] == name]
        if not inner:
            continue
        whole = "" in inner or not isinstance(value, dict) or (name == "_links" and not many)
        cut[name] = value if whole else _cut(value, inner, many)
    return cut
