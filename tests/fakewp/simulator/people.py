"""The endpoints of comments, users and the search, and who may use them."""

from dataclasses import dataclass, field
from typing import Any

from fakewp.simulator import schema
from fakewp.simulator.checks import checked
from fakewp.simulator.errors import RestError
from fakewp.simulator.http import Request
from fakewp.simulator.lists import Lists
from fakewp.simulator.model import Post, Site
from fakewp.simulator.urls import Urls
from fakewp.simulator.views import Views

__all__ = ["People", "Result"]


@dataclass(slots=True)
class Result:
    """What an endpoint found: the document, its totals if it is a listing, the page it is shown on if it has one.

    `strides`: its controller reckons pages from an `offset`.
    """

    document: Any
    total: int | None = None
    pages: int = 0
    alternate: str | None = None
    listed: bool = False
    strides: bool = False
    args: schema.Args = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)


class People:
    """What the endpoints of comments and users answer; the rest of the core stands on it."""

    site: Site
    urls: Urls
    views: Views
    lists: Lists

    def editor(self, request: Request) -> bool:
        """Whether the request comes with an account that may see and edit everything; never here."""
        return False

    def context(self, request: Request, params: dict[str, Any], verb: str) -> bool:
        """Whether the edit context is asked for and allowed. Raises RestError when it is asked for in vain."""
        if params.get("context") != "edit":
            return False
        if not self.editor(request):
            raise RestError(401, "rest_forbidden_context", f"Sorry, you are not allowed to {verb}.")
        return True

    def checked(self, request: Request, args: schema.Args) -> dict[str, Any]:
        """The parameters of a request, judged."""
        return checked(args, request.params)

    def readable(self, request: Request, post: Post) -> bool:
        """Whether the requester may read one post; patterns are for editors, though counted."""
        return self.editor(request) or (self.site.public(post) and post.type != "wp_block")

    def _comments(self, request: Request) -> Result:
        args = schema.comment_args()
        params = self.checked(request, args)
        for number in params["post"]:
            post = self.site.posts.get(number)
            if post is not None and not self._comment_readable(request, number, "approved"):
                raise RestError(
                    401, "rest_cannot_read_post", "Sorry, you are not allowed to read the post for this comment."
                )
        edit = self.context(request, params, "edit comments")
        barred = [name for name in ("author", "author_exclude", "author_email") if params.get(name)]
        barred += [name for name in ("type", "status") if params[name] != args[name]["default"]]
        if barred and not self.editor(request):
            raise RestError(401, "rest_forbidden_param", f"Query parameter not permitted: {', '.join(barred)}")
        found, total, pages = self.lists.comments(params)
        shown = [
            self.views.comment(one, edit=edit)
            for one in found
            if self._comment_readable(request, one.post, one.approved)
        ]
        return Result(shown, total, pages, listed=True, args=args, params=params)

    def _comment(self, request: Request, params: dict[str, Any], number: int) -> Result:
        comment = self.site.comments.get(number)
        if comment is None:
            raise RestError(404, "rest_comment_invalid_id", "Invalid comment ID.")
        edit = self.context(request, params, "edit comments")
        if not self._comment_readable(request, comment.post, comment.approved):
            raise RestError(401, "rest_cannot_read", "Sorry, you are not allowed to read this comment.")
        return Result(self.views.comment(comment, edit=edit))

    def _comment_readable(self, request: Request, post: int, approved: str) -> bool:
        above = self.site.posts.get(post)
        open_post = above is not None and self.readable(request, above) and not above.password
        return self.editor(request) or (approved == "approved" and open_post)

    def _users(self, request: Request) -> Result:
        args = schema.user_args()
        params = self.checked(request, args)
        edit = self.context(request, params, "edit users")
        if not self.editor(request):
            if params.get("roles") or params.get("capabilities"):
                raise RestError(401, "rest_user_cannot_view", "Sorry, you are not allowed to filter users by role.")
            if params["orderby"] in ("email", "registered_date"):
                raise RestError(
                    401, "rest_forbidden_orderby", "Sorry, you are not allowed to order users by this parameter."
                )
            if "who" in params:
                raise RestError(
                    401, "rest_forbidden_who", "Sorry, you are not allowed to query users by this parameter."
                )
        visible = None if self.editor(request) else self.site.authors()
        found, total, pages = self.lists.users(params, visible)
        return Result(
            [self.user(user.id, edit) for user in found],
            total,
            pages,
            listed=True,
            args=args,
            params=params,
            strides=True,
        )

    def _user(self, request: Request, params: dict[str, Any], number: int) -> Result:
        user = self.site.users.get(number)
        if user is None:
            raise RestError(404, "rest_user_invalid_id", "Invalid user ID.")
        edit = self.context(request, params, "edit users")
        if not self.editor(request) and number not in self.site.authors():
            raise RestError(401, "rest_user_cannot_view", "Sorry, you are not allowed to list users.")
        return Result(self.user(user.id, edit))

    def user(self, number: int, edit: bool) -> dict[str, Any]:
        """One user as the requester sees one."""
        return self.views.user(self.site.users[number])

    def me(self, request: Request) -> Result:
        """Who is asking."""
        raise RestError(401, "rest_not_logged_in", "You are not currently logged in.", permitted=True)

    def _search(self, request: Request) -> Result:
        args = schema.search_args()
        params = self.checked(request, args)
        found, total, pages = self.lists.search(params)
        rest, shown = self.urls.rest, []
        for post in found:
            kind = self.site.types[post.type]
            links = {
                "self": [{"embeddable": True, "href": rest(f"{kind.route}/{post.id}")}],
                "about": [{"href": rest(f"/wp/v2/types/{post.type}")}],
                "collection": [{"href": rest("/wp/v2/search")}],
            }
            shown.append(
                {
                    "id": post.id,
                    "title": post.title,
                    "url": self.urls.post(post),
                    "type": "post",
                    "subtype": post.type,
                    "_links": links,
                }
            )
        return Result(shown, total, pages, listed=True, args=args, params=params)
