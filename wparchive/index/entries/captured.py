"""Reads WARC files for the index: each entry becomes a `Read`, plain values that can be sent to another process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from wparchive.apart import apart
from wparchive.errors import ConfigError
from wparchive.http1.message import Head
from wparchive.index.damage import removal_said
from wparchive.index.entries.reading_order import OpenFile, ReadingOrder, Task, run_and_date
from wparchive.index.entries.responses import answer_of, language_of_list, meaning_of, routed, shown
from wparchive.index.files.file_answers import FileAnswer, read_file
from wparchive.index.inventory.named import KINDS, NamedUrls, rows_in, urls_named
from wparchive.index.items.catalogue import Catalogue, Place, Shown
from wparchive.index.items.items import Found, Source, find
from wparchive.index.items.rows import Row, capture_row, is_read_in_part, object_row, revision
from wparchive.index.pages.page_answers import PageAnswer, read_page
from wparchive.model import Capture, Privilege
from wparchive.store import Damage, Record, ResourceRecord, StoredExchange, WholeEntry, exchanges, is_ours
from wparchive.store.warc.reader import Entry
from wparchive.wordpress.age import CACHED, OLD, STALE, Ages, is_cached
from wparchive.wordpress.changes.digests import payload_sha256
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.changes.noise import NOISE, Noise
from wparchive.wordpress.judgement import Judgement
from wparchive.wordpress.payload.document import Document, Item
from wparchive.wordpress.type_names import is_collection, slug_of
from wparchive.wordpress.values import clean, mapping

__all__ = ["Read", "Reader"]

_SHORT = 1 << 16  # characters of an item that may be left to the process that writes: memory is scarcer there
_ENTRY = 200  # characters of JSON that a URL of a sitemap weighs
_RUNS = 1000  # runs whose noise is remembered; hardly any run continues after so many others


@dataclass(slots=True)
class Read:
    """One entry of a WARC, ready for the index; which fields are filled depends on its kind.

    `task` is the number of the file; `end` is where the entry ends in it; `stretch` is the number of the import runs that are
    read together, None for all else. `damage`, instead of all other fields, is a
    stretch that is not a record; `removed` says why records were removed that stood here. `doubts` describe what could
    not be processed. `in_part` means that a text was too long to be read in full.
    """

    task: int
    end: int = 0
    damage: Damage | None = None
    run: str | None = None
    date: str = ""
    records: list[Record] = field(default_factory=list)
    fact: tuple[str, object] | None = None
    removed: str | None = None
    capture: Row | None = None
    source: Source | None = None
    found: list[Found] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    objects: list[Row] = field(default_factory=list)
    file: FileAnswer | None = None
    page: PageAnswer | None = None
    named: NamedUrls | None = None
    size: int = 0
    doubts: list[str] = field(default_factory=list)
    in_part: bool = False
    stretch: int | None = None


@dataclass(slots=True)
class Reader:
    """Reads files in order, with their runs' collections and noise; `run` is the one in which it begins.

    `stretch` and `reach` are how far it got (see `ReadingOrder`).

    With `eager`, items come with their rows. One item in `share` is left, as text, to whoever takes it; none if that
    is 0. With `every_byte`, stored media are read too, for their checksums. `rights` are captures made with rights.
    """

    site: str
    collections: Iterable[tuple[str, str, str]] = ()
    run: str | None = None
    noise: SiteNoise = field(default_factory=SiteNoise)
    eager: bool = False
    share: int = 0
    every_byte: bool = False
    ages: Ages = field(default_factory=Ages)
    rights: frozenset[str] = frozenset()
    stretch: int = 0
    reach: str = ""
    _catalogue: Catalogue = field(default_factory=Catalogue)
    _noises: dict[str | None, Noise] = field(default_factory=dict)
    _task: Task | None = None
    _run_of_file: str | None = None

    def __post_init__(self) -> None:
        """Start with what is known; another process that gets a copy continues with what this one has learnt."""
        self._catalogue.learn(self.collections)
        self._noises[self.run] = self.noise.configured

    def read(
        self,
        tasks: Sequence[Task],
        ends: Callable[[Callable[[], list[tuple[int, Task]]], WholeEntry], bool] | None = None,
    ) -> Iterator[Read]:
        """Yield every entry of every file, until `ends`, called with what tells what is left and the entry, is true."""
        order = ReadingOrder(tasks, self._entries, self.stretch, self.reach)
        for file in order:
            entry = file.head
            self.stretch, self.reach = order.stretch, order.reach
            if isinstance(entry, Damage):
                yield Read(file.number, entry.end, damage=entry, run=file.run, stretch=file.stretch)
                continue
            assert entry is not None
            if ends and ends(order.left, entry):
                return
            yield self._next(file, entry)

    def _entries(self, task: Task) -> Iterator[Entry]:
        for entry in exchanges(task.path, task.start, every_byte=self.every_byte):
            if task.end is not None and entry.end > task.end:
                return
            yield entry

    def _next(self, file: OpenFile, entry: WholeEntry) -> Read:
        self._task = file.task
        self._run_of_file = file.run or (self.run if file.task.start and file.stretch is None else None)
        given = self._entry(file.number, entry)
        file.run, given.stretch = self._run_of_file, file.stretch
        return given

    def _entry(self, number: int, entry: WholeEntry) -> Read:
        given = Read(number, entry.end, records=list(entry.records))
        if isinstance(entry, StoredExchange) and not self._knows_run(entry):
            return given
        given.run, given.date = run_and_date(entry)
        if given.run is not None and given.run != self.run:
            self.run, self.ages = given.run, Ages()
            self.noise.configure(self._noises.get(given.run, NOISE))
        self._run_of_file = given.run or self._run_of_file
        if isinstance(entry, StoredExchange):
            with apart(given.doubts.append):
                self._exchange(entry, given)
            given.capture = given.capture or capture_row(entry.capture)
        elif isinstance(entry, ResourceRecord) and entry.run:
            self._fact(entry.name, entry.value)
            given.fact = (entry.name, entry.value)
        elif isinstance(entry, ResourceRecord) and entry.removed:
            given.removed = removal_said(entry.removed)
        return given

    def _knows_run(self, entry: StoredExchange) -> bool:
        """Return whether the run of an exchange is known.

        If its own metadata record is lost, the run follows from the file, and the privilege from the folder.
        """
        if entry.capture.crawl or self._task is None or not is_ours(self._task.path):
            return True
        privilege = Privilege.AUTHENTICATED if "/warc/private/" in self._task.warc else Privilege.ANONYMOUS
        run = self._run_of_file or ""
        entry.capture = replace(entry.capture, run=run, privilege=privilege, flags=("lost-metadata",))
        return bool(run)

    def _fact(self, name: str, value: object) -> None:
        if name == "collections" and isinstance(value, list):
            self._catalogue.learn((row["route"], row["type"], row["table"]) for row in value if is_collection(row))
        elif name == "start" and isinstance(value, dict):
            self._configure(noise_from(mapping(value.get("settings")).get("noise")))
        elif name.startswith("volatile:"):
            self.noise.learn_all(value)

    def _configure(self, noise: Noise) -> None:
        """Use the noise that was configured for the run, now and whenever the run continues."""
        self.noise.configure(noise)
        self._noises.pop(self.run, None)
        if noise != NOISE:
            self._noises[self.run] = noise
        if len(self._noises) > _RUNS:
            self._noises.pop(next(iter(self._noises)))

    def _exchange(self, stored: StoredExchange, given: Read) -> None:
        stored.capture = capture = routed(stored, self.rights)
        answer, flags, document = answer_of(stored, capture)
        head = stored.head if capture.route is not None or capture.kind == "index" else None
        age, of_age = self._age(head, capture)
        given.capture = capture_row(capture, (*flags, *of_age), meaning_of(answer, capture, document), head, age)
        if capture.kind == "file":
            given.file = read_file(stored)
        elif capture.kind in ("page", "requisite") and capture.privilege is Privilege.ANONYMOUS:
            given.page = read_page(stored)
            given.size = len(given.page.whole.body) if given.page and given.page.whole else 0
        elif capture.kind in KINDS and capture.final and capture.privilege is Privilege.ANONYMOUS:
            self._named(stored, given)
        place = self._place(capture, answer, document)
        if document and place:
            self._items(document, place, capture, age, given)

    def _named(self, stored: StoredExchange, given: Read) -> None:
        """Add the URLs that a sitemap or feed names, and the items of a feed that stands for a closed REST API."""
        given.named, document = urls_named(stored)
        table, capture = stored.capture.extra.get("about-rows"), stored.capture
        given.size = len(given.named.entries) * _ENTRY
        if table not in ("posts", "comments") or not document.items:
            return
        given.source = Source(capture.capture, capture.captured_at, partial=True, via="feed")
        for who, item in rows_in(document, table, stored.capture.extra.get("about-home", "")):
            found = find(who, item, given.source, self.noise.of(who.type))
            given.size += len(item.raw)
            given.found.append(found)

    def _items(self, document: Document, place: Place, capture: Capture, age: int, given: Read) -> None:
        """Add the items in a response to `given`."""
        given.size = len(document.text)
        given.source = Source(
            capture.capture,
            capture.captured_at,
            str(capture.privilege),
            place.partial,
            self._catalogue.taxonomies,
            age,
            capture.extra.get("clock") == "foreign",
            language_of_list(capture),
            dated=(given.capture or {}).get("dated"),
        )
        share = 0 if document.flags else self.share  # what had to be repaired is more than its text
        for number, item in enumerate(shown(document, place), 1):
            leave = share > 0 and not number % share and len(item.raw) <= _SHORT
            with apart(given.doubts.append, item.key if item.id is None else item.id):
                self._understand(item, place, given, leave=leave)

    def _age(self, head: Head | None, capture: Capture) -> tuple[int, tuple[str, ...]]:
        """Return how old a response was when it came, in seconds, and the flags that say so."""
        if head is None:
            return 0, ()
        foreign = "foreign" in (capture.kind, capture.extra.get("clock"))
        age = self.ages.take(head, capture.captured_at, clocks=not foreign)
        return age, ((CACHED,) if is_cached(head) else ()) + ((STALE,) if age >= OLD else ())

    def _place(self, capture: Capture, answer: Judgement | None, document: Document | None) -> Place | None:
        """Return where the items in a response belong; None if it has none that count."""
        if not document or not answer or not answer.ok or capture.route is None:
            return None
        if document.broken and capture.truncated:
            return None  # the apparent end of a truncated list may belong to something inside it
        if capture.kind in ("confirmation", "language", "look"):
            return (
                None  # a second reading, and looks at what differs by language or is listed, are no states of their own
            )
        return self._catalogue.place(capture.route)

    def _understand(self, item: Item, place: Place, given: Read, *, leave: bool) -> None:
        """Add `item` to what the response contains."""
        source = given.source
        assert source is not None
        if place.shown is Shown.REVISIONS:
            if item.id is not None:
                given.revisions.append(self._revision(place, source, item))
            given.in_part = given.in_part or is_read_in_part(item.value)
        elif place.shown is Shown.OBJECTS:
            given.objects.append(self._object(place, source, item))
        elif found := self._item(place, source, item, leave=leave):
            given.found.append(found)

    def _item(self, place: Place, source: Source, item: Item, *, leave: bool) -> Found | None:
        who = self._catalogue.identify(place, item.value, item.id)
        if who is None or leave:
            return Found(who, clean(item.raw), left=True) if who else None
        noise = self.noise.of(who.type)
        found = find(who, item, source, noise)
        if self.eager:
            found.build(source, noise)
        return found

    def _revision(self, place: Place, source: Source, item: Item) -> Row:
        digest = payload_sha256(item.value, self.noise.of(place.type or ""))
        own = {
            "site": self.site,
            "type": place.type and slug_of(place.type),
            "wp_id": item.id,
            "payload_sha256": digest,
            "raw": clean(item.raw),
        }
        return {**revision(item.value), **source.sighting, **own}

    def _object(self, place: Place, source: Source, item: Item) -> Row:
        own = {"site": self.site, "route": place.collection, "slug": clean(item.key or ""), "raw": clean(item.raw)}
        return {**object_row(item.value), **source.sighting, "privilege": source.privilege, **own}


def noise_from(strings: object) -> Noise:
    """Return the noise that was configured for a run.

    It is recorded, so that a rebuild under other settings results in the same digests.
    """
    try:
        return Noise.of(str(one) for one in strings) if isinstance(strings, list) else NOISE
    except ConfigError:
        return NOISE
