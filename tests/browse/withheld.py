"""An archive that holds what only an application password showed, in every table that may hold such a thing."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from fakewp import FakeWordPress

__all__ = ["PLANTED", "TABLES", "make_withheld"]

SIZES = {"posts": 8, "pages": 2, "books": 0, "media": 4, "comments": 8, "users": 3, "terms": 6}
PLANTED = "PLANTED-SECRET"
"""Stands in everything that only credentials showed."""
# Table → the columns whose text pages show.
TABLES = {
    "posts": ("title", "content", "excerpt", "text", "link"),
    "media": ("title", "caption", "alt_text"),
    "comments": ("author_name", "content", "text"),
    "users": ("name", "description"),
    "terms": ("name", "description"),
    "versions": ("title", "content"),
}


def make_withheld(folder: Path) -> None:
    """Crawl a site as its editor, twice; then mark an item of every kind as seen with credentials alone."""
    with FakeWordPress(**SIZES) as site:
        for wp_id in site.ids("post")[:3]:
            site.edit(wp_id, content=f"<p>{PLANTED} in a revision.</p>")
            site.edit(wp_id, content="<p>What strangers see.</p>")
        secret = site.account("editor")
        _crawl(site, folder, secret)
        for wp_id in site.ids("post")[3:6]:
            site.edit(wp_id, silent=True, content="<p>Changed.</p>")
        _crawl(site, folder, secret)
    with closing(sqlite3.connect(folder / "archive.db", isolation_level=None)) as conn:
        for table, columns in TABLES.items():
            _plant(conn, table, columns)
        _plant_observation(conn)


def _crawl(site: FakeWordPress, folder: Path, secret: str) -> None:
    command = [sys.executable, "-m", "wparchive", "crawl", site.url, "-a", str(folder), "--silent", "--full"]
    named = ["--user", "editor", "--password-env", "ARCHIVER_SECRET"]
    subprocess.run([*command, *named], env={**os.environ, "ARCHIVER_SECRET": secret}, check=True)


def _plant(conn: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> None:
    """Make one row of a table private, with all that hangs on it."""
    (rowid,) = conn.execute(f"SELECT max(rowid) FROM {table} WHERE privilege = 'anonymous'").fetchone()
    texts = ", ".join(f"{name} = '{PLANTED} {table}'" for name in columns)
    conn.execute(f"UPDATE {table} SET privilege = 'authenticated', {texts} WHERE rowid = ?", (rowid,))
    if table == "versions":
        return
    (item,) = conn.execute(f"SELECT item FROM {table} WHERE rowid = ?", (rowid,)).fetchone()
    conn.execute("UPDATE items SET title = ? WHERE item = ?", (f"{PLANTED} {table}", item))
    conn.execute(
        "UPDATE versions SET privilege = 'authenticated', title = ?, content = ? WHERE item = ?",
        (PLANTED, PLANTED, item),
    )
    conn.execute("UPDATE observations SET title = ?, summary = ? WHERE item = ?", (PLANTED, PLANTED, item))


def _plant_observation(conn: sqlite3.Connection) -> None:
    """Make an observation rest on a capture that only credentials got."""
    (rowid,) = conn.execute("SELECT max(rowid) FROM observations WHERE change = 'silently_edited'").fetchone()
    (private,) = conn.execute("SELECT capture FROM captures WHERE privilege = 'authenticated' LIMIT 1").fetchone()
    conn.execute(
        "UPDATE observations SET after = ?, title = ?, summary = ? WHERE rowid = ?", (private, PLANTED, PLANTED, rowid)
    )
