"""What was noticed between runs, over all sites of an archive, newest first: each change with its words and its evidence."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from wparchive.ask.change_keys import KEY_COLUMNS, NOTICED, key_of
from wparchive.ask.change_reader import ENDS, Change, ChangeReader, time_of
from wparchive.ask.lookup import ItemKey
from wparchive.index.database.opening import reading
from wparchive.wordpress.changes.differences import KINDS

__all__ = [
    "ENDS",
    "KINDS",
    "Change",
    "Question",
    "changes",
    "first_run",
    "last_look",
    "read_changes",
    "site_names",
    "tally",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which changes are wanted; what is empty asks for all.

    `since` is a time as `model.timestamp` spells it; `words` all stand in the headline or in what changed (of what came or
    went: anywhere in it), whatever their case; `runs` are the ids of runs, `keys` those of changes (see `ask.change_keys`).
    `private` adds what only credentials showed; with `articles_first`, comments, media and users come last.
    """

    since: str = ""
    sites: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    item: ItemKey | None = None
    words: tuple[str, ...] = ()
    runs: tuple[str, ...] | None = None
    keys: Set[str] | None = None
    private: bool = False
    articles_first: bool = False


_ALONGSIDE = "o.type IN ('comment', 'attachment', 'user'), "  # they come and go with articles
_MOMENT = "coalesce(a.captured_at, r.started_at)"
_FROM = f"""
    FROM {NOTICED} o LEFT JOIN runs r ON r.run = o.run LEFT JOIN captures b ON b.capture = o.before
    LEFT JOIN captures a ON a.capture = o.after LEFT JOIN captures c ON c.capture = o.confirmed WHERE """
_PUBLIC = " AND ".join(f"coalesce({one}.privilege, 'anonymous') = 'anonymous'" for one in "abc")
_CONDITIONS = {
    "since": f"{_MOMENT} >= :since",
    "sites": "o.site IN (SELECT value FROM json_each(:sites))",
    "kinds": "o.change IN (SELECT value FROM json_each(:kinds))",
    "runs": "o.run IN (SELECT value FROM json_each(:runs))",
}


def changes(database: Path, question: Question = Question()) -> Iterator[Change]:
    """The changes that `question` asks for, the last seen first, one after another; raises what `reading` does."""
    where, values = _condition(question)
    first = _ALONGSIDE if question.articles_first else ""
    rows = f"SELECT o.number, {KEY_COLUMNS}{_FROM}{where} ORDER BY {first}{_MOMENT} DESC, o.number DESC"
    with reading(database) as db:
        reader = ChangeReader(db, words=question.words, private=question.private)
        for row, *known in db.execute(rows, values):
            wanted = question.keys is None or key_of(known) in question.keys
            if wanted and (found := reader.read(row)):
                yield found


def read_changes(db: sqlite3.Connection, rows: Iterable[int], *, private: bool = False) -> Iterator[Change]:
    """The changes that have these numbers (see `change_keys.NOTICED`), in that order; `db` gives rows by name."""
    reader = ChangeReader(db, private=private)
    for row in rows:
        if found := reader.read(row):
            yield found


def tally(database: Path, question: Question) -> tuple[int, str]:
    """How many changes there are, whatever words they are asked to have, and when the first of them was seen."""
    where, values = _condition(question)
    with reading(database) as db:
        count, first = db.execute(f"SELECT count(*), min({_MOMENT}){_FROM}{where}", values).fetchone()
    return int(count), time_of(first) or ""


def site_names(database: Path) -> list[str]:
    """The sites that `database` knows, in order."""
    with reading(database) as db:
        return [str(row[0]) for row in db.execute("SELECT site FROM sites ORDER BY site")]


def first_run(database: Path) -> str:
    """The id of the archive's first run, which distinguishes it from other archives; "" without any."""
    with reading(database) as db:
        return str(db.execute("SELECT coalesce(min(run), '') FROM runs").fetchone()[0])


def last_look(database: Path) -> str | None:
    """When the newest run began, which is how old an answer without any change is; None without runs."""
    with reading(database) as db:
        return time_of(db.execute("SELECT max(coalesce(finished_at, started_at)) FROM runs").fetchone()[0])


def _condition(question: Question) -> tuple[str, dict[str, object]]:
    lists = {"sites": question.sites or None, "kinds": question.kinds or None, "runs": question.runs}
    values: dict[str, object] = {name: json.dumps(value) for name, value in lists.items() if value is not None}
    if question.since:
        values["since"] = question.since
    conditions = [_CONDITIONS[name] for name in values]
    if item := question.item:
        conditions.append("o.site = :site AND o.type = :type AND o.wp_id = :wp_id")
        values |= {"site": item.site, "type": item.type, "wp_id": item.wp_id}
    conditions.append("1" if question.private else _PUBLIC)
    return " AND ".join(conditions), values
