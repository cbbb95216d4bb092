"""Damage costs the records that it hits and no other, wherever a WARC is hurt; it is a row, and a rebuild never faults."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from archives import SITE, World, post

from wparchive.store import Archive, StoredExchange, exchanges

BLOCK = 4096


@dataclass(frozen=True)
class Sound:
    """A sound archive, and what stands in it: the rows of records, and which posts each response shows."""

    root: Path
    dump: list[str]
    records: dict[str, tuple[str, int, int, str]]
    posts: dict[str, tuple[str, set[int]]]  # capture → the response that its body stands in, the posts in it

    @property
    def path(self) -> Path:
        """The WARC with most in it."""
        return max(Archive(self.root).site(SITE).warcs(), key=lambda path: path.stat().st_size)


def written(world: World) -> None:
    """Two runs with records of every kind: listings, items, files, facts, revisits, an answer that never came."""
    for number in range(2):
        run = world.run().site()
        for page in range(6):
            shown = [post(page * 10 + item, f"<p>{'word ' * 40}{page} {item}</p>") for item in range(4)]
            capture = run.get(f"/wp/v2/posts?page={page}", shown)
        run.proof("/wp/v2/posts", "post", capture, stated=24, held=24)
        run.get("/wp/v2/posts/900", post(900 + number), kind="item")
        run.end()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    world = World(tmp_path_factory.mktemp("sound") / "archive")
    written(world)
    world.index()
    rows = world.rows("SELECT record_id, warc, offset, length, type FROM records")
    posts: dict[str, tuple[str, set[int]]] = {}
    for path in world.archive.site(SITE).warcs():
        for entry in exchanges(path):
            if isinstance(entry, StoredExchange):
                posts[entry.capture.capture] = (entry.answer.capture.capture, ids_in(entry.body().data))
    return Sound(world.archive.root, world.dump(), {row[0]: row[1:] for row in rows}, posts)


def ids_in(body: bytes) -> set[int]:
    value = json.loads(body)
    return {one["id"] for one in (value if isinstance(value, list) else [value])}


Injury = Callable[[bytes, random.Random], tuple[bytes, int, int]]


def flip(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :], at, at + 1


def blank(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    at = rng.randrange(len(data) // BLOCK) * BLOCK
    block = data[at : at + BLOCK]
    start, end = at + len(block) - len(block.lstrip(b"\0")), at + len(block.rstrip(b"\0"))  # zeros were zeros before
    return data[:at] + bytes(BLOCK) + data[at + BLOCK :], start, end


def removed(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    at = rng.randrange(len(data) - 50)
    count = rng.choice([1, 7, 40])
    return data[:at] + data[at + count :], at, at + count


def put_in(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.choice([1, 9, 300])) + data[at:], at, at


def cut(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    at = rng.randrange(len(data))
    return data[:at], at, len(data)


def tail(data: bytes, rng: random.Random) -> tuple[bytes, int, int]:
    return data + rng.choice([b"\n", b"garbage", bytes(BLOCK), b"\x1f\x8b\x08\x00"]), len(data), len(data)


INJURIES: dict[str, Injury] = {
    "flip": flip, "blank": blank, "removed": removed, "put_in": put_in, "cut": cut, "tail": tail
}  # fmt: skip


def hurt(sound: Sound, tmp_path: Path, data: bytes) -> World:
    """A copy of the sound archive whose WARC holds `data`."""
    root = tmp_path / "archive"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(sound.root, root)
    (root / sound.path.relative_to(sound.root)).write_bytes(data)
    return World(root)


def hit(sound: Sound, start: int, end: int) -> set[str]:
    """The records that bytes from `start` to `end` of the injured WARC were of."""
    warc = str(sound.path.relative_to(sound.root))
    inside = {
        record
        for record, (name, offset, length, _) in sound.records.items()
        if name == warc and offset < max(end, start) and offset + length > start
    }
    if start == end:  # something put in: between two records it hits none
        inside = {r for r in inside if sound.records[r][1] < start}
    return inside


@pytest.mark.parametrize("kind", INJURIES)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_lost_is_what_was_hit(sound: Sound, tmp_path: Path, kind: str, seed: int) -> None:
    """Records lost = records hit; a post is lost only with every response that shows it; the damage is named."""
    rng = random.Random(f"{kind}{seed}")
    for _ in range(2):
        data, start, end = INJURIES[kind](sound.path.read_bytes(), rng)
        world = hurt(sound, tmp_path, data)
        report = world.index(rebuild=True)
        struck = hit(sound, start, end)
        left = {row[0] for row in world.rows("SELECT record_id FROM records")}
        lost = sound.records.keys() - left
        assert left <= sound.records.keys()
        assert lost in (struck, set()), (kind, start, end)
        warc = str(sound.path.relative_to(sound.root))
        between = start in {
            offset for name, offset, *_ in sound.records.values() if name == warc
        }  # a cut that shows nowhere
        assert report.damaged or not (lost or kind == "tail") or (kind == "cut" and between)
        assert world.one("PRAGMA integrity_check") == "ok"
        shown = set().union(*(posts for one, (body, posts) in sound.posts.items() if {one, body} <= left))
        assert {row[0] for row in world.rows("SELECT wp_id FROM posts")} == shown
        grown = world.dump()
        assert world.rebuilt() == grown
