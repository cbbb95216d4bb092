"""Full-text search finds what is there now, and nothing that was there before."""

import sqlite3
from contextlib import closing

from archives import World, post

from wparchive.audit import verify
from wparchive.model import Privilege


def hits(world: World, table: str, words: str) -> list[int]:
    """Ids of the items that match."""
    query = (
        f"SELECT wp_id FROM {table} WHERE rowid IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH ?) ORDER BY 1"
    )
    return [row[0] for row in world.rows(query, words)]


def sound(world: World) -> None:
    """The search tables agree with theirs."""
    with closing(sqlite3.connect(world.archive.database)) as conn:
        for table in ("posts", "media", "comments"):
            conn.execute(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('integrity-check', 1)")


def test_titles_and_text_of_all_kinds_are_found(world: World) -> None:
    """Posts, media and comments; accents folded; markup isn't text."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1, "<p class='hidden'>Čaj &amp; kolač</p>"), post(2)])
    run.get(
        "/wp/v2/media", [{"id": 8, "type": "attachment", "title": {"rendered": "Harbour"}, "alt_text": "a red boat"}]
    )
    comment = {"id": 5, "post": 1, "author_name": "Zoë", "content": {"rendered": "<p>Nice tea</p>"}, "type": "comment"}
    run.get("/wp/v2/comments", [comment])
    run.end()
    world.index()
    assert hits(world, "posts", "kolac") == [1]
    assert hits(world, "posts", "hidden") == []
    assert hits(world, "media", "harbour boat") == [8]
    assert hits(world, "comments", "zoe tea") == [5]
    sound(world)


def test_words_of_an_old_version_are_gone(world: World) -> None:
    """After edits in later runs, and twice within one, the search table is still sound."""
    contents = ("<p>alpha</p>", "<p>beta</p>", "<p>gamma</p>")
    for content in contents:
        run = world.run().site()
        run.get("/wp/v2/posts", [post(1, content), post(2, "<p>omega</p>")])
        run.get("/wp/v2/posts/1", post(1, f"{content}<p>later</p>"), kind="item")
        run.get("/wp/v2/posts/3", post(3, content), kind="item")
        run.get("/wp/v2/posts/3", post(3, f"{content} again"), kind="item")
        run.end()
        world.index()
        sound(world)
    assert hits(world, "posts", "alpha OR beta") == []
    assert hits(world, "posts", "gamma later") == [1]
    assert hits(world, "posts", "omega") == [2]
    assert hits(world, "posts", "gamma again") == [3]
    world.index(rebuild=True)
    sound(world)
    assert hits(world, "posts", "gamma") == [1, 3]


def test_what_only_credentials_showed_is_not_found(world: World) -> None:
    """Nor listed among the articles; once strangers see it, it is both."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.get("/wp/v2/posts?context=edit", [post(2, "<p>secret</p>", status="draft")], privilege=Privilege.AUTHENTICATED)
    run.end()
    world.index()
    assert world.rows("SELECT wp_id, privilege FROM posts ORDER BY 1") == [(1, "anonymous"), (2, "authenticated")]
    assert hits(world, "posts", "secret") == []
    assert world.rows("SELECT wp_id FROM articles") == [(1,)]
    assert list(verify(world.archive)) == []
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2, "<p>secret</p>")])
    run.end()
    world.index()
    assert hits(world, "posts", "secret") == [2]
    assert len(world.rows("SELECT wp_id FROM articles")) == 2
    world.index(rebuild=True)
    assert hits(world, "posts", "secret") == [2]
    assert list(verify(world.archive)) == []
