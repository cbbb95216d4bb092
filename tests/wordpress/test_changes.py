"""What happens on a real WordPress between two runs is observed by the next one, and nothing else is."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import frugal
import pytest
from lab_site import Lab

FULL = ("--full",)
Seen = set[tuple[str, int, str]]
QUIET = "post_type = 'post' AND post_status = 'publish' AND post_password = '' AND comment_count = 0"


@dataclass
class History:
    """One archive of the lab's site that grows with each test of this module; `used` are posts that a test changed."""

    lab: Lab
    folder: Path
    cli: Callable[..., Any]
    used: set[int] = field(default_factory=set)

    def crawl(self, *options: str, code: int = 0) -> dict[str, Any]:
        """One more run; gives its report."""
        done = self.cli("crawl", self.lab.pretty, "-a", self.folder, *frugal.OPTIONS, "--json", *options, code=code)
        report: dict[str, Any] = json.loads(done.stdout)[0]
        return report

    def rows(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "archive.db")) as db:
            return db.execute(query, values).fetchall()

    def seen(self, report: dict[str, Any]) -> Seen:
        """The observations of the run of `report`."""
        return set(self.rows("SELECT type, wp_id, change FROM observations WHERE run = ?", report["run"]))

    def post(self, where: str = QUIET) -> int:
        """A post that no test has touched yet."""
        skip = ",".join(map(str, self.used | {0}))
        chosen = self.lab.number(f"SELECT max(ID) FROM wp_posts WHERE {where} AND ID NOT IN ({skip})")
        assert chosen
        self.used.add(chosen)
        return chosen


@pytest.fixture(scope="module")
def history(lab: Lab, cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """The site archived once, before anything changes."""
    lab.seed("small")
    # What goes or comes with a post would be observed too: its attachments and their addresses in galleries, its comments.
    lab.sql("UPDATE wp_posts SET post_parent = 0 WHERE post_type = 'attachment'")
    lab.sql("DELETE FROM wp_comments WHERE comment_post_ID IN (SELECT ID FROM wp_posts WHERE post_type = 'book')")
    grown = History(lab, tmp_path_factory.mktemp("changes") / "archive", cli)
    first = grown.crawl()
    assert grown.seen(first) == set()
    yield grown
    lab.untouched = ""


def _edit(history: History) -> Seen:
    wp_id = history.post()
    history.lab.php(f"wp_update_post(['ID' => {wp_id}, 'post_content' => 'An edited text of some length.']);")
    return {("post", wp_id, "edited")}


def _edit_silently(history: History) -> Seen:
    wp_id = history.post()
    history.lab.sql(
        f"UPDATE wp_posts SET post_content = CONCAT(post_content, ' <p>Put in unseen.</p>') WHERE ID = {wp_id}"
    )
    return {("post", wp_id, "silently_edited")}


def _change_terms(history: History) -> Seen:
    wp_id = history.post()
    term = (
        "get_terms(['taxonomy' => 'category', 'hide_empty' => false, 'orderby' => 'id', 'order' => 'DESC'])[0]->term_id"
    )
    history.lab.php(f"wp_set_post_terms({wp_id}, [{term}, 1], 'category');")
    return {("post", wp_id, "edited")}


def _insert_old(history: History) -> Seen:
    made = history.lab.php(
        "echo wp_insert_post(['post_title' => 'Imported', 'post_content' => 'From long ago.', 'post_status' => 'publish',"
        " 'post_author' => 1, 'post_date' => '2015-03-04 05:06:07']);"
    )
    history.used.add(int(made))
    return {("post", int(made), "appeared")}


def _publish_scheduled(history: History) -> Seen:
    wp_id = history.post("post_type = 'post' AND post_status = 'future'")
    history.lab.php(f"wp_publish_post({wp_id});")
    return {("post", wp_id, "appeared")}


def _trash(history: History) -> Seen:
    wp_id = history.post()
    history.lab.php(f"wp_trash_post({wp_id}); update_option('lab_trashed', {wp_id});")
    return {("post", wp_id, "unpublished")}


def _restore(history: History) -> Seen:
    made = history.lab.php(
        "$id = (int) get_option('lab_trashed'); wp_untrash_post($id); wp_publish_post($id); echo $id;"
    )
    return {("post", int(made), "restored")}


def _delete(history: History) -> Seen:
    wp_id = history.post()
    history.lab.php(f"wp_delete_post({wp_id}, true);")
    return {("post", wp_id, "deleted")}


def _protect(history: History) -> Seen:
    wp_id = history.post()
    history.lab.php(f"wp_update_post(['ID' => {wp_id}, 'post_password' => 'letmein']);")
    return {("post", wp_id, "edited")}


def _move_counters(history: History) -> Seen:
    history.lab.php("update_option('lab_knobs', ['counter' => 7]);")
    history.crawl("--full")  # the badge's first appearance is a change of the markup, and not what this is about
    history.lab.php("update_option('lab_knobs', ['counter' => 8]);")
    return set()


def _drop_plugin(history: History) -> Seen:
    history.lab.php("update_option('lab_knobs', ['counter' => 8, 'no_books' => 1]);")
    return set()


def _change_zone(history: History) -> Seen:
    history.lab.php("update_option('timezone_string', 'Asia/Tokyo');")
    return set()


# What happens, and how the next run is to be made; each goes on from where the one before left the site.
CHANGES = [
    (_edit, ()),
    (_edit_silently, FULL),
    (_change_terms, FULL),
    (_insert_old, ()),
    (_publish_scheduled, ()),
    (_trash, ()),
    (_restore, ()),
    (_delete, ()),
    (_protect, ()),
    (_move_counters, FULL),
    (_change_zone, ()),
    (_drop_plugin, ()),
]


@pytest.mark.parametrize(("happens", "options"), CHANGES, ids=lambda value: getattr(value, "__name__", " ")[1:])
def test_the_next_run_observes_just_what_happened(
    history: History, happens: Callable[[History], Seen], options: tuple[str, ...]
) -> None:
    """Exactly the right observation, and no other on any item of the site."""
    expected = happens(history)
    assert history.seen(history.crawl(*options)) == expected


def test_a_run_over_an_unchanged_site_is_cheap_and_writes_nothing(history: History) -> None:
    """At most two requests a collection and six more; no observation, no version, no item."""
    tables = ("posts", "media", "comments", "terms", "users", "versions", "observations", "links")
    history.crawl()
    before = [history.rows(f"SELECT count(*) FROM {table}") for table in tables]
    report = history.crawl()
    assert report["mode"] == "incremental"
    collections = [one for one in report["listings"] if one["stated"] is not None]
    assert report["requests"] <= 2 * len(collections) + 6
    assert history.seen(report) == set()
    assert [history.rows(f"SELECT count(*) FROM {table}") for table in tables] == before


SIZE = os.environ.get("WPARCHIVE_LAB_SIZE", "small")


def test_many_changes_at_once_are_each_observed_and_no_other_post_is(
    lab: Lab, cli: Callable[..., Any], tmp_path: Path
) -> None:
    """What `seed.php mutate` did is found by the next run, and a full one finds nothing more."""
    lab.seed(SIZE)
    grown = History(lab, tmp_path / "archive", cli)
    grown.crawl()
    done = json.loads(lab.mutate(40 if SIZE == "medium" else 10))
    expected = {
        *(("post", wp_id, "edited") for wp_id in done["edited"]),
        *(("post", wp_id, "appeared") for wp_id in done["new"]),
        *(("post", wp_id, "unpublished") for wp_id in done.get("trashed", ())),
        *(("post", wp_id, "deleted") for wp_id in done.get("deleted", ())),
    }
    seen = grown.seen(grown.crawl())
    assert {one for one in seen if one[0] == "post"} == expected
    assert {one[1] for one in seen if one[0] == "comment" and one[2] == "appeared"} == set(done["comments"])
    assert {one for one in grown.seen(grown.crawl("--full")) if one[0] == "post"} == set()
