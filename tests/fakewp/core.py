"""The simulator's core with accounts, revisions and room for faults."""

import base64
import binascii
import itertools
import random
import re
from typing import TYPE_CHECKING, Any

from fakewp.simulator import schema
from fakewp.simulator.checks import checked, listed
from fakewp.simulator.core import Core
from fakewp.simulator.errors import RestError
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.lists import Lists
from fakewp.simulator.model import PostType, User
from fakewp.simulator.people import Result

if TYPE_CHECKING:
    from fakewp.site import FakeWordPress

__all__ = ["FakeCore"]

_WRITES = ("GET", "POST", "PUT", "PATCH", "DELETE")
_EDITORS = ("editor", "administrator")


class FakeLists(Lists):
    """Listings whose order can be made unstable for anything but ids."""

    unstable = False
    _chance = random.Random(7)

    def order(self, rows: list[Any], params: dict[str, Any], key: Any) -> list[Any]:
        rows = super().order(rows, params, key)
        if self.unstable and params["orderby"] not in ("id", "include"):
            rows = list(rows)
            self._chance.shuffle(rows)
        return rows


class FakeCore(Core):
    """Answers as core does to strangers and to those with an application password; then the faults have their turn."""

    fake: "FakeWordPress"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lists = FakeLists(self.site)

    def answer(self, request: Request) -> Answer:
        route = self.route_of(request)
        self.lists.unstable = self.fake.has("unstable")  # type: ignore[attr-defined]
        for fault, options in self.fake.active():
            if fault.ask and (asked := fault.ask(self.fake, options, request, route)):
                request = asked
            if fault.before and (answer := fault.before(self.fake, options, request, route)):
                return answer
        answer = super().answer(request)
        for fault, options in self.fake.active():
            if fault.after:
                answer = fault.after(self.fake, options, request, route, answer) or answer
        return answer

    @staticmethod
    def encode(document: Any) -> bytes:
        """JSON with gallery ids that count up within one answer, as core's shortcode does."""
        count = itertools.count(1)
        return re.sub(rb"\{gallery\}", lambda _: b"%d" % next(count), Core.encode(document))

    def user_of(self, request: Request) -> User | None:
        """Who is asking; None for strangers, and for wrong passwords, as on stock core."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            login, _, secret = base64.b64decode(token).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        known = self.fake.accounts.get(login)
        if known is None or known.replace(" ", "") != secret.replace(" ", ""):
            return None
        return next(user for user in self.site.users.values() if user.login == login)

    def editor(self, request: Request) -> bool:
        user = self.user_of(request)
        return user is not None and user.role in _EDITORS

    def rest(self, request: Request, route: str) -> Answer:
        answer = super().rest(request, route)
        if self.user_of(request):
            if answer.status == 401:
                answer.status = answer.document["data"]["status"] = 403
                answer.body = self.encode(answer.document)
            answer.headers += [
                ("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"),
                ("Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private"),
            ]
        return answer

    def checked(self, request: Request, args: schema.Args) -> dict[str, Any]:
        if self.editor(request) and "status" in args and "status" in request.params:
            wanted = listed(request.params["status"])
            rest = {name: value for name, value in request.params.items() if name != "status"}
            return checked(args, rest) | {"status": wanted if args["status"]["type"] == "array" else wanted[0]}
        return super().checked(request, args)

    def allowed(self, request: Request, result: Result) -> str:
        if not self.editor(request):
            return "GET"
        return "GET, POST" if result.listed else ", ".join(_WRITES)

    def post(self, request: Request, post: Any, edit: bool) -> dict[str, Any]:
        return self.views.post(post, edit=edit, allow=_WRITES if self.editor(request) else ("GET",))

    def user(self, number: int, edit: bool) -> dict[str, Any]:
        data = super().user(number, edit)
        if not edit:
            return data
        user = self.site.users[number]
        shown = {"id": data["id"], "username": user.login, "name": user.name, "first_name": "", "last_name": ""}
        shown |= {"email": user.email, **{name: data[name] for name in ("url", "description", "link")}}
        shown |= {"locale": "en_US", "nickname": user.login, "slug": user.login, "roles": [user.role]}
        rights = {"read": True, user.role: True}
        shown |= {"registered_date": user.registered, "capabilities": rights, "extra_capabilities": {user.role: True}}
        return shown | data

    def me(self, request: Request) -> Result:
        user = self.user_of(request)
        if user is None:
            return super().me(request)
        params = checked({"context": schema.context_arg()}, request.params)
        return Result(self.user(user.id, params["context"] == "edit"))

    def history(self, request: Request, kind: PostType, number: int, what: str, revision: int | None) -> Result:
        if not self.editor(request) and not self.fake.has("revisions-open"):
            return super().history(request, kind, number, what, revision)
        post = self.site.posts.get(number)
        if post is None or post.type != kind.slug:
            raise RestError(404, "rest_post_invalid_parent", "Invalid post parent ID.")
        rows = [one for one in post.revisions if what == "revisions" or one.autosave]
        args = schema.revision_args()
        params = checked(args, request.params)
        edit = params["context"] == "edit"
        if revision is not None:
            one = next((row for row in rows if row.id == revision), None)
            if one is None:
                raise RestError(404, "rest_post_invalid_id", "Invalid revision ID.")
            return Result(self.views.revision(one, post, edit=edit))
        rows.sort(
            key=lambda row: row.id if params["orderby"] == "id" else (row.date, row.id),
            reverse=params["order"] == "desc",
        )
        size, total = params.get("per_page", max(len(rows), 1)), len(rows)
        pages, start = -(-total // size), params.get("offset", (params["page"] - 1) * size)
        if "offset" in params and total and start >= total:
            raise RestError(
                400,
                "rest_revision_invalid_offset_number",
                "The offset number requested is larger than or equal to the number of available revisions.",
                permitted=True,
            )
        if params["page"] > pages and total:
            raise RestError(
                400,
                "rest_revision_invalid_page_number",
                "The page number requested is larger than the number of pages available.",
                permitted=True,
            )
        shown = [self.views.revision(row, post, edit=edit) for row in rows[start : start + size]]
        return Result(shown, total, pages, listed=True, args=args, params=params)
