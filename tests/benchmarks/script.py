"""The baseline of archiving: what one would write in 40 lines to get a site's posts into SQLite with full-text search.

python tests/benchmarks/script.py URL DATABASE
"""

import html
import json
import re
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

from bare import get

COLUMNS = [
    *("id", "type", "title", "slug", "status", "date", "date_gmt", "modified", "modified_gmt", "author"),
    *("featured_media", "parent", "sticky", "link", "guid", "excerpt", "text", "content", "raw"),
]
TAGS = re.compile(r"<[^>]+>")


def row(item: dict) -> list:
    """One post as the columns of `archive.db`'s posts."""
    plain = {name: item.get(name) for name in COLUMNS}
    for name in ("title", "content", "excerpt", "guid"):
        plain[name] = item.get(name, {}).get("rendered", "")
    plain["title"] = html.unescape(plain["title"])
    plain["text"] = html.unescape(TAGS.sub(" ", plain["content"]))
    plain["raw"] = json.dumps(item)
    return list(plain.values())


def main(url: str, database: str) -> None:
    """Download, parse, insert, index."""
    listing = f"{url}wp-json/wp/v2/posts"
    db = sqlite3.connect(database)
    db.execute(f"create table posts ({', '.join(COLUMNS)}, primary key (id))")
    insert = f"insert into posts values ({', '.join('?' * len(COLUMNS))})"
    with ThreadPoolExecutor(2) as pool:
        total = int(get(listing).headers["X-WP-TotalPages"])
        for answer in pool.map(lambda page: get(listing, page), range(1, total + 1)):
            db.executemany(insert, [row(item) for item in answer.json()])
    db.execute(
        "create virtual table posts_fts using fts5(title, text, tokenize='unicode61 remove_diacritics 2', content=posts)"
    )
    db.execute("insert into posts_fts(posts_fts) values ('rebuild')")
    db.commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
