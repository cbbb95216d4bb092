"""The first phase of a run: which site a URL belongs to, found out with the questions of `wordpress.discovery`."""

from dataclasses import dataclass, field, replace

from wparchive.apart import apart
from wparchive.crawl.engine.reply import Get, Reply
from wparchive.crawl.engine.requester import Requester
from wparchive.crawl.network import Network
from wparchive.crawl.report import STOPS, state_after
from wparchive.errors import WparchiveError
from wparchive.model import Fetched, Target, Verdict
from wparchive.urls import join
from wparchive.wordpress.discovery.discovery import Discovery, discover
from wparchive.wordpress.discovery.questions import Answer, Ask
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["Discovered", "discover_new_site", "discover_site", "find_site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The result of discovery, and the `exchanges` that it made which no store holds yet.

    Without `found` it failed: for a `reason`, or because of what `stopped` it. `new` means that the archive has nothing
    of the site yet.
    """

    state: SiteState
    found: Discovery | None = None
    reason: str = ""
    stopped: WparchiveError | None = None
    new: bool = False
    exchanges: list[Fetched] = field(default_factory=list)

    @property
    def heard(self) -> bool:
        """Whether any request got a response."""
        return any(one.block is not None for fetched in self.exchanges for one in fetched.exchanges)


def discover_new_site(requester: Requester, network: Network, url: str) -> Discovered:
    """Discover what is at `url`, a site new to the archive: the result decides in which folder it is stored."""
    exchanges: list[Fetched] = []
    came_to = discover_site(lambda target: requester.get(target, exchanges.append), network, url)
    came_to = replace(came_to, new=True, exchanges=exchanges)
    # A site that sent nothing gets no folder.
    return came_to if came_to.heard else replace(came_to, found=None)


def discover_site(get: Get, network: Network, url: str) -> Discovered:
    """Discover what is at `url`, after reading its host's robots.txt; what ends the run is part of the result."""
    try:
        if trouble := network.read_robots(get, url):
            return Discovered(state=SiteState.BROKEN, reason=trouble)
        found = find_site(get, url)
    except STOPS as error:
        return Discovered(state=state_after(error, SiteState.OK), stopped=error)
    return Discovered(state=found.state, found=found, reason=found.reason)


def find_site(get: Get, url: str) -> Discovery:
    """Find out which WordPress site, if any, `url` belongs to."""
    doubts: list[str] = []
    found: list[Discovery] = []
    with apart(doubts.append):
        found.append(_found(get, url))
    return found[0] if found else Discovery(state=SiteState.BROKEN, reason=doubts[0], home=url)


def _found(get: Get, url: str) -> Discovery:
    questions = discover(url)
    try:
        ask = next(questions)
        while True:
            ask = questions.send(_answer(get(_target(ask, url))))
    except StopIteration as end:
        found: Discovery = end.value
        return found


def _target(ask: Ask, seed: str) -> Target:
    return Target(
        url=ask.url,
        # A repetition has a key of its own: otherwise the engine would reply from the WARC.
        key=f"{ask.kind} {ask.url}" + (f" again={ask.again}" if ask.again else ""),
        kind=ask.kind,
        via=None if ask.url == seed else seed,
        hops=int(ask.url != seed),
    )


def _answer(reply: Reply) -> Answer:
    url, redirects = reply.url, reply.redirects
    # A redirect that was refused still shows where the site has moved.
    onward = reply.head.get("location") if reply.head and reply.verdict is Verdict.GUARDED else ""
    if onward:
        url, redirects = join(url, onward) or url, (*redirects, url)
    return Answer(
        url_final=url,
        head=reply.head,
        body=reply.body,
        redirects=redirects,
        verdict=reply.verdict,
        capture=reply.capture_id,
        reason=reply.reason,
        parsed=reply.document,
    )
