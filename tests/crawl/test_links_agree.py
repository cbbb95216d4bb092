"""What a run says of links is what the database says: a link is covered only where its target is held."""

from pathlib import Path

import pytest
from crawlkit import SMALL, crawl
from fakewp import FakeWordPress


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("", {}),
        ("poisoned", {"position": 3}),
        ("poisoned-deep", {"position": 3}),
        ("total-lies", {}),
        ("users-closed", {}),
        ("nothing-there", {}),
        ("empty-page", {"rows": (3, 5)}),
        ("page-ignored", {}),
    ],
)
def test_the_crawl_and_the_index_decide_links_alike(fault: str, options: dict[str, object], tmp_path: Path) -> None:
    """Items of which only metadata came, and pages that were read twice, too."""
    with FakeWordPress(**SMALL) as site:
        if fault:
            site.fault(fault, **options)
        crawled = crawl(tmp_path / "archive", site.url, changes={"retries": 0})
    counted = dict(crawled.rows("SELECT outcome, count(*) FROM links GROUP BY 1"))
    assert dict(crawled.result.report.links) == counted


def test_a_new_term_is_held_by_a_later_run(small: FakeWordPress, tmp_path: Path) -> None:
    """Terms are read anew as a whole: what is new among them covers its own link."""
    crawl(tmp_path / "archive", small.url)
    like = next(iter(small.site.terms.values()))
    new = max(small.site.terms) + 1
    small.site.add(type(like)(id=new, taxonomy=like.taxonomy, name="New", slug="new"))
    again = crawl(tmp_path / "archive", small.url)
    assert new in again.ids(like.taxonomy)
    assert "failed" not in again.result.report.links
