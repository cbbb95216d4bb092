"""What a crawl comes to on a site of 250 posts that misbehaves: posts kept, exit code, site state, proof and gaps."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from crawling import Crawling, fake
from fakewp import FAULTS, canary

from wparchive.audit import verify

Gaps = tuple[tuple[int, int | None], ...]
# Nothing but posts to speak of, so that no link elsewhere brings back what a listing lost.
FEW = {"brief": True, "pages": 2, "books": 2, "media": 0, "comments": 0, "users": 2, "terms": 6}
# More than three times what a sound site costs is spent on no fault.
MOST_REQUESTS = 75


@dataclass(frozen=True)
class Row:
    """A fault with its options, and what is expected. `outcome` None: there is no listing at all."""

    fault: str
    options: dict[str, Any] = field(default_factory=dict)
    posts: int = 250
    code: int = 0
    state: str = "ok"
    outcome: str | None = "complete"
    gaps: Gaps = ()
    settings: dict[str, Any] = field(default_factory=dict)
    site: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        options = ",".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.fault} {options}".strip()


def whole(fault: str, **options: Any) -> Row:
    """All 250 posts, exit 0."""
    return Row(fault, options)


def short(fault: str, posts: int, *gaps: tuple[int, int | None], **options: Any) -> Row:
    """Named gaps, exit 3."""
    return Row(fault, options, posts, 3, "partial", "short", gaps)


def nothing(fault: str, code: int, state: str, **options: Any) -> Row:
    """The site's state says why there is nothing."""
    return Row(fault, options, 0, code, state, None)


ONCE = {"times": 1, "route": "/wp/v2/posts", "rows": (101, 200)}
SLOW = {"read_timeout": 1.0, "total_timeout": 1.0}
TABLE = [
    # Headers, page sizes, totals.
    whole("no-totals"),
    whole("no-headers"),
    whole("no-total-pages"),
    whole("cap-400"),
    whole("cap-silent"),
    whole("stale"),
    whole("unstable"),
    Row("revisions-open", posts=20, site={"posts": 20}),
    whole("shrinking"),
    Row("growing", posts=251),
    # What is counted beyond the end, and shown from neither end, isn't believed to be withheld.
    short("total-lies", 250, (251, 750)),
    # Neither `page` nor `offset` does anything: read from both ends, and by id in between.
    short("repeated", 250, (251, 100_000_000)),
    whole("page-ignored"),
    whole("window"),
    whole("total-low"),
    whole("total-low", total=230),
    whole("total-low", total=100, without=("X-WP-TotalPages",)),
    whole("nothing-there"),
    whole("nothing-there", status=200),
    whole("nothing-there", status=204),
    Row("empty-page", posts=150),
    Row("dead-items", posts=240),
    # Pages that are no JSON, and such that fail.
    whole("html-twice"),
    short("html-forever", 150, (101, 200)),
    short("poisoned", 249, (137, 137)),
    short("poisoned", 249, (137, 137), form="html"),
    short("poisoned-deep", 249, (137, 137)),
    whole("errors-pass"),
    short("errors-forever", 150, (101, 200)),
    whole("throttle-seconds"),
    whole("throttle-date"),
    whole("maintenance"),
    # What surrounds the JSON, what stands in it, how it is coded.
    whole("notice-before"),
    whole("comment-after"),
    whole("bom"),
    whole("text-html"),
    whole("gzip-lie"),
    whole("gzip-twice"),
    whole("gzip-twice-lie"),
    nothing("gzip-cut", 3, "broken"),
    whole("deflate"),
    whole("deflate-raw"),
    whole("unknown-coding"),
    Row("bomb", {"size": 1 << 24}, 0, 3, "partial", "failed", ((1, 250),), {"max_body": 100_000}),
    # The listing isn't believed, but an item that stands in a whole body all the same is indexed.
    Row("huge", {"size": 600_000}, 1, 3, "partial", "failed", ((1, 250),), {"max_body": 100_000}),
    whole("bad-utf8"),
    whole("lone-surrogates"),
    whole("control"),
    whole("nan"),
    whole("big-ids"),
    whole("zero-dates"),
    whole("empty-maps"),
    whole("wrong-types"),
    whole("string-ids"),
    whole("deep"),
    # The wire.
    whole("truncated"),
    short("truncated-forever", 150, (101, 200)),
    whole("truncated-chunks"),
    whole("reset"),
    short("reset-forever", 150, (101, 200)),
    whole("hang-up"),
    Row("drip", ONCE, settings=SLOW),
    Row("drip-head", ONCE, settings=SLOW),
    Row("stall", ONCE, settings=SLOW),
    short("endless-headers", 150, (101, 200)),
    short("long-header", 150, (101, 200)),
    short("endless-body", 249, (137, 137), rows=(137, 137)),
    short("not-http", 150, (101, 200)),
    whole("odd-reason"),
    whole("no-reason"),
    whole("early-hints"),
    whole("chunked"),
    whole("until-close"),
    whole("two-lengths"),
    whole("cookies"),
    # Refusals: an answer, not a gap.
    whole("users-closed"),
    Row("comments-closed", site={"comments": 30}),
    whole("documents-hidden"),
    whole("index-hidden"),
    whole("no-route"),
    nothing("closed-401", 7, "closed"),
    nothing("closed-403", 7, "closed"),
    nothing("robots", 7, "closed"),
    nothing("robots", 3, "broken", status=500),
    # Whole sites.
    nothing("not-wordpress", 7, "not-wordpress"),
    nothing("not-wordpress", 7, "not-wordpress", soft=True),
    nothing("old", 7, "no-content-api"),
    nothing("challenge", 6, "blocked"),
    nothing("challenge", 6, "blocked", status=200),
    nothing("block", 6, "blocked"),
    Row("walled", {}, 0, 3, "partial", "failed", ((1, None),)),
    Row("walled", {"form": "429"}, 0, 3, "partial", "failed", ((1, None),)),
    nothing("block-wordfence", 6, "blocked"),
    nothing("form-blocked", 6, "blocked"),
    whole("form-blocked", form="query"),
    Row("throttle-forever", {}, 0, 6, "blocked", None),
    nothing("moved", 3, "moved"),
    whole("other-host"),
    whole("pretty-home"),
    whole("no-link-header"),
    whole("no-signals"),
    whole("no-rsd"),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_fault_costs_no_more_than_it_must(row: Row, crawling: Crawling) -> None:
    with fake(**{**FEW, **row.site}) as site:
        site.fault(row.fault, **row.options)
        ended = crawling(site.url, **row.settings)
    found = (ended.posts, ended.code, ended.state, ended.outcome(), tuple(ended.gaps()))
    assert found == (row.posts, row.code, row.state, row.outcome, row.gaps), ended.report
    assert str(ended.report.state) == row.state
    assert ended.requests <= MOST_REQUESTS or row.fault in ("cap-400", "cap-silent", "maintenance")
    assert list(verify(crawling.archive)) == []
    log = crawling.raw()
    assert log
    assert not any(byte < 0x20 and byte != 0x0A for byte in set(log))


@pytest.mark.parametrize("fault", ["drip", "drip-head", "stall"])
def test_what_drips_for_ever_is_cut_off_and_is_a_gap(fault: str, crawling: Crawling) -> None:
    """Time-outs bound the whole exchange, not only the silence between two bytes; the other posts are held."""
    with fake(**{**FEW, "posts": 6}) as site:
        site.fault(fault, rows=(3, 3))
        ended = crawling(site.url, read_timeout=1.0, total_timeout=1.0, retries=0)
    assert (ended.posts, ended.code, ended.outcome(), ended.gaps()) == (5, 3, "short", [(3, 3)])


def test_the_table_leaves_no_fault_out() -> None:
    """Those of links, of files, of secrets and of what moves by itself have tests of their own."""
    apart = {name for name in FAULTS if name.startswith(("link", "hostile-links", "file-", "echo"))} | {
        "asked",
        "rewritten",
    }
    assert {row.fault for row in TABLE} == FAULTS.keys() - apart


def test_a_site_that_moved_into_a_private_network_is_not_followed(crawling: Crawling) -> None:
    """Another port of loopback is another origin: state moved, exit 3, nothing asked there."""
    with canary() as other, fake(posts=3) as site:
        site.fault("moved", to=other.url)
        ended = crawling(site.url)
        assert (ended.code, ended.state, other.requests) == (3, "moved", [])
        assert other.url in ended.report.reason


def test_a_site_that_moved_to_an_allowed_origin_is_followed(crawling: Crawling) -> None:
    """State moved, both homes kept, everything held."""
    with fake(posts=12, **FEW) as new, fake(posts=3) as old:
        old.fault("moved", to=new.url)
        ended = crawling(old.url, allow_origin=(new.url.rstrip("/"),))
        assert (ended.code, ended.state, ended.posts) == (0, "moved", 12)


def test_a_redirect_that_leads_in_a_circle_is_a_broken_site(crawling: Crawling) -> None:
    with fake(posts=3) as site:
        site.fault("moved", to=site.url)
        ended = crawling(site.url)
        assert (ended.code, ended.state) == (3, "broken")
        assert "circle" in ended.report.reason


def test_robots_are_ignored_when_told_to(crawling: Crawling) -> None:
    """The reason of a closed site names the option that opens it; what was done stands on record."""
    with fake(posts=12, **FEW) as site:
        site.fault("robots")
        ended = crawling(site.url)
        assert "--ignore-robots" in ended.report.reason
        assert [request.target for request in site.requests if "wp-json" in request.target] == []
        ended = crawling(site.url, ignore_robots=True)
        assert (ended.code, ended.state, ended.posts) == (0, "ok", 12)
