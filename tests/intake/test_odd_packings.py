"""What is odd in how a file is packed, but no damage: it is read, or refused with what to do."""

import gzip
import random
import struct
from pathlib import Path

import pytest
import zstandard
from crawlkit import invoke
from intakekit import bodies_in, rows, take, unsound
from writers import answer, info, packed, post, write

from wparchive.errors import ExitCode

AT = "2020-03-01T00:00:0{}Z"
BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
NOTHING = struct.pack("<II", 0x184D2A53, 5) + b"12345"
"""A frame of zstd that holds nothing (RFC 8878, 3.1.2): an index, or the length of the next one, as some tools write."""


def records(count: int = 40) -> list[bytes]:
    """More than are read strictly after something odd."""
    return [info(), *(answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}"), AT.format(n % 10)) for n in range(count))]


@pytest.mark.parametrize("where", ["before", "between", "after"])
@pytest.mark.parametrize("how", ["zstd", "whole-zstd", "blocks-zstd"])
def test_frames_that_hold_nothing_are_no_damage(tmp_path: Path, how: str, where: str) -> None:
    every = records()
    half = len(every) // 2
    first, second = packed(every[:half], how), packed(every[half:], how)
    data = {"before": NOTHING + first + second, "between": first + NOTHING + NOTHING + second}.get(
        where, first + second + NOTHING
    )
    (tmp_path / "x.warc.zst").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "x.warc.zst")
    assert (result.code, result.files[0].damage, result.files[0].taken) == (0, (), 40)
    assert len(bodies_in(tmp_path / "archive")) == 40
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("where", ["before", "between", "after"])
@pytest.mark.parametrize("fast", [False, True])
def test_members_of_gzip_that_hold_nothing_are_no_damage(tmp_path: Path, where: str, fast: bool) -> None:
    """As bgzip ends its files, and as what was empty is packed."""
    every, nothing = records(), gzip.compress(b"") + BGZIP_END
    first, second = packed(every[:20]), packed(every[20:])
    data = {"before": nothing + first + second, "between": first + nothing + second}.get(
        where, first + second + nothing
    )
    (tmp_path / "x.warc.gz").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "x.warc.gz", fast=fast)
    assert (result.code, result.files[0].damage, result.files[0].taken) == (0, (), 40)


@pytest.mark.parametrize(("how", "fast"), [("gzip", False), ("gzip", True), ("zstd", True)])
def test_all_records_in_one_member_behind_a_warcinfo_by_itself_are_read(tmp_path: Path, how: str, fast: bool) -> None:
    every = records()
    path = tmp_path / f"x.warc.{'gz' if how == 'gzip' else 'zst'}"
    path.write_bytes(packed(every[:1], how) + packed(every[1:], f"whole-{how}"))
    result = take(tmp_path / "archive", path, fast=fast)
    assert (result.code, result.files[0].damage, result.files[0].taken) == (0, (), 40)
    assert unsound(tmp_path / "archive") == []
    told = invoke("verify", "--sources", tmp_path, "-a", tmp_path / "archive")
    assert "isn't compared" not in told.stdout + told.stderr


@pytest.mark.parametrize("whole", [False, True])
def test_zstd_that_needs_more_memory_than_is_given_is_refused_with_what_to_do(tmp_path: Path, whole: bool) -> None:
    """As `zstd --long=31` packs."""
    settings = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    every = [b"".join(records())] if whole else records()
    frames = []
    for one in every:
        engine = zstandard.ZstdCompressor(compression_params=settings).compressobj()
        frames.append(engine.compress(one) + engine.flush())
    (tmp_path / "long.warc.zst").write_bytes(b"".join(frames))
    result = take(tmp_path / "archive", tmp_path / "long.warc.zst")
    assert result.code is ExitCode.USAGE
    assert "2,048 MB of memory" in result.files[0].fault
    assert "zstd -d --long=31" in result.files[0].fault


@pytest.mark.parametrize("how", ["whole-gzip", "whole-zstd"])
def test_what_is_before_damage_in_one_member_around_all_is_taken(tmp_path: Path, how: str) -> None:
    """The damaged member is named in bytes of the file, and what came whole before the damage is taken."""
    noise = random.Random(1)
    texts = [noise.randbytes(100_000).hex() for _ in range(8)]
    made = [
        answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}", text=text), AT.format(n)) for n, text in enumerate(texts)
    ]
    data = packed([info(), *made], how)
    middle = len(data) // 2
    path = write(tmp_path, "hurt", made, how)
    path.write_bytes(data[:middle] + b"\xff" * 9000 + data[middle + 9000 :])
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.INCOMPLETE
    assert (result.files[0].damage[0].start, result.files[0].damage[0].end) == (0, len(data))
    assert {wp_id for (wp_id,) in rows(tmp_path / "archive", "SELECT wp_id FROM posts")} >= {0, 1, 2}


@pytest.mark.parametrize("harm", ["its bytes", "its length"])
def test_a_damaged_dictionary_is_damage(tmp_path: Path, harm: str) -> None:
    """Nothing can be read without it, which is no reason to say that the file is something else."""
    data = bytearray(packed(records(5), "zstd-dictionary"))
    if harm == "its bytes":
        data[40:60] = bytes(20)
    else:
        data[7] = 0x70
    (tmp_path / "x.warc.zst").write_bytes(data)
    result = take(tmp_path / "archive", tmp_path / "x.warc.zst")
    assert result.code is ExitCode.INCOMPLETE
    assert "the dictionary that it begins with" in result.files[0].fault
