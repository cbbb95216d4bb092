"""`FakeWordPress`: the fake site as tests see it: its knobs, its faults, its log."""

import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Self

from fakewp.content import Sizes, generate
from fakewp.core import FakeCore
from fakewp.faults import FAULTS, Fault
from fakewp.simulator.content import shifted
from fakewp.simulator.http import Request
from fakewp.simulator.model import Comment, Post, PostType, Revision, Site
from fakewp.simulator.server import Handler, SimulatedSite

__all__ = ["FakeWordPress"]

_COUNTER = re.compile(r'(<span class="post-views-count">)(\d+)')


class FakeWordPress(SimulatedSite):
    """A WordPress on a loopback port; a context manager. `now` is its clock, local time; it moves only when told to.

    `faults` are switched on from the start; see FAULTS for their names. Slow faults wait on `release`, which is set
    when the site is closed.
    """

    def __init__(
        self,
        form: str = "pretty",
        *,
        faults: Iterable[str] = (),
        path: str = "",
        version: tuple[int, int] = (6, 9),
        first_id: int = 1,
        content: Site | None = None,
        address: str = "127.0.0.1",
        **sizes: int,
    ) -> None:
        self.release = threading.Event()
        self.now = "2025-06-01T12:00:00"
        self.accounts: dict[str, str] = {}
        self._faults: dict[str, dict[str, Any]] = {}
        self._dropped: dict[str, PostType] = {}
        super().__init__(
            form, path=path, version=version, content=content or generate(Sizes(**sizes), first_id), address=address
        )
        self.core.fake = self  # type: ignore[attr-defined]
        for name in faults:
            self.fault(name)

    def make_core(self, site: Site, home: str, **how: Any) -> FakeCore:
        return FakeCore(site, home, **how)

    @property
    def site(self) -> Site:
        """The content, to be changed at will."""
        return self.core.site

    # -- faults

    def fault(self, name: str, **options: Any) -> Self:
        """Switch on a fault of FAULTS; its options by keyword."""
        self._faults[name] = {**FAULTS[name].options, **options}
        return self

    def mend(self, name: str | None = None) -> None:
        """Switch off one fault, or all."""
        if name is None:
            self._faults.clear()
        else:
            del self._faults[name]

    def has(self, name: str) -> bool:
        """Whether a fault is on."""
        return name in self._faults

    def active(self) -> Iterator[tuple[Fault, dict[str, Any]]]:
        """The faults that are on, with their options and state."""
        return iter([(FAULTS[name], options) for name, options in self._faults.items()])

    def respond(self, handler: Handler, request: Request) -> None:
        answer = self.core.answer(request)
        route = self.core.route_of(request)
        for fault, options in self.active():
            if fault.wire and fault.wire(self, options, handler, request, route, answer):
                return
        handler.send(answer)

    def close(self) -> None:
        self.release.set()
        super().close()

    # -- what there is

    def ids(self, kind: str) -> list[int]:
        """Public ids in id order: of a content type, `comment`, `user` or a taxonomy."""
        site = self.site
        if kind == "comment":
            posts = {post.id for post in site.posts.values() if site.public(post) and not post.password}
            return sorted(
                c.id
                for c in site.comments.values()
                if c.approved == "approved" and c.type == "comment" and c.post in posts
            )
        if kind == "user":
            return sorted(site.authors())
        if kind in site.taxonomies:
            return sorted(term.id for term in site.terms.values() if term.taxonomy == kind)
        return [post.id for post in site.of_type(kind) if site.public(post)]

    # -- what happens to it

    def pass_time(self, hours: float = 1 / 60) -> str:
        """Move the clock; gives the new local time."""
        self.now = shifted(self.now, hours)
        return self.now

    def _touch(self, post: Post) -> None:
        post.modified = self.pass_time()
        post.modified_gmt = shifted(self.now, -self.site.offset)

    def _next(self) -> int:
        revisions = (revision.id for post in self.site.posts.values() for revision in post.revisions)
        return max([*self.site.posts, *revisions], default=0) + 1

    def add(self, type: str = "post", *, date: str | None = None, **fields: Any) -> int:  # noqa: A002 - its word
        """Insert a post, page or custom item; with `date`, as importers do it: `modified` is then that date too."""
        number, date = self._next(), date or self.pass_time()
        given = {
            "slug": f"{type}-{number}",
            "title": f"New {number}",
            "content": f"<p>New text {number}.</p>\n",
            **fields,
        }
        gmt = shifted(date, -self.site.offset)
        self.site.add(
            Post(
                id=number, type=type, **{"date": date, "date_gmt": gmt, "modified": date, "modified_gmt": gmt, **given}
            )
        )
        return number

    def comment(self, post: int, content: str = "<p>A new comment.</p>\n", **fields: Any) -> int:
        """Insert an approved comment."""
        number, date = max(self.site.comments, default=0) + 1, self.pass_time()
        self.site.add(
            Comment(
                id=number,
                post=post,
                date=date,
                date_gmt=shifted(date, -self.site.offset),
                content=content,
                **{"name": "New", **fields},
            )
        )
        return number

    def edit(self, number: int, *, silent: bool = False, **fields: Any) -> None:
        """Change a post. `silent` is like direct SQL: `modified` stays and no revision is kept."""
        post = self.site.posts[number]
        for name, value in fields.items():
            if not hasattr(post, name):
                raise AttributeError(name)
            setattr(post, name, value)
        if silent:
            return
        self._touch(post)
        if "revisions" in self.site.types[post.type].supports:
            text = (post.title, post.content, post.excerpt or "")
            post.revisions.append(Revision(self._next(), post.author, post.modified, post.modified_gmt, *text))

    def trash(self, number: int) -> None:
        """Move a post to the trash."""
        post = self.site.posts[number]
        post.before_trash, post.status = post.status, "trash"
        self._touch(post)

    def restore(self, number: int) -> None:
        """Bring a post back from the trash, published as it was."""
        post = self.site.posts[number]
        post.status = post.before_trash
        self._touch(post)

    def delete(self, number: int) -> None:
        """Delete a post for good, with its comments."""
        del self.site.posts[number]
        for comment in [one.id for one in self.site.comments.values() if one.post == number]:
            del self.site.comments[comment]

    def publish(self, number: int) -> None:
        """Let a scheduled post go live: cron flips the status only."""
        self.site.posts[number].status = "publish"

    def protect(self, number: int, password: str) -> None:
        """Set a password."""
        self.site.posts[number].password = password
        self._touch(self.site.posts[number])

    def retag(self, number: int, **terms: list[int]) -> None:
        """Change terms by taxonomy slug; `modified` stays, as in core."""
        self.site.posts[number].terms.update(terms)

    def tick(self) -> None:
        """Every view counter in content moves; nothing was edited."""
        for post in self.site.posts.values():
            post.content = _COUNTER.sub(lambda match: f"{match[1]}{int(match[2]) + 17}", post.content)

    def drop(self, slug: str) -> None:
        """Deactivate the plug-in behind a content type: type and routes vanish, rows stay."""
        self._dropped[slug] = self.site.types.pop(slug)

    def undrop(self, slug: str) -> None:
        """Activate it again."""
        self.site.types[slug] = self._dropped.pop(slug)

    def zone(self, name: str, offset: float) -> None:
        """Change the site's time zone; stored local times stay as they are."""
        self.site.timezone, self.site.offset = name, offset

    def account(self, login: str = "editor", secret: str = "abcd EFGH 1234 ijkl MNOP 5678") -> str:
        """Give a user an application password; any other password is answered as to a stranger, as on stock core."""
        if login not in {user.login for user in self.site.users.values()}:
            raise KeyError(login)
        self.accounts[login] = secret
        return secret
