"""What is in a package: of an item, of one change, of an item alone; and that its statement says no more than that."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from archives import World, post
from evidence_archives import Evidence
from package_tampering import Package, run_shell
from sealkit import now

from wparchive.ask.history import history
from wparchive.audit import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.errors import UsageError
from wparchive.export.evidence.evidence_package import make_package
from wparchive.export.evidence.evidence_wanted import item_wanted
from wparchive.seal.sealing import seal
from wparchive.seal.settings import SealSettings

Packing = Callable[..., Path]
LOADS = re.compile(r"<(?:script|link|img|iframe|object|embed|audio|video|form)|\b(?:src|href|on\w+)\s*=|url\(|@import")


def urls(place: Path, evidence: Evidence) -> list[str]:
    """The addresses and names of all records, in order; `RUN` and the site's root left out."""
    found = []
    for content in Package(place, evidence).contents():
        uri = re.search(rb"WARC-Target-URI: (\S+)", content)
        kind = re.search(rb"WARC-Type: (\S+)", content)
        assert kind
        found.append(f"{kind[1].decode()} {uri[1].decode() if uri else ''}")
    return [re.sub(r"urn:wparchive:run:[^:]+:|http://[^/]+/wp-json/wp/v2/", "", one) for one in found]


def change(evidence: Evidence, wp_id: int, kind: str) -> str:
    """The number of a change of a post."""

    with closing(connect(evidence.archive.database)) as db:
        query = "SELECT rowid FROM observations WHERE type = 'post' AND wp_id = ? AND change = ?"
        return str(db.execute(query, (wp_id, kind)).fetchall()[-1][0])


def sound(place: Path, evidence: Evidence) -> str:
    """The statement of a package that both programs find good."""
    assert run_shell(Package(place, evidence)).returncode == 0
    assert list(verify_package(place, Tally())) == []
    return (place / "STATEMENT.html").read_text()


def test_an_items_package_has_each_version_as_it_was_sent(packing: Packing, evidence: Evidence, tmp_path: Path) -> None:
    """The files of JSON are the item to the byte; of each run that is used, how it began, the site, how it ended."""
    place = packing(f"post/{evidence.edited}", tmp_path / "package")
    found = history(evidence.archive, f"post/{evidence.edited}")
    assert len(found.versions) == 4
    for version in found.versions:
        value = json.loads((place / "versions" / f"{version.number}.json").read_bytes())
        assert (value["id"], value["title"]["rendered"]) == (evidence.edited, version.title)
    assert (place / "item.json").read_bytes() == (place / "versions" / "4.json").read_bytes()
    names = urls(place, evidence)
    assert names.count("resource start") == names.count("resource end") == names.count("warcinfo ") == 4
    text = sound(place, evidence)
    assert text.count("<h3>Version ") == 4
    assert "<del>Eleven</del><ins>Fourteen</ins> were hurt." in text


@pytest.mark.parametrize("kind", ["edited", "silently_edited"])
def test_an_edit_has_both_states_and_nothing_of_others(
    kind: str, evidence: Evidence, tmp_path: Path, packing: Packing
) -> None:
    """A silent one the second reading too; what became of the state before it is left out, which isn't shown either."""
    number = change(evidence, evidence.edited, kind)
    place = evidence.package(tmp_path / "package", number)
    texts = [(place / name).read_text() for name, *_ in Package(place, evidence).rows("items.tsv")]
    states = {"edited": ("Fourteen were hurt.", "said the harbour"), "silently_edited": ("Eleven", "Fourteen")}[kind]
    assert [state in text for state, text in zip(states, texts, strict=True)] == [True, True]
    asked = [one for one in urls(place, evidence) if one.startswith("response")]
    assert len(asked) == (3 if kind == "silently_edited" else 2)
    text = sound(place, evidence)
    assert text.count("compared with the version before") == (1 if kind == "silently_edited" else 2)  # and the title
    assert ("Read once more" in text) is (kind == "silently_edited")
    assert "one change of it" in text
    assert not (place / "item.json").exists()


def test_a_deletion_has_what_shows_the_absence(evidence: Evidence, tmp_path: Path) -> None:
    """The page of the listing where the item would stand, what the run says of that listing, and the site's answer."""
    place = evidence.package(tmp_path / "package", change(evidence, evidence.deleted, "deleted"))
    names = urls(place, evidence)
    assert f"response posts/{evidence.deleted}" in names
    assert "resource listing:/wp/v2/posts" in names
    assert sum(name.startswith("response posts?") for name in names) == 2  # with the item, and without
    text = sound(place, evidence)
    assert "HTTP 404" in text
    assert "What shows that it is gone" in text


def test_an_appearance_claims_nothing_of_the_time_before(evidence: Evidence, tmp_path: Path) -> None:
    """That it stood nowhere before is shown by no record, which the statement says."""
    place = evidence.package(tmp_path / "package", change(evidence, evidence.fresh, "appeared"))
    assert [one for one in urls(place, evidence) if one.startswith("response")] == [
        "response posts?per_page=100&page=1&orderby=id&order=asc"
    ]
    assert "no record here shows it" in sound(place, evidence)


def test_an_item_alone_shows_no_other(packing: Packing, evidence: Evidence, tmp_path: Path) -> None:
    """Neither their words nor how their digests are; a changed word is refused, and so is another item's text."""
    place = packing(f"post/{evidence.fresh}", tmp_path / "package", alone=True)
    whole = Package(packing(f"post/{evidence.fresh}", tmp_path / "whole"), evidence)
    whole.with_body()
    body = json.loads(whole.read(f"bodies/{whole.body}"))
    everything = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    for other in (one for one in body if one["id"] != evidence.fresh):
        assert other["content"]["rendered"][:60].encode() not in everything
    assert run_shell(Package(place, evidence)).stdout.splitlines()[-1].startswith("ALL GOOD: item http")
    assert list(verify_package(place, Tally())) == []
    assert sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) <= 16_000
    package = Package(place, evidence)
    package.swap("item.json", b"later", b"never")
    package.refit()
    assert run_shell(package).stderr == "REFUSED: item.json: not what was committed to\n"
    assert {one.code for one in verify_package(place, Tally())} == {"package-text"}


def test_an_item_that_never_stood_in_a_list_is_refused_alone(evidence: Evidence, tmp_path: Path) -> None:
    """Its commitment was never sealed; the line says what to do."""
    world = World(tmp_path / "archive")
    run = world.run().site()
    run.get("/wp/v2/posts/1", json.dumps(post(1), separators=(",", ":")).encode(), kind="item")
    run.end()
    world.index()
    seal_alone(world)
    with pytest.raises(UsageError, match="leave out --alone"):
        Evidence(world.archive.root, evidence.desk, 1, 1, 1, 1).package(tmp_path / "package", "post/1", alone=True)
    assert not (tmp_path / "package").exists()


def seal_alone(world: World) -> None:
    """Seal without a key and without authorities."""

    assert seal(world.archive, SealSettings(), post=lambda *_: b"", now=now, wait=0).made


HOSTILE = '</title></style><script>alert(1)</script><img src=x onerror=alert(2)> "quoted" & \u202e\u0007 漢字 العبّارة'


def test_hostile_words_stay_words(evidence: Evidence, tmp_path: Path) -> None:
    """Of fifty versions, in titles and texts; nothing in the page loads, runs or leads anywhere."""
    world = World(tmp_path / "archive")
    for number in range(50):
        run = world.run().site()
        item = post(1, f"<p>{HOSTILE} {number}</p><script>alert(3)</script>", title={"rendered": f"{HOSTILE} {number}"})
        item |= {"modified": f"2026-02-01T00:00:{number:02d}", "link": "javascript:alert(4)"}
        body = json.dumps([item], separators=(",", ":")).encode()
        run.proof("/wp/v2/posts", "post", run.get("/wp/v2/posts?order=asc&orderby=id", body))
        run.end()
    world.index()
    seal_alone(world)

    make_package(world.archive, tmp_path / "package", item_wanted(world.archive, "post/1"), key=None, now=now())
    text = (tmp_path / "package" / "STATEMENT.html").read_text()
    page = text.partition("<main>")[2]
    assert text.count("<h3>Version ") == 50
    assert not LOADS.search(re.sub(r">[^<]*<", "><", page)), LOADS.search(page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "\u202e" not in text
    assert "\u0007" not in text
    assert "漢字" in text
