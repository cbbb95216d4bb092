"""From a route to its endpoint: types, taxonomies, posts of every type, terms, and what is closed."""

import re
from collections.abc import Callable
from typing import Any

from fakewp.simulator import schema
from fakewp.simulator.builtin import CLOSED
from fakewp.simulator.checks import checked
from fakewp.simulator.errors import RestError, no_route
from fakewp.simulator.http import Request
from fakewp.simulator.index import Index
from fakewp.simulator.model import Post, PostType, Taxonomy
from fakewp.simulator.people import People, Result
from fakewp.simulator.views import STATUSES

__all__ = ["Endpoints"]

_ITEM = re.compile(r"(?P<base>/.+)/(?P<id>\d+)")
_HISTORY = re.compile(r"(?P<base>/.+)/(?P<id>\d+)/(?P<what>revisions|autosaves)(?:/(?P<revision>\d+))?")
_NAMED = re.compile(r"/wp/v2/(?P<what>types|taxonomies|statuses)/(?P<name>[\w-]+)")
_WRITES = {"POST": "create", "PUT": "edit", "PATCH": "edit", "DELETE": "delete"}


class Endpoints(People):
    """Every route of the site."""

    index: Index
    version: tuple[int, int]

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
        if (match := _ITEM.fullmatch(key)) and (
            match["base"] in kinds or match["base"] in ("/wp/v2/comments", "/wp/v2/users")
        ):
            return self._item(request, kinds.get(match["base"]), match["base"], int(match["id"]))
        if (
            (match := _HISTORY.fullmatch(key))
            and isinstance(kind := kinds.get(match["base"]), PostType)
            and "revisions" in kind.supports
        ):
            revision = match["revision"]
            return self.history(request, kind, int(match["id"]), match["what"], int(revision) if revision else None)
        raise no_route()

    def _routed(self) -> list[PostType | Taxonomy]:
        types = [kind for kind in self.site.types.values() if kind.routed and kind.since <= self.version]
        return [*types, *self.site.taxonomies.values()]

    def _fixed(self) -> dict[str, Callable[[Request], Result]]:
        routes: dict[str, Callable[[Request], Result]] = {
            "/": lambda _: Result(self.index.document()),
            "/wp/v2/types": self._types,
            "/wp/v2/taxonomies": lambda request: self._map(
                request, {k.slug: self.views.taxonomy(k) for k in self.site.taxonomies.values()}
            ),
            "/wp/v2/statuses": lambda request: Result(
                {slug: self.views.status(slug) for slug in self._statuses(request)}
            ),
            "/wp/v2/comments": self._comments,
            "/wp/v2/users": self._users,
            "/wp/v2/users/me": self.me,
            "/wp/v2/search": self._search,
        }
        for namespace in self.index.namespaces():
            routes[f"/{namespace}".lower()] = lambda _, name=namespace: Result(self.index.namespace(name))  # type: ignore[misc]
        for route, (code, message) in CLOSED.items():
            routes[route] = lambda _, why=(code, message): self._closed(*why)  # type: ignore[misc]
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
        if match and int(match["id"]) not in self.site.posts and isinstance(kinds[base], PostType):
            raise RestError(404, "rest_post_invalid_id", "Invalid post ID.")
        raise RestError(
            401, f"rest_cannot_{verb}", f"Sorry, you are not allowed to {verb} posts as this user.", permitted=True
        )

    def _types(self, request: Request) -> Result:
        return self._map(
            request, {k.slug: self.views.type(k) for k in self.site.types.values() if k.since <= self.version}
        )

    def _map(self, request: Request, document: dict[str, Any]) -> Result:
        params = checked({"context": schema.context_arg()}, request.params)
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
        return Result(shown, total, pages, listed=True, args=args, params=params, strides=not posts)

    def _term_filter(self, request: Request, params: dict[str, Any]) -> Post | None:
        if params.get("post") is None:
            return None
        post = self.site.posts.get(params["post"])
        if post is None:
            raise RestError(400, "rest_post_invalid_id", "Invalid post ID.")
        if not self.readable(request, post):
            raise RestError(401, "rest_forbidden_context", "Sorry, you are not allowed to view terms for this post.")
        return post

    def post(self, request: Request, post: Post, edit: bool) -> dict[str, Any]:
        """One post as the requester sees it."""
        return self.views.post(post, edit=edit)

    def _item(self, request: Request, kind: PostType | Taxonomy | None, base: str, number: int) -> Result:
        params = checked(schema.item_args("item"), request.params)
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
        return (
            self._comment(request, params, number) if base.endswith("comments") else self._user(request, params, number)
        )

    def history(self, request: Request, kind: PostType, number: int, what: str, revision: int | None) -> Result:
        """The revisions or autosaves of a post: for editors only, so never here."""
        post = self.site.posts.get(number)
        if post is None or post.type != kind.slug:
            raise RestError(404, "rest_post_invalid_parent", "Invalid post parent ID.")
        raise RestError(401, "rest_cannot_read", f"Sorry, you are not allowed to view {what} of this post.")
