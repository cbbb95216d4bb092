"""What a crash leaves: whatever was committed stays, whole exchanges are adopted, torn tails are put aside."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from storekit import IMAGE, Ticking, exchange, fetched, fill, open_store
from warcio.archiveiterator import WARCIterator

from wparchive.errors import StorageError
from wparchive.store import Archive, SiteStore, StoredExchange, exchanges, members, recover

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from datetime import UTC, datetime
from storekit import exchange, fetched, open_store
store = open_store(Path(sys.argv[2]), lambda: datetime.now(UTC), rotate_at=60_000)
before = store.unfinished()
store.begin({"settings": {"delay": 1}}, crawl=before.crawl if before else None)
number = 0
while True:
    url = f"http://example.org/{store.run}/{number}"
    body = bytes(number % 251 for _ in range(number * 37 % 9000 + 1))
    prepared = [one for part in range(3) for one in store.prepare(fetched(exchange(f"{url}/{part}", body)))]
    store.fact(f"listing:{number}", {"held": number})
    for capture in store.put(prepared):
        print(capture.capture, capture.warc, capture.offset, capture.payload_sha256, flush=True)
    number += 1
"""


def crashed(tmp_path: Path, count: int = 5) -> Path:
    """The open file of a run that died after `count` exchanges."""
    store = open_store(tmp_path)
    store.begin({})
    fill(store, count)
    for writer in store._writers.values():
        writer.abandon()
    store.log.close()
    (path,) = store.folder.warcs()
    assert path.name.endswith(".open")
    return path


def whole_sizes(path: Path) -> list[int]:
    return [0, *(entry.end for entry in exchanges(path))]


def logged(store: SiteStore) -> dict[str, str]:
    return {capture.capture: capture.key for capture in store.log.captures()}


def test_killed_at_any_moment_nothing_committed_is_lost_and_no_file_is_damaged(tmp_path: Path) -> None:
    """kill -9 at random points, ten times over one archive; each run takes over the crawl of the one before."""
    rng = random.Random(7)
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    root = tmp_path / "archive"
    committed: dict[str, list[str]] = {}
    for _ in range(10):
        command = [sys.executable, str(script), str(Path(__file__).parent), str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(rng.randrange(1, 60)):
                committed_line(committed, process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:
                committed_line(committed, line)
    with open_store(root, Ticking("2099-01-01T00:00:00+00:00")) as store:
        known = {capture.capture: capture for capture in store.log.captures()}
        assert committed.keys() <= known.keys()
        for identifier, (warc, offset, digest) in committed.items():
            capture = known[identifier]
            assert [capture.warc, str(capture.offset), capture.payload_sha256] == [warc, offset, digest]
            assert store.read(capture).capture == capture
        assert len({run.crawl for run in store.log.runs()}) == 1
        assert all(run.finished_at is None for run in store.log.runs())
        for path in store.folder.warcs():
            assert not path.name.endswith(".open")
            assert subprocess.run(["gzip", "-t", path], check=False).returncode == 0
            with path.open("rb") as file:
                assert sum(1 for _ in WARCIterator(file)) == sum(1 for _ in members(path))


def committed_line(committed: dict[str, list[str]], line: str) -> None:
    words = line.split()
    if line.endswith("\n") and len(words) == 4:
        committed[words[0]] = words[1:]


def test_cut_at_every_kind_of_place_whole_exchanges_stay_and_the_rest_is_put_aside(tmp_path: Path) -> None:
    path = crashed(tmp_path)
    data = path.read_bytes()
    ends = whole_sizes(path)
    rng = random.Random(1)
    for cut in [*ends, *(end + 1 for end in ends[:-1]), *(rng.randrange(len(data)) for _ in range(40)), len(data) - 1]:
        case = tmp_path / f"cut-{cut}" / "warc" / path.name
        case.parent.mkdir(parents=True, exist_ok=True)
        case.write_bytes(data[:cut])
        recovery = recover(case)
        whole = max(end for end in ends if end <= cut)
        assert (recovery.size, recovery.torn_bytes) == (whole, cut - whole)
        assert not case.exists()
        assert recovery.path.exists() == (whole > 0)
        if whole:
            assert recovery.path.read_bytes() == data[:whole]
        if cut > whole:
            assert recovery.torn_file is not None
            assert recovery.torn_file.name == f"{recovery.path.name}.torn"
            assert recovery.torn_file.read_bytes() == data[whole:cut]
            recovery.torn_file.unlink()
        recovery.path.unlink(missing_ok=True)


def test_garbage_after_a_power_cut_is_a_torn_tail(tmp_path: Path) -> None:
    path = crashed(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data + bytes(5000))
    recovery = recover(path, len(data))
    assert (recovery.torn_bytes, recovery.path.read_bytes()) == (5000, data)


def test_a_second_torn_tail_never_overwrites_the_first(tmp_path: Path) -> None:
    path = crashed(tmp_path)
    data = path.read_bytes()
    for number in range(2):
        path.write_bytes(data + bytes([number + 1]) * 9)
        recover(path).path.unlink()
    assert sorted(found.read_bytes()[0] for found in path.parent.glob("*.torn")) == [1, 2]


def test_what_was_written_and_not_committed_is_adopted(tmp_path: Path) -> None:
    """The frontier may lose its last transactions to a power cut; their records are there."""
    store = open_store(tmp_path)
    store.begin({"settings": {"a": 1}})
    (first,) = store.put(store.prepare(fetched(exchange("http://example.org/1"))))
    writer = store._writers[first.privilege]
    (prepared,) = store.prepare(fetched(exchange("http://example.org/2", b"[2]")))
    second = writer.append(prepared)
    store.log.close()
    writer.abandon()
    with open_store(tmp_path) as later:
        before = later.unfinished()
        assert before is not None
        later.begin({}, crawl=before.crawl)
        assert (later.final(first.key), later.final(second.key)) == (first, second)
        assert [recovery.adopted for recovery in later.recovered] == [1]
        (again,) = later.put(later.prepare(fetched(exchange("http://example.org/2", b"[2]"))))
        assert again.refers_to == second.capture


def test_an_exchange_whose_metadata_is_missing_is_not_adopted(tmp_path: Path) -> None:
    path = crashed(tmp_path, 2)
    starts = [member.offset for member in members(path)]
    kinds = [member.type for member in members(path)]
    cut = starts[len(kinds) - 1 - kinds[::-1].index("metadata")]
    os.truncate(path, cut)
    entries = [entry for entry in exchanges(path) if isinstance(entry, StoredExchange)]
    assert len(entries) == 1
    assert recover(path).torn_bytes > 0


def test_a_run_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    path = crashed(tmp_path)
    os.truncate(path, 0)
    recovery = recover(path)
    assert (recovery.size, recovery.torn_file, path.exists(), recovery.path.exists()) == (0, None, False, False)


def test_finish_closes_open_files_without_a_frontier(tmp_path: Path) -> None:
    path = crashed(tmp_path)
    (recovery,) = Archive(tmp_path).finish("example.org")
    assert recovery.path == path.with_name(path.name.removesuffix(".open"))
    assert Archive(tmp_path).finish("example.org") == []
    with open_store(tmp_path) as store:
        assert len(logged(store)) == 6


def test_a_large_body_cut_in_its_midst_is_put_aside_whole(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.begin({})
    (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/a", os.urandom(2 << 20), IMAGE))))
    store._writers[capture.privilege].abandon()
    store.log.close()
    path = store.archive.path(capture.warc)
    os.truncate(path, capture.offset + capture.length // 2)
    with open_store(tmp_path) as later:
        assert later.latest(capture.key) is None  # it must be fetched again
        assert later.recovered[0].torn_bytes == capture.length // 2


@pytest.mark.parametrize("fact", ["start", "site", "end"])
def test_facts_that_matter_are_durable_at_once(tmp_path: Path, fact: str) -> None:
    store = open_store(tmp_path)
    store.begin({})
    store.fact(fact, {"home": "http://example.org/", "outcome": "complete", "crawl": store.run})
    (path,) = store.folder.warcs()
    assert store.log.files() == {store.folder.relative(path): path.stat().st_size}
    store.close()


def test_an_open_file_never_takes_the_place_of_a_finished_one(tmp_path: Path) -> None:
    """A restored backup has both: the file as it was in the midst of the run, and as the run finished it."""
    with open_store(tmp_path) as store:
        store.begin({})
        fill(store, 5)
        store.finish({"outcome": "complete"})
    (finished,) = store.folder.warcs()
    data = finished.read_bytes()
    with open_store(tmp_path) as store:
        known = logged(store)
    twin = finished.with_name(f"{finished.name}.open")
    twin.write_bytes(data[: whole_sizes(finished)[2] + 10])
    with open_store(tmp_path) as store:
        assert logged(store) == known
        assert [path.name for path in store.folder.warcs()] == [finished.name]
        assert [(stray.path, stray.kind) for stray in store.folder.strays()] == [(twin, "superseded")]
    assert finished.read_bytes() == data
    with pytest.raises(StorageError, match="finished file"):
        recover(twin)
    assert twin.exists()
    assert finished.read_bytes() == data
