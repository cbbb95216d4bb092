"""What WARCs hold becomes rows: every kind of item, as WordPress sent it, pointing at its evidence."""

import json
from pathlib import Path

from archives import HOME, ROOT, SITE, World, post

from wparchive.model import Privilege

LAB = json.loads((Path(__file__).parent / "data" / "lab-6.1.9.json").read_text("utf-8"))


def lab(world: World) -> None:
    """An archive of real answers."""
    run = world.run()
    run.site(home="http://127.0.0.1:8081/", root="http://127.0.0.1:8081/wp-json/", aliases=[])
    for route, items in LAB.items():
        capture = run.get(route, items)
        if isinstance(items, list):
            run.proof(route, "x", capture, stated=len(items), held=len(items))
    run.end()
    world.index()


def test_every_item_of_a_real_site_has_its_row(world: World) -> None:
    """Each kind ends in its table, under site, type and id."""
    lab(world)
    held = dict(world.rows("SELECT type, items FROM held"))
    assert held == {"post": 3, "page": 2, "attachment": 2, "comment": 2, "user": 2, "category": 2}
    assert world.one("SELECT count(*) FROM objects") == 2
    for item in LAB["/wp/v2/posts"]:
        query = "SELECT date, slug, link, author, content, protected, guid FROM posts WHERE wp_id = ?"
        ((date, slug, link, author, content, protected, guid),) = world.rows(query, item["id"])
        assert (date, slug, link, author) == (item["date"], item["slug"], item["link"], item["author"])
        assert content == item["content"]["rendered"]
        assert bool(protected) is item["content"]["protected"]
        assert guid == item["guid"]["rendered"]


def test_raw_is_the_items_own_source_text(world: World) -> None:
    """`raw` is cut out of the answer, not written anew: escapes, spaces and order stay."""
    body = b'[ {"id": 5,  "type":"post","title":{"rendered":"A \\u00e9 \\/ b"}, "content":{"rendered":"<p>x<\\/p>"} } ]'
    run = world.run().site()
    run.get("/wp/v2/posts", body)
    types = b'{"post": {"slug" : "post","name":"Posts \\/"}, "page":{"slug":"page","name":"P"}}'
    run.get("/wp/v2/types", types)
    run.end()
    world.index()
    assert world.one("SELECT raw FROM posts") == body[2:-2].decode()
    assert world.rows("SELECT slug, raw FROM objects WHERE slug = 'post'") == [
        ("post", '{"slug" : "post","name":"Posts \\/"}')
    ]


def test_text_around_the_json_is_flagged_and_not_part_of_raw(world: World) -> None:
    """A notice before a single item's JSON is repaired on the way into the index, and the capture says so."""
    item = json.dumps({"id": 9, "type": "post", "slug": "n", "title": {"rendered": "T"}})
    run = world.run().site()
    run.get("/wp/v2/posts/9", b"<b>Notice</b>: {oops} on line 3\n" + item.encode() + b"<!-- cached -->", kind="item")
    run.end()
    world.index()
    assert world.one("SELECT raw FROM posts") == item
    assert set(json.loads(world.one("SELECT flags FROM captures WHERE kind = 'item'"))) == {"junk-before", "junk-after"}


def test_titles_are_plain_and_content_is_html(world: World) -> None:
    """Titles and names are decoded and stripped, content and excerpt stay as sent."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.end()
    world.index()
    row = world.rows("SELECT title, content, excerpt, text FROM posts")[0]
    assert row == ("Post & 1", "<p>Text of a post.</p>", "<p>Text of</p>", "Text of a post.")


def test_every_row_names_the_capture_that_holds_it(world: World) -> None:
    """A row's capture is in `captures`, and its records are in `records` with their place in the WARC."""
    lab(world)
    for table in ("posts", "media", "comments", "terms", "users", "objects", "versions", "listings"):
        query = f"SELECT count(*) FROM {table} t LEFT JOIN captures c USING (capture) WHERE c.capture IS NULL"
        assert world.one(query) == 0, table
    query = (
        "SELECT count(*) FROM captures c LEFT JOIN records r ON r.record_id = c.capture AND r.warc = c.warc "
        "AND r.offset = c.offset AND r.length = c.length WHERE r.warc IS NULL"
    )
    assert world.one(query) == 0


def test_ids_are_exact_and_nothing_shares_a_row(world: World) -> None:
    """One id in two types makes two rows; 64-bit ids stay whole; an id of another kind makes no row."""
    big = 2**62 + 1
    run = world.run().site()
    run.get("/wp/v2/posts", [post(big), {"id": "x", "type": "post"}, {"id": 1.5, "type": "post"}, []])
    run.get("/wp/v2/pages", [post(big, type="page"), post(7, type="weird-of-a-plugin")])
    run.end()
    world.index()
    assert world.rows("SELECT type, wp_id, typeof(wp_id) FROM posts ORDER BY 2, 1") == [
        ("page", 7, "integer"),
        ("page", big, "integer"),
        ("post", big, "integer"),
    ]


def test_an_item_of_another_type_in_a_listing_keeps_its_type(world: World) -> None:
    """A site that lists its books among the posts still has one row a book."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2, type="book")])
    run.get("/wp/v2/book", [post(2, type="book")])
    run.end()
    world.index()
    assert world.rows("SELECT type, wp_id FROM posts ORDER BY 2") == [("post", 1), ("book", 2)]


def test_collections_that_no_fact_names_are_told_by_the_shape_of_items(world: World) -> None:
    """An unknown type is indexed by its own words; search results aren't items."""
    run = world.run()
    run.get("/plugin/v1/events", [{"id": 3, "type": "event", "slug": "e", "title": {"rendered": "E"}}])
    run.get("/plugin/v1/moods", [{"id": 4, "taxonomy": "mood", "name": "Calm", "slug": "calm"}])
    run.get("/wp/v2/search", [{"id": 5, "title": "S", "url": HOME, "type": "post", "subtype": "post"}])
    run.end()
    world.index()
    assert world.rows("SELECT type, wp_id FROM posts") == [("event", 3)]
    assert world.rows("SELECT taxonomy, wp_id, name FROM terms") == [("mood", 4, "Calm")]


def test_terms_of_a_post_come_from_its_own_fields(world: World) -> None:
    """Custom taxonomies are found by the wp:term links, in pretty and plain spelling."""
    plain = f"{HOME}index.php?rest_route=%2Fwp%2Fv2%2Fgenres&post=1"
    item = post(1, genres=[11, "12", None, "x"])
    item["_links"]["wp:term"].append({"taxonomy": "genre", "href": plain})
    run = world.run().site()
    run.get("/wp/v2/posts", [item])
    run.end()
    world.index()
    assert world.rows("SELECT taxonomy, term FROM post_terms ORDER BY 1, 2") == [
        ("category", 3),
        ("category", 4),
        ("genre", 11),
        ("genre", 12),
        ("post_tag", 7),
    ]


def test_chosen_fields_never_take_the_place_of_a_whole_item(world: World) -> None:
    """An item read with `_fields` makes a row flagged partial, or only says that it was seen."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.get("/wp/v2/posts?_fields=id,slug,modified_gmt", [{"id": 1, "slug": "other"}, {"id": 2, "slug": "two"}])
    run.get("/wp/v2/posts?_fields=id,title", [{"id": 2, "title": {"rendered": "Two"}}])
    run.end()
    world.index()
    assert world.rows("SELECT wp_id, slug, title, content IS NULL, partial FROM posts ORDER BY 1") == [
        (1, "post-1", "Post & 1", 0, 0),
        (2, "two", "Two", 1, 1),
    ]
    assert world.one("SELECT first_seen < last_seen FROM posts WHERE wp_id = 1") == 1
    assert world.rows("SELECT wp_id FROM versions") == [(1,)]
    later = world.run().site()
    later.get("/wp/v2/posts/2", post(2), kind="item")
    later.end()
    world.index()
    assert world.rows("SELECT slug, partial, content FROM posts WHERE wp_id = 2") == [
        ("post-2", 0, "<p>Text of a post.</p>")
    ]


def test_what_credentials_show_never_takes_the_place_of_what_the_public_sees(world: World) -> None:
    """Private rows are flagged, and give way to public ones."""
    secret = {"privilege": Privilege.AUTHENTICATED}
    run = world.run().site()
    run.get("/wp/v2/posts?context=edit", [post(1, "<p>raw</p>"), post(2, "<p>draft</p>", status="draft")], **secret)
    run.get("/wp/v2/posts", [post(1)])
    run.end()
    world.index()
    expected = [(1, "anonymous", "<p>Text of a post.</p>"), (2, "authenticated", "<p>draft</p>")]
    assert world.rows("SELECT wp_id, privilege, content FROM posts ORDER BY 1") == expected
    later = world.run().site()
    later.get("/wp/v2/posts?context=edit", [post(1, "<p>raw 2</p>")], **secret)
    later.get("/wp/v2/posts?_fields=id,slug", [{"id": 2, "slug": "now-public"}])
    later.get("/wp/v2/posts", [post(2, "<p>published</p>")])
    later.end()
    world.index()
    expected = [(1, "anonymous", "<p>Text of a post.</p>"), (2, "anonymous", "<p>published</p>")]
    assert world.rows("SELECT wp_id, privilege, content FROM posts ORDER BY 1") == expected
    warcs = world.rows("SELECT DISTINCT warc FROM captures WHERE privilege = 'authenticated'")
    assert all("/private/" in warc for (warc,) in warcs)


def test_a_secret_partial_row_leaves_nothing_in_a_public_one(world: World) -> None:
    """Fields that only credentials showed don't stay when the public shows fewer."""
    run = world.run().site()
    fields = {"id": 4, "slug": "s", "content": {"rendered": "hidden"}}
    run.get("/wp/v2/posts?_fields=id,slug,content", [fields], privilege=Privilege.AUTHENTICATED)
    run.end()
    later = world.run().site()
    later.get("/wp/v2/posts?_fields=id,slug", [{"id": 4, "slug": "s"}])
    later.end()
    world.index()
    assert world.rows("SELECT privilege, content, partial FROM posts") == [("anonymous", None, 1)]


def test_revisions_are_rows_of_their_own(world: World) -> None:
    """A history capture fills `revisions` with the parent's type; no post comes of it."""
    revision = {
        "id": 21,
        "parent": 1,
        "author": 2,
        "slug": "1-revision-v1",
        "title": {"rendered": "Old"},
        "modified_gmt": "2026",
    }
    run = world.run().site()
    run.get("/wp/v2/posts/1/revisions?context=edit", [revision], kind="history", privilege=Privilege.AUTHENTICATED)
    run.end()
    world.index()
    assert world.rows("SELECT type, wp_id, parent, author, title FROM revisions") == [("post", 21, 1, 2, "Old")]
    assert world.one("SELECT count(*) FROM posts") == 0


def test_a_version_is_one_distinct_content(world: World) -> None:
    """Noise makes no version; a change makes one; a change back makes none but is seen."""
    for content, count in (("<p>A</p>", 1), ("<p>A</p>", 1), ("<p>B</p>", 2), ("<p>A</p>", 2)):
        run = world.run().site()
        run.get("/wp/v2/posts", [post(1, content, class_list=[str(world.clock.now)])])
        run.end()
        world.index()
        assert world.one("SELECT count(*) FROM versions") == count
    assert world.one("SELECT content FROM posts") == "<p>A</p>"
    ((capture, newest),) = world.rows("SELECT capture, (SELECT capture FROM captures ORDER BY rowid DESC) FROM posts")
    assert capture == newest
    assert world.one("SELECT first_seen < last_seen FROM versions WHERE content = '<p>A</p>'") == 1


def test_revision_counts_follow_without_a_new_version(world: World) -> None:
    """A save without a change moves WordPress's revision numbers and the link, not the version."""
    for count, predecessor in ((2, 10), (3, 33)):
        item = post(1)
        item["_links"]["version-history"][0]["count"] = count
        item["_links"]["predecessor-version"] = [
            {"id": predecessor, "href": f"{ROOT}/wp/v2/posts/1/revisions/{predecessor}"}
        ]
        run = world.run().site()
        run.get("/wp/v2/posts", [item])
        run.end()
        world.index()
    assert world.rows("SELECT revision_count, predecessor_version FROM posts") == [(3, 33)]
    assert world.rows("SELECT revision_count, predecessor_version FROM versions") == [(2, 10)]
    assert world.rows("SELECT href FROM links WHERE relation = 'predecessor-version'") == [
        (f"{ROOT}/wp/v2/posts/1/revisions/33",)
    ]


def test_outbound_knows_hot_links_from_the_sites_own_files(world: World) -> None:
    """Images from other hosts are hot-linked; those of the home, or of a host that serves media, players and links aren't."""
    html = (
        f'<img src="{HOME}a.jpg"><img src="https://cdn.example.net/b.jpg"><img src="https://other.test/c.jpg">'
        '<a href="https://other.test/page">x</a><iframe src="https://video.test/v"></iframe>'
        '<img src="https://i0.wp.com/example.org/d.jpg?w=9"><a href="https://other.test/c.jpg">again</a><img src="/e.jpg">'
    )
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1, html)])
    run.get(
        "/wp/v2/media",
        [{"id": 8, "type": "attachment", "source_url": "https://cdn.example.net/b.jpg", "media_details": []}],
    )
    run.end()
    world.index()
    assert world.rows("SELECT url, element, hotlink FROM outbound ORDER BY 1") == [
        ("https://cdn.example.net/b.jpg", "img", 0),
        ("https://example.org/a.jpg", "img", 0),
        ("https://example.org/e.jpg", "img", 0),
        ("https://i0.wp.com/example.org/d.jpg?w=9", "img", 0),
        ("https://other.test/c.jpg", "img", 1),
        ("https://other.test/page", "a", 0),
        ("https://video.test/v", "iframe", 0),
    ]


def test_the_original_of_a_scaled_picture_is_named(world: World) -> None:
    """`original_image` stands beside `source_url`."""
    details = {"width": 2560, "height": 1707, "filesize": "123", "original_image": "pic.jpg"}
    item = {"id": 8, "type": "attachment", "source_url": f"{HOME}u/pic-scaled.jpg", "media_details": details}
    run = world.run().site()
    run.get("/wp/v2/media", [item])
    run.end()
    world.index()
    expected = [(f"{HOME}u/pic.jpg", 2560, 1707, 123)]
    assert world.rows("SELECT original_url, width, height, filesize FROM media") == expected


def test_answers_that_are_no_items_make_no_rows(world: World) -> None:
    """Errors, web pages, cut-off JSON and failed exchanges are captures and nothing else."""
    run = world.run().site()
    run.get("/wp/v2/posts", {"code": "rest_forbidden", "message": "x", "data": {"status": 401}}, status=401)
    run.get("/wp/v2/pages", b"<!doctype html><p>Hello", mime="text/html")
    run.get("/wp/v2/media", b'[{"id":1,"type":"attachment"')
    run.get("/wp/v2/posts?page=2", [post(1)], status=500)
    run.end()
    world.index()
    assert world.rows("SELECT * FROM held") == []
    assert [answer for (answer,) in world.rows("SELECT answer FROM captures ORDER BY captured_at")][:2] == [
        "refused",
        "not_json",
    ]


def test_facts_of_a_run_come_back_from_the_warcs(world: World) -> None:
    """Runs, sites, collections, listings and gaps are what the crawler wrote into its resource records."""
    run = world.run(start={"settings": {"delay": 1}}).site(
        name="Ex &c", wordpress_version="6.1.9", timezone="Europe/Kyiv"
    )
    capture = run.get("/wp/v2/posts", [post(1)])
    gaps = [{"first": 2, "last": 3, "reason": "500"}, {"first": 9, "last": None, "reason": "cut"}]
    run.proof("/wp/v2/posts", "post", capture, stated=9, outcome="short", gaps=gaps)
    run.end(outcome="incomplete", exit_code=3, gaps=2)
    world.index()
    assert world.rows("SELECT site, mode, outcome, exit_code, gaps, settings FROM runs") == [
        (SITE, "full", "incomplete", 3, 2, '{"delay": 1}')
    ]
    query = "SELECT site, name, root, root_form, wordpress_version, timezone, state, first_run = last_run FROM sites"
    assert world.rows(query) == [(SITE, "Ex &c", f"{ROOT}/", "pretty", "6.1.9", "Europe/Kyiv", "ok", 1)]
    assert world.rows("SELECT type, stated, held, outcome, verified, capture FROM listings") == [
        ("post", 9, 1, "short", 1, capture.capture)
    ]
    assert world.rows("SELECT route, first_position, last_position, reason FROM gaps ORDER BY 2") == [
        ("/wp/v2/posts", 2, 3, "500"),
        ("/wp/v2/posts", 9, None, "cut"),
    ]
    assert world.one("SELECT count(*) FROM collections") == 9


def test_a_killed_run_stays_with_its_figures(world: World) -> None:
    """It has the outcome killed, no end, and what its captures amount to; what it held is held."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.kill()
    world.index()
    query = "SELECT outcome, finished_at, exit_code, requests, captures, revisits, gaps FROM runs"
    assert world.rows(query) == [("killed", None, None, 1, 1, 0, 0)]
    assert world.one("SELECT count(*) FROM posts") == 1


def test_a_run_that_found_less_takes_nothing_away(world: World) -> None:
    """When the site is down its row keeps what was known, and says what is wrong now."""
    world_run = world.run().site()
    world_run.end()
    later = world.run()
    later.fact("site", {"home": HOME, "root": None, "state": "broken", "reason": "500 at /", "name": None})
    later.end(outcome="incomplete", exit_code=3, state="broken")
    world.index()
    assert world.rows("SELECT name, root, state, reason FROM sites") == [("Example", f"{ROOT}/", "broken", "500 at /")]
