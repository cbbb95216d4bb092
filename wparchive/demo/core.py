"""The REST server: from a request to WordPress's answer, for whoever asks without an account."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wparchive.demo import schema
from wparchive.demo.builtin import CLOSED
from wparchive.demo.errors import RestError, no_route
from wparchive.demo.http import Answer, Request
from wparchive.demo.index import Index
from wparchive.demo.lists import Lists
from wparchive.demo.model import Post, PostType, Site, Taxonomy
from wparchive.demo.pages import Pages
from wparchive.demo.urls import Urls
from wparchive.demo.views import STATUSES, Views

__all__ = ["Core", "Result"]

_ITEM = re.compile(r"(?P<base>/.+)/(?P<id>\d+)")
_HISTORY = re.compile(r"(?P<base>/.+)/(?P<id>\d+)/(?P<what>revisions|autosaves)(?:/(?P<revision>\d+))?")
_NAMED = re.compile(r"/wp/v2/(?P<what>types|taxonomies|statuses)/(?P<name>[\w-]+)")
_WRITES = {"POST": "create", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}


@dataclass(slots=True)
class Result:
    """What an endpoint found: the document, its totals if it is a listing, the page it is shown on if it has one."""

    document: Any
    total: int | None = None
    pages: int = 0
    alternate: str | None = None
    listed: bool = False
    args: schema.Args = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


class Core:
    """One site, answering. `path` is where it is installed (`/blog`), `home` its address without a trailing slash."""

    def __init__(self, site: Site, home: str, *, form: str = "pretty", path: str = "", version: tuple[int, int] = (6, 9)) -> None:
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
        prefixes = {"pretty": ("/wp-json", "/index.php/wp-json"), "index.php": ("/index.php/wp-json",), "plain": ()}[self.form]
        for prefix in prefixes:
            if path == prefix or path.startswith(prefix + "/"):
                return path[len(prefix) :] or "/"
        return None

    def editor(self, request: Request) -> bool:
        """Whether the request comes with an account that may see and edit everything; never, on the demo site."""
        return False

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
            ("Access-Control-Allow-Headers", "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"),
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
        lists = {name for name, arg in result.args.items() if "array" in arg["type"] and "items" in arg}
        given = {name: result.params[name] if name in lists and name in result.params else value for name, value in request.params.items()}
        route = "/" + route.strip("/")
        links = []
        if page > 1:
            links.append(f'<{self.urls.view(route, given | {"page": min(page - 1, result.pages or page - 1)})}>; rel="prev"')
        if result.pages > page:
            links.append(f'<{self.urls.view(route, given | {"page": page + 1})}>; rel="next"')
        return ", ".join(links) or None

    @staticmethod
    def _chosen(request: Request, result: Result) -> Any:
        """The document cut down to `_fields`."""
        if "_fields" not in request.params or result.document in ([], {}):
            return result.document
        fields = schema.listed(request.params["_fields"])
        many = isinstance(result.document, list)
        cut = [_cut(item, fields, many) for item in (result.document if many else [result.document])]
        return cut if many else cut[0]

    def dispatch(self, request: Request, route: str) -> Result:
        """Find the endpoint and run it. Raises RestError."""
        if not route.startswith("/"):
            raise no_route()
        key = (route[:-1] if route.endswith("/") and len(route) > 1 else route).lower()
        method = str(request.params.get("_method", request.method)).upper()
        kinds: dict[str, PostType | Taxonomy] = {kind.route.lower(): kind for kind in self._routed()}
        if method not in ("GET", "HEAD"):
            return self._other(method, key, kinds)
        fixed = self._fixed()
        if key in fixed:
            return fixed[key](request)
        if key in kinds:
            return self._collection(request, kinds[key])
        if match := _NAMED.fullmatch(key):
            return self._named(request, match["what"], match["name"])
        if (match := _ITEM.fullmatch(key)) and (match["base"] in kinds or match["base"] in ("/wp/v2/comments", "/wp/v2/users")):
            return self._item(request, kinds.get(match["base"]), match["base"], int(match["id"]))
        if (match := _HISTORY.fullmatch(key)) and isinstance(kind := kinds.get(match["base"]), PostType) and "revisions" in kind.supports:
            revision = match["revision"]
            return self.history(request, kind, int(match["id"]), match["what"], int(revision) if revision else None)
        raise no_route()

    def _routed(self) -> list[PostType | Taxonomy]:
        types = [kind for kind in self.site.types.values() if kind.routed and kind.since <= self.version]
        return [*types, *self.site.taxonomies.values()]

    def _fixed(self) -> dict[str, Callable[[Request], Result]]:
        routes: dict[str, Callable[[Request], Result]] = {
            "/": lambda request: Result(self.index.document()),
            "/wp/v2/types": self._types,
            "/wp/v2/taxonomies": lambda request: self._map(request, {k.slug: self.views.taxonomy(k) for k in self.site.taxonomies.values()}),
            "/wp/v2/statuses": lambda request: Result({slug: self.views.status(slug) for slug in self._statuses(request)}),
            "/wp/v2/comments": self._comments,
            "/wp/v2/users": self._users,
            "/wp/v2/users/me": self.me,
            "/wp/v2/search": self._search,
        }
        for namespace in self.index.namespaces():
            routes[f"/{namespace}".lower()] = lambda request, name=namespace: Result(self.index.namespace(name))  # type: ignore[misc]
        for route, (code, message) in CLOSED.items():
            routes[route] = lambda request, why=(code, message): self._closed(*why)  # type: ignore[misc]
        return routes

    def _closed(self, code: str, message: str) -> Result:
        raise RestError(401, code, message)

    def _other(self, method: str, key: str, kinds: dict[str, PostType | Taxonomy]) -> Result:
        match = _ITEM.fullmatch(key)
        base = match["base"] if match else key
        if method == "OPTIONS" and base in kinds:
            return Result(self.index.options(kinds[base], single=match is not None))
        if method not in _WRITES or base not in kinds or (method == "POST") is (match is not None):
            raise no_route()
        verb = _WRITES[method]
        raise RestError(401, f"rest_cannot_{verb}", f"Sorry, you are not allowed to {verb} posts as this user.", permitted=True)

    def _types(self, request: Request) -> Result:
        return self._map(request, {k.slug: self.views.type(k) for k in self.site.types.values() if k.since <= self.version})

    def _map(self, request: Request, document: dict[str, Any]) -> Result:
        params = schema.checked({"context": schema.context_arg()}, request.params)
        if params["context"] == "edit" and not self.editor(request):
            raise RestError(401, "rest_cannot_view", "Sorry, you are not allowed to edit posts in this post type.")
        return Result(document or [])

    def _statuses(self, request: Request) -> list[str]:
        return list(STATUSES) if self.editor(request) else ["publish"]

    def _named(self, request: Request, what: str, name: str) -> Result:
        if what == "statuses":
            if name not in STATUSES:
                raise RestError(404, "rest_status_invalid", "Invalid status.")
            if name not in self._statuses(request):
                raise RestError(401, "rest_cannot_read_status", "Cannot view status.")
            return Result(self.views.status(name))
        if what == "types" and name in self.site.types and self.site.types[name].since <= self.version:
            return Result(self.views.type(self.site.types[name]))
        if what == "taxonomies" and name in self.site.taxonomies:
            return Result(self.views.taxonomy(self.site.taxonomies[name]))
        code, noun = ("rest_type_invalid", "post type") if what == "types" else ("rest_taxonomy_invalid", "taxonomy")
        raise RestError(404, code, f"Invalid {noun}.", permitted=True)

    def context(self, request: Request, params: dict[str, Any], verb: str) -> bool:
        """Whether the edit context is asked for and allowed. Raises RestError when it is asked for in vain."""
        if params.get("context") != "edit":
            return False
        if not self.editor(request):
            raise RestError(401, "rest_forbidden_context", f"Sorry, you are not allowed to {verb}.")
        return True

    def _collection(self, request: Request, kind: PostType | Taxonomy) -> Result:
        posts = isinstance(kind, PostType)
        args = schema.post_args(self.site, kind, self.version) if isinstance(kind, PostType) else schema.term_args(kind)
        params = self.checked(request, args)
        if kind.closed and not self.editor(request):
            raise RestError(401, kind.closed, f"Sorry, you are not allowed to view {kind.name.lower()}.")
        edit = self.context(request, params, "edit posts in this post type" if posts else "edit terms in this taxonomy")
        if isinstance(kind, PostType):
            found, total, pages = self.lists.posts(kind, params)
            shown: list[Any] = [self.post(request, post, edit) for post in found if self.readable(request, post)]
        else:
            terms, total, pages = self.lists.terms(kind, params, self._term_filter(request, params))
            shown = [self.views.term(term) for term in terms]
        return Result(shown, total, pages, listed=True, args=args, params=params)

    def checked(self, request: Request, args: schema.Args) -> dict[str, Any]:
        """The parameters of a request, judged."""
        return schema.checked(args, request.params)

    def _term_filter(self, request: Request, params: dict[str, Any]) -> Post | None:
        if params.get("post") is None:
            return None
        post = self.site.posts.get(params["post"])
        if post is None:
            raise RestError(400, "rest_post_invalid_id", "Invalid post ID.", permitted=True)
        if not self.readable(request, post):
            raise RestError(401, "rest_forbidden_context", "Sorry, you are not allowed to view terms for this post.")
        return post

    def readable(self, request: Request, post: Post) -> bool:
        """Whether the requester may read one post; patterns are for editors, though counted."""
        return self.editor(request) or (self.site.public(post) and post.type != "wp_block")

    def post(self, request: Request, post: Post, edit: bool) -> dict[str, Any]:
        """One post as the requester sees it."""
        return self.views.post(post, edit=edit)

    def _item(self, request: Request, kind: PostType | Taxonomy | None, base: str, number: int) -> Result:
        params = schema.checked(schema.item_args("item"), request.params)
        if isinstance(kind, PostType):
            post = self.site.posts.get(number)
            if post is None or post.type != kind.slug:
                raise RestError(404, "rest_post_invalid_id", "Invalid post ID.")
            edit = self.context(request, params, "edit this post")
            if not self.readable(request, post) or (kind.closed and not self.editor(request)):
                raise RestError(401, kind.closed or "rest_forbidden", "Sorry, you are not allowed to do that.")
            link = f'<{self.urls.post(post)}>; rel="alternate"; type=text/html' if kind.viewable else None
            return Result(self.post(request, post, edit), alternate=link)
        if isinstance(kind, Taxonomy):
            term = self.site.terms.get(number)
            if kind.closed and not self.editor(request):
                raise RestError(401, kind.closed, f"Sorry, you are not allowed to view {kind.name.lower()}.")
            if term is None or term.taxonomy != kind.slug:
                raise RestError(404, "rest_term_invalid", "Term does not exist.")
            self.context(request, params, "edit this term")
            return Result(self.views.term(term))
        return self._comment(request, params, number) if base.endswith("comments") else self._user(request, params, number)

    def _comment(self, request: Request, params: dict[str, Any], number: int) -> Result:
        comment = self.site.comments.get(number)
        if comment is None:
            raise RestError(404, "rest_comment_invalid_id", "Invalid comment ID.")
        edit = self.context(request, params, "edit comments")
        if not self._comment_readable(request, comment.post, comment.approved):
            raise RestError(401, "rest_cannot_read", "Sorry, you are not allowed to read this comment.")
        return Result(self.views.comment(comment, edit=edit))

    def _comment_readable(self, request: Request, post: int, approved: str) -> bool:
        above = self.site.posts.get(post)
        open_post = above is not None and self.readable(request, above) and not above.password
        return self.editor(request) or (approved == "approved" and open_post)

    def _user(self, request: Request, params: dict[str, Any], number: int) -> Result:
        user = self.site.users.get(number)
        if user is None:
            raise RestError(404, "rest_user_invalid_id", "Invalid user ID.")
        edit = self.context(request, params, "edit users")
        if not self.editor(request) and number not in self.site.authors():
            raise RestError(401, "rest_user_cannot_view", "Sorry, you are not allowed to list users.")
        return Result(self.user(user.id, edit))

    def user(self, number: int, edit: bool) -> dict[str, Any]:
        """One user as the requester sees one."""
        return self.views.user(self.site.users[number])

    def me(self, request: Request) -> Result:
        """Who is asking."""
        raise RestError(401, "rest_not_logged_in", "You are not currently logged in.", permitted=True)

    def history(self, request: Request, kind: PostType, number: int, what: str, revision: int | None) -> Result:
        """The revisions or autosaves of a post: for editors only, so never on the demo site."""
        post = self.site.posts.get(number)
        if post is None or post.type != kind.slug:
            raise RestError(404, "rest_post_invalid_parent", "Invalid post parent ID.")
        raise RestError(401, "rest_cannot_read", f"Sorry, you are not allowed to view {what} of this post.")

    def _comments(self, request: Request) -> Result:
        args = schema.comment_args()
        params = self.checked(request, args)
        for number in params["post"]:
            post = self.site.posts.get(number)
            if post is not None and not self._comment_readable(request, number, "approved"):
                raise RestError(401, "rest_cannot_read_post", "Sorry, you are not allowed to read the post for this comment.")
        edit = self.context(request, params, "edit comments")
        barred = [name for name in ("author", "author_exclude", "author_email") if params.get(name)]
        barred += [name for name in ("type", "status") if params[name] != args[name]["default"]]
        if barred and not self.editor(request):
            raise RestError(401, "rest_forbidden_param", f"Query parameter not permitted: {', '.join(barred)}")
        found, total, pages = self.lists.comments(params)
        shown = [self.views.comment(one, edit=edit) for one in found if self._comment_readable(request, one.post, one.approved)]
        return Result(shown, total, pages, listed=True, args=args, params=params)

    def _users(self, request: Request) -> Result:
        args = schema.user_args()
        params = self.checked(request, args)
        edit = self.context(request, params, "edit users")
        if not self.editor(request):
            if params.get("roles") or params.get("capabilities"):
                raise RestError(401, "rest_user_cannot_view", "Sorry, you are not allowed to filter users by role.")
            if params["orderby"] in ("email", "registered_date"):
                raise RestError(401, "rest_forbidden_orderby", "Sorry, you are not allowed to order users by this parameter.")
            if "who" in params:
                raise RestError(401, "rest_forbidden_who", "Sorry, you are not allowed to query users by this parameter.")
        visible = None if self.editor(request) else self.site.authors()
        found, total, pages = self.lists.users(params, visible)
        return Result([self.user(user.id, edit) for user in found], total, pages, listed=True, args=args, params=params)

    def _search(self, request: Request) -> Result:
        args = schema.search_args()
        params = self.checked(request, args)
        found, total, pages = self.lists.search(params)
        rest, shown = self.urls.rest, []
        for post in found:
            kind = self.site.types[post.type]
            links = {
                "self": [{"embeddable": True, "href": rest(f"{kind.route}/{post.id}")}],
                "about": [{"href": rest(f"/wp/v2/types/{post.type}")}],
                "collection": [{"href": rest("/wp/v2/search")}],
            }
            shown.append({"id": post.id, "title": post.title, "url": self.urls.post(post), "type": "post", "subtype": post.type, "_links": links})
        return Result(shown, total, pages, listed=True, args=args, params=params)


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
