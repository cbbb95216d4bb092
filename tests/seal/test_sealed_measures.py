"""What a seal says of a file is what anybody computes from it with zlib and SHA-256, whoever wrote and packed it."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import World
from sealkit import Desk, codes, crawled, members_of, packed, seals_of, warcs
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from wparchive.model import Privilege
from wparchive.seal.entries import sealed_files
from wparchive.seal.proof.file_measure import FileMeasure, file_sha256, leaf_of, measure_file


def own_leaves(path: Path) -> Iterator[bytes]:
    """The leaf of each record, by the words of the design: header through its first empty line, SHA-256 of the block."""
    for _, content in members_of(path):
        header, _, rest = content.partition(b"\r\n\r\n")
        header += b"\r\n\r\n"
        size = next(
            int(line.split(b":")[1]) for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        yield hashlib.sha256(b"\0" + header + hashlib.sha256(rest[:size]).digest()).digest()


def own_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + own_root(leaves[:half]) + own_root(leaves[half:])).digest()


def checked(path: Path) -> FileMeasure:
    """A file's measure, once it is what anybody computes."""
    measure, leaves = measure_file(path), list(own_leaves(path))
    assert measure.records.size == len(leaves)
    assert measure.records.digest() == own_root(leaves)
    assert measure.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert measure.bytes == path.stat().st_size
    return measure


def test_the_roots_in_the_log_are_what_anybody_computes(sealed: Path) -> None:
    for one in sealed_files(seals_of(sealed).log()):
        measure = checked(sealed / one.file)
        assert one.root == measure.records.digest()
        assert (one.sha256, one.size) == (measure.sha256, measure.bytes)
        assert one.items == measure.items.size == 3
        assert one.items_root == measure.items.digest()


def test_a_file_packed_anew_has_the_same_roots(sealed: Path, tmp_path: Path) -> None:
    """Another level, nothing packed at all inside the gzip: only the file's own digest differs."""
    path = warcs(sealed)[0]
    before = checked(path)
    for level in (0, 1, 9):
        other = tmp_path / f"{level}.warc.gz"
        other.write_bytes(packed((content for _, content in members_of(path)), level))
        measure = checked(other)
        assert measure.records.digest() == before.records.digest()
        assert measure.items.digest() == before.items.digest()
        assert (measure.first, measure.last) == (before.first, before.last)
        assert measure.sha256 != before.sha256


def test_dates_are_the_earliest_and_the_latest(sealed: Path) -> None:
    path = warcs(sealed)[0]
    dates = [
        line.split(b": ")[1].decode()
        for _, content in members_of(path)
        for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if line.startswith(b"WARC-Date")
    ]
    measure = measure_file(path)
    assert (measure.first, measure.last) == (min(dates), max(dates))


def test_a_large_stored_answer_is_passed_over_by_its_digest(tmp_path: Path) -> None:
    """Its leaf is the same as if all of it had been read; `verify` reads all of it."""
    world = World(tmp_path / "archive")
    run = world.run("one.example")
    run.site()
    body = hashlib.shake_256(b"picture").digest(700_000)
    run.get("/picture", body, kind="file", mime="image/png")
    run.end()
    world.archive.finish("one.example")
    checked(warcs(world.archive.root)[0])


def foreign(path: Path, body: bytes = b"[1,2]") -> None:
    """A WARC by warcio itself, with digests as it writes them: SHA-1 in base 32."""
    head = StatusAndHeaders("200 OK", [("Content-Type", "application/json")], protocol="HTTP/1.0")
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        url = "https://one.example/wp-json/wp/v2/posts"
        for kind, payload, heads in (("resource", b"notes", None), ("response", body, head)):
            record = writer.create_warc_record(url, kind, payload=io.BytesIO(payload), http_headers=heads)
            writer.write_record(record)
            record.raw_stream.close()


def test_files_of_other_tools_are_sealed_by_the_same_rule(world: World, desk: Desk) -> None:
    """The log says that others wrote them; nothing depends on digests of theirs."""
    root = world.archive.root
    path = warcs(root)[0].with_name("other.warc.gz")
    foreign(path)
    measure = checked(path)
    assert measure.items.size == 2
    desk.seal(root)
    values = [value for _, value in seals_of(root).log().named("warc")]
    assert {value["file"].rpartition("/")[2]: value.get("foreign") for value in values}["other.warc.gz"] == 1
    assert sum("foreign" in value for value in values) == 1
    assert codes(root) == set()


@pytest.mark.skipif(not shutil.which("wget"), reason="no wget here")
def test_a_file_of_wget_is_measured_by_the_same_rule(tmp_path: Path) -> None:
    """wget writes a WARC of a page that isn't there as of one that is."""
    command = ["wget", "-q", "-T", "2", "-t", "1", "-O", "/dev/null", "--warc-file", str(tmp_path / "wget")]
    subprocess.run([*command, "http://127.0.0.1:9/"], capture_output=True, check=False)
    checked(tmp_path / "wget.warc.gz")


@pytest.mark.parametrize("what", ["cut", "digest", "bit", "rubbish"])
def test_a_file_that_is_not_sound_is_left_out_and_named(world: World, desk: Desk, what: str) -> None:
    """What can't be read whole is never sealed as if it were; all others are, and it is once it is mended."""
    root = world.archive.root
    crawled(world, "one.example")
    path = warcs(root)[0]
    data = path.read_bytes()
    damaged = bytearray(data)
    if what == "cut":
        del damaged[-30:]
    elif what == "digest":
        raws = [(raw, content) for raw, content in members_of(path)]
        damaged[:] = b"".join(
            packed([content.replace(b"harbour", b"hXrbour")]) if b"harbour" in content else raw for raw, content in raws
        )
    elif what == "bit":
        damaged[len(data) // 2] ^= 8
    else:
        damaged[:] = b"rubbish" * 100
    path.write_bytes(damaged)
    result = desk.seal(root)
    assert result.files == 1
    (said,) = result.unsound
    assert said.startswith(f"{path.relative_to(root)}: not sealed: at offset ")
    path.write_bytes(data)
    assert desk.seal(root).files == 1
    assert codes(root) == set()


def test_a_file_that_a_run_still_writes_is_not_sealed(world: World, desk: Desk) -> None:
    """Nor a torn tail; once the run's file is finished, the next seal takes it."""
    root = world.archive.root
    run = world.run("one.example").site()
    run.get("/wp/v2/pages", [1], privilege=Privilege.AUTHENTICATED)
    warcs(root)[0].with_name("x.warc.gz.torn").write_bytes(b"torn")
    assert desk.seal(root).files == 1
    assert not desk.seal(root).made
    run.kill()
    assert not desk.seal(root).made
    world.archive.finish("one.example")
    assert desk.seal(root).files == 2
    assert codes(root) == set()


def test_a_leaf_and_a_digest_of_a_file() -> None:
    header, block = b"WARC/1.1\r\n\r\n", b"block"
    expected = hashlib.sha256(b"\0" + header + hashlib.sha256(block).digest()).digest()
    assert leaf_of(header, hashlib.sha256(block).digest()) == expected
    with pytest.raises(FileNotFoundError):
        file_sha256(Path("/nowhere/x.warc.gz"))
