"""A second crawl is incremental and cheap; what earlier runs left open, however they ended, is not forgotten."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crawlkit import SMALL, Crawled, crawl, invoke, sound
from fakewp import FakeWordPress

from wparchive.audit import verify
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode
from wparchive.store import Archive, CaptureLog, members
from wparchive.store.warc.gzip_members import GZIP_HEADER

# Tables that only hold what was found out about the site, not that it was looked at.
CONTENT = (
    "posts",
    "media",
    "comments",
    "users",
    "terms",
    "post_terms",
    "links",
    "outbound",
    "versions",
    "observations",
)


def content(crawled: Crawled) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the content tables; when an item was last seen, and in which capture, may move."""
    moving = {"last_seen", "capture"}
    found = {}
    for table in CONTENT:
        names = [row[1] for row in crawled.rows(f"PRAGMA table_info({table})")]
        columns = ", ".join(f'"{name}"' for name in names if name not in moving)
        found[table] = sorted(crawled.rows(f"SELECT {columns} FROM {table}"), key=repr)
    return found


def paged(crawled: Crawled) -> int:
    """Collections that are open and come in pages."""
    return crawled.number("SELECT count(DISTINCT route) FROM listings WHERE stated IS NOT NULL")


@pytest.mark.parametrize("form", ["pretty", "plain"])
def test_an_unchanged_site_costs_little(form: str, tmp_path: Path) -> None:
    """At most two requests a collection and 6 more, no row of content but as it was, and again so the third time."""
    with FakeWordPress(form=form, posts=120) as site:
        before = content(crawl(tmp_path / "archive", site.url))
        for _ in range(2):
            asked = len(site.requests)
            again = crawl(tmp_path / "archive", site.url)
            assert again.result.report.mode == "incremental"
            assert again.code is ExitCode.COMPLETE
            assert len(site.requests) - asked <= 2 * paged(again) + 6
            assert content(again) == before
        assert list(sound(again.folder)) == []


def test_what_is_new_is_fetched_and_nothing_else_in_full(small: FakeWordPress, tmp_path: Path) -> None:
    """A new post, an edit and a new comment are all that the next run changes."""
    crawl(tmp_path / "archive", small.url, changes={"reread_budget": 0, "fresh_hours": 0})
    new = small.add(title="Late news")
    edited = small.ids("post")[1]
    small.edit(edited, content="<p>Not as it was.</p>")
    comment = small.comment(edited)
    again = crawl(tmp_path / "archive", small.url, changes={"reread_budget": 0, "fresh_hours": 0})
    assert again.code is ExitCode.COMPLETE
    assert new in again.ids("post")
    assert comment in again.ids("comment")
    assert again.rows("SELECT content FROM posts WHERE wp_id = ?", edited) == [("<p>Not as it was.</p>",)]


def test_totals_that_do_not_add_up_cause_a_sweep(small: FakeWordPress, tmp_path: Path) -> None:
    """An item that vanished moves only the total; the sweep finds which, and its own address confirms it."""
    crawl(tmp_path / "archive", small.url)
    gone = small.ids("post")[2]
    small.delete(gone)
    again = crawl(tmp_path / "archive", small.url)
    assert again.rows("SELECT how FROM listings WHERE run = ? AND type = 'post'", again.result.report.run) == [
        ("sweep",)
    ]
    assert small.hits(f"/wp/v2/posts/{gone}") == 1
    assert again.rows("SELECT gone FROM posts WHERE wp_id = ?", gone) == [("deleted",)]
    assert again.code is ExitCode.COMPLETE


def test_what_was_left_open_is_resumed_at_the_gap(tmp_path: Path) -> None:
    """A hole that the site mends is filled by the next run, without fetching in full what is held."""
    with FakeWordPress(posts=120) as site:
        bad = site.ids("post")[50]
        site.fault("poisoned-deep", item=bad)
        first = crawl(tmp_path / "archive", site.url, changes={"retries": 0})
        assert first.code is ExitCode.INCOMPLETE
        assert sorted({*first.ids("post"), bad}) == site.ids("post")
        site.mend()
        asked = len(site.requests)
        again = crawl(tmp_path / "archive", site.url)
        assert again.code is ExitCode.COMPLETE
        assert again.ids("post") == site.ids("post")
        assert again.rows("SELECT * FROM gaps WHERE run = ?", again.result.report.run) == []
        assert len(site.requests) - asked <= 2 * paged(again) + 6 + 3


def test_changes_survive_an_interrupted_update(tmp_path: Path) -> None:
    """What was modified before a cut-off update saw something newer is still found by the run after it."""
    with FakeWordPress(posts=120, **{name: SMALL[name] for name in ("media", "comments")}) as site:
        light = {"reread_budget": 0, "fresh_hours": 0, "concurrency": 1}
        crawl(tmp_path / "archive", site.url, changes=light)
        ids = site.ids("post")
        site.edit(ids[-3], content="<p>Edited early.</p>")
        for _ in range(3):
            site.pass_time(24)
        site.edit(ids[0], content="<p>Edited late.</p>")
        for wp_id in ids[1:105]:
            site.edit(wp_id, title="Edited")  # so that the early edit stands on the second page of what changed
        cut = crawl(tmp_path / "archive", site.url, changes={**light, "max_requests": 8})
        assert cut.code is ExitCode.INCOMPLETE
        assert cut.rows("SELECT content FROM posts WHERE wp_id = ?", ids[0]) == [("<p>Edited late.</p>",)]
        assert cut.rows("SELECT content FROM posts WHERE wp_id = ?", ids[-3]) != [("<p>Edited early.</p>",)]
        again = crawl(tmp_path / "archive", site.url, changes=light)
        assert again.code is ExitCode.COMPLETE
        assert again.rows("SELECT content FROM posts WHERE wp_id = ?", ids[-3]) == [("<p>Edited early.</p>",)]


def test_one_post_hides_no_changes(small: FakeWordPress, tmp_path: Path) -> None:
    """Archiving one fresh post by itself doesn't move the mark from which the next update looks for edits."""
    light = {"reread_budget": 0, "fresh_hours": 0}
    crawl(tmp_path / "archive", small.url, changes=light)
    edited, fresh = small.ids("post")[:2]
    small.edit(edited, content="<p>Edited early.</p>")
    small.pass_time(24 * 5)
    small.edit(fresh, content="<p>Edited late.</p>")
    crawl(tmp_path / "archive", small.url_of(f"/wp/v2/posts/{fresh}"), scope="post", changes=light)
    again = crawl(tmp_path / "archive", small.url, changes=light)
    assert again.rows("SELECT content FROM posts WHERE wp_id = ?", edited) == [("<p>Edited early.</p>",)]


def test_full_reads_everything_again(small: FakeWordPress, tmp_path: Path) -> None:
    """`--full` finds an edit that moved nothing."""
    crawl(tmp_path / "archive", small.url)
    edited = small.ids("post")[0]
    small.edit(edited, silent=True, content="<p>Silently.</p>")
    again = crawl(tmp_path / "archive", small.url, full=True)
    assert again.result.report.mode == "full"
    assert again.rows("SELECT content FROM posts WHERE wp_id = ?", edited) == [("<p>Silently.</p>",)]


def test_a_lost_frontier_is_no_loss(small: FakeWordPress, tmp_path: Path) -> None:
    """Without frontier.db the next crawl is incremental all the same, and the frontier is whole again."""
    first = crawl(tmp_path / "archive", small.url)
    (frontier,) = first.folder.glob("*/frontier.db")
    for path in frontier.parent.glob("frontier.db*"):
        path.unlink()
    asked = len(small.requests)
    again = crawl(tmp_path / "archive", small.url)
    assert again.code is ExitCode.COMPLETE
    assert again.result.report.mode == "incremental"
    assert len(small.requests) - asked <= 2 * paged(again) + 6
    assert again.items() == first.items()
    assert list(sound(again.folder)) == []


def flip(warc: Path, place: float) -> None:
    """Change a byte at `place` of the file, but none of a gzip header that says nothing."""
    data = bytearray(warc.read_bytes())
    at = int(len(data) * place)
    start = max(member.offset for member in members(warc) if member.offset <= at)
    data[max(at, start + len(GZIP_HEADER))] ^= 0xFF
    warc.write_bytes(data)


@pytest.mark.parametrize("place", [number / 10 for number in range(1, 10)])
def test_a_damaged_warc_is_named_once_and_what_was_lost_is_held_again(
    small: FakeWordPress, tmp_path: Path, place: float
) -> None:
    """The crawl that comes across it exits 3 and asks for what is lost; when that is held, later ones don't. `verify` does.

    No record of the new runs leans on the damaged one. So it stays without the frontier, and after a rebuild.
    """
    first = crawl(tmp_path / "archive", small.url)
    (warc,) = first.warcs()
    flip(warc, place)
    name = str(warc.relative_to(first.folder))
    second = crawl(tmp_path / "archive", small.url)
    assert second.code is ExitCode.INCOMPLETE
    assert [line.partition(":")[0] for line in second.result.report.damage] == [name]
    ((lost, since),) = second.rows("SELECT warc, held_again FROM damage")
    assert (lost, since) == (name, second.result.report.run)
    third = crawl(tmp_path / "archive", small.url)
    assert third.code is ExitCode.COMPLETE
    assert third.ids("post") == small.ids("post")
    assert {finding.warc for finding in verify(Archive(first.folder)) if finding.warc} == {name}
    for path in first.folder.glob("*/frontier.db*"):
        path.unlink()
    assert invoke("index", "--rebuild", "-a", first.folder, code=4).stdout.count("damage: ") == 1
    again = crawl(tmp_path / "archive", small.url)
    assert again.code is ExitCode.COMPLETE
    assert again.ids("post") == small.ids("post")


@pytest.mark.parametrize("place", [number / 8 for number in range(1, 8)])
def test_a_crawl_that_is_gone_on_with_asks_again_for_what_is_damaged(
    small: FakeWordPress, tmp_path: Path, place: float
) -> None:
    cut = crawl(tmp_path / "archive", small.url, changes={"max_requests": 14})
    (warc,) = cut.warcs()
    flip(warc, place)
    again = crawl(tmp_path / "archive", small.url)
    assert again.code is ExitCode.INCOMPLETE  # it names the damage, once
    assert crawl(tmp_path / "archive", small.url).code is ExitCode.COMPLETE
    assert "resumed" in [event for event, _ in again.events]
    assert again.ids("post") == small.ids("post")


def test_one_post_in_between_forgets_no_crawl(small: FakeWordPress, tmp_path: Path) -> None:
    """A crawl that was cut short is gone on with, also when one post was archived in the meantime."""
    crawl(tmp_path / "archive", small.url, changes={"max_requests": 12})
    crawl(tmp_path / "archive", small.url_of(f"/wp/v2/posts/{small.ids('post')[0]}"), scope="post")
    asked = len(small.requests)
    again = crawl(tmp_path / "archive", small.url)
    assert again.code is ExitCode.COMPLETE
    assert len(small.requests) - asked < 16
    listed = [one.target for one in small.requests if "orderby=id" in one.target and "post=" not in one.target]
    assert len(listed) == len({*listed})


def test_the_mark_is_not_beyond_the_beginning_of_a_crawl(small: FakeWordPress, tmp_path: Path) -> None:
    """An update that was gone on with days later has answers of different ages: it proves nothing of the days between."""
    now = ["2025-06-01T12:00:00+00:00"]
    seams = Seams(now=lambda: datetime.fromisoformat(now[0]))
    folder = tmp_path / "archive"
    crawl(folder, small.url, seams=seams)
    first, second = small.ids("post")[:2]
    small.pass_time(24)
    now[0] = "2025-06-02T13:00:00+00:00"
    small.edit(first, content="<p>Before the update began.</p>")
    cut = crawl(folder, small.url, changes={"max_requests": 12, "concurrency": 1}, seams=seams)
    assert cut.code is ExitCode.INCOMPLETE
    small.pass_time(48)
    now[0] = "2025-06-04T13:00:00+00:00"
    small.edit(second, content="<p>Before it was gone on with.</p>")
    again = crawl(folder, small.url, seams=seams)
    assert again.code is ExitCode.COMPLETE
    assert again.rows("SELECT content FROM posts WHERE wp_id = ?", second) == [("<p>Before it was gone on with.</p>",)]
    folder = again.archive.sites()[0]
    with closing(CaptureLog(folder.frontier, folder.name)) as log:
        memory = Memory(folder, log)
        memory.learn()
        assert memory.newest("/wp/v2/posts") == f"{small.site.posts[first].modified_gmt}Z"


@pytest.mark.parametrize("route", ["/wp/v2/users", "/wp/v2/menu-items"])
def test_a_closed_collection_is_not_closed_for_ever(small: FakeWordPress, tmp_path: Path, route: str) -> None:
    """It is left alone until the next sweep is due; one of which items are held is tried each time."""
    later = [timedelta()]
    seams = Seams(now=lambda: datetime.now(UTC) + later[0])
    folder = tmp_path / "archive"
    small.fault("users-closed")
    crawl(folder, small.url, seams=seams)
    asked = small.hits(route)
    crawl(folder, small.url, seams=seams)
    assert small.hits(route) == asked
    small.mend()
    later[0] = timedelta(days=8)
    again = crawl(folder, small.url, seams=seams)
    assert again.code is ExitCode.COMPLETE
    assert small.hits(route) > asked
    assert again.ids("user") == small.ids("user")
    small.fault("users-closed")
    asked = small.hits("/wp/v2/users")
    closed = crawl(folder, small.url, seams=seams)
    assert closed.code is ExitCode.COMPLETE
    assert small.hits("/wp/v2/users") - asked in (1, 2)
    assert closed.rows("SELECT gone FROM users WHERE gone IS NOT NULL") == []
    assert closed.rows("SELECT change FROM observations") == []
    small.mend()
    opened = crawl(folder, small.url, seams=seams)
    query = "SELECT outcome FROM listings WHERE run = ? AND type = 'user'"
    assert opened.rows(query, opened.result.report.run) == [("complete",)]


def test_one_that_went_while_an_older_one_came_is_not_withheld(tmp_path: Path) -> None:
    """Totals that stay the same hide both until the page is read again: then both are told, and nothing is withheld."""
    with FakeWordPress(**{**SMALL, "posts": 130}) as site:
        first, second = site.ids("post")[:2]
        older = site.site.posts.pop(first)
        crawl(tmp_path, site.url)
        site.site.posts[first] = older
        site.delete(second)
        listings = []
        for _ in range(2):
            again = crawl(tmp_path, site.url)
            assert again.code is ExitCode.COMPLETE
            listings += again.rows(
                "SELECT stated, held, withheld FROM listings WHERE route = '/wp/v2/posts' ORDER BY rowid DESC LIMIT 1"
            )
    assert set(listings) == {(129, 129, 0)}
    found = again.rows("SELECT wp_id, change FROM observations WHERE type = 'post' ORDER BY 1")
    assert found == [(first, "appeared"), (second, "deleted")]


def test_what_went_shows_that_something_came(tmp_path: Path) -> None:
    """A page that is read again shows what went; the total, unmoved, then tells that something came: it is looked for."""
    with FakeWordPress(**{**SMALL, "posts": 230}) as site:
        gone, older = site.ids("post")[3], site.ids("post")[115]
        kept = site.site.posts.pop(older)
        crawl(tmp_path, site.url)
        site.site.posts[older] = kept
        site.delete(gone)
        again = crawl(tmp_path, site.url, changes={"reread_budget": 1})
    query = "SELECT stated, held, withheld FROM listings WHERE route = '/wp/v2/posts' ORDER BY rowid DESC LIMIT 1"
    assert again.rows(query) == [(229, 229, 0)]
    found = again.rows("SELECT wp_id, change FROM observations WHERE type = 'post' ORDER BY 1")
    assert found == [(gone, "deleted"), (older, "appeared")]


def test_what_is_new_behind_a_page_that_the_server_cut_is_found(tmp_path: Path) -> None:
    """Without totals, a page of fewer than a hundred isn't taken for the end of the list while all of it is new."""
    with FakeWordPress(**SMALL, faults=["no-headers"]) as site:
        site.fault("cap-silent", cap=3)
        before = crawl(tmp_path / "archive", site.url).ids("comment")
        came = [site.comment(site.ids("post")[0]) for _ in range(8)]
        again = crawl(tmp_path / "archive", site.url)
    assert again.code is ExitCode.COMPLETE
    assert set(again.ids("comment")) == {*before, *came}


@pytest.mark.parametrize("full", [False, True])
def test_a_list_that_breaks_off_says_what_is_held_of_it(full: bool, tmp_path: Path) -> None:
    """What the pages before the fault showed is less than what earlier runs hold; the gap is told all the same."""
    held = "SELECT held, outcome FROM listings WHERE type = 'post' ORDER BY run DESC LIMIT 1"
    with FakeWordPress(**{**SMALL, "posts": 25}, faults=["no-headers"]) as site:
        site.fault("cap-silent", cap=7)
        assert crawl(tmp_path / "archive", site.url).rows(held) == [(25, "complete")]
        site.fault("errors-forever", rows=(8, 1000))
        changes = {"sweep_every": 0, "retries": 0}
        again = crawl(tmp_path / "archive", site.url, full=full, changes=changes)
        assert again.rows(held) == [(25, "short")]
        assert again.code is ExitCode.INCOMPLETE
        site.mend("errors-forever")
        assert crawl(tmp_path / "archive", site.url).rows(held) == [(25, "complete")]
    assert list(sound(tmp_path / "archive")) == []
