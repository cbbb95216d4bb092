"""Items that a listing lacks, asked for one by one: only the item's own route says that it is gone, and how."""

from wparchive.crawl.account import Account
from wparchive.model import Verdict
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.verdict import Meaning

__all__ = ["missing_items"]

# A collection that shrinks by so much at once is more likely broken than emptied: a few probes decide first.
_COLLAPSE_SHARE, _COLLAPSE_LEAST, _COLLAPSE_PROBES = 0.2, 50, 5


def missing_items(account: Account, collection: Collection, ids: set[int]) -> set[int]:
    """Ask for each of `ids`, which a listing lacks, by itself; gives those that the site confirms to be gone."""
    known = len(account.ledger.held(collection.route))
    if len(ids) > _COLLAPSE_LEAST and len(ids) > known * _COLLAPSE_SHARE:
        few = set(sorted(ids)[:_COLLAPSE_PROBES])
        gone = _probed(account, collection, few)
        if not gone:
            account.fail(collection.route, f"{len(ids)} items are not listed any more, and none is confirmed gone")
            return gone
        return gone | _probed(account, collection, ids - few)
    return _probed(account, collection, ids)


def _probed(account: Account, collection: Collection, ids: set[int]) -> set[int]:
    targets = {}
    for wp_id in sorted(ids):
        target = account.target("probe", f"{collection.route}/{wp_id}")
        targets[target.key] = (target, wp_id)
    gone = set()
    for reply in account.engine.get_all(target for target, _ in targets.values()):
        answer = reply.judgement
        if reply.verdict is Verdict.ANSWERED and answer.meaning in (Meaning.REFUSED, Meaning.MISSING):
            gone.add(targets[reply.target.key][1])
        elif reply.verdict is not Verdict.ROBOTS and not answer.ok:
            account.fail(reply.target.route, answer.reason)
    return gone
