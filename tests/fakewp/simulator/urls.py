"""How a site spells its own addresses: REST routes and permalinks, with pretty, `index.php` and plain permalinks."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from fakewp.simulator.model import Comment, Post, Site, Term, User

__all__ = ["FORMS", "Urls", "query"]

FORMS = ("pretty", "index.php", "plain")
_CORE_QUERY = {"post": "p", "page": "page_id", "attachment": "attachment_id"}


def query(params: Mapping[str, Any]) -> str:
    """`params` as PHP's `http_build_query` writes them: lists become `a%5B0%5D=..`."""
    pairs: list[str] = []
    for name, value in params.items():
        several = isinstance(value, list)
        named = [(f"{name}[{n}]", one) for n, one in enumerate(value)] if several else [(name, value)]
        pairs += [f"{quote_plus(key)}={quote_plus(str(one))}" for key, one in named]
    return "&".join(pairs)


class Urls:
    """The addresses of `site` at `home` (without a trailing slash)."""

    def __init__(self, site: Site, home: str, form: str) -> None:
        if form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, not {form!r}")
        self.site, self.home, self.form = site, home, form
        self._root = {
            "pretty": f"{home}/wp-json",
            "index.php": f"{home}/index.php/wp-json",
            "plain": f"{home}/index.php?rest_route=",
        }[form]

    def rest(self, route: str = "/") -> str:
        """The URL of `route` as core's `rest_url()` spells it."""
        return self._root + route

    def view(self, route: str, params: Mapping[str, Any]) -> str:
        """The URL of `route` with parameters as core's `add_query_arg()` spells it: `%2F` in the plain form."""
        if self.form == "plain":
            return f"{self.home}/index.php?{query({'rest_route': route, **params})}"
        return f"{self.rest(route)}?{query(params)}" if params else self.rest(route)

    def _pretty(self, path: str) -> str:
        return f"{self.home}{'/index.php' if self.form == 'index.php' else ''}{path}"

    def post(self, post: Post) -> str:
        """The permalink of a post, page, custom item or attachment."""
        if self.form == "plain" or post.status not in ("publish", "inherit"):
            name = _CORE_QUERY.get(post.type, post.type)
            return f"{self.home}/?{name}={post.id if post.type in _CORE_QUERY else quote(post.slug)}"
        if post.type == "post":
            return self._pretty(f"/{post.date[:10].replace('-', '/')}/{post.slug}/")
        path, above = post.slug, self.site.posts.get(post.parent)
        while above and above.type == post.type:
            path, above = f"{above.slug}/{path}", self.site.posts.get(above.parent)
        if post.type == "attachment" and above and self.site.public(above):
            return f"{self.post(above)}{path}/"
        return self._pretty(f"/{path}/" if post.type in _CORE_QUERY else f"/{post.type}/{path}/")

    def shortlink(self, post: Post) -> str:
        """The `?p=` form of a permalink."""
        return f"{self.home}/?p={post.id}"

    def comment(self, comment: Comment) -> str:
        """The anchor of a comment on its post's page."""
        post = self.site.posts.get(comment.post)
        return f"{self.post(post) if post else self.home + '/'}#comment-{comment.id}"

    def user(self, user: User) -> str:
        """The author archive."""
        return f"{self.home}/?author={user.id}" if self.form == "plain" else self._pretty(f"/author/{user.login}/")

    def term(self, term: Term) -> str:
        """The term archive."""
        if self.form == "plain":
            names = {"category": f"cat={term.id}", "post_tag": f"tag={quote(term.slug)}"}
            return f"{self.home}/?{names.get(term.taxonomy, f'{term.taxonomy}={quote(term.slug)}')}"
        path, above = term.slug, self.site.terms.get(term.parent)
        while above and self.site.taxonomies[term.taxonomy].hierarchical:
            path, above = f"{above.slug}/{path}", self.site.terms.get(above.parent)
        return self._pretty(f"/{'tag' if term.taxonomy == 'post_tag' else term.taxonomy}/{path}/")

    def file(self, path: str) -> str:
        """The URL of an uploaded file."""
        return f"{self.home}/wp-content/uploads/{path}"
