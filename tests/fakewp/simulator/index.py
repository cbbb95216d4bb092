"""The REST index: namespaces, routes and what each route takes."""

from typing import Any

from fakewp.simulator import schema
from fakewp.simulator.builtin import CLOSED
from fakewp.simulator.model import PostType, Site, Taxonomy
from fakewp.simulator.urls import Urls

__all__ = ["Index"]

Json = dict[str, Any]
_CONTEXT = {"context": {"default": "view", "required": False}}


class Index:
    """The index document and the namespace documents of `site`."""

    def __init__(self, site: Site, urls: Urls, version: tuple[int, int]) -> None:
        self.site, self.urls, self.version = site, urls, version

    def namespaces(self) -> list[str]:
        """Every namespace that has routes, in core's order."""
        own = {kind.namespace for kind in self.site.types.values()}
        own |= {kind.namespace for kind in self.site.taxonomies.values()}
        return ["oembed/1.0", *sorted(own - {"wp/v2"}), "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"]

    def document(self) -> Json:
        """What the root answers."""
        whole = self.site.offset == int(self.site.offset)
        hours = int(self.site.offset) if whole else self.site.offset
        homes: Json = (
            {"page_for_posts": 0, "page_on_front": 0, "show_on_front": "posts"} if self.version >= (6, 8) else {}
        )
        return {
            "name": self.site.name,
            "description": self.site.description,
            "url": self.urls.home,
            "home": self.urls.home,
            "gmt_offset": hours if self.site.timezone else str(hours),
            "timezone_string": self.site.timezone,
            **homes,
            "namespaces": self.namespaces(),
            "authentication": self.authentication(),
            "routes": self.routes(),
            "site_logo": 0,
            "site_icon": 0,
            "site_icon_url": "",
            "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
        }

    def authentication(self) -> Any:
        """Application passwords, which core offers on https and on local sites."""
        if self.version < (5, 6):
            return []
        where = f"{self.urls.home}/wp-admin/authorize-application.php"
        return {"application-passwords": {"endpoints": {"authorization": where}}}

    def namespace(self, name: str) -> Json:
        """What a namespace's own route answers."""
        routes = {route: entry for route, entry in self.routes().items() if entry["namespace"] == name}
        return {"namespace": name, "routes": routes, "_links": {"up": [{"href": self.urls.rest()}]}}

    def options(self, kind: PostType | Taxonomy, *, single: bool) -> Json:
        """What OPTIONS answers for a collection or an item."""
        route = kind.route + (r"/(?P<id>[\d]+)" if single else "")
        entry = self.routes()[route]
        return {name: entry[name] for name in ("namespace", "methods", "endpoints")}

    def routes(self) -> Json:
        """Every route with its methods and arguments."""
        routes: Json = {"/": self._entry("", "/", _CONTEXT)}
        routes["/batch/v1"] = self._entry("", "/batch/v1", {}, ["POST"])
        for name in self.namespaces():
            routes[f"/{name}"] = self._entry(
                name, f"/{name}", {"namespace": {"default": name, "required": False}, **_CONTEXT}
            )
        url = {"url": {"type": "string", "format": "uri", "required": True}}
        routes["/oembed/1.0/embed"] = self._entry("oembed/1.0", "/oembed/1.0/embed", url)
        routes["/oembed/1.0/proxy"] = self._entry("oembed/1.0", "/oembed/1.0/proxy", url)
        for kind in self.site.types.values():
            if kind.routed and kind.since <= self.version:
                routes |= self._of_type(kind)
        for what, group in (("types", "type"), ("statuses", "status"), ("taxonomies", "taxonomy")):
            context = {"context": schema.context_arg()}
            routes |= self._pair(f"/wp/v2/{what}", rf"(?P<{group}>[\w-]+)", context, context, writable=False)
        for taxonomy in self.site.taxonomies.values():
            routes |= self._pair(taxonomy.route, r"(?P<id>[\d]+)", schema.term_args(taxonomy), schema.item_args("term"))
        routes |= self._pair("/wp/v2/users", r"(?P<id>[\d]+)", schema.user_args(), schema.item_args("user"))
        routes["/wp/v2/users/me"] = self._entry("wp/v2", "/wp/v2/users/me", {"context": schema.context_arg()})
        routes |= self._pair("/wp/v2/comments", r"(?P<id>[\d]+)", schema.comment_args(), schema.item_args("comment"))
        routes["/wp/v2/search"] = self._entry("wp/v2", "/wp/v2/search", schema.search_args())
        for route in CLOSED:
            routes[route] = self._entry("wp/v2", route, {})
        for route in (
            "/wp-site-health/v1/directory-sizes",
            "/wp-block-editor/v1/url-details",
            "/wp-block-editor/v1/export",
        ):
            routes[route] = self._entry("/".join(route.split("/")[1:3]), route, {})
        return routes

    def _of_type(self, kind: PostType) -> Json:
        args = schema.post_args(self.site, kind, self.version)
        routes = self._pair(kind.route, r"(?P<id>[\d]+)", args, schema.item_args("post"), namespace=kind.namespace)
        if "revisions" in kind.supports:
            base, one = rf"{kind.route}/(?P<parent>[\d]+)/revisions", r"/(?P<id>[\d]+)"
            routes[base] = self._entry(kind.namespace, base, schema.revision_args())
            routes[base + one] = self._entry(kind.namespace, base + one, schema.item_args("revision"))
            base = rf"{kind.route}/(?P<id>[\d]+)/autosaves"
            routes[base] = self._entry(kind.namespace, base, {"context": schema.context_arg()})
        return routes

    def _pair(
        self,
        route: str,
        group: str,
        listed: schema.Args,
        single: schema.Args,
        *,
        namespace: str = "wp/v2",
        writable: bool = True,
    ) -> Json:
        item = f"{route}/{group}"
        return {
            route: self._entry(namespace, route, listed, ["GET", "POST"] if writable else ["GET"]),
            item: self._entry(
                namespace, item, single, ["GET", "POST", "PUT", "PATCH", "DELETE"] if writable else ["GET"]
            ),
        }

    def _entry(self, namespace: str, route: str, args: schema.Args, methods: list[str] | None = None) -> Json:
        methods = methods or ["GET"]
        endpoints: list[Json] = (
            [{"methods": ["GET"], "args": args}] if "GET" in methods else [{"methods": methods, "args": args}]
        )
        writes = [method for method in methods if method not in ("GET", "DELETE")]
        if len(methods) > 1:
            endpoints.append({"methods": writes, "args": {}})
        entry: Json = {"namespace": namespace, "methods": methods, "endpoints": endpoints}
        if "(?P<" not in route:
            entry["_links"] = {"self": [{"href": self.urls.rest(route)}]}
        return entry
