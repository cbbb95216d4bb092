"""Items that a listing lacks, asked for one by one: only the item's own route says that it is gone, and how."""

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.follow_links import Account
from wparchive.model import Verdict
from wparchive.wordpress.age import OLD, in_words
from wparchive.wordpress.judgement import Meaning
from wparchive.wordpress.kinds import Collection
from wparchive.wordpress.payload.payload import items

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
        wp_id = targets[reply.target.key][1]
        if reply.verdict is Verdict.ROBOTS:
            continue
        if trouble := _says_nothing(reply, wp_id):
            account.fail(reply.target.route, trouble)
        elif not reply.judgement.ok:
            gone.add(wp_id)
    return gone


def _says_nothing(reply: Reply, wp_id: int) -> str:
    """Why an answer doesn't tell whether the item is there; empty when it does."""
    answer = reply.judgement
    if answer.ok:
        return "" if any(one.id == wp_id for one in items(reply.document)) else f"{answer.status}, but not this item"
    if reply.verdict is not Verdict.ANSWERED or answer.meaning not in (Meaning.REFUSED, Meaning.MISSING):
        return answer.reason
    return f"{answer.reason}, out of a cache, {in_words(reply.age)} old" if reply.age >= OLD else ""
