"""`find`: what is held of all sites, by words; what people type is never a syntax error."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wparchive.ask.finding.full_text import Search, find
from wparchive.ask.finding.typed import terms_of
from wparchive.errors import ExitCode, UsageError
from wparchive.model import Privilege

sys.path.insert(0, str(Path(__file__).parents[1] / "index"))

from archives import World, post  # noqa: E402, RUF100 - found by the line above


def titled(wp_id: int, title: str, content: str, **fields: Any) -> dict[str, Any]:
    """A post with a headline."""
    return post(wp_id, f"<p>{content}</p>", title={"rendered": title}, **fields)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two sites, three runs: edits, a deletion, scripts with and without spaces, and a draft."""
    world = World(tmp_path_factory.mktemp("find") / "archive")
    for number in range(3):
        run = world.run().site()
        posts = [
            titled(
                1, "Dredger stuck", "The fog signal was silent." if number < 1 else "The authority declined to comment."
            ),
            titled(2, "Fog over the Hafenbehörde", "Ein Schiff kam an. C++ and foo-bar &amp; 100%."),
            titled(3, "横浜港務局", "霧信号を止めた。新iPhone發布" if number else "北岸壁"),
            titled(4, "ข่าว", "ท่าเรือวันนี้"),
        ]
        if number == 0:
            posts.append(titled(9, "Gone tomorrow", "A harbour scandal"))
        last = run.get("/wp/v2/posts?page=1&per_page=100", posts)
        run.proof("/wp/v2/posts", "post", last, held=len(posts), stated=len(posts))
        if number == 2:
            run.get(
                "/wp/v2/posts/9", {"code": "rest_post_invalid_id", "data": {"status": 404}}, kind="item", status=404
            )
        media = {"id": 8, "type": "attachment", "title": {"rendered": "Harbour"}, "alt_text": "a red boat", "link": ""}
        run.get("/wp/v2/media", [media])
        comment = {
            "id": 5,
            "post": 1,
            "author_name": "Zoë",
            "content": {"rendered": "<p>Nice tea</p>"},
            "type": "comment",
        }
        run.get("/wp/v2/comments", [comment])
        secret = [titled(7, "Draft of a scandal", "hush", status="draft")]
        run.get("/wp/v2/posts?context=edit", secret, privilege=Privilege.AUTHENTICATED)
        run.end()
    run = world.run("other.example").site(home="https://other.example/", root="https://other.example/wp-json/")
    run.get("/wp/v2/posts", [titled(2, "Fog elsewhere", "A harbour, too", link="https://other.example/fog/")])
    run.end()
    world.index()
    return world


def found(world: World, *arguments: str) -> list[str]:
    """The items that `find` names, in order."""
    done = invoke("find", *arguments, "--json", "-a", world.archive.root)
    return [hit["item"] for hit in json.loads(done.stdout)]


POST = "example.org/post"


@pytest.mark.parametrize(
    ("words", "items"),
    [
        (("authority",), [f"{POST}/1"]),
        (("AUTHORITY", "dredger"), [f"{POST}/1"]),
        (('"declined to comment"',), [f"{POST}/1"]),
        (("\u201cdeclined to comment\u201d",), [f"{POST}/1"]),
        (('"comment to declined"',), []),
        (("fog",), [f"{POST}/2", "other.example/post/2"]),
        (("fog", "-hafenbehorde"), ["other.example/post/2"]),
        (("fog", "-title:elsewhere"), [f"{POST}/2"]),
        (("title:authority",), []),
        (("title:dredger",), [f"{POST}/1"]),
        (("Title:dredg*",), [f"{POST}/1"]),
        (("hafen*",), [f"{POST}/2"]),
        (("behorde",), [f"{POST}/2"]),
        (("afenbeh",), [f"{POST}/2"]),
        (("boat", "harbour"), ["example.org/attachment/8"]),
        (("zoe",), ["example.org/comment/5"]),
        (("港務",), [f"{POST}/3"]),
        (("霧信号",), [f"{POST}/3"]),
        (("港",), [f"{POST}/3"]),
        (("局",), [f"{POST}/3"]),
        (("信霧",), []),
        (("iphone",), [f"{POST}/3"]),
        (("iphone", "-霧信号"), []),
        (("ท่าเรือ",), [f"{POST}/4"]),
        (("วันนี้",), [f"{POST}/4"]),
        (("c++",), [f"{POST}/2"]),
        (("foo-bar",), [f"{POST}/2"]),
        (("100%",), [f"{POST}/2"]),
        (("AND",), [f"{POST}/2"]),
        (("silent",), []),
        (("scandal",), []),
        (("harbour", "--site", "other.example"), ["other.example/post/2"]),
        (("harbour", "--type", "attachment"), ["example.org/attachment/8"]),
        (("silent", "--old"), [f"{POST}/1"]),
        (("北岸壁", "--old"), [f"{POST}/3"]),
        (("scandal", "--old"), [f"{POST}/9"]),
        (("scandal", "--private"), [f"{POST}/7"]),
        (("hush", "--old"), []),
    ],
)
def test_what_is_typed_is_found(world: World, words: tuple[str, ...], items: list[str]) -> None:
    """Words, phrases, exclusions, headlines, beginnings, parts, and scripts without spaces; of the past only with --old."""
    assert sorted(found(world, *words)) == sorted(items)


def test_each_hit_says_where_it_is_from(world: World) -> None:
    """JSON names the evidence of the text; lines mark what was found, and what --old would add."""
    (hit,) = json.loads(invoke("find", "silent", "--old", "--json", "-a", world.archive.root).stdout)
    assert (hit["held"], hit["gone"], hit["found"]) == ("former", None, ["silent"])
    ((capture,),) = world.rows("SELECT capture FROM versions WHERE wp_id = 1 AND content LIKE '%silent%'")
    assert hit["capture"] == capture
    text = invoke("find", "silent", "-a", world.archive.root).stdout
    assert text == "nothing is found\nand 1 in former versions or gone by now: --old\n"
    text = invoke("find", "silent", "--old", "-a", world.archive.root).stdout
    assert "a former version, seen at 2026-" in text and "The fog signal was silent." in text
    assert "missing by now" in invoke("find", "scandal", "--old", "-a", world.archive.root).stdout
    assert "and 1 more: --limit 2" in invoke("find", "fog", "--limit", "1", "-a", world.archive.root).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-fog",), "beside those"),
        (("!!!",), "no word"),
        (("",), "no word"),
        ((" ".join(f"w{n}" for n in range(65)),), "too many"),
        (("fog", "--site", "exampel.org"), "did you mean example.org"),
        (("fog", "--type", "posts"), "did you mean post"),
        (("fog", "--limit", "0"), "--limit"),
    ],
)
def test_what_can_not_be_looked_for(world: World, arguments: tuple[str, ...], said: str) -> None:
    """One line, exit 2."""
    done = invoke("find", *arguments, "-a", world.archive.root, code=ExitCode.USAGE)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1 and not done.stdout


SIGNS = st.sampled_from(
    [
        *"\"'*-:()^+.{}[]\\/&|~ \t",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "title:",
        "text:",
        "港",
        "務局",
        "é",
        "a",
        "\0",
        "\udcff",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SIGNS, max_size=12).map("".join), st.booleans())
def test_nothing_that_is_typed_is_a_syntax_error(world: World, words: str, old: bool) -> None:
    """Whatever FTS5 would read in it."""
    try:
        terms = terms_of(words)
    except UsageError:
        return
    find(world.archive.database, Search(terms=terms, old=old, private=True))
