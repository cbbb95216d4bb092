"""Files by their digest: the wall of pictures, where one file stands, who uses it, what looks the same."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from wparchive.browse.queries.titles import title_of

__all__ = ["FILTERS", "File", "Tile", "capture_with", "file_of", "wall"]

FILTERS = {
    "": ("All", "1"),
    "named": (
        "Names somebody",
        "EXISTS (SELECT 1 FROM pictures p WHERE p.sha256 = f.sha256 AND (p.author != '' OR p.credit != ''))",
    ),
    "several": ("Several addresses", "(SELECT count(*) FROM media_files s WHERE s.sha256 = f.sha256) > 1"),
    "taken": ("Taken from elsewhere", "f.role = 'linked'"),
    "replaced": (
        "Replaced",
        "EXISTS (SELECT 1 FROM captures k WHERE k.url = f.url AND k.kind = 'file' AND k.status = 200 "
        "AND k.body_sha256 IS NOT NULL AND k.body_sha256 != f.sha256)",
    ),
    "gone": ("Gone", "f.gone IS NOT NULL"),
}
"""The wall's filters: what they are called, and their condition on files `f`."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One distinct file on the wall."""

    sha256: str
    title: str
    credit: str
    site: str
    places: int
    sites: int
    gone: bool


_WALL = """
    SELECT f.sha256, f.url, f.site, f.role, f.gone, f.media_item, f.first_seen FROM media_files f
    WHERE f.sha256 IS NOT NULL AND f.detected LIKE 'image/%' AND {condition} {site} ORDER BY f.first_seen DESC LIMIT ? OFFSET ?"""
_READ = 180  # rows that are read for a page: renditions of one picture stand together


def wall(conn: sqlite3.Connection, name: str, site: str, *, size: int, offset: int) -> tuple[list[Tile], int | None]:
    """Return the newest files, each digest once, and where the next page begins; None if this is the last."""
    condition = FILTERS[name][1]
    query = _WALL.format(condition=condition, site="AND f.site = ?" if site else "")
    rows = conn.execute(query, [*([site] if site else []), _READ + 1, offset]).fetchall()
    tiles: dict[str, Tile] = {}
    for number, row in enumerate(rows[:_READ]):
        if row["sha256"] in tiles:
            continue
        if len(tiles) == size:
            return list(tiles.values()), offset + number
        tiles[row["sha256"]] = _tile(conn, row)
    return list(tiles.values()), offset + _READ if len(rows) > _READ else None


def _tile(conn: sqlite3.Connection, row: sqlite3.Row) -> Tile:
    credit = conn.execute(
        "SELECT coalesce(nullif(credit, ''), author) FROM pictures WHERE sha256 = ?", (row["sha256"],)
    ).fetchone()
    places, sites = conn.execute(
        "SELECT count(*), count(DISTINCT site) FROM media_files WHERE sha256 = ?", (row["sha256"],)
    ).fetchone()
    name = title_of(conn, row["media_item"]) or row["url"].rpartition("/")[2]
    return Tile(
        row["sha256"], name, (credit[0] if credit else "") or "", row["site"], places, sites, row["gone"] is not None
    )


@dataclass(frozen=True, slots=True)
class File:
    """One file: its first row, what its bytes say, all its places, what replaced it, who uses it, and what looks the same."""

    row: dict[str, Any]
    picture: dict[str, Any]
    tags: dict[str, Any]
    places: list[dict[str, Any]]
    others_at: list[dict[str, Any]]
    used_by: list[dict[str, Any]]
    alike: list[tuple[str, int]]
    traces: list[dict[str, Any]]


def file_of(conn: sqlite3.Connection, sha256: str) -> File | None:
    """Return the file with this digest, one that another has replaced since too; None if the archive has none."""
    query = _PLACES if conn.execute("SELECT 1 FROM media_files WHERE sha256 = ?", (sha256,)).fetchone() else _FORMER
    places = [dict(row) for row in conn.execute(query, (sha256,)).fetchall()]
    if not places:
        return None
    picture = conn.execute("SELECT * FROM pictures WHERE sha256 = ?", (sha256,)).fetchone()
    urls = [place["url"] for place in places][:50]
    return File(
        row=places[0] | {"title": title_of(conn, places[0]["media_item"])},
        picture=dict(picture) if picture else {},
        tags=_tags(picture["tags"]) if picture else {},
        places=places,
        others_at=[dict(row) for url in urls for row in conn.execute(_OTHERS, (url, sha256)).fetchall()],
        used_by=_used_by(conn, places, urls),
        alike=_alike(conn, sha256, picture["phash"]) if picture and picture["phash"] else [],
        traces=[dict(row) for url in urls for row in conn.execute(_TRACES, (url,)).fetchall()],
    )


_PLACES = """
    SELECT f.* FROM media_files f WHERE f.sha256 = ?
    ORDER BY f.role = 'original' DESC, f.first_seen LIMIT 200"""
_FORMER = """
    SELECT k.site, k.url, 'former' AS role, min(k.captured_at) AS first_seen, max(k.captured_at) AS last_seen,
      min(k.capture) AS capture, max(k.payload_size) AS bytes, k.mime,
      NULL AS detected, NULL AS width, NULL AS height, NULL AS gone, f.media_item
    FROM captures k LEFT JOIN media_files f ON f.site = k.site AND f.url = k.url
    WHERE k.body_sha256 = ? AND k.kind = 'file' AND k.status = 200
    AND k.privilege = 'anonymous' GROUP BY k.site, k.url ORDER BY 4 LIMIT 200"""
_OTHERS = """
    SELECT url, body_sha256, min(captured_at) AS first, max(captured_at) AS last, min(capture) AS capture FROM captures
    WHERE url = ? AND kind = 'file' AND status = 200 AND body_sha256 IS NOT NULL AND body_sha256 != ?
    AND privilege = 'anonymous' GROUP BY body_sha256 ORDER BY 3"""
_TRACES = "SELECT * FROM traces WHERE url = ?"


def _used_by(conn: sqlite3.Connection, places: list[dict[str, Any]], urls: list[str]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for url in urls:
        query = "SELECT item, element, hotlink FROM outbound WHERE url = ? LIMIT 100"
        for row in conn.execute(query, (url,)).fetchall():
            found.setdefault(row["item"], dict(row))
    for item in {place["media_item"] for place in places if place["media_item"]}:
        query = "SELECT item FROM posts WHERE picture_item = ? LIMIT 100"
        for row in conn.execute(query, (item,)).fetchall():
            found.setdefault(row["item"], {**dict(row), "element": "featured image", "hotlink": 0})
    titled = [row | {"title": title_of(conn, item)} for item, row in found.items()]
    return [row for row in titled if row["title"] is not None]


def _alike(conn: sqlite3.Connection, sha256: str, phash: str) -> list[tuple[str, int]]:
    """Return other pictures with a perceptual hash of at most 8 different bits, the likest first."""
    own = int(phash, 16)
    if own.bit_count() < 8:  # an even surface is like every other
        return []
    found = []
    for other, value in conn.execute(
        "SELECT sha256, phash FROM pictures WHERE phash IS NOT NULL AND sha256 != ?", (sha256,)
    ):
        bits = (own ^ int(value, 16)).bit_count()
        if bits <= 8:
            found.append((str(other), bits))
    return sorted(found, key=lambda one: one[1])[:12]


def _tags(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def capture_with(conn: sqlite3.Connection, sha256: str, *, private: bool) -> str | None:
    """Return the capture that holds the bytes with this digest, whole in one record if there is such a one."""
    row = conn.execute(
        "SELECT capture FROM captures WHERE body_sha256 = ? AND (privilege = 'anonymous' OR ?) AND status = 200 "
        "ORDER BY record_type = 'revisit', captured_at LIMIT 1",
        (sha256, private),
    ).fetchone()
    if row is None:
        row = conn.execute(
            "SELECT capture FROM media_files WHERE sha256 = ? AND pieces IS NULL LIMIT 1", (sha256,)
        ).fetchone()
    return str(row[0]) if row else None
