"""Whose site it is: told by the origin that answers, never by what a body claims; two sites never share a history."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, invoke, sound
from fakewp import FakeWordPress
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from loopback import HeldPort, Listener

from wparchive.config import SiteConfig
from wparchive.crawl.identity import name_of
from wparchive.errors import ExitCode
from wparchive.store import Archive
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.questions import Answer as Reply
from wparchive.wordpress.discovery.site_state import SiteState

TINY = {**SMALL, "posts": 3, "media": 0, "comments": 0, "books": 0}


class Claiming(FakeWordPress):
    """A site whose REST API names another one everywhere, as a staging copy of it does, or a liar."""

    claims = ""

    def respond(self, handler: Handler, request: Request) -> None:
        answer: Answer = self.core.answer(request)
        if "json" in (answer.header("Content-Type") or "") and self.claims:
            own, other = self.url.rstrip("/"), self.claims.rstrip("/")
            body = answer.body.replace(own.encode(), other.encode())
            escaped = (url.replace("/", "\\/").encode() for url in (own, other))
            answer = replace(answer, body=body.replace(*escaped))
        handler.send(answer)


@pytest.fixture
def production() -> Iterator[FakeWordPress]:
    with FakeWordPress(**TINY) as site:
        yield site


@pytest.fixture
def staging(production: FakeWordPress) -> Iterator[Claiming]:
    """Its copy: one post less, and its index names production as `home` and `url`."""
    with Claiming(**{**TINY, "posts": 2}) as site:
        site.claims = production.url
        yield site


def name(site: FakeWordPress) -> str:
    return site.url.removeprefix("http://").rstrip("/").replace(":", "_").replace("/", "_")


def folders(archive: Path) -> list[str]:
    return sorted(path.parent.name for path in archive.glob("*/warc"))


def run(archive: Path, *arguments: str | Path, code: int = 0) -> str:
    said = invoke("crawl", *arguments, "-a", archive, *frugal.OPTIONS, code=code)
    return said.stdout + said.stderr


def config(folder: Path, *entries: str) -> Path:
    path = folder / "sites.toml"
    path.write_text('[archive]\npath = "archive"\n' + "".join(f"[[sites]]\n{entry}\n" for entry in entries), "utf-8")
    return path


@pytest.mark.parametrize("spelled", ["", "wp-json/", "wp-json/wp/v2/posts/10"])
def test_a_staging_copy_writes_nothing_into_productions_history(
    production: FakeWordPress, staging: Claiming, tmp_path: Path, spelled: str
) -> None:
    """Whatever is named of it: its home, its REST root, an item."""
    archive = tmp_path / "archive"
    run(archive, production.url)
    before = Crawled(archive).rows("SELECT * FROM posts ORDER BY wp_id")
    run(archive, staging.url + spelled)
    run(archive, production.url, "--full")
    crawled = Crawled(archive)
    assert folders(archive) == sorted([name(production), name(staging)])
    assert crawled.rows("SELECT change FROM observations") == []
    assert len(crawled.rows("SELECT 1 FROM posts WHERE site = ?", name(production))) == len(before)
    assert crawled.number("SELECT count(*) FROM posts WHERE site = ? AND type = 'post'", name(staging)) == 2
    assert dict(crawled.rows("SELECT site, address FROM sites")) == {
        name(one): one.url for one in (production, staging)
    }


def test_in_the_other_order_it_takes_nothing_either(
    production: FakeWordPress, staging: Claiming, tmp_path: Path
) -> None:
    """A liar that is archived first doesn't get the name of the site that it claims to be, nor its visitors."""
    archive = tmp_path / "archive"
    run(archive, staging.url)
    run(archive, production.url)
    assert folders(archive) == sorted([name(production), name(staging)])
    crawled = Crawled(archive)
    homes = dict(crawled.rows("SELECT site, home FROM sites"))
    assert homes == {name(one): one.url for one in (production, staging)}
    assert crawled.rows("SELECT change FROM observations") == []


@pytest.mark.parametrize("lost", ["frontier.db", "archive.db"])
def test_who_answered_is_known_from_the_warcs_alone(
    production: FakeWordPress, staging: Claiming, tmp_path: Path, lost: str
) -> None:
    archive = tmp_path / "archive"
    for site in (staging, production):
        run(archive, site.url)
    for path in [*archive.glob(f"{lost}*"), *archive.glob(f"*/{lost}*")]:
        path.unlink()
    for site in (production, staging):
        run(archive, site.url, "--full")
    crawled = Crawled(archive)
    assert folders(archive) == sorted([name(production), name(staging)])
    assert crawled.rows("SELECT change FROM observations") == []
    assert list(sound(archive)) == []


def test_one_post_of_a_copy_is_the_copys(production: FakeWordPress, staging: Claiming, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    run(archive, production.url)
    post = staging.ids("post")[0]
    run(archive, f"{staging.url}wp-json/wp/v2/posts/{post}", "--scope", "post")
    assert Crawled(archive).number("SELECT count(*) FROM posts WHERE site = ?", name(staging)) == 1


def test_joined_on_purpose_they_are_one(production: FakeWordPress, staging: Claiming, tmp_path: Path) -> None:
    """A site that moved without a redirect goes on under its name: `--site-name` says so once."""
    archive, called = tmp_path / "archive", name(production)
    run(archive, production.url)
    refused = run(
        archive, "--config", config(tmp_path, f'url = "{staging.url}"\nname = "{called}"'), code=ExitCode.USAGE
    )
    assert called in refused and production.url in refused and "--site-name" in refused
    assert refused.count("\n") == 1
    run(archive, staging.url, "--site-name", called, "--full")
    assert folders(archive) == [called]
    changes = Crawled(archive).rows("SELECT change FROM observations")
    assert ("deleted",) in changes
    run(archive, "--config", config(tmp_path, f'url = "{staging.url}"\nname = "{called}"'))
    run(archive, staging.url)
    assert folders(archive) == [called]


def test_a_page_that_names_the_api_of_another_site_isnt_believed(production: FakeWordPress, tmp_path: Path) -> None:
    """Only a redirect moves a site: a link to elsewhere (a page that was tampered with) ends the run, with one line."""
    archive = tmp_path / "archive"
    run(archive, production.url)
    with FakeWordPress(**{**TINY, "posts": 1}) as other:
        home = production.core.urls.home
        production.core.urls._root = f"{other.core.urls.home}/wp-json"
        said = run(archive, production.url, "--allow-origin", other.url, "--full", code=ExitCode.INCOMPLETE)
        assert f"{other.url}" in said and "--site-name" in said
        assert Crawled(archive).rows("SELECT change FROM observations") == []
        production.core.urls._root = f"{home}/wp-json"
    run(archive, production.url)


def test_a_site_that_moved_keeps_its_name_and_both_homes(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with FakeWordPress(**TINY) as old, FakeWordPress(**TINY) as new:
        run(archive, old.url)
        old.fault("moved", to=new.url)
        for _ in range(2):
            run(archive, old.url, "--allow-origin", new.url)
        run(archive, new.url)
        assert folders(archive) == [name(old)]
        row = Crawled(archive).rows("SELECT address, home, moved_from FROM sites")
        assert row == [(new.url, new.url, old.url)]


def test_a_site_that_moves_to_another_one_stays_apart(tmp_path: Path) -> None:
    """A domain that someone else bought and lets lead to a site that is archived too: neither history is touched."""
    archive = tmp_path / "archive"
    with FakeWordPress(**TINY) as old, FakeWordPress(**{**TINY, "posts": 1}) as other:
        for site in (old, other):
            run(archive, site.url)
        old.fault("moved", to=other.url)
        said = run(archive, old.url, "--allow-origin", other.url, code=ExitCode.INCOMPLETE)
        assert name(other) in said
        assert Crawled(archive).rows("SELECT change FROM observations") == []


def test_what_leads_to_a_site_does_not_move_it(production: FakeWordPress, tmp_path: Path) -> None:
    """A short link, or anyone's host that redirects there: the site is where it was, and that host gets no say in it."""
    archive = tmp_path / "archive"
    run(archive, production.url)
    with FakeWordPress(**{**TINY, "posts": 1}) as anyone:
        anyone.fault("moved", to=production.url)
        for _ in range(2):
            run(archive, anyone.url, "--allow-origin", production.url)
        crawled = Crawled(archive)
        assert crawled.rows("SELECT site, state, moved_from FROM sites") == [(name(production), "ok", None)]
        anyone.mend()
        run(archive, anyone.url)
    assert folders(archive) == sorted([name(production), name(anyone)])
    assert Crawled(archive).rows("SELECT change FROM observations") == []


@pytest.mark.parametrize(
    ("address", "home", "page", "called"),
    [
        ("https://example.org/", "https://example.org/", "", "example.org"),
        # A prefix of two parts: the home that answered with the link to it is what people know.
        ("https://example.org/api/", "https://example.org/", "https://example.org/", "example.org"),
        # One site of several in folders that calls the main site's home its own.
        ("https://example.org/evil/", "https://example.org/", "https://example.org/evil/", "example.org_evil"),
        ("https://example.org/evil/", "https://example.org/", "", "example.org_evil"),
        # A front on another host, which discovery believes only where it answered too.
        ("https://cms.example.org/", "https://www.example.org/", "https://www.example.org/a/", "www.example.org"),
        ("https://public-api.wordpress.com/wp/v2/sites/5/", "https://a.wordpress.com/", "", "a.wordpress.com"),
    ],
)
def test_a_site_is_called_after_what_answered(tmp_path: Path, address: str, home: str, page: str, called: str) -> None:
    answer = Reply(url_final=page, head=None, body=b"") if page else None
    found = Discovery(state=SiteState.OK, address=address, home=home, page=answer)
    assert name_of(Archive(tmp_path), SiteConfig(url=home), found) == called


def test_a_secret_in_a_target_is_not_said_again(tmp_path: Path) -> None:
    said = invoke("crawl", "https://me:hunter2@example.org/", "-a", tmp_path / "a", code=ExitCode.USAGE)
    assert "hunter2" not in said.stdout + said.stderr and "credentials" in said.stderr
    said = invoke("crawl", "--config", config(tmp_path, 'url = "https://me:hunter2@example.org/"'), code=ExitCode.USAGE)
    assert "hunter2" not in said.stdout + said.stderr and "credentials" in said.stderr


CLASHES = {
    "two of one name": ('name = "a"\nurl = "{0}"', 'name = "a"\nurl = "{1}"'),
    "two that differ in case": ('name = "a"\nurl = "{0}"', 'name = "A"\nurl = "{1}"'),
    "two names of one letter": ('name = "\u00e4"\nurl = "{0}"', 'name = "a\u0308"\nurl = "{1}"'),
    "one of the name that another gets": ('url = "{0}"', 'name = "{name}"\nurl = "{1}"'),
    "the same, the other way round": ('name = "{name}"\nurl = "{1}"', 'url = "{0}"'),
}


@pytest.mark.parametrize("kind", CLASHES)
def test_names_that_mix_two_sites_are_refused_before_anything_is_asked(
    production: FakeWordPress, staging: Claiming, tmp_path: Path, kind: str
) -> None:
    entries = [entry.format(production.url, staging.url, name=name(production)) for entry in CLASHES[kind]]
    done = invoke("crawl", "--config", config(tmp_path, *entries), code=ExitCode.USAGE)
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert production.requests == staging.requests == []
    assert not (tmp_path / "archive").exists()


def test_one_site_twice_is_one_site(production: FakeWordPress, tmp_path: Path) -> None:
    """However it is spelled, in one configuration or after another."""
    port = production.url.rsplit(":", 1)[1].rstrip("/")
    spelled = (production.url, f"http://127.0.0.1:{port}", f"HTTP://127.1:{port}/", f"http://0x7f000001:{port}//?a#b")
    archive = tmp_path / "archive"
    run(archive, *spelled)
    assert folders(archive) == [name(production)]


@pytest.mark.parametrize(
    "wrong", ["a/b", "..", "archive.db", "ARCHIVE.DB-wal", "seals", "nul", "Com1.txt", "a.", "a ", "x" * 130, ""]
)
def test_a_name_that_no_folder_may_have_is_refused(production: FakeWordPress, tmp_path: Path, wrong: str) -> None:
    on_the_line = invoke("crawl", production.url, "--site-name", wrong, code=ExitCode.USAGE)
    in_the_file = invoke("crawl", "--config", config(tmp_path, f"url = '{production.url}'\nname = '{wrong}'"), code=2)
    assert on_the_line.stderr.count("\n") == in_the_file.stderr.count("\n") == 1
    assert production.requests == []


class Network(FakeWordPress):
    """A multisite of folders: a main site, and others beneath it."""

    def add(self, path: str, **sizes: int) -> str:
        """One more site in the folder `path`; gives its address."""
        other = FakeWordPress(path=path, **{**TINY, **sizes})
        other.core.urls.__init__(other.site, self.url.rstrip("/") + path, "pretty")  # type: ignore[misc]
        self.others[path] = other
        return f"{self.url.rstrip('/')}{path}/"

    def respond(self, handler: Handler, request: Request) -> None:
        at = next((path for path in self.others if f"{request.path}/".startswith(f"{path}/")), None)
        handler.send((self.others[at] if at else self).core.answer(request))

    def __init__(self, **sizes: int) -> None:
        self.others: dict[str, FakeWordPress] = {}
        super().__init__(**sizes)


def test_sites_in_folders_of_one_host_are_apart(tmp_path: Path) -> None:
    """`/a/b` and `/a_b`, `/c` and `/C` had one folder, and one site's posts were deleted in the other's history."""
    archive = tmp_path / "archive"
    paths = {"/a/b": 1, "/a_b": 2, "/a+b": 3, "/a-b": 1, "/c": 2, "/C": 3}
    with Network(**TINY) as network:
        targets = [network.url, *(network.add(path, posts=posts) for path, posts in paths.items())]
        for _ in range(2):
            run(archive, *targets, "--full")
    crawled = Crawled(archive)
    assert len(folders(archive)) == len({folder.casefold() for folder in folders(archive)}) == len(targets)
    assert crawled.rows("SELECT change FROM observations") == []
    counts = crawled.rows("SELECT count(*) FROM posts WHERE type = 'post' GROUP BY site")
    assert sorted(count for (count,) in counts) == sorted([3, *paths.values()])


@pytest.mark.parametrize("kind", ["refused", "no such host", "hangs up", "guarded"])
@pytest.mark.parametrize("named", [True, False])
def test_a_target_that_never_answered_leaves_nothing_behind(tmp_path: Path, kind: str, named: bool) -> None:
    archive = tmp_path / "archive"
    with Listener(lambda connection: connection.close()) as hanging, HeldPort() as nobody:
        url = {
            "refused": nobody.url,
            "no such host": "http://nothing.invalid/2026/post/",
            "hangs up": hanging.url,
            "guarded": "http://example.org:22/",
        }[kind]
        more = ("--site-name", "x") if named else ()
        done = invoke("crawl", url, "-a", archive, "--retries", "0", "--json", *more, code=ExitCode.INCOMPLETE)
        (result,) = json.loads(done.stdout)
        assert result["state"] == "broken" and result["reason"]
        assert folders(archive) == []
        assert not archive.exists() or not [path for path in archive.iterdir() if path.is_dir()]
        said = invoke("crawl", url, "-a", archive, "--retries", "0", code=ExitCode.INCOMPLETE)
        assert result["reason"][:20] in said.stderr


def test_a_known_site_that_does_not_answer_keeps_its_record(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with FakeWordPress(**TINY) as site:
        run(archive, site.url)
    for url in (site.url, f"{site.url}2026/a-post/"):
        run(archive, url, "--retries", "0", code=ExitCode.INCOMPLETE)
    crawled = Crawled(archive)
    assert folders(archive) == [name(site)]
    assert crawled.rows("SELECT exit_code FROM runs ORDER BY run") == [(0,), (3,), (3,)]
    assert crawled.rows("SELECT state, address FROM sites") == [("broken", site.url)]


def test_an_archive_of_before_keeps_its_folder(production: FakeWordPress, tmp_path: Path) -> None:
    """Its site is found by the address on record, whatever the folder is called."""
    archive = tmp_path / "archive"
    run(archive, production.url)
    shutil.move(archive / name(production), archive / "an_old_name")
    (archive / "archive.db").unlink()
    run(archive, production.url)
    assert folders(archive) == ["an_old_name"]
