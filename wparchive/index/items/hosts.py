"""Which hosts are the site's own: what is embedded from any other is hot-linked."""

import json
import sqlite3

from wparchive.urls import host_of

__all__ = ["Hosts"]

_MOST = 1000  # hosts that are one site's own, whatever its facts say


class Hosts:
    """The hosts of a site's home, root and aliases, and those that serve its media files; they only ever grow."""

    def __init__(self, conn: sqlite3.Connection, site: str) -> None:
        self._conn = conn
        self._site = site
        row = conn.execute("SELECT hosts FROM sites WHERE site = ?", (site,)).fetchone()
        self._hosts: set[str] = set(json.loads(row[0])) if row and row[0] else set()
        self._new: set[str] = set()

    def __contains__(self, host: str) -> bool:
        return host in self._hosts

    def add(self, *urls: str) -> None:
        """Count the hosts of `urls` as the site's own."""
        for url in urls:
            if len(self._hosts) >= _MOST:
                return
            new = _spellings(url) - self._hosts
            self._hosts |= new
            self._new |= new

    def save(self) -> None:
        """Correct the rows that were written before a host was known, and remember the hosts."""
        if not self._new:
            return
        self._conn.execute(
            "UPDATE outbound SET hotlink = 0 "
            "WHERE site = ? AND hotlink = 1 AND origin IN (SELECT value FROM json_each(?))",
            (self._site, json.dumps(sorted(self._new))),
        )
        self._conn.execute("UPDATE sites SET hosts = ? WHERE site = ?", (json.dumps(sorted(self._hosts)), self._site))
        self._new.clear()


def _spellings(url: str) -> set[str]:
    """The host of `url` with and without `www.`."""
    host = host_of(url)
    bare = host.removeprefix("www.")
    return {host, bare, f"www.{bare}"} if host and "." in bare and not bare[-1].isdecimal() else {host} - {""}
