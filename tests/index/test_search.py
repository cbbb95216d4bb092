"""Full-text search finds what is there now, and nothing that was there before."""

import sqlite3
from contextlib import closing

import pytest
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


def rowids(world: World, table: str, words: str) -> list[int]:
    """Rows of a search table that match."""
    return [row[0] for row in world.rows(f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY 1", words)]


def past(world: World, words: str) -> list[str | None]:
    """Titles of the former versions that match."""
    query = "SELECT title FROM versions WHERE rowid IN (SELECT rowid FROM past_fts WHERE past_fts MATCH ?) ORDER BY 1"
    return [row[0] for row in world.rows(query, words)]


def test_words_in_scripts_without_spaces_are_found(world: World) -> None:
    """Wherever they stand in a run of signs, in posts, media and comments; an edit takes the old ones away."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1, "<p>横浜港務局は霧信号を止めた。</p>"), post(2), post(3, "<p>ข่าวท่าเรือวันนี้</p>")])
    run.get("/wp/v2/media", [{"id": 8, "type": "attachment", "title": {"rendered": "北岸壁の写真"}, "alt_text": ""}])
    comment = {
        "id": 5,
        "post": 1,
        "author_name": "林",
        "content": {"rendered": "<p>新港口在哪里</p>"},
        "type": "comment",
    }
    run.get("/wp/v2/comments", [comment])
    run.end()
    world.index()
    for words, found in (("霧信 信号", [1]), ("港務", [1]), ("ท่ ่า าเ เร รื ือ", [3]), ("信号 号機", [])):
        assert rowids(world, "posts_grams", f'"{words}"') == found, words
    assert rowids(world, "media_grams", '"岸壁"') == [1] and rowids(world, "comments_grams", '"港口"') == [1]
    assert rowids(world, "comments_grams", '"林"') == [1]
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1, "<p>横浜港務局は晴れ。</p>"), post(2), post(3, "<p>plain</p>")])
    run.end()
    world.index()
    assert rowids(world, "posts_grams", '"霧信"') == [] and rowids(world, "posts_grams", '"晴れ"') == [1]
    assert [row[0] for row in world.rows("SELECT id FROM posts_grams_docsize")] == [1]
    assert list(verify(world.archive)) == []
    world.index(rebuild=True)
    assert rowids(world, "posts_grams", '"晴れ"') == [1] and list(verify(world.archive)) == []


def test_what_an_item_said_before_is_found(world: World) -> None:
    """Every version but the standing one; one that stands again isn't former any more."""
    for content in ("alpha one", "beta 霧信号", "alpha one", "gamma"):
        run = world.run().site()
        run.get("/wp/v2/posts", [post(1, f"<p>{content}</p>"), post(2)])
        run.end()
        world.index()
        if content == "beta 霧信号":
            assert past(world, "alpha") and not past(world, "beta")
        elif content == "alpha one":
            assert not past(world, "alpha")
        assert list(verify(world.archive)) == []
    assert past(world, "alpha") and past(world, "beta") and past(world, '"信号"') and not past(world, "gamma")
    stood = world.rows("SELECT rowid FROM past_fts ORDER BY 1")
    world.index(rebuild=True)
    assert world.rows("SELECT rowid FROM past_fts ORDER BY 1") == stood
    assert list(verify(world.archive)) == []


def test_former_words_that_only_credentials_showed_are_not_found(world: World) -> None:
    """A draft's earlier text is as private as the draft."""
    for content in ("secret", "open"):
        run = world.run().site()
        run.get("/wp/v2/posts?context=edit", [post(2, content, status="draft")], privilege=Privilege.AUTHENTICATED)
        run.end()
        world.index()
    assert len(world.rows("SELECT * FROM versions")) == 2
    assert past(world, "secret") == []
    assert list(verify(world.archive)) == []


@pytest.mark.parametrize("table", ["posts_grams", "past_fts"])
@pytest.mark.parametrize("forgery", ["one word too many", "one row too few"])
def test_verify_compares_these_indexes(world: World, table: str, forgery: str) -> None:
    """They have no text of their own; what is in them is compared all the same."""
    for content in ("<p>港務局の霧信号</p>", "<p>港務局の晴れ</p>"):
        run = world.run().site()
        run.get("/wp/v2/posts", [post(1, content)])
        run.end()
    world.index()
    assert list(verify(world.archive)) == []
    with closing(sqlite3.connect(world.archive.database)) as conn:
        if forgery == "one word too many":
            conn.execute(f"INSERT INTO {table} (rowid, title, text) VALUES (1, '', 'forged')")
        else:
            conn.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        conn.execute("DELETE FROM _wparchive_imprints")  # a forger would leave no trace there
        conn.commit()
    findings = list(verify(world.archive))
    assert any(f"{table}: the search index" in finding.message for finding in findings), findings
