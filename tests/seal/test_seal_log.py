"""The log only grows, says one thing to every reader, and names private files nowhere but in private/."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from archives import World
from sealkit import Desk, codes, crawled, seals_of, warcs

from wparchive.audit import Tally
from wparchive.errors import AlteredLogError, DamagedError
from wparchive.seal.entries import sealed_files, seals_in
from wparchive.seal.how_sealed import overview
from wparchive.seal.log import Log, append, read_log
from wparchive.seal.proof.checkpoint import to_base64
from wparchive.seal.proof.commitments import canonical
from wparchive.store import Archive
from wparchive.store.sealed import sealed_among

NOTE = {"type": "note", "at": "2026-11-27T00:00:00Z", "text": "one"}


def made(folder: Path, *values: dict[str, object], hidden: bool = False) -> Log:
    log = read_log(folder)
    append(folder, log, values, hidden=[hidden] * len(values))
    return log


def test_a_line_is_written_in_one_form(tmp_path: Path) -> None:
    """Sorted keys, ASCII, no spaces: so that any program can write the same line, and the hash is of just one text."""
    log = made(tmp_path, {"type": "note", "text": "Größe 🐦 \u2028", "at": "x", "n": 1})
    line = b'{"at":"x","n":1,"text":"Gr\\u00f6\\u00dfe \\ud83d\\udc26 \\u2028","type":"note"}'
    assert (tmp_path / "log").read_bytes() == line + b"\n"
    assert log.entries == read_log(tmp_path).entries
    assert log.leaves() == [hashlib.sha256(b"\0" + line).digest()]


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"note","type":"seal"}',
        b'{"text":"a","text":"a","type":"note"}',
        b'{"type":"note","text":"a"}',
        b'{"text": "a","type":"note"}',
        b'{"text":"\xc3\xbc","type":"note"}',
        b'{"text":"\\u00FC","type":"note"}',
        b'{"n":1.0,"type":"note"}\r',
        b'{"n":1e2,"type":"note"}',
        b'{"n":NaN,"type":"note"} ',
        b'["note"]',
        b'"note"',
        b"",
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_entry(world: World, desk: Desk, line: bytes) -> None:
    """A key twice, other spaces, other escapes: it counts in the tree, says nothing, and is reported."""
    root = world.archive.root
    desk.seal(root)
    with (root / "seals" / "log").open("ab") as file:
        file.write(line + b"\n")
    assert read_log(root / "seals").entries[-1].value == {}
    assert codes(root) == {"seal-log", "seal-tail"}


def test_a_torn_last_line_is_cut_off_and_nothing_else(world: World, desk: Desk) -> None:
    root = world.archive.root
    desk.seal(root)
    before = (root / "seals" / "log").read_bytes()
    with (root / "seals" / "log").open("ab") as file:
        file.write(b'{"at":"2026')
    tally = Tally()
    assert codes(root, tally=tally) == set()
    assert [note for note in tally.notes if "torn last line" in note]
    log = read_log(root / "seals")
    assert log.torn == b'{"at":"2026'
    with pytest.raises(DamagedError):
        append(root / "seals", log, [NOTE], hidden=[False])
    assert not desk.seal(root).made
    assert (root / "seals" / "log").read_bytes() == before


def test_whole_lines_past_the_newest_seal_are_sealed_by_the_next(world: World, desk: Desk) -> None:
    root = world.archive.root
    desk.seal(root)
    size = len(made(root / "seals", NOTE).entries)
    assert codes(root) == {"seal-tail"}
    result = desk.seal(root)
    assert (result.number, result.made, result.entries) == (2, True, size + 1)
    assert codes(root) == set()


@pytest.mark.parametrize("what", ["changed", "cut", "gone", "checkpoint", "unreadable"])
def test_a_history_that_was_altered_is_never_continued(copy: Path, desk: Desk, what: str) -> None:
    """Exit 4, and nothing is written: neither the log nor a seal."""
    log, checkpoint = copy / "seals" / "log", seals_of(copy).place(3) / "checkpoint"
    lines = log.read_bytes().splitlines(keepends=True)
    if what == "changed":
        log.write_bytes(b"".join([lines[0].replace(b"wparchive/", b"wparchivE/", 1), *lines[1:]]))
    elif what == "cut":
        log.write_bytes(b"".join(lines[:-1]))
    elif what == "gone":
        log.unlink()
    elif what == "checkpoint":
        checkpoint.write_bytes(checkpoint.read_bytes().replace(b"\n", b"x\n", 1))
    else:
        checkpoint.write_bytes(b"rubbish")
    crawled(World(copy), "one.example")
    before = {
        path: path.read_bytes() for path in (copy / "seals").rglob("*") if path.is_file() and path.name != ".lock"
    }
    with pytest.raises(AlteredLogError, match="put the log back"):
        desk.seal(copy)
    assert AlteredLogError.exit_code == 4
    after = {path: path.read_bytes() for path in (copy / "seals").rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before


def test_names_that_are_not_ascii_are_sealed_and_checked(world: World, desk: Desk) -> None:
    """WARCs of other tools may be called anything."""
    root = world.archive.root
    path = warcs(root)[0]
    other = path.with_name('Größe "漢字" 🐦\t.warc.gz')
    other.write_bytes(path.read_bytes())
    assert desk.seal(root).files == 2
    (found,) = [one for one in sealed_files(seals_of(root).log()) if one.name == other.name]
    assert found.file == other.relative_to(root).as_posix()
    assert codes(root) == set()
    other.unlink()
    assert codes(root) == {"seal-gone"}


@pytest.fixture
def private(tmp_path: Path, desk: Desk) -> Path:
    """An archive with a public and a private WARC in its one seal."""
    world = World(tmp_path / "archive")
    crawled(world, "one.example", private=True)
    desk.seal(world.archive.root)
    return world.archive.root


def private_warc(root: Path) -> Path:
    (path,) = [path for path in warcs(root) if path.parent.name == "private"]
    return path


def test_private_files_are_named_nowhere_but_in_private(private: Path) -> None:
    """Neither name nor digest, size or root; what is behind the log's line is the owner's alone."""
    path = private_warc(private)
    behind = private / "seals" / "private" / "entries"
    index, _, line = behind.read_bytes().removesuffix(b"\n").partition(b"\t")
    value = json.loads(line)
    assert value["file"] == path.relative_to(private).as_posix()
    log = (private / "seals" / "log").read_bytes().splitlines()
    hidden = json.loads(log[int(index)])
    assert hidden == {"type": "hidden", "hash": to_base64(hashlib.sha256(line).digest())}
    secrets = [value["sha256"], value["root"], value["items_root"], f'"bytes":{value["bytes"]}', "/private/"]
    for other in (private / "seals").rglob("*"):
        if other.is_file() and other != behind:
            assert not [one for one in secrets if one.encode() in other.read_bytes()], other
    assert behind.stat().st_mode & 0o077 == 0
    assert behind.parent.stat().st_mode & 0o077 == 0
    assert codes(private) == set()


def test_without_what_is_behind_it_a_hidden_file_is_only_not_compared(private: Path) -> None:
    """So a copy of seals/ can be published without private/."""
    (private / "seals" / "private" / "entries").unlink()
    private_warc(private).unlink()
    tally = Tally()
    assert codes(private, tally=tally) == set()
    assert [note for note in tally.notes if "hidden entries isn't here" in note]


def test_a_hidden_file_is_compared_by_what_is_behind_it(private: Path) -> None:
    private_warc(private).unlink()
    assert codes(private) == {"seal-gone"}


def test_what_is_behind_a_hidden_line_must_be_its_own(private: Path) -> None:
    behind = private / "seals" / "private" / "entries"
    behind.write_bytes(behind.read_bytes().replace(b'"bytes":', b'"bytes":1'))
    assert "seal-log" in codes(private)


def test_lines_behind_no_hidden_one_change_nothing(private: Path, desk: Desk) -> None:
    """A crash leaves such lines, and half ones: the last line of an index counts, and the next one begins anew."""
    behind = private / "seals" / "private" / "entries"
    size = len(read_log(private / "seals").entries)
    with behind.open("ab") as file:
        file.write(b"%d\t%s\n" % (size, canonical(NOTE)) + b'99999999999999999999\tx\nx\ty\n-1\tz\n%d\t{"half' % size)
    assert codes(private) == set()
    crawled(World(private), "one.example", private=True)
    assert desk.seal(private).files == 2
    assert codes(private) == set()
    assert sum(one.hidden for one in sealed_files(seals_of(private).log())) == 2


def test_all_names_can_be_hidden(world: World, desk: Desk) -> None:
    desk.seal(world.archive.root, hide_names=True)
    assert b"one.example" not in (world.archive.root / "seals" / "log").read_bytes()
    assert codes(world.archive.root) == set()
    assert [one.hidden for one in sealed_files(seals_of(world.archive.root).log())] == [True]


def test_a_log_is_never_read_or_written_through_a_link(world: World, desk: Desk, tmp_path: Path) -> None:
    root = world.archive.root
    desk.seal(root)
    log = root / "seals" / "log"
    log.rename(tmp_path / "elsewhere")
    log.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "elsewhere").read_bytes()
    crawled(world, "one.example")
    with pytest.raises(Exception, match="log") as caught:
        desk.seal(root)
    assert type(caught.value).__module__ == "wparchive.errors"
    assert (tmp_path / "elsewhere").read_bytes() == before


def test_seals_follow_each_other(sealed: Path) -> None:
    """Each closing line has the seal's number and the digest of the checkpoint before it, and is the last of its seal."""
    seals = seals_of(sealed)
    log, before = seals.log(), b""
    lines = list(seals_in(log))
    assert [line.number for line in lines] == [1, 2, 3] == [seal.number for seal in seals.all()]
    for line, seal in zip(lines, seals.all(), strict=True):
        assert line.previous == (hashlib.sha256(before).hexdigest() if before else "")
        assert seal.checkpoint().size == line.index + 1
        assert log.fits(seal.checkpoint())
        before = seal.text
    named = [name for line in lines for name in line.receipts]
    files = ["checkpoint.sig", "one.tsr"]
    assert sorted(named) == [f"00000{number}/{file}" for number in (1, 2) for file in files]


def test_the_first_line_names_the_log_and_values_are_numbers_and_texts(sealed: Path) -> None:
    """In UTC with Z, and no fraction that another program might write otherwise."""
    values = [entry.value for entry in seals_of(sealed).log().entries]
    assert values[0]["type"] == "log"
    assert values[0]["origin"].startswith("wparchive/")
    assert len(values[0]["origin"]) == len("wparchive/") + 16
    for value in values:
        assert all(isinstance(one, int | str) or key == "receipts" for key, one in value.items())
        assert all(value[key].endswith("Z") for key in ("at", "first", "last") if key in value)


def test_the_two_files_of_a_run_are_told_apart(private: Path, desk: Desk) -> None:
    """A run calls its private WARC as its public one: each is sealed, and each that is gone is missed, by itself."""
    public, own = warcs(private)
    assert public.name == own.name
    other = private.parent / "other"
    shutil.copytree(private, other)
    shutil.rmtree(other / "seals")
    kept = (other / own.relative_to(private)).read_bytes()
    (other / own.relative_to(private)).unlink()
    assert desk.seal(other).files == 1
    (other / own.relative_to(private)).write_bytes(kept)
    assert overview(Archive(other), desk.settings()).unsealed == 1
    assert sealed_among(other, warcs(other)) == [other / public.relative_to(private)]
    tally = Tally()
    assert codes(other, tally=tally) == set()
    assert "1 finished WARCs aren't sealed yet; `wparchive seal` seals them" in tally.notes
    assert desk.seal(other).files == 1
    assert overview(Archive(other), desk.settings()).unsealed == 0
    own.write_bytes(public.read_bytes())
    assert codes(private) == {"seal-file"}
