"""`--scope post`: one item, and all that its `_links` reach."""

from collections.abc import Callable

from wparchive.crawl.follow_links import Account, skims_of
from wparchive.crawl.walk import Walk
from wparchive.errors import RefusedError, UsageError
from wparchive.events import told
from wparchive.model import Target
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import KINDS, Collection
from wparchive.wordpress.links import Aim, LinkOutcome, Policy, aim, aim_at, links_of, settle
from wparchive.wordpress.routes import Route, split_root

__all__ = ["archive_post", "check_target"]

_Filters = tuple[tuple[str, str], ...]
_BY_ITSELF = (Policy.ITEM, Policy.ABOUT, Policy.HISTORY)


def check_target(url: str) -> None:
    """Raises UsageError for what can't be the address of one item: a REST root, or a list.

    Any other may be one, the home of a site too, which may show a page; the site itself tells.
    """
    found = split_root(url)
    if found and not (found[1].segments[-1:] and found[1].segments[-1].isdecimal()):
        raise UsageError(f"{url}: --scope post needs the URL of one article or REST item; this one names none")


def archive_post(account: Account, item: Route, walk: Callable[[Collection, _Filters], Walk]) -> None:
    """Fetch `item` and everything that its links reach; the links of what is reached are noted, and left at that.

    Raises UsageError when the site doesn't show the item, or names something else for it.
    """
    route = item.path  # whatever parameters the address came with
    itself = aim_at(Policy.ITEM, str(Route(route)))
    if itself is None or not isinstance(itself.item_id, int):
        raise UsageError(f"{account.root.url}: --scope post is for one item, which {told(route)[:200]} isn't")
    reply = account.engine.get(Target(url=account.root.url_for(route), key=route, kind="item", route=route))
    document = reply.document
    answer = reply.judgement
    if answer.meaning in (Meaning.CHALLENGE, Meaning.THROTTLED):
        raise RefusedError(f"{account.root.url_for(route)}: {answer.reason}; try again later, or ask the site's owner")
    found = skims_of(document)
    if answer.meaning is not Meaning.OK or not found:
        raise UsageError(f"{account.root.url_for(route)}: the site doesn't show this item ({answer.reason})")
    account.ledger.register(itself, LinkOutcome.CAPTURED, reply.capture.capture if reply.capture else None)
    account.ledger.note_alone(found[0], route, reply.base)
    aims = [aim(link, account.root, reply.base) for link in links_of({"_links": found[0].links})]
    reached = [where for where in aims if where.inherent is None]
    account.ask([one for one in reached if one.policy in _BY_ITSELF and settle(one, account.ledger).fetch], follow=True)
    walks = [_view(account, where, walk) for where in reached if where.policy is Policy.VIEW]
    account.engine.run(walks)
    for one in walks:
        account.ledger.prove(one.proof())


def _view(account: Account, where: Aim, walk: Callable[[Collection, _Filters], Walk]) -> Walk:
    route = Route.parse(where.route or "/")
    unlisted = Collection(route.path, route.segments[-1], KINDS["terms"])
    return walk(account.collections.get(route.path, unlisted), route.params)
