"""An application password buys revisions, in private WARCs, and leaves no trace of itself anywhere."""

import base64
import gzip
import json
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import frugal
import pytest
from crawlkit import SMALL, Crawled, end, invoke, launch, sound, wait_for_requests
from fakewp import FakeWordPress
from fakewp.faults_secret import CODINGS, PLACES
from patience import PATIENCE

from wparchive.errors import ExitCode

VARIABLE = "ARCHIVER_SECRET"
TABLES = ("posts", "media", "comments", "terms", "users", "revisions", "captures")


@pytest.fixture
def edited() -> Iterator[FakeWordPress]:
    """A small site with revisions, and an editor with an application password."""
    with FakeWordPress(**SMALL) as site:
        for wp_id in site.ids("post")[:3]:
            site.edit(wp_id, content="<p>Second thoughts.</p>")
            site.edit(wp_id, content="<p>Third thoughts.</p>")
        site.secret = site.account("editor")  # type: ignore[attr-defined]
        yield site


def crawl_as(site: FakeWordPress, folder: Path, secret: str, *more: str) -> tuple[int, str, str]:
    """Crawl `site` as its editor, the password in the environment."""
    user = ("--user", "editor", "--password-env", VARIABLE)
    command = ("crawl", site.url, "-a", folder, *frugal.OPTIONS, *user, *more)
    process = launch(*command, env={VARIABLE: secret})
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def spellings(secret: str) -> set[bytes]:
    """The secret in every form in which it could have been written down."""
    plain = {secret, secret.replace(" ", "")}
    words = plain | {quote(one) for one in plain} | {quote_plus(one) for one in plain}
    coded = {base64.b64encode(f"{user}{one}".encode()).decode() for one in plain for user in ("", "editor:")}
    # Without the tail, which depends on what stands behind it.
    return {word.encode() for word in words | coded | {code.rstrip("=")[:-1] for code in coded}}


def traces(folder: Path, secret: str) -> list[str]:
    """Files of the archive in which the secret stands, compressed or not."""
    found = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        data += gzip.decompress(data) if data[:2] == b"\x1f\x8b" else b""
        found += [f"{path.name}: {form!r}" for form in spellings(secret) if form in data]
    return found


def test_revisions_are_private(edited: FakeWordPress, tmp_path: Path) -> None:
    """Every revision is held, each from a private WARC; nothing public was asked for with credentials, nor the reverse."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    code, out, err = crawl_as(edited, folder, secret)
    assert code == ExitCode.COMPLETE, err
    archive = Crawled(folder)
    held = {row[0] for row in archive.rows("SELECT wp_id FROM revisions")}
    assert held == {
        one.id
        for kind in ("post", "page", "book")
        for wp_id in edited.ids(kind)
        for one in edited.site.posts[wp_id].revisions
    }
    where = archive.rows(
        "SELECT DISTINCT c.privilege, c.warc LIKE '%/warc/private/%' FROM revisions r JOIN captures c USING (capture)"
    )
    assert where == [("authenticated", 1)]
    rows = archive.rows("SELECT privilege, warc LIKE '%/private/%', count(*) FROM captures GROUP BY 1, 2 ORDER BY 1")
    assert [row[:2] for row in rows] == [("anonymous", 0), ("authenticated", 1)]
    authorised = [one for one in edited.requests if "authorization" in one.headers]
    assert len(authorised) == rows[1][2]
    for table in ("posts", "media", "comments", "terms", "users"):
        query = f"SELECT count(*) FROM {table} i JOIN captures c USING (capture) WHERE c.privilege != i.privilege"
        assert archive.number(query) == 0
        private = 1 if table == "users" else 0  # who we are ourselves
        assert archive.number(f"SELECT count(*) FROM {table} WHERE privilege != 'anonymous'") == private
    assert list(sound(folder)) == []
    assert traces(folder, secret) == []
    assert not any(form.decode() in out + err for form in spellings(secret))


def test_links_to_revisions_that_are_held_are_captured(edited: FakeWordPress, tmp_path: Path) -> None:
    """In the run's own account and in the database alike, in later runs too; without credentials they are refused."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    crawl = "SELECT outcome, count(*) FROM links WHERE outcome IN ('captured', 'refused') GROUP BY 1 ORDER BY 1"
    crawl_as(edited, folder, secret)
    archive = Crawled(folder)
    read = "SELECT DISTINCT parent FROM revisions"
    linked = f"SELECT DISTINCT wp_id, outcome FROM links WHERE relation IN {RELATIONS}"
    assert archive.rows(f"{linked} AND wp_id IN ({read}) ORDER BY 1") == [
        (wp_id, "captured") for (wp_id,) in archive.rows(f"{read} ORDER BY 1")
    ]
    evidence = (
        f"SELECT DISTINCT c.privilege FROM links l JOIN captures c USING (capture) WHERE l.relation IN {RELATIONS}"
    )
    assert ("authenticated",) in archive.rows(f"{evidence} AND l.outcome = 'captured'")
    first = dict(archive.rows(crawl))
    assert told(archive) == first
    edited.edit(edited.ids("post")[4], content="<p>Late thoughts.</p>")
    for more in ((), ("--full",)):
        assert crawl_as(edited, folder, secret, *more)[0] == ExitCode.COMPLETE
        assert dict(archive.rows(crawl))["captured"] >= first["captured"]
    assert told(archive).keys() == first.keys()
    stepwise = archive.dump()
    invoke("index", "-a", folder, "--rebuild")
    assert archive.dump() == stepwise


RELATIONS = "('version-history', 'predecessor-version')"


def told(archive: Crawled) -> dict[str, int]:
    """How many links the log of the last run says were captured or refused."""
    log = max((archive.folder).glob("*/runs/*.jsonl"))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    links = next(one["links"] for one in reversed(events) if "links" in one)
    return {name: links[name] for name in ("captured", "refused") if name in links}


def test_what_is_private_is_closed_to_other_users(edited: FakeWordPress, tmp_path: Path) -> None:
    """Whatever the umask, and what an earlier version left open too; a public archive stays as the umask has it.

    The log of seals and their checkpoints, whose names have no end, are for others in any archive.
    """
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    before = os.umask(0)
    try:
        launch("crawl", edited.url, "-a", folder, *frugal.OPTIONS).communicate(timeout=PATIENCE)
        assert open_to_others(folder) - {".db-wal", ".db-shm"} == {".db", ".gz", ".yaml", ""}
        crawl_as(edited, folder, secret)
        for path in folder.glob("*/warc/private/*"):
            path.chmod(0o644)
        crawl_as(edited, folder, secret, "--full")
        assert open_to_others(folder) == {".gz", ""}
        assert "only credentials showed" in invoke("status", "-a", folder).stdout
        launch("index", "--rebuild", "-a", folder).communicate(timeout=PATIENCE)
        assert open_to_others(folder) == {".gz", ""}
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> set[str]:
    """What in an archive, locks aside, has a mode that lets others read it: ends of names."""
    files = [path for path in folder.rglob("*") if path.is_file() and "lock" not in path.name]
    return {path.suffix for path in files if path.stat().st_mode & 0o077}


def test_who_we_are_is_as_the_public_sees_it(edited: FakeWordPress, tmp_path: Path) -> None:
    """`users/me` shows the editor with credentials; as soon as strangers see that user, what they see is what is held."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    crawl_as(edited, folder, secret)
    archive = Crawled(folder)
    query = "SELECT u.wp_id, u.privilege, c.privilege, u.raw LIKE '%capabilities%' FROM users u JOIN captures c USING (capture) "
    ((me, *private),) = archive.rows(f"{query} WHERE u.privilege = 'authenticated'")
    assert private == ["authenticated", "authenticated", 1]
    edited.add(author=me)
    assert crawl_as(edited, folder, secret)[0] == ExitCode.COMPLETE
    assert archive.rows(f"{query} WHERE u.wp_id = ?", me) == [(me, "anonymous", "anonymous", 0)]
    assert archive.rows("SELECT change FROM observations WHERE type = 'user'") == [("appeared",)]
    assert crawl_as(edited, folder, secret)[0] == ExitCode.COMPLETE
    assert archive.rows(f"{query} WHERE u.wp_id = ?", me) == [(me, "anonymous", "anonymous", 0)]
    assert archive.rows("SELECT change FROM observations WHERE type = 'user'") == [("appeared",)]


def test_only_what_moved_is_asked_for_again(edited: FakeWordPress, tmp_path: Path) -> None:
    """A second authenticated run asks who we are, and for the revisions of the one post that was edited."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    crawl_as(edited, folder, secret)
    moved = edited.ids("post")[1]
    edited.edit(moved, content="<p>Fourth thoughts.</p>")
    before = len(edited.requests)
    code, _, err = crawl_as(edited, folder, secret)
    assert code == ExitCode.COMPLETE, err
    asked = [one.target for one in edited.requests[before:] if "authorization" in one.headers]
    assert len([target for target in asked if "/users/me" in target]) == 1
    assert [target for target in asked if "/revisions" in target] == [
        target for target in asked if f"/posts/{moved}/revisions" in target
    ]
    assert len(asked) == 2
    newest = max(one.id for one in edited.site.posts[moved].revisions)
    assert Crawled(folder).rows("SELECT parent FROM revisions WHERE wp_id = ?", newest) == [(moved,)]


def test_a_wrong_password(edited: FakeWordPress, tmp_path: Path) -> None:
    """Exit 2 in one line that names user and site, and no item crawled; the right one later is a first crawl."""
    folder, wrong = tmp_path / "archive", "wrong wrong 0000 oops"
    code, out, err = crawl_as(edited, folder, wrong, "--silent")
    assert code == ExitCode.USAGE
    (line,) = (out + err).splitlines()
    assert "editor" in line and edited.url in line
    assert not any(form.decode() in line for form in spellings(wrong))
    assert not [one for one in edited.requests if "per_page" in one.target]
    archive = Crawled(folder)
    assert [archive.number(f"SELECT count(*) FROM {table}") for table in TABLES[:-1]] == [0] * 6
    assert traces(folder, wrong) == []
    code, _, err = crawl_as(edited, folder, edited.secret)  # type: ignore[attr-defined]
    assert code == ExitCode.COMPLETE, err
    assert archive.ids("post") == edited.ids("post")
    assert archive.rows("SELECT * FROM observations") == []


def test_a_wrong_password_forgets_no_crawl(edited: FakeWordPress, tmp_path: Path) -> None:
    """A crawl that was cut short is still gone on with after a run that ended at the password."""
    folder = tmp_path / "archive"
    crawl_as(edited, folder, edited.secret, "--max-requests", "15")  # type: ignore[attr-defined]
    crawl_as(edited, folder, "wrong")
    before = len(edited.requests)
    code, _, err = crawl_as(edited, folder, edited.secret)  # type: ignore[attr-defined]
    assert code == ExitCode.COMPLETE, err
    listings = [one.target for one in edited.requests if "per_page=" in one.target]
    assert len(listings) == len(set(listings))
    assert len(edited.requests) - before < 25


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without spaces": lambda secret: secret.replace(" ", ""),
    "base64": lambda secret: base64.b64encode(f"editor:{secret}".encode()).decode(),
    "base64 in lines": lambda secret: "\\r\\n".join(
        textwrap.wrap(base64.b64encode(f"x{'y' * 30}{secret};".encode()).decode(), 10)
    ),
    "inside base64": lambda secret: base64.b64encode(f"password={secret};".encode()).decode(),
    "in a URL": quote,
    "in a form": quote_plus,
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in pieces": lambda secret: " ".join(re.findall(".{4}", secret.replace(" ", ""))),
    "escaped in JSON": lambda secret: "".join(f"\\u{ord(one):04x}" for one in secret),
    "one letter escaped": lambda secret: secret.replace("b", "\\u0062"),
    "escaped in a URL": lambda secret: "".join(f"%{ord(one):02x}" for one in secret),
    "escaped twice": lambda secret: quote(quote(secret)).replace("b", "%2562"),
    "in HTML": lambda secret: "".join(f"&#{ord(one)};" for one in secret),
    "in HTML, hexadecimal": lambda secret: "".join(f"&#x{ord(one):X};" for one in secret),
    "HTML in JSON": lambda secret: "".join(f"\\u0026#{ord(one)};" for one in secret),
}


AS_IT_IS = [("gzip", "as it is"), ("folded", "as it is")]
IN_BODIES = [("body", one) for one in SPELLINGS]


@pytest.mark.parametrize(
    ("where", "spelling"), [*((where, "without spaces") for where in PLACES), *IN_BODIES, *AS_IT_IS]
)
def test_a_password_that_a_site_sends_back_goes_nowhere(
    edited: FakeWordPress, tmp_path: Path, where: str, spelling: str
) -> None:
    """It stands in the raw bytes of the private WARCs and nowhere else, and the answer says so: it is flagged and unread."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    moved = edited.ids("post")[0]
    edited.fault("echo", where=where, spell=SPELLINGS[spelling], route=f"/wp/v2/posts/{moved}/revisions")
    code, out, err = crawl_as(edited, folder, secret, "--retries", "0")
    assert code == ExitCode.INCOMPLETE, err
    assert "sent the password back" in out
    archive = Crawled(folder)
    for said in (SPELLINGS[spelling](secret), secret, secret.replace(" ", "")):
        assert said not in out + err
        assert {name for name in holding(folder, said) if "/private/" not in name} == set()
    flagged = "SELECT privilege, warc LIKE '%/private/%' FROM captures WHERE flags LIKE '%secret-echoed%'"
    assert set(archive.rows(flagged)) == {("authenticated", 1)}
    assert archive.number("SELECT count(*) FROM revisions WHERE wp_id = 990099") == 0
    assert list(sound(folder)) == []


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("strangers", [False, True], ids=["to us", "to strangers"])
def test_what_nobody_can_decode_is_never_public(
    edited: FakeWordPress, tmp_path: Path, coding: str, strangers: bool
) -> None:
    """Of an answer whose coding can't be undone nobody knows whether the password is in it: private, flagged, and a gap."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    route = "/wp/v2/posts" if strangers else f"/wp/v2/posts/{edited.ids('post')[0]}/revisions"
    edited.fault("echo", where=coding, spell=str, route=route, strangers=strangers)
    code, out, err = crawl_as(edited, folder, secret, "--retries", "0")
    assert code == ExitCode.INCOMPLETE, err
    assert strangers or "it may hold the password" in out
    archive = Crawled(folder)
    odd = "flags LIKE '%unknown-%' OR flags LIKE '%too-many-codings%' OR flags LIKE '%not-searched%'"
    found = archive.rows(
        f"SELECT privilege, warc LIKE '%/private/%', flags LIKE '%not-searched%' FROM captures WHERE {odd}"
    )
    assert set(found) == {("authenticated", 1, 1)}
    assert list(sound(folder)) == []


def test_a_password_that_strangers_are_shown_is_kept_private_too(edited: FakeWordPress, tmp_path: Path) -> None:
    """A site that publishes the password it was given doesn't make us publish it."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    edited.add(content=f"<p>The password is {secret}.</p>")
    code, out, err = crawl_as(edited, folder, secret, "--retries", "0")
    assert code == ExitCode.INCOMPLETE, err
    assert secret not in out + err
    assert {name for name in holding(folder, secret) if "/private/" not in name} == set()


def holding(folder: Path, text: str) -> set[str]:
    """Files of the archive in which `text` stands, compressed or not."""
    found = set()
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        data += gzip.decompress(data) if data[:2] == b"\x1f\x8b" else b""
        if text.encode() in data:
            found.add(path.relative_to(folder).as_posix())
    return found


def test_no_process_shows_the_secret(edited: FakeWordPress, tmp_path: Path, cli: Callable[..., object]) -> None:
    """Neither in /proc while it runs nor in a log as JSON; a file that others can read is refused."""
    folder, secret = tmp_path / "archive", edited.secret  # type: ignore[attr-defined]
    file = tmp_path / "secret"
    file.write_text(f"{secret}\n")
    options = ("crawl", edited.url, "-a", folder, "--user", "editor", "--password-file", file, *frugal.OPTIONS)
    refused = cli(*options, code=ExitCode.USAGE)
    assert "chmod 600" in refused.stderr and secret not in refused.stderr  # type: ignore[attr-defined]
    assert not edited.requests
    file.chmod(0o600)
    process = launch(*options, "--delay", "0.05", "--log-json")
    assert wait_for_requests(edited, 12, process)
    lines = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    code, out, err = end(process)
    assert code == ExitCode.INTERRUPTED
    forms = spellings(secret)
    assert not any(form in data for form in forms for data in (lines, out.encode(), err.encode()))
    assert str(process.pid) not in traces(folder, secret)
    assert traces(folder, secret) == []
