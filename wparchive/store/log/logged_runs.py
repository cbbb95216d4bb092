"""Runs as the capture log records them, and what of a fact of a run goes into it."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from wparchive.store.sqlite import storable

__all__ = ["LoggedRun", "Unfinished", "json_object", "run_of", "word"]


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run as the capture log records it; `finished_at` is None while it runs, and when it was killed."""

    run: str
    crawl: str
    mode: str | None
    started_at: str
    finished_at: str | None
    outcome: str | None
    resumable: bool
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run whose crawl isn't finished; the next run resumes `crawl`."""

    run: str
    crawl: str
    started_at: str


def run_of(row: sqlite3.Row) -> LoggedRun:
    """Return the run in a row of `runs`."""
    ended = (row["started_at"], row["finished_at"], row["outcome"], bool(row["resumable"]))
    return LoggedRun(row["run"], row["crawl"], row["mode"], *ended, json.loads(row["settings"]))


def word(fact: Mapping[str, object], name: str, default: str) -> str:
    """Return a text of a fact, as SQLite can store it."""
    value = fact.get(name)
    return str(storable([value if isinstance(value, str) and value else default])[0])


def json_object(value: object) -> str:
    """Return a JSON object as text; an empty object for any other value."""
    try:
        return json.dumps(value if isinstance(value, dict) else {}, sort_keys=True, allow_nan=False)
    except (ValueError, RecursionError):  # infinite numbers, or deeper nesting than any run writes
        return "{}"
