"""One sequence of records gives one database, however the indexing was cut up."""

import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from archives import World, post

from wparchive.errors import WparchiveError
from wparchive.index import site_indexer as site
from wparchive.index.entries import reader_process as ahead
from wparchive.index.entries.captured import Read, Reader, Task, noise_from
from wparchive.model import Privilege
from wparchive.wordpress.changes.digests import payload_sha256
from wparchive.wordpress.changes.noise import NOISE

Step = Callable[[World], None]
COUNTED = '<p>Text of a post.</p><div class="odd-counter">17 readers</div>'  # noise of the first run


def first(world: World) -> None:
    """A whole crawl."""
    run = world.run(start={"settings": {"noise": ["class:odd-*"]}}).site()
    listing = [
        run.get(f"/wp/v2/posts?page={page}", [post(page * 10 + n, COUNTED) for n in range(5)]) for page in (1, 2)
    ]
    run.proof("/wp/v2/posts", "post", listing[-1], stated=10, held=10)
    run.get("/wp/v2/media", [{"id": 8, "type": "attachment", "source_url": "https://cdn.example.net/b.jpg"}])
    run.get("/wp/v2/types", {"post": {"slug": "post", "name": "Posts"}})
    run.get(
        "/wp/v2/posts/10/revisions", {"code": "rest_cannot_read", "message": "", "data": {"status": 401}}, status=401
    )
    run.end()


def killed(world: World) -> None:
    """A run that dies with its file open."""
    run = world.run(rotate_at=4000)
    for n in range(6):
        run.get(f"/wp/v2/posts/{10 + n}", post(10 + n, f"<p>Edit {n}</p>"), kind="item")
    run.kill()


def private(world: World) -> None:
    """A run with credentials, in two files."""
    run = world.run().site()
    run.get("/wp/v2/posts?context=edit", [post(10, "<p>edit view</p>"), post(77)], privilege=Privilege.AUTHENTICATED)
    run.get("/wp/v2/posts", [post(10, '<p>New <img src="https://cdn.example.net/z.jpg"></p>')])
    run.get("/wp/v2/users", [{"id": 1, "name": "A", "slug": "a", "link": "https://example.org/a/", "url": ""}])
    run.end()


def same_again(world: World) -> None:
    """A run whose answers are revisits."""
    run = world.run().site()
    for page in (1, 2):
        run.get(f"/wp/v2/posts?page={page}", [post(page * 10 + n, COUNTED) for n in range(5)])
    run.get("/wp/v2/posts?_fields=id", [{"id": 11}, {"id": 99}])
    run.end(outcome="incomplete", exit_code=3)


STEPS: list[Step] = [first, killed, private, same_again]


def test_indexing_after_each_run_equals_indexing_all_at_once(world: World) -> None:
    """And both equal a rebuild, in place and from nothing, with the frontier lost too."""
    for step in STEPS:
        step(world)
        world.index()
    stepwise = world.dump()
    assert world.rows("SELECT DISTINCT record_type FROM captures ORDER BY 1") == [("response",), ("revisit",)]
    world.index(rebuild=True)
    assert world.dump() == stepwise
    world.index(sites=["example.org"], rebuild=True)
    assert world.dump() == stepwise
    assert world.rebuilt() == stepwise


def test_a_dead_run_indexed_while_its_file_is_open_changes_nothing(world: World) -> None:
    """Indexing before the tail is cut off, or after, gives the same rows."""
    first(world)
    killed(world)
    for file in world.archive.site("example.org").warc.glob("*.open"):
        with file.open("ab") as out:
            out.write(b"\x1f\x8b\x08\x00torn")
    from wparchive.index import index

    index(world.archive)
    early = world.dump()
    assert world.one("SELECT count(*) FROM captures WHERE kind = 'item'") == 6
    assert not any(".open" in line for line in early)
    world.index()
    assert world.dump() == early
    assert world.rebuilt() == early


@pytest.mark.parametrize("much", [0, 1, 3000])
def test_reading_ahead_in_another_process_gives_the_same_rows(
    world: World, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    """Small archives are read in this process, large ones by a second from some place on: rows mustn't tell."""
    for step in STEPS:
        step(world)
    world.index()
    alone = world.dump()
    told = []
    monkeypatch.setattr(ahead, "_WORTH_IT", 0)
    monkeypatch.setattr(ahead, "_MUCH", much)
    monkeypatch.setattr(ahead, "_HEAVY", 0)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    hand_over = ahead._handed_over
    monkeypatch.setattr(ahead, "_handed_over", lambda *given: told.append(hand_over(*given)) or told[-1])
    assert world.rebuilt() == alone
    world.archive.database.unlink()
    shutil.move(world.archive.root / "example.org", world.archive.root / "other")
    shutil.move(world.archive.root / "other", world.archive.root / "example.org")
    world.index(sites=["example.org"])
    first(world)
    world.index()
    stepwise = world.dump()
    assert world.rebuilt() == stepwise
    assert told
    assert all(told)  # each time it was handed over


def test_who_goes_on_with_reading_knows_the_noise_of_the_run() -> None:
    """It is told of in the run's first record, which the other process never sees."""
    reader = Reader("example.org", (), "run")
    reader.noise = noise_from(["class:odd-*"])
    again: Reader = pickle.loads(pickle.dumps(reader))
    assert list(again.read([])) == []
    seen = payload_sha256(post(1, COUNTED), reader.noise)
    assert payload_sha256(post(1, COUNTED), again.noise) == seen != payload_sha256(post(1, COUNTED), NOISE)


@pytest.mark.parametrize("program", ["", "raise SystemExit(1)", "import os; os.close(0); os.write(1, b'.')"])
def test_where_the_other_process_ends_at_once_this_one_reads_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, program: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """As where memory is short, or another Python is in the way."""
    first(world)
    world.index()
    alone = world.dump()
    for name, value in (("_WORTH_IT", 0), ("_MUCH", 0), ("_HEAVY", 0), ("_PROGRAM", program)):
        monkeypatch.setattr(ahead, name, value)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    monkeypatch.setattr(ahead, "_from", None)  # nothing is taken from it
    assert world.rebuilt() == alone
    assert not capfd.readouterr().err


@pytest.mark.parametrize("sent", [b"", pickle.dumps(Read(0, 1, date="2026"))[:-9]], ids=["between two", "within one"])
def test_where_the_other_process_is_killed_one_line_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """As where memory runs out while it reads: what stood stays, and the next indexing ends with all of it."""
    first(world)
    world.index()
    stood = world.dump()
    program = (
        f"import os, sys; os.write(1, b'.'); sys.stdin.buffer.read(); os.write(1, {sent!r}); os.kill(os.getpid(), 9)"
    )
    with monkeypatch.context() as patched:
        for name, value in (("_WORTH_IT", 0), ("_MUCH", 0), ("_HEAVY", 0), ("_PROGRAM", program)):
            patched.setattr(ahead, name, value)
        patched.setattr(ahead, "_cores", lambda: 2)
        with pytest.raises(WparchiveError, match=r"second process of the index was killed; run wparchive index again$"):
            world.index(rebuild=True)
    assert not capfd.readouterr().err
    assert world.dump() == stood
    assert world.rebuilt() == stood


def test_whoever_works_an_item_out_makes_the_same_rows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text alone, the digest too, or the whole row, is worked out where the WARC is read."""
    for step in STEPS:
        step(world)
    world.index()
    alone = world.dump()

    def by_turns(_: ahead.Ahead, reader: Reader, tasks: Sequence[Task]) -> Iterator[Read]:
        for number, given in enumerate(reader.read(tasks)):
            reader.eager, reader.share = number % 2 == 0, number % 4
            yield given

    monkeypatch.setattr(ahead.Ahead, "read_all", by_turns)
    assert world.rebuilt() == alone


def test_a_killed_indexing_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after any record: what is committed stays, and the end is the same."""
    first(world)
    world.index()
    private(world)
    killed(world)
    same_again(world)
    monkeypatch.setattr(site, "_CHUNK", 1)  # commit after every answer
    take = site.SiteIndexer._take

    def dies_at(number: int) -> None:
        left = iter(range(number))

        def count(self: site.SiteIndexer, *given: object) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            take(self, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(site.SiteIndexer, "_take", count)

    for number in (1, 3, 5, 7):
        dies_at(number)
        with pytest.raises(KeyboardInterrupt):
            world.index()
    monkeypatch.setattr(site.SiteIndexer, "_take", take)
    world.index()
    resumed = world.dump()
    assert world.rebuilt() == resumed


def test_files_that_turn_up_late_are_put_in_their_place(world: World, tmp_path: object) -> None:
    """A WARC of an earlier run, brought back after later ones were indexed, makes the site be read again in order."""
    for step in (first, private):
        step(world)
    folder = world.archive.site("example.org").warc
    early = min(folder.glob("*.warc.gz"))
    away = folder.parent / "away.gz"
    early.rename(away)
    world.index()
    assert world.one("SELECT count(*) FROM posts WHERE wp_id = 11") == 0
    away.rename(early)
    world.index()
    late = world.dump()
    assert world.rebuilt() == late


def test_sites_are_indexed_apart(world: World) -> None:
    """Rows of one site don't depend on others, nor on the order in which they came."""
    for name in ("b.example", "a.example"):
        run = world.run(name).site()
        run.get("/wp/v2/posts", [post(1)])
        run.end()
        world.index(sites=[name])
    apart = world.dump()
    assert world.one("SELECT count(*) FROM posts") == 2
    assert world.rebuilt() == apart


def test_nothing_new_writes_nothing(world: World) -> None:
    """An unchanged re-index leaves the file as it is, to the byte."""
    first(world)
    world.index()
    before = world.archive.database.read_bytes()
    report = world.index()
    assert (report.records, report.written, report.sites) == (0, 0, 0)
    assert world.archive.database.read_bytes() == before


def test_an_unchanged_crawl_adds_no_row_of_an_item(world: World) -> None:
    """Only the run, its captures and the times of last sight are new."""
    first(world)
    world.index()
    tables = ("posts", "media", "links", "outbound", "versions", "post_terms", "observations")
    before = {table: world.rows(f"SELECT * FROM {table}") for table in tables}
    first(world)
    report = world.index()
    assert (report.written, report.links) == (0, 0)
    for table in tables:
        after = world.rows(f"SELECT * FROM {table}")
        differing = {value for old, new in zip(before[table], after, strict=True) for value in set(old) ^ set(new)}
        assert all(str(value).startswith("2026-11-22T") for value in differing), table


def _times(lines: list[str]) -> Iterator[str]:
    return (line for line in lines if line.startswith("posts "))


def test_the_dump_is_sorted_and_leaves_out_what_is_no_content(world: World) -> None:
    """No search shadow tables, no notes of the indexer, rows by key."""
    first(world)
    world.index()
    dump = world.dump()
    assert not any(line.startswith(("table _", "table sqlite_", "table posts_fts_")) for line in dump)
    rows = list(_times(dump))
    assert len(rows) == 10
    assert all(a < b for a, b in pairwise(rows))
