"""The files that pages are shown with: each is requested once a run at most, and only if it isn't held or is due again."""

import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

from wparchive.crawl.context import Context
from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.pages.page_report import PageReport, status_outcome
from wparchive.crawl.pages.page_wanted import conditions
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Target, Verdict
from wparchive.urls import origin, same_host
from wparchive.wordpress.age import moment
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.pages.page_requisites import Requisite, of_page, of_stylesheet, page_text

__all__ = ["RequisiteQueue"]

_OF_ONE: Final = 1_000  # files of one page or stylesheet
_OF_RUN: Final = 50_000  # files that a run looks at
_LARGEST: Final = 32 << 20  # bytes of a file
_SHEET: Final = 4 << 20  # bytes of a stylesheet, which is read
_DEEP: Final = 5  # stylesheets that import each other


class RequisiteQueue:
    """The files to fetch for the pages of a run; those that are held already cost nothing."""

    def __init__(self, context: Context, report: PageReport) -> None:
        self._store = context.store
        self._settings = context.settings
        self._home = context.home
        self._oldest = context.now() - timedelta(days=context.settings.sweep_every)
        self._counts, self._refuse = report.requisites, report.refuse
        self._seen: set[bytes] = set()
        self._per_host: Counter[str] = Counter()
        self._waiting: deque[tuple[Requisite, str, int]] = deque()  # what, named by, how deep
        self._deep: dict[str, int] = {}  # by the key of a stylesheet that is on its way

    @property
    def waiting(self) -> bool:
        """Whether there may be files left to fetch."""
        return bool(self._waiting)

    def add_page(self, reply: Reply) -> None:
        """Add what the page in `reply` is shown with."""
        head = reply.head
        if head is None or not is_success(head.status) or "html" not in head.mime:
            return
        url = reply.capture.url if reply.capture else reply.url
        self._add(of_page(page_text(reply.body, head.get("content-type")), url), url, 0)

    def _add(self, named: Iterator[Requisite], via: str, depth: int) -> None:
        for one in islice(named, _OF_ONE):
            mark = hashlib.blake2b(one.url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if mark in self._seen:
                continue
            host = origin(one.url)
            elsewhere = not same_host(one.url, self._home)
            if len(self._seen) >= _OF_RUN or (elsewhere and self._per_host[host] >= self._settings.linked_per_host):
                self._counts["limited"] += 1
                continue
            self._seen.add(mark)
            self._per_host[host] += elsewhere
            self._waiting.append((one, via, depth))
        if beyond := sum(1 for _ in islice(named, _OF_RUN)):
            self._counts["limited"] += beyond

    def next(self) -> Target | None:
        """Return the next file to request; None when there is none for now."""
        while self._waiting:
            one, via, depth = self._waiting.popleft()
            if (target := self._target(one, via, depth)) is not None:
                return target
        return None

    def _target(self, one: Requisite, via: str, depth: int) -> Target | None:
        key = f"NEED {one.url}"
        media = self._store.log.checked(file_key(one.url))
        if media and media.kind == "file" and is_success(media.status) and media.method == "GET":
            return None
        last = self._store.log.checked(key)
        if last and last.crawl != self._store.crawl and moment(last.captured_at) >= self._oldest:
            self._read_held(one, key, depth)
            return None
        sheet = one.role == "stylesheet"
        if sheet:
            self._deep[key] = depth
        return Target(
            url=one.url,
            key=key,
            kind="requisite",
            via=via,
            hops=2,
            headers=conditions(self._store, key),
            max_body=_SHEET if sheet else min(self._settings.max_file, _LARGEST),
            keep_body=sheet,
            retries=None if same_host(one.url, self._home) else 1,
            about=(("role", one.role),),
        )

    def _read_held(self, one: Requisite, key: str, depth: int) -> None:
        """Read a stylesheet that is held already: what it names may have been left out when it was fetched."""
        held = self._store.log.file_before(key, "") if one.role == "stylesheet" else None
        if held:
            self._add_sheet(self._body(held), held.url, depth)

    def _body(self, held: Capture) -> bytes:
        try:
            return self._store.read(held).body(_SHEET).data
        except DamagedError:  # `verify` names the damage
            return b""

    def feed(self, reply: Reply) -> None:
        """Take the reply for one file; of a stylesheet, what it names is added."""
        outcome = _outcome(reply)
        if outcome == "refused":
            self._refuse("requisite", str(reply.verdict))
        else:
            self._counts[outcome] += 1
        depth = self._deep.pop(reply.target.key, None)
        if depth is None or reply.capture is None:
            return
        if outcome == "fetched":
            self._add_sheet(reply.body, reply.capture.url, depth)
        elif outcome == "same" and (held := self._store.log.file_before(reply.target.key, reply.capture.capture)):
            self._add_sheet(self._body(held), held.url, depth)

    def _add_sheet(self, body: bytes, url: str, depth: int) -> None:
        if depth < _DEEP:
            self._add(of_stylesheet(page_text(body), url), url, depth + 1)


def _outcome(reply: Reply) -> str:
    status = reply.capture.status if reply.capture else None
    if reply.verdict is Verdict.ANSWERED:
        return status_outcome(status)
    return "refused" if reply.verdict in (Verdict.GUARDED, Verdict.ROBOTS) else "failed"
