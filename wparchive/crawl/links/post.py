"""`--scope post`: archive one item, and everything that its `_links` reach."""

from collections.abc import Callable

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.links.follow_links import LinkFollower, skims_of
from wparchive.crawl.walk import Walk
from wparchive.errors import RefusedError, UsageError
from wparchive.events import told
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.links.aims import Aim, aim_at
from wparchive.wordpress.links.decisions import decide
from wparchive.wordpress.payload.document import Skim
from wparchive.wordpress.relations import LinkOutcome, Policy
from wparchive.wordpress.routes import Route, split_root

__all__ = ["archive_post", "check_target"]

_Filters = tuple[tuple[str, str], ...]
_BY_ITSELF = (Policy.ITEM, Policy.ABOUT, Policy.HISTORY)


def check_target(url: str) -> None:
    """Raise UsageError for a URL that can't be an item's: a REST root, or a list.

    Any other may be one, a site's home too, which may show a page: only the site shows which it is.
    """
    found = split_root(url)
    if found and not (found[1].segments[-1:] and found[1].segments[-1].isdecimal()):
        raise UsageError(f"{url}: --scope post needs the URL of one article or REST item; this one names none")


def archive_post(follower: LinkFollower, item: Route, walk: Callable[[Collection, _Filters], Walk]) -> None:
    """Fetch `item` and everything that its links reach; links of those are counted, not followed.

    Raises UsageError when the site doesn't show the item, or shows another one in its place.
    """
    route, root = item.path, follower.context.root  # without the parameters of the URL that named it
    itself = aim_at(Policy.ITEM, str(Route(route)))
    if itself is None or not isinstance(itself.item_id, int):
        raise UsageError(f"{root.url}: --scope post is for one item, which {told(route)[:200]} isn't")
    reply = follower.context.engine.get(follower.context.target("item", route))
    shown = _shown(reply)
    follower.holdings.register(itself, LinkOutcome.CAPTURED, reply.capture_id)
    follower.links.note_alone(shown, route, reply.base)
    reached = [where for where in follower.links.aims(shown, reply.base) if where.inherent is None]
    single = (where for where in reached if where.policy in _BY_ITSELF)
    follower.ask([where for where in single if decide(where, follower.holdings).fetch], follow=True)
    walks = [_view(follower, where, walk) for where in reached if where.policy is Policy.VIEW]
    follower.context.engine.run(walks)
    for one in walks:
        follower.holdings.prove(one.proof())


def _shown(reply: Reply) -> Skim:
    """Return the item in the response to a request for it. Raises UsageError or RefusedError if it shows none."""
    answer, found = reply.judgement, skims_of(reply.document)
    if answer.meaning in (Meaning.CHALLENGE, Meaning.THROTTLED):
        raise RefusedError(f"{reply.target.url}: {answer.reason}; try again later, or ask the site's owner")
    if answer.meaning is not Meaning.OK or not found:
        raise UsageError(f"{reply.target.url}: the site doesn't show this item ({answer.reason})")
    return found[0]


def _view(follower: LinkFollower, where: Aim, walk: Callable[[Collection, _Filters], Walk]) -> Walk:
    route = Route.parse(where.route)
    return walk(follower.context.collection_at(route.path), route.params)
