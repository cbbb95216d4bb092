"""What the reading room says is held: no page claims more than was read, and none leads nowhere."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from reading import PREFIX, Reading

FERRY = f"{PREFIX}/item/harbour-ledger/post/63"
BUDGET = f"{PREFIX}/item/harbour-ledger/post/64"


def text(html: str) -> str:
    """What a reader sees of a page, white space made one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def page(room: Reading, path: str) -> str:
    """The text of a page that is there."""
    answer = room.get(path)
    assert answer.status_code == 200, answer.text
    return text(answer.text)


@pytest.fixture
def altered(own_news: Path) -> Iterator[tuple[sqlite3.Connection, Reading]]:
    """A database that a test alters, and a reading room on it."""
    with (
        closing(sqlite3.connect(own_news / "archive.db", isolation_level=None)) as conn,
        Reading(own_news / "archive.db") as room,
    ):
        yield conn, room


def test_only_a_reading_says_how_an_article_read(altered: tuple[sqlite3.Connection, Reading]) -> None:
    """That its id stood in a list later is no proof that its text was still the same."""
    conn, room = altered
    conn.execute("UPDATE posts SET last_seen = '2026-12-24T10:00:00Z' WHERE item = 'harbour-ledger/post/63'")
    shown = page(room, FERRY)
    assert re.search("last read so ?26 Nov 2026 07:15 ?last listed 24 Dec 2026 10:00", shown)
    assert "still so" not in shown


def test_a_text_that_came_back_is_the_newest(altered: tuple[sqlite3.Connection, Reading]) -> None:
    """A silent edit that was undone: the first version is what stands now, and the other one stood between."""
    conn, room = altered
    first, second = conn.execute(
        "SELECT rowid, payload_sha256, capture FROM versions WHERE item = 'harbour-ledger/post/64' ORDER BY first_seen"
    ).fetchall()
    conn.execute("UPDATE versions SET last_seen = '2026-11-26T07:15:00Z' WHERE rowid = ?", (first[0],))
    conn.execute("UPDATE versions SET last_seen = '2026-11-09T18:10:00Z' WHERE rowid = ?", (second[0],))
    conn.execute("UPDATE posts SET payload_sha256 = ? WHERE item = 'harbour-ledger/post/64'", (first[1],))
    assert "Newest of 2 versions (v1), read from 2 Nov 2026" in page(room, BUDGET)
    assert "with another version between" in page(room, BUDGET)
    assert "Version 2 of 2" in page(room, f"{BUDGET}?at=20261110") or "(v1)" in page(room, f"{BUDGET}?at=20261110")
    assert "Version 2 of 2" in page(room, f"{BUDGET}?at=20261109181000")
    assert "(v1)" in page(room, f"{BUDGET}?at=20261121")
    assert "after it v1 was read again, last at 26 Nov 2026" in page(
        room, f"{BUDGET}/changes?from={_short(first[2])}&to={_short(second[2])}"
    )


def _short(capture: str) -> str:
    return capture.removeprefix("urn:uuid:").replace("-", "")[:12]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2020", "It was first read 2 Nov 2026 09:00 UTC: what it said before that is not known."),
        (
            "2026-11-04",
            "what was read last before the time that was asked for: 2 Nov 2026 18:00 UTC. Whether it still said so",
        ),
        (
            "2030",
            "what was read last before the time that was asked for: 26 Nov 2026 07:15 UTC. Whether it still said so",
        ),
    ],
)
def test_what_an_article_said_between_two_readings_is_not_claimed(room: Reading, at: str, said: str) -> None:
    """A time that no two equal readings enclose gets the nearest version, and a sentence that says so."""
    assert said in page(room, f"{FERRY}?at={at}")
    assert said not in page(room, FERRY)


def test_a_time_between_two_equal_readings_needs_no_warning(room: Reading) -> None:
    """Nobody reads a caution that stands everywhere."""
    assert "is not known" not in page(room, f"{FERRY}?at=20261106")


def test_an_older_version_has_its_own_head(room: Reading) -> None:
    """Modified date and citation are those of the version that is shown, not of the newest."""
    shown = page(room, f"{FERRY}?at=20261102")
    assert "says it was modified 20 Nov" not in shown
    assert "“Ferry strikes breakwater in fog, fourteen in hospital”, The Quillhaven Ledger" in shown


def test_an_older_version_has_its_own_pictures(altered: tuple[sqlite3.Connection, Reading]) -> None:
    """What content points to is known in a table of the newest version only; the older text names its own."""
    conn, room = altered
    older, capture = conn.execute(
        "SELECT rowid, capture FROM versions WHERE item = 'harbour-ledger/post/63' ORDER BY first_seen"
    ).fetchone()
    conn.execute("UPDATE versions SET content = '<img src=\"http://pics.example/then.jpg\">' WHERE rowid = ?", (older,))
    then = page(room, f"{FERRY}/pictures?v={_short(capture)}")
    assert "then.jpg" in then and "taken from pics.example" in then
    assert "featured image of the newest version" in then
    assert "then.jpg" not in page(room, f"{FERRY}/pictures")


def test_an_edit_of_the_excerpt_alone_is_shown(altered: tuple[sqlite3.Connection, Reading]) -> None:
    """Readers meet an excerpt on front pages: it isn't nothing."""
    conn, room = altered
    rows = conn.execute(
        "SELECT rowid, capture, content, title FROM versions WHERE item = 'harbour-ledger/post/64' ORDER BY first_seen"
    ).fetchall()
    for number, (rowid, *_) in enumerate(rows):
        values = (rows[0][2], rows[0][3], f"<p>The mayor {('won', 'lost')[number]} the vote.</p>", rowid)
        conn.execute("UPDATE versions SET content = ?, title = ?, excerpt = ? WHERE rowid = ?", values)
    shown = page(room, f"{BUDGET}/changes")
    assert "1 place changed" in shown and "this is its excerpt" in shown and "lost" in shown


def test_what_came_back_was_not_there_all_the_time(room: Reading) -> None:
    """Of what was restored the two times are the last and the next sight of it; it was gone between them."""
    shown = page(room, f"{PREFIX}/changes?kind=restored")
    assert "last seen 2 Nov 2026 09:00, again 20 Nov 2026 20:00" in shown
    assert "between 2 Nov" not in shown


def test_a_run_without_an_end_claims_neither_death_nor_completeness(
    altered: tuple[sqlite3.Connection, Reading],
) -> None:
    """It may be at work; what it didn't reach is noted by nobody."""
    conn, room = altered
    (run,) = conn.execute("SELECT last_run FROM sites WHERE site = 'coast-wire'").fetchone()
    conn.execute("UPDATE runs SET finished_at = NULL, outcome = NULL WHERE run = ?", (run,))
    one, all_runs = page(room, f"{PREFIX}/run/{run}"), page(room, f"{PREFIX}/runs")
    assert "it is at work, or was killed" in one and "what the run did not reach, nobody wrote down" in one
    assert "1 last run did not end as complete: coast-wire (no end was written)" in all_runs


def test_a_closed_table_is_not_an_empty_one(news: Path) -> None:
    """“None” is a claim; of what one may not see there is none."""
    with Reading(news / "archive.db", closed=("gaps", "observations")) as room:
        (run,) = sqlite3.connect(news / "archive.db").execute("SELECT max(run) FROM runs").fetchone()
        shown = page(room, f"{PREFIX}/run/{run}")
        assert "You may not see the changes." in shown and "You may not see the table of gaps." in shown
        assert "You may not see the changes." in page(room, f"{PREFIX}/site/harbour-ledger")


def test_a_term_leads_to_its_articles_and_a_user_to_theirs(altered: tuple[sqlite3.Connection, Reading]) -> None:
    """What one clicks on an article is no dead end."""
    conn, room = altered
    site, taxonomy, term, item = conn.execute(
        "SELECT t.site, t.taxonomy, t.term, p.item FROM post_terms t JOIN posts p ON p.site = t.site AND p.type = t.type "
        "AND p.wp_id = t.wp_id LIMIT 1"
    ).fetchone()
    assert f'href="{PREFIX}/item/{item}"' in room.get(f"{PREFIX}/item/{site}/{taxonomy}/{term}").text
    assert f'href="{PREFIX}/person/harbour-ledger/1"' in room.get(f"{PREFIX}/item/harbour-ledger/user/1").text


def test_an_article_names_those_with_the_same_text(room: Reading) -> None:
    """Who else has this text is one click from the text."""
    listed = room.get(f"{PREFIX}/sources").text.partition("The same text on several sites")[2]
    item = re.findall(r'href="([^"]+/item/[^"]+)"', listed)[0]
    assert "The same text at" in page(room, item)


def test_a_change_leads_to_the_two_versions_that_it_is_between(room: Reading) -> None:
    """Numbers of versions say nothing of which came after which once a text came back."""
    html = room.get(f"{PREFIX}/changes?kind=silently_edited").text
    links = [unescape(link) for link in re.findall(r'<h3[^>]*><a href="([^"]+)"', html)]
    assert links and all("from=" in link and "to=" in link for link in links)
    assert all("changed" in page(room, link) for link in links)


def test_a_filter_is_asked_before_the_best_are_chosen(
    altered: tuple[sqlite3.Connection, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever came into the archive last, an older article that fits a filter is a hit, and is not only counted."""
    from wparchive.browse.queries import search

    monkeypatch.setattr(search, "RANKED", 2)
    _, room = altered
    counted = re.search(r"(\d+) articles? with harbour", page(room, f"{PREFIX}/search?q=harbour&site=harbour-ledger"))
    assert counted and int(counted[1]) > 2
    html = room.get(f"{PREFIX}/search?q=harbour&site=harbour-ledger").text
    assert len(re.findall(r"<li data-step><article>", html)) == 2
    assert "only the 2 that came into the archive last are ranked" in text(html)


def test_counts_that_look_at_a_part_say_so(
    altered: tuple[sqlite3.Connection, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number under a filter is a floor once not all hits were looked through."""
    from wparchive.browse.pages.watching import search as shown
    from wparchive.browse.queries import search

    for module in (search, shown):
        monkeypatch.setattr(module, "COUNTED", 5)
    _, room = altered
    filtered = page(room, f"{PREFIX}/search?q=harbour&type=post")
    assert "At least " in filtered and "look through the 5 of them that came into the archive last" in filtered
    assert "At least " not in page(room, f"{PREFIX}/search?q=harbour")


@pytest.mark.parametrize(
    "path",
    ["nothing", "item", "item/x", "item/harbour-ledger/post/abc", "file/abc", "changes.xml", "a/b/c", f"{'a' * 3000}"],
)
def test_an_address_that_is_none_gets_a_sentence(room: Reading, path: str) -> None:
    """Whatever stands below our prefix is answered by us, with a way back."""
    answer = room.get(f"{PREFIX}/{path}")
    assert answer.status_code == 404
    assert "There is no page at this address." in text(answer.text)
    assert f'href="{PREFIX}/"' in answer.text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_that_has_no_utc_is_refused(room: Reading, moment: str) -> None:
    """It is written as a time, and there is none such in the calendar that we count by."""
    assert room.get(f"{PREFIX}/changes?since={moment}").status_code == 400
    assert room.get(f"{PREFIX}/", headers={"cookie": f"wparchive_seen={moment.replace('%2B', '+')}"}).status_code == 200


def test_a_number_too_long_is_nobody(room: Reading) -> None:
    """A number cut to what fits is that of somebody else."""
    assert room.get(f"{PREFIX}/person/harbour-ledger/{'0' * 17}1").status_code == 200
    assert room.get(f"{PREFIX}/person/harbour-ledger/{'0' * 17}12").status_code == 404


def test_plain_datasette_begins_with_no_notes_of_a_program(room: Reading) -> None:
    """The first table that one sees holds what was archived."""
    (name,) = (path.stem for path in room.databases)
    tables = room.get(f"/{name}.json").json()["tables"]
    shown = [table["name"] for table in tables if not table["hidden"]]
    assert "posts" in shown
    assert not [table for table in shown if table.startswith("_")]
