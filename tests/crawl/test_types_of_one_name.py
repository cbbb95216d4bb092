"""A post type and a taxonomy of one name, and types called like our own words: WordPress allows them, nothing mixes them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawlkit import SMALL, Crawled, crawl, invoke
from fakewp import FakeWordPress
from fakewp.content import Sizes, generate
from fakewp.simulator.model import Post, PostType, Taxonomy, Term

from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump

DATE = "2025-01-01T00:00:00"
OURS = ("comment", "user", "revision")
FIRST = 300


def post(site: FakeWordPress, kind: str, number: int) -> None:
    site.site.add(
        Post(
            id=number,
            type=kind,
            slug=f"{kind}-{number}",
            title=f"Post {kind}",
            content="<p>text</p>",
            author=1,
            date=DATE,
            date_gmt=DATE,
            modified=DATE,
            modified_gmt=DATE,
        )
    )


def types(*slugs: str) -> list[PostType]:
    return [PostType(slug=slug, base=f"{slug}-posts", name=slug, taxonomies=("genre",)) for slug in slugs]


@pytest.fixture
def site() -> Iterator[FakeWordPress]:
    """Its taxonomy `genre` has a term 3; posts of the same types and ids as comments, users and media come with `namesakes`."""
    content = generate(Sizes(**SMALL), FIRST)
    with FakeWordPress(content=content) as site:
        yield site


def namesakes(site: FakeWordPress) -> dict[str, int]:
    """Post types called `genre` and like our own words, a taxonomy `attachment`; each has an item of another's id."""
    content = site.site
    media = site.ids("attachment")[0]
    ids = {"genre": 3, "comment": 2, "user": 1, "revision": 4}
    content.register(types(*ids), [Taxonomy(slug="attachment", base="attachment-terms", name="A", types=("post",))])
    for kind, number in ids.items():
        post(site, kind, number)
    ids["attachment"] = media
    content.add(Term(id=ids["attachment"], taxonomy="attachment", name="Term", slug="term"))
    return ids


def check(crawled: Crawled, ids: dict[str, int]) -> None:
    """Every item has its own row, version and links; nothing is in another's history."""
    for kind, number in ids.items():
        other = (
            "terms" if kind == "genre" else {"comment": "comments", "user": "users", "attachment": "media"}.get(kind)
        )
        mine = "taxonomy:attachment" if kind == "attachment" else kind if kind == "genre" else f"post_type:{kind}"
        theirs = "taxonomy:genre" if kind == "genre" else kind
        titles = dict(
            crawled.rows("SELECT type, title FROM versions WHERE wp_id = ? AND type LIKE ?", number, f"%{kind}")
        )
        assert titles[mine] == ("Term" if kind == "attachment" else f"Post {kind}")
        assert (theirs in titles) == bool(other)
        if other:
            assert titles[mine] != titles[theirs]
            of_links = dict(
                crawled.rows(
                    "SELECT type, href FROM links WHERE relation = 'self' AND wp_id = ? AND type LIKE ?",
                    number,
                    f"%{kind}",
                )
            )
            assert of_links.keys() >= {mine, theirs} and of_links[mine] != of_links[theirs]
    assert crawled.number("SELECT count(*) FROM posts WHERE type = 'genre'") == 1
    assert crawled.rows("SELECT wp_id FROM terms WHERE taxonomy = 'attachment'") == [(ids["attachment"],)]
    held = json.loads(invoke("status", "--json", "-a", crawled.folder).stdout)[0]["items"]
    for name in (
        "genre",
        "taxonomy:genre",
        "post_type:comment",
        "comment",
        "post_type:user",
        "user",
        "taxonomy:attachment",
    ):
        assert held[name] > 0, name
    assert held["genre"] == held["post_type:user"] == held["taxonomy:attachment"] == 1
    assert sum(held.values()) == crawled.number("SELECT sum(items) FROM held") + held.get("revision", 0)


def test_namesakes_are_kept_apart(site: FakeWordPress, tmp_path: Path) -> None:
    ids = namesakes(site)
    crawled = crawl(tmp_path / "archive", site.url)
    assert crawled.code is ExitCode.COMPLETE
    check(crawled, ids)
    before = list(logical_dump(crawled.archive.database))
    index(crawled.archive, rebuild=True)
    assert list(logical_dump(crawled.archive.database)) == before


def test_one_is_edited_or_deleted_and_the_other_isnt(site: FakeWordPress, tmp_path: Path) -> None:
    """Observations name the one that changed, by the name that `history` and `show` take."""
    ids = namesakes(site)
    crawl(tmp_path / "archive", site.url)
    site.edit(3, content="<p>another text</p>")
    site.trash(ids["user"])
    crawled = crawl(tmp_path / "archive", site.url)
    changes = set(crawled.rows("SELECT type, wp_id, change FROM observations"))
    assert changes == {("genre", 3, "edited"), ("post_type:user", ids["user"], "unpublished")}
    assert crawled.rows("SELECT gone FROM users WHERE wp_id = ?", ids["user"]) == [(None,)]
    site.site.terms[3].name = "Renamed"
    site.site.terms[3].description = "Another description"
    crawled = crawl(tmp_path / "archive", site.url, full=True)
    edits = crawled.rows(
        "SELECT type, wp_id FROM observations WHERE change LIKE '%edited' AND run = (SELECT max(run) FROM runs)"
    )
    assert edits == [("taxonomy:genre", 3)]
    name = crawled.archive.sites()[0].name
    say = {}
    for kind in ("genre", "taxonomy:genre", "user", "post_type:user"):
        key = f"{name}/{kind}/{1 if 'user' in kind else 3}"
        told = json.loads(invoke("history", key, "--json", "-a", crawled.folder).stdout)
        shown = invoke("show", key, "--body", "-a", crawled.folder).stdout
        say[kind] = (told["title"], told["type"], len(told["versions"]))
        assert shown
    assert say["genre"] == ("Post genre", "genre", 2)
    assert say["taxonomy:genre"] == ("Renamed", "taxonomy:genre", 2)
    assert say["post_type:user"][:2] == ("Post user", "post_type:user") and say["user"][1] == "user"


def test_a_post_type_that_turns_up_later_takes_nothing_over(site: FakeWordPress, tmp_path: Path) -> None:
    """What stood under the name so far was the taxonomy's, and stays its; when the post type goes again, too."""
    crawl(tmp_path / "archive", site.url)
    before = Crawled(tmp_path / "archive")
    assert before.rows("SELECT type FROM versions WHERE wp_id = 3 AND type LIKE '%genre'") == [("genre",)]
    ids = namesakes(site)
    crawled = crawl(tmp_path / "archive", site.url, full=True)
    check(crawled, ids)
    assert crawled.rows("SELECT change FROM observations WHERE type LIKE '%genre' AND change != 'appeared'") == []
    site.site.types.pop("genre")
    crawled = crawl(tmp_path / "archive", site.url, full=True)
    assert crawled.rows("SELECT type FROM versions WHERE wp_id = 3 AND type LIKE '%genre' ORDER BY 1") == [
        ("genre",),
        ("taxonomy:genre",),
    ]
    dump = list(logical_dump(crawled.archive.database))
    index(crawled.archive, rebuild=True)
    assert list(logical_dump(crawled.archive.database)) == dump


def test_without_a_namesake_the_slug_alone_names_it(site: FakeWordPress, tmp_path: Path) -> None:
    crawled = crawl(tmp_path / "archive", site.url)
    assert not crawled.number("SELECT count(*) FROM versions WHERE type LIKE '%:%'")
    key = f"{crawled.archive.sites()[0].name}/taxonomy:genre/3"
    assert "no such item" in invoke("history", key, "-a", crawled.folder, code=ExitCode.USAGE).stderr
