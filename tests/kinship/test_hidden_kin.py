"""What strangers aren't shown any more is in no table of kinship, and hides nothing that they are shown."""

import sys
from pathlib import Path

from archives import World, post
from invented_articles import LANGUAGES, Writer
from newspapers import html
from reading import PREFIX, Reading

sys.path.append(str(Path(__file__).parent.parent / "intake"))

from writers import answer, info, write

from wparchive.intake import import_files
from wparchive.model import Privilege


def crawl(world: World, site: str, held: list[dict[str, object]], privilege: Privilege = Privilege.ANONYMOUS) -> None:
    run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"])
    run.get("/wp/v2/posts", held, privilege=privilege)
    run.end()


def test_a_pair_that_strangers_are_not_shown_ends_no_list(world: World, tmp_path: Path) -> None:
    """An article that only who logs in sees now was public once, as another tool's file shows; it has most text of all."""
    writer = Writer(LANGUAGES[0], 990)
    stories = [writer.story(writer.topic(), 9 if at == 1 else 3) for at in range(1, 26)]
    posts = [post(at, html(story)) for at, story in enumerate(stories, 1)]
    crawl(world, "one.test", posts)
    crawl(world, "two.test", posts[1:])
    crawl(world, "two.test", posts[:1], Privilege.AUTHENTICATED)
    world.index()
    began = world.one("SELECT max(started_at) FROM runs WHERE site = 'two.test'")
    # One microsecond after the run began is before it saw the item.
    at = f"{began[:19]}.{int(began[20:26]) + 1:06d}Z"
    old = answer("/wp-json/wp/v2/posts/1", posts[0], at, home="https://two.test")
    import_files(world.archive, [write(tmp_path, "old", [info(), old])])
    world.index()
    known = "SELECT p.privilege, v.privilege FROM posts p JOIN versions v ON v.item = p.item WHERE p.item = 'two.test/post/1'"
    assert ("authenticated", "anonymous") in world.rows(known)
    assert world.one("SELECT count(*) FROM kinship") == 24
    with Reading(world.archive.database) as room:
        said = room.get(f"{PREFIX}/kinship?one=one.test&two=two.test").text
    assert ">All</a> (24)" in said
    for table in ("pages", "inventory"):  # an order has reasons from these
        with Reading(world.archive.database, closed=(table,)) as room:
            assert room.get(f"{PREFIX}/kinship?one=one.test&two=two.test").status_code == 403
            assert "dated 20" not in room.get(f"{PREFIX}/item/one.test/post/2/kin").text
            assert "dated 20" in room.get(f"{PREFIX}/item/one.test/post/2/kin", root=True).text
