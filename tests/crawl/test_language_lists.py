"""Languages of a site whose lists differ by them: what goes wrong with one, what goes with it, what only looks like one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, Crawled, crawl, invoke
from fakewp import FakeWordPress
from fakewp.content import Sizes, generate
from fakewp.core import FakeCore
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler

from wparchive.crawl.seams import Seams
from wparchive.errors import ExitCode

SIZES = SMALL | {"media": 0, "comments": 0, "books": 0, "terms": 2}
OTHERS = {"posts": 5, "pages": 1, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 0}
LISTS = ("/wp/v2/posts", "/wp/v2/pages")
POSTS = "SELECT wp_id FROM posts WHERE type = 'post' AND gone IS NULL"


class Bilingual(FakeWordPress):
    """A site that shows French posts and pages where `lang=fr` asks for them; `how` says what has become of that.

    `codes` are the languages that the index permits as `lang`, `pages` the links that the home page's head has.
    """

    def __init__(self, **sizes: int) -> None:
        super().__init__(**(SIZES | sizes))
        core = self.core
        self.french = FakeCore(generate(Sizes(**OTHERS), 5001), core.urls.home, form=core.form, path="", version=(6, 9))
        self.french.fake = self
        self.how = "apart"
        self.codes = ["en", "fr"]
        self.links: dict[str, str] = {}

    def respond(self, handler: Handler, request: Request) -> None:
        handler.send(self._answer(request))

    def settle(self) -> None:
        """Make French a site of its own in the folder `fr`, as a network of sites has it, named by the home pages."""
        home = f"{self.core.urls.home}/fr"
        self.french = FakeCore(generate(Sizes(**OTHERS), 5001), home, form=self.core.form, path="/fr", version=(6, 9))
        self.french.fake = self
        self.how, self.codes, self.links = "folder", [], {"en": self.url, "fr": f"{home}/"}

    def _answer(self, request: Request) -> Answer:
        if self.how == "folder" and f"{request.path}/".startswith("/fr/"):
            return self.french.answer(request)
        route = self.core.route_of(request)
        if route == "/":
            return self._index(request)
        if request.path == "/" and self.links and "rest_route" not in request.params:
            return self._home(request)
        asked = {name: value for name, value in request.params.items() if name != "lang"}
        plain = Request(request.method, request.target, request.headers, request.path, asked)
        if route in LISTS and "lang" in request.params and self.how != "ignored":
            return self._list(request, plain)
        answer = self.core.answer(plain)
        elsewhere = answer.status == 404 and self.how not in ("deleted", "folder")
        return self.french.answer(plain) if elsewhere else answer

    def _list(self, request: Request, plain: Request) -> Answer:
        lang = request.params["lang"]
        if self.how == "failing" and lang == "fr":
            return Answer(500, [("Content-Type", "text/html")], b"<h1>Error</h1>")
        if lang not in self.codes or (self.how in ("rejected", "deleted") and lang == "fr"):
            error = {"code": "rest_invalid_param", "message": "No.", "data": {"status": 400, "params": {"lang": "No."}}}
            return Answer(400, [("Content-Type", "application/json")], json.dumps(error).encode(), error)
        if lang == "en":
            return self.core.answer(plain)
        return self.french.answer(plain)

    def _index(self, request: Request) -> Answer:
        answer = self.core.answer(request)
        for route in LISTS if self.codes else ():
            for endpoint in answer.document["routes"][route]["endpoints"]:
                endpoint["args"]["lang"] = {"type": "string", "enum": self.codes, "required": False}
        answer.body = self.core.encode(answer.document)
        return answer

    def _home(self, request: Request) -> Answer:
        answer = self.core.answer(request)
        links = "".join(f'<link rel="alternate" hreflang="{code}" href="{url}" />' for code, url in self.links.items())
        answer.body = answer.body.replace(b"</head>", links.encode() + b"</head>", 1)
        return answer


@pytest.fixture
def site() -> Iterator[Bilingual]:
    with Bilingual() as served:
        yield served


def run(site: Bilingual, folder: Path, **options: Any) -> Crawled:
    return crawl(folder, site.url, changes={"retries": 0}, seams=Seams(sleep=lambda _: None), **options)


def french(site: Bilingual) -> set[int]:
    return {post.id for post in site.french.site.of_type("post") if site.french.site.public(post)}


def held(crawled: Crawled) -> set[int]:
    return {row[0] for row in crawled.rows(POSTS)}


def test_a_language_that_fails_is_a_gap_and_is_made_good(site: Bilingual, tmp_path: Path) -> None:
    """Nothing is called complete without it; found later, its items aren't new, since no list was known to lack them."""
    site.how = "failing"
    first = run(site, tmp_path)
    assert first.code is ExitCode.INCOMPLETE
    site.how = "apart"
    second = run(site, tmp_path)
    assert second.code is ExitCode.COMPLETE
    assert held(second) == set(site.ids("post")) | french(site)
    assert second.rows("SELECT * FROM observations") == []
    assert second.rows("SELECT language, how FROM languages ORDER BY 1") == [("en", "usual"), ("fr", "list")]
    told = invoke("status", "-a", tmp_path).stdout
    assert "languages: en in the usual lists; fr in lists by language\n" in told


def test_a_language_that_fails_later_is_a_gap_of_its_own(site: Bilingual, tmp_path: Path) -> None:
    """The other language's proof stands; nothing of the failing one is called gone."""
    run(site, tmp_path)
    site.how = "failing"
    later = run(site, tmp_path)
    assert later.code is ExitCode.INCOMPLETE
    outcomes = dict(later.rows("SELECT route, outcome FROM listings WHERE run = ?", later.result.report.run))
    assert outcomes["/wp/v2/posts"] == "complete"
    assert outcomes["/wp/v2/posts?lang=fr"] == "failed"
    assert later.rows("SELECT * FROM observations") == []


@pytest.mark.parametrize(("how", "full"), [("ignored", False), ("ignored", True), ("rejected", False)])
def test_a_language_that_goes_takes_no_item_with_it(site: Bilingual, tmp_path: Path, how: str, full: bool) -> None:
    """Its items are still shown by themselves: none is deleted, none of the usual list's is taken for one of its own."""
    run(site, tmp_path)
    site.how = how
    later = run(site, tmp_path, full=full)
    assert later.rows("SELECT * FROM observations") == []
    assert held(later) == set(site.ids("post")) | french(site)
    assert later.rows("SELECT how FROM languages WHERE language = 'fr'") == [("none",)]
    assert later.rows("SELECT route FROM listings WHERE run = ? AND route LIKE '%?%'", later.result.report.run) == []
    assert later.code is ExitCode.COMPLETE
    asked = len(site.requests)
    run(site, tmp_path, index=False)
    assert not [one.target for one in site.requests[asked:] if "lang=" in one.target]


def test_items_that_go_with_their_language_are_deleted(site: Bilingual, tmp_path: Path) -> None:
    """The site itself says of each that there is none."""
    run(site, tmp_path)
    site.how = "deleted"
    later = run(site, tmp_path)
    gone = {row[0] for row in later.rows("SELECT wp_id FROM observations WHERE change = 'deleted' AND type = 'post'")}
    assert gone == french(site)
    assert held(later) == set(site.ids("post"))


def test_a_language_that_comes_later_brings_nothing_new(site: Bilingual, tmp_path: Path) -> None:
    """An incremental run finds it by the index; what it holds wasn't looked for before, so nothing of it appeared."""
    site.codes = []
    run(site, tmp_path)
    site.codes = ["en", "fr"]
    later = run(site, tmp_path)
    assert held(later) == set(site.ids("post")) | french(site)
    assert later.rows("SELECT * FROM observations") == []
    site.french.site.posts[max(french(site))].status = "draft"
    third = run(site, tmp_path)
    assert [row[0] for row in third.rows("SELECT change FROM observations")] == ["unpublished"]


def test_ten_thousand_languages_cost_no_more_than_some(site: Bilingual, tmp_path: Path) -> None:
    """An index that permits every code there could be: a few are walked, and no run looks at them again."""
    site.codes = [
        "fr",
        "en",
        *(
            f"{a}{b}{c}"
            for a in "abcdefghij"
            for b in "abcdefghijklmnopqrstuvwxyz"
            for c in "abcdefghijklmnopqrstuvwxyz"
        ),
    ]
    site.how = "ignored"
    run(site, tmp_path, index=False)
    assert sum("lang=" in one.target for one in site.requests) <= 2 * 9  # two languages of each list
    asked = len(site.requests)
    run(site, tmp_path, index=False)
    assert not [one.target for one in site.requests[asked:] if "lang=" in one.target]


def test_languages_that_all_show_the_same_items_are_one_list(site: Bilingual, tmp_path: Path) -> None:
    """Thirty languages, each with the French list: held once, each of them said to hold it, links counted once."""
    site.codes = ["en", "fr", *(f"x{letter}" for letter in "abcdefgh")]
    first = run(site, tmp_path)
    assert held(first) == set(site.ids("post")) | french(site)
    assert first.code is ExitCode.COMPLETE
    assert first.rows("SELECT DISTINCT language FROM posts WHERE type = 'post' AND wp_id > 5000") == [("*",)]
    assert run(site, tmp_path).rows("SELECT * FROM observations") == []


def test_a_language_in_a_folder_is_a_site_that_is_crawled_too(site: Bilingual, tmp_path: Path) -> None:
    """A network of sites, one for each language: each has its own ids and proofs; a second run finds nothing in either."""
    site.settle()
    first = run(site, tmp_path)
    home, beside = (result.report for result in first.results)
    assert beside.site == f"{home.site}_fr"
    assert {(one["language"], one["how"]) for one in home.languages} == {("en", "usual"), ("fr", "site")}
    assert {row[0] for row in first.rows(f"{POSTS} AND site = ?", home.site)} == set(site.ids("post"))
    assert {row[0] for row in first.rows(f"{POSTS} AND site = ?", beside.site)} == french(site)
    again = run(site, tmp_path)
    assert [result.report.exit_code for result in again.results] == [ExitCode.COMPLETE] * 2
    assert again.rows("SELECT * FROM observations") == []
    named = crawl(tmp_path, site.url, f"{site.url}fr/", index=False)
    assert [result.report.site for result in named.results] == [home.site, beside.site]
    assert len(run(site, tmp_path, scope="site", index=False).results) == 2
    own = crawl(tmp_path, site.url, changes={"languages": "own"}, index=False)
    assert [result.report.site for result in own.results] == [home.site]


def test_another_host_is_named_and_never_asked(site: Bilingual, tmp_path: Path) -> None:
    """A language on a host of its own is another site: it is named, and left to the operator."""
    with FakeWordPress(**SMALL) as other:
        site.codes, site.links = [], {"en": site.url, "fr": other.url}
        crawled = run(site, tmp_path)
        assert other.requests == []
    assert crawled.rows("SELECT how, url FROM languages WHERE language = 'fr'") == [("elsewhere", other.url)]
    assert crawled.code is ExitCode.COMPLETE
