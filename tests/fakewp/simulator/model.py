"""What a simulated site holds: plain, mutable records; nothing of HTTP and nothing of JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Comment", "Post", "PostType", "Revision", "Site", "Taxonomy", "Term", "User"]


@dataclass(slots=True, kw_only=True)
class PostType:
    """A content type. `supports` uses WordPress's names; `closed` is the error code that strangers get."""

    slug: str
    base: str
    name: str
    namespace: str = "wp/v2"
    hierarchical: bool = False
    has_archive: bool = False
    icon: str | None = None
    supports: frozenset[str] = frozenset()
    taxonomies: tuple[str, ...] = ()
    viewable: bool = True
    closed: str | None = None
    routed: bool = True
    items: str | None = None
    since: tuple[int, int] = (4, 7)

    @property
    def route(self) -> str:
        """The route of its collection."""
        return f"/{self.namespace}/{self.base}"


@dataclass(slots=True, kw_only=True)
class Taxonomy:
    """A taxonomy; `types` are the slugs of the content types it sorts."""

    slug: str
    base: str
    name: str
    types: tuple[str, ...] = ()
    namespace: str = "wp/v2"
    hierarchical: bool = False
    closed: str | None = None

    @property
    def route(self) -> str:
        """The route of its terms."""
        return f"/{self.namespace}/{self.base}"


@dataclass(slots=True)
class Revision:
    """One of WordPress's own revisions of a post."""

    id: int
    author: int
    date: str
    date_gmt: str
    title: str
    content: str
    excerpt: str
    autosave: bool = False


@dataclass(slots=True, kw_only=True)
class Post:
    """A row of `wp_posts`: post, page, custom item or attachment. Times are text, as WordPress keeps them."""

    id: int
    type: str
    date: str
    date_gmt: str
    modified: str
    modified_gmt: str
    slug: str = ""
    status: str = "publish"
    title: str = ""
    content: str = ""
    excerpt: str | None = None
    guid: str | None = None
    author: int = 1
    featured: int = 0
    parent: int = 0
    order: int = 0
    comments: str = "open"
    pings: str = "closed"
    sticky: bool = False
    template: str = ""
    format: str = "standard"
    password: str = ""
    meta: Any = field(default_factory=list)
    terms: dict[str, list[int]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    file: str = ""
    mime: str = ""
    alt: str = ""
    caption: str = ""
    description: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    before_trash: str = "publish"


@dataclass(slots=True, kw_only=True)
class Comment:
    """A row of `wp_comments`; `approved` is approved, hold, spam or trash."""

    id: int
    post: int
    date: str
    date_gmt: str
    content: str
    parent: int = 0
    author: int = 0
    name: str = ""
    url: str = ""
    email: str = ""
    approved: str = "approved"
    type: str = "comment"


@dataclass(slots=True, kw_only=True)
class User:
    """An account; `role` is WordPress's. Strangers see those with published posts."""

    id: int
    login: str
    name: str
    role: str = "author"
    url: str = ""
    description: str = ""
    email: str = ""
    registered: str = "2019-01-01T00:00:00+00:00"


@dataclass(slots=True, kw_only=True)
class Term:
    """A term of one taxonomy."""

    id: int
    taxonomy: str
    name: str
    slug: str
    parent: int = 0
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Site:
    """A whole site. `offset` is hours east of UTC; the tables are by slug or by id."""

    name: str
    description: str = ""
    timezone: str = ""
    offset: float = 0
    types: dict[str, PostType] = field(default_factory=dict)
    taxonomies: dict[str, Taxonomy] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    terms: dict[int, Term] = field(default_factory=dict)

    def of_type(self, slug: str) -> Iterator[Post]:
        """Every row of one content type, whatever its status, in id order."""
        return (post for _, post in sorted(self.posts.items()) if post.type == slug)

    def public(self, post: Post) -> bool:
        """Whether a stranger may read it: published, or an attachment whose parent is."""
        if post.status != "inherit":
            return post.status == "publish"
        parent = self.posts.get(post.parent)
        return parent is None or self.public(parent)

    def authors(self) -> set[int]:
        """The ids of users with something published."""
        return {post.author for post in self.posts.values() if post.status == "publish" and post.type in self.types}

    def count(self, term: Term) -> int:
        """How many published posts carry `term`."""
        return sum(
            post.status == "publish" and term.id in post.terms.get(term.taxonomy, ()) for post in self.posts.values()
        )

    def add(self, *records: Post | Comment | User | Term) -> None:
        """Put records into their tables."""
        tables: dict[type, dict[int, Any]] = {
            Post: self.posts,
            Comment: self.comments,
            User: self.users,
            Term: self.terms,
        }
        for record in records:
            tables[type(record)][record.id] = record

    def register(self, types: Iterable[PostType] = (), taxonomies: Iterable[Taxonomy] = ()) -> None:
        """Add content types and taxonomies, as a plug-in does."""
        self.types.update((kind.slug, kind) for kind in types)
        self.taxonomies.update((kind.slug, kind) for kind in taxonomies)
