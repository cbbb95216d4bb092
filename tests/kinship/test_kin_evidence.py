"""Evidence packages with both sides: of an article, and of others that share text with it, on whatever site."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from archives import World, post
from crawlkit import invoke
from newspapers import HOSTILE
from test_copied import OWN, crawl, fresh, html

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.export.evidence.evidence_wanted import item_wanted
from wparchive.export.evidence.kin_wanted import MOST_KIN
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings

TAKER, SOURCE = "b.test/post/2", "a.test/post/1"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Three sites: one has a story, one took it later less its end, one had part of it all along, with a hostile title."""
    base = tmp_path_factory.mktemp("both")
    world = World(base / "archive")
    story = fresh(51)
    old = post(8, html(*story.lines[:2], *fresh(52).lines), title={"rendered": HOSTILE.replace("<", "&lt;")})
    dates = dict.fromkeys(("date", "date_gmt", "modified", "modified_gmt"), "2026-11-22T06:00:00")
    crawl(world, "c.test", old, index=False)
    crawl(world, "a.test", post(1, html(*story.lines)), post(2, html(*fresh(53).lines)), index=False)
    crawl(world, "b.test", *OWN, index=False)
    crawl(world, "b.test", *OWN, post(2, html(*story.lines[:3]), **dates))
    assert seal(world.archive, SealSettings(), post=lambda *_: b"", now=lambda: datetime.now(UTC), wait=0).made
    root = world.archive.root
    for name, options in (("kin", ["--with-kin"]), ("plain", [])):
        invoke("export", "--item", TAKER, *options, "-o", str(base / name), "-a", root)
    yield SimpleNamespace(world=world, root=root, kin=base / "kin", plain=base / "plain")


def wrong(place: Path) -> list[Finding]:
    return list(verify_package(place, Tally()))


def test_both_sides_are_in_it_and_all_of_it_is_proven(archive: SimpleNamespace) -> None:
    """The other articles' JSON as their sites sent it, cut out of records that are there; our check and the one in sh agree."""
    kin = item_wanted(archive.world.archive, TAKER, with_kin=True).kin
    assert [one.relative.other for one in kin] == [SOURCE, "c.test/post/8"]
    texts = [(archive.kin / f"kin/{number}.json").read_text() for number in (1, 2)]
    assert [text[:8] for text in texts] == ['{"id":1,', '{"id":8,']
    assert wrong(archive.kin) == []
    said = subprocess.run(["sh", archive.kin / "verify.sh"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "ALL GOOD" in said.stdout


def test_the_statement_shows_what_is_shared_and_claims_no_taking(archive: SimpleNamespace) -> None:
    """Shares, passages, both captures and what differs; titles are text; who was first with its reasons."""
    statement = (archive.kin / "STATEMENT.html").read_text()
    shared = statement.partition("Other articles with its text")[2]
    assert "Nothing here says who took it from whom" in shared
    assert "most of this stands in the other, which has more" in shared
    assert f"{SOURCE} was public first: captures in the archive prove it" in shared
    assert f"<li>{SOURCE}: held since " in shared
    assert fresh(51).lines[0][:30] in shared
    assert "\ufffd" not in shared.partition("c.test/post/8")[0]
    assert "<script" not in statement
    assert "2 other articles that share text with it" in statement


def test_a_package_without_them_has_what_was_noticed_all_the_same(archive: SimpleNamespace) -> None:
    """A copied text is a change of the item: its other side's record is there; what nobody noticed isn't."""
    statement = (archive.plain / "STATEMENT.html").read_text()
    assert f"stands in {SOURCE} too (excerpt)" in statement
    assert "c.test/wp-json" not in statement.partition("What is proven")[0]
    assert not (archive.plain / "kin").exists()
    assert wrong(archive.plain) == []


def test_a_changed_byte_of_the_other_side_is_found(archive: SimpleNamespace, tmp_path: Path) -> None:
    """Also by the check in plain sh, whose list of digests is made anew as a forger would."""
    place = Path(shutil.copytree(archive.kin, tmp_path / "forged"))
    text = place / "kin/1.json"
    text.write_bytes(text.read_bytes().replace(b"a", b"e", 1))
    lines = (place / "SHA256SUMS").read_text().splitlines()
    names = [line[66:] for line in lines]
    sums = subprocess.run(["sha256sum", *names], cwd=place, capture_output=True, text=True, check=True).stdout
    (place / "SHA256SUMS").write_text(sums)
    assert any("kin/1.json" in str(one) for one in wrong(place))
    said = subprocess.run(["sh", place / "verify.sh"], capture_output=True, text=True, check=False)
    assert said.returncode != 0
    assert "kin/1.json" in said.stderr


def test_so_many_at_most_and_the_rest_is_said(world: World, tmp_path: Path) -> None:
    """Those with most text; options that make no sense together are refused."""
    story = fresh(54)
    crawl(world, "a.test", post(1, html(*story.lines)), index=False)
    crawl(world, "c.test", *(post(n, html(*story.lines, f"Edition {n}.")) for n in range(1, MOST_KIN + 4)))
    assert seal(world.archive, SealSettings(), post=lambda *_: b"", now=lambda: datetime.now(UTC), wait=0).made
    made = invoke("export", "--item", SOURCE, "--with-kin", "-o", tmp_path / "many.zip", "-a", world.archive.root)
    assert "left out: 3 more articles that share text with it" in made.stderr
    assert wrong(tmp_path / "many.zip") == []
    for options in (["--alone"], ["--change", "1"]):
        refused = invoke("export", "--item", SOURCE, "--with-kin", *options, "-a", world.archive.root, code=2)
        assert "--with-kin" in refused.stderr
