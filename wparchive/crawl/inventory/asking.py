"""Ask for sitemaps and feeds: each with its validators, and in a light run only those that may have changed."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wparchive.config import Settings
from wparchive.crawl.engine.conditional import conditions
from wparchive.crawl.engine.engine import Engine, OneShot
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.network import Network
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Target, Verdict
from wparchive.store import SiteStore
from wparchive.urls import url_key
from wparchive.wordpress.age import moment
from wparchive.wordpress.inventory.documents import Document, read_document
from wparchive.wordpress.inventory.xml_text import MOST_BYTES

__all__ = ["LOST", "Asker", "Found", "Ground", "Tolerant"]

LOST = "lost"
"""The fault of a document whose record is damaged."""

_RETRIES = 1
_DAY = timedelta(days=1)  # a `lastmod` may be in the site's own time, or state no more than the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What reading a site's sitemaps and feeds takes, whether or not it has a REST API.

    `own` are its home and every other address of it, `page` the URL and HTML of its front page where that was read,
    `plain` whether it has plain permalinks. `full`: everything is to be read again.
    """

    engine: Engine
    store: SiteStore
    network: Network
    memory: Memory
    settings: Settings
    now: Callable[[], datetime]
    home: str
    own: tuple[str, ...]
    page: tuple[str, bytes] | None = None
    plain: bool = False
    full: bool = False


class Tolerant(OneShot):
    """Targets about which a wall says nothing of the site's API."""

    tolerant = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What asking for one document came to: read (anew), same (as it is held), rests (not asked), answered, or failed.

    `answered` is a 404 or its like, robots.txt, or a refusal of the guard. `held` is the capture that holds the
    document now, `before` the one that did.
    """

    url: str
    kind: str
    outcome: str
    reason: str = ""
    held: Capture | None = None
    before: Capture | None = None

    @property
    def unseen(self) -> bool:
        """Whether no capture shows what it came to."""
        return self.outcome == "answered" and self.held is None and not self.reason.startswith("HTTP")


class Asker:
    """Asks for documents. With `light`, those that seem unchanged rest, as do those that weren't there.

    None of the URLs in `again` rests.
    """

    def __init__(self, ground: Ground, *, light: bool, again: Collection[str] = ()) -> None:
        self._ground = ground
        self._store = ground.store
        self._light = light
        self._again = frozenset(map(url_key, again))

    def ask(self, kind: str, wanted: Sequence[tuple[str, str | None]], *, rows: str = "") -> list[Found]:
        """Ask for documents (URL and `lastmod` as an index states it), and return in order what became of each.

        `rows` names the table of which a feed's items are to be rows.
        """
        found: dict[str, Found] = {}
        targets: list[Target] = []
        befores: dict[str, Capture | None] = {}
        for url, lastmod in wanted:
            key = f"{kind} {url_key(url)}"
            whole = self._store.log.file_before(key, "")
            if url_key(url) not in self._again and self._rests(key, whole, lastmod):
                found[key] = Found(url=url, kind=kind, outcome="rests", held=whole, before=whole)
                continue
            befores[key] = whole
            targets.append(self._target(kind, url, key, whole, rows))
        for reply in self._replies(targets):
            found[reply.target.key] = self._judged(reply, befores[reply.target.key])
        return [found[f"{kind} {url_key(url)}"] for url, _ in wanted]

    def again(self, found: Found) -> Capture | None:
        """Ask for a document that was just read once more, without its validators; return the capture, if it came whole."""
        kind = "confirmation"
        target = self._target(kind, found.url, f"{found.kind} {url_key(found.url)} again={self._store.run}", None, "")
        return self._judged(self.get(target), None).held

    def _replies(self, targets: Iterable[Target]) -> list[Reply]:
        ready: list[Target] = []
        for target in targets:
            self._ground.network.read_robots(self.get, target.url)
            ready.append(target)
        task = Tolerant(ready)
        self._ground.engine.run([task])
        return task.replies

    def get(self, target: Target) -> Reply:
        """Fetch one target; a wall ends nothing."""
        task = Tolerant([target])
        self._ground.engine.run([task])
        return task.replies[0]

    def _rests(self, key: str, whole: Capture | None, lastmod: str | None) -> bool:
        last = self._store.log.checked(key) if self._light else None
        if last is None or last.crawl == self._store.crawl:
            return False
        if whole is None:
            return True
        if lastmod:
            return moment(lastmod if "T" in lastmod else f"{lastmod}T00:00:00Z") < moment(last.captured_at) - _DAY
        return not conditions(whole)

    def _target(self, kind: str, url: str, key: str, whole: Capture | None, rows: str) -> Target:
        # What an interrupted run has captured, the engine replies from the WARC.
        again = whole if whole and whole.crawl != self._store.crawl else None
        target = Target(
            url=url_key(url),
            key=key,
            kind=kind,
            via=self._ground.home,
            hops=1,
            max_body=MOST_BYTES,
            keep_body=False,
            retries=_RETRIES,
            about=(("home", self._ground.home), *((("rows", rows),) if rows else ())),
        )
        return replace(target, headers=conditions(again)) if again else target

    def _judged(self, reply: Reply, before: Capture | None) -> Found:
        capture, target = reply.capture, reply.target
        found = Found(url=target.url, kind=target.kind, outcome="answered", held=before, before=before)
        status = capture.status if capture else None
        if capture and is_success(status) and (reply.verdict is Verdict.ANSWERED or reply.truncated == "length"):
            return replace(found, outcome="read", held=capture)
        if reply.verdict is Verdict.ANSWERED and status == 304:
            return replace(found, outcome="same") if before else replace(found, outcome="failed", reason="304 unasked")
        if reply.verdict is Verdict.ANSWERED:
            return replace(found, reason=f"HTTP {status}", held=None)
        lost = reply.verdict is Verdict.ROBOTS and self._ground.network.robots_lost(target.url)
        # Who names a document on a host without an address may name many pages there that nobody knows.
        if reply.verdict in (Verdict.ROBOTS, Verdict.GUARDED) and not lost:
            return replace(found, reason=reply.reason or str(reply.verdict), held=None)
        return replace(found, outcome="failed", reason=reply.reason or "no answer", held=None)

    def document(self, capture: Capture | None) -> Document:
        """Return what a capture holds; an empty document without one, or if it is lost."""
        if capture is None:
            return Document()
        try:
            return read_document(self._store.read(capture).content())
        except DamagedError:  # `verify` names the damage
            return Document(fault=LOST)
