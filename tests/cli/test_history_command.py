"""`history`: versions and WordPress's own revisions in one line of time, since when, with how much around, between any two."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke

from wparchive.errors import ExitCode
from wparchive.model import Privilege

sys.path.insert(0, str(Path(__file__).parents[1] / "index"))

from archives import World, post  # noqa: E402, RUF100 - found by the line above

WORDS = "one two three four five six seven eight nine ten"
ITEM = "example.org/post/1"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three versions in three runs, and two revisions, of which the second is what the first version said."""
    world = World(tmp_path_factory.mktemp("history") / "archive")
    for number, word in enumerate(("calm", "storm", "flood")):
        run = world.run().site()
        text = f"<p>{WORDS} {word} {WORDS}</p>"
        run.get("/wp/v2/posts", [post(1, text, excerpt=None, modified_gmt=f"2026-01-0{number + 3}T02:04:05")])
        run.get("/wp/v2/users", [{"id": 4, "name": "Ada", "slug": "ada", "link": "", "url": "", "description": ""}])
        if number == 1:
            revisions = [
                {
                    "id": wp_id,
                    "parent": 1,
                    "author": 4,
                    "date_gmt": f"2026-01-0{day}T00:00:00",
                    "modified_gmt": f"2026-01-0{day}T00:00:00",
                    "title": {"rendered": "Post &amp; 1"},
                    "content": {"rendered": f"<p>{WORDS} {said} {WORDS}</p>"},
                }
                for wp_id, day, said in ((11, 1, "draft"), (12, 2, "calm"))
            ]
            run.get("/wp/v2/posts/1/revisions", revisions, kind="revisions", privilege=Privilege.AUTHENTICATED)
        run.end()
        world.clock.now = world.clock.now.replace(day=world.clock.now.day + 1)
    world.index()
    return world


def said(world: World, *arguments: str, code: int = ExitCode.COMPLETE) -> str:
    """What the command prints."""
    return invoke("history", ITEM, *arguments, "-a", world.archive.root, code=code).stdout


def value(world: World, *arguments: str) -> dict[str, Any]:
    """What it tells programs."""
    told: dict[str, Any] = json.loads(said(world, *arguments, "--json"))
    return told


def words(changes: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    """The words that changed in the content."""
    return [
        (piece["op"], piece["text"].strip())
        for row in changes["content"]
        for piece in row["pieces"]
        if piece["op"] != "equal"
    ]


def test_revisions_stand_among_the_versions(world: World) -> None:
    """In the order of time, each with its author, its evidence and what changed since the one before."""
    told = value(world)
    assert [one["wp_id"] for one in told["revisions"]] == [11, 12] and len(told["versions"]) == 3
    first, second = told["revisions"]
    assert first["changes"] == {} and words(second["changes"]) == [("removed", "draft"), ("added", "calm")]
    assert (second["author_name"], second["modified_gmt"]) == ("Ada", "2026-01-02T00:00:00")
    assert second["evidence"]["kind"] == "revisions"
    heads = [line.split("  ")[0] for line in said(world).splitlines() if line.startswith(("version", "revision "))]
    assert heads == ["revision 11", "revision 12", "version 1", "version 2", "version 3"]
    assert "revision 12  WordPress's own, by Ada, first seen 2026-11-23T" in said(world)


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [
        ("1", "3", [("removed", "calm"), ("added", "flood")]),
        ("3", "1", [("removed", "flood"), ("added", "calm")]),
        ("v1", "last", [("removed", "calm"), ("added", "flood")]),
        ("first", "2", [("removed", "calm"), ("added", "storm")]),
        ("11", "r12", [("removed", "draft"), ("added", "calm")]),
        ("r11", "3", [("removed", "draft"), ("added", "flood")]),
        ("2026-11-22", "2026-11-23", [("removed", "calm"), ("added", "storm")]),
        ("2026-11-23T00:00Z", "2026-11-30", [("removed", "calm"), ("added", "flood")]),
    ],
)
def test_any_two_are_compared(world: World, one: str, other: str, changed: list[tuple[str, str]]) -> None:
    """By number, by a revision's id, by date, in either direction."""
    told = value(world, "--between", one, other)
    assert words(told["changes"]) == changed and told["item"] == ITEM
    text = said(world, "--between", one, other)
    assert f"[-{changed[0][1]}-]" in text and f"{{+{changed[1][1]}+}}" in text


def test_two_of_a_capture_and_equal_ones(world: World) -> None:
    """A capture's id names the version that it first showed; equal texts are said to be so."""
    capture = value(world)["versions"][1]["evidence"]["capture"]
    told = value(world, "--between", capture.removeprefix("urn:uuid:")[:11], "3")
    assert (told["before"]["kind"], told["before"]["number"], told["before"]["evidence"]["capture"]) == (
        "version",
        2,
        capture,
    )
    assert "a reader sees the same text" in said(world, "--between", "r12", "1")
    shared = value(world)["revisions"][0]["evidence"]["capture"]
    done = invoke("history", ITEM, "--between", "1", shared, "-a", world.archive.root, code=ExitCode.USAGE)
    assert "name one of r11, r12" in done.stderr


def test_since_and_context(world: World) -> None:
    """Only what is new, with the numbers that it has anyway; as many words around a change as are asked for."""
    told = value(world, "--since", "2026-11-24")
    assert [one["number"] for one in told["versions"]] == [3] and told["revisions"] == []
    assert words(told["versions"][0]["changes"]) == [("removed", "storm"), ("added", "flood")]
    assert {one["change"] for one in told["observations"]} == {"edited"} and len(told["observations"]) == 1
    assert "nothing new since 2027-01-01T00:00:00Z" in said(world, "--since", "2027-01-01")
    (line,) = [
        line for line in said(world, "--since", "2026-11-24", "--context", "2").splitlines() if "content:" in line
    ]
    assert "nine ten [-storm-]" in line and "{+flood+} one two" in line and "eight" not in line and "three" not in line
    (line,) = [
        line for line in said(world, "--between", "2", "3", "--context", "100").splitlines() if "content:" in line
    ]
    assert f"{WORDS} [-storm-]" in line and f"{{+flood+}} {WORDS}" in line


def test_json_keeps_its_keys(world: World) -> None:
    """Programs find what they found before; revisions came beside it."""
    assert list(value(world)) == [
        *("site", "type", "wp_id", "title", "link", "first_seen", "last_seen", "gone", "gone_since", "missing_since"),
        *("revision_count", "predecessor_version", "versions", "observations", "absence", "damaged", "revisions"),
    ]


def test_find_looks_through_revisions_too(world: World) -> None:
    """Only credentials showed them, so that they are left out unless they are asked for."""
    asked = ("find", "draft", "--old", "--json", "-a", world.archive.root)
    assert json.loads(invoke(*asked).stdout) == []
    (hit,) = json.loads(invoke(*asked, "--private").stdout)
    assert (hit["item"], hit["held"], hit["privilege"], hit["found"]) == (ITEM, "former", "authenticated", ["draft"])
