"""Files that are made to keep an import busy cost work in proportion to their bytes, and what is sound in them is taken."""

import gzip
import random
import sys
import zipfile
from pathlib import Path
from types import FrameType
from typing import Any

import crafted
import pytest
from intakekit import bodies_in, rows, take, unsound
from writers import answer, exchange, info, packed, post, write

from wparchive.errors import ExitCode
from wparchive.intake import import_files
from wparchive.intake.foreign.formats import Coding
from wparchive.intake.foreign.strict import BrokenRecordError, packing_of
from wparchive.intake.foreign.zstd_frames import unzstd
from wparchive.store import Archive

AT = "2020-03-01T00:00:0{}Z"
SIZE = 20_000


def records(count: int = 6) -> list[bytes]:
    noise = random.Random(3)
    texts = [noise.randbytes(700).hex() for _ in range(count)]
    return [
        info(),
        *(answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}", text=texts[n]), AT.format(n)) for n in range(count)),
    ]


def ids(root: Path) -> list[int]:
    return [wp_id for (wp_id,) in rows(root, "SELECT wp_id FROM posts ORDER BY 1")]


def calls(path: Path, root: Path) -> int:
    """How many functions are called to import a file: work that can be counted."""
    count = 0

    def counted(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        import_files(Archive(root), [path])
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", crafted.KINDS)
def test_the_work_is_in_proportion_to_the_bytes(tmp_path: Path, kind: str) -> None:
    """Twice the file, at most a bit more than twice the work, and never much for a byte."""
    one, two = (crafted.made(kind, size, tmp_path / str(size)) for size in (SIZE, 2 * SIZE))
    once = calls(one, tmp_path / "one")
    twice = calls(two, tmp_path / "two")
    assert twice < 2.5 * once + 20_000
    assert twice < 60 * two.stat().st_size + 150_000


def test_a_step_gives_no_more_than_is_asked_for() -> None:
    """A block of zstd is four bytes that become 128 KB: a piece of a file would be gigabytes."""
    frame = crafted.frame(*[crafted.rle(b"W", 1 << 17)] * 1000)
    engine = unzstd(None).begin()
    made = 0
    while not engine.eof:
        out, frame = engine.step(frame, 1 << 20)
        assert len(out) <= 1 << 20
        made += len(out)
    assert (made, frame) == (1000 << 17, b"")


@pytest.mark.parametrize(("kind", "coding"), [("zstd, frames", Coding.ZSTD), ("gzip, members", Coding.GZIP)])
def test_what_is_unpacked_in_vain_has_a_bound(tmp_path: Path, kind: str, coding: Coding) -> None:
    """Each of a thousand beginnings would have all that follows unpacked once more, only to find that it isn't sound."""
    path = crafted.made(f"{kind} in one another", 60_000, tmp_path)
    size = path.stat().st_size
    with path.open("rb") as file:
        packing = packing_of(file, coding, size, None)
        at: int | None = 0
        tries = 0
        while at is not None:
            with pytest.raises(BrokenRecordError):
                packing.record(at, 1 << 20)
            tries += 1
            at = packing.next_record(at + 1)
    assert tries < 1000
    assert packing.vain < 6 << 30


@pytest.mark.parametrize("how", ["whole-gzip", "whole-zstd"])
def test_where_no_record_begins_any_more_the_rest_isnt_unpacked(tmp_path: Path, how: str) -> None:
    made = records()
    path = write(tmp_path, "bomb", [*made, bytes(150 << 20)], how)
    result = take(tmp_path / "archive", path)
    (file,) = result.files
    assert result.code is ExitCode.INCOMPLETE
    assert "no record begins in 64 MB of what is unpacked before" in file.damage[0].reason
    assert file.size < 70 << 20
    assert ids(tmp_path / "archive") == [*range(6)]


def test_a_large_answer_is_no_reason_to_stop(tmp_path: Path) -> None:
    """Its record says how long it is."""
    large = answer("/video.mp4", bytes(80 << 20), AT.format(0), headers=[("Content-Type", "video/mp4")])
    result = take(tmp_path / "archive", write(tmp_path, "x", [info(), large, *records()[1:]], "whole-gzip"))
    assert (result.code, result.files[0].damage) == (0, ())
    assert ids(tmp_path / "archive") == [*range(6)]


@pytest.mark.parametrize(
    "change",
    [
        (b"WARC/1.0", b"WARC/2.0"),
        (b"WARC/1.0", b"xARC/1.0"),
        (b"Content-Length: ", b"Content-Length: x"),
        (b"WARC", b"W"),
    ],
)
@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "whole-gzip", "whole-zstd", "blocks-gzip", "blocks-zstd"])
def test_a_header_that_is_damaged_at_the_start_costs_its_record_alone(
    tmp_path: Path, how: str, where: int, change: tuple[bytes, bytes]
) -> None:
    made = records()
    made[where] = made[where].replace(*change, 1)
    result = take(tmp_path / "archive", write(tmp_path, "x", made, how))
    assert result.code is ExitCode.INCOMPLETE
    assert ids(tmp_path / "archive") == [n for n in range(6) if n != where - 1]
    assert unsound(tmp_path / "archive") == []


def damaged_at_its_start(folder: Path, how: str) -> Path:
    """A file of the records, packed as `how` says, with zero bytes in its first member."""
    path = write(folder, "x", records(), how)
    data = bytearray(path.read_bytes())
    data[12:60] = bytes(48)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", ["blocks-gzip", "blocks-zstd"])
def test_a_damaged_first_block_costs_what_is_in_it(tmp_path: Path, how: str) -> None:
    result = take(tmp_path / "archive", damaged_at_its_start(tmp_path, how))
    assert result.code is ExitCode.INCOMPLETE
    assert ids(tmp_path / "archive") == [*range(1, 6)]


@pytest.mark.parametrize("how", ["whole-gzip", "whole-zstd"])
def test_one_member_around_all_that_is_damaged_at_its_start_is_damage(tmp_path: Path, how: str) -> None:
    """Nothing can be read, which is no reason to say that the file is something else."""
    result = take(tmp_path / "archive", damaged_at_its_start(tmp_path, how))
    assert result.code is ExitCode.INCOMPLETE
    assert "damaged: no record in it can be read" in result.files[0].fault


def package(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def test_bytes_that_are_too_many_or_missing_in_a_package_cost_what_they_hit(tmp_path: Path) -> None:
    """All that stands behind them isn't where the list of the package says any more."""
    made = records()
    members = {"a.warc.gz": packed(made[:4]), "x.json": b"{}", "b.warc.gz": packed([info(), *made[4:]])}
    data = package(tmp_path / "x.wacz", members).read_bytes()
    place = data.index(b"x.json")
    for name, changed in {
        "more": data[:place] + b"x" * 77 + data[place:],
        "less": data[: place - 40] + data[place + 6 :],
        "in one": data[:100] + b"y" * 9 + data[100:],
    }.items():
        (tmp_path / f"{name}.wacz").write_bytes(changed)
        result = take(tmp_path / name, tmp_path / f"{name}.wacz")
        assert set(ids(tmp_path / name)) >= {1, 3, 4, 5}
        assert result.code == (ExitCode.INCOMPLETE if len(ids(tmp_path / name)) < 6 else result.code)


def test_a_name_that_is_damaged_in_the_list_of_a_package_loses_no_warc(tmp_path: Path) -> None:
    data = bytearray(package(tmp_path / "x.wacz", {"a.warc.gz": packed(records())}).read_bytes())
    data[data.rindex(b"a.warc.gz") + 8] = ord("x")
    (tmp_path / "x.wacz").write_bytes(data)
    take(tmp_path / "archive", tmp_path / "x.wacz")
    assert ids(tmp_path / "archive") == [*range(6)]


def test_a_member_that_would_become_very_much_isnt_unpacked(tmp_path: Path) -> None:
    members = {"a.warc": b"".join(records()), "bomb.warc": b"".join(records()) + bytes(100 << 20)}
    result = take(tmp_path / "archive", package(tmp_path / "x.wacz", members, zipfile.ZIP_DEFLATED))
    assert result.code is ExitCode.USAGE
    assert "unpack it, then import that" in result.files[1].fault
    assert ids(tmp_path / "archive") == [*range(6)]


@pytest.mark.parametrize("first", ["GET\\u0000 /wp-json/", "HTTP/1.1 200 OK", "", " folded", "GENaN /"])
def test_a_request_that_cant_be_read_keeps_no_answer_from_being_taken(tmp_path: Path, first: str) -> None:
    """It says nothing of how was asked: only one that asks otherwise than by GET does."""
    said, asked = exchange("/wp-json/wp/v2/posts/1", post(1, "T1"), AT.format(1))
    head, block = asked.split(b"\r\n\r\n", 1)
    changed = first.encode() + block[block.index(b"\r\n") :]
    head = head.replace(b"Content-Length: %d" % (len(block) - 4), b"Content-Length: %d" % (len(changed) - 4))
    result = take(tmp_path / "archive", write(tmp_path, "x", [info(), said, head + b"\r\n\r\n" + changed]))
    assert result.code == 0
    assert len(bodies_in(tmp_path / "archive")) == 1
    assert unsound(tmp_path / "archive") == []


def test_damage_in_very_many_places_is_named_within_bounds(tmp_path: Path) -> None:
    broken = [
        gzip.compress(one, mtime=0)
        for one in (b"WARC/1.0\r\nWARC-Type: x\r\n\r\n", b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
    ]
    (tmp_path / "x.warc.gz").write_bytes(packed(records()) + b"".join(broken) * 6000)
    (file,) = import_files(Archive(tmp_path / "archive"), [tmp_path / "x.warc.gz"]).files
    assert 10_000 <= len(file.damage) < 10_010
    assert file.damage[-1].end == (tmp_path / "x.warc.gz").stat().st_size
