"""A site's own hosts: what is embedded from any other host is hot-linked."""

import json
import sqlite3

from wparchive.urls import host_of

__all__ = ["Hosts"]

_MOST = 1000  # most hosts of one site, whatever its facts say


class Hosts:
    """The hosts of a site's home, root and aliases, and those of its media files; the set only grows."""

    def __init__(self, conn: sqlite3.Connection, site: str) -> None:
        self._conn = conn
        self._site = site
        row = conn.execute("SELECT hosts FROM sites WHERE site = ?", (site,)).fetchone()
        self._hosts: set[str] = set(json.loads(row[0])) if row and row[0] else set()
        self._new: set[str] = set()

    def __contains__(self, host: str) -> bool:
        return host in self._hosts

    def add(self, *urls: str) -> None:
        """Add the hosts of `urls` to the site's own."""
        for url in urls:
            if len(self._hosts) >= _MOST:
                return
            new = _spellings(url) - self._hosts
            self._hosts |= new
            self._new |= new

    def save(self) -> None:
        """Correct rows that were written before a host was known, and store the hosts."""
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
    """Return the host of `url`, with and without `www.`."""
    host = host_of(url)
    bare = host.removeprefix("www.")
    return {host, bare, f"www.{bare}"} if host and "." in bare and not bare[-1].isdecimal() else {host} - {""}
