"""Posts, pages, custom items and attachments as the JSON objects that core makes of them."""

import html
import re
from collections.abc import Mapping
from typing import Any

from fakewp.simulator.model import Post, PostType, Site, Taxonomy
from fakewp.simulator.urls import Urls

__all__ = ["TAG", "Json", "Links", "PostViews", "curied"]

Json = dict[str, Any]
Links = dict[str, list[Json]]
TAG = re.compile(r"<[^>]*>")
_CURIES = [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}]


def curied(links: Links) -> Links:
    """`links` with core's curies, which stand only beside a relation that needs them."""
    return {**links, "curies": _CURIES} if any(name.startswith("wp:") for name in links) else links


class PostViews:
    """What each post looks like; `allow` are the methods that the requester may use on a single item."""

    def __init__(self, site: Site, urls: Urls, version: tuple[int, int]) -> None:
        self.site, self.urls, self.version = site, urls, version

    def _self(self, route: str, allow: tuple[str, ...] = ("GET",)) -> list[Json]:
        hints = {"targetHints": {"allow": list(allow)}} if self.version >= (6, 7) else {}
        return [{"href": self.urls.rest(route), **hints}]

    def _view(self, route: str, **params: Any) -> str:
        return self.urls.view(route, params)

    def post(self, post: Post, *, edit: bool = False, allow: tuple[str, ...] = ("GET",)) -> Json:
        """A post, page, custom item or attachment."""
        kind = self.site.types[post.type]
        locked = bool(post.password) and not edit
        data: Json = {
            "id": post.id,
            "date": post.date,
            "date_gmt": post.date_gmt,
            "guid": self._rendered(self._guid(post), edit),
            "modified": post.modified,
            "modified_gmt": post.modified_gmt,
            **({"password": post.password} if edit and post.type != "attachment" else {}),
            "slug": post.slug,
            "status": post.status,
            "type": post.type,
            "link": self.urls.post(post),
            "title": self._rendered(post.title, edit, ("Protected: " + post.title) if post.password else post.title),
        }
        if "editor" in kind.supports:
            body = "" if locked else self.resolved(post.content)
            extra = {"block_version": int("<!-- wp:" in post.content)} if edit else {}
            data["content"] = self._rendered(body, edit) | {"protected": bool(post.password)} | extra
        if "excerpt" in kind.supports:
            data["excerpt"] = self._rendered("" if locked else self._excerpt(post), edit) | {
                "protected": bool(post.password)
            }
        data |= self._features(post, kind)
        for taxonomy in self._taxonomies(kind):
            data[taxonomy.base] = post.terms.get(taxonomy.slug, [])
        if edit and kind.viewable:
            data |= {"permalink_template": self.urls.post(post), "generated_slug": post.slug}
        if self.version >= (6, 6) and kind.viewable:
            data["class_list"] = self._classes(post, kind)
        if post.type == "attachment":
            data |= self._attachment(post, edit)
        data |= self.resolved(post.extra)
        return data | {"_links": curied(self._post_links(post, kind, allow) | self._actions(post, kind, edit))}

    def _rendered(self, text: str, edit: bool, rendered: str | None = None) -> Json:
        shown = {"rendered": text if rendered is None else rendered}
        return {"raw": text, **shown} if edit else shown

    def _guid(self, post: Post) -> str:
        return (
            self.resolved(post.guid)
            if post.guid
            else (self.urls.file(post.file) if post.file else self.urls.post(post))
        )

    def _excerpt(self, post: Post) -> str:
        if post.excerpt is not None:
            return str(self.resolved(post.excerpt))
        words = html.unescape(TAG.sub(" ", post.content)).split()
        return (
            f"<p>{html.escape(' '.join(words[:55]), quote=False)}{' [&hellip;]' if len(words) > 55 else ''}</p>\n"
            if words
            else ""
        )

    def _features(self, post: Post, kind: PostType) -> Json:
        data: Json = {}
        if "author" in kind.supports:
            data["author"] = post.author
        if "thumbnail" in kind.supports or (kind.slug == "attachment" and self.version >= (6, 9)):
            data["featured_media"] = post.featured
        if kind.hierarchical:
            data["parent"] = post.parent
        if "page-attributes" in kind.supports:
            data["menu_order"] = post.order
        if "comments" in kind.supports:
            data |= {"comment_status": post.comments, "ping_status": post.pings}
        if kind.slug == "post":
            data["sticky"] = post.sticky
        data["template"] = post.template
        if "post-formats" in kind.supports:
            data["format"] = post.format
        if "custom-fields" in kind.supports or kind.slug == "attachment":
            data["meta"] = post.meta
        return data

    def _taxonomies(self, kind: PostType) -> list[Taxonomy]:
        return [self.site.taxonomies[slug] for slug in kind.taxonomies if slug in self.site.taxonomies]

    def _classes(self, post: Post, kind: PostType) -> list[str]:
        names = [f"post-{post.id}", post.type, f"type-{post.type}", f"status-{post.status}"]
        if "post-formats" in kind.supports:
            names.append(f"format-{post.format}")
        names += ["post-password-required"] if post.password else []
        names += ["has-post-thumbnail"] if post.featured else []
        names.append("hentry")
        prefix = {"post_tag": "tag"}
        for slug, ids in post.terms.items():
            names += [f"{prefix.get(slug, slug)}-{self.site.terms[one].slug}" for one in ids if one in self.site.terms]
        return names

    def _attachment(self, post: Post, edit: bool) -> Json:
        url = self.urls.file(post.file)
        folder = url.rsplit("/", 1)[0]
        details: Any = {key: value for key, value in post.details.items() if key != "sizes"}
        sizes = {
            name: {**size, "source_url": f"{folder}/{size['file']}"}
            for name, size in post.details.get("sizes", {}).items()
        }
        if "width" in details:
            whole = {"file": post.file.rsplit("/", 1)[1], "width": details["width"], "height": details["height"]}
            sizes["full"] = {**whole, "mime_type": post.mime, "source_url": url}
        if "sizes" in post.details:
            details["sizes"] = sizes
        if "image_meta" in post.details:
            details["image_meta"] = details.pop("image_meta")
        image = post.mime.startswith("image/")
        shown = (
            f'<img src="{url}" class="attachment-medium size-medium" alt="{html.escape(post.alt)}" />'
            if image
            else post.title
        )
        description = f"<p class=\"attachment\"><a href='{url}'>{shown}</a></p>\n" + post.description
        named = {
            "filename": details.get("original_image") or post.file.rsplit("/", 1)[1],
            "filesize": details.get("filesize"),
        }
        return {
            "description": {"raw": post.description, "rendered": description} if edit else {"rendered": description},
            "caption": self._rendered(post.caption, edit),
            "alt_text": post.alt,
            "media_type": "image" if image else "file",
            "mime_type": post.mime,
            "media_details": details,
            "post": post.parent or None,
            "source_url": url,
            **(named if self.version >= (7, 0) else {}),
            **({"missing_image_sizes": []} if edit else {}),
        }

    def _post_links(self, post: Post, kind: PostType, allow: tuple[str, ...]) -> Links:
        rest, item = self.urls.rest, f"{kind.route}/{post.id}"
        links: Links = {
            "self": self._self(item, allow),
            "collection": [{"href": rest(kind.route)}],
            "about": [{"href": rest(f"/wp/v2/types/{kind.slug}")}],
        }
        if "author" in kind.supports and post.author:
            links["author"] = [{"embeddable": True, "href": rest(f"/wp/v2/users/{post.author}")}]
        if "comments" in kind.supports:
            links["replies"] = [{"embeddable": True, "href": self._view("/wp/v2/comments", post=post.id)}]
        if "revisions" in kind.supports:
            count = {"count": len(post.revisions)} if self.version >= (4, 9) else {}
            links["version-history"] = [{**count, "href": rest(f"{item}/revisions")}]
            if post.revisions and count:
                last = max(revision.id for revision in post.revisions)
                links["predecessor-version"] = [{"id": last, "href": rest(f"{item}/revisions/{last}")}]
        if kind.hierarchical and post.parent:
            links["up"] = [{"embeddable": True, "href": rest(f"{kind.route}/{post.parent}")}]
        if post.featured and self._shows_featured(post):
            links["wp:featuredmedia"] = [{"embeddable": True, "href": rest(f"/wp/v2/media/{post.featured}")}]
        if kind.slug == "attachment":
            links |= self._attached(post)
        else:
            links["wp:attachment"] = [{"href": self._view("/wp/v2/media", parent=post.id)}]
        terms = [
            {"taxonomy": taxonomy.slug, "embeddable": True, "href": self._view(taxonomy.route, post=post.id)}
            for taxonomy in self._taxonomies(kind)
        ]
        return links | ({"wp:term": terms} if terms else {})

    def _actions(self, post: Post, kind: PostType, edit: bool) -> Links:
        """What an editor may do, as relations that point back at the post itself; never to be followed."""
        names = ["publish"] if kind.slug != "attachment" else []
        names += ["unfiltered-html", *(["sticky"] if kind.slug == "post" else []), "assign-author"]
        names += [f"{verb}-{taxonomy.base}" for taxonomy in self._taxonomies(kind) for verb in ("create", "assign")]
        href = self.urls.rest(f"{kind.route}/{post.id}")
        return {f"wp:action-{name}": [{"href": href}] for name in names if edit}

    def _shows_featured(self, post: Post) -> bool:
        featured = self.site.posts.get(post.featured)
        return self.version < (7, 0) or (featured is not None and self.site.public(featured))

    def _attached(self, post: Post) -> Links:
        parent = self.site.posts.get(post.parent)
        if self.version < (6, 9) or parent is None or parent.type not in self.site.types:
            return {}
        href = self.urls.rest(f"{self.site.types[parent.type].route}/{parent.id}")
        return {"wp:attached-to": [{"embeddable": True, "post_type": parent.type, "id": parent.id, "href": href}]}

    def resolved(self, value: Any) -> Any:
        """`value` with `{home}` replaced by the site's own address, at any depth."""
        if isinstance(value, str):
            return value.replace("{home}", self.urls.home)
        if isinstance(value, Mapping):
            return {key: self.resolved(one) for key, one in value.items()}
        return [self.resolved(one) for one in value] if isinstance(value, list) else value
