"""The shape of a WordPress's answers, so that the fake can be held against a real one.

    PYTHONPATH=.:tests python -m fakewp.compare http://127.0.0.1:8081/wp-json > tests/fakewp/core_6_1.json

records a real site; it needs published posts with revisions, drafts, protected posts, media on drafts, and comments.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import requests

__all__ = ["OWN", "PROBES", "find", "shapes"]

# Fields, parameters and relations that belong to the content of one site or another, not to core.
OWN = {
    "mood",
    "genres",
    "lab_word_count",
    "aioseo_notices",
    "reading_time",
    "mood_exclude",
    "genres_exclude",
    "lab_rating",
}
_WITH_REVISIONS = {"order": "asc", "orderby": "id", "per_page": "100"}
Get = Callable[[str, str, Mapping[str, str]], requests.Response]

# name -> (method, route, parameters); the routes' placeholders are filled in by `find`
PROBES: dict[str, tuple[str, str, dict[str, str]]] = {
    "index": ("GET", "/", {}),
    "namespace": ("GET", "/wp/v2", {}),
    "types": ("GET", "/wp/v2/types", {}),
    "type": ("GET", "/wp/v2/types/post", {}),
    "type unknown": ("GET", "/wp/v2/types/zzz", {}),
    "types edit": ("GET", "/wp/v2/types", {"context": "edit"}),
    "taxonomies": ("GET", "/wp/v2/taxonomies", {}),
    "taxonomy unknown": ("GET", "/wp/v2/taxonomies/zzz", {}),
    "statuses": ("GET", "/wp/v2/statuses", {}),
    "status draft": ("GET", "/wp/v2/statuses/draft", {}),
    "status unknown": ("GET", "/wp/v2/statuses/zzz", {}),
    "posts": ("GET", "/wp/v2/posts", {"per_page": "2"}),
    "posts page 2": ("GET", "/wp/v2/posts", {"per_page": "2", "page": "2", "orderby": "id", "order": "asc"}),
    "posts head": ("HEAD", "/wp/v2/posts", {"per_page": "1"}),
    "posts per_page 0": ("GET", "/wp/v2/posts", {"per_page": "0"}),
    "posts per_page 101": ("GET", "/wp/v2/posts", {"per_page": "101"}),
    "posts per_page abc": ("GET", "/wp/v2/posts", {"per_page": "abc"}),
    "posts page 0": ("GET", "/wp/v2/posts", {"page": "0"}),
    "posts past the end": ("GET", "/wp/v2/posts", {"page": "99999"}),
    "posts offset past the end": ("GET", "/wp/v2/posts", {"offset": "999999"}),
    "posts orderby": ("GET", "/wp/v2/posts", {"orderby": "bogus"}),
    "posts order": ("GET", "/wp/v2/posts", {"order": "up"}),
    "posts two wrong": ("GET", "/wp/v2/posts", {"per_page": "200", "orderby": "bogus"}),
    "posts after date": ("GET", "/wp/v2/posts", {"after": "2024-01-01"}),
    "posts after future": ("GET", "/wp/v2/posts", {"after": "2199-01-01T00:00:00"}),
    "posts modified_after future": ("GET", "/wp/v2/posts", {"modified_after": "2199-01-01T00:00:00Z"}),
    "posts include": ("GET", "/wp/v2/posts", {"include": "1,x"}),
    "posts sticky": ("GET", "/wp/v2/posts", {"sticky": "x"}),
    "posts context": ("GET", "/wp/v2/posts", {"context": "zzz"}),
    "posts edit": ("GET", "/wp/v2/posts", {"context": "edit"}),
    "posts embed unknown": ("GET", "/wp/v2/posts", {"foo": "bar", "per_page": "1"}),
    "posts status draft": ("GET", "/wp/v2/posts", {"status": "draft"}),
    "posts status any": ("GET", "/wp/v2/posts", {"status": "any"}),
    "posts fields": ("GET", "/wp/v2/posts", {"_fields": "id,title.rendered,_links.self", "per_page": "1"}),
    "posts slash": ("GET", "/wp/v2/posts/", {"_fields": "id", "per_page": "1"}),
    "posts case": ("GET", "/WP/V2/Posts", {"_fields": "id", "per_page": "1"}),
    "posts write": ("POST", "/wp/v2/posts", {}),
    "post": ("GET", "/wp/v2/posts/{post}", {}),
    "post revised": ("GET", "/wp/v2/posts/{revised}", {}),
    "post protected": ("GET", "/wp/v2/posts/{protected}", {}),
    "post fields": ("GET", "/wp/v2/posts/{post}", {"_fields": "id,_links.self"}),
    "post hidden": ("GET", "/wp/v2/posts/{hidden}", {}),
    "post edit": ("GET", "/wp/v2/posts/{post}", {"context": "edit"}),
    "post missing": ("GET", "/wp/v2/posts/99999999", {}),
    "post zero": ("GET", "/wp/v2/posts/0", {}),
    "post of another type": ("GET", "/wp/v2/pages/{post}", {}),
    "post by word": ("GET", "/wp/v2/posts/abc", {}),
    "post delete": ("DELETE", "/wp/v2/posts/99999999", {}),
    "revisions": ("GET", "/wp/v2/posts/{revised}/revisions", {}),
    "revision": ("GET", "/wp/v2/posts/{revised}/revisions/1", {}),
    "revisions missing": ("GET", "/wp/v2/posts/99999999/revisions", {}),
    "autosaves": ("GET", "/wp/v2/posts/{revised}/autosaves", {}),
    "pages": ("GET", "/wp/v2/pages", {"per_page": "1", "orderby": "id", "order": "asc"}),
    "pages past the end": ("GET", "/wp/v2/pages", {"page": "999"}),
    "media": ("GET", "/wp/v2/media", {"per_page": "1", "orderby": "id", "order": "asc"}),
    "media past the end": ("GET", "/wp/v2/media", {"page": "999"}),
    "media missing": ("GET", "/wp/v2/media/99999999", {}),
    "media withheld": ("GET", "/wp/v2/media/{withheld}", {}),
    "media edit": ("GET", "/wp/v2/media", {"context": "edit"}),
    "comments": ("GET", "/wp/v2/comments", {"per_page": "2", "orderby": "id", "order": "asc"}),
    "comments past the end": ("GET", "/wp/v2/comments", {"page": "9999"}),
    "comments offset past the end": ("GET", "/wp/v2/comments", {"offset": "999999"}),
    "comments of nothing": ("GET", "/wp/v2/comments", {"post": "99999999"}),
    "comments of hidden": ("GET", "/wp/v2/comments", {"post": "{hidden}"}),
    "comments of protected": ("GET", "/wp/v2/comments", {"post": "{protected}"}),
    "comments held": ("GET", "/wp/v2/comments", {"status": "hold"}),
    "comments type": ("GET", "/wp/v2/comments", {"type": "pingback"}),
    "comments author": ("GET", "/wp/v2/comments", {"author": "1"}),
    "comments edit": ("GET", "/wp/v2/comments", {"context": "edit"}),
    "comments order": ("GET", "/wp/v2/comments", {"order": "zzz"}),
    "comment missing": ("GET", "/wp/v2/comments/99999999", {}),
    "comment hidden": ("GET", "/wp/v2/comments/{held}", {}),
    "users": ("GET", "/wp/v2/users", {"per_page": "2"}),
    "users past the end": ("GET", "/wp/v2/users", {"page": "99"}),
    "users edit": ("GET", "/wp/v2/users", {"context": "edit"}),
    "users by mail": ("GET", "/wp/v2/users", {"orderby": "email"}),
    "users by role": ("GET", "/wp/v2/users", {"roles": "administrator"}),
    "users who": ("GET", "/wp/v2/users", {"who": "authors"}),
    "user missing": ("GET", "/wp/v2/users/99999", {}),
    "user without posts": ("GET", "/wp/v2/users/{reader}", {}),
    "users me": ("GET", "/wp/v2/users/me", {}),
    "categories": ("GET", "/wp/v2/categories", {"per_page": "2", "orderby": "id", "order": "asc"}),
    "categories past the end": ("GET", "/wp/v2/categories", {"page": "999"}),
    "categories orderby": ("GET", "/wp/v2/categories", {"orderby": "modified"}),
    "categories edit": ("GET", "/wp/v2/categories", {"context": "edit"}),
    "categories of hidden": ("GET", "/wp/v2/categories", {"post": "{hidden}"}),
    "categories of nothing": ("GET", "/wp/v2/categories", {"post": "99999999"}),
    "category missing": ("GET", "/wp/v2/categories/99999", {}),
    "tags": ("GET", "/wp/v2/tags", {"per_page": "1"}),
    "tags offset past the end": ("GET", "/wp/v2/tags", {"offset": "99999"}),
    "search past the end": ("GET", "/wp/v2/search", {"page": "999"}),
    "search": ("GET", "/wp/v2/search", {"per_page": "1"}),
    "settings": ("GET", "/wp/v2/settings", {}),
    "menus": ("GET", "/wp/v2/menus", {}),
    "menu items": ("GET", "/wp/v2/menu-items", {}),
    "menu locations": ("GET", "/wp/v2/menu-locations", {}),
    "templates": ("GET", "/wp/v2/templates", {}),
    "template parts": ("GET", "/wp/v2/template-parts", {}),
    "global styles": ("GET", "/wp/v2/global-styles", {}),
    "block types": ("GET", "/wp/v2/block-types", {}),
    "plugins": ("GET", "/wp/v2/plugins", {}),
    "themes": ("GET", "/wp/v2/themes", {}),
    "widgets": ("GET", "/wp/v2/widgets", {}),
    "sidebars": ("GET", "/wp/v2/sidebars", {}),
    "batch": ("GET", "/batch/v1", {}),
    "no route": ("GET", "/wp/v2/nope", {}),
    "no namespace": ("GET", "/nope/v1", {}),
    "inner slashes": ("GET", "/wp/v2//posts", {}),
    "write types": ("PUT", "/wp/v2/types", {}),
}


def find(get: Get) -> dict[str, int]:
    """Ids of the special things on a site, found as a stranger can: by asking for what its listings lack."""

    def listed(route: str, **params: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = get("GET", route, {**_WITH_REVISIONS, **params}).json()
        return found

    def lacking(route: str, known: set[int], code: str) -> int:
        for number in range(1, max(known) + 20):
            if number not in known:
                answer = get("GET", f"{route}/{number}", {"_fields": "id,code"})
                if answer.json().get("code") == code:
                    return number
        raise LookupError(f"{route} hides nothing with {code}")

    def all_ids(route: str) -> set[int]:
        pages = int(get("HEAD", route, _WITH_REVISIONS).headers["X-WP-TotalPages"])
        return {item["id"] for page in range(1, pages + 1) for item in listed(route, _fields="id", page=str(page))}

    posts = listed("/wp/v2/posts")
    more = listed("/wp/v2/posts", page="2") if len(posts) == 100 else []
    revised = next(post for post in posts if post["_links"]["version-history"][0]["count"])
    return {
        "post": next(post["id"] for post in posts if not post["content"]["protected"] and not post["featured_media"]),
        "revised": revised["id"],
        "protected": next(post["id"] for post in posts + more if post["content"]["protected"]),
        "hidden": lacking("/wp/v2/posts", all_ids("/wp/v2/posts"), "rest_forbidden"),
        "withheld": lacking("/wp/v2/media", all_ids("/wp/v2/media"), "rest_forbidden"),
        "held": lacking("/wp/v2/comments", all_ids("/wp/v2/comments"), "rest_cannot_read"),
        "reader": lacking("/wp/v2/users", all_ids("/wp/v2/users"), "rest_user_cannot_view"),
    }


def _links(links: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {name: sorted({key for link in several for key in link}) for name, several in links.items()}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    for name, value in item.items():
        if name in OWN:
            continue
        if name == "_links":
            shape[name] = _links(value)
        elif name in ("guid", "title", "content", "excerpt", "caption", "description") and isinstance(value, dict):
            shape[name] = sorted(value)
        else:
            shape[name] = None
    return shape


def _args(routes: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("default", "minimum", "maximum", "enum")
    names = ("posts", "pages", "media", "comments", "users", "categories", "tags", r"posts/(?P<parent>[\d]+)/revisions")
    shape: dict[str, Any] = {}
    for name in names:
        args = next(one for one in routes[f"/wp/v2/{name}"]["endpoints"] if "GET" in one["methods"])["args"]
        shape[name] = {
            key: {what: arg[what] for what in kept if what in arg}
            for key, arg in sorted(args.items())
            if key not in OWN
        }
    return shape


def _body(name: str, body: Any) -> Any:
    if isinstance(body, list):
        return [_item(item) for item in body[:1]]
    if name == "index":
        return {"keys": list(body), "_links": _links(body["_links"]), "args": _args(body["routes"])}
    if name == "namespace":
        return {"keys": sorted(body)}
    if name in ("types", "taxonomies", "statuses"):
        core = ("post", "page", "attachment", "category", "post_tag", "publish")
        return {slug: _item(entry) for slug, entry in body.items() if slug in core}
    if "code" in body and "message" in body:
        details = {key: value["code"] for key, value in body["data"].get("details", {}).items()}
        message = {key: value for key, value in body["data"].get("params", {}).items() if key != "status"}
        return {"code": body["code"], "data": sorted(body["data"]), "details": details, "params": message}
    return _item(body)


def _link(value: str | None) -> list[str]:
    return re.findall(r'rel="?([^";,]+)', value or "")


def shapes(get: Get, ids: Mapping[str, int]) -> dict[str, Any]:
    """The shape of the answer to each probe."""
    found: dict[str, Any] = {}
    for name, (method, route, params) in PROBES.items():
        answer = get(method, route.format(**ids), {key: value.format(**ids) for key, value in params.items()})
        headers = answer.headers
        shown = {
            "status": answer.status_code,
            "type": headers.get("Content-Type"),
            "totals": "X-WP-Total" in headers,
            "zero": headers.get("X-WP-Total") == "0" and headers.get("X-WP-TotalPages") == "0",
            "link": _link(headers.get("Link")),
            "allow": headers.get("Allow"),
        }
        found[name] = shown | ({"body": _body(name, answer.json())} if answer.content else {})
    return found


def main(root: str) -> None:
    """Print the shapes of the site at `root`."""
    session = requests.Session()

    def get(method: str, route: str, params: Mapping[str, str]) -> requests.Response:
        return session.request(method, root.rstrip("/") + route, params=params, timeout=60)

    json.dump(shapes(get, find(get)), sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
