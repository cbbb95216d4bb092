"""Sends each destination, once, what is new for it; called before a crawl and after it."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from threading import Event

from wparchive.ask.change_keys import change_keys
from wparchive.ask.changes import Change, Question, changes, site_names
from wparchive.config import SiteConfig
from wparchive.crawl.report import RunReport
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import WparchiveError
from wparchive.fleet.notify.delivery import Means, deliver
from wparchive.fleet.notify.destinations import Destination, Filter, Print
from wparchive.fleet.notify.ledger import Ledger
from wparchive.fleet.notify.message import Message, compose
from wparchive.fleet.notify.settings import Notices
from wparchive.fleet.notify.troubles import DISK, troubles
from wparchive.fleet.notify.undelivered import Undelivered
from wparchive.model import timestamp
from wparchive.naming import site_name
from wparchive.store import Archive

__all__ = ["Notifier"]


class Notifier:
    """What `notices` asks for, of `archive`.

    Nothing here raises: `warn` gets one line for what could not be sent, and the next run sends it. `write` puts text on
    stdout; without it, what is to be printed waits. Setting `stop` ends every wait.
    """

    def __init__(
        self,
        archive: Archive,
        notices: Notices,
        *,
        warn: Callable[[str], None],
        write: Callable[[str], None] | None = None,
        stop: Event | None = None,
        seams: Seams = MACHINE,
        debug: bool = False,
    ) -> None:
        self._archive = archive
        self._notices = notices
        self._warn = warn
        self._means = Means(seams, stop or Event(), write or (lambda _: None))
        self._destinations = [one for one in notices.wanted if write or not isinstance(one, Print)]
        self._debug = debug
        self._ledger = Ledger(archive)
        self._readable = False  # the database, at the last look
        self._wrong_before = ""  # the crawl: the reason that was given, which often is so after it

    def begin(self) -> None:
        """Before a crawl: new destinations get what comes from now on, even if this run is killed."""
        if self._destinations and self._archive.root.is_dir():
            self._wrong_before = self._safely("notices can't be prepared", self._enroll)

    def notify(self, reports: Sequence[RunReport]) -> None:
        """After a crawl that ended with `reports`: one message for each destination that isn't up to date."""
        if self._destinations and not self._means.stop.is_set() and self._archive.root.is_dir():
            self._safely("nothing was sent of what is new, the next run tries again", lambda: self._notify_all(reports))

    def _safely(self, what: str, act: Callable[[], object]) -> str:
        """Return why `act` failed, or ""; one line says it, unless it is what was wrong before the crawl."""
        try:
            act()
        except (WparchiveError, OSError) as error:
            reason = str(error)
        except Exception as error:
            if self._debug:
                raise
            reason = f"{type(error).__name__}: {error}"
        else:
            return ""
        if reason != self._wrong_before:
            self._warn(f"{what}: {reason}")
        return reason

    def _enroll(self) -> None:
        self._ledger.read()
        if all(self._ledger.knows(one.key) for one in self._destinations):
            return
        with self._ledger.held():
            self._ledger.note(self._keys(), {}, "")
            for one in self._destinations:
                if not self._ledger.knows(one.key):
                    self._ledger.advance(one.key)
            self._ledger.save()

    def _notify_all(self, reports: Sequence[RunReport]) -> None:
        keys = self._keys()
        sites = self._sites()
        at = timestamp(self._means.seams.now())
        renamed = {site.name or site_name(site.url): name for name, site in sites.items() if site}
        now = {renamed.get(site, site): trouble for site, trouble in troubles(reports, at).items()}
        with self._ledger.held():
            # Kept before it is sent: what can't be sent now is sent later, and what can't be kept would be sent each time.
            new = self._ledger.note(keys, {}, at)
            for one in self._destinations:
                new = (not self._ledger.knows(one.key) and self._ledger.advance(one.key)) or new
            new = self._ledger.note(keys, now, at) or new
            if new:
                self._ledger.save()
            for one in self._destinations:
                self._safely(f"not sent: {one.name}", partial(self._notify_one, one, sites, at))

    def _notify_one(self, destination: Destination, sites: Mapping[str, SiteConfig | None], at: str) -> None:
        message = self._message(destination, sites, at)
        if message:
            try:
                remark = deliver(message, destination, self._means)
            except Undelivered as failure:
                self._warn(f"not sent, the next run tries again: {destination.name}: {failure}")
                return
            if remark:
                self._warn(f"{destination.name}: {remark}")
        if self._ledger.advance(destination.key, changes=self._readable):
            self._ledger.save()

    def _message(self, destination: Destination, sites: Mapping[str, SiteConfig | None], at: str) -> Message | None:
        """What is new for `destination` and asked for; None for nothing."""
        keys, events = self._ledger.pending(destination.key)
        wanted, person = self._notices.wanted[destination], self._notices.events[destination]
        filters = {name: wanted[site] for name, site in sites.items() if site in wanted}
        found = self._found(filters, keys) if keys and self._readable else iter(())
        mine = [event for event in events if person if event.site == DISK or sites.get(event.site) in person]
        return compose(self._archive.root, at, found, mine)

    def _found(self, filters: Mapping[str, Filter], keys: Set[str]) -> Iterator[Change]:
        """The changes with one of `keys` that the filter of their site lets through, newest first, each once."""
        questions = []
        for each in {*filters.values()}:
            names = tuple(name for name, own in filters.items() if own == each)
            if each.kinds != ():
                asked = Question(sites=names, kinds=each.kinds or (), keys=keys)
                questions += [replace(asked, words=tuple(entry.split())) for entry in each.words or ("",)]
        streams = [changes(self._archive.database, question) for question in questions]
        seen: set[str] = set()
        for change in heapq.merge(*streams, key=lambda change: change.seen_at or "", reverse=True):
            if change.id not in seen:
                seen.add(change.id)
                yield change

    def _keys(self) -> list[str]:
        """The keys of all changes; none where the database can't be read, which keeps nobody from hearing of the trouble."""
        try:
            keys = [*change_keys(self._archive.database)] if self._archive.database.exists() else []
            self._readable = self._archive.database.exists()
        except WparchiveError as error:
            self._warn(f"changes are sent by a later run: {error}")
            keys, self._readable = [], False
        return keys

    def _sites(self) -> dict[str, SiteConfig | None]:
        """The sites of the archive and of the configuration by their names, and which of the configuration each is."""
        held = site_names(self._archive.database) if self._readable else []
        configured = self._notices.sites
        deeds = {} if all(site.name for site in configured) else self._archive.deeds()  # once for all of them
        names = {
            site.name or self._archive.site_at(site.url, deeds) or site_name(site.url): site for site in configured
        }
        return {**dict.fromkeys(held), **names}
