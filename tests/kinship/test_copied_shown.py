"""Wherever what was noticed is shown, a copied text is shown too: status, metrics, history, pages, and plain Datasette."""

import json
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from archives import World, post
from crawlkit import invoke
from reading import PREFIX, Reading
from test_copied import OWN, crawl, fresh, html, told

from wparchive.ask.metrics import metrics
from wparchive.ask.status import observed, status
from wparchive.browse.queries.overview import sites
from wparchive.browse.queries.runs import runs
from wparchive.index.database.opening import reading

TAKER, SOURCE = "b.test/post/2", "a.test/post/1"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Two sites, of which one has the other's text in its second and last run, and a reading room on them."""
    world = World(tmp_path_factory.mktemp("shown") / "archive")
    story = fresh(41)
    crawl(world, "b.test", *OWN, index=False)
    crawl(world, "a.test", post(1, html(*story.lines)), index=False)
    crawl(world, "b.test", *OWN, post(2, html(*story.lines)))
    (change,) = told(world)
    with Reading(world.archive.database) as room:
        yield SimpleNamespace(world=world, database=world.archive.database, room=room, change=change)


def test_status_and_metrics_count_it_with_the_other_kinds(shown: SimpleNamespace) -> None:
    """Of the last run alone, as the others; the site that had the text first has nothing to tell."""
    assert observed(shown.database, "b.test") == {"appeared": 1, "copied": 1}
    assert observed(shown.database, "a.test") == {}
    lines = [*metrics(status(shown.database))]
    assert 'wparchive_observations{site="b.test",change="copied"} 1' in lines
    assert not any("a.test" in line and "copied" in line for line in lines)
    assert "1 copied" in invoke("status", "b.test", "-a", shown.world.archive.root).stdout


def test_the_history_of_the_item_has_it_with_both_captures(shown: SimpleNamespace) -> None:
    """Beside the version that came with it, which is still said to have appeared; of the other item, nothing is new."""
    root = shown.world.archive.root
    text = invoke("history", TAKER, "-a", root).stdout
    assert "appeared" in text.partition("copied")[0]
    assert shown.change.kin.words in text
    assert shown.change.before.capture in text.partition(shown.change.kin.words)[2]
    found = json.loads(invoke("history", TAKER, "--json", "-a", root).stdout)["observations"]
    assert [one["change"] for one in found] == ["appeared", "copied"]
    assert found[1]["kin"]["other"] == SOURCE
    assert json.loads(invoke("history", SOURCE, "--json", "-a", root).stdout)["observations"] == []


def test_pages_of_the_item_its_run_and_the_site_show_it(shown: SimpleNamespace) -> None:
    """The timeline says what is held of both, once; counts of changes have it; the proofs name the other's capture."""
    timeline = shown.room.get(f"{PREFIX}/item/{TAKER}/timeline").text
    assert timeline.count(f"stands in {SOURCE} too (copy)") == 1
    evidence = shown.room.get(f"{PREFIX}/item/{TAKER}/evidence").text
    assert "copied: the other" in evidence
    assert shown.change.before.capture in evidence
    with reading(shown.database) as db:
        assert [run.changes for run in runs(db, "b.test")] == [2, 0]
        assert {line.site: line.changes for line in sites(db, "")} == {"a.test": 0, "b.test": 2}
    overview = shown.room.page(f"{PREFIX}/")
    assert f"stands in {SOURCE} too (copy)" in overview.text
    assert overview.link("kind=copied")


def test_who_may_not_see_kinship_is_not_told(shown: SimpleNamespace) -> None:
    """Neither on the timeline nor among the proofs."""
    with Reading(shown.database, closed=("kinship",)) as room:
        for tab in ("timeline", "evidence"):
            answer = room.get(f"{PREFIX}/item/{TAKER}/{tab}")
            assert answer.status_code == 200
            assert SOURCE not in answer.text
            assert shown.change.before.capture not in answer.text


def test_plain_datasette_has_it_in_its_view_and_queries(shown: SimpleNamespace) -> None:
    """The view of changes has it beside what the same run noticed else; a query has both items, and what it is by now."""
    (row,) = shown.room.get("/archive/changes.json?change=copied&_shape=array").json()
    assert (row["item"], row["summary"]) == (TAKER, f"100 % of it stands in {SOURCE} too (copy)")
    assert (row["before"], row["after"]) == (shown.change.before.capture, shown.change.after.capture)
    (row,) = shown.room.get("/archive/texts_that_stood_elsewhere.json?_shape=array").json()
    assert (row["item"], row["other"], row["by_now"], row["sites"]) == (TAKER, SOURCE, "kin", 2)
