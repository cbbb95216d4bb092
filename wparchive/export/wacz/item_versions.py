"""The versions and items that a package holds, read from the index; none is told of whose capture isn't in the package."""

import sqlite3
from collections.abc import Callable, Iterator

__all__ = ["ItemVersions"]

_HELD = "FROM versions v JOIN captures k ON k.capture = v.capture WHERE held(k.warc, k.offset) AND v.site = :site"
_VERSION = f"""
    SELECT v.item, v.title, v.content, v.excerpt, v.link, v.modified_gmt,
    CASE v.payload_sha256 WHEN p.payload_sha256 THEN p.date_gmt WHEN m.payload_sha256 THEN m.date_gmt
    WHEN c.payload_sha256 THEN c.date_gmt END AS date,
    v.last_seen, v.capture, k.url, k.captured_at, k.warc, k.offset
    {
    _HELD.replace(
        " WHERE",
        " LEFT JOIN posts p ON p.item = v.item LEFT JOIN media m ON m.item = v.item "
        "LEFT JOIN comments c ON c.item = v.item WHERE",
    )
}"""
# Of several rows of a group, SQLite takes the title from the one with the maximum.
_LISTED = """
    WITH s AS (SELECT v.item AS item, v.title AS title, v.wp_id AS wp_id, max(v.first_seen) {held} GROUP BY v.item)
    SELECT s.item, s.title, coalesce(p.date_gmt, m.date_gmt, c.date_gmt) AS date, coalesce(p.gone, m.gone, c.gone) AS gone
    FROM s LEFT JOIN posts p ON p.item = s.item LEFT JOIN media m ON m.item = s.item LEFT JOIN comments c ON c.item = s.item
    {only} ORDER BY date DESC, s.wp_id DESC LIMIT :most"""
_CAPTURED = "FROM captures k WHERE k.site = :site AND k.kind NOT IN ('file', 'requisite') AND held(k.warc, k.offset)"


class ItemVersions:
    """The rows of `db` whose captures `held` finds in the package, of one item only if its key is given as `item`."""

    def __init__(self, db: sqlite3.Connection, held: Callable[[str, int], bool], item: str = "") -> None:
        db.create_function("held", 2, held, deterministic=True)
        self._db = db
        self._item = item
        self._held = f"{_HELD} AND v.item = :item" if item else _HELD

    def versions(self, site: str) -> Iterator[sqlite3.Row]:
        """Yield each version of each item of `site`, the versions of an item in the order in which they were seen."""
        mine = " AND v.item = :item" if self._item else ""
        yield from self._rows(f"{_VERSION}{mine} ORDER BY v.type, v.wp_id, v.first_seen, v.payload_sha256", site)

    def counts(self, site: str) -> dict[str, int]:
        """Return how many items of each type there are on `site`, by type."""
        query = f"SELECT v.type, count(DISTINCT v.item) {self._held} GROUP BY v.type ORDER BY v.type"
        return {row[0]: row[1] for row in self._rows(query, site)}

    def newest(self, site: str, most: int) -> Iterator[sqlite3.Row]:
        """Yield the `most` newest articles of `site`, of whatever type: `item`, `title`, `date`, `gone`."""
        yield from self._rows(
            _LISTED.format(held=self._held, only="WHERE p.item IS NOT NULL"), site, most=most, first=0
        )

    def listed(self, site: str, kind: str) -> Iterator[sqlite3.Row]:
        """Yield all items of the type `kind` of `site` in that form, the newest first."""
        query = _LISTED.format(held=f"{self._held} AND v.type = :kind", only="")
        yield from self._rows(query, site, kind=kind, most=-1)

    def captured(self, site: str) -> Iterator[sqlite3.Row]:
        """Yield the captures of `site` that are no files, the newest first."""
        query = f"SELECT k.url, k.captured_at, k.status {_CAPTURED} ORDER BY k.captured_at DESC, k.url"
        yield from self._rows(query, site)

    def captured_count(self, site: str) -> int:
        """Return how many captures of `site` are no files."""
        return int(next(self._rows(f"SELECT count(*) {_CAPTURED}", site))[0])

    def newest_time(self) -> str:
        """Return when the newest capture in the package was made; "" without one."""
        query = "SELECT max(k.captured_at) FROM captures k WHERE held(k.warc, k.offset)"
        return str(next(self._rows(query, ""))[0] or "")

    def _rows(self, query: str, site: str, **values: object) -> Iterator[sqlite3.Row]:
        yield from self._db.execute(query, {"site": site, "item": self._item, **values})
