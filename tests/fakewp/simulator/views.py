"""Records as the JSON objects that core's controllers make of them, `_links` included."""

import hashlib
import html

from fakewp.simulator.model import Comment, Post, PostType, Revision, Taxonomy, Term, User
from fakewp.simulator.post_views import TAG, Json, Links, PostViews, curied

__all__ = ["STATUSES", "Views"]

STATUSES = {
    "publish": "Published",
    "future": "Scheduled",
    "draft": "Draft",
    "pending": "Pending",
    "private": "Private",
    "trash": "Trash",
}


def _avatars(identity: str, version: tuple[int, int]) -> dict[str, str]:
    host = "https://secure" if version >= (6, 2) else "http://2"
    digest = hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest()
    return {size: f"{host}.gravatar.com/avatar/{digest}?s={size}&d=mm&r=g" for size in ("24", "48", "96")}


class Views(PostViews):
    """What every kind of record looks like."""

    def revision(self, revision: Revision, post: Post, *, edit: bool) -> Json:
        """One revision; it has neither `self` nor `collection`."""
        kind = "autosave" if revision.autosave else "revision"
        return {
            "author": revision.author,
            "date": revision.date,
            "date_gmt": revision.date_gmt,
            "id": revision.id,
            "modified": revision.date,
            "modified_gmt": revision.date_gmt,
            "parent": post.id,
            "slug": f"{post.id}-{kind}-v1",
            "guid": self._rendered(f"{self.urls.home}/?p={revision.id}", edit),
            "title": self._rendered(revision.title, edit),
            "content": self._rendered(self.resolved(revision.content), edit),
            "excerpt": self._rendered(revision.excerpt, edit),
            **({"meta": post.meta} if self.version >= (6, 4) else {}),
            "_links": {"parent": [{"href": self.urls.rest(f"{self.site.types[post.type].route}/{post.id}")}]},
        }

    def comment(self, comment: Comment, *, edit: bool = False, allow: tuple[str, ...] = ("GET",)) -> Json:
        """A comment."""
        rest, route = self.urls.rest, "/wp/v2/comments"
        post = self.site.posts.get(comment.post)
        private = {
            "author_email": comment.email,
            "author_url": comment.url,
            "author_ip": "192.0.2.7",
            "author_user_agent": "demo",
        }
        links: Links = {"self": self._self(f"{route}/{comment.id}", allow), "collection": [{"href": rest(route)}]}
        if comment.author:
            links["author"] = [{"embeddable": True, "href": rest(f"/wp/v2/users/{comment.author}")}]
        if post and post.type in self.site.types:
            href = rest(f"{self.site.types[post.type].route}/{post.id}")
            links["up"] = [{"embeddable": True, "post_type": post.type, "href": href}]
        if comment.parent:
            links["in-reply-to"] = [{"embeddable": True, "href": rest(f"{route}/{comment.parent}")}]
        if any(other.parent == comment.id for other in self.site.comments.values()):
            links["children"] = [{"embeddable": True, "href": self._view(route, parent=comment.id)}]
        return {
            "id": comment.id,
            "post": comment.post,
            "parent": comment.parent,
            "author": comment.author,
            "author_name": comment.name,
            **(private if edit else {"author_url": comment.url}),
            "date": comment.date,
            "date_gmt": comment.date_gmt,
            "content": {
                "rendered": comment.content,
                **({"raw": TAG.sub("", comment.content).strip()} if edit else {}),
            },
            "link": self.urls.comment(comment),
            "status": comment.approved,
            "type": comment.type,
            "author_avatar_urls": _avatars(comment.email or comment.name, self.version),
            "meta": [],
            "_links": links,
        }

    def user(self, user: User, *, allow: tuple[str, ...] = ("GET",)) -> Json:
        """A user as strangers see one."""
        return {
            "id": user.id,
            "name": user.name,
            "url": user.url,
            "description": user.description,
            "link": self.urls.user(user),
            "slug": user.login,
            "avatar_urls": _avatars(user.login, self.version),
            "meta": [],
            "_links": {
                "self": self._self(f"/wp/v2/users/{user.id}", allow),
                "collection": [{"href": self.urls.rest("/wp/v2/users")}],
            },
        }

    def _about(self, where: str, kind: PostType | Taxonomy) -> Links:
        items = self.urls.rest(kind.route)
        return curied({"collection": [{"href": self.urls.rest(f"/wp/v2/{where}")}], "wp:items": [{"href": items}]})

    def type(self, kind: PostType) -> Json:
        """A content type."""
        return {
            "description": "",
            "hierarchical": kind.hierarchical,
            "has_archive": kind.has_archive,
            "name": kind.name,
            "slug": kind.slug,
            "icon": kind.icon,
            "taxonomies": list(kind.taxonomies),
            "rest_base": kind.base,
            **({"rest_namespace": kind.namespace} if self.version >= (5, 9) else {}),
            **({"template": [], "template_lock": False} if self.version >= (6, 7) else {}),
            "_links": self._about("types", kind),
        }

    def taxonomy(self, kind: Taxonomy) -> Json:
        """A taxonomy."""
        return {
            "name": kind.name,
            "slug": kind.slug,
            "description": "",
            "types": list(kind.types),
            "hierarchical": kind.hierarchical,
            "rest_base": kind.base,
            **({"rest_namespace": kind.namespace} if self.version >= (5, 9) else {}),
            "_links": self._about("taxonomies", kind),
        }

    def term(self, term: Term, *, allow: tuple[str, ...] = ("GET",)) -> Json:
        """A term of any taxonomy."""
        taxonomy, rest = self.site.taxonomies[term.taxonomy], self.urls.rest
        links: Links = {
            "self": self._self(f"{taxonomy.route}/{term.id}", allow),
            "collection": [{"href": rest(taxonomy.route)}],
            "about": [{"href": rest(f"/wp/v2/taxonomies/{taxonomy.slug}")}],
        }
        if term.parent:
            links["up"] = [{"embeddable": True, "href": rest(f"{taxonomy.route}/{term.parent}")}]
        kinds = [self.site.types[slug] for slug in taxonomy.types if slug in self.site.types]
        if kinds:
            links["wp:post_type"] = [{"href": self.urls.view(kind.route, {taxonomy.base: term.id})} for kind in kinds]
        return {
            "id": term.id,
            "count": self.site.count(term),
            "description": term.description,
            "link": self.urls.term(term),
            "name": html.escape(term.name, quote=False),
            "slug": term.slug,
            "taxonomy": term.taxonomy,
            **({"parent": term.parent} if taxonomy.hierarchical else {}),
            "meta": [],
            "_links": curied(links),
        }

    def status(self, slug: str) -> Json:
        """A post status; strangers see only `publish`."""
        route, public = "/wp/v2/posts", slug == "publish"
        href = self.urls.rest(route) if public else self._view(route, status=slug)
        flags = {"public": public, "queryable": public, "slug": slug, "date_floating": slug in ("draft", "pending")}
        return {"name": STATUSES[slug], **flags, "_links": {"archives": [{"href": href}]}}
