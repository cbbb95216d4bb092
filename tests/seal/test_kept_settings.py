"""Whose key signs and who is asked for stamps is said by whoever seals, never by the archive, which may be a stranger's."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from archives import World
from sealkit import Desk, crawled, seals_of

from wparchive.errors import StorageError
from wparchive.seal.kept_settings import not_remembered, remember, remembered
from wparchive.seal.seals_folder import MOST_BYTES
from wparchive.seal.settings import SealSettings
from wparchive.store import Archive

AGAIN = "name --key once again"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a user of the test's own, which isn't there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    return tmp_path / "configuration" / "wparchive" / "seals.toml"


def sealing(root: Path, *more: str | Path, code: int = 0, **env: str) -> "subprocess.CompletedProcess[str]":
    """`wparchive seal` as a process whose environment has `env`, and of HOME and XDG_CONFIG_HOME nothing else."""
    clean = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    command = [sys.executable, "-m", "wparchive", "seal", "-a", str(root), *map(str, more)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean | env, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def former(root: Path, desk: Desk) -> None:
    """What earlier versions kept in the archive, and a stranger may have put there."""
    asked = desk.settings().authorities[0]
    (root / "seals" / "settings.toml").write_text(
        f'key = "{desk.key}"\nidentity = "{desk.identity}"\nannounce = ["/usr/bin/touch", "{root}/ran"]\n'
        f'[[authorities]]\nname = "{asked.name}"\nurl = "{asked.url}"\n'
    )


def test_a_strangers_archive_is_signed_with_no_key_and_stamped_by_nobody_it_names(
    world: World, desk: Desk, place: Path
) -> None:
    """Its settings.toml is named in one line and not read; nothing is run, asked or signed."""
    root = world.archive.root
    (root / "seals").mkdir()
    former(root, desk)
    desk.authorities.asked.clear()
    done = sealing(root, XDG_CONFIG_HOME=str(place.parents[1]))
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"wparchive: {root}/seals/settings.toml: not used any more: {AGAIN}")
    newest = seals_of(root).newest()
    assert newest and [path.name for path in newest.files()] == ["checkpoint"]
    assert not desk.authorities.asked
    assert not (root / "ran").exists()
    assert not place.exists()


def test_what_is_remembered_is_the_users_own(copy: Path, desk: Desk, place: Path) -> None:
    """Outside the archive, readable for nobody else, without secrets; other archives' entries stay as they are."""
    other = Path(shutil.copytree(copy, copy.parent / 'other "archive" \\ \x7f ä'))
    settings = desk.settings(origin="example.org/2026", hide_names=True)
    remember(Archive(copy), settings)
    remember(Archive(other), desk.settings(authorities=()))
    remember(Archive(copy), desk.settings())
    remember(Archive(copy), settings)
    assert remembered(Archive(copy)) == settings
    assert remembered(Archive(other)) == desk.settings(authorities=())
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "PRIVATE" not in place.read_text()
    assert place.read_text().count("[[archives]]") == 2
    assert not (copy / "seals" / "settings.toml").exists()
    link = copy.parent / "by another way"
    link.symlink_to(copy)
    assert remembered(Archive(link)) == settings


def test_it_holds_for_the_log_that_was_there(copy: Path, desk: Desk, place: Path, tmp_path: Path) -> None:
    """Another archive that is put in its place isn't signed, and neither is one whose log began anew."""
    remember(Archive(copy), desk.settings())
    shutil.rmtree(copy)
    world = World(copy)
    crawled(world, "one.example")
    assert remembered(Archive(copy)) == SealSettings()
    (line,) = sealing(copy, XDG_CONFIG_HOME=str(place.parents[1])).stderr.splitlines()
    assert f"{copy}/seals/log: not the log for which {place} remembers" in line
    assert AGAIN in line
    newest = seals_of(copy).newest()
    assert newest and not newest.signatures and not newest.tokens


def test_an_archive_that_was_moved_is_told_what_it_lacks(copy: Path, desk: Desk, place: Path) -> None:
    """Nor one whose user changed: that its seals were signed and aren't now is said, until somebody says how."""
    remember(Archive(copy), desk.settings())
    moved = Archive(copy.rename(copy.parent / "moved"))
    assert remembered(moved) == SealSettings()
    line = not_remembered(moved, remembered(moved))
    assert line.startswith(
        f"{moved.root}: seals were signed by {desk.identity}, and no key is: none is remembered in {place}; "
    )
    assert AGAIN in line
    assert not_remembered(moved, desk.settings()) == ""
    assert AGAIN in not_remembered(moved, desk.settings(key=None, identity=""))
    sealing(moved.root, "--key", desk.key, "--identity", desk.identity, XDG_CONFIG_HOME=str(place.parents[1]))
    assert remembered(moved).key == desk.key
    assert not_remembered(moved, remembered(moved)) == ""


def test_stamps_that_stop_are_said_where_no_key_is(world: World, desk: Desk, place: Path) -> None:
    archive = world.archive
    desk.seal(archive.root, key=None, identity="")
    assert "seals were stamped by one, and none is: none is remembered in" in not_remembered(archive, SealSettings())
    assert not_remembered(archive, desk.settings(key=None, identity="")) == ""


def test_who_never_signed_is_told_nothing(world: World, place: Path) -> None:
    done = sealing(world.archive.root, XDG_CONFIG_HOME=str(place.parents[1]))
    assert done.stderr == ""
    assert not place.exists()


def test_without_home_the_users_own_folder_is_found(copy: Path, desk: Desk, tmp_path: Path) -> None:
    """As under cron or systemd: by the list of users; with XDG_CONFIG_HOME only where that is a whole path."""
    given = ["--key", desk.key, "--identity", desk.identity]
    home = tmp_path / "home"
    home.mkdir()
    sealing(copy, *given, HOME=str(home), XDG_CONFIG_HOME="relative")
    assert (home / ".config" / "wparchive" / "seals.toml").is_file()
    looked = (
        "import os, pwd, pathlib; from wparchive.seal.kept_settings import _place; "
        "print(_place() == pathlib.Path(pwd.getpwuid(os.getuid()).pw_dir) / '.config/wparchive/seals.toml')"
    )
    clean = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    assert subprocess.run([sys.executable, "-c", looked], env=clean, capture_output=True, text=True).stdout == "True\n"


def test_where_nothing_can_be_kept_the_seal_is_made_all_the_same(copy: Path, desk: Desk, tmp_path: Path) -> None:
    """A home that is no folder: sealed and signed with what was given, and one line says what to do the next time."""
    (tmp_path / "file").write_text("")
    done = sealing(copy, "--key", desk.key, "--identity", desk.identity, "--note", "n", HOME=str(tmp_path / "file"))
    (line,) = done.stderr.splitlines()
    assert line.startswith("wparchive: not remembered: ")
    newest = seals_of(copy).newest()
    assert newest and newest.number == 4 and newest.signatures
    done = sealing(copy, "--note", "again", HOME=str(tmp_path / "file"))
    assert [AGAIN in line for line in done.stderr.splitlines()] == [True]


def test_before_the_first_seal_nothing_is_remembered(tmp_path: Path, desk: Desk, place: Path) -> None:
    """An entry without a log would hold for any."""
    with pytest.raises(StorageError, match="nothing is sealed yet"):
        remember(Archive(tmp_path / "archive"), desk.settings())
    assert not place.exists()


DAMAGED = ("key = [", "\xff", "colour = 1", "archives = 1", "archives = [1]", "[[archives]]\ncolour = 1")


@pytest.mark.parametrize("text", [*DAMAGED, "[[archives]]\nauthorities = [1]"])
def test_a_file_that_is_damaged_is_named_before_anything_is_sealed(copy: Path, place: Path, text: str) -> None:
    """In one line with exit 2, and never written over."""
    place.parent.mkdir(parents=True)
    place.write_text(text, "latin-1")
    env = {"XDG_CONFIG_HOME": str(place.parents[1])}
    assert sealing(copy, code=2, **env).stderr == (
        f"wparchive: {place}: not TOML as `wparchive seal` writes it; mend or remove it, and give the options of "
        "`wparchive seal` again\n"
    )
    assert place.read_text("latin-1") == text


def test_a_file_that_cannot_be_read_hinders_no_sealing(copy: Path, place: Path) -> None:
    """It counts as not there; what isn't signed for it is said."""
    place.parent.mkdir(parents=True)
    place.write_bytes(b"#" * (MOST_BYTES + 1))
    done = sealing(copy, XDG_CONFIG_HOME=str(place.parents[1]))
    assert [AGAIN in line for line in done.stderr.splitlines()] == [True]
