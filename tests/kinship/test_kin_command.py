"""`wparchive kin` says what is held of a pair, and claims no order that nothing shows."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from archives import World, post
from click.testing import CliRunner
from invented_articles import LANGUAGES, Writer

from wparchive.cli import cli
from wparchive.errors import UsageError

WRITER = Writer(LANGUAGES[0], 300)
STORY, OTHER = (WRITER.story(WRITER.topic(), 5) for _ in range(2))
OWN, TAKER = "source.test/post/4", "taker.test/post/9"


def html(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def dated(wp_id: int, site: str, lines: list[str], date: str, **fields: Any) -> dict[str, Any]:
    about = {"date": date, "date_gmt": date, "modified": date, "modified_gmt": date}
    address = {"link": f"https://{site}/{wp_id}/", "guid": {"rendered": f"https://{site}/?p={wp_id}"}}
    return post(wp_id, html(lines), **{**about, **address, **fields})


def crawl(world: World, site: str, *posts: dict[str, Any]) -> None:
    run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"])
    listing = run.get("/wp/v2/posts", list(posts))
    run.proof("/wp/v2/posts", "post", listing, stated=len(posts), held=len(posts))
    run.end()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source is held on the first day; on the third its text, less its last two paragraphs, is new on another site."""
    world = World(tmp_path_factory.mktemp("kin") / "archive")
    first = dated(1, "taker.test", OTHER.lines, "2026-11-01T10:00:00")
    crawl(world, "source.test", dated(4, "source.test", STORY.lines, "2026-11-21T10:00:00"))
    crawl(world, "taker.test", first)
    world.clock.now += timedelta(days=2)
    crawl(world, "taker.test", first, dated(9, "taker.test", STORY.lines[:3], "2026-11-20T08:00:00"))
    world.index()
    return world.archive.root


def kin(archive: Path, *arguments: str) -> str:
    found = CliRunner().invoke(cli, ["kin", *arguments, "-a", str(archive)])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_both_sides_are_named_with_their_captures(archive: Path) -> None:
    """From either side: the shares and the kind are turned, the captures and the order are the same."""
    (one,) = json.loads(kin(archive, OWN, "--json"))["kin"]
    (other,) = json.loads(kin(archive, "https://taker.test/9/", "--json"))["kin"]
    assert (one["other"], one["kind"], one["other_share"]) == (TAKER, "extended", 100)
    assert (other["other"], other["kind"], other["share"]) == (OWN, "excerpt", 100)
    assert (one["seen"], one["other_seen"]) == (other["other_seen"], other["seen"])
    assert one["seen"]["warc"].startswith("source.test/")
    assert one["passages"][0].startswith(STORY.lines[0][:20])


def test_a_person_is_told_which_is_which(archive: Path, tmp_path: Path) -> None:
    """Each share has its article, nothing is called whole that needn't be, and a paragraph's end is no odd sign."""
    own, other = kin(archive, OWN), kin(archive, TAKER)
    assert "extended: most of the other stands in this, which has more; " in own
    assert "% of this, 100 % of the other" in own
    assert "excerpt: most of this stands in the other, which has more; 100 % of this, " in other
    part = STORY.lines[0][-60:].partition(" ")[2]
    (tmp_path / "part.txt").write_text("\n".join((part, *STORY.lines[1:3])), "utf-8")
    text = kin(archive, str(tmp_path / "part.txt"))
    assert f"{part[-12:]} / {STORY.lines[1][:12]}" in text
    assert "\ufffd" not in own + other + text


def test_a_date_against_what_was_held_decides_nothing_and_is_told(archive: Path) -> None:
    """The taker claims the day before; its site's whole listing lacked it then: so does an old article that comes back."""
    for item in (OWN, TAKER):
        (one,) = json.loads(kin(archive, item, "--json"))["kin"]
        assert (one["order"]["first"], one["order"]["standing"]) == (None, "undecidable")
        assert any("whole listing lacked it" in reason["text"] for reason in one["order"]["reasons"])
    assert "public first" not in kin(archive, OWN).replace("who was public first", "")


def test_what_was_left_out_is_shown_by_the_one_comparison(archive: Path) -> None:
    """The last paragraphs of the source aren't in what was taken."""
    text = kin(archive, OWN, "--diff")
    assert STORY.lines[4][:30] in text
    (one,) = json.loads(kin(archive, OWN, "--diff", "--json"))["kin"]
    assert [row["change"] for row in one["changes"]] == ["removed"] * 2


def test_a_file_is_compared_with_all(archive: Path, tmp_path: Path) -> None:
    """HTML as well as plain text; no order is claimed for what was never captured."""
    for name, text in (("a.txt", "\n".join(STORY.lines[1:3])), ("a.html", html(STORY.lines[1:3]))):
        (tmp_path / name).write_text(text, "utf-8")
        found = json.loads(kin(archive, str(tmp_path / name), "--json"))["kin"]
        assert {one["other"] for one in found} == {OWN, TAKER}
        assert {(one["kind"], one["order"]) for one in found} == {("excerpt", None)}


def test_what_stands_alone_and_what_is_no_text(archive: Path, tmp_path: Path) -> None:
    """Nothing found is an answer; a picture is pointed to the command for pictures."""
    assert "no article that shares text" in kin(archive, "taker.test/post/1")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\0\0")
    refused = CliRunner().invoke(cli, ["kin", str(tmp_path / "photo.jpg"), "-a", str(archive)], standalone_mode=True)
    assert refused.exit_code != 0


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_file_in_any_coding(archive: Path, tmp_path: Path, coding: str) -> None:
    """As editors save it, with a mark or without."""
    (tmp_path / "a.txt").write_bytes(("– Ünter uns gesagt –\n" + "\n".join(STORY.lines[1:3])).encode(coding))
    found = json.loads(kin(archive, str(tmp_path / "a.txt"), "--json"))["kin"]
    assert {one["other"] for one in found} == {OWN, TAKER}


def test_html_says_its_coding(archive: Path, tmp_path: Path) -> None:
    """Else its own letters would be read as others."""
    (tmp_path / "a.html").write_bytes(f'<meta charset="koi8-r">{html(STORY.lines[1:3])}'.encode("koi8-r"))
    assert len(json.loads(kin(archive, str(tmp_path / "a.html"), "--json"))["kin"]) == 2


def test_a_text_may_be_piped_in(archive: Path) -> None:
    """As with other tools, `-` is what comes in."""
    text = "\n".join(STORY.lines[1:3])
    found = CliRunner().invoke(cli, ["kin", "-", "--json", "-a", str(archive)], input=text)
    assert {one["other"] for one in json.loads(found.stdout)["kin"]} == {OWN, TAKER}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no words"),
        (b" \n\t", "no words"),
        (b"\xff\xfe", "no words"),
        (b"<script>one two three</script>", "no words"),
        (b"Far too few of them.", "5 words; a text is known by 20 or more"),
        (b"\xff\xd8\0\0" * 99, "no text"),
        (b"x" * (8 << 20) + b"yz", "larger than 8 MB"),
    ],
)
def test_what_cannot_be_known_is_refused(archive: Path, tmp_path: Path, data: bytes, said: str) -> None:
    """Rather than answered with "none": nothing was looked for. Piped in, it is said the same way."""
    (tmp_path / "a.txt").write_bytes(data)
    for what, given in ((str(tmp_path / "a.txt"), None), ("-", data)):
        refused = CliRunner().invoke(cli, ["kin", what, "-a", str(archive)], input=given)
        assert isinstance(refused.exception, UsageError)
        assert said in str(refused.exception)


def test_no_comparison_of_a_text_with_itself_is_promised(archive: Path, tmp_path: Path) -> None:
    """`--diff` is of two articles; a name that no file can have is a headline."""
    (tmp_path / "a.txt").write_text("\n".join(STORY.lines[1:3]), "utf-8")
    for arguments in ([str(tmp_path / "a.txt"), "--diff"], ["long " * 200]):
        assert isinstance(CliRunner().invoke(cli, ["kin", *arguments, "-a", str(archive)]).exception, UsageError)
