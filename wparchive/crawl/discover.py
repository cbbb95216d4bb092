"""Discovery over the network: drives `wordpress.discovery.discovery`'s questions through the engine."""

from wparchive.apart import apart
from wparchive.crawl.engine.engine import Engine, Reply
from wparchive.model import Target, Verdict
from wparchive.urls import join
from wparchive.wordpress.discovery.discovery import Discovery, discover
from wparchive.wordpress.discovery.questions import Answer, Ask
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["find_site"]


def find_site(engine: Engine, url: str) -> Discovery:
    """Find out which WordPress site, if any, `url` belongs to."""
    doubts: list[str] = []
    found: list[Discovery] = []
    with apart(doubts.append):
        found.append(_found(engine, url))
    return found[0] if found else Discovery(state=SiteState.BROKEN, reason=doubts[0], home=url)


def _found(engine: Engine, url: str) -> Discovery:
    questions = discover(url)
    try:
        ask = next(questions)
        while True:
            ask = questions.send(_answer(engine.get(_target(ask, url))))
    except StopIteration as end:
        found: Discovery = end.value
        return found


def _target(ask: Ask, seed: str) -> Target:
    return Target(
        url=ask.url,
        key=f"{ask.kind} {ask.url}" + (f" again={ask.again}" if ask.again else ""),
        kind=ask.kind,
        method=ask.method,
        via=None if ask.url == seed else seed,
        hops=int(ask.url != seed),
    )


def _answer(reply: Reply) -> Answer:
    url, redirects = reply.url, reply.redirects
    onward = reply.head.get("location") if reply.head and reply.verdict is Verdict.GUARDED else ""
    if onward:
        url, redirects = join(url, onward) or url, (*redirects, url)
    return Answer(
        url_final=url,
        head=reply.head,
        body=reply.body,
        redirects=redirects,
        verdict=reply.verdict,
        capture=reply.capture.capture if reply.capture else None,
        reason=reply.reason,
    )
