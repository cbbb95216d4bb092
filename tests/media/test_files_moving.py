"""A file that a server makes anew for each request accuses nobody; one that was replaced is one observation; walls are gaps."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from crawlkit import Crawled, crawl, sound
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from mediakit import ORIGINALS, FileSite, Play, Static, files, png, sha256

from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump

AGAIN = replace(ORIGINALS, sweep_every=0.0)  # a light run looks at every file
EDITED = "SELECT fields, before, after, confirmed FROM observations WHERE change = 'edited'"


@pytest.fixture
def site() -> Iterator[FileSite]:
    with FileSite() as site:
        yield site


def rebuilt_equal(done: Crawled) -> bool:
    before = list(logical_dump(done.archive.database))
    index(done.archive, rebuild=True)
    return list(logical_dump(done.archive.database)) == before


def moving(*, validators: bool, sizes: bool) -> Play:
    """Other bytes each time: of another length or not, with an entity tag of their own or none."""
    numbers = count(1)

    def play(handler: Handler, request: Request) -> None:
        seed = next(numbers)
        Static(png(seed, size=64 * seed if sizes else 64), validators=validators)(handler, request)

    return play


def downloads(site: FileSite, name: str) -> int:
    return len(site.asked_for(f"2025/01/{name}", "GET"))


def test_a_file_that_moves_by_itself_is_learnt_and_never_accused(site: FileSite, tmp_path: Path) -> None:
    """Read twice when it first differs, then only looked at; neighbours that stay the same cost what they always did."""
    kinds = {f"{v:d}{s:d}.png": moving(validators=v, sizes=s) for v in (True, False) for s in (True, False)}
    for name, play in kinds.items():
        site.attach(name, play)
    site.attach("still.png", png(99))
    for full in (False, True, False, True, False, True):
        done = crawl(tmp_path, site.url, settings=ORIGINALS, full=full)
        assert done.code is ExitCode.COMPLETE
    assert done.rows(EDITED) == [] and done.number("SELECT count(*) FROM _wparchive_replaced") == 0
    assert {name: downloads(site, name) for name in kinds} == dict.fromkeys(kinds, 3)
    assert len(site.asked_for("2025/01/00.png", "HEAD")) == 2
    assert all(row[:2] == (200, None) for row in files(tmp_path).values())
    assert {row[0] for row in files(tmp_path, "gone").values()} == {None}
    assert done.number("SELECT count(*) FROM media_files WHERE last_seen = first_seen") == 0
    assert rebuilt_equal(done) and list(sound(done.folder)) == []


def test_what_moves_is_read_in_full_when_it_is_due_or_its_item_was_changed(site: FileSite, tmp_path: Path) -> None:
    number = site.attach("a.png", moving(validators=False, sizes=True))
    for _ in range(2):
        crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert downloads(site, "a.png") == 3
    site.now = "2099-01-01T00:00:00"
    site.edit(number, title="Another")
    crawl(tmp_path, site.url, settings=ORIGINALS)
    assert downloads(site, "a.png") == 4
    done = crawl(tmp_path, site.url, settings=AGAIN)
    assert downloads(site, "a.png") == 5
    assert done.rows("SELECT change FROM observations WHERE fields LIKE '%file%'") == []


@pytest.mark.parametrize("validators", [True, False])
def test_a_file_that_was_replaced_is_one_observation_with_three_captures(
    site: FileSite, tmp_path: Path, validators: bool
) -> None:
    site.attach("a.png", Static(png(1), validators=validators))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    site.plays["2025/01/a.png"] = Static(png(2), validators=validators)
    for full in (True, True, False):
        done = crawl(tmp_path, site.url, settings=AGAIN, full=full)
    ((fields, *captures),) = done.rows(EDITED)
    digests = [done.rows("SELECT body_sha256 FROM captures WHERE capture = ?", one)[0][0] for one in captures]
    assert (fields, digests) == ('["file"]', [sha256(png(1)), sha256(png(2)), sha256(png(2))])
    assert files(tmp_path)["a.png"][3] == sha256(png(2))
    assert rebuilt_equal(done) and list(sound(done.folder)) == []


def once_then(first: Play, then: Callable[[Handler], object], last: Play) -> Play:
    """Answers as `first` does, then once as `then` does, then as `last` does."""
    asked = count()

    def play(handler: Handler, request: Request) -> None:
        number = next(asked)
        if number == 1:
            then(handler)
        else:
            (last if number else first)(handler, request)

    return play


def test_what_could_not_be_read_twice_is_decided_by_the_next_run(site: FileSite, tmp_path: Path) -> None:
    """Nothing is said meanwhile, and a light run that would rest asks for it once more."""
    site.attach("a.png", png(1))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    new = Static(png(2))
    site.plays["2025/01/a.png"] = once_then(new, lambda handler: handler.send(Answer(500)), new)
    doubted = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert (doubted.rows(EDITED), doubted.number("SELECT count(*) FROM _wparchive_replaced")) == ([], 1)
    done = crawl(tmp_path, site.url, settings=ORIGINALS)
    assert len(done.rows(EDITED)) == 1
    assert len(crawl(tmp_path, site.url, settings=ORIGINALS, full=True).rows(EDITED)) == 1
    assert downloads(site, "a.png") == 5
    assert rebuilt_equal(done)


def test_a_page_in_place_of_a_file_teaches_nothing_of_the_file(site: FileSite, tmp_path: Path) -> None:
    """A soft 404 with a nonce differs each time; the file that comes back is the one that was held."""
    site.attach("a.png", png(1))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    nonce = count()
    site.plays["2025/01/a.png"] = lambda handler, request: handler.send(
        Answer(200, [("Content-Type", "text/html")], b"<html><p>Not here %d</p></html>" % next(nonce))
    )
    for _ in range(2):
        crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert files(tmp_path, "gone")["a.png"] == ("soft-404",)
    site.plays["2025/01/a.png"] = Static(png(1))
    done = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
    assert (files(tmp_path, "gone")["a.png"], done.rows(EDITED)) == ((None,), [])
    assert done.number("SELECT count(*) FROM _wparchive_volatile") == 0


# ---- walls

CHALLENGE = b"<html><head><title>Just a moment...</title></head><body>cf_chl_opt</body></html>"
WALLS = {
    "challenge": (Answer(403, [("Content-Type", "text/html"), ("Cf-Mitigated", "challenge")], CHALLENGE), "challenge"),
    "page": (Answer(200, [("Content-Type", "text/html")], CHALLENGE), "challenge"),
    "429": (Answer(429, [("Content-Type", "text/html"), ("Retry-After", "3600")], b"slow"), "throttled"),
    "401": (Answer(401, [("Content-Type", "text/html")], b"who?"), "refused"),
    "403": (Answer(403, [("Content-Type", "text/html")], b"no"), "refused"),
}


@pytest.mark.parametrize("form", WALLS)
def test_a_wall_before_files_is_their_gap_or_refusal_and_the_rest_goes_on(
    site: FileSite, tmp_path: Path, form: str
) -> None:
    """Each has its row and its problem; a few in a row, and the others of the folder aren't asked for; then all is held."""
    answer, problem = WALLS[form]
    names = [f"{number}.png" for number in range(30)]
    for name in names:
        site.attach(name, lambda handler, request: handler.send(answer))
    site.write(f'<img src="{site.also("other/place/ok.png", png(3))}">')
    linked = replace(ORIGINALS, linked=True)
    refused = problem == "refused"
    for _ in range(2):
        done = crawl(tmp_path, site.url, settings=linked)
        assert done.code is (ExitCode.COMPLETE if refused else ExitCode.INCOMPLETE)
        assert {row[1] for name, row in files(tmp_path).items() if name in names} == {problem}
        assert files(tmp_path)["ok.png"][1] is None or not refused
        assert len(files(tmp_path)) == 31
    asked = sum(len(site.asked_for(f"2025/01/{name}")) for name in names)
    assert asked == 30 if refused else asked < 40
    if not refused:
        gaps = "SELECT count(*) FROM gaps WHERE run = (SELECT max(run) FROM runs) AND route LIKE '%2025/01/%'"
        assert (done.result.report.mode, done.number(gaps)) == ("incremental", 30)
    for number, name in enumerate(names):
        site.plays[f"2025/01/{name}"] = Static(png(number))
    done = crawl(tmp_path, site.url, settings=linked, full=refused)
    assert (done.code, {row[1] for row in files(tmp_path).values()}) == (ExitCode.COMPLETE, {None})
    assert rebuilt_equal(done) and list(sound(done.folder)) == []


def test_a_wall_takes_nothing_from_a_file_that_is_held(site: FileSite, tmp_path: Path) -> None:
    site.attach("a.png", png(1))
    crawl(tmp_path, site.url, settings=ORIGINALS)
    before = files(tmp_path, "sha256, gone, problem, status")
    for answer, _ in (WALLS["challenge"], WALLS["429"], WALLS["page"]):
        site.plays["2025/01/a.png"] = lambda handler, request, answer=answer: handler.send(answer)  # type: ignore[misc]
        done = crawl(tmp_path, site.url, settings=ORIGINALS, full=True)
        assert (done.code, files(tmp_path, "sha256, gone, problem, status")) == (ExitCode.INCOMPLETE, before)
