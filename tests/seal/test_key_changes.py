"""Another key takes over with the old one's word, or with the auditor's; what the old one signed stays good."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from archives import World
from sealkit import Desk, codes, crawled, make_key, now, seals_of

from wparchive.audit import Tally
from wparchive.audit.seals.trust import Trust
from wparchive.errors import UsageError
from wparchive.seal.endorsement.endorsing import KeyChange
from wparchive.seal.endorsement.signing import key_in, public_key, sign
from wparchive.seal.entries import keys_in


@pytest.fixture
def root(world: World, desk: Desk) -> Path:
    """An archive with one seal, signed and stamped."""
    desk.seal(world.archive.root)
    crawled(world, "one.example")
    return world.archive.root


def keys(root: Path, number: int) -> dict[str, str]:
    seal = seals_of(root).place(number)
    return {path.name: key_in(path.read_bytes()) for path in sorted(seal.glob("*.sig"))}


def test_at_a_change_both_keys_sign_and_from_then_on_the_new_one(root: Path, desk: Desk, tmp_path: Path) -> None:
    fresh = make_key(tmp_path / "fresh")
    old, new = public_key(desk.key), public_key(fresh)
    assert not desk.seal(root, change=KeyChange(fresh)).missing
    assert keys(root, 2) == {"checkpoint.new.sig": new, "checkpoint.sig": old}
    log = seals_of(root).log()
    assert [(key.change, key.key) for key in keys_in(log)] == [("add", old), ("retire", old), ("add", new)]
    after = replace(desk, key=fresh)
    crawled(World(root), "one.example")
    assert not after.seal(root).missing
    assert keys(root, 3) == {"checkpoint.sig": new}
    assert codes(root) == set()
    assert codes(root, Trust((), desk.signers(desk.key, fresh), desk.authorities.ca)) == set()
    # An auditor who was told of the old key alone doesn't believe the new one.
    assert codes(root, desk.trust()) == {"seal-signature"}
    allowed = (root / "seals" / "allowed_signers").read_text().splitlines()
    assert [line.split()[-1] for line in allowed] == [old.split()[1], new.split()[1]]
    assert "valid-after" in allowed[1]
    assert codes(root, Trust((), root / "seals" / "allowed_signers", desk.authorities.ca)) == set()


def test_a_stamp_that_comes_late_makes_no_old_signature_bad(root: Path, desk: Desk, tmp_path: Path) -> None:
    """No authority may answer for days, or none was asked for years: the old key signed before it was retired all the same."""
    (seals_of(root).place(1) / "one.tsr").unlink()
    fresh = make_key(tmp_path / "fresh")
    desk.seal(root, change=KeyChange(fresh), authorities=())
    crawled(World(root), "one.example")
    replace(desk, key=fresh).seal(root, authorities=())
    newest = seals_of(root).newest()
    late = now() + timedelta(days=3)
    (newest.folder / "one.tsr").write_bytes(desk.authorities.stamp(newest.stamped(), when=late))
    authority = root / "seals" / "authorities"
    authority.mkdir(exist_ok=True)
    shutil.copy(desk.authorities.ca, authority / "one.pem")
    assert codes(root) == set()
    assert codes(root, Trust((), root / "seals" / "allowed_signers", desk.authorities.ca)) == set()


def test_a_retired_key_signs_no_later_seal(root: Path, desk: Desk, tmp_path: Path) -> None:
    """Whoever finds the old key in a drawer: the log says that it was retired, whatever the signers' file says."""
    fresh = make_key(tmp_path / "fresh")
    desk.seal(root, change=KeyChange(fresh))
    crawled(World(root), "one.example")
    replace(desk, key=fresh).seal(root)
    newest = seals_of(root).newest()
    newest.signature.write_bytes(sign(desk.key, newest.text))
    (newest.folder / "one.tsr").write_bytes(desk.authorities.stamp(newest.stamped()))
    assert codes(root) == {"seal-signature"}
    assert codes(root, Trust((), desk.signers(desk.key, fresh), desk.authorities.ca)) == {"seal-signature"}


def test_a_lost_key_needs_the_auditors_own_word(root: Path, desk: Desk, tmp_path: Path) -> None:
    """Nobody confirms the new key but who is asked in person, so `verify` reports it until own signers name it."""
    fresh = make_key(tmp_path / "fresh")
    lost = replace(desk, key=tmp_path / "gone")
    assert not lost.seal(root, change=KeyChange(fresh, lost=True)).missing
    assert keys(root, 2) == {"checkpoint.sig": public_key(fresh)}
    assert codes(root) == {"seal-signature"}
    assert codes(root, Trust((), desk.signers(desk.key, fresh), desk.authorities.ca)) == set()
    assert codes(root, desk.trust()) == {"seal-signature"}


def test_a_change_that_the_old_key_did_not_sign_is_found(root: Path, desk: Desk, tmp_path: Path) -> None:
    fresh = make_key(tmp_path / "fresh")
    desk.seal(root, change=KeyChange(fresh))
    seal = seals_of(root).place(2)
    (seal / "checkpoint.new.sig").rename(seal / "checkpoint.sig")
    newest = seals_of(root).newest()
    (seal / "one.tsr").write_bytes(desk.authorities.stamp(newest.stamped()))
    assert codes(root) == {"seal-signature"}


def test_said_again_after_a_crash_a_change_is_made_once(root: Path, desk: Desk, tmp_path: Path) -> None:
    """The log had the change, and the signatures were missing."""
    fresh = make_key(tmp_path / "fresh")
    gone = replace(desk, key=tmp_path / "gone")
    result = gone.seal(root, change=KeyChange(fresh))
    assert result.missing
    assert keys(root, 2) == {"checkpoint.new.sig": public_key(fresh)}
    result = desk.seal(root, change=KeyChange(fresh))
    assert not result.missing
    assert not result.made
    assert sorted(keys(root, 2)) == ["checkpoint.new.sig", "checkpoint.sig"]
    assert codes(root) == set()


@pytest.mark.parametrize("lost", [False, True])
def test_without_a_key_before_there_is_nothing_to_change(world: World, desk: Desk, tmp_path: Path, lost: bool) -> None:
    with pytest.raises(UsageError, match="there is no key yet"):
        desk.seal(world.archive.root, key=None, change=KeyChange(make_key(tmp_path / "fresh"), lost))


def test_another_key_is_never_taken_in_silence(root: Path, desk: Desk, tmp_path: Path) -> None:
    before = (root / "seals" / "log").read_bytes()
    with pytest.raises(UsageError, match="--new-key FILE"):
        replace(desk, key=make_key(tmp_path / "fresh")).seal(root)
    with pytest.raises(UsageError, match="--new-key"):
        desk.seal(root, change=KeyChange(tmp_path / "nowhere"))
    assert (root / "seals" / "log").read_bytes() == before


def test_a_key_inside_the_archive_is_refused(world: World, desk: Desk, tmp_path: Path) -> None:
    """It would be handed on with it; through a link too."""
    root = world.archive.root
    inside = make_key(root / "seals")
    link = tmp_path / "link"
    link.symlink_to(inside)
    for key in (inside, link, inside.with_name("key.pub")):
        with pytest.raises(UsageError, match="move it elsewhere"):
            replace(desk, key=key).seal(root)
    desk.seal(root)
    with pytest.raises(UsageError, match="move it elsewhere"):
        desk.seal(root, change=KeyChange(inside))
    assert [key.key for key in keys_in(seals_of(root).log())] == [public_key(desk.key)]


def test_a_key_that_comes_later_signs_what_was_sealed_before(world: World, desk: Desk) -> None:
    """Seals without a signature get one as soon as there is a key, and the log says from when on it is ours."""
    root = world.archive.root
    for _ in range(2):
        desk.seal(root, key=None, identity="")
        crawled(world, "one.example")
    desk.seal(root)
    assert [keys(root, number) for number in (1, 2, 3)] == [{"checkpoint.sig": public_key(desk.key)}] * 3
    assert codes(root) == set()
    assert codes(root, desk.trust()) == set()


def test_a_signature_that_could_not_be_made_is_made_up_for(world: World, desk: Desk, tmp_path: Path) -> None:
    """With the key away, sealing goes on, says so each time, and the next run with it signs all."""
    root = world.archive.root
    desk.seal(root)
    gone = replace(desk, key=tmp_path / "gone")
    for number in (2, 3):
        crawled(world, "one.example")
        result = gone.seal(root)
        assert result.number == number
        assert result.overdue == result.missing
        assert f"seal 2 isn't signed: {gone.key}" in result.missing[0]
    tally = Tally()
    assert codes(root, tally=tally) == {"seal-unsigned"}
    result = desk.seal(root)
    assert not result.missing
    assert not result.made
    assert codes(root, desk.trust()) == set()
