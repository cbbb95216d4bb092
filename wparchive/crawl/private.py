"""The authenticated part of a run: WordPress's own revisions, and drafts where the settings ask for them.

Every capture made here goes to `warc/private/`. Stock WordPress responds to a wrong password on a public route with 200
and the public view (`wp-includes/user.php: wp_authenticate_application_password`), so the run asks who it is logged in
as, before and during its work.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from wparchive.config import SiteConfig
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.links.follow_links import LinkFollower
from wparchive.errors import CredentialsError
from wparchive.fetch import Credentials
from wparchive.http1.message import is_success
from wparchive.model import Privilege, Target
from wparchive.urls import origin
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import answered, links_answered_by
from wparchive.wordpress.payload.document import elements
from wparchive.wordpress.relations import LinkOutcome, Policy
from wparchive.wordpress.routes import Root
from wparchive.wordpress.values import integer, mapping

__all__ = ["PrivateRun", "credentials_for"]

_EDIT = (("context", "edit"),)
_BATCH = 50  # targets between two checks of the login
_ME = "/wp/v2/users/me"
_CODE = re.compile(r"(?:rest|incorrect|invalid|empty|application)_[a-z_]{3,50}")


def credentials_for(site: SiteConfig, secret: str, root: Root) -> Credentials:
    """Return the site's credentials, bound to its API root.

    Raises CredentialsError when the root is on another origin than the one that the operator named.
    """
    named = {origin(site.url), *map(origin, site.settings.allow_origin)}
    # A redirect from http to https on the same host is no reason for distrust.
    upgraded = origin(site.url.replace("http://", "https://", 1))
    if origin(root.url) not in {*named, upgraded}:
        raise CredentialsError(
            f"{site.url}: its API is at {origin(root.url)}, another origin: the password of {site.settings.user} isn't sent "
            "there; name that origin as the site's url, or with --allow-origin"
        )
    return Credentials(user=site.settings.user or "", secret=secret, root_url=root.url)


class PrivateRun:
    """The authenticated part of one run."""

    def __init__(self, follower: LinkFollower) -> None:
        self._follower = follower
        self._context = follower.context
        self._user = follower.context.settings.user or ""
        self._checks = 0

    def check(self) -> None:
        """Check that the site accepts the credentials as those of our user; raises CredentialsError."""
        self._checks += 1
        asked = self._target("credentials", _ME, _EDIT)
        again = f"{asked.key} check={self._context.store.run}.{self._checks}"
        reply = self._context.engine.get(replace(asked, key=again))
        document = reply.document
        value = mapping(document.value)
        # The settings may name the user by login, slug or e-mail address.
        names = {str(value.get(name, "")).lower() for name in ("username", "slug", "email")}
        if not is_success(reply.status) or self._user.lower() not in names:
            said = _described(reply) if reply.reason or not is_success(reply.status) else "another user"
            raise CredentialsError(
                f"{self._context.root.base}: the application password of user {self._user} isn't accepted ({said}); "
                "nothing was crawled with it. Make a new one in WordPress under Users > Profile"
            )

    def revisions(self, collections: Sequence[Collection]) -> None:
        """Fetch the revisions of items whose revision count or newest revision has changed since the last time."""
        wanted = list(self._moved(collections))
        for at in range(0, len(wanted), _BATCH):
            # A site that drops the login in between would continue with the public view.
            if at:
                self.check()
            for reply in self._context.engine.get_all(wanted[at : at + _BATCH]):
                answer = reply.judgement
                if answer.meaning not in (Meaning.OK, Meaning.REFUSED, Meaning.MISSING, Meaning.NO_ROUTE):
                    self._follower.fail(reply.target.route, _described(reply))
                self._note(reply)

    def _note(self, reply: Reply) -> None:
        """Count links to revisions that were read as captured, whatever an anonymous request got."""
        route = links_answered_by(reply.target.route or "")
        collection, wp_id, _ = route.rsplit("/", 2)
        if answered(reply.verdict, reply.judgement.meaning, reply.truncated) is LinkOutcome.CAPTURED:
            where = Aim(Policy.HISTORY, route, collection, int(wp_id), None, True)
            self._follower.holdings.register(where, LinkOutcome.CAPTURED, reply.capture_id)

    def _moved(self, collections: Sequence[Collection]) -> Iterator[Target]:
        for one in collections:
            read_before = self._context.memory.seen.revisions_read(one.key)
            for wp_id, now in self._context.memory.seen.revisions(one.key).items():
                # An item without revisions needs no request.
                if now[0] and read_before.get(wp_id) != now:
                    yield self._target("history", f"{one.route}/{wp_id}/revisions", _EDIT)

    def drafts(self, collections: Sequence[Collection]) -> None:
        """Fetch, page by page, every item that isn't public, and the raw text of those that are."""
        for one in collections:
            page = 1
            while True:
                params = (*_EDIT, ("status", "any"), ("orderby", "id"), ("order", "asc"), ("per_page", "100"))
                reply = self._context.engine.get(self._target("listing", one.route, (*params, ("page", str(page)))))
                answer = reply.judgement
                pages = integer(reply.head.get("x-wp-totalpages").strip()) if reply.head else None
                if answer.meaning not in (Meaning.OK, Meaning.REFUSED, Meaning.BAD_PARAM, Meaning.PAST_END):
                    self._follower.fail(reply.target.route, _described(reply))
                if answer.meaning is not Meaning.OK or page >= (pages or 0) or not elements(reply.document):
                    break
                page += 1

    def _target(self, kind: str, path: str, params: tuple[tuple[str, str], ...]) -> Target:
        return replace(self._context.target(kind, path, params), privilege=Privilege.AUTHENTICATED)


def _described(reply: Reply) -> str:
    """Describe a response to our credentials for the public WARCs: nothing of its text but a code in core's form."""
    code = reply.judgement.code or ""
    return reply.reason or " ".join(filter(None, (f"HTTP {reply.status}", code if _CODE.fullmatch(code) else "")))
