"""Observations over runs that were cut short, met faults, or were told of noise: never one too many, and rebuilt the same."""

from pathlib import Path

import pytest
from changing import Crawled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an archive goes."""
    return tmp_path / "archive"


def test_a_first_crawl_in_pieces_is_one_first_crawl(folder: Path) -> None:
    """Cut short and resumed as often as it takes, it observes nothing; what comes after appears."""
    with Crawled(folder) as made:
        reports = [made.crawl(max_requests=12) for _ in range(2)] + [made.crawl()]
        assert [report.outcome for report in reports] == ["incomplete", "incomplete", "complete"]
        assert made.rows("SELECT count(*) FROM observations") == [(0,)]
        assert made.rows("SELECT count(DISTINCT crawl) FROM runs") == [(1,)]
        new = made.site.add()
        made.crawl()
        assert made.observed() == {("post", new, "appeared")}
        assert made.equals_rebuilt()


def test_a_later_crawl_in_pieces_observes_everything_once(crawled: Crawled) -> None:
    site = crawled.site
    new, edited, trashed, deleted = site.add(), *crawled.quiet[:3]
    site.edit(edited, title="Another")
    site.trash(trashed)
    site.delete(deleted)
    for limit in (8, 16, 24, 32, None):
        crawled.crawl(max_requests=limit)
    found = crawled.rows("SELECT type, wp_id, change FROM observations ORDER BY wp_id")
    assert sorted(found) == sorted(
        [
            ("post", new, "appeared"),
            ("post", edited, "edited"),
            ("post", trashed, "unpublished"),
            ("post", deleted, "deleted"),
        ]
    )
    assert crawled.equals_rebuilt()


@pytest.mark.parametrize("full", [False, True], ids=["light", "full"])
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("no-route", {"route": "/wp/v2/posts"}),
        ("closed-401", {}),
        ("closed-403", {}),
        ("html-forever", {"rows": (1, 40)}),
        ("errors-forever", {"rows": (1, 2)}),
        ("challenge", {}),
        ("not-wordpress", {}),
        ("empty-page", {"rows": (1, 40)}),
    ],
)
def test_a_site_that_is_out_of_order_deletes_nothing(
    crawled: Crawled, fault: str, options: dict[str, object], full: bool
) -> None:
    """Whatever it answers for a day; and when it is well again nothing was restored either."""
    crawled.site.fault(fault, **options)
    crawled.crawl(full=full)
    assert crawled.observed() == set()
    crawled.site.mend()
    crawled.crawl(full=full)
    assert crawled.observed() == set()
    assert crawled.rows("SELECT count(*) FROM posts WHERE gone IS NOT NULL") == [(0,)]


def test_posts_that_may_have_been_in_a_gap_do_not_appear(folder: Path) -> None:
    with Crawled(folder, posts=102) as made:
        made.site.fault("html-forever", rows=(101, 102))
        assert made.crawl().outcome == "incomplete"
        made.site.mend()
        assert made.crawl(full=True).outcome == "complete"
        assert made.observed() == set()
        new = made.site.add()
        made.crawl(full=True)
        assert made.observed() == {("post", new, "appeared")}
        assert made.equals_rebuilt()


def test_what_was_trashed_is_deleted_some_day(crawled: Crawled) -> None:
    number = crawled.quiet[0]
    crawled.site.trash(number)
    crawled.crawl()
    assert crawled.observed() == {("post", number, "unpublished")}
    crawled.site.delete(number)
    crawled.crawl(full=True)
    assert crawled.observed() == {("post", number, "deleted")}
    crawled.crawl(full=True)
    assert crawled.observed() == set()


def test_noise_of_the_configuration(crawled: Crawled) -> None:
    """A counter that the table does not know is a change of a field, until the configuration says that it is noise."""
    post = crawled.site.site.posts[crawled.quiet[0]]
    post.extra["tides"] = 1
    crawled.crawl(full=True)
    post.extra["tides"] = 2
    crawled.crawl(full=True)
    assert crawled.observed() == {("post", post.id, "fields_changed")}
    before = crawled.rows("SELECT count(*) FROM versions")
    post.extra["tides"] = 3
    crawled.crawl(full=True, noise=("field:tides",))
    post.extra["tides"] = 4
    crawled.crawl(full=True, noise=("field:tides",))
    assert crawled.observed() == set()
    assert crawled.rows("SELECT count(*) FROM versions") == before
    assert crawled.equals_rebuilt()


def test_an_unchanged_site_gets_no_row_but_the_runs(crawled: Crawled) -> None:
    """Neither observation nor version nor item, in a light run as in a full one."""
    tables = (
        "posts",
        "media",
        "comments",
        "terms",
        "users",
        "versions",
        "observations",
        "links",
        "post_terms",
        "outbound",
    )
    query = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    before = crawled.rows(query)
    crawled.crawl()
    crawled.crawl(full=True)
    assert crawled.rows(query) == before
    assert crawled.rows("SELECT count(*) FROM runs") == [(3,)]
