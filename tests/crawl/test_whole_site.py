"""A first crawl holds everything that the site shows, in the fewest requests, with an account of every link."""

import json
from collections import Counter
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest
from crawlkit import SMALL, Crawled, crawl, sound
from fakewp import FakeWordPress
from fakewp.content import Sizes, generate
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler, serve

from wparchive.errors import ExitCode

TYPES = ("post", "page", "book", "attachment", "comment", "user", "category", "post_tag", "genre")
# What is neither listed nor refused to strangers, in the fake and in the Harbour Ledger: one probe each finds that out.
EMPTY_OR_REFUSED = ("navigation", "menu-items", "menus", "menu-locations")
SPARE = 5


@pytest.mark.parametrize("kind", TYPES)
def test_every_public_item_is_held(site: FakeWordPress, whole: Crawled, kind: str) -> None:
    """Neither one less nor one more than the site shows."""
    assert whole.ids(kind) == site.ids(kind)
    assert whole.code is ExitCode.COMPLETE


def test_the_fewest_requests(site: FakeWordPress, whole: Crawled) -> None:
    """Page, robots.txt, index, types, taxonomies, each listing's pages, a probe of what is empty or closed, 5 to spare."""
    counted = {"attachment": 22, "comment": 41}  # WordPress counts what it doesn't show
    pages = sum(ceil(counted.get(kind, len(site.ids(kind))) / 100) for kind in TYPES)
    histories = 3  # one probe a type with revisions: no listing covers those links
    asked = Counter(one.target for one in whole.asked)
    assert len(whole.asked) <= 5 + pages + len(EMPTY_OR_REFUSED) + histories + SPARE
    assert max(asked.values()) == 1, "nothing is asked for twice"
    assert whole.result.report.tally.requests == len(whole.asked) == whole.number("SELECT count(*) FROM captures")


def test_the_account_of_links_is_the_table(whole: Crawled) -> None:
    """Every link of every item ends accounted for, and what the crawl says of them is what the index finds."""
    stated = 0
    for table in ("posts", "media", "comments", "terms", "users"):
        for (raw,) in whole.rows(f"SELECT raw FROM {table}"):
            links = json.loads(raw)["_links"]
            stated += sum(len({one["href"] for one in links[name]}) for name in links if name != "curies")
            stated += len(links.get("curies", []))
    assert whole.number("SELECT count(*) FROM links") == stated
    assert dict(whole.result.report.links) == whole.links
    assert set(whole.links) <= {"captured", "covered", "refused", "missing", "outside", "template", "skipped"}


def test_every_listing_is_proven(whole: Crawled) -> None:
    """Stated, held and withheld add up, no gap, and a closed collection is an answer."""
    rows = whole.rows("SELECT type, stated, held, withheld, outcome FROM listings")
    assert all(stated in (None, held + withheld) for _, stated, held, withheld, _ in rows)
    assert {outcome for *_, outcome in rows} == {"complete", "refused"}
    assert whole.rows("SELECT * FROM gaps") == []
    assert whole.rows("SELECT s.state, outcome, exit_code FROM sites s JOIN runs USING (site)") == [
        ("ok", "complete", 0)
    ]


def test_the_archive_is_sound(whole: Crawled) -> None:
    """`verify` and gzip find nothing, no file is left open, and no first sight is an observation."""
    assert list(sound(whole.folder)) == []
    assert not [path for path in whole.warcs() if not path.name.endswith(".warc.gz")]
    assert whole.rows("SELECT * FROM observations") == []


@pytest.fixture(scope="module", params=["pretty", "index.php", "plain"])
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Crawled]]:
    """The Harbour Ledger in one of the three spellings of its URLs."""
    with serve(form=request.param) as site:
        yield request.param, crawl(tmp_path_factory.mktemp("form") / "archive", site.url)


ALIKE: dict[str, list[tuple[object, ...]]] = {}
ROOTS = {"pretty": "pretty", "index.php": "index.php", "plain": "query"}


def test_every_spelling_gives_the_same_items(form: tuple[str, Crawled]) -> None:
    """Pretty, index.php and plain permalinks differ in nothing but their URLs, and cost the same."""
    name, crawled = form
    assert crawled.rows("SELECT root_form FROM sites") == [(ROOTS[name],)]
    columns = "type, wp_id, slug, title, excerpt, date_gmt, modified_gmt, author, protected FROM posts"
    found = crawled.rows(f"SELECT {columns} ORDER BY 1, 2")
    found += [(key,) for key in sorted(crawled.items())]
    found += crawled.rows("SELECT route, outcome, held, stated FROM listings ORDER BY 1")
    found += crawled.rows("SELECT type, wp_id, relation, outcome, count(*) FROM links GROUP BY 1, 2, 3, 4")
    found += [(crawled.result.report.tally.requests,)]
    assert dict(crawled.result.report.links) == crawled.links
    ALIKE.setdefault("first", found)
    assert found == ALIKE["first"]
    assert crawled.code is ExitCode.COMPLETE


TARGETS = {
    "article": lambda site: f"{site.url}?p={site.ids('post')[2]}",
    "root": lambda site: site.root,
    "item": lambda site: site.url_of(f"/wp/v2/posts/{site.ids('post')[1]}"),
    "collection": lambda site: site.url_of("/wp/v2/posts", {"per_page": "3"}),
}


@pytest.fixture(scope="module", params=["pretty", "plain"])
def folder_site(request: pytest.FixtureRequest) -> Iterator[FakeWordPress]:
    """A site in a subdirectory."""
    with FakeWordPress(form=request.param, path="/blog", **SMALL) as site:
        yield site


@pytest.mark.parametrize("target", ["home", *TARGETS])
def test_any_address_of_the_site_will_do(folder_site: FakeWordPress, tmp_path: Path, target: str) -> None:
    """Home, article, REST root, REST item: each gives the whole site, in the folder of the site's own address."""
    url = folder_site.url if target == "home" else TARGETS[target](folder_site)
    crawled = crawl(tmp_path / "archive", url)
    assert crawled.code is ExitCode.COMPLETE
    assert {kind: crawled.ids(kind) for kind in TYPES} == {kind: folder_site.ids(kind) for kind in TYPES}
    assert crawled.result.report.site == f"127.0.0.1_{folder_site.url.split(':')[2].split('/')[0]}_blog"
    assert crawled.rows("SELECT home FROM sites") == [(folder_site.url,)]


class TwoSites(FakeWordPress):
    """A site with another one below it, in the folder /blog of the same host."""

    def __init__(self, **sizes: int) -> None:
        super().__init__(**sizes)
        content = generate(Sizes(**{**sizes, "posts": 4}), first_id=500)
        self.below = self.make_core(content, f"{self.core.urls.home}/blog", form="pretty", path="/blog", version=(6, 9))
        self.below.fake = self  # type: ignore[attr-defined]

    def respond(self, handler: Handler, request: Request) -> None:
        core = self.below if request.path.startswith("/blog") else self.core
        handler.send(core.answer(request))


def test_a_site_below_another_is_another(tmp_path: Path) -> None:
    """example.org and example.org/blog stay apart, also when the upper one was there first."""
    with TwoSites(**SMALL) as site:
        upper = crawl(tmp_path / "archive", site.url)
        lower = crawl(tmp_path / "archive", f"{site.url}blog/")
        assert lower.code is ExitCode.COMPLETE
        assert lower.result.report.site == f"{upper.result.report.site}_blog"
        assert lower.result.report.mode == "full"
        counts = lower.rows("SELECT site, count(*) FROM posts WHERE type = 'post' GROUP BY 1 ORDER BY 1")
        assert [count for _, count in counts] == [7, 4]
        article = crawl(tmp_path / "archive", f"{site.url}?p={site.ids('post')[2]}")
        assert article.result.report.site == upper.result.report.site
        assert article.result.report.mode == "incremental"


def test_one_post_and_what_its_links_reach(small: FakeWordPress, tmp_path: Path) -> None:
    """`--scope post` holds the post, its author, terms, comments and pictures, and no other post."""
    wp_id = small.ids("post")[3]
    crawled = crawl(tmp_path / "archive", small.url_of(f"/wp/v2/posts/{wp_id}"), scope="post")
    assert crawled.code is ExitCode.COMPLETE
    assert crawled.ids("post") == [wp_id]
    assert len(crawled.ids("user")) == 1
    assert crawled.ids("category")
    assert "failed" not in crawled.links
    assert dict(crawled.result.report.links) == crawled.links
    own = dict(crawled.rows("SELECT relation, min(outcome) FROM links WHERE type = 'post' GROUP BY 1"))
    assert (own["author"], own["replies"], own["wp:term"], own["wp:attachment"]) == ("captured",) * 4
    assert own["version-history"] == "refused"
    assert own["collection"] == "skipped"
    assert len(small.requests) < 20


def test_one_post_then_the_whole_site(small: FakeWordPress, tmp_path: Path) -> None:
    """A post that was archived by itself doesn't make the site look archived."""
    crawl(tmp_path / "archive", small.url_of(f"/wp/v2/posts/{small.ids('post')[0]}"), scope="post")
    crawled = crawl(tmp_path / "archive", small.url)
    assert crawled.result.report.mode == "full"
    assert crawled.code is ExitCode.COMPLETE
    assert "failed" not in crawled.links
    assert not crawled.rows("SELECT * FROM links WHERE relation = 'collection' AND outcome = 'skipped'")
    assert {kind: crawled.ids(kind) for kind in TYPES} == {kind: small.ids(kind) for kind in TYPES}


def test_robots_are_obeyed(small: FakeWordPress, tmp_path: Path) -> None:
    """Where robots.txt closes the API in any spelling, nothing of it is asked for, and the gap is named."""
    small.fault("robots")
    crawled = crawl(tmp_path / "archive", small.url)
    assert [one.target for one in small.requests if "/wp/v2/" in one.target] == []
    assert crawled.code is not ExitCode.COMPLETE
    assert all("robots.txt" in proof.reason for proof in crawled.result.report.proofs)


def test_robots_can_be_ignored_on_record(small: FakeWordPress, tmp_path: Path) -> None:
    """`--ignore-robots` doesn't even read it, and the archive says so."""
    small.fault("robots")
    crawled = crawl(tmp_path / "archive", small.url, changes={"ignore_robots": True})
    assert crawled.code is ExitCode.COMPLETE
    assert crawled.ids("post") == small.ids("post")
    assert not [one for one in small.requests if "robots" in one.target]
    (settings,) = crawled.rows("SELECT settings FROM runs")[0]
    assert json.loads(settings)["ignore_robots"] is True


def test_what_robots_close_is_refused_by_name(small: FakeWordPress, tmp_path: Path) -> None:
    """One route closed by robots.txt: its listing and the links to its items are refused, the rest is held."""
    small.fault("robots", text="User-agent: *\nDisallow: /wp-json/wp/v2/users\n")
    crawled = crawl(tmp_path / "archive", small.url)
    assert crawled.ids("post") == small.ids("post")
    assert small.hits("/wp/v2/users") == 0
    assert crawled.rows("SELECT outcome, reason FROM listings WHERE type = 'user'") == [
        ("refused", "robots.txt of 127.0.0.1")
    ]
    assert crawled.rows("SELECT DISTINCT outcome FROM links WHERE relation = 'author' AND type = 'post'") == [
        ("refused",)
    ]
    assert dict(crawled.result.report.links) == crawled.links


def test_a_posts_address_may_carry_parameters(small: FakeWordPress, tmp_path: Path) -> None:
    """An item's REST address as people copy it, `_embed` and all, names the item."""
    url = small.url_of(f"/wp/v2/posts/{small.ids('post')[0]}", {"_embed": "1"})
    assert crawl(tmp_path / "archive", url, scope="post").ids("post") == small.ids("post")[:1]
