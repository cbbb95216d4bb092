"""What a later run costs where nothing happened, and what it finds although no total moved."""

from pathlib import Path

from crawlkit import Crawled, crawl
from fakewp import FakeWordPress

from wparchive.errors import ExitCode

FEW = {"posts": 12, "pages": 1, "books": 0, "media": 2, "comments": 2, "users": 1, "terms": 2}
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
