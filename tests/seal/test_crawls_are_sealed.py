"""A crawl seals at its end what it finished, for all its sites together, and never fails for it; `seal` makes up for the rest."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import frugal
import pytest
from archives import World
from authority import Authorities
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from sealkit import Desk, codes, crawled, members_of, now, seals_of, warcs

from wparchive.cli.evidence.sealing import post
from wparchive.seal.endorsement.signing import public_key
from wparchive.seal.entries import current_key, sealed_files, seals_in
from wparchive.seal.kept_settings import remember, remembered
from wparchive.seal.sealing import seal
from wparchive.store import Archive

QUICK = (*frugal.OPTIONS, "--retries", "0", "--no-index")


@pytest.fixture(scope="module")
def sites() -> Iterator[list[FakeWordPress]]:
    """Two small sites; nothing is changed in them."""
    with FakeWordPress(**SMALL) as one, FakeWordPress(**SMALL) as two:
        yield [one, two]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def given(desk: Desk, kind: str = "good") -> list[str | Path]:
    """The options of `wparchive seal` for a desk."""
    authority = f"one={desk.authorities.url(kind)},{desk.authorities.ca}"
    return ["--key", desk.key, "--identity", desk.identity, "--authority", authority]


def crawled_with(sites: list[FakeWordPress], root: Path, *more: str | Path, code: int = 0) -> list[str]:
    """Crawl the sites; gives the lines of stdout and, behind "!", of stderr that are no progress."""
    said = invoke("crawl", *(site.url for site in sites), "-a", root, *QUICK, *more, code=code)
    return said.stdout.splitlines() + [f"!{line}" for line in said.stderr.splitlines()]


def test_a_crawl_seals_all_its_sites_together(sites: list[FakeWordPress], root: Path, desk: Desk) -> None:
    """One line of the log a file, one seal, one signature, one stamp an authority; and the runs after it name that seal."""
    said = crawled_with(sites, root)
    first = seals_of(root).newest()
    assert len([line for line in said if line.startswith("sealed 1: 4 entries, ")]) == 1
    assert [one.file.rpartition("/")[2] for one in sealed_files(seals_of(root).log())] == [
        path.name for path in warcs(root)
    ]
    invoke("seal", "-a", root, *given(desk))
    crawled_with(sites, root, "--silent")
    seals = seals_of(root).all()
    assert len(seals) == 3  # the second has the key
    assert [path.name for path in seals[2].files()] == ["checkpoint", "checkpoint.sig", "one.tsr"]
    assert codes(root, desk.trust()) == set()
    second = seals[1]
    starts = [
        json.loads(content.partition(b"\r\n\r\n")[2])
        for path in warcs(root)
        for _, content in members_of(path)
        if b":start\r\n" in content.partition(b"\r\n\r\n")[0]
    ]
    named = [one["sealed"] for one in starts if "sealed" in one]
    assert len(starts) == 4
    assert [one["checkpoint"] for one in named] == [second.text.decode()] * 2
    assert all(set(one["receipts"]) == {"000002/checkpoint.sig", "000002/one.tsr"} for one in named)
    assert first and first.text == seals[0].text


def test_a_log_that_was_cut_back_contradicts_the_runs(sites: list[FakeWordPress], root: Path) -> None:
    """A run's WARC says which seal came before it, so throwing the log away and sealing anew is found."""
    for _ in range(2):
        crawled_with(sites[:1], root)
    shutil.rmtree(root / "seals")
    assert codes(root) == {"seal-expect"}
    invoke("seal", "-a", root)
    assert codes(root) == {"seal-expect"}


def test_a_crawl_can_leave_it(sites: list[FakeWordPress], root: Path) -> None:
    crawled_with(sites[:1], root, "--no-seal")
    assert not (root / "seals").exists()
    assert invoke("seal", "-a", root).stdout.startswith("sealed 1: 3 entries, ")
    again = invoke("seal", "-a", root)
    assert again.stdout.startswith("newest seal 1: 3 entries, ")


def test_sealing_that_fails_changes_no_exit_code(sites: list[FakeWordPress], root: Path) -> None:
    """It says so in one line, also in silence, since a person has to see to it; what was archived stays."""
    crawled_with(sites[:1], root)
    log = root / "seals" / "log"
    log.write_bytes(log.read_bytes().replace(b"wparchive/", b"wparchivE/", 1))
    for silent in ([], ["--silent"]):
        said = crawled_with(sites[:1], root, *silent)
        assert [line for line in said if "not sealed" in line] == [line for line in said if "put the log back" in line]
        (line,) = [line for line in said if "not sealed" in line]
        assert line.startswith(f"!wparchive: not sealed: {log}: not the log that seal ")
    assert len(warcs(root)) == 3
    assert invoke("seal", "-a", root, code=4).stderr.count("\n") == 1


def test_silence_is_broken_only_by_what_needs_a_person(
    sites: list[FakeWordPress], root: Path, desk: Desk, stamping: Authorities
) -> None:
    """Not by an authority that is down for a night; by one that is for longer than a day, and by a key that doesn't sign."""
    crawled_with(sites[:1], root, "--no-seal")
    stamping.down.add("good")
    assert invoke("seal", "-a", root, *given(desk), code=3).stderr.count("isn't stamped by one: HTTP 503") == 1
    assert crawled_with(sites[:1], root, "--silent") == []
    loud = crawled_with(sites[:1], root)
    assert [line for line in loud if "isn't stamped by one: HTTP 503" in line]
    settings = remembered(Archive(root))
    (desk_gone := root.parent / "gone").mkdir()
    remember(Archive(root), type(settings)(desk_gone / "key", desk.identity, authorities=settings.authorities))
    (line,) = crawled_with(sites[:1], root, "--silent")
    assert line.startswith("!wparchive: seal 4 isn't signed: ")
    remember(Archive(root), settings)
    stamping.down.clear()
    assert crawled_with(sites[:1], root, "--silent") == []
    assert codes(root, desk.trust()) == set()


def test_a_stamp_that_is_missing_for_a_day_is_said_in_silence(
    sites: list[FakeWordPress], root: Path, desk: Desk, stamping: Authorities
) -> None:
    crawled_with(sites[:1], root, "--no-seal")
    stamping.down.add("good")
    seal(Archive(root), desk.settings(), post=post, now=lambda: now() - timedelta(hours=25))
    remember(Archive(root), desk.settings())
    (line,) = crawled_with(sites[:1], root, "--silent")
    assert line == "!wparchive: no stamp by one for more than a day: HTTP 503"


def test_what_was_given_once_is_remembered(sites: list[FakeWordPress], root: Path, desk: Desk, tmp_path: Path) -> None:
    """By the next crawl too; a configuration's `[seal]` wins, and isn't remembered."""
    crawled_with(sites[:1], root, "--no-seal")
    invoke("seal", "-a", root, *given(desk), "--origin", "example.org/2026")
    assert remembered(Archive(root)) == desk.settings(origin="example.org/2026")
    assert seals_of(root).log().origin == "example.org/2026"
    config = tmp_path / "config.toml"
    config.write_text(
        f'[archive]\npath = "{root}"\n[seal]\nauthorities = [{{name = "two", url = "{desk.authorities.url()}", ca = '
        f'"{desk.authorities.ca}"}}]\nhide_names = true\n[[sites]]\nurl = "{sites[0].url}"\n{frugal.LINES}'
    )
    invoke("crawl", "--config", config, "--no-index")
    newest = seals_of(root).newest()
    assert newest and [path.name for path in newest.files()] == ["checkpoint", "checkpoint.sig", "two.tsr"]
    assert [one.hidden for one in sealed_files(seals_of(root).log())] == [False, True]
    assert remembered(Archive(root)) == desk.settings(origin="example.org/2026")
    assert (
        "called example.org/2026 from its first line on" in invoke("seal", "-a", root, "--origin", "x", code=2).stderr
    )
    key = current_key(seals_of(root).log())
    assert key and (key.key, key.principal) == (public_key(desk.key), desk.identity)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("colour = 1", "colour"),
        ("key = 1", "key must be a string"),
        ('key = "k"', "give both"),
        ('identity = "desk@example.org"', "give both"),
        ('key = "k"\nidentity = "two words"', "identity"),
        ('key = "k"\nidentity = "a\\nb"', "identity"),
        ('key = "k"\nidentity = "*"', "identity"),
        ('key = "a\\u0000b"\nidentity = "x"', "control character"),
        ('origin = "two words"', "origin"),
        ('origin = "a+b"', "origin"),
        ('origin = "ü"', "origin"),
        ("origin = 5", "origin must be a string"),
        ('hide_names = "yes"', "hide_names must be true or false"),
        ("announce = 1", "announce"),
        ("announce = []", "announce"),
        ('announce = ["a", 1]', "announce"),
        ('announce = ""', "announce"),
        ('announce = ["a\\u0007"]', "control character"),
        ("authorities = 1", "[[seal.authorities]]"),
        ('authorities = ["https://example.org"]', "[[seal.authorities]]"),
        ("authorities = [{}]", "name"),
        ('authorities = [{name = "a"}]', "url"),
        ('authorities = [{name = "a", url = 1}]', "url"),
        ('authorities = [{name = "a", url = "ftp://example.org/"}]', "url"),
        ('authorities = [{name = "a", url = "example.org"}]', "url"),
        ('authorities = [{name = "../a", url = "https://example.org/"}]', "name"),
        ('authorities = [{name = "checkpoint", url = "https://example.org/"}]', "name"),
        ('authorities = [{name = "", url = "https://example.org/"}]', "name"),
        ('authorities = [{name = "a", url = "https://example.org/", ca = "nowhere.pem"}]', "no file"),
        ('authorities = [{name = "a", url = "https://example.org/", colour = "x"}]', "colour"),
        (
            'authorities = [{name = "a", url = "https://example.org/"}, {name = "a", url = "https://example.net/"}]',
            "two authorities are called a",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_before_anything_is_fetched(
    root: Path, tmp_path: Path, table: str, why: str
) -> None:
    """Exit 2, which names the place and the fault; nothing is made."""
    config = tmp_path / "config.toml"
    config.write_text(f'[archive]\npath = "{root}"\n[seal]\n{table}\n[[sites]]\nurl = "http://127.0.0.1:9/"\n')
    said = invoke("crawl", "--config", config, code=2)
    assert said.stderr.count("\n") == 1
    assert why in said.stderr
    assert "[seal]" in said.stderr or "seal" in said.stderr
    assert not root.exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--lost"], "--new-key"),
        (["--note", " "], "--note"),
        (["--note", "x" * 1001], "--note"),
        (["--authority", "a"], "NAME=URL"),
        (["--authority", "=https://example.org/"], "NAME=URL"),
        (["--authority", "a=example.org"], "url"),
        (["--authority", "a=https://example.org/,nowhere.pem"], "no file"),
        (["--key", "nowhere", "--identity", "x"], "can't be read"),
        (["--key", __file__, "--identity", "x"], "no key that signs"),
        (["--identity", "x"], "give both"),
        (["--new-key", "nowhere"], "--new-key"),
    ],
)
def test_a_wrong_option_is_one_line(sealed: Path, words: list[str], why: str) -> None:
    before = {
        path: path.read_bytes() for path in (sealed / "seals").rglob("*") if path.is_file() and path.name != ".lock"
    }
    said = invoke("seal", "-a", sealed, *words, code=2)
    assert said.stderr.count("\n") == 1
    assert why in said.stderr
    after = {
        path: path.read_bytes() for path in (sealed / "seals").rglob("*") if path.is_file() and path.name != ".lock"
    }
    assert after == before


def test_where_there_is_no_archive_nothing_is_sealed(root: Path) -> None:
    assert "no archive there" in invoke("seal", "-a", root, code=2).stderr
    assert not root.exists()


@pytest.mark.parametrize(
    "name", [".lock", "log", "private", "authorities", "000003", "000003/checkpoint.sig", "000004.new"]
)
def test_nothing_is_written_through_a_link(copy: Path, desk: Desk, tmp_path: Path, name: str) -> None:
    """Whatever stands in seals/ may come from a stranger: exit 8, and what the link leads to is as it was."""
    place, target = copy / "seals" / name, tmp_path / "mine"
    if place.is_dir():
        shutil.move(place, target)
    else:
        target.write_bytes(place.read_bytes() if place.exists() else b"precious")
        place.unlink(missing_ok=True)
    place.symlink_to(target)
    before = {path: path.read_bytes() for path in (target, *target.rglob("*")) if path.is_file()}
    said = invoke("seal", "-a", copy, "--note", "one", code=8)
    assert said.stderr.count("\n") == 1
    assert str(place) in said.stderr
    assert {path: path.read_bytes() for path in (target, *target.rglob("*")) if path.is_file()} == before


def test_a_note_stands_in_the_log(copy: Path, desk: Desk) -> None:
    remember(Archive(copy), desk.settings())
    said = json.loads(invoke("seal", "-a", copy, "--note", "Head published in the paper of today.", "--json").stdout)
    newest = seals_of(copy).newest()
    assert newest and said["number"] == newest.number == 4
    assert said["made"]
    assert said["root"] == newest.text.decode().splitlines()[2]
    notes = [value["text"] for _, value in seals_of(copy).log().named("note")]
    assert notes == ["Head published in the paper of today."]
    assert codes(copy, desk.trust()) == set()


def announcing(tmp_path: Path, script: str) -> Path:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_a_program_is_told_of_each_new_seal(copy: Path, desk: Desk, tmp_path: Path) -> None:
    """Its folder is the last argument, signed and stamped already; what it leaves there is carried along and sealed."""
    program = announcing(tmp_path, 'ls "$2" > "$2/seen.ots"; echo "$1" >> "$2/seen.ots"')
    settings = {"announce": (str(program), "a b; $(c)")}
    result = desk.seal(copy, note="one", **settings)
    assert result.notes == []
    seen = (seals_of(copy).place(4) / "seen.ots").read_text().splitlines()
    assert seen == ["checkpoint", "checkpoint.sig", "one.tsr", "seen.ots", "a b; $(c)"]
    desk.seal(copy, **settings)
    assert not (seals_of(copy).place(5)).exists()
    desk.seal(copy, note="two")
    assert "000004/seen.ots" in list(seals_in(seals_of(copy).log()))[-1].receipts
    assert codes(copy, desk.trust()) == set()
    (seals_of(copy).place(4) / "seen.ots").write_text("else")
    assert codes(copy, desk.trust()) == {"seal-receipt"}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo no network >&2; exit 1", "no network"),
        ("exit 7", "exit code 7"),
        ("sleep 600", "didn't end within"),
        ("kill -9 $$", "exit code -9"),
        (None, "isn't installed"),
    ],
)
def test_a_program_that_fails_is_a_note(
    copy: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, why: str
) -> None:
    """The seal is made all the same."""
    monkeypatch.setattr("wparchive.seal.sealing._ANNOUNCING", 0.5)
    program = tmp_path / "nowhere" if script is None else announcing(tmp_path, script)
    result = desk.seal(copy, note="one", announce=(str(program),))
    (note,) = result.notes
    assert note.startswith(f"announce: {program}: ")
    assert why in note
    assert result.made
    assert codes(copy, desk.trust()) == set()


def test_a_site_that_is_renamed_or_forgotten_stays_sealed(sites: list[FakeWordPress], root: Path) -> None:
    """Its files lie elsewhere, and are the same: nothing is sealed twice, and what is altered there is found."""
    crawled_with(sites, root)
    one, two = (site.name for site in Archive(root).sites())
    invoke("rename", one, "other", "-a", root)
    invoke("forget", two, "--yes", "-a", root)
    assert codes(root) == set()
    assert not (root / "seals" / "000002").exists()
    assert invoke("seal", "-a", root).stdout.startswith("newest seal 1: ")
    (path,) = (root / "forgotten").rglob("*.warc.gz")
    path.write_bytes(path.read_bytes() + b"x")
    assert codes(root) == {"seal-file"}


def test_what_was_moved_is_hashed_once(copy: Path, desk: Desk) -> None:
    """Not at each seal from then on, unless it changed; what is kept for that is its owner's, and may be lost or damaged."""
    invoke("rename", "one.example", "other", "-a", copy)
    assert not desk.seal(copy).made
    kept = copy / "seals" / "private" / "moved"
    moved = sorted((copy / "other" / "warc").iterdir())
    assert [json.loads(line)[0] for line in kept.read_text().splitlines()] == [
        f"other/warc/{one.name}" for one in moved
    ]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    before, data = moved[0].stat(), moved[0].read_bytes()
    moved[0].write_bytes(data[:-1] + b"x")
    os.utime(moved[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not desk.seal(copy).unsound
    assert codes(copy) == {"seal-file"}
    for damage in ("", '[1]\n\xff\n["other/warc/x", 1, 2, "3"]\n' + "[" * 99_999):
        kept.write_text(damage, "latin-1")
        assert desk.seal(copy).unsound
    moved[0].write_bytes(data)
    assert not desk.seal(copy).unsound
    assert len(kept.read_text().splitlines()) == len(moved)


def test_status_says_how_far_an_archive_is_sealed(copy: Path, desk: Desk) -> None:
    world = World(copy)
    world.index()
    assert "seal 3 of " in invoke("status", "-a", copy).stdout
    remember(Archive(copy), desk.settings())
    crawled(world, "one.example")
    said = invoke("status", "-a", copy).stdout
    assert "1 finished WARCs not sealed yet" in said
    figures = copy.parent / "metrics.prom"
    invoke("status", "-a", copy, "--prometheus", figures)
    lines = figures.read_text().splitlines()
    assert "wparchive_unsealed_files 1" in lines
    assert "wparchive_stamps_pending 0" in lines
    assert [line for line in lines if line.startswith("wparchive_seal_age_seconds ")]
