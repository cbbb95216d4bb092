"""`wparchive remove`: what goes is gone from every file of the archive, all else stays where it was, and the chain holds."""

import json
import os
import pty
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import frugal
import pytest
from archives import HOME, ROOT, SITE, World, exchange, post
from crawlkit import crawl, invoke, mounted, sound
from fakewp import FakeWordPress
from patience import PATIENCE
from removable import REASON, WORD, Removable, crawled_with_it, holding, killed_at, records_of, remove, small_site
from sealkit import Desk, codes, findings, members_of, packed, seals_of

from wparchive.errors import ExitCode
from wparchive.model import Fetched, Privilege, Target, Verdict
from wparchive.seal.entries import removals_in
from wparchive.store import exchanges
from wparchive.store.warc.gzip_members import is_stored
from wparchive.store.warc.writing.tombstones import Statement, TooShortError, statement_in, tombstone


@pytest.fixture(scope="module")
def site() -> Iterator[FakeWordPress]:
    with small_site() as site:
        yield site


@pytest.fixture(scope="module")
def before(site: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Removable:
    """An archive with the post, sealed by its crawls."""
    return crawled_with_it(site, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(before: Removable, tmp_path_factory: pytest.TempPathFactory) -> Removable:
    """The same archive without it, and without the home page that showed its headline."""
    made = before.copied(tmp_path_factory.mktemp("after"))
    homes = made.crawled.rows("SELECT capture FROM captures WHERE kind = 'home' AND record_type = 'response'")
    assert homes
    invoke("remove", made.key, *(capture for (capture,) in homes), *REASON, "--yes", "-a", made.folder)
    return made


def removed_places(folder: Path) -> list[tuple[str, int, int]]:
    """File, offset and length of every removal that the log tells."""
    return [(one.file, one.offset, one.length) for one in removals_in(seals_of(folder).log())]


def test_a_removed_post_stands_in_no_file_of_the_archive(before: Removable, after: Removable) -> None:
    """Neither packed nor plain: WARCs, database with its search tables and free pages, capture log, runs' logs."""
    assert {"archive.db", removed_places(after.folder)[0][0]} <= {*holding(before.folder)}
    assert holding(after.folder) == []
    assert holding(after.folder, "a-village") == []


def test_all_other_records_stay_where_they_were(before: Removable, after: Removable) -> None:
    """Same place, same bytes, same size of every file; the removed places hold one tombstone each."""
    stood, stand = records_of(before.folder), records_of(after.folder)
    places = removed_places(after.folder)
    gone = {key for key in stood for file, at, size in places if key[0] == file and at <= key[1] < at + size}
    assert gone
    assert {key: one for key, one in stand.items() if key not in gone} == {
        key: one for key, one in stood.items() if key not in gone
    }
    assert {(key, one.length, one.type) for key, one in stand.items() if key in gone} == {
        ((file, at), size, "resource") for file, at, size in places
    }
    for path in before.folder.rglob("*.warc.gz"):
        assert path.stat().st_size == (after.folder / path.relative_to(before.folder)).stat().st_size


def test_whatever_reads_the_archive_passes_over_tombstones(after: Removable) -> None:
    """`gzip -t`, `warcio check`, our own `verify`, and a rebuild with the same rows."""
    assert list(sound(after.folder)) == []
    files = sorted(map(str, after.folder.glob("*/warc/*.warc.gz")))
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    dump = after.crawled.dump()
    invoke("index", "--rebuild", "-a", after.folder, code=ExitCode.INCOMPLETE)
    assert after.crawled.dump() == dump
    for command in (("status",), ("export", "cdxj"), ("find", "harbour"), ("changes",)):
        invoke(*command, "-a", after.folder)


def test_a_head_from_before_the_removal_still_fits(after: Removable) -> None:
    """The chain holds: a checkpoint that somebody kept is one of this log."""
    invoke("verify", "--expect", after.head, "-a", after.folder)


def test_the_log_says_what_was_removed_and_why(after: Removable) -> None:
    """In the words that were given, with the leaves that the records had; the tombstone says the same."""
    log = seals_of(after.folder).log()
    for removal in removals_in(log):
        value = log.entries[removal.index].value
        assert (value["reason"], value["order"]) == (REASON[1], REASON[3])
        (entry, *_) = exchanges(after.folder / removal.file, removal.offset)
        said = statement_in(entry.data)  # type: ignore[union-attr]
        assert (said.reason, said.order, said.at) == (REASON[1], REASON[3], value["at"])
        assert list(said.leaves) == value["leaves"]


def test_revisits_go_with_what_they_refer_to(before: Removable, after: Removable) -> None:
    """The full crawl found the listing as it was: that revisit would refer to nothing."""
    query = "SELECT count(*) FROM captures c JOIN captures r ON r.refers_to = c.capture WHERE c.kind = 'listing'"
    assert before.crawled.number(f"{query} AND c.route LIKE '/wp/v2/posts%'") > 0
    dangling = (
        "SELECT count(*) FROM captures WHERE refers_to IS NOT NULL AND refers_to NOT IN (SELECT capture FROM captures)"
    )
    assert after.crawled.number(dangling) == 0


def test_what_goes_with_it_and_what_stays_is_said_before(before: Removable, tmp_path: Path) -> None:
    """Other items of the page, those that stand nowhere else, other captures with its words; and what can't be reached."""
    said = remove(before.copied(tmp_path).folder, before.key)
    assert "listing, revisit: 1" in said
    assert "7 other items lose a capture with it; standing in no other: 7" in said
    assert "headline  http://" in said
    for words in ("backups, snapshots", "WACZ files", "published databases"):
        assert words in said


def test_the_gap_is_named_and_the_next_crawl_closes_it(
    site: FakeWordPress, before: Removable, after: Removable, tmp_path: Path
) -> None:
    """The listing counts what nobody holds any more; the next crawl reads the site in full, and refers to nothing removed."""
    copy = after.copied(tmp_path)
    reasons = [reason for (reason,) in copy.crawled.rows("SELECT reason FROM gaps WHERE route = '/wp/v2/posts'")]
    assert reasons and all("in no row since records were removed" in reason for reason in reasons)
    again = crawl(copy.folder, site.url)
    assert again.code == ExitCode.COMPLETE
    assert again.items().keys() == before.crawled.items().keys()
    assert list(sound(copy.folder)) == []
    assert again.number("SELECT count(*) FROM damage WHERE kind = 'removed' AND held_again IS NULL") == 0
    assert crawl(copy.folder, site.url).code == ExitCode.COMPLETE


def test_a_lost_capture_log_learns_of_the_removal_from_the_warcs(
    site: FakeWordPress, before: Removable, after: Removable, tmp_path: Path
) -> None:
    copy = after.copied(tmp_path)
    (frontier,) = copy.folder.glob("*/frontier.db")
    frontier.unlink()
    (copy.folder / "archive.db").unlink()
    again = crawl(copy.folder, site.url)
    assert again.code == ExitCode.COMPLETE
    assert again.items().keys() == before.crawled.items().keys()


@pytest.mark.parametrize("step", ["fsync", "pwrite"])
def test_a_removal_that_was_killed_anywhere_is_finished(before: Removable, tmp_path: Path, step: str) -> None:
    """Before each write and each sync in turn; then `seal`, and the same command, leave what an undisturbed one leaves."""
    number, points = 0, 0
    while True:
        copy = before.copied(tmp_path / f"{step}-{number}")
        if not killed_at(number, step, "remove", copy.key, *REASON, "--yes", "-a", copy.folder):
            break
        points += 1
        if points % 2:  # the command by itself completes it too
            invoke("seal", "-a", copy.folder)
            assert codes(copy.folder) == set()
        said = invoke("remove", copy.key, *REASON, "--yes", "-a", copy.folder, code=None)
        assert said.returncode == 0 or "no such item" in said.stderr
        assert list(sound(copy.folder)) == []
        assert holding(copy.folder, "a harbour for s") == []
        assert len({*removed_places(copy.folder)}) == len(removed_places(copy.folder))
        shutil.rmtree(copy.folder)
        number += 1 + points // 3
    assert points >= 4


def test_a_file_from_a_backup_loses_the_same_again(before: Removable, after: Removable, tmp_path: Path) -> None:
    """Whoever puts an old WARC back gets the removal back with the next seal."""
    copy = after.copied(tmp_path)
    file = removed_places(after.folder)[0][0]
    shutil.copy(before.folder / file, copy.folder / file)
    assert codes(copy.folder) == {"seal-file"}
    assert "a removal that was cut off is done now" in invoke("seal", "-a", copy.folder).stderr
    assert (copy.folder / file).read_bytes() == (after.folder / file).read_bytes()


def test_another_file_in_its_place_is_left_alone(after: Removable, tmp_path: Path) -> None:
    """Only bytes that come out as the log says are overwritten: a file that was altered is a matter for `verify`."""
    copy = after.copied(tmp_path)
    file = copy.folder / removed_places(after.folder)[0][0]
    altered = bytearray(file.read_bytes())
    altered[removed_places(after.folder)[0][1] + 20] ^= 1
    altered[-20] ^= 1
    file.write_bytes(altered)
    invoke("seal", "-a", copy.folder, code=None)
    assert file.read_bytes() == bytes(altered)


def test_twice_is_once(after: Removable, tmp_path: Path) -> None:
    copy = after.copied(tmp_path)
    log = (copy.folder / "seals" / "log").read_bytes()
    assert "no such item" in remove(copy.folder, copy.key, code=ExitCode.USAGE)
    assert (copy.folder / "seals" / "log").read_bytes() == log


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("post/999999",), "no such item"),
        (("--reason", "line\nfeed"), "control characters"),
        (("--reason", "\x1b[31mred"), "control characters"),
        (("--reason", "x" * 1001), "1,001 characters"),
        (("--reason", "  "), "say why"),
        (("--reason", "good", "--order", "a\tb"), "control characters"),
    ],
)
def test_what_can_not_be_done_or_said_changes_nothing(
    before: Removable, tmp_path: Path, given: tuple[str, ...], why: str
) -> None:
    """Exit 2, one line, and every byte as it was."""
    copy = before.copied(tmp_path)
    key, *texts = given if given[0].startswith("post/") else (copy.key, *given)
    stood = {path: path.read_bytes() for path in copy.folder.rglob("*") if path.is_file() and path.name != ".lock"}
    assert why in remove(copy.folder, key, *(texts or REASON), code=ExitCode.USAGE)
    assert {path: path.read_bytes() for path in stood} == stood


def test_with_nobody_to_answer_nothing_goes(before: Removable, tmp_path: Path) -> None:
    copy = before.copied(tmp_path)
    said = invoke("remove", copy.key, *REASON, "-a", copy.folder, code=ExitCode.USAGE)
    assert "add --yes" in said.stderr
    assert removed_places(copy.folder) == []


@pytest.mark.parametrize(("answer", "code"), [("\n", ExitCode.INTERRUPTED), ("y\n", 0)])
def test_a_person_is_asked(before: Removable, tmp_path: Path, answer: str, code: int) -> None:
    """No is the default; what goes with it is shown before the question."""
    copy = before.copied(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wparchive", "remove", copy.key, *REASON, "-a", str(copy.folder)]
    process = subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(ours, 1000)
    os.write(ours, answer.encode())
    process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert process.returncode == code
    assert b"held by" in asked
    assert bool(removed_places(copy.folder)) == (code == 0)


def test_a_full_disk_leaves_an_archive_that_verifies(before: Removable, tmp_path: Path) -> None:
    """Exit 8; with room again, the same command does it."""
    point = tmp_path / "disk"
    point.mkdir()
    with mounted(point, "-t", "tmpfs", "-o", "size=24m", "tmpfs"):
        copy = before.copied(point)
        filler = point / "filler"
        left = os.statvfs(point)
        filler.write_bytes(bytes(left.f_bavail * left.f_frsize - 8192))
        said = invoke("remove", copy.key, *REASON, "--yes", "-a", copy.folder, code=ExitCode.STORAGE)
        assert said.stderr.count("\n") == 1
        filler.unlink()
        assert list(sound(copy.folder)) == []
        remove(copy.folder, copy.key)
        assert list(sound(copy.folder)) == []
        assert "archive.db" not in holding(copy.folder)


def test_signatures_and_stamps_hold_and_the_new_seal_has_its_own(desk: Desk, before: Removable, tmp_path: Path) -> None:
    """Whoever knows key and authority finds nothing, before and after; the removal is under a signed, stamped seal."""
    copy = before.copied(tmp_path)
    (name, kind), *_ = desk.kinds.items()
    authority = f"{name}={desk.authorities.url(kind)},{desk.authorities.ca}"
    invoke("seal", "-a", copy.folder, "--key", desk.key, "--identity", desk.identity, "--authority", authority)
    remove(copy.folder, copy.key)
    newest = seals_of(copy.folder).newest()
    assert newest is not None
    assert newest.signature.is_file() and newest.tokens
    assert findings(copy.folder, desk.trust(copy.head)) == []


def test_what_was_read_again_without_it_is_kept(tmp_path: Path) -> None:
    """Where the site has taken it down and was crawled in full since, no other item is lost."""
    with small_site() as other:
        made = crawled_with_it(other, tmp_path)
        other.delete(int(made.key.rpartition("/")[2]))
        invoke("crawl", other.url, "-a", made.folder, *frugal.OPTIONS, "--silent", "--full")
        held = made.crawled.items().keys()
        assert "standing in no other: 0" in remove(made.folder, made.key)
        assert held - made.crawled.items().keys() == {made.key.partition("/")[2]}


def test_files_of_other_tools_are_overwritten_in_place_too(before: Removable, tmp_path: Path) -> None:
    """Records packed as another tool does it, without ours that say to whom they belong."""
    copy = before.copied(tmp_path)
    shutil.rmtree(copy.folder / "seals")
    for path in (copy.folder / "archive.db", *copy.folder.glob("*/frontier.db*")):
        path.unlink()
    for number, path in enumerate(sorted(copy.folder.glob("*/warc/*.warc.gz"))):
        contents = [content for _, content in members_of(path)]
        kept = [one for one in contents if not any(f"WARC-Type: {kind}\r".encode() in one for kind in OURS_ALONE)]
        path.with_name(f"other-{number}.warc.gz").write_bytes(packed(kept))
        path.unlink()
    invoke("index", "-a", copy.folder)
    assert len(holding(copy.folder)) > 2
    homes = copy.crawled.rows(
        "SELECT capture FROM captures WHERE url GLOB 'http://*:*[0-9]/' AND record_type = 'response'"
    )
    invoke("remove", copy.key, *(capture for (capture,) in homes), *REASON, "--yes", "-a", copy.folder)
    assert holding(copy.folder) == []
    assert list(sound(copy.folder)) == []


def test_damage_is_named_as_what_it_can_not_reach(before: Removable, tmp_path: Path) -> None:
    """A file that can't be sealed loses what of it can be read; the rest may hold it, and that is said."""
    copy = before.copied(tmp_path)
    shutil.rmtree(copy.folder / "seals")
    path = sorted(copy.folder.glob("*/warc/*.warc.gz"))[0]
    data = bytearray(path.read_bytes())
    data[-3000] ^= 1
    path.write_bytes(data)
    invoke("index", "--rebuild", "-a", copy.folder, code=ExitCode.FINDINGS)
    said = remove(copy.folder, copy.key)
    assert "can't be read, and may hold it" in said
    assert "archive.db" not in holding(copy.folder)
    assert {one.kind for one in findings(copy.folder)} <= {"broken", "seal", "unproven"}


OURS_ALONE = ("metadata", "resource", "warcinfo")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An archive without seals: two posts on one page, one of them with its own answers, history and an embedded copy."""
    world = World(tmp_path / "world")
    run = world.run(SITE).site()
    capture = run.get("/wp/v2/posts?per_page=100", [post(1, f"<p>{WORD} is here.</p>"), post(2)])
    run.proof("/wp/v2/posts", "post", capture, held=2, stated=2, ids="1-2")
    run.get("/wp/v2/posts?_fields=id,modified_gmt&per_page=100", [{"id": 1}, {"id": 2}])
    run.get("/wp/v2/posts/1", post(1, f"<p>{WORD} is here.</p>"), kind="item")
    run.get("/wp/v2/posts/2", post(2), kind="item")
    run.get(
        "/wp/v2/posts/1/revisions", [{"id": 5, "parent": 1, "slug": "1-revision-v1", "content": {"rendered": WORD}}]
    )
    run.get("/wp/v2/posts/3", {"code": "rest_post_invalid_id", "data": {"status": 404}}, kind="item", status=404)
    run.get("/wp/v2/pages?_embed=1", [post(8, type="page") | {"_embedded": {"up": [post(1)]}}])
    run.get("/wp/v2/posts?status=draft", [post(1, f"<p>{WORD} as a draft.</p>")], privilege=Privilege.AUTHENTICATED)
    run.end()
    world.archive.finish(SITE)
    world.index()
    return world


def test_every_form_in_which_a_site_shows_it_is_found(world: World) -> None:
    """Its page, a sweep with ids only, its own answer, its history, inside another item, with credentials; no other post's."""
    remove(world.archive.root, f"{SITE}/post/1")
    assert holding(world.archive.root) == []
    left = {route for (route,) in rows(world, "SELECT route FROM captures")}
    assert left == {"/wp/v2/posts/2", "/wp/v2/posts/3"}
    assert findings(world.archive.root) == []


def test_what_only_names_its_id_is_left_alone(tmp_path: Path) -> None:
    """Post 1 has a predecessor with the id 10 and an author with the id 1: neither is the page 10, nor post 1 the user 1."""
    world = World(tmp_path / "ids")
    run = world.run(SITE).site()
    run.get("/wp/v2/posts?per_page=100", [post(1)])
    run.get("/wp/v2/pages?per_page=100", [post(10, type="page")])
    comment = {"id": 10, "post": 1, "author_name": "B", "type": "comment", "content": {"rendered": "x"}}
    run.get("/wp/v2/comments?per_page=100", [comment])
    run.get(
        "/wp/v2/users?per_page=100", [{"id": 1, "name": "A", "slug": "a", "url": "", "link": "x", "avatar_urls": {}}]
    )
    run.end()
    world.index()
    left = ["/wp/v2/comments", "/wp/v2/pages", "/wp/v2/posts", "/wp/v2/users"]
    for key, gone in (("page/10", "/wp/v2/pages"), ("user/1", "/wp/v2/users"), ("comment/10", "/wp/v2/comments")):
        remove(world.archive.root, f"{SITE}/{key}")
        left.remove(gone)
        routes = rows(world, "SELECT substr(route, 1, instr(route, '?') - 1) FROM captures ORDER BY 1")
        assert routes == [(one,) for one in left]


def test_pages_of_an_article_go_by_their_address(tmp_path: Path) -> None:
    """As readers, feeds and embedders ask for it; not what only begins so, nor what lies elsewhere."""
    world = World(tmp_path / "pages")
    run = world.run(SITE).site()
    link = f"{HOME}a-post/"
    run.get("/wp/v2/posts?per_page=100", [post(1, link=link)])
    run.get(f"/oembed/1.0/embed?url={link}", {"title": "A", "html": "b"})
    run.get(f"/oembed/1.0/embed?url={link}more", {"title": "C", "html": "d"})
    stay = [f"{link}more/", f"{HOME}?p=11", HOME]
    for url in (link, f"{link}amp/", f"{link}?utm_source=x", f"{HOME}?p=1", *stay):
        made = exchange(url, b"<p>A page.</p>", world.clock(), mime="text/html")
        target = Target(url=url, key=url, kind="page")
        run.store.put(run.store.prepare(Fetched(target=target, verdict=Verdict.ANSWERED, exchanges=(made,))))
    run.end()
    world.index()
    remove(world.archive.root, f"{SITE}/post/1")
    left = [url for (url,) in rows(world, "SELECT url FROM captures ORDER BY rowid")]
    assert left == [f"{ROOT}/oembed/1.0/embed?url={link}more", *stay]


def rows(world: World, query: str) -> list[tuple[str, ...]]:
    """Rows of a world's database."""
    return [(*row,) for row in world.rows(query)]


def test_what_names_private_files_is_hidden(world: World) -> None:
    """The log that may be published has neither their names nor, for them, the reason."""
    remove(world.archive.root, f"{SITE}/post/1")
    log = seals_of(world.archive.root).log()
    assert b"private" not in (world.archive.root / "seals" / "log").read_bytes()
    hidden = [one for one in removals_in(log) if log.entries[one.index].is_hidden]
    assert [("/private/" in one.file) for one in hidden] == [True]


def test_other_items_can_be_proven_alone_from_the_same_file(desk: Desk, tmp_path: Path) -> None:
    """The leaves that the log keeps stand for the removed ones in both trees: of the records, and of the items."""
    world = World(tmp_path / "proven")
    run = world.run(SITE).site()
    for route, items in (("posts", [post(1), post(2)]), ("pages", [post(20, type="page"), post(21, type="page")])):
        run.get(f"/wp/v2/{route}?per_page=100", json.dumps(items, separators=(",", ":")).encode())
    run.end()
    world.index()
    desk.seal(world.archive.root)
    remove(world.archive.root, f"{SITE}/post/1")
    for more in ((), ("--alone",)):
        place = tmp_path / f"package{len(more)}"
        invoke("export", "--item", f"{SITE}/page/21", *more, "-o", place, "-a", world.archive.root)
        done = subprocess.run(["sh", "verify.sh"], cwd=place, capture_output=True, text=True, check=False)
        assert (done.returncode, "ALL GOOD" in done.stdout) == (0, True), done.stderr


def test_an_archive_without_seals_gets_its_first_with_the_removal(world: World) -> None:
    """The files are sealed as they were, and only then the records go: the leaves that stay are sealed ones."""
    assert not (world.archive.root / "seals").exists()
    remove(world.archive.root, f"{SITE}/post/1")
    assert len(seals_of(world.archive.root).all()) == 2
    assert codes(world.archive.root) == set()


def test_media_goes_with_its_files_and_the_same_bytes_elsewhere_are_named(site: FakeWordPress, tmp_path: Path) -> None:
    """A post that goes leaves the files of its pictures; a media item takes its own."""
    archive = crawl(tmp_path / "archive", site.url, changes={"media": "originals"})
    (name,) = [one.name for one in archive.archive.sites()]
    wp_id = archive.ids("attachment")[0]
    files = archive.rows("SELECT url, sha256 FROM media_files WHERE media = ? AND sha256 IS NOT NULL", wp_id)
    assert files
    assert any(path.endswith(".jsonl") for url, _ in files for path in holding(archive.folder, url))
    said = remove(archive.folder, f"{name}/attachment/{wp_id}")
    assert "file" in said
    for url, _ in files:
        assert archive.rows("SELECT 1 FROM captures WHERE url = ?", url) == []
        assert [path for path in holding(archive.folder, url) if path.endswith(".jsonl")] == []
    assert list(sound(archive.folder)) == []


def test_what_was_removed_is_no_damage(after: Removable) -> None:
    """A person had it removed: `index` doesn't fail, `status` doesn't call for anybody; the table says when and why."""
    invoke("index", "-a", after.folder)
    ((reason,), *_) = after.crawled.rows("SELECT DISTINCT reason FROM damage")
    assert reason.endswith(f": {REASON[1]} ({REASON[3]})")
    assert "damage" not in invoke("status", "-a", after.folder).stdout


LENGTHS = [*range(460, 800, 7), 65_550, *range(65_990, 66_010), 131_100, 1_000_003, 20_000_000]


@pytest.mark.parametrize("text", ["short", "very long, ä漢🐦" * 60])
def test_a_tombstone_has_any_length_that_is_asked_for(tmp_path: Path, text: str) -> None:
    """To the byte, as one stored member in our form whose JSON can be read; too short is refused, not cut."""
    said = Statement("2026-11-27T21:00:00.000000Z", text, "12 O 34/26", ["A" * 43 + "="] * 3)
    path = tmp_path / "one.warc.gz"
    for length in (*LENGTHS, *random.Random(16).sample(range(460, 300_000), 40)):
        path.write_bytes(b"".join(tombstone(said, str(length).encode(), length)))
        assert path.stat().st_size == length
        (entry,) = exchanges(path)
        found = statement_in(entry.data)  # type: ignore[union-attr]
        assert found.at == said.at
        if length > 5_000:
            assert (found.reason, found.leaves) == (text, said.leaves)
        if length < 1 << 20:
            assert json.loads(entry.data)["at"] == said.at  # type: ignore[union-attr]
        with path.open("rb") as file:
            assert is_stored(file, 0, length)
    with pytest.raises(TooShortError):
        tombstone(said, b"", 300)
