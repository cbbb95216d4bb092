"""The lab is what the other tests take it for: its content, and our definition of what is public in it."""

import json
import urllib.request

import pytest
from lab_site import Lab
from public_content import COLLECTIONS, NOT_CONTENT, PER_PAGE, REFUSED, UNCOVERED, Collection
from site_reader import ask, walk


@pytest.mark.parametrize("form", ["pretty", "plain"])
@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda c: c.type)
def test_public_in_mariadb_is_what_rest_shows(small: Lab, form: str, collection: Collection) -> None:
    """Our SQL selects exactly the items that a stranger gets, and counts exactly what WordPress states."""
    stated, items = walk(small, form, collection.route)
    assert {item["id"] for item in items} == small.ids(collection.public)
    assert stated == len(small.ids(collection.counted))


@pytest.mark.parametrize("route", [*REFUSED, *NOT_CONTENT[1:]])
def test_refused_to_strangers(small: Lab, route: str) -> None:
    assert ask(small, "pretty", route)[0] == 401


def test_the_content_has_every_trap(small: Lab) -> None:
    """What makes an archive hard to get right is there: withheld files and comments, links that no listing covers."""
    sizes = {c.type: (len(small.ids(c.public)), len(small.ids(c.counted))) for c in COLLECTIONS}
    for kind in ("attachment", "comment"):
        shown, counted = sizes[kind]
        assert shown < counted, kind
    assert sizes["comment"][0] > PER_PAGE
    assert all(small.ids(query) for query in UNCOVERED)
    assert small.number("SELECT COUNT(*) FROM wp_posts WHERE post_type = 'revision'") > 20
    assert small.number("SELECT COUNT(*) FROM wp_posts WHERE post_status = 'publish' AND post_password <> ''") > 0
    assert small.number("SELECT COUNT(*) FROM wp_posts WHERE post_content LIKE '%[gallery %'") > 1


def test_seeding_twice_gives_the_same_site(tiny: Lab) -> None:
    """Filled anew from its snapshot, the site is the same, whatever was done to it."""
    before = tiny.sql("SELECT ID, post_title, post_content, post_status FROM wp_posts ORDER BY ID")
    done = json.loads(tiny.mutate(10))
    assert {name: len(ids) for name, ids in done.items()} == {
        "edited": 10, "comments": 10, "new": 2, "trashed": 1, "deleted": 0,
    }  # fmt: skip
    assert tiny.sql("SELECT ID, post_title, post_content, post_status FROM wp_posts ORDER BY ID") != before
    tiny.seed("tiny")
    assert tiny.sql("SELECT ID, post_title, post_content, post_status FROM wp_posts ORDER BY ID") == before


def test_a_test_can_change_the_site(tiny: Lab) -> None:
    """`php` runs inside WordPress; the knobs of the lab's plug-in take effect on the next request."""
    first = int(tiny.php("echo get_posts(['post_type' => 'book', 'numberposts' => 1])[0]->ID;"))
    assert ask(tiny, "pretty", f"/wp/v2/books/{first}")[0] == 200
    tiny.php("update_option('lab_knobs', ['no_books' => true, 'closed_users' => true, 'counter' => 12345]);")
    assert ask(tiny, "pretty", f"/wp/v2/books/{first}")[2]["code"] == "rest_no_route"
    assert ask(tiny, "plain", "/wp/v2/users")[0] == 401
    assert "12345 views" in ask(tiny, "plain", "/wp/v2/posts", "per_page=1")[2][0]["content"]["rendered"]


def test_application_passwords_log_in(lab: Lab) -> None:
    """A password made by `lab.password` opens what is closed to strangers."""
    manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
    manager.add_password(None, lab.pretty, "editor1", lab.password("editor1"), is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
    with opener.open(f"{lab.pretty}wp-json/wp/v2/users/me?context=edit", timeout=60) as answer:
        assert json.load(answer)["username"] == "editor1"
