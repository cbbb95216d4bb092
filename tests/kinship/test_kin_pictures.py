"""Articles that show one picture are found across sites: equal files, other sizes, hot-links; and who isn't named any more."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("PIL", reason="wparchive[pictures] isn't installed")

from crawlkit import crawl, invoke, sound
from mediakit import ORIGINALS, FileSite
from PIL import Image
from reading import PREFIX, Reading
from test_pictures import packed, scene

from wparchive.ask.kinship.picture_flows import are_too_many, everywhere, groups, shared_counts
from wparchive.ask.kinship.pictures import HOW
from wparchive.audit.finding import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.index.database.opening import reading

CREDITED = Image.Exif()
CREDITED[315] = "R. Adeyemi"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """One site has three pictures; another has the same file, a smaller copy without its credit, and loads the third."""
    folder = tmp_path_factory.mktemp("pictures") / "archive"
    with FileSite() as one, FileSite() as other:
        for name, seed in (("ferry.jpg", 1), ("crane.jpg", 2), ("tower.jpg", 3)):
            one.attach(name, packed(scene(seed), exif=CREDITED), mime="image/jpeg")
        other.attach("same.jpg", packed(scene(1), exif=CREDITED), mime="image/jpeg")
        other.attach("small.webp", packed(scene(2).resize((600, 400)), "WEBP"), mime="image/webp")
        other.attach("else.jpg", packed(scene(20)), mime="image/jpeg")
        names = ("same.jpg", "small.webp", "else.jpg")
        own = one.write("".join(_shown(one, name) for name in ("ferry.jpg", "crane.jpg", "tower.jpg")))
        taker = other.write("".join(_shown(other, name) for name in names) + _shown(one, "tower.jpg"))
        crawl(folder, one.url, other.url, settings=ORIGINALS)
        keys = {}
        for name, site, number in (("own", one, own), ("taker", other, taker)):
            port = site.url.rstrip("/").rpartition(":")[2]
            keys[name] = f"{next(path.name for path in folder.iterdir() if path.name.endswith(port))}/post/{number}"
        yield folder, keys


def _shown(site: FileSite, name: str) -> str:
    return f'<p><img src="{site.upload(f"2025/01/{name}")}"></p>'


def shared(archive: tuple[Path, dict[str, str]], whose: str) -> dict[str, Any]:
    found = json.loads(invoke("kin", archive[1][whose], "-a", archive[0], "--json").stdout)
    return {one["url"].rpartition("/")[2]: one for one in found["pictures"]}


def test_each_picture_is_named_with_how_it_is_shared(archive: tuple[Path, dict[str, str]]) -> None:
    """From either side, with the captures of both files; a picture of one site alone isn't among them."""
    taken = shared(archive, "taker")
    assert {name: one["how"] for name, one in taken.items()} == {
        "same.jpg": "equal",
        "small.webp": "alike",
        "tower.jpg": "hotlink",
    }
    assert {one["other"] for one in taken.values()} == {archive[1]["own"]}
    had = shared(archive, "own")
    assert {name: one["how"] for name, one in had.items()} == {
        "ferry.jpg": "equal",
        "crane.jpg": "alike",
        "tower.jpg": "hotlinked",
    }
    assert had["ferry.jpg"]["seen"] == taken["same.jpg"]["other_seen"]
    assert all(one["seen"] and one["other_seen"] for name, one in had.items() if name != "tower.jpg")


def test_a_credit_that_only_one_of_both_files_has(archive: tuple[Path, dict[str, str]]) -> None:
    """The smaller copy names nobody; nothing is said of files that both name somebody."""
    had = shared(archive, "own")
    assert had["crane.jpg"]["credit"] == "R. Adeyemi"
    assert str(had["crane.jpg"]["lost"]).endswith("small.webp")
    assert had["ferry.jpg"]["lost"] is None
    text = invoke("kin", archive[1]["own"], "-a", archive[0]).stdout
    assert "small.webp names nobody" in text
    assert "the same file, byte for byte" in text
    assert list(sound(archive[0])) == []


def test_the_tab_shows_them_and_what_may_not_be_seen_stays_unseen(archive: tuple[Path, dict[str, str]]) -> None:
    """Each with the captures of both files; without the tables of files there is nothing about them on the page."""
    path = f"{PREFIX}/item/{archive[1]['own']}/kin"
    with Reading(archive[0] / "archive.db") as room:
        page = room.page(path)
        assert "Pictures on other sites" in page.text
        assert "small.webp" in page.text
        assert sum("/capture/" in link for link in page.links) >= 4
    with Reading(archive[0] / "archive.db", closed=("media_files",)) as room:
        assert "small.webp" not in room.page(path).text


def test_the_matrix_counts_them_and_leads_to_their_proofs(archive: tuple[Path, dict[str, str]]) -> None:
    """Three between the two sites, however many sizes are held; each with both captures and how it is the same."""
    sites = sorted(key.partition("/")[0] for key in archive[1].values())
    with reading(archive[0] / "archive.db") as db:
        found = groups(db)
        assert shared_counts(found) == {tuple(sites): 3}
        assert not are_too_many(db)
    with Reading(archive[0] / "archive.db") as room:
        matrix = room.page(f"{PREFIX}/kinship")
        assert matrix.text.count("3 pictures") == 2
        pairs = room.page(f"{PREFIX}/kinship?one={sites[0]}&two={sites[1]}")
        assert "Pictures (3)" in pairs.text
        assert pairs.link("what=pictures") == matrix.link("what=pictures")
        proofs = room.page(matrix.link("what=pictures"))
        for words in (HOW["equal"], HOW["alike"], "names R. Adeyemi", "loads it from there"):
            assert words in proofs.text
        assert sum("/capture/" in link for link in proofs.links) == 6
        for link in proofs.links:
            if "/capture/" in link or "/item/" in link:
                assert room.get(link).status_code == 200, link
    with Reading(archive[0] / "archive.db", closed=("media_files",)) as room:
        assert "3 pictures" not in room.page(f"{PREFIX}/kinship").text
        assert "tower.jpg" not in room.page(matrix.link("what=pictures")).text


def test_what_everybody_has_is_no_sharing(archive: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """A file that stands on five sites says nothing of two of them; it isn't in their counts, and is named as such."""
    copy = tmp_path / "archive.db"
    with closing(sqlite3.connect(archive[0] / "archive.db")) as conn:
        conn.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy)) as conn, conn:
        columns = [row[1] for row in conn.execute("PRAGMA table_info(media_files)") if row[1] != "media_item"]
        for number in range(3):
            others = ", ".join(f"'s{number}.test'" if one == "site" else one for one in columns)
            conn.execute(
                f"INSERT INTO media_files ({', '.join(columns)}) SELECT {others} FROM media_files "
                "WHERE url LIKE '%/ferry.jpg' ORDER BY site LIMIT 1"
            )
    with reading(copy) as db:
        found = groups(db)
        assert [len(group.places) for group in found if everywhere(group)] == [5]
        assert set(shared_counts(found).values()) == {2}


def test_a_package_has_the_files_of_both_sides(archive: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """With `--with-kin`: each file's record and digest, how it is the same, and that one of them names nobody."""
    place = tmp_path / "package"
    invoke("export", "--item", archive[1]["taker"], "--with-kin", "-a", archive[0], "-o", place)
    assert list(verify_package(place, Tally())) == []
    statement = (place / "STATEMENT.html").read_text().partition("Its pictures on other sites")[2]
    for words in (HOW["equal"], HOW["alike"], HOW["hotlink"], "R. Adeyemi", "Without a name"):
        assert escape(words) in statement
    with gzip.open(place / "records.warc.gz") as records:
        held = records.read()
    assert all(name in held for name in (b"/ferry.jpg", b"/same.jpg", b"/crane.jpg", b"/small.webp"))
