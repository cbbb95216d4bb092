"""A custom type whose plug-in is switched off: its rows stay, nothing is deleted, and every run says what became of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, crawl, invoke
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.simulator.http import Answer, Request

BOOKS = "/library/v1/books"
TOLD = "SELECT outcome, reason FROM listings WHERE route = ? AND run = (SELECT last_run FROM sites)"


def understood(_site: Any, _options: Any, _request: Request, route: str | None, answer: Answer) -> Answer | None:
    """An older WordPress: every type that it names has a list."""
    if route != "/wp/v2/types" or not isinstance(answer.document, dict):
        return answer
    kept = {slug: one for slug, one in answer.document.items() if not slug.startswith("wp_font")}
    return replace(answer, document=kept, body=json.dumps(kept).encode())


@pytest.mark.parametrize("full", [False, True])
def test_a_type_that_vanishes_is_said_and_is_no_deletion(
    full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list answers that there is no such route; that says nothing of its items."""
    monkeypatch.setitem(FAULTS, "understood", Fault(says="", after=understood))
    with FakeWordPress(faults=["understood"], **SMALL) as site:
        crawl(tmp_path, site.url)
        site.drop("book")
        for _ in range(2):
            gone = crawl(tmp_path, site.url, full=full)
            assert (gone.code, gone.rows(TOLD, BOOKS)) == (
                0,
                [("refused", "404 rest_no_route; 2 items of it are held from before")],
            )
            assert gone.rows("SELECT count(*), count(gone), count(missing_since) FROM posts WHERE type = 'book'") == [
                (2, 0, 0)
            ]
        said = invoke("status", "-a", tmp_path).stdout
        assert f"refused: {BOOKS}: 404 rest_no_route; 2 items of it are held from before" in said
        site.undrop("book")
        back = crawl(tmp_path, site.url, full=full)
    assert back.rows(TOLD, BOOKS)[0][0] == "complete"
    assert back.rows("SELECT change FROM observations") == []


def test_a_collection_that_closes_says_what_is_held_of_it(tmp_path: Path) -> None:
    """The same for one that refuses strangers from some day on."""
    with FakeWordPress(**SMALL) as site:
        crawl(tmp_path, site.url)
        site.fault("users-closed")
        ended = crawl(tmp_path, site.url, full=True)
    ((outcome, reason),) = ended.rows(TOLD, "/wp/v2/users")
    assert (ended.code, outcome) == (0, "refused")
    assert reason.endswith("items of it are held from before")
    assert ended.rows("SELECT count(gone) FROM users") == [(0,)]
