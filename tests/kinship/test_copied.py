"""The kind `copied`: a new or edited text that stands on another site which held it before; what is said of it is held."""

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archives import World, post
from invented_articles import LANGUAGES, Story, Writer
from reading import PREFIX, Reading

from wparchive.ask.change_keys import change_keys
from wparchive.ask.changes import Change, Question, changes
from wparchive.ask.presenting.lines import lines
from wparchive.ask.presenting.tables import as_csv, as_dict
from wparchive.audit.finding import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.audit.verify import verify
from wparchive.export.evidence.evidence_package import make_package
from wparchive.export.evidence.evidence_wanted import change_wanted
from wparchive.fleet.notify.message import compose, text
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings

COPIED = Question(kinds=("copied",))


def html(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def fresh(number: int, paragraphs: int = 5) -> Story:
    writer = Writer(LANGUAGES[0], number)
    return writer.story(writer.topic(), paragraphs)


OWN = [post(1, html(*fresh(900).lines))]


def crawl(world: World, site: str, *posts: dict[str, Any], index: bool = True) -> None:
    """A run whose listing of posts is complete."""
    run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"])
    held = [{**one, "link": f"https://{site}/{one['id']}/"} for one in posts]
    listing = run.get("/wp/v2/posts", json.dumps(held, separators=(",", ":")).encode())  # as WordPress writes it
    run.proof("/wp/v2/posts", "post", listing, stated=len(held), held=len(held))
    run.end()
    if index:
        world.index()


def told(world: World) -> list[Change]:
    return list(changes(world.archive.database, COPIED))


def rows(world: World) -> list[tuple[Any, ...]]:
    return sorted(world.rows("SELECT * FROM copied")) + sorted(world.rows("SELECT * FROM _wparchive_meetings"))


def sound(world: World) -> None:
    """What came step by step equals a rebuild, with the same ids; `verify` compares it."""
    stepwise, ids = rows(world), sorted(change_keys(world.archive.database))
    tally = Tally()
    assert list(verify(world.archive, tally)) == []
    assert "copied" in tally.compared
    world.index(rebuild=True)
    assert rows(world) == stepwise
    assert sorted(change_keys(world.archive.database)) == ids


def test_a_new_item_that_stands_on_another_site_is_told_with_both_sides(world: World) -> None:
    """Both items, their captures, the share, and who was first with its standing; first runs of a site tell nothing."""
    story = fresh(1)
    crawl(world, "one.test", post(1, html(*story.lines)))
    crawl(world, "first.test", post(3, html(*story.lines)))
    crawl(world, "two.test", post(1, html(*fresh(2).lines)))
    assert told(world) == []
    dates = dict.fromkeys(("date", "date_gmt", "modified", "modified_gmt"), "2026-11-22T06:00:00")
    crawl(world, "two.test", post(1, html(*fresh(2).lines)), post(7, html(*story.lines, *fresh(3, 4).lines), **dates))
    (change,) = told(world)
    kin = change.kin
    assert kin and (change.item, kin.other, kin.others, kin.kind) == (
        "two.test/post/7",
        "one.test/post/1",
        1,
        "extended",
    )
    assert (kin.standing, kin.first) == ("proven", "one.test/post/1")
    sites = dict(world.rows("SELECT capture, site FROM captures"))
    assert change.before and change.after
    assert (sites[change.before.capture], sites[change.after.capture]) == ("one.test", "two.test")
    said = "\n".join(lines(change))
    assert f"{kin.share} % of it stands in one.test/post/1 too (extended), and in 1 more, which is held since" in said
    assert "captures prove it" in said
    assert "the other: " in said
    assert as_dict(change)["kin"]["reasons"]
    (row,) = csv.DictReader(io.StringIO("".join(as_csv([change]))))
    assert row["reason"] == change.reason
    assert {one.kind for one in changes(world.archive.database)} == {"copied", "appeared"}
    sound(world)


def test_who_was_first_may_be_undecidable(world: World) -> None:
    """A site whose older text came late into the archive isn't said to have come later."""
    story = fresh(4)
    crawl(world, "two.test", *OWN)
    crawl(world, "one.test", post(2, html(*story.lines)))
    crawl(world, "two.test", *OWN, post(2, html(*story.lines)))
    (change,) = told(world)
    assert change.kin and (change.kin.standing, change.kin.first) == ("undecidable", None)
    assert "undecidable" in change.reason
    crawl(world, "three.test", *OWN)
    crawl(world, "two.test", *OWN, post(2, html(*story.lines)))
    assert [one.id for one in told(world)] == [change.id]
    sound(world)


def test_an_edit_brings_the_text_and_later_versions_do_not_move_it(world: World) -> None:
    """The change is of the version that had the text first, and keeps its id; one that turns it into a copy is another."""
    story, own = fresh(5, 6), fresh(6, 6)
    crawl(world, "one.test", post(1, html(*story.lines)))
    crawl(world, "two.test", post(1, html(*own.lines)))
    edited = [html(*own.lines[:2], *story.lines[:4]), html(*story.lines), html(*own.lines, *story.lines[:2])]
    crawl(world, "two.test", post(1, edited[0], modified_gmt="2026-02-03T02:04:05"))
    (change,) = told(world)
    assert change.kin and change.kin.kind in ("rewritten", "excerpt", "extended")
    share = change.kin.share
    for day, content in enumerate(edited[1:], 4):
        crawl(world, "two.test", post(1, content, modified_gmt=f"2026-02-0{day}T02:04:05"))
        copy, again = told(world)
        assert copy.kin and (copy.kin.kind, copy.kin.share_before) == ("copy", share)
        assert again.kin and (again.id, again.kin.share) == (change.id, share)
        sound(world)
    crawl(world, "one.test", post(1, html(*fresh(7).lines), modified_gmt="2026-03-03T02:04:05"))
    assert [one.id for one in told(world)] == [copy.id, change.id]
    sound(world)


def test_what_is_no_copy_is_not_told(world: World) -> None:
    """Neither a quotation, nor the same site's own, nor what five sites print already, nor a series; each is kin all the same."""
    story, release = fresh(8), fresh(9)
    quoted = f"“{story.lines[0]}”"
    sites = [f"s{n}.test" for n in range(5)]
    for site in sites:
        crawl(world, site, *OWN[:0], post(90, html(*fresh(hash_of(site)).lines)), index=False)
    crawl(world, "s0.test", post(90, html(*fresh(hash_of("s0.test")).lines)), post(1, html(quoted, *fresh(10).lines)))
    crawl(world, "s1.test", post(90, html(*fresh(hash_of("s1.test")).lines)), post(1, html(quoted, *fresh(11).lines)))
    own = [post(n, html(*fresh(12).lines, f"Part {n} of the same.")) for n in (2, 3)]
    crawl(world, "s2.test", post(90, html(*fresh(hash_of("s2.test")).lines)), *own)
    assert told(world) == []
    for number, site in enumerate(sites, 1):
        crawl(world, site, post(90, html(*fresh(hash_of(site)).lines)), post(5, html(*release.lines)))
        assert len(told(world)) == min(number - 1, 3)
    assert world.rows("SELECT DISTINCT kind FROM clusters WHERE sites = 5") == [("everybody",)]
    sound(world)


def hash_of(site: str) -> int:
    """A number of a story that no other site has."""
    return 700 + int(site[1])


def test_the_order_of_indexing_and_a_site_that_goes(world: World) -> None:
    """Sites that are indexed late, or one by one, give equal rows; with the other site its claim goes."""
    story = fresh(13)
    crawl(world, "b.test", *OWN, index=False)
    crawl(world, "a.test", post(1, html(*story.lines)), index=False)
    crawl(world, "b.test", *OWN, post(2, html(*story.lines)), index=False)
    world.index(sites=["b.test"])
    assert told(world) == []
    world.index()
    (change,) = told(world)
    world.index(sites=["b.test"], rebuild=True)
    assert [one.id for one in told(world)] == [change.id]
    assert json.loads(json.dumps(as_dict(change)))["kin"]["other"] == "a.test/post/1"
    sound(world)
    shutil.rmtree(world.archive.site("a.test").path)
    world.index()
    assert told(world) == []
    sound(world)


def copied(world: World) -> Change:
    """The one change, in an archive of two sites of which one has the other's text later."""
    story = fresh(14)
    crawl(world, "b.test", *OWN, index=False)
    crawl(
        world, "a.test", post(1, html(*story.lines), title={"rendered": "Told &lt;b&gt;first&lt;/b&gt;"}), index=False
    )
    crawl(world, "b.test", *OWN, post(2, html(*story.lines), title={"rendered": "Told &lt;b&gt;later&lt;/b&gt;"}))
    (change,) = told(world)
    return change


def test_messages_and_pages_show_it(world: World) -> None:
    """A message counts it and says what is held; so do the stream, its kinds, and the run that noticed it."""
    change = copied(world)
    message = compose(world.archive.database.parent, "2026-11-28T00:00:00Z", [change], [])
    assert message and change.reason in "\n".join(text(message))
    with Reading(world.archive.database) as room:
        stream = room.get(f"{PREFIX}/changes?kind=copied").text
        assert "b.test/post/2/kin" in stream
        assert "stands in a.test/post/1 too (copy)" in stream
        assert "<b>later" not in stream
        assert "stands in a.test/post/1 too" in room.get(f"{PREFIX}/run/{change.run}").text
        assert [one["id"] for one in room.get(f"{PREFIX}/changes.json?kind=copied").json()["items"]] == [change.id]
    with Reading(world.archive.database, closed=("kinship",)) as room:
        assert "a.test/post/1" not in room.get(f"{PREFIX}/changes").text


def test_its_evidence_has_the_captures_of_both_sides(world: World, tmp_path: Path) -> None:
    """A package of the change proves both captures, of two sites, and claims no more than is held."""
    change = copied(world)
    assert seal(world.archive, SealSettings(), post=lambda *_: b"", now=lambda: datetime.now(UTC), wait=0).made
    wanted = change_wanted(world.archive, change.id)
    assert change.before and change.after
    assert {change.before.capture, change.after.capture} <= wanted.captures.keys()
    place = tmp_path / "package"
    make_package(world.archive, place, wanted, key=None, now=datetime.now(UTC), private=False)
    assert list(verify_package(place, Tally())) == []
    statement = (place / "STATEMENT.html").read_text()
    assert "stands in a.test/post/1 too (copy)" in statement
    assert "Nothing here says who took it from whom" in statement
    assert len(wanted.history.versions) == 1
