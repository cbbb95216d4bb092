"""Which rows a listing shows: filters, order and pages, with the four ways in which core's controllers end."""

import operator
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from fakewp.simulator.errors import RestError
from fakewp.simulator.model import Comment, Post, PostType, Site, Taxonomy, Term, User

__all__ = ["Lists"]

Row = TypeVar("Row", Post, Comment, User, Term)
_POST_KEYS: dict[str, Callable[[Post], Any]] = {
    "id": operator.attrgetter("id"),
    "date": operator.attrgetter("date", "id"),
    "modified": operator.attrgetter("modified"),
    "title": operator.attrgetter("title", "id"),
    "slug": operator.attrgetter("slug", "id"),
    "author": operator.attrgetter("author", "id"),
    "parent": operator.attrgetter("parent", "id"),
    "menu_order": operator.attrgetter("order", "id"),
}


class Lists:
    """The listings of `site`: each gives the rows of one page, the total, and the number of pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def local(self, value: str) -> str:
        """A date parameter as the site's own local time: what core compares with the stored local column."""
        moment = datetime.fromisoformat(value.upper().replace(" ", "T"))
        if moment.tzinfo is not None:
            moment = (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None) + timedelta(
                hours=self.site.offset
            )
        return moment.strftime("%Y-%m-%dT%H:%M:%S")

    def order(self, rows: list[Row], params: dict[str, Any], key: Callable[[Row], Any]) -> list[Row]:
        """Sort rows as `orderby` and `order` ask."""
        if params["orderby"] == "include" and params["include"]:
            return sorted(rows, key=lambda row: params["include"].index(row.id))
        return sorted(rows, key=key, reverse=params["order"] == "desc")

    def posts(self, kind: PostType, params: dict[str, Any]) -> tuple[list[Post], int, int]:
        """Posts, pages, media or custom items. Past the last page: 400 `rest_post_invalid_page_number`."""
        rows = [post for post in self.site.of_type(kind.slug) if self._wanted(post, kind, params)]
        rows = self.order(rows, params, _POST_KEYS.get(params["orderby"], _POST_KEYS["date"]))
        page, size, total = params["page"], params["per_page"], len(rows)
        if "offset" in params:
            found = rows[params["offset"] :][:size]
            total = total if found else 0
        else:
            found = rows[(page - 1) * size :][:size]
        pages = -(-total // size)
        if page > pages and total > 0:
            words = "The page number requested is larger than the number of pages available."
            raise RestError(400, "rest_post_invalid_page_number", words, permitted=True)
        return found, total, pages

    def _wanted(self, post: Post, kind: PostType, params: dict[str, Any]) -> bool:
        if post.status not in params["status"] and "any" not in params["status"]:
            return False
        among = {"include": post.id, "author": post.author, "slug": post.slug, "parent": post.parent}
        if any(params.get(name) and value not in params[name] for name, value in among.items()):
            return False
        without = {"exclude": post.id, "author_exclude": post.author, "parent_exclude": post.parent}
        if any(value in params.get(name, ()) for name, value in without.items()):
            return False
        if ("menu_order" in params and params["menu_order"] != post.order) or (
            "sticky" in params and params["sticky"] != post.sticky
        ):
            return False
        if params.get("mime_type", post.mime) not in (None, post.mime) or params.get("media_type") not in (
            None,
            post.mime.split("/")[0],
        ):
            return False
        times = {"after": post.date, "modified_after": post.modified}
        if any(name in params and value <= self.local(params[name]) for name, value in times.items()):
            return False
        times = {"before": post.date, "modified_before": post.modified}
        if any(name in params and value >= self.local(params[name]) for name, value in times.items()):
            return False
        return self._sorted(post, kind, params) and _mentions(params, post.title, post.content, post.excerpt or "")

    def _sorted(self, post: Post, kind: PostType, params: dict[str, Any]) -> bool:
        for slug in kind.taxonomies:
            base = self.site.taxonomies[slug].base if slug in self.site.taxonomies else slug
            mine = set(post.terms.get(slug, ()))
            if (params.get(base) and not mine & set(params[base])) or mine & set(params.get(f"{base}_exclude", ())):
                return False
        return True

    def comments(self, params: dict[str, Any]) -> tuple[list[Comment], int, int]:
        """Comments, approved and of type `comment` unless asked otherwise. Past the end: an empty page, true totals."""
        status = {"approve": "approved"}.get(params["status"], params["status"])
        rows = [
            one
            for one in self.site.comments.values()
            if status in (one.approved, "all")
            and params["type"] in (one.type, "all")
            and (not params["include"] or one.id in params["include"])
            and one.id not in params["exclude"]
            and (not params["post"] or one.post in params["post"])
            and (not params["parent"] or one.parent in params["parent"])
            and one.parent not in params["parent_exclude"]
            and ("after" not in params or one.date > self.local(params["after"]))
            and ("before" not in params or one.date < self.local(params["before"]))
            and _mentions(params, one.content)
        ]
        keys = {"id": "id", "date": "date", "post": "post", "parent": "parent", "type": "type"}
        name = keys.get(params["orderby"], "date_gmt")
        return self._paged(self.order(rows, params, operator.attrgetter(name, "id")), params)

    def users(self, params: dict[str, Any], visible: set[int] | None) -> tuple[list[User], int, int]:
        """Users, only those in `visible` unless None. Past the end: an empty page, true totals."""
        rows = [
            one
            for one in self.site.users.values()
            if (visible is None or one.id in visible)
            and (not params["include"] or one.id in params["include"])
            and one.id not in params["exclude"]
            and (not params.get("slug") or one.login in params["slug"])
            and _mentions(params, one.name)
        ]
        name = {"id": "id", "slug": "login", "url": "url", "registered_date": "registered", "email": "email"}.get(
            params["orderby"], "name"
        )
        return self._paged(self.order(rows, params, operator.attrgetter(name, "id")), params)

    def terms(self, taxonomy: Taxonomy, params: dict[str, Any], post: Post | None) -> tuple[list[Term], int, int]:
        """The terms of a taxonomy, or those of one post. Past the end: an empty page, true totals."""
        rows = [
            one
            for one in self.site.terms.values()
            if one.taxonomy == taxonomy.slug
            and (post is None or one.id in post.terms.get(taxonomy.slug, ()))
            and (not params["include"] or one.id in params["include"])
            and one.id not in params["exclude"]
            and (params.get("parent") is None or one.parent == params["parent"])
            and (not params.get("slug") or one.slug in params["slug"])
            and (not params["hide_empty"] or self.site.count(one))
            and _mentions(params, one.name)
        ]
        by_count: Callable[[Term], Any] = lambda one: (self.site.count(one), one.id)  # noqa: E731 - a key among keys
        name = {"id": "id", "slug": "slug", "description": "description"}.get(params["orderby"], "name")
        key = by_count if params["orderby"] == "count" else operator.attrgetter(name, "id")
        return self._paged(self.order(rows, params, key), params)

    def search(self, params: dict[str, Any]) -> tuple[list[Post], int, int]:
        """Published posts of any viewable type. Past the end: an empty page, totals 0/0."""
        rows = [
            post
            for post in sorted(self.site.posts.values(), key=lambda post: (post.date, post.id), reverse=True)
            if post.status == "publish"
            and post.type in self.site.types
            and self.site.types[post.type].viewable
            and (not params["include"] or post.id in params["include"])
            and _mentions(params, post.title, post.content)
        ]
        found, total, pages = self._paged(rows, params)
        return (found, total, pages) if found else ([], 0, 0)

    def _paged(self, rows: list[Row], params: dict[str, Any]) -> tuple[list[Row], int, int]:
        size = params["per_page"]
        start = params.get("offset", (params["page"] - 1) * size)
        return rows[start : start + size], len(rows), -(-len(rows) // size)


def _mentions(params: dict[str, Any], *texts: Iterable[str] | str) -> bool:
    needle = str(params.get("search", "")).lower()
    return not needle or any(needle in str(text).lower() for text in texts)
