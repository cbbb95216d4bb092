"""A site that attacks whoever reads its archive, wherever it may say something, and an archive of it after two crawls."""

import io
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attacks import ATTACKS, EVIL
from fakewp import FakeWordPress
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from PIL import Image

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.crawl.seams import Seams
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.store import Archive

__all__ = ["make_hostile"]

SIZES = {"posts": 4, "pages": 1, "books": 0, "media": 6, "comments": 4, "users": 3, "terms": 9}
HTML = f'<html><script>alert(1)</script><img src="{EVIL}"></html>'.encode()
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="{EVIL}"/></svg>'.encode()
# Columns that pages show; what a site says reaches them without tags, so that here it is put there as it is.
SHOWN = {
    "posts": ("title",),
    "media": ("title", "alt_text"),
    "comments": ("author_name", "author_url", "text"),
    "users": ("name", "url"),
    "terms": ("name",),
    "items": ("title",),
    "sites": ("name", "description", "state", "reason", "wordpress_version"),
    "runs": ("reason", "mode"),
    "listings": ("reason", "type"),
    "captures": ("mime", "code"),
    "media_files": ("mime", "problem"),
    "pictures": ("author", "credit", "copyright", "caption", "camera"),
    "outbound": ("host", "element"),
    "links": ("outcome",),
    "observations": ("title", "summary"),
    "versions": ("title",),
}


class Hostile(FakeWordPress):
    """Serves under the names of pictures what is none."""

    def respond(self, handler: Handler, request: Request) -> None:
        number = request.path.rpartition("/picture-")[2].partition(".")[0]
        if "/uploads/" in request.path and number in BODIES:
            kind, body = BODIES[number]
            handler.send(Answer(200, [("Content-Type", kind)], body))
        else:
            super().respond(handler, request)


def _picture() -> bytes:
    """A JPEG that says hostile things about itself."""
    image, out = Image.new("RGB", (64, 48), "teal"), io.BytesIO()
    exif = image.getexif()
    exif[0x013B], exif[0x8298], exif[0x010E], exif[0x0110] = (f'"><img src="{EVIL}"><script>alert(1)</script>',) * 4
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


BODIES = {
    "1": ("image/jpeg", HTML),
    "2": ("image/svg+xml", SVG),
    "3": ("image/gif", b"GIF89a/*" + HTML),
    "4": ("text/html", _picture()),
    "5": ("image/png", _picture()),
}


def make_hostile(folder: Path) -> None:
    """Crawl the site twice; between the crawls every text changes, and articles vanish."""
    site = Hostile(**SIZES)
    posts = [site.add(title=attack, content=_content(attack), excerpt=attack) for attack in ATTACKS]
    attacks = _again()
    site.site.name = site.site.description = ATTACKS[0]
    for user in site.site.users.values():
        user.name, user.description, user.url = next(attacks), next(attacks), "javascript:alert(1)"
    for term in site.site.terms.values():
        term.name = term.description = next(attacks)
    for number in site.ids("attachment"):
        one = site.site.posts[number]
        one.title = one.caption = one.alt = one.description = next(attacks)
        one.details["image_meta"]["credit"] = next(attacks)
    for attack in ATTACKS:
        site.comment(posts[0], attack, name=attack[:200], url="javascript:alert(1)")
    site.site.posts[posts[0]].content = "".join(map(_content, ATTACKS))
    site.site.posts[posts[1]].featured = site.ids("attachment")[0]
    with site:
        _crawl(folder, site, datetime.fromisoformat("2026-11-02T09:00:00+00:00"))
        for number, attack in zip(posts, [*ATTACKS[1:], ATTACKS[0]], strict=True):
            site.edit(number, silent=True, content=_content(attack), title=attack)
        site.edit(posts[0], silent=True, content="".join(map(_content, reversed(ATTACKS))))
        site.delete(posts[2])
        site.trash(posts[3])
        _crawl(folder, site, datetime.fromisoformat("2026-11-03T09:00:00+00:00"))
    with closing(sqlite3.connect(folder / "archive.db", isolation_level=None)) as conn:
        _inject(conn)


def _content(attack: str) -> str:
    return f"<p>Before it.</p>\n{attack}\n<p>After it.</p>\n"


def _again() -> Iterator[str]:
    while True:
        yield from ATTACKS


def _crawl(folder: Path, site: FakeWordPress, now: datetime) -> None:
    ticks = iter(range(1 << 30))
    site.now = now.replace(tzinfo=None).isoformat()
    crawl_all(
        Archive(folder),
        [SiteConfig(name="hostile", url=site.url, settings=Settings(retries=0, media="originals"))],
        Options(full=True, debug=True),
        index=True,
        stop=threading.Event(),
        emit=quiet,
        seams=Seams(now=lambda: now + timedelta(milliseconds=next(ticks))),
    )


def _inject(conn: sqlite3.Connection) -> None:
    attacks = _again()
    conn.create_function("attack", 0, lambda: next(attacks)[:2000])
    for table, columns in SHOWN.items():
        conn.execute(f"UPDATE {table} SET {', '.join(f'{name} = attack()' for name in columns)}")
    conn.execute("UPDATE observations SET fields = ?", (json.dumps(ATTACKS[:5]),))
    values: dict[str, Any] = dict.fromkeys(("delay", "contact"), ATTACKS[0])
    conn.execute("UPDATE runs SET settings = ?", (json.dumps(values),))
    conn.execute("UPDATE captures SET flags = ?", (json.dumps(ATTACKS[:5]),))
    conn.execute("UPDATE gaps SET reason = attack(), route = attack()")
