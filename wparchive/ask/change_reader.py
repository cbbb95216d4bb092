"""Reads one change from its row: what the item was called, its words before and after, and the captures that show it."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wparchive.ask.change_keys import change_id
from wparchive.ask.history import Evidence
from wparchive.ask.kinship.newcomers import Newcomer, newcomer
from wparchive.ask.version_texts import VersionTexts, changed_words, is_repeated, seen
from wparchive.index.item_types import of_type
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import Privilege, timestamp
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.languages.codes import list_of
from wparchive.wordpress.prose import Row, text_diff
from wparchive.wordpress.routes import Route

__all__ = ["ENDS", "Change", "ChangeReader", "time_of"]

Texts = Mapping[str, str]

ENDS = (str(ChangeKind.UNPUBLISHED), str(ChangeKind.DELETED))
_BESIDE = str(ChangeKind.PAGE_DIFFERS)  # not of versions: the API against the page
_COPIED = str(ChangeKind.COPIED)
_WHOLE = (*ENDS, str(ChangeKind.APPEARED))  # what came or went: nothing of it changed
_EVIDENCE = f"SELECT run, {', '.join(Evidence.__dataclass_fields__)} FROM captures WHERE capture = ?"  # noqa: S608 - our own names
_PASSAGES = "SELECT kind, item_says, page_shows FROM page_differences WHERE capture = ? ORDER BY rowid"
_REASON = "SELECT reason FROM pages WHERE capture = ?"
_SHOWN_BY = {_BESIDE: ("the API", "the page", "the page before"), _COPIED: ("the other", "it", "")}
_VERSION = "SELECT * FROM versions WHERE site = ? AND type = ? AND wp_id = ? AND privilege IN (?, ?) AND "
_LACKED = """
    SELECT l.run FROM listings l JOIN collections c ON c.site = l.site
    AND iif(:list = '', c.route = l.route, l.route = :list AND substr(:list, 1, length(c.route) + 1) = c.route || '?')
    JOIN runs r ON r.run = l.run JOIN runs n ON n.run = :run
    WHERE l.site = :site AND c.type = :type AND l.outcome = 'complete' AND r.rowid < n.rowid
    AND coalesce(r.crawl, r.run) != coalesce(n.crawl, n.run) ORDER BY r.rowid DESC LIMIT 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change as we saw it: it happened at some time after `last_seen_before` and before `seen_at`, nobody knows when.

    `seen_at` is when the run `run` saw it (UTC); `last_seen_before` when the item was last seen as it was, or None; of an
    item that appeared `run_before` is the run whose complete listing lacked it, else the run of the capture `before`.
    `words` lead, by field, from the version before to the one after, as far as both are held. `id` is the same for the same
    change in every database that has its WARCs, whatever else it has, and whatever the site is called in it.

    Of `page_differs`, `before` is what the API said, `after` and `confirmed` are two looks at the page; `words` lead from the
    API's to the page's, and `reason` says how they differ. Of `copied`, `kin` has the other item, which `before` shows, and
    `reason` says what is held of the two.
    """

    id: str
    seen_at: str | None
    site: str
    type: str
    wp_id: int
    item: str
    title: str
    link: str | None
    kind: str
    fields: list[str]
    run: str
    run_before: str | None
    last_seen_before: str | None
    before: Evidence | None
    after: Evidence | None
    confirmed: Evidence | None
    words: dict[str, list[Row]] = field(default_factory=dict)
    reason: str = ""
    kin: Newcomer | None = None

    @property
    def distinct_words(self) -> dict[str, list[Row]]:
        """`words` without fields whose change another one shows: an excerpt is mostly made from the content."""
        return {name: rows for name, rows in self.words.items() if not is_repeated(name, self.words)}

    @property
    def evidence(self) -> list[tuple[str, Evidence]]:
        """The captures that show it, each with what it shows."""
        names = _SHOWN_BY.get(self.kind, ("before", "after", "once more"))
        shown = (self.before, self.after, self.confirmed)
        return [(name, one) for name, one in zip(names, shown, strict=True) if one]


class ChangeReader:
    """Reads changes from rows of `observations`: those with all `words` in them; `private` adds what only credentials showed."""

    def __init__(self, db: sqlite3.Connection, *, words: Sequence[str] = (), private: bool = False) -> None:
        self._db = db
        self._texts = VersionTexts(db)
        self._words = [word.casefold() for word in words]
        # Twice the same where strangers' captures alone count.
        self._privileges = (Privilege.ANONYMOUS, Privilege.AUTHENTICATED if private else Privilege.ANONYMOUS)
        self._lacked: tuple[object, str | None] = ((), None)

    def read(self, rowid: int) -> Change | None:
        """The change with the number `rowid`; None when only credentials showed the item, or other words are asked for."""
        if rowid < 0:
            return self._copied(-rowid)
        row = self._db.execute("SELECT * FROM observations WHERE rowid = ?", (rowid,)).fetchone()
        item = self._item(row)
        if item is not None and item["privilege"] not in self._privileges:
            return None
        (run_before, before), (_, after), (_, confirmed) = map(
            self._evidence, (row["before"], row["after"], row["confirmed"])
        )
        new = None if row["change"] in ENDS else self._version(row, after, None)
        old = None if row["change"] == ChangeKind.APPEARED else self._version(row, before, new)
        title = _title(new or old or item)
        beside = row["change"] == _BESIDE
        words = self._on_page(row, title) if beside else self._wanted(row["change"], title, old, new)
        if words is None:
            return None
        seen_at = time_of(after.captured_at if after else self._began(row["run"]))
        return Change(
            id=change_id(row),
            seen_at=seen_at,
            **{name: row[name] for name in ("site", "type", "wp_id", "run")},
            item=f"{row['site']}/{row['type']}/{row['wp_id']}",
            kind=row["change"],
            fields=_names(row["fields"]),
            title=title,
            link=item["link"] if item else None,
            run_before=self._lacking(row) if row["change"] == ChangeKind.APPEARED else run_before,
            last_seen_before=None if beside else _last_seen(before, old, seen_at),
            before=before,
            after=after,
            confirmed=confirmed,
            words=words,
            reason=self._reason(row) if beside else "",
        )

    def _copied(self, rowid: int) -> Change | None:
        row = self._db.execute("SELECT *, 'copied' AS change FROM copied WHERE rowid = ?", (rowid,)).fetchone()
        kin, item = newcomer(self._db, row), self._item(row)
        (_, before), (_, after) = map(self._evidence, (row["before"], row["after"]))
        new = self._version(row, after, None)
        texts = seen(self._texts.of(new)) if new and self._words else ()
        if kin is None or not self._asked_for(row["title"] or "", kin.title, *texts):
            return None
        return Change(
            id=change_id(row),
            seen_at=time_of(row["observed_at"]),
            **{name: row[name] for name in ("site", "type", "wp_id", "run", "item")},
            kind=_COPIED,
            fields=[],
            title=_title(new or item),
            link=item["link"] if item else None,
            run_before=None,
            last_seen_before=None,
            before=before,
            after=after,
            confirmed=None,
            reason=kin.words,
            kin=kin,
        )

    def _on_page(self, row: sqlite3.Row, title: str) -> dict[str, list[Row]] | None:
        """The passages that differ between the API and the page, by field; None unless those that are asked for are there."""
        found = self._db.execute(_PASSAGES, (row["after"],)).fetchall()
        if not self._asked_for(title, *(text or "" for _, *both in found for text in both)):
            return None
        words: dict[str, list[Row]] = {}
        for kind, says, shows in found:
            words.setdefault("title" if kind == "title" else "content", []).extend(text_diff(says or "", shows or ""))
        return words

    def _reason(self, row: sqlite3.Row) -> str:
        found = self._db.execute(_REASON, (row["after"],)).fetchone()
        return str(found[0] or "") if found else ""

    def _wanted(
        self, kind: str, title: str, old: sqlite3.Row | None, new: sqlite3.Row | None
    ) -> dict[str, list[Row]] | None:
        """The words that changed, by field; None unless those that are asked for stand in them or in the title."""
        needed = bool(self._words or (old and new))
        before, after = (self._texts.of(one) if one and needed else {} for one in (old, new))
        if not self._asked_for(title, *self._searched(kind, before, after)):
            return None  # before anything is compared, which takes longest
        words = changed_words(before, after)
        moved = (text for rows in words.values() for row in rows for text in _moved(row))
        return words if kind in _WHOLE or self._asked_for(title, *moved) else None

    def _searched(self, kind: str, before: Texts, after: Texts) -> list[str]:
        """The texts of both versions in which words that are asked for may stand."""
        if not self._words:
            return []
        visible = [*seen(before), *seen(after)]
        # A change may be of an address, which nobody sees.
        return visible if kind in _WHOLE else [*visible, *before.values(), *after.values()]

    def _item(self, row: sqlite3.Row) -> sqlite3.Row | None:
        about = {"site": row["site"], "wp_id": row["wp_id"], "type": row["type"]}
        for table in self._tables(row):
            link = "link" if "link" in ITEM_TABLES[table].columns else "NULL"
            query = (
                f"SELECT {link} AS link, {ITEM_TABLES[table].title} AS title, privilege FROM {table} "  # noqa: S608 - our own names
                f"WHERE site = :site AND wp_id = :wp_id AND {of_type(table)}"
            )
            if found := self._db.execute(query, about).fetchone():
                item: sqlite3.Row = found
                return item
        return None

    def _tables(self, row: sqlite3.Row) -> list[str]:
        """Where the item may stand, the likeliest first."""
        only = [table.name for table in ITEM_TABLES.values() if table.only == row["type"]]
        return only or [table.name for table in ITEM_TABLES.values() if table.type_column]

    def _evidence(self, capture: str | None) -> tuple[str | None, Evidence | None]:
        row = self._db.execute(_EVIDENCE, (capture,)).fetchone() if capture else None
        return (row[0], Evidence(*row[1:])) if row else (None, None)

    def _version(self, row: sqlite3.Row, shown_by: Evidence | None, other: sqlite3.Row | None) -> sqlite3.Row | None:
        """The version that the capture `shown_by` showed and that isn't the `other`; None when that isn't certain.

        A version names the first capture that showed it; for one that came back, the time decides.
        """
        if shown_by is None:
            return None
        key = (row["site"], row["type"], row["wp_id"], *self._privileges)
        named = self._db.execute(f"{_VERSION}capture = ?", (*key, shown_by.capture)).fetchone()
        if named:
            version: sqlite3.Row = named
            return version
        lasting = f"{_VERSION}? BETWEEN first_seen AND last_seen AND payload_sha256 IS NOT ? LIMIT 2"
        digest = other["payload_sha256"] if other else None
        found = self._db.execute(lasting, (*key, shown_by.captured_at, digest)).fetchall()
        return found[0] if len(found) == 1 else None

    def _asked_for(self, *texts: str) -> bool:
        text = "\n".join(texts).casefold() if self._words else ""
        return all(word in text for word in self._words)

    def _lacking(self, row: sqlite3.Row) -> str | None:
        shown = self._db.execute("SELECT route FROM captures WHERE capture = ?", (row["after"],)).fetchone()
        listed = list_of(Route.parse(shown[0] or "")) if shown else ""  # a list in one language, or the collection
        about = {name: row[name] for name in ("run", "site", "type")} | {"list": listed if "?" in listed else ""}
        if self._lacked[0] != about:  # many appear in one run
            found = self._db.execute(_LACKED, about).fetchone()
            self._lacked = (about, found[0] if found else None)
        return self._lacked[1]

    def _began(self, run: str) -> str | None:
        row = self._db.execute("SELECT started_at FROM runs WHERE run = ?", (run,)).fetchone()
        return row[0] if row else None


def _title(shown: sqlite3.Row | None) -> str:
    return str(shown["title"] or "") if shown else ""


def _names(fields: str | None) -> list[str]:
    """The names in a column of JSON; none if it isn't a list: an archive may come from anywhere."""
    names = json.loads(fields or "[]")
    return [str(name) for name in names] if isinstance(names, list) else []


def _moved(row: Row) -> Iterator[str]:
    """The words that a row removes or adds, and what changed without a word: addresses, descriptions of pictures."""
    yield from (piece.text for piece in row.pieces if piece.op != "equal")
    yield from (text for note in row.notes for text in (note.before, note.after))


def _last_seen(before: Evidence | None, old: sqlite3.Row | None, seen_at: str | None) -> str | None:
    """When an item was last seen as it was; of a version that came back later that is when its capture was made."""
    first, last = time_of(before.captured_at if before else None), time_of(old["last_seen"] if old else None)
    return last if first and last and seen_at and first < last < seen_at else first


def time_of(moment: object) -> str | None:
    """A time as `timestamp` spells it; None for anything else: an archive may come from anywhere."""
    try:
        return timestamp(datetime.fromisoformat(moment)) if isinstance(moment, str) else None
    except (ValueError, OverflowError):
        return None
