"""What earlier runs saw of a site, so that the next one requests only what may have changed.

Kept in the capture log, and derived from the WARCs alone: each file is read from where the last reading ended, so that
losing the database costs one reading of the archive. Nothing here is evidence; a wrong entry costs a request, never an
item.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from wparchive.apart import apart
from wparchive.crawl.incremental.dangling import Dangling
from wparchive.crawl.incremental.item_marks import FIELDS, fingerprint, places_of, row_of
from wparchive.crawl.incremental.page_versions import PageVersions
from wparchive.crawl.incremental.states import States
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Privilege
from wparchive.store import Blob, CaptureLog, Proven, ResourceRecord, SiteFolder, Source, StoredExchange, exchanges
from wparchive.wordpress.age import OLD, Ages, moment
from wparchive.wordpress.collections.plugins import probed_at, tells_why
from wparchive.wordpress.judgement import Judgement, Meaning, judge
from wparchive.wordpress.languages.codes import list_of
from wparchive.wordpress.links.aims import Aim, aim_at
from wparchive.wordpress.links.decisions import listed
from wparchive.wordpress.payload.document import Document, Item, elements, items
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Route
from wparchive.wordpress.type_names import is_collection
from wparchive.wordpress.values import clean, integer, utc

__all__ = ["Memory"]

_MOST = 1 << 62  # items in a collection
_COLLECTION = ("route", "type", "table", "title", "skipped")  # the keys of an entry in the fact `collections`
# How the reason of an intended refusal begins, see `judgement.Judgement.reason`.
_CLOSED = re.compile(r"40[13]\b|robots\.txt")


class Memory:
    """The memory of one site, stored in its capture log; call `learn` before use, with the site's lock held.

    `parsed` returns the body of a capture that this run parsed already, if it is still in memory.
    """

    def __init__(self, folder: SiteFolder, log: CaptureLog) -> None:
        self._folder, self._log = folder, log
        self.parsed: Callable[[str], Document | None] = lambda _: None
        self._last = "", Document(None, "")  # the capture that was parsed last, and its body
        self.seen = log.seen
        self.states = States(log.states)
        self.pages = PageVersions(log.pages, log.owed, log.seen)
        self.dangling = Dangling(log.seen)
        self.lost = False
        self.doubts: list[str] = []  # what couldn't be parsed
        self._ages: tuple[str, Ages] = ("", Ages())
        self._fields: tuple[str, ...] | None = None

    def forget(self) -> None:
        """Delete everything: what was learnt from lost records isn't held any more."""
        self.seen.forget()
        self.states.forget()
        self.pages.forget()
        self._fields = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that a sweep requests: the fixed ones and the site's own taxonomies."""
        if self._fields is None:
            terms = [one for one in self.seen.entries("collections") if one.get("table") == "terms"]
            self._fields = (*FIELDS, *sorted(str(one.get("route")).rpartition("/")[2] for one in terms))
        return self._fields

    def learn(self, *, lost: bool = False) -> None:
        """Read what the WARCs hold beyond the last reading; `lost` says that records are lost. Raises StorageError."""
        self.lost = self.lost or lost
        paths = {
            f"{path.parent.name}/{path.name.removesuffix('.open')}": path for path in self._folder.warcs(imports=False)
        }
        sizes = self._elsewhere() | {name: path.stat().st_size for name, path in paths.items()}
        learnt = self.seen.learnt()
        if any(sizes.get(name, -1) < upto for name, upto in learnt.items()):
            self.forget()  # a WARC that it was learnt from is gone
            learnt = {}
        for name, size in sizes.items():
            source = (paths.get(name) or self._blob(name)) if size > learnt.get(name, 0) else None
            if source:
                with self._log.transaction():
                    self.seen.note_learnt(name, self._read(source, learnt.get(name, 0), name))
        self._last = "", Document(None, "")

    def _elsewhere(self) -> dict[str, int]:
        """Return the sizes of the WARCs that lie elsewhere, by the name under which they are learnt."""
        if self._folder.remote is None:
            return {}
        return {"/".join(warc.split("/")[-2:]): size for warc, size in self._log.elsewhere.sizes().items()}

    def _blob(self, name: str) -> Blob | None:
        place = name if name.startswith("warc/") else f"warc/{name}"
        return self._folder.remote.blob(f"{self._folder.name}/{place}") if self._folder.remote else None

    def _read(self, source: Source, offset: int, name: str) -> int:
        """Read a WARC from `offset` on; returns where it ends."""
        elsewhere = self._folder.remote.blob if self._folder.remote else None
        for entry in exchanges(source, offset, elsewhere=elsewhere):
            # What can't be parsed, or refers to lost records, costs requests and no item.
            with suppress(DamagedError), apart(self.doubts.append, name):
                self._take(entry)
            offset = max(offset, entry.end)
        return offset

    def _take(self, entry: object) -> None:
        if isinstance(entry, ResourceRecord):
            self._take_fact(entry)
        elif isinstance(entry, StoredExchange) and entry.capture.final:
            if entry.capture.route:
                self._take_answer(entry, old=self._age_of(entry) >= OLD)
            elif entry.capture.kind in ("page", "requisite"):
                self.pages.take_page(entry)

    def _age_of(self, entry: StoredExchange) -> int:
        """Return how old a response was when it came, by the same rule as the index."""
        if entry.capture.run != self._ages[0]:
            self._ages = (entry.capture.run, Ages())
        return self._ages[1].take(entry.head, entry.capture.captured_at) if entry.head else 0

    def _take_fact(self, fact: ResourceRecord) -> None:
        self.states.take_fact(fact.name, fact.value)
        self.pages.take_fact(fact)
        kind, colon, _ = fact.name.partition(":")
        known = _FACTS.get(kind + colon)
        if known and isinstance(fact.value, known.shape):
            known.take(self, fact, fact.value)

    def _take_site(self, _fact: ResourceRecord, site: Mapping[str, Any]) -> None:
        self.seen.note_site("timezone", clean(str(site.get("timezone") or "")))

    def _take_collections(self, _fact: ResourceRecord, listed: list[Any]) -> None:
        found = [one for one in listed if is_collection(one)]
        self.seen.note_site("collections", [{name: one.get(name) for name in _COLLECTION} for one in found])
        self._fields = None
        self.pages.relearn()

    def _take_languages(self, _fact: ResourceRecord, found: list[Any]) -> None:
        self.seen.note_site("languages", [one for one in found if isinstance(one, dict)])

    def _take_failed_links(self, _fact: ResourceRecord, failed: list[Any]) -> None:
        links = [(one.get("policy"), one.get("route")) for one in failed if isinstance(one, dict)]
        aims = [{"policy": policy, "route": route} for policy, route in links if aim_at(policy, route)]
        self.seen.note_site("failed_links", aims)

    def _take_absent(self, fact: ResourceRecord, ids: list[Any]) -> None:
        route = fact.name.partition(":")[2]
        for wp_id in filter(None, map(integer, ids)):
            self.seen.miss(route, wp_id, "missing")

    def _take_end(self, fact: ResourceRecord, end: Mapping[str, Any]) -> None:
        """Record the end of a crawl: only then is it certain that nothing older than what it saw is missing.

        This holds up to the start of the crawl: a crawl that was resumed later has responses of different ages.
        """
        whole = end.get("outcome") in ("complete", "incomplete") and not end.get("resumable")
        run = self._log.logged_run(fact.run)
        if not whole or run is None or run.mode not in ("full", "incremental"):
            return
        if run.mode == "full":
            self.seen.note_site("walked", 1)
        first = self._log.logged_run(run.crawl)
        self.seen.reach(first.started_at if first and first.crawl == first.run else fact.date)

    def _take_proof(self, fact: ResourceRecord, proof: Mapping[str, Any]) -> None:
        at, held, stated = fact.date, integer(proof.get("held")), integer(proof.get("stated"))
        formed = isinstance(proof.get("route"), str) and isinstance(proof.get("outcome"), str)
        if held is None or not formed or not _is_credible(at, held, stated or 0):
            return
        route, outcome, reason = clean(proof["route"]), clean(proof["outcome"]), str(proof.get("reason") or "")
        old = self.seen.proven(route)
        swept, odd = (old.swept_at, old.odd) if old else ("", 0)
        if outcome == "complete" and proof.get("how", "walk") not in ("check", "ids"):
            swept = at
        odd = odd + 1 if outcome == "refused" and not _CLOSED.match(reason) else 0
        named = clean(str(proof.get("type") or ""))
        self.seen.prove(route, Proven(stated, held, outcome, swept, at, listed(outcome, held, reason), odd, named))

    def _take_answer(self, entry: StoredExchange, *, old: bool) -> None:
        capture, route = entry.capture, Route.parse(entry.capture.route or "/")
        # What a user is shown isn't public; of that only the revisions count.
        if capture.privilege is not Privilege.ANONYMOUS:
            if capture.kind == "history" and is_success(capture.status):
                collection, last, _ = route.path.rsplit("/", 2)
                self.seen.read_revisions(self.seen.list_with(collection, integer(last)), integer(last))
        elif capture.kind == "listing":
            self._take_page(entry, route, old=old)
        elif capture.kind == "history":
            if self._judged(entry).meaning is Meaning.REFUSED:  # a wall's 403 isn't WordPress's own
                self.seen.refuse(clean(route.path.rsplit("/", 2)[0]), "history")
        elif capture.kind in ("item", "probe"):
            self._take_item(entry, route, old=old)

    def _take_page(self, entry: StoredExchange, route: Route, *, old: bool) -> None:
        """Record the response to a request for a page of a collection."""
        capture = entry.capture
        if is_success(capture.status):
            document = self._document(entry)
            # A page with few fields isn't a full reading.
            partial = any(name == "_fields" for name, _ in route.params)
            if elements(document) is not None and not (document.broken and capture.truncated):
                self._see(route, list_of(route), items(document), capture, partial=partial, old=old)
        elif not route.params:
            self.dangling.see(capture, self._judged(entry).meaning)

    def _take_item(self, entry: StoredExchange, route: Route, *, old: bool) -> None:
        """Record the response to a request for one item."""
        capture, (collection, _, last) = entry.capture, route.path.rpartition("/")
        wp_id = integer(last)
        if wp_id is None:
            return
        answer = self._judged(entry)
        if capture.kind == "item":
            self.dangling.see(capture, answer.meaning)
            if answer.meaning is Meaning.REFUSED:
                self.seen.refuse(clean(collection), "absent")
        if answer.ok:
            known = self.seen.list_with(collection, wp_id)
            self._see(route, known, items(self._document(entry)), capture, partial=False, old=old)
        elif answer.gone and capture.kind == "probe" and not old:
            for listed_at, kind in self._listed_at(collection):
                self.seen.miss(listed_at, wp_id, answer.gone if tells_why(kind) else "missing")

    def _listed_at(self, collection: str) -> list[tuple[str, str]]:
        """Return the route and type of each collection whose items are asked for at `collection`."""
        types, rows = probed_at(collection), self.seen.entries("collections")
        found = [(str(one["route"]), str(one["type"])) for one in rows]
        return [one for one in found if one[0] == collection or one[1] in types] or [(collection, "")]

    def _document(self, entry: StoredExchange) -> Document:
        """Return the body of a response as JSON; the last one is kept, since it is judged first and then read."""
        capture = entry.capture.capture
        if capture != self._last[0]:
            self._last = capture, self.parsed(capture) or read(entry.body().data)
        return self._last[1]

    def _judged(self, entry: StoredExchange) -> Judgement:
        return judge(entry.head, entry.body().data, self._document(entry))

    def _see(
        self, route: Route, collection: str, found: Iterator[Item], capture: Capture, *, partial: bool, old: bool
    ) -> None:
        fields, shown = self.fields, list(found)
        read_at = "" if partial else capture.captured_at
        rows = [
            row_of(collection, item, fingerprint(item.value, fields), read_at) for item in shown if item.id is not None
        ]
        self.seen.see(rows, in_full=not partial)
        self.seen.locate(places_of(collection, shown))
        # An old response from a cache would look like an edit that was undone.
        if not partial and not old:
            self.pages.see(collection, shown)
            self.states.see(route, collection, shown, capture.capture, capture.run)

    # ---- what is known

    def newest(self, collection: str) -> str:
        """Return the latest modification (UTC, `Z`) in `collection` before which nothing is missing; may be empty."""
        return utc(self.seen.reached(collection)[0]) or ""

    def latest(self, collection: str) -> str:
        """Return the latest publication time (UTC, `Z`) in `collection`, determined likewise."""
        return utc(self.seen.reached(collection)[1]) or ""

    @property
    def failed_links(self) -> list[Aim]:
        """The links that the last run over the whole site could not follow."""
        found = [aim_at(one.get("policy"), one.get("route")) for one in self.seen.entries("failed_links")]
        return [where for where in found if where]


def _is_credible(at: str, *counts: int) -> bool:
    return moment(at).year > 1 and all(0 <= one <= _MOST for one in counts)


class _Fact(NamedTuple):
    """How a run's fact is taken in: the JSON type that it must have, and what records it."""

    shape: type
    take: Callable[[Memory, ResourceRecord, Any], None]


# By the fact's name up to the colon.
_FACTS: Mapping[str, _Fact] = {
    "listing:": _Fact(dict, Memory._take_proof),
    "collections": _Fact(list, Memory._take_collections),
    "languages": _Fact(list, Memory._take_languages),
    "absent:": _Fact(list, Memory._take_absent),
    "failed-links": _Fact(list, Memory._take_failed_links),
    "site": _Fact(dict, Memory._take_site),
    "end": _Fact(dict, Memory._take_end),
}
