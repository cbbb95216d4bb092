"""What a later run costs where nothing happened, and what it finds although no total moved."""

from pathlib import Path

import pytest
from crawlkit import Crawled, crawl
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import Options, error
from fakewp.simulator.http import Answer, Request

from wparchive.ask import status
from wparchive.errors import ExitCode

FEW = {"posts": 12, "pages": 1, "books": 0, "media": 2, "comments": 2, "users": 1, "terms": 2}
VERIFIED = "SELECT verified FROM listings WHERE run = ? AND type = 'post'"
TAGS, STATUSES = "/wp/v2/tags", "/wp/v2/statuses"
QUIET = {"reread_budget": 0, "fresh_hours": 0}


def bound(again: Crawled) -> int:
    """Two requests a collection that is open and paged, and six more."""
    return 2 * again.number("SELECT count(DISTINCT route) FROM listings WHERE stated IS NOT NULL") + 6


def cost(site: FakeWordPress, folder: Path, **how: object) -> tuple[Crawled, int]:
    """One more crawl, and how many requests it took."""
    before = len(site.requests)
    again = crawl(folder, site.url, **how)  # type: ignore[arg-type]
    return again, len(site.requests) - before


def test_links_that_lead_to_nothing_are_not_asked_for_each_time(tmp_path: Path) -> None:
    """Sixty posts whose pictures are gone: one answer each proves it, until the next sweep; a lost frontier forgets nothing."""
    folder = tmp_path / "archive"
    with FakeWordPress(**{**FEW, "posts": 60}) as site:
        for place, post in enumerate(site.ids("post")):
            site.site.posts[post].featured = 90_000 + place
        first = crawl(folder, site.url)
        query = "SELECT outcome, capture FROM links WHERE relation = 'wp:featuredmedia' AND type = 'post'"
        proofs = sorted(first.rows(query))
        assert {outcome for outcome, _ in proofs} == {"missing"}
        assert len(proofs) == 60
        for lost in (False, True):
            for path in folder.glob("*/frontier.db*") if lost else ():
                path.unlink()
            again, requests = cost(site, folder)
            assert again.code is ExitCode.COMPLETE
            assert requests <= bound(again)
            assert site.hits("/wp/v2/media/90000") == 1
            assert sorted(again.rows(query)) == proofs
        full, _ = cost(site, folder, full=True)
        assert site.hits("/wp/v2/media/90000") == 2
        assert sorted(full.rows("SELECT outcome FROM links WHERE relation = 'wp:featuredmedia'"))[0] == ("missing",)


def test_links_that_fail_for_days_are_tried_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run tries others of sixty; all are asked for in the first in which they come, and in none after that."""
    broken = set(range(90_000, 90_060))

    def before(_site: FakeWordPress, _options: object, _request: object, route: str | None) -> Answer | None:
        return error(500, "internal_server_error", "") if (route or "").endswith(tuple(map(str, broken))) else None

    monkeypatch.setitem(FAULTS, "broken-pictures", Fault(says="", before=before))
    folder, light = tmp_path / "archive", {**QUIET, "retries": 0}
    with FakeWordPress(**{**FEW, "posts": 60}) as site:
        for place, post in enumerate(site.ids("post")):
            site.site.posts[post].featured = 90_000 + place
        site.fault("broken-pictures")
        crawl(folder, site.url, changes=light)
        tried = []
        for _ in range(4):
            before_it = len(site.requests)
            again, requests = cost(site, folder, changes=light)
            assert again.code is ExitCode.INCOMPLETE
            assert requests <= bound(again) + 4
            tried += [one.target for one in site.requests[before_it:] if "/media/90" in one.target]
        assert len(tried) == len(set(tried)) >= 16
        site.mend()
        healed, _ = cost(site, folder, changes=light)
        assert healed.code is ExitCode.COMPLETE
        again, requests = cost(site, folder, changes=light)
        assert again.code is ExitCode.COMPLETE
        assert requests <= bound(again)


def draft(site: FakeWordPress, **fields: object) -> int:
    """A draft whose id is older than all that is published after it."""
    return site.add(status="draft", date="2024-01-02T06:00:00", title="Long in the making", **fields)


def picture(site: FakeWordPress, parent: int) -> int:
    """A picture in the library, made like one that is there."""
    like = next(one for one in site.site.posts.values() if one.type == "attachment" and one.file)
    how = {"status": "inherit", "mime": like.mime, "file": like.file, "details": like.details, "alt": "", "author": 1}
    return site.add("attachment", parent=parent, **how)


def changes_of(again: Crawled) -> set[tuple[object, ...]]:
    return set(
        again.rows("SELECT change, wp_id FROM observations WHERE type = 'post' AND run = ?", again.result.report.run)
    )


def test_one_appears_while_another_vanishes_from_a_small_collection(tmp_path: Path) -> None:
    """The total stays, and so do the newest ids: up to a hundred ids are asked for whole, which costs no more."""
    folder = tmp_path / "archive"
    with FakeWordPress(**FEW) as site:
        old = draft(site)
        site.add(title="Newer")
        crawl(folder, site.url, changes=QUIET)
        gone = site.ids("post")[3]
        site.delete(gone)
        site.publish(old)
        again, requests = cost(site, folder, changes=QUIET)
        assert again.code is ExitCode.COMPLETE
        assert changes_of(again) == {("appeared", old), ("deleted", gone)}
        assert requests <= bound(again)
        assert again.rows(VERIFIED, again.result.report.run) == [(1,)]


def test_one_appears_while_another_vanishes_from_a_large_collection(tmp_path: Path) -> None:
    """A scheduled post goes live with an old id and an old `modified`: only its date tells, and then the total doesn't add up."""
    folder = tmp_path / "archive"
    with FakeWordPress(**{**FEW, "posts": 230}) as site:
        early = site.add(status="future", date="2024-01-02T06:00:00", title="Scheduled")
        for number in range(110):
            site.add(title=f"After {number}")
        crawl(folder, site.url, changes=QUIET)
        quiet, requests = cost(site, folder, changes=QUIET)
        assert requests <= bound(quiet)
        assert quiet.rows(VERIFIED, quiet.result.report.run) == [(0,)]
        (told,) = (one for one in status(folder / "archive.db"))
        words = {str(one["route"]): str(one["reason"]) for one in told.unverified}
        assert words["/wp/v2/posts"].startswith("its ids were last compared 20")
        assert "/wp/v2/pages" not in words
        gone = site.ids("post")[3]
        site.delete(gone)
        site.publish(early)
        site.site.posts[early].date = site.site.posts[early].date_gmt = site.pass_time()
        again = crawl(folder, site.url, changes=QUIET)
        assert changes_of(again) == {("appeared", early), ("deleted", gone)}
        assert again.rows(VERIFIED, again.result.report.run) == [(1,)]


def test_the_pictures_of_a_draft_come_with_it(tmp_path: Path) -> None:
    """They are counted, hidden, and older than what is known: nothing moves when the post is published."""
    folder = tmp_path / "archive"
    with FakeWordPress(**{**FEW, "media": 130}) as site:
        old = draft(site)
        pictures = [picture(site, old) for _ in range(2)]
        site.site.posts[old].featured = pictures[0]
        for _ in range(110):
            picture(site, 0)
        before = crawl(folder, site.url, changes=QUIET)
        assert not set(pictures) & set(before.ids("attachment"))
        site.publish(old)
        again, requests = cost(site, folder, changes=QUIET)
        assert again.code is ExitCode.COMPLETE
        assert set(pictures) <= set(again.ids("attachment"))
        assert requests <= bound(again)
        links = again.rows(
            "SELECT relation, outcome FROM links WHERE type = 'post' AND wp_id = ? AND route LIKE '/wp/v2/media%'", old
        )
        assert set(links) == {("wp:featuredmedia", "covered"), ("wp:attachment", "covered")}
        assert again.rows("SELECT stated - held - withheld FROM listings WHERE type = 'attachment'") == [(0,)] * 2


@pytest.mark.parametrize("when", ["2025-05-30T10:00:00", "2031-01-01T00:00:00", "0000-00-00T00:00:00"])
def test_a_bulk_edit_is_read_once(tmp_path: Path, when: str) -> None:
    """Hundreds of posts of one `modified`, in the future too: the next runs are as cheap as ever, and find the next edit."""
    folder = tmp_path / "archive"
    with FakeWordPress(**{**FEW, "posts": 220}) as site:
        crawl(folder, site.url, changes=QUIET)
        for number in site.ids("post"):
            post = site.site.posts[number]
            post.content, post.modified, post.modified_gmt = "<p>All new.</p>", when, when
        crawl(folder, site.url, changes=QUIET, full=when.startswith("0"))
        for _ in range(2):
            again, requests = cost(site, folder, changes=QUIET)
            assert again.code is ExitCode.COMPLETE
            assert requests <= bound(again)
        shown = sum(not site.site.posts[number].password for number in site.ids("post"))
        assert again.rows("SELECT count(*) FROM posts WHERE content = '<p>All new.</p>'") == [(shown,)]
        edited = site.ids("post")[7]
        site.edit(edited, content="<p>Newer still.</p>")
        again, requests = cost(site, folder, changes=QUIET)
        assert again.rows("SELECT wp_id FROM posts WHERE content = '<p>Newer still.</p>'") == [(edited,)]
        assert requests <= bound(again) + 6


@pytest.mark.parametrize("status", [404, 200])
def test_an_empty_collection_is_no_gap_in_any_run(tmp_path: Path, status: int) -> None:
    """Whether it answers with an error code or with nothing at all."""
    folder = tmp_path / "archive"
    with FakeWordPress(**{**FEW, "comments": 0}) as site:
        site.fault("nothing-there", status=status)
        crawl(folder, site.url, changes=QUIET)
        for _ in range(2):
            again, requests = cost(site, folder, changes=QUIET)
            assert again.code is ExitCode.COMPLETE
            assert again.rows("SELECT * FROM gaps") == []
            assert requests <= bound(again) + 6
        site.comment(site.ids("post")[0])
        assert crawl(folder, site.url, changes=QUIET).ids("comment") == site.ids("comment") != []


def _turns_down(site: FakeWordPress, options: Options, request: Request, route: str | None) -> Answer | None:
    if route not in (TAGS, STATUSES):
        return None
    if options["redirect"] and "gone" not in request.params:
        return Answer(302, [("Location", f"{site.url_of(route)}?gone=1")], b"", None)
    return error(404, "rest_no_route", "")


@pytest.mark.parametrize("redirect", [False, True])
def test_what_was_turned_down_by_chance_is_asked_for_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redirect: bool
) -> None:
    """A 404 instead of a list is no closed door: the next run finds it mended; where it stays it isn't asked for again."""
    monkeypatch.setitem(FAULTS, "turned-down", Fault(says="", before=_turns_down))
    with FakeWordPress(**FEW) as site:
        site.fault("turned-down", redirect=redirect)
        first = crawl(tmp_path / "mended", site.url, changes=QUIET)
        assert first.rows("SELECT count(*) FROM terms WHERE taxonomy = 'post_tag'") == [(0,)]
        for _ in range(3):
            stays, requests = cost(site, tmp_path / "stays", changes=QUIET)
        asked = [one.target for one in site.requests[-requests:] if TAGS in one.target and "post=" not in one.target]
        assert (asked, requests <= bound(stays)) == ([], True)
        site.mend()
        again = crawl(tmp_path / "mended", site.url, changes=QUIET)
        assert again.code is ExitCode.COMPLETE
        held = "SELECT wp_id FROM terms WHERE taxonomy = 'post_tag' ORDER BY 1"
        assert again.rows(held) == [(one,) for one in site.ids("post_tag")] != []
        query = "SELECT route, outcome FROM listings WHERE run = ? AND route IN (?, ?) ORDER BY 1"
        found = again.rows(query, again.result.report.run, STATUSES, TAGS)
        assert found == [(STATUSES, "complete"), (TAGS, "complete")]
