"""`verify` finds rows that aren't what their records say."""

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from storekit import exchange, fetched, fill, open_store, silent

from wparchive.audit import Finding, Tally, verify
from wparchive.errors import DamagedError, StorageError
from wparchive.index import index
from wparchive.index.schema import ROW_RULES, TABLES
from wparchive.store import Archive, members

ROUTES = {
    "/wp/v2/posts": ("post", "posts"),
    "/wp/v2/media": ("attachment", "media"),
    "/wp/v2/comments": ("comment", "comments"),
    "/wp/v2/users": ("user", "users"),
    "/wp/v2/tags": ("post_tag", "terms"),
}


def item(kind: str, number: int) -> dict[str, object]:
    rendered = {"rendered": f"<p>Item {number} \u00fc of {kind}</p>"}
    return {
        "id": number,
        "slug": f"{kind}-{number}",
        "name": f"Name {number}",
        "type": kind,
        "taxonomy": "post_tag",
        "title": rendered,
        "content": rendered,
        "date_gmt": "2026-01-01T00:00:00",
        "_links": {},
    }


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An indexed archive: listings of every kind of item, a revisit, a failure, other captures."""
    archive = Archive(tmp_path_factory.mktemp("rows"))
    for _ in range(2):
        with open_store(archive.root) as store:
            root = "https://example.org/wp-json/"
            store.begin({"mode": "full", "target": "https://example.org/", "settings": {}})
            store.fact("site", {"home": "https://example.org/", "root": root, "root_form": "pretty", "state": "ok"})
            rows = [{"route": r, "type": t, "table": table, "skipped": None} for r, (t, table) in ROUTES.items()]
            store.fact("collections", rows)
            for route, (kind, _table) in ROUTES.items():
                url = f"{root.rstrip('/')}{route}?per_page=100"
                body = json.dumps([item(kind, number) for number in range(1, 6)], ensure_ascii=False).encode()
                made = fetched(exchange(url, body), key=f"{route}?per_page=100", kind="listing")
                object.__setattr__(made.target, "route", f"{route}?per_page=100")
                store.put(store.prepare(made))
            store.put(store.prepare(fetched(silent(f"{root}x"), verdict="failed")))
            fill(store, 3)
            store.finish({"outcome": "complete", "exit_code": 0, "state": "ok"})
    with archive.lock("example.org"):
        index(archive)
    return archive


@pytest.fixture
def copy(indexed: Archive, tmp_path: Path) -> Archive:
    shutil.copytree(indexed.root, tmp_path / "copy")
    return Archive(tmp_path / "copy")


def change(archive: Archive, *statements: str) -> list[Finding]:
    database = sqlite3.connect(archive.database)
    for statement in statements:
        assert database.execute(statement).rowcount, statement
    database.commit()
    database.close()
    return list(verify(archive))


def test_an_indexed_archive_has_no_findings_and_every_row_was_compared(indexed: Archive) -> None:
    tally = Tally()
    assert list(verify(indexed, tally)) == []
    assert tally.notes == ["2 finished WARCs aren't sealed yet; `wparchive seal` seals them"]
    database = sqlite3.connect(indexed.database)
    counts = {table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in TABLES}
    database.close()
    assert {**tally.compared, "_wparchive_imprints": counts["_wparchive_imprints"]} == counts
    assert [counts[table] for table in ("media", "comments", "users", "terms")] == [5] * 4
    assert tally.differ == 0


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM records WHERE type = 'request' AND offset > 9000", "no row in archive.db"),
        ("UPDATE records SET sha256 = '0' || substr(sha256, 2) || '0' WHERE type = 'metadata'", "in: sha256"),
        ("INSERT INTO records (warc, offset, length, type, record_id) VALUES ('w', 1, 1, 't', 'urn:x')", "no such row"),
        ("UPDATE captures SET status = 404 WHERE status = 200", "in: status, title"),
        ("DELETE FROM captures WHERE record_type = 'request'", "isn't there"),
        ("UPDATE posts SET title = 'forged' WHERE wp_id = 3", "posts: example.org/post/3: differs from the WARCs in: t"),
        ("UPDATE posts SET raw = replace(raw, 'Item 4', 'Item X') WHERE wp_id = 4", "posts: example.org/post/4: differs"),
        ("DELETE FROM versions WHERE wp_id = 2", "versions: example.org/attachment/2/"),
        ("INSERT INTO observations (run, site, change) SELECT run, site, 'deleted' FROM runs", "observations: run "),
        ("UPDATE posts SET gone = 'deleted' WHERE wp_id = 1", "in: gone"),
        ("UPDATE media SET rowid = rowid + 100 WHERE wp_id = 5", "search index isn't that of the rows of media"),
        ("INSERT INTO posts_fts (posts_fts, rowid, title) VALUES ('delete', 1, 'Item 1 ü of post')", "search index"),
        ("UPDATE runs SET rowid = -rowid WHERE rowid > 1", "order of the records"),
        ("UPDATE _wparchive_runs SET finished = 0", "_wparchive_runs: "),
        ("UPDATE _sqlite_migrations SET name = name || 'x' WHERE id = 1", "_sqlite_migrations"),
        ("UPDATE posts_fts_config SET v = 1 WHERE k = 'hashsize'", "posts_fts_config"),
    ],
)  # fmt: skip
def test_a_changed_row_is_found(copy: Archive, statement: str, says: str) -> None:
    """In whatever table and column, and named."""
    assert any(says in finding.message for finding in change(copy, statement)), statement


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP VIEW articles; CREATE VIEW articles AS SELECT 'forged' AS title FROM posts", "view articles: isn't"),
        ("CREATE VIEW more AS SELECT 'forged' AS title", "view more: wparchive makes none"),
        ("CREATE TRIGGER t AFTER INSERT ON posts BEGIN UPDATE posts SET title = 'forged'; END", "trigger t"),
        ("DROP INDEX idx_posts_slug", "index idx_posts_slug: isn't there"),
        ("ALTER TABLE posts ADD COLUMN verdict TEXT DEFAULT 'forged'", "table posts: isn't defined"),
        ("DROP TABLE media_fts", "table media_fts: isn't there"),
    ],
)  # fmt: skip
def test_a_changed_definition_is_found(copy: Archive, statement: str, says: str) -> None:
    """A forged view shows forged things."""
    with closing(sqlite3.connect(copy.database)) as database:
        database.executescript(statement)
    assert any(says in finding.message for finding in verify(copy))


def test_many_rows_are_named_in_part_and_counted(copy: Archive) -> None:
    """A table forged as a whole doesn't cost a line a row."""
    numbers = "WITH RECURSIVE n (v) AS (SELECT 101 UNION ALL SELECT v + 1 FROM n LIMIT 250) SELECT v FROM n"
    findings = change(copy, f"INSERT INTO users (site, wp_id, name) SELECT 'example.org', v, 'x' FROM ({numbers})")
    assert len(findings) == 101
    assert "150 more rows" in findings[-1].message


def test_records_that_are_not_indexed_yet_are_a_note(copy: Archive) -> None:
    """A database behind its WARCs isn't forged: what it says is compared as far as it has read them."""
    with open_store(copy.root) as store:
        store.begin({})
        store.put(store.prepare(fetched(exchange("http://example.org/new"))))
        store.finish({"outcome": "complete"})
    tally = Tally()
    assert list(verify(copy, tally)) == []
    assert [note.endswith("6 records aren't indexed yet; run `wparchive index`") for note in tally.notes[1:]] == [True]
    assert any("in: name" in finding.message for finding in change(copy, "UPDATE users SET name = 'x' WHERE wp_id = 2"))


def test_a_flip_is_one_finding_and_what_it_costs_is_counted(copy: Archive) -> None:
    """Its id is known from the database; rows that can't be proven any more are counted, not accused."""
    (path, *_) = copy.site("example.org").warcs()
    for member in list(members(path))[3:9]:
        data = path.read_bytes()
        at = member.offset + 3
        path.write_bytes(
            data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        )  # a flag that hides where the data begins
        findings = list(verify(copy))
        path.write_bytes(data)
        named = [finding for finding in findings if finding.kind != "unproven"]
        assert {(f.offset, f.record_id) for f in named} == {(member.offset, member.record_id)}, findings
        assert all("can't be proven any more" in f.message for f in findings if f.kind == "unproven")


def test_a_database_that_is_gone_is_a_finding_where_one_was_made(copy: Archive) -> None:
    """Indexing leaves a trace beside it; without that nothing was indexed yet."""
    copy.database.unlink()
    assert [finding.kind for finding in verify(copy)] == ["missing"]
    (copy.root / ".index.lock").unlink()
    tally = Tally()
    assert list(verify(copy, tally)) == []
    assert "nothing was indexed here yet" in tally.notes[0]


@pytest.mark.parametrize("content", [b"x" * 9999, b""])
def test_a_file_that_is_no_database_is_damage(copy: Archive, content: bytes) -> None:
    """Said after the WARCs have been checked all the same."""
    copy.database.write_bytes(content)
    tally = Tally()
    with pytest.raises(DamagedError, match="index --rebuild"):
        list(verify(copy, tally))
    assert tally.records


def test_pages_that_are_damaged_are_a_finding(copy: Archive) -> None:
    data = bytearray(copy.database.read_bytes())
    data[8192 * 20 : 8192 * 24] = b"\x99" * 8192 * 4
    copy.database.write_bytes(data)
    assert "database" in {finding.kind for finding in verify(copy)}


def test_rows_of_older_rules_are_not_compared_and_it_is_said(copy: Archive) -> None:
    """They may differ for no other reason than that."""
    with closing(sqlite3.connect(copy.database)) as database:
        database.execute(f"PRAGMA user_version = {(ROW_RULES - 1) * 4 + 3}")
    tally = Tally()
    assert list(verify(copy, tally)) == []
    assert "run `wparchive index`" in tally.uncompared
    assert not tally.compared


def test_where_no_room_is_left_that_is_said(copy: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nowhere to make the database anew: StorageError that names TMPDIR."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StorageError, match="TMPDIR"):
        list(verify(copy))
