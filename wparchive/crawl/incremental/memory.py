"""What earlier runs saw of a site, so that the next one asks only for what may have changed.

Kept in `frontier.db`, and learnt from the WARCs alone: each file is read from where the last learning ended, so that losing the
database costs one reading of the archive. Nothing here is evidence; a wrong entry costs a request, never an item.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wparchive.apart import apart
from wparchive.crawl.incremental.dangling import Dangling
from wparchive.crawl.incremental.states import States
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Privilege
from wparchive.store import ResourceRecord, SiteFolder, StoredExchange, exchanges
from wparchive.store.log.database import meaning
from wparchive.wordpress.age import OLD, Ages, moment
from wparchive.wordpress.changes.queries import timeless
from wparchive.wordpress.judgement import Meaning, judge
from wparchive.wordpress.links import Aim, aim_at, listed
from wparchive.wordpress.payload.payload import Item, elements, items, read
from wparchive.wordpress.routes import Route
from wparchive.wordpress.type_names import is_collection
from wparchive.wordpress.values import clean, integer, utc

__all__ = ["FIELDS", "Known", "Memory", "Proven", "fingerprint", "is_hidden"]

# What a sweep asks for: enough to see a change, nothing that WordPress has to render.
FIELDS = (
    "id",
    "date_gmt",
    "modified_gmt",
    "slug",
    "status",
    "type",
    "link",
    "author",
    "author_name",
    "featured_media",
    "parent",
    "post",
    "categories",
    "tags",
    "sticky",
    "format",
    "comment_status",
    "alt_text",
    "source_url",
)

_MOST = 1 << 62  # items of a collection
_TABLES = ("seen", "proven", "remembered", "learnt")
# A sweep shows no revisions and isn't a reading in full, so of an item that is known it only tells that it is there.
_SWEPT = "insert into seen values (?, ?, ?, ?, ?, ?, null, ?, null, ?, ?) on conflict do update set gone = null"
_READ = f"""{_SWEPT},
    modified = max(modified, excluded.modified), dated = excluded.dated, print = excluded.print,
    parent = excluded.parent, hidden = excluded.hidden,
    read_at = max(read_at, excluded.read_at), revisions = coalesce(nullif(excluded.revisions, ''), revisions)
"""
_CLOSED = re.compile(
    r"40[13]\b|robots\.txt"
)  # how a refusal begins that is somebody's will, see `verdict.Judgement.reason`


@dataclass(frozen=True, slots=True)
class Known:
    """An item as last seen: its modification time (UTC), the print of its sweep fields, when it was last read in full.

    `parent` is the post that it hangs on, `hidden` whether a password hides its text and its comments.
    """

    modified: str
    print: str
    read_at: str
    gone: str | None
    parent: int | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """What the last proof of a collection said and when, and when it was last walked from end to end."""

    stated: int | None
    held: int
    outcome: str
    swept_at: str
    at: datetime


def fingerprint(value: Mapping[str, Any], fields: Iterable[str]) -> str:
    """A digest of those of `fields` that a sweep can compare."""
    chosen = {name: timeless(one) if isinstance(one := value[name], str) else one for name in fields if name in value}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:32]


def is_hidden(value: Mapping[str, Any]) -> bool:
    """Whether a password hides the text of an item, and with it its comments."""
    content = value.get("content")
    return isinstance(content, dict) and content.get("protected") is True


class Memory:
    """The memory of one site; call `learn` before use, with the site's lock held."""

    def __init__(self, folder: SiteFolder) -> None:
        self._folder = folder
        self.lost = False
        self.doubts: list[str] = []  # what wasn't understood
        self._db = sqlite3.connect(folder.frontier, isolation_level=None, timeout=60)
        self.states = States(self._db)
        self._ages: tuple[str, Ages] = ("", Ages())
        self.dangling = Dangling(self._db)

    def forget(self) -> None:
        """Forget everything: what was learnt from records that are lost isn't held any more."""
        for table in _TABLES:
            self._db.execute(f"delete from {table}")  # noqa: S608 - our own names
        self.states.forget()
        self.dangling.forget()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @property
    def fields(self) -> tuple[str, ...]:
        """What a sweep asks for: the fixed fields and the site's own taxonomies."""
        return (*FIELDS, *json.loads(self.recall("taxonomies") or "[]"))

    @property
    def collections(self) -> list[dict[str, Any]]:
        """The site's collections as the last run put them on record."""
        known = json.loads(self.recall("collections") or "[]")
        return [one for one in known if isinstance(one, dict)]

    def learn(self, *, lost: bool = False) -> None:
        """Take in what the WARCs hold beyond what was learnt before; `lost`: of them something is. Raises StorageError."""
        self.lost = self.lost or lost
        try:
            self._learn()
        except sqlite3.Error as error:
            raise meaning(self._folder.frontier, error) from None

    def _learn(self) -> None:
        paths = {f"{path.parent.name}/{path.name.removesuffix('.open')}": path for path in self._folder.warcs()}
        learnt: dict[str, int] = dict(self._db.execute("select warc, upto from learnt").fetchall())
        if any(name not in paths or paths[name].stat().st_size < upto for name, upto in learnt.items()):
            self.forget()  # what it was learnt from is gone
            learnt = {}
        for name, path in paths.items():
            offset = learnt.get(name, 0)
            if path.stat().st_size <= offset:
                continue
            self._db.execute("begin immediate")
            for entry in exchanges(path, offset):
                # What makes no sense, or refers to what is lost, costs requests and no item.
                with suppress(DamagedError), apart(self.doubts.append, name):
                    self._take(entry)
                offset = max(offset, entry.end)
            self._db.execute("insert or replace into learnt values (?, ?)", (name, offset))
            self._db.execute("commit")

    def _take(self, entry: object) -> None:
        if isinstance(entry, ResourceRecord):
            self._take_fact(entry)
        elif isinstance(entry, StoredExchange) and entry.capture.route and entry.capture.final:
            self._take_answer(entry, self._age_of(entry) >= OLD)

    def _age_of(self, entry: StoredExchange) -> int:
        """How old an answer was when it came, told as the index tells it."""
        if entry.capture.run != self._ages[0]:
            self._ages = (entry.capture.run, Ages())
        return self._ages[1].take(entry.head, entry.capture.captured_at) if entry.head else 0

    def _take_fact(self, fact: ResourceRecord) -> None:
        value = fact.value
        self.states.take_fact(fact.name, value)
        if fact.name.startswith("listing:") and isinstance(value, dict):
            self._take_proof(value, fact.date)
        elif fact.name == "collections" and isinstance(value, list):
            listed = [one for one in value if is_collection(one)]
            bases = [one["route"].rpartition("/")[2] for one in listed if one["table"] == "terms"]
            self.remember("taxonomies", json.dumps(sorted(bases)))
            self.remember("collections", json.dumps(listed))
        elif fact.name == "start" and isinstance(value, dict):
            if value.get("mode") != "trace":  # asks other hosts; the crawl that it found unfinished stays what it was
                self.remember(f"mode {value.get('crawl')}", str(value.get("mode")))
            self.remember(f"mode run {fact.run}", str(value.get("mode")))
            self.remember(f"crawl of {fact.run}", str(value.get("crawl")))
            if value.get("crawl") == fact.run:
                self.remember(f"began {fact.run}", str(value.get("started_at") or fact.date))
        elif fact.name == "failed-links" and isinstance(value, list):
            self.remember("failed links", json.dumps(value))
        elif fact.name == "site" and isinstance(value, dict):
            self.remember("timezone", str(value.get("timezone")))
        elif fact.name == "end" and isinstance(value, dict):
            walked = value.get("outcome") in ("complete", "incomplete") and not value.get("resumable")
            mode = self.recall(f"mode run {fact.run}")
            if walked and mode == "full":
                self.remember("complete", "1")
            if walked and mode in ("full", "incremental"):
                self._reach(self.recall(f"began {self.recall(f'crawl of {fact.run}')}") or fact.date)

    def _reach(self, upto: str) -> None:
        """A crawl came to its end: only now is it known that nothing modified before what it saw was left out.

        Up to when it began, that is: one that was gone on with later has answers of different ages.
        """
        self._db.execute(
            "insert or replace into remembered select 'newest ' || collection, max(modified) from seen "
            "where modified != '' and modified <= ? group by collection",
            (upto,),
        )
        self._db.execute(
            "insert or replace into remembered select 'latest ' || collection, max(dated) from seen "
            "where dated != '' and dated <= ? group by collection",
            (upto,),
        )

    def _take_proof(self, proof: Mapping[str, Any], at: str) -> None:
        route, outcome, stated = proof.get("route"), proof.get("outcome"), integer(proof.get("stated"))
        held = integer(proof.get("held"))
        sense = isinstance(route, str) and isinstance(outcome, str) and held is not None and moment(at).year > 1
        if not sense or min(held or 0, stated or 0) < 0 or max(held or 0, stated or 0) > _MOST:
            return
        whole = proof.get("how", "walk") not in ("check", "ids")
        old = self.proven(clean(str(route)))
        swept = at if whole and outcome == "complete" else old.swept_at if old else ""
        row = (clean(str(route)), stated, held, clean(str(outcome)), swept, at)
        self._db.execute("insert or replace into proven values (?, ?, ?, ?, ?, ?)", row)
        reason = str(proof.get("reason") or "")
        self.remember(f"listed {route}", listed(str(outcome), held or 0, reason))
        odd = outcome == "refused" and not _CLOSED.match(reason)
        self.remember(f"odd {route}", str(self._odd(str(route)) + 1 if odd else 0))

    def _take_answer(self, entry: StoredExchange, old: bool) -> None:
        capture, route = entry.capture, Route.parse(entry.capture.route or "/")
        if capture.privilege is not Privilege.ANONYMOUS:
            if capture.kind == "history" and is_success(capture.status):
                self._read_revisions(route)
            return
        if capture.kind == "listing" and is_success(capture.status):
            document = read(entry.body().data)
            partial = any(name == "_fields" for name, _ in route.params)
            if elements(document) is not None and not (document.broken and capture.truncated):
                self._see(route, route.path, items(document), capture, partial=partial, old=old)
        elif capture.kind == "history":
            if judge(entry.head, entry.body().data).meaning is Meaning.REFUSED:  # a wall's 403 isn't WordPress's word
                self.remember(f"history {route.path.rsplit('/', 2)[0]}", "refused")
        elif capture.kind == "listing" and not route.params:
            self.dangling.see(capture, judge(entry.head, entry.body().data).meaning)
        elif capture.kind in ("item", "probe"):
            collection, _, last = route.path.rpartition("/")
            wp_id = integer(last)
            if wp_id is None:
                return
            body = entry.body().data
            if capture.kind == "item":
                self.dangling.see(capture, judge(entry.head, body).meaning)
            if capture.kind == "item" and judge(entry.head, body).meaning is Meaning.REFUSED:
                self.remember(f"absent {collection}", "refused")
            answer = judge(entry.head, body)
            if answer.ok:
                self._see(route, collection, items(read(body)), capture, partial=False, old=old)
            elif (gone := answer.gone) and capture.kind == "probe" and not old:
                self._db.execute("update seen set gone = ? where collection = ? and id = ?", (gone, collection, wp_id))

    def _read_revisions(self, route: Route) -> None:
        """The revisions of an item were read: as many, and up to the one, that the item states now."""
        collection, wp_id, _ = route.path.rsplit("/", 2)
        query = "update seen set read_revisions = revisions where collection = ? and id = ?"
        self._db.execute(query, (collection, int(wp_id)))

    def _see(
        self, route: Route, collection: str, found: Iterator[Item], capture: Capture, *, partial: bool, old: bool
    ) -> None:
        fields, shown = self.fields, list(found)
        read_at = "" if partial else capture.captured_at
        rows = [
            _row(collection, item, fingerprint(item.value, fields), read_at) for item in shown if item.id is not None
        ]
        self._db.executemany(_SWEPT if partial else _READ, rows)
        if not partial and not old:
            self.states.see(route, collection, shown, capture.capture, capture.run)

    # ---- what is remembered

    def known(self, collection: str) -> dict[int, Known]:
        """Every item of `collection` that was ever read in full, the ones that are gone too."""
        query = (
            "select id, modified, print, read_at, gone, parent, hidden from seen where collection = ? and read_at != ''"
        )
        return {row[0]: Known(*row[1:]) for row in self._db.execute(query, (collection,))}

    def newest(self, collection: str) -> str:
        """The largest modification time (UTC, `Z`) in `collection` up to which nothing was missed; empty when there is none."""
        return utc(self.recall(f"newest {collection}")) or ""

    def latest(self, collection: str) -> str:
        """The latest publication (UTC, `Z`) in `collection`, found in the same way."""
        return utc(self.recall(f"latest {collection}")) or ""

    def since(self, collection: str, moment: str) -> int:
        """How many items of `collection` are dated (UTC) after `moment`."""
        query = "select count(*) from seen where collection = ? and dated > ? and gone is null"
        return int(self._db.execute(query, (collection, moment)).fetchone()[0])

    def revisions(self, collection: str) -> dict[int, tuple[int, int]]:
        """Revision count and newest revision's id of each item that states them."""
        query = "select id, revisions from seen where collection = ? and revisions != '' and gone is null"
        return {row[0]: _pair(row[1]) for row in self._db.execute(query, (collection,))}

    def revisions_read(self, collection: str) -> dict[int, tuple[int, int]]:
        """The same, as it was when the item's revisions were last read."""
        query = "select id, read_revisions from seen where collection = ? and read_revisions is not null"
        return {row[0]: _pair(row[1]) for row in self._db.execute(query, (collection,))}

    def proven(self, route: str) -> Proven | None:
        """The last proof of the collection at `route`."""
        query = "select stated, held, outcome, swept_at, at from proven where route = ?"
        row: tuple[Any, ...] | None = self._db.execute(query, (route,)).fetchone()
        return Proven(row[0], row[1], row[2], row[3], moment(row[4])) if row else None

    def turned_down_once(self, route: str) -> bool:
        """Whether the collection at `route` was turned down once by what is no closed door, such as a 404: it may be passing."""
        return self._odd(route) == 1

    def _odd(self, route: str) -> int:
        return int(self.recall(f"odd {route}") or 0)

    def listed(self, route: str) -> str:
        """What the last proof of the collection at `route` counts for with links into it."""
        return self.recall(f"listed {route}") or "failed"

    @property
    def failed_links(self) -> list[Aim]:
        """The links that the last run over the whole site could not follow."""
        entries = json.loads(self.recall("failed links") or "[]")
        found = [aim_at(one.get("policy"), one.get("route")) for one in entries if isinstance(one, dict)]
        return [where for where in found if where]

    def mode_of(self, crawl: str) -> str | None:
        """How the run called `crawl`, or one that went on with it, was crawling."""
        return self.recall(f"mode {crawl}")

    def of_one_post(self, run: str) -> bool:
        """Whether `run` was over one post only."""
        return self.recall(f"mode run {run}") == "post"

    def refusals(self, kind: str) -> list[str]:
        """Collections of which one refusal (`history` or `absent`) stands for all."""
        rows = self._db.execute("select name from remembered where name like ?", (f"{kind} %",))
        return [row[0].removeprefix(f"{kind} ") for row in rows]

    def recall(self, name: str) -> str | None:
        """A remembered value."""
        row = self._db.execute("select value from remembered where name = ?", (clean(name),)).fetchone()
        return str(row[0]) if row else None

    def remember(self, name: str, value: str) -> None:
        """Remember a value until it changes."""
        self._db.execute("insert or replace into remembered values (?, ?)", (clean(name), clean(value)))


def _row(collection: str, item: Item, mark: str, read_at: str) -> tuple[object, ...]:
    """The values of `_SWEPT` and `_READ`."""
    value = item.value
    modified, dated = utc(value.get("modified_gmt")) or "", utc(value.get("date_gmt")) or ""
    parent, hidden = integer(value.get("post")), is_hidden(value)
    return collection, item.id, modified, dated, mark, read_at, _revisions(item), parent, hidden


def _revisions(item: Item) -> str:
    """Revision count and newest revision's id, as far as the item states them."""
    links = item.value.get("_links")
    history = links.get("version-history") if isinstance(links, dict) else None
    if not isinstance(history, list) or not history or not isinstance(history[0], dict):
        return ""
    newest = links.get("predecessor-version") if isinstance(links, dict) else None
    newest_id = (
        integer(newest[0].get("id")) if isinstance(newest, list) and newest and isinstance(newest[0], dict) else 0
    )
    return f"{max(0, integer(history[0].get('count')) or 0)} {max(0, newest_id or 0)}"


def _pair(text: str) -> tuple[int, int]:
    count, _, newest = text.partition(" ")
    return int(count), int(newest)
