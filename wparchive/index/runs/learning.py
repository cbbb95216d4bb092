"""What the facts of a site's runs teach the indexer for all that follows: its collections, noise, addresses and files."""

import json
import sqlite3
from collections.abc import Callable, Mapping

from wparchive.index.entries.captured import noise_from
from wparchive.index.files.media_files import FileWriter
from wparchive.index.items.catalogue import Catalogue
from wparchive.index.items.hosts import Hosts
from wparchive.index.pages.page_writer import PageWriter
from wparchive.index.runs.confirmed import keep_volatile, take_changes
from wparchive.index.runs.facts import apply_fact
from wparchive.index.runs.traces import take_trace
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.type_names import is_collection
from wparchive.wordpress.values import clean, mapping, members, string

__all__ = ["Learning"]

_PLACE = ("route", "type", "table")


class Learning:
    """What is known of one site while it is indexed; it begins with what the database states."""

    def __init__(self, conn: sqlite3.Connection, site: str, hosts: Hosts, files: FileWriter, pages: PageWriter) -> None:
        self._conn, self._site = conn, site
        self._hosts, self._files, self._pages = hosts, files, pages
        self.catalogue = Catalogue(self.collections())
        self.noise = SiteNoise()
        entries = "SELECT type, entry FROM _wparchive_volatile WHERE site = ? ORDER BY 1, 2"
        for kind, entry in conn.execute(entries, (site,)):
            self.noise.learn(kind, [entry])

    def collections(self) -> list[tuple[str, str, str]]:
        """Return route, type and table of the site's collections."""
        query = 'SELECT route, type, "table" FROM collections WHERE site = ? ORDER BY route'
        return self._conn.execute(query, (self._site,)).fetchall()

    def begin(self, run: str) -> None:
        """Use the noise that was configured for `run`."""
        row = self._conn.execute("SELECT settings FROM runs WHERE run = ?", (run,)).fetchone()
        settings = mapping(json.loads(row[0]) if row and row[0] else None)
        self.noise.configure(noise_from([str(one) for one in members(settings.get("noise"), object)]))

    def take(self, run: str, name: str, value: object) -> None:
        """Write the fact `name` of `run` into its tables, and learn what it says about the records that follow."""
        apply_fact(self._conn, self._site, run, name, value)
        kind, colon, _ = name.partition(":")
        if learn := _LEARNT.get(kind + colon):
            learn(self, run, value)

    def _files_of(self, run: str, value: object) -> None:
        self._files.take_fact(run, value)

    def _pages_of(self, _run: str, value: object) -> None:
        self._pages.take_fact(value)

    def _trace(self, run: str, value: object) -> None:
        take_trace(self._conn, self._site, run, value)

    def _collections(self, _run: str, value: object) -> None:
        rows = [tuple(clean(row[name]) for name in _PLACE) for row in members(value, dict) if is_collection(row)]
        self.catalogue.learn((route, kind, table) for route, kind, table in rows)

    def _settings(self, run: str, _value: object) -> None:
        self.begin(run)

    def _volatile(self, _run: str, value: object) -> None:
        keep_volatile(self._conn, self._site, self.noise.learn_all(value))

    def _changes(self, _run: str, value: object) -> None:
        take_changes(self._conn, self._site, value)

    def _addresses(self, _run: str, value: object) -> None:
        found = mapping(value)
        urls = [found.get("home"), found.get("root"), *members(found.get("aliases"), str)]
        self._hosts.add(*filter(None, map(string, urls)))


# What each fact of a run teaches beyond the run's own rows, by its name up to the colon.
_LEARNT: Mapping[str, Callable[[Learning, str, object], None]] = {
    "files:": Learning._files_of,
    "pages:": Learning._pages_of,
    "trace:": Learning._trace,
    "collections": Learning._collections,
    "start": Learning._settings,
    "volatile:": Learning._volatile,
    "changes:": Learning._changes,
    "site": Learning._addresses,
}
