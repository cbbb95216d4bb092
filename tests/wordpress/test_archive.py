"""The whole of a real site, pretty and plain, ends up in the archive, and costs no request too many.

What is held is compared with MariaDB and with the site's own answers, read without the program under test.
"""

import html
import json
import math
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import frugal
import pytest
from lab_site import Lab, LogLine
from public_content import (
    COLLECTIONS,
    COMMENTS,
    MEDIA,
    NOT_CONTENT,
    PER_PAGE,
    REFUSED,
    UNCOVERED,
    USERS,
    WITH_HISTORY,
    Collection,
)
from site_reader import walk
from third_party import cdxj, check_cdxj, check_replay, check_warcs, pywb, stored_responses

# `WPARCHIVE_LAB_SIZE=medium pytest tests/wordpress/test_archive.py` does it all on 2,000 posts.
SIZE = os.environ.get("WPARCHIVE_LAB_SIZE", "small")

OUTCOMES = {"captured", "covered", "refused", "missing", "outside", "template", "skipped", "failed"}
PROVEN = {"captured", "covered", "refused", "missing"}  # these outcomes rest on an answer
TABLES = (
    "sites runs captures listings gaps posts media comments terms users post_terms links outbound versions observations"
)
SPARE_REQUESTS = 5
# Table: the SQL that gives the `type` by which `links` and `versions` name its items.
KINDS = {"posts": "type", "media": "'attachment'", "comments": "'comment'", "terms": "taxonomy", "users": "'user'"}

Rows = set[tuple[str | None, ...]]


@dataclass(frozen=True)
class Crawled:
    """The lab's site, archived once over one of its two permalink forms."""

    lab: Lab
    form: str
    folder: Path
    printed: str
    log: list[LogLine]
    db: sqlite3.Connection

    def rows(self, query: str) -> Rows:
        """Rows of archive.db, values as text as `Lab.sql` gives them."""
        return {tuple(None if value is None else str(value) for value in row) for row in self.db.execute(query)}

    def number(self, query: str) -> int:
        return int(self.db.execute(query).fetchone()[0])

    def held(self, collection: Collection) -> dict[int, Any]:
        """The items of a collection in archive.db, id to `raw`."""
        kind = KINDS[collection.table]
        query = f"SELECT wp_id, raw FROM {collection.table} WHERE {kind} = '{collection.type}'"
        return {wp_id: json.loads(raw) for wp_id, raw in self.db.execute(query)}


@pytest.fixture(scope="module", params=["pretty", "plain"])
def crawled(
    request: pytest.FixtureRequest, lab: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crawled]:
    """A fresh archive of the site, crawled from nothing with exit code 0."""
    lab.seed(SIZE)
    folder = tmp_path_factory.mktemp(request.param) / "archive"
    mark = lab.log_mark()
    done: subprocess.CompletedProcess[str] = cli("crawl", lab.url(request.param), "-a", folder, *frugal.OPTIONS)
    db = sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)
    yield Crawled(lab, request.param, folder, done.stdout, lab.log_since(mark), db)
    db.close()


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda c: c.type)
def test_every_public_item_is_held(crawled: Crawled, collection: Collection) -> None:
    """Neither an item less nor one more than MariaDB calls public."""
    assert crawled.held(collection).keys() == crawled.lab.ids(collection.public)


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda c: c.type)
def test_every_item_is_as_the_site_sends_it(crawled: Crawled, collection: Collection) -> None:
    """`raw` is the very object that the site answers with."""
    _, items = walk(crawled.lab, crawled.form, collection.route)
    assert crawled.held(collection) == {item["id"]: item for item in items}


def _dates(*names: str) -> str:
    return ", ".join(f"DATE_FORMAT({name}, '%Y-%m-%dT%H:%i:%s')" for name in names)


def _plain(rows: Rows) -> Rows:
    """WordPress stores names with entities; our columns are plain text."""
    return {tuple(value and html.unescape(value) for value in row) for row in rows}


FEATURED = "COALESCE((SELECT meta_value FROM wp_postmeta m WHERE m.post_id = p.ID AND m.meta_key = '_thumbnail_id'), 0)"
# name: (columns and table in archive.db, the same out of MariaDB)
COLUMNS = {
    "posts": (
        "type, wp_id, slug, status, author, featured_media, protected, date, date_gmt, modified, modified_gmt"
        " FROM posts WHERE type IN ('post', 'page', 'book')",
        f"SELECT post_type, ID, post_name, post_status, post_author, {FEATURED}, post_password <> '',"
        f" {_dates('post_date', 'post_date_gmt', 'post_modified', 'post_modified_gmt')} FROM wp_posts p"
        " WHERE post_type IN ('post', 'page', 'book') AND post_status = 'publish'",
    ),
    "hierarchical posts": (
        "type, wp_id, slug, parent FROM posts WHERE type IN ('page', 'event')",
        "SELECT post_type, ID, post_name, post_parent FROM wp_posts"
        " WHERE post_type IN ('page', 'event') AND post_status = 'publish'",
    ),
    "sticky posts": (
        "wp_id FROM posts WHERE sticky = 1",
        "SELECT ID FROM wp_posts WHERE (SELECT option_value FROM wp_options WHERE option_name = 'sticky_posts')"
        " REGEXP CONCAT('i:', ID, ';') AND post_type = 'post' AND post_status = 'publish'",
    ),
    "media": (
        "wp_id, slug, mime_type, post, alt_text, date_gmt, modified_gmt FROM media",
        "SELECT file.ID, file.post_name, file.post_mime_type, NULLIF(file.post_parent, 0), COALESCE((SELECT meta_value"
        " FROM wp_postmeta m WHERE m.post_id = file.ID AND m.meta_key = '_wp_attachment_image_alt'), ''),"
        f" {_dates('file.post_date_gmt', 'file.post_modified_gmt')} {MEDIA}",
    ),
    "comments": (
        "wp_id, post, parent, author, author_name, author_url, status, comment_type, date, date_gmt FROM comments",
        "SELECT c.comment_ID, c.comment_post_ID, c.comment_parent, c.user_id, c.comment_author, c.comment_author_url,"
        f" 'approved', 'comment', {_dates('c.comment_date', 'c.comment_date_gmt')} {COMMENTS}",
    ),
    "terms": (
        "taxonomy, wp_id, name, slug, description, count FROM terms",
        "SELECT taxonomy, x.term_id, name, slug, description, count FROM wp_term_taxonomy x"
        " JOIN wp_terms t ON t.term_id = x.term_id WHERE taxonomy IN ('category', 'post_tag', 'genre', 'mood')",
    ),
    "terms under terms": (
        "taxonomy, wp_id, parent FROM terms WHERE parent <> 0",
        "SELECT taxonomy, term_id, parent FROM wp_term_taxonomy"
        " WHERE taxonomy IN ('category', 'genre') AND parent <> 0",
    ),
    "users": (
        "wp_id, name, slug, url, description FROM users",
        "SELECT u.ID, u.display_name, u.user_nicename, u.user_url, (SELECT meta_value FROM wp_usermeta m"
        f" WHERE m.user_id = u.ID AND m.meta_key = 'description') {USERS}",
    ),
    "terms of posts": (
        "type, wp_id, taxonomy, term FROM post_terms",
        "SELECT post_type, ID, taxonomy, x.term_id FROM wp_posts p JOIN wp_term_relationships r ON r.object_id = p.ID"
        " JOIN wp_term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id WHERE post_status = 'publish' AND ("
        " post_type = 'post' AND taxonomy IN ('category', 'post_tag', 'mood')"
        " OR post_type = 'book' AND taxonomy IN ('genre', 'post_tag', 'mood'))",
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_say_what_mariadb_says(crawled: Crawled, name: str) -> None:
    """Slugs, dates, statuses, parents, authors and terms of every public item."""
    ours, theirs = COLUMNS[name]
    expected = set(crawled.lab.sql(theirs))
    assert _plain(crawled.rows(f"SELECT {ours}")) == _plain(expected)
    assert expected


def test_every_listing_is_proven_complete(crawled: Crawled) -> None:
    """What the server stated, what we hold and what it withheld add up in each; what it closed is `refused`; no gap."""
    columns = "type, stated, held, withheld, outcome"
    listings = {row[0]: row[1:] for row in crawled.db.execute(f"SELECT {columns} FROM listings")}
    for collection in COLLECTIONS:
        held, stated = len(crawled.lab.ids(collection.public)), len(crawled.lab.ids(collection.counted))
        assert listings[collection.type] == (stated, held, stated - held, "complete"), collection.type
    refused = crawled.rows("SELECT route FROM listings WHERE outcome <> 'complete'")
    assert refused == {(route,) for route in REFUSED}
    assert crawled.rows("SELECT DISTINCT outcome FROM listings") == {("complete",), ("refused",)}
    assert not crawled.rows("SELECT * FROM gaps")
    assert crawled.rows("SELECT state FROM sites") == {("ok",)}
    ((form,),) = crawled.rows("SELECT root_form FROM sites")
    assert form in {"pretty": ("pretty",), "plain": ("query", "index.php")}[crawled.form]


def test_no_link_is_left_without_an_outcome(crawled: Crawled) -> None:
    """Every `_links` entry of every item is accounted for, and every account names its evidence or needs none."""
    spelled = set()
    for table, kind in KINDS.items():
        for type_, wp_id, raw in crawled.db.execute(f"SELECT {kind}, wp_id, raw FROM {table}"):
            for relation, links in json.loads(raw)["_links"].items():
                spelled |= {(type_, wp_id, relation, link["href"]) for link in links}
    columns = "type, wp_id, relation, href, outcome, capture"
    accounts = {row[:4]: row[4:] for row in crawled.db.execute(f"SELECT {columns} FROM links")}
    assert spelled <= accounts.keys()
    assert {outcome for outcome, _ in accounts.values()} <= OUTCOMES - {"failed"}
    without = [key for key, (outcome, capture) in accounts.items() if outcome in PROVEN and not capture]
    assert not without


def test_history_is_refused_with_one_probe_a_type(crawled: Crawled) -> None:
    """Strangers may not read revisions: each such link is `refused`, on the evidence of one request for its type."""
    relations = "relation IN ('version-history', 'predecessor-version')"
    assert crawled.rows(f"SELECT DISTINCT outcome FROM links WHERE {relations}") == {("refused",)}
    assert sum("revisions" in line.target for line in crawled.log) <= len(WITH_HISTORY)


def test_every_row_points_at_its_evidence(crawled: Crawled) -> None:
    """The capture that an item names exists, in a file that does."""
    for table in ("posts", "media", "comments", "terms", "users", "media_files", "versions"):
        known = "capture IS NULL OR capture IN (SELECT capture FROM captures)"
        assert crawled.number(f"SELECT COUNT(*) FROM {table} WHERE NOT ({known})") == 0, table
    for (warc,) in crawled.rows("SELECT DISTINCT warc FROM captures"):
        assert (crawled.folder / str(warc)).is_file()


def test_a_first_crawl_notices_no_change(crawled: Crawled) -> None:
    """`first_seen` says when an item appeared; one version each, no observation."""
    assert crawled.number("SELECT COUNT(*) FROM observations") == 0
    posts = len(crawled.lab.ids(COLLECTIONS[0].public))
    assert crawled.number("SELECT COUNT(*) FROM versions WHERE type = 'post'") == posts
    assert crawled.number("SELECT COUNT(*) FROM posts WHERE gone IS NOT NULL OR first_seen IS NULL") == 0


def minimum(lab: Lab) -> int:
    """The requests that this site can't be archived without."""
    fixed = len(("home", "robots.txt", "index", "types", "taxonomies"))
    pages = sum(max(1, math.ceil(len(lab.ids(c.counted)) / PER_PAGE)) for c in COLLECTIONS)
    return fixed + pages + len(REFUSED) + len(WITH_HISTORY) + sum(len(lab.ids(query)) for query in UNCOVERED)


def test_no_request_too_many(crawled: Crawled) -> None:
    """The web server's own log counts at most five more than the minimum, none of them twice, none but GET and HEAD."""
    least = minimum(crawled.lab)
    assert len(crawled.log) <= least + SPARE_REQUESTS, f"{len(crawled.log)} requests, {least} are needed"
    assert len({(line.method, line.target) for line in crawled.log}) == len(crawled.log)
    assert {line.method for line in crawled.log} <= {"GET", "HEAD"}
    assert not [line.target for line in crawled.log if any(route in line.target for route in NOT_CONTENT)]
    assert crawled.rows("SELECT requests, exit_code, outcome FROM runs") == {(str(len(crawled.log)), "0", "complete")}


def test_what_it_prints_names_what_is_held(crawled: Crawled) -> None:
    """Results go to stdout: the number of posts held is among them."""
    posts = len(crawled.lab.ids(COLLECTIONS[0].public))
    assert {f"{posts}", f"{posts:,}"} & set(crawled.printed.split())


def test_verify_finds_nothing(crawled: Crawled, cli: Callable[..., Any]) -> None:
    cli("verify", "-a", crawled.folder)


def test_the_database_comes_back_from_the_warcs(crawled: Crawled, cli: Callable[..., Any], tmp_path: Path) -> None:
    """`index --rebuild` of a copy without its databases gives every table again, row for row."""
    copy = tmp_path / "archive"
    subprocess.run(["cp", "-a", crawled.folder, copy], check=True)
    for path in [*copy.glob("archive.db*"), *copy.glob("*/frontier.db*")]:
        path.unlink()
    cli("index", "--rebuild", "-a", copy)
    again = sqlite3.connect(copy / "archive.db")
    for table in TABLES.split():
        query = f"SELECT * FROM {table}"
        assert set(again.execute(query)) == set(crawled.db.execute(query)), table
    again.close()


def test_other_programs_read_the_files(crawled: Crawled) -> None:
    """`gzip -t`, warcio, FastWARC and cdxj-indexer agree with every record."""
    warcs = sorted(crawled.folder.glob("*/warc/*.warc.gz"))
    types = check_warcs(warcs)
    assert types["response"] == len(stored_responses(warcs)) == len(crawled.log)
    assert len({line["url"] for line in cdxj(warcs)}) >= types["response"] - 1


def test_the_exported_index_is_that_of_cdxj_indexer(crawled: Crawled, cli: Callable[..., Any]) -> None:
    """Line for line; the digests of answers that nginx sent in chunks aside."""
    warcs = sorted(crawled.folder.glob("*/warc/*.warc.gz"))
    held = check_cdxj(cli("export", "cdxj", "-a", crawled.folder).stdout, warcs)
    assert held > len(stored_responses(warcs))


def test_pywb_replays_what_wordpress_sent(crawled: Crawled, cli: Callable[..., Any], tmp_path: Path) -> None:
    """Byte for byte, gzipped and in chunks as nginx sends it; a second full crawl is revisits, and they replay too."""
    folder = tmp_path / "archive"
    subprocess.run(["cp", "-a", crawled.folder, folder], check=True)
    cli("crawl", crawled.lab.url(crawled.form), "-a", folder, *frugal.OPTIONS, "--full")
    warcs = sorted(folder.glob("*/warc/*.warc.gz"))
    stored = stored_responses(warcs)
    assert any(one.chunked and one.coding == "gzip" for one in stored)
    with pywb(tmp_path / "pywb", warcs) as server:
        seen = check_replay(server, stored)
    assert seen["response"]
    assert seen["revisit"]
