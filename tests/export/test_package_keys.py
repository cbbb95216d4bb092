"""Packages of archives whose seals aren't all signed, aren't all stamped, or were signed by another key than today's."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archives import World
from authority import Authorities
from evidence_archives import NAMESPACES
from sealkit import Desk, crawled, make_key, seals_of

from wparchive.audit import Tally
from wparchive.audit.packages.verify_packages import verify_package
from wparchive.audit.seals.trust import OWN_WORD, Trust
from wparchive.export.evidence.evidence_package import make_package
from wparchive.export.evidence.evidence_wanted import item_wanted
from wparchive.seal.endorsement.endorsing import KeyChange

ITEM = "one.example/post/1"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Somebody with a key, and an authority that answers."""
    base = tmp_path_factory.mktemp("keys")
    with Authorities(base / "authorities") as authorities:
        yield Desk.at(base / "desk", authorities)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An archive with one finished WARC, indexed, nothing sealed."""
    world = World(tmp_path / "archive")
    crawled(world, "one.example")
    world.index()
    return world


def packed_item(world: World, target: Path, key: Path | None) -> Path:
    """The package of the post 1."""
    now = datetime(2026, 11, 27, tzinfo=UTC)
    make_package(world.archive, target, item_wanted(world.archive, ITEM), key=key, now=now)
    return target


def said(place: Path, *trusted: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code of `verify.sh`, and its last line."""
    command = ["sh", str(place / "verify.sh"), *map(str, trusted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})
    return done.returncode, (done.stderr or done.stdout).splitlines()[-1]


def codes(place: Path, trust: Trust = OWN_WORD) -> set[str]:
    return {one.code for one in verify_package(place, Tally(), trust)}


def test_of_an_archive_that_nobody_signed_or_stamped(world: World, desk: Desk, tmp_path: Path) -> None:
    """It is good as far as it goes, which is said; whoever brings signers is told that they didn't sign."""
    desk.seal(world.archive.root, key=None, authorities=())
    place = packed_item(world, tmp_path / "package", None)
    code, line = said(place)
    assert code == 0
    for lacking in ("SHA256SUMS isn't signed", "seals/000001 isn't stamped", "seals/000001/checkpoint isn't signed"):
        assert lacking in line
    assert codes(place) == set()
    signers = desk.signers(options=NAMESPACES)
    assert said(place, signers) == (1, "REFUSED: SHA256SUMS: nobody signed it, so none of your signers did")
    assert codes(place, Trust((), signers)) == {"package-signature"}
    text = (place / "STATEMENT.html").read_text()
    for words in (
        "Neither signed nor stamped",
        "not signed, not stamped by an authority",
        "nobody signed or stamped it",
    ):
        assert words in text


def test_of_seals_with_a_stamp_and_no_signature(world: World, desk: Desk, tmp_path: Path) -> None:
    """The stamp is over the checkpoint alone."""
    desk.seal(world.archive.root, key=None)
    place = packed_item(world, tmp_path / "package", None)
    assert said(place)[0] == 0
    assert codes(place) == set()
    text = (place / "STATEMENT.html").read_text()
    assert "Nobody signed the seals here" in text
    assert "Neither signed" not in text


def test_a_stamp_from_before_the_signature_counts_for_the_text_alone(world: World, desk: Desk, tmp_path: Path) -> None:
    """A key that was found later signs older seals: the stamp stays good, and says nothing of the signature's time."""
    desk.seal(world.archive.root, key=None)
    crawled(world, "one.example", text="<p>Once more.</p>")
    desk.seal(world.archive.root)
    seal = seals_of(world.archive.root).place(1)
    assert (seal / "checkpoint.sig").is_file()
    world.index()
    place = packed_item(world, tmp_path / "package", desk.key)
    assert said(place, desk.signers(options=NAMESPACES), desk.authorities.ca)[0] == 0
    assert codes(place, Trust((), desk.signers(options=NAMESPACES), desk.authorities.ca)) == set()


@pytest.mark.parametrize("stamped", [True, False])
def test_what_a_retired_key_signed_stays_good(stamped: bool, world: World, desk: Desk, tmp_path: Path) -> None:
    """In any zone; the statement names who signed each seal."""
    more = {} if stamped else {"authorities": ()}
    desk.seal(world.archive.root, **more)
    fresh = make_key(tmp_path / "fresh")
    crawled(world, "one.example", text="<p>Once more.</p>")
    desk.seal(world.archive.root, change=KeyChange(fresh), identity="new@example.org", **more)
    crawled(world, "one.example", text="<p>And once more.</p>")
    after = replace(desk, key=fresh, identity="new@example.org")
    assert not after.seal(world.archive.root, **more).missing
    world.index()
    place = packed_item(world, tmp_path / "package", fresh)
    if stamped:
        text = (place / "STATEMENT.html").read_text()
        assert "signed by desk@example.org, new@example.org" in text
    assert codes(place) == set()
    for zone in ("UTC0", "Pacific/Auckland", "America/Los_Angeles"):
        assert said(place, env={"TZ": zone})[0] == 0


def test_the_newest_seal_lacks_its_signature(world: World, desk: Desk, tmp_path: Path) -> None:
    """The agent was gone: a package under that seal says so, and is refused to whoever brings signers."""
    desk.seal(world.archive.root)
    crawled(world, "one.example", text="<p>Once more.</p>")
    desk.seal(world.archive.root, key=None)
    world.index()
    place = packed_item(world, tmp_path / "package", desk.key)
    code, line = said(place)
    assert (code, line.endswith("; seals/000002/checkpoint isn't signed")) == (0, True)
    signers = desk.signers(options=NAMESPACES)
    assert said(place, signers) == (
        1,
        "REFUSED: seals/000002/checkpoint: nobody signed it, so none of your signers did",
    )
    assert codes(place, Trust((), signers)) == {"package-signature"}


def test_a_certificate_that_has_expired_since(world: World, desk: Desk, tmp_path: Path) -> None:
    """Stamped when it was valid is stamped for good; stamped by one that had expired then isn't."""
    desk.seal(world.archive.root, authorities=())
    seal = seals_of(world.archive.root).newest()
    assert seal
    place = packed_item(world, tmp_path / "package", None)
    (place / "SHA256SUMS").unlink()
    (place / "authorities.pem").write_bytes(desk.authorities.ca.read_bytes())
    years_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=730)
    for when, good in ((years_ago, True), (datetime.now(UTC), False)):
        (place / "seals" / "000001" / "one.tsr").write_bytes(desk.authorities.stamp(seal.stamped(), "expired", when))
        names = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
        lines = subprocess.run(["sha256sum", *names], cwd=place, capture_output=True, check=True).stdout
        (place / "SHA256SUMS").write_bytes(lines)
        code, line = said(place)
        assert (code == 0) is good, line
        assert (codes(place) == set()) is good
        (place / "SHA256SUMS").unlink()
