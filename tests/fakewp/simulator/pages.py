"""Everything that isn't REST: the front page, articles, robots.txt, RSD and uploaded files."""

import hashlib
import html
import re
from email.utils import formatdate
from typing import Any
from urllib.parse import quote, urlsplit

from fakewp.simulator.http import Answer, Request
from fakewp.simulator.model import Post, Site, Term, User
from fakewp.simulator.pictures import pdf, png
from fakewp.simulator.urls import Urls
from fakewp.simulator.views import Views

__all__ = ["Pages"]

_MOMENT = 1_700_000_000
_HTML = "text/html; charset=UTF-8"
_TOP = '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<meta charset="UTF-8" />\n'
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Pages:
    """The pages and files of `site`; `files` may be given other bytes to serve, by path under the uploads folder."""

    def __init__(self, site: Site, urls: Urls, views: Views) -> None:
        self.site, self.urls, self.views = site, urls, views
        self.files: dict[str, bytes] = {}

    def stray(self) -> Answer:
        """404 from the web server, outside the folder where WordPress is."""
        return Answer(
            404,
            [("Content-Type", "text/html")],
            b"<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>\n",
        )

    def answer(self, request: Request, path: str) -> Answer:
        """Answer a path that is no REST route."""
        if path == "/robots.txt":
            return self._text("text/plain; charset=utf-8", self._robots())
        if path == "/xmlrpc.php":
            return (
                self._rsd()
                if "rsd" in request.params
                else Answer(
                    405, [("Content-Type", "text/plain; charset=UTF-8")], b"XML-RPC server accepts POST requests only."
                )
            )
        if path.startswith("/wp-content/uploads/"):
            return self._file(request, path.removeprefix("/wp-content/uploads/"))
        if path in ("/", "/index.php") or self.urls.form == "plain":
            return self._asked(request)
        url = f"{self.urls.home}{quote(path)}".lower()
        for record in self._viewable():
            if url.rstrip("/") == self._address(record).lower().rstrip("/"):
                return self.page(record)
        return self.missing()

    def _viewable(self) -> list[Post | Term | User]:
        types = self.site.types
        posts = [
            post
            for post in self.site.posts.values()
            if post.type in types and types[post.type].viewable and self.site.public(post)
        ]
        return [*posts, *(t for t in self.site.terms.values() if t.taxonomy != "nav_menu"), *self.site.users.values()]

    def _address(self, record: Post | Term | User) -> str:
        if isinstance(record, Post):
            return self.urls.post(record)
        return self.urls.term(record) if isinstance(record, Term) else self.urls.user(record)

    def _asked(self, request: Request) -> Answer:
        """A page named in the query (`?p=7`), else the front page."""
        params = {name: str(value) for name, value in request.params.items()}
        number = next(
            (int(params[name]) for name in ("p", "page_id", "attachment_id") if params.get(name, "").isdigit()), None
        )
        if number is not None:
            post = self.site.posts.get(number)
            if post is None or post.type not in self.site.types or not self.site.public(post):
                return self.missing()
            shown = urlsplit(self.urls.post(post))
            if shown.query != request.target.partition("?")[2]:
                return Answer(
                    301, [("Content-Type", _HTML), ("X-Redirect-By", "WordPress"), ("Location", self.urls.post(post))]
                )
            return self.page(post)
        for record in self._viewable() if params else ():
            if self._address(record).partition("?")[2] == request.target.partition("?")[2]:
                return self.page(record)
        return self.front()

    def front(self) -> Answer:
        """The home page, with core's discovery links."""
        posts = sorted(
            (p for p in self.site.of_type("post") if self.site.public(p)), key=lambda p: p.date, reverse=True
        )[:10]
        items = "".join(f'<li><a href="{html.escape(self.urls.post(post))}">{post.title}</a></li>\n' for post in posts)
        return self._html(200, self.site.name, f"<h1>{html.escape(self.site.name)}</h1>\n<ul>\n{items}</ul>\n", [])

    def missing(self) -> Answer:
        """The theme's 404 page."""
        answer = self._html(404, "Page not found", "<h1>Nothing here</h1>\n", [])
        answer.headers += [
            ("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"),
            ("Cache-Control", "no-cache, must-revalidate, max-age=0"),
        ]
        return answer

    def page(self, record: Post | Term | User) -> Answer:
        """An article, archive or author page, with the link to its REST item."""
        if isinstance(record, Post):
            data, route = self.views.post(record), f"{self.site.types[record.type].route}/{record.id}"
            body = f"<article>\n<h1>{record.title}</h1>\n{data.get('content', {}).get('rendered', '')}</article>\n"
            links = [
                ("alternate", self.urls.rest(route)),
                ("shortlink", self.urls.shortlink(record)),
                ("canonical", self.urls.post(record)),
            ]
            return self._html(200, record.title, body, links)
        route = (
            f"/wp/v2/users/{record.id}"
            if isinstance(record, User)
            else f"{self.site.taxonomies[record.taxonomy].route}/{record.id}"
        )
        return self._html(
            200, record.name, f"<h1>{html.escape(record.name)}</h1>\n", [("alternate", self.urls.rest(route))]
        )

    def _html(self, status: int, title: str, body: str, links: list[tuple[str, str]]) -> Answer:
        """A page; `links` are (relation, URL): `alternate` is its REST item."""
        root, home, esc = self.urls.rest(), self.urls.home, html.escape
        head = [f'<link rel="https://api.w.org/" href="{esc(root)}" />']
        heads = [f'<{root}>; rel="https://api.w.org/"']
        for rel, url in links:
            kind = ' type="application/json"' if rel == "alternate" else ""
            head.append(f'<link rel="{rel}"{kind} href="{esc(url)}" />')
            if rel == "canonical":
                embed = esc(self.urls.view("/oembed/1.0/embed", {"url": url})).replace("&amp;", "&#038;")
                head.append(f'<link rel="alternate" type="application/json+oembed" href="{embed}" />')
            elif rel == "alternate":
                heads.append(f'<{url}>; rel="alternate"; type="application/json"')
            else:
                heads.append(f"<{url}>; rel={rel}")
        head.append(f'<link rel="EditURI" type="application/rsd+xml" title="RSD" href="{home}/xmlrpc.php?rsd" />')
        text = f"{_TOP}<title>{title} &#8211; {esc(self.site.name)}</title>\n" + "\n".join(head)
        text += f"\n</head>\n<body>\n{body}</body>\n</html>\n"
        return Answer(status, [("Content-Type", _HTML), *(("Link", value) for value in heads)], text.encode())

    def _text(self, kind: str, text: str) -> Answer:
        return Answer(200, [("Content-Type", kind)], text.encode())

    def _robots(self) -> str:
        rules = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\n"
        return f"{rules}Sitemap: {self.urls.home}/wp-sitemap.xml\n"

    def _rsd(self) -> Answer:
        home, root = html.escape(self.urls.home), html.escape(self.urls.rest())
        api = '<api name="{}" blogID="1" preferred="{}" apiLink="{}" />'
        apis = [api.format("WordPress", "true", f"{home}/xmlrpc.php"), api.format("WP-API", "false", root)]
        text = '<?xml version="1.0" encoding="UTF-8"?>'
        text += '<rsd version="1.0" xmlns="http://archipelago.phrasewise.com/rsd">\n<service>\n'
        text += f"<engineName>WordPress</engineName>\n<homePageLink>{home}</homePageLink>\n<apis>\n" + "\n".join(apis)
        return self._text("text/xml; charset=UTF-8", text + "\n</apis>\n</service>\n</rsd>\n")

    def content(self, path: str) -> tuple[bytes, str] | None:
        """The bytes and type of an uploaded file; None if there is none."""
        for post in self.site.of_type("attachment"):
            folder, _, _ = post.file.rpartition("/")
            sizes: dict[str, Any] = {size["file"]: size for size in post.details.get("sizes", {}).values()}
            original = post.details.get("original_image")
            if path == post.file and post.mime == "application/pdf":
                return self.files.get(path) or pdf(post.title), post.mime
            shape = post.details if path == post.file else sizes.get(path.removeprefix(f"{folder}/"))
            if shape is None and original and path == f"{folder}/{original}":
                shape = {"width": post.details["width"] * 2, "height": post.details["height"] * 2}
            if shape and "width" in shape:
                return self.files.get(path) or png(shape["width"], shape["height"], post.id), post.mime
        return None

    def _file(self, request: Request, path: str) -> Answer:
        """A static file as the web server sends one: validators, ranges, no WordPress headers."""
        found = self.content(path)
        if found is None:
            return self.missing()
        data, kind = found
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        modified = formatdate(_MOMENT, usegmt=True)
        headers = [("Content-Type", kind), ("Last-Modified", modified), ("ETag", tag), ("Accept-Ranges", "bytes")]
        asked = request.headers
        if tag in asked.get("if-none-match", "") or (
            "if-none-match" not in asked and asked.get("if-modified-since") == modified
        ):
            return Answer(304, headers[1:3])
        span = _RANGE.fullmatch(asked.get("range", ""))
        if not span or not any(span.groups()) or asked.get("if-range", tag) not in (tag, modified):
            return Answer(200, headers, data)
        first = int(span[1]) if span[1] else max(len(data) - int(span[2]), 0)
        last = min(int(span[2]), len(data) - 1) if span[1] and span[2] else len(data) - 1
        if first > last:
            return Answer(416, [("Content-Range", f"bytes */{len(data)}")])
        return Answer(206, [*headers, ("Content-Range", f"bytes {first}-{last}/{len(data)}")], data[first : last + 1])
