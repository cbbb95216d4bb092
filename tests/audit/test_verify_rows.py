"""`verify` finds rows that aren't what their records say."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from storekit import exchange, fetched, fill, open_store, silent

from wparchive.audit import Finding, Tally, verify
from wparchive.index import index
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


def test_an_indexed_archive_has_no_findings_and_every_item_was_looked_at(indexed: Archive) -> None:
    tally = Tally()
    assert list(verify(indexed, tally)) == []
    assert tally.notes == []
    database = sqlite3.connect(indexed.database)
    tables = ["records", "captures", "posts", "media", "comments", "users", "terms"]
    counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    database.close()
    assert tally.rows == sum(counts)
    assert counts[3:] == [5] * 4


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM records WHERE type = 'request' AND offset > 9000", "has no row"),
        ("UPDATE records SET sha256 = '0' || substr(sha256, 2) || '0' WHERE type = 'metadata'", "have changed"),
        ("UPDATE records SET length = length + 1 WHERE type = 'resource'", "have changed"),
        ("INSERT INTO records (warc, offset, length, type, record_id) VALUES ('w', 1, 1, 't', 'urn:x')", "isn't there"),
        ("UPDATE captures SET status = 404 WHERE status = 200", "something else in: status"),
        ("UPDATE captures SET url = url || 'x' WHERE record_type = 'revisit'", "something else in: url"),
        ("UPDATE captures SET offset = offset + 1 WHERE status = 200", "something else in: offset"),
        ("UPDATE captures SET body_sha256 = NULL WHERE body_sha256 IS NOT NULL", "something else in: body_sha256"),
        ("DELETE FROM captures WHERE record_type = 'request'", "no row in captures"),
        (
            "UPDATE captures SET capture = 'urn:x' WHERE capture = (SELECT max(capture) FROM captures)",
            "what isn't there",
        ),
        ("UPDATE posts SET capture = 'urn:uuid:none' WHERE wp_id = 3", "posts: example.org/post/3 names the capture"),
        (
            "UPDATE posts SET raw = replace(raw, 'Item 4', 'Item X') WHERE wp_id = 4",
            "posts: example.org/post/4 isn't in",
        ),
        ("UPDATE users SET raw = raw || ' ' WHERE wp_id = 5", "users: example.org/user/5 isn't in this capture"),
        ("UPDATE terms SET raw = '[99]' WHERE wp_id = 1", "terms: example.org/post_tag/1 isn't in this capture"),
    ],
)
def test_a_changed_row_is_found(copy: Archive, statement: str, says: str) -> None:
    assert any(says in finding.message for finding in change(copy, statement))


def test_a_record_that_is_not_indexed_yet_is_found(copy: Archive) -> None:
    with open_store(copy.root) as store:
        (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/new"))))
    named = {finding.record_id for finding in verify(copy)}
    assert capture.capture in named


def test_a_flip_is_one_finding_with_the_id_from_the_database(copy: Archive) -> None:
    """The rows of a broken record aren't reported once more."""
    (path, *_) = copy.site("example.org").warcs()
    for member in list(members(path))[3:9]:
        data = path.read_bytes()
        at = member.offset + 3
        path.write_bytes(
            data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        )  # a flag that hides where the data begins
        findings = list(verify(copy))
        path.write_bytes(data)
        assert {(f.offset, f.record_id) for f in findings} == {(member.offset, member.record_id)}, findings


@pytest.mark.parametrize(
    "harm", [lambda path: path.write_bytes(b"x" * 9999), lambda path: path.write_bytes(path.read_bytes()[:8192])]
)
def test_a_damaged_database_is_a_finding(copy: Archive, harm: Callable[[Path], object]) -> None:
    harm(copy.database)
    assert {finding.kind for finding in verify(copy)} == {"database"}


def test_a_database_without_our_tables_is_a_note(copy: Archive) -> None:
    copy.database.unlink()
    sqlite3.connect(copy.database).execute("CREATE TABLE t (x)").connection.close()
    tally = Tally()
    assert list(verify(copy, tally)) == []
    assert "holds no index" in tally.notes[0]
