"""Killed sealing, or sealing without room, loses nothing that was sealed; the next makes up for it; the log never forks."""

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archives import World
from scarcity import MEANS, run
from sealkit import Desk, codes, crawled, make_key, now, seals_of, warcs

from wparchive.audit.seals.trust import Trust
from wparchive.cli.evidence.sealing import post
from wparchive.errors import LockedError
from wparchive.seal.endorsement.endorsing import KeyChange
from wparchive.seal.entries import keys_in, sealed_files
from wparchive.seal.kept_settings import remember
from wparchive.seal.sealing import seal
from wparchive.store import Archive
from wparchive.store.archive import Lock

HERE = Path(__file__).parent
# What is between two deeds, until the next seal: never a log or a seal that contradicts what was sealed before.
PASSING = {"seal-tail", "seal-missing", "seal-unsigned"}


def killed(root: Path, work: Path, desk: Desk, **given: Any) -> list[tuple[str, Path]]:
    """What sealing of `root` was about to do when it was killed, and what that left behind, for each different state."""
    settings = {
        "key": str(desk.key),
        "identity": desk.identity,
        "ca": str(desk.authorities.ca),
        "authorities": [["one", desk.authorities.url()]],
        **given,
    }
    work.mkdir()
    program = [sys.executable, str(HERE / "killing.py"), str(root), str(work), json.dumps(settings)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    states: dict[str, tuple[str, Path]] = {}
    for number, what in enumerate(json.loads(done.stdout), 1):
        left = work / str(number)
        states.setdefault(state(left), (what, left))
    return list(states.values())


def state(root: Path) -> str:
    """What stands in seals/: before a sync, or before the first of two programs, it is as it is before the next deed."""
    files = sorted(path for path in (root / "seals").rglob("*") if path.name != ".lock")
    return repr([(str(path.relative_to(root)), path.stat().st_size * path.is_file()) for path in files])


def heads(root: Path, folder: Path) -> list[Path]:
    """The heads of the log as somebody else keeps them."""
    folder.mkdir()
    kept = []
    for one in seals_of(root).all():
        kept.append(folder / f"{one.number}")
        kept[-1].write_bytes(one.text)
    return kept


def made_up(root: Path, before: Path, desk: Desk, **how: Any) -> None:
    """Check what a death left, and that the next sealing makes up for it."""
    log = root / "seals" / "log"
    left = log.read_bytes() if log.exists() else b""
    old = before / "seals" / "log"
    assert left.startswith(old.read_bytes() if old.exists() else b"")
    for one in seals_of(root).all():
        assert seals_of(root).log().fits(one.checkpoint())
    assert codes(root) <= PASSING
    kept = heads(root, root.parent / f"{root.name}.heads")
    result = desk.seal(root, **how)
    assert not result.missing
    signers = desk.signers() if how.get("key", desk.key) else None
    assert codes(root, Trust(kept, signers, desk.authorities.ca)) == set()
    whole = left[: left.rfind(b"\n") + 1]
    assert log.read_bytes().startswith(whole)
    names = [one.file for one in sealed_files(seals_of(root).log())]
    assert sorted(names) == sorted(path.relative_to(root).as_posix() for path in warcs(root))
    assert [path.name for path in (root / "seals").rglob("*") if path.name.endswith(".new")] == []
    assert not desk.seal(root, **how).made


@pytest.fixture
def next_one(tmp_path: Path, desk: Desk) -> Path:
    """An archive with one seal, and WARCs for the next: a public and a private one."""
    world = World(tmp_path / "archive")
    crawled(world, "one.example")
    desk.seal(world.archive.root)
    crawled(world, "one.example", private=True)
    return world.archive.root


def test_the_first_sealing_is_killed_at_each_step(world: World, desk: Desk, tmp_path: Path) -> None:
    """Without a key: the log, the checkpoint, the certificates, the stamp."""
    left = killed(world.archive.root, tmp_path / "work", desk, key="")
    assert len(left) > 8
    for _, root in left:
        made_up(root, world.archive.root, desk, key=None, identity="")


def test_a_sealing_is_killed_at_each_step(next_one: Path, desk: Desk, tmp_path: Path) -> None:
    left = killed(next_one, tmp_path / "work", desk, only=["open", "fsync", "os.mkdir", "os.rename"])
    assert len(left) >= 10
    for _, root in left:
        made_up(root, next_one, desk)


def test_a_change_of_keys_is_killed_and_said_again(next_one: Path, desk: Desk, tmp_path: Path) -> None:
    """The log has the change once, both keys have signed it, and the new one signs from then on."""
    fresh = make_key(tmp_path / "fresh")
    left = killed(next_one, tmp_path / "work", desk, new_key=str(fresh), only=["os.rename", "fsync"])
    steps = {}
    for _, root in left:
        files = tuple(path.name for path in sorted((root / "seals").glob("000002/[!.]*")))
        steps[files, (root / "seals" / "log").read_bytes().count(b"\n")] = root
    assert len(steps) == 6  # nothing yet, the log, the checkpoint, two signatures, the stamp
    for root in steps.values():
        assert not desk.seal(root, change=KeyChange(fresh)).missing
        assert [key.change for key in keys_in(seals_of(root).log())] == ["add", "retire", "add"]
        crawled(World(root), "one.example")
        assert not replace(desk, key=fresh).seal(root).missing
        assert codes(root, Trust((), desk.signers(desk.key, fresh), desk.authorities.ca)) == set()


@pytest.mark.parametrize(
    ("means", "amounts"),
    [
        ("disk", [0, 4096, 8192, 12288, 20480, 28672]),
        ("file size", [0, 100, 1000, 2500]),
        ("names", [0, 1, 2, 4]),
        ("open files", [8, 12]),
        ("read-only", [0]),
    ],
)
def test_where_something_runs_out_nothing_is_lost(
    next_one: Path, desk: Desk, tmp_path: Path, means: str, amounts: list[int]
) -> None:
    """One line and exit 8 (or 3, when only a signature or a stamp found no room); with room again the next makes up for it."""
    for amount in amounts:
        place = tmp_path / str(amount)
        place.mkdir()
        with MEANS[means][0](place, amount) as scarce:
            root = Path(shutil.copytree(next_one, place / "archive"))
            remember(Archive(root), desk.settings())
            (place / "tmp").mkdir()
            scarce.laid()
            program = [sys.executable, "-m", "wparchive", "seal", "-a", str(root)]
            done = run(program, scarce.before, TMPDIR=str(place / "tmp"))
            scarce.over()
            assert done.returncode in ((8,) if means == "read-only" else (0, 3, 8)), done
            assert "Traceback" not in done.stderr
            if done.returncode == 8:
                assert done.stderr.count("\n") == 1, done.stderr
            made_up(root, next_one, desk)


def test_of_two_that_seal_at_once_one_waits(next_one: Path, desk: Desk) -> None:
    """Both end well, and every file is in the log once."""
    results = []

    def again() -> None:
        results.append(seal(Archive(next_one), desk.settings(), post=post, now=now, wait=30))

    threads = [threading.Thread(target=again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.number for one in results] == [2] * 4
    assert sorted(one.made for one in results) == [False, False, False, True]
    assert codes(next_one, desk.trust()) == set()


def test_who_seals_already_is_named(next_one: Path, desk: Desk) -> None:
    """After a minute of waiting: exit 5, and nothing was changed."""
    before = (next_one / "seals" / "log").read_bytes()
    with (
        Lock(next_one / "seals" / ".lock", "busy"),
        pytest.raises(LockedError, match=f"process {os.getpid()} is sealing"),
    ):
        desk.seal(next_one)
    assert LockedError.exit_code == 5
    assert (next_one / "seals" / "log").read_bytes() == before
