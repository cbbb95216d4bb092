"""An answer was taken as anybody's, and a later file shows that it was made with rights: nothing hands it on any more."""

import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from intakekit import dump, rows, take, unsound
from writers import answer, exchange, info, post, record, write

from wparchive.errors import ExitCode
from wparchive.export.cdxj import write_cdxj
from wparchive.export.publish import publish
from wparchive.export.wacz.package import Wanted, make_wacz
from wparchive.index import index
from wparchive.store import Archive

AT, HOME = "2020-03-01T00:00:00Z", "https://example.org"
ONE = "/wp-json/wp/v2/posts/1"
ID = "<urn:uuid:11111111-1111-4111-8111-111111111111>"
BARE = answer(ONE, post(1, "Secret"), AT, fields={"WARC-Record-ID": ID})
OPEN = answer("/wp-json/wp/v2/posts/99", post(99, "Open"), "2021-03-02T00:00:00Z")


def asked(names: str = ID, *, at: str = AT) -> bytes:
    head = f"GET {ONE} HTTP/1.1\r\nHost: example.org\r\nAuthorization: Basic abc\r\n\r\n".encode()
    return record("request", HOME + ONE, at, head, {"WARC-Concurrent-To": names})


# What a later file has: the whole exchange, its request alone, an untied one, or the same answer under another id.
LATER = {
    "exchange": [BARE, asked()],
    "request": [asked(at="2020-03-01T00:00:07Z")],
    "untied-request": [asked(names="")],
    "another-id": exchange(ONE, post(1, "Secret"), AT, ask=["Cookie: wordpress_logged_in_1=x"]),
}


@pytest.fixture(params=LATER)
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An archive with the answer, and what shows that it was made with rights."""
    root = tmp_path / "archive"
    take(root, write(tmp_path, "bare", [info(), BARE, OPEN]))
    assert rows(root, "SELECT privilege FROM captures") == [("anonymous",)] * 2
    result = take(root, write(tmp_path, "full", [info(), *LATER[request.param]]))
    assert (result.code, [site.exposed for site in result.sites]) == (ExitCode.COMPLETE, [1])
    return root


def test_its_rows_are_private_and_nothing_hands_it_on(shown: Path, tmp_path: Path) -> None:
    held = [("authenticated",), ("anonymous",)]
    assert rows(shown, "SELECT privilege FROM captures ORDER BY captured_at") == held
    assert rows(shown, "SELECT privilege FROM posts ORDER BY wp_id") == held
    publish(Archive(shown), tmp_path / "public.db")
    with closing(sqlite3.connect(tmp_path / "public.db")) as db:
        assert db.execute("SELECT title FROM posts").fetchall() == [("Open",)]
    target = tmp_path / "out.wacz"
    make_wacz(Archive(shown), target, Wanted(reading=False), now=lambda: datetime.now(UTC), tell=lambda _: None)
    with zipfile.ZipFile(target) as package:
        assert len([name for name in package.namelist() if name.endswith(".warc.gz")]) == 1
    with (tmp_path / "lines.cdxj").open("wb") as out:
        write_cdxj(Archive(shown), out, tell=lambda _: None)
    assert (ONE in (tmp_path / "lines.cdxj").read_text(), "/posts/99" in (tmp_path / "lines.cdxj").read_text()) == (
        False,
        True,
    )
    (path,) = (shown / "example.org/warc/import").glob("*-20200301000000-*.gz")
    assert path.stat().st_mode & 0o777 == 0o600
    assert unsound(shown) == []


def test_it_is_so_in_a_rebuilt_database_and_said_once(shown: Path, tmp_path: Path) -> None:
    before = dump(shown)
    index(Archive(shown), rebuild=True)
    assert dump(shown) == before
    again = take(shown, tmp_path / "full.warc.gz")
    assert (again.code, [site.exposed for site in again.sites]) == (ExitCode.COMPLETE, [0])
    assert dump(shown) == before


def test_a_request_of_anybody_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    take(root, write(tmp_path, "bare", [info(), BARE, OPEN]))
    head = f"GET {ONE} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode()
    plain = record("request", HOME + ONE, AT, head, {"WARC-Concurrent-To": ID})
    before = dump(root)
    take(root, write(tmp_path, "plain", [info(), BARE, plain]))
    assert dump(root) == before
    assert rows(root, "SELECT DISTINCT privilege FROM captures") == [("anonymous",)]
