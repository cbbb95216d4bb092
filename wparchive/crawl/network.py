"""The network of one run: guard, wire, politeness and retries, built from a site's settings."""

import threading
from collections.abc import Callable
from pathlib import Path

from wparchive.config import Settings
from wparchive.crawl.engine.reply import Get, Reply
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.events import Emit, quiet
from wparchive.fetch import Fetcher, FetchPolicy, Guard, Hosts, Politeness, Robots, Wire, check_exact
from wparchive.model import Target, Verdict
from wparchive.urls import origin, same_host
from wparchive.version import __version__
from wparchive.wordpress.judgement import is_challenge
from wparchive.wordpress.pages.acting_urls import why_acting
from wparchive.wordpress.routes import Root, Route, split_root

__all__ = ["Network"]

_JUDGED = 4096  # URLs whose robots.txt verdict is remembered
_NAMED = frozenset(("page", "requisite", "file", "sitemap", "feed"))  # kinds of targets whose URLs any text may name


class Network:
    """Everything between a target and its exchanges, for one site.

    The operator named `url`, unless `claimed` says that an archive did: then its addresses are judged like a
    stranger's. `was_private` returns whether the site had a private address when it was first archived, None for a new
    site. Setting `stop` ends every request and every wait. Runs that share `hosts` keep the limits on each host and
    address together. `emit` receives the events of long responses and waits.
    """

    def __init__(
        self,
        url: str,
        settings: Settings,
        *,
        stop: threading.Event,
        seams: Seams = MACHINE,
        claimed: bool = False,
        was_private: Callable[[], bool | None] = lambda: None,
        hosts: Hosts | None = None,
        emit: Emit = quiet,
    ) -> None:
        self.user_agent = user_agent(settings.contact)
        self.origin = origin(url)
        self._settings = settings
        self._robots: dict[str, Robots] = {}
        self._judged: dict[tuple[str, str], bool] = {}
        self._root: Root | None = None
        named = () if claimed else (url,)
        guard = Guard(settings.allow_origin, targets=named, was_private=was_private, look_up=seams.look_up)
        politeness = Politeness(
            concurrency=settings.concurrency,
            delay=settings.delay,
            clock=seams.clock,
            sleep=seams.sleep,
            hosts=hosts,
            backs_off=lambda host, seconds: self.fetcher.waits(host, seconds),
        )
        self._wire = Wire(
            user_agent=self.user_agent,
            guard=guard,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            total_timeout=settings.total_timeout,
            now=seams.now,
            turns=politeness.at_address,
            emit=emit,
        )
        _check_once()
        self.fetcher = Fetcher(
            FetchPolicy(retries=settings.retries, patience=settings.patience),
            self._wire,
            politeness,
            guard,
            robots=self._may_fetch,
            acts=self._acts,
            strays=self._strays,
            is_challenge=is_challenge,
            clock=seams.clock,
            sleep=seams.sleep,
            now=seams.now,
            stop=stop,
            emit=emit,
        )

    @property
    def robots_policy(self) -> str:
        """How robots.txt is treated, for the warcinfo record."""
        return "ignore" if self._settings.ignore_robots else "obey"

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def read_robots(self, get: Get, url: str) -> str:
        """Read the robots.txt of the host of `url`, once; returns why it could not be read, or ""."""
        target = self.robots_target(url)
        return self.take_robots(get(target)) if target else ""

    def robots_target(self, url: str) -> Target | None:
        """Return the robots.txt to read before anything else of the host of `url`; None when it isn't needed any more."""
        place = origin(url)
        if self._settings.ignore_robots or place in self._robots or not place:
            return None
        elsewhere = place != self.origin
        return Target(
            url=f"{place}/robots.txt",
            key=f"{place}/robots.txt",
            kind="robots",
            retries=1 if elsewhere else None,
            max_body=1 << 20 if elsewhere else 1 << 25,
        )

    def take_robots(self, reply: Reply) -> str:
        """Parse a robots.txt; returns why it could not be read, or ""."""
        place = origin(reply.target.url)
        gone = "no-address" in reply.flags and "Temporary" not in reply.reason
        if gone or reply.verdict is Verdict.GUARDED or (reply.head is None and origin(reply.url) != place):
            # A redirect to another host that doesn't respond means no rules (RFC 9309, 2.3.1.2), and so does a missing host.
            self._robots[place] = Robots()
            return ""
        status = reply.status if reply.verdict is Verdict.ANSWERED else None
        robots = self._robots[place] = Robots.parse(reply.body, status, self.user_agent)
        why = reply.reason or status
        return "" if robots.reachable else f"{reply.target.url} can't be read ({why}), so nothing else may be asked for"

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the sitemaps that the robots.txt of the host of `url` names; none if it was not read."""
        robots = self._robots.get(origin(url))
        return robots.sitemaps if robots else ()

    def robots_lost(self, url: str) -> bool:
        """Whether the host of `url` is left alone only because its robots.txt can't be read."""
        robots = self._robots.get(origin(url))
        return robots is not None and not robots.reachable

    def permits(self, url: str) -> bool | None:
        """Return whether the robots.txt of the host of `url` permits to ask for it; None if it was not read."""
        robots = self._robots.get(origin(url))
        return None if robots is None else self._allowed(robots, url, None)

    def keep_in(self, folder: Path) -> None:
        """Put the temporary files of large responses into `folder`, on the disk of the WARCs they become part of."""
        self._wire.spool_in(folder)

    def adopt(self, get: Get, root: Root) -> str:
        """Set the API's root: its routes are judged by the robots.txt of its own host, in every spelling.

        Returns why that could not be read, or "".
        """
        self.origin = origin(root.url)
        self._root = root
        self._judged.clear()
        return self.read_robots(get, root.url)

    def _may_fetch(self, target: Target) -> bool:
        robots = self._robots.get(origin(target.url))
        if robots is None or target.kind == "robots":
            return True
        if not robots.by_path:
            return self._allowed(robots, target.url, target.route)
        # Pages of a listing share one verdict: matching takes longer than building the request.
        url, route = target.url.partition("?")[0], (target.route or "").partition("?")[0]
        if (url, route) not in self._judged:
            if len(self._judged) >= _JUDGED:
                self._judged.clear()
            self._judged[url, route] = self._allowed(robots, url, route)
        return self._judged[url, route]

    def _acts(self, target: Target) -> str:
        """Return why a page or file that some response named isn't asked for: the site might act upon it."""
        return why_acting(target.url, self._root.url if self._root else "") if target.kind in _NAMED else ""

    def _strays(self, target: Target, onward: str) -> bool:
        """Whether a redirect leads from the site's API to another host, or to another route."""
        if target.route is None or not same_host(target.url, self.origin):
            return False
        found = split_root(onward)
        return not same_host(target.url, onward) or (
            found is not None and found[1].path != Route.parse(target.route).path
        )

    def _allowed(self, robots: Robots, url: str, route: str | None) -> bool:
        return all(robots.allowed(spelling, self.user_agent) for spelling in (url, *self._spellings(url, route)))

    def _spellings(self, url: str, route: str | None) -> tuple[str, ...]:
        """Return the other spellings of a route: a rule for one of them is meant for all."""
        if self._root and route:
            return self._root.spellings(route)
        found = split_root(url)
        return found[0].spellings(found[1]) if found else ()


def user_agent(contact: str) -> str:
    """Return an honest User-Agent, with an address at which the site's owner can reach the operator."""
    return f"wparchive/{__version__}" + (f" (+{contact})" if contact else " (web archiver)")


_checked = threading.Event()


def _check_once() -> None:
    """Refuse to archive with a Python or urllib3 that can't be captured to the byte."""
    if not _checked.is_set():
        check_exact()
        _checked.set()
