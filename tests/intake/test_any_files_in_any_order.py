"""Random files of other tools, imported in any order and killed in between: all that is distinct is held, once, and sound.

Record ids come again, addresses, dates and payloads come again, revisits refer to one another or to nothing.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from intakekit import answers_in, dump, rows, take, unsound
from writers import http, info, post, record, urn, write

from wparchive.index import index
from wparchive.store import Archive

HOSTS = ("a.example", "b.example")
PROFILE = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
# An import that ends itself, as from outside, before it makes the file of this number whole.
KILLED = """
import os, signal, sys
from pathlib import Path
from wparchive.intake import import_files
from wparchive.store import Archive
left = int(sys.argv[1])
rename = Path.rename
def last(path, target):
    global left
    left -= path.suffix == ".part"
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)
Path.rename = last
import_files(Archive(sys.argv[2]), [Path(one) for one in sys.argv[3:]])
"""


def _records(chance: random.Random) -> list[bytes]:
    """Records of two sites, few of whose ids, addresses, dates and bodies are of one record alone."""
    ids = [urn(number) for number in range(6)]
    made: list[tuple[str, str, str, bytes]] = []
    records = []
    for number in range(14):
        home = f"https://{chance.choice(HOSTS)}"
        path = f"/wp-json/wp/v2/posts/{chance.randint(1, 3)}"
        at = f"20{chance.randint(18, 22)}-0{chance.randint(1, 3)}-01T00:00:0{chance.randint(0, 1)}Z"
        rid = chance.choice([*ids, urn("own", number)])
        fields = {"WARC-Record-ID": rid}
        if made and chance.random() < 0.4:
            records.append(_revisit(chance, home + path, at, fields, chance.choice(made)))
            continue
        text = chance.choice("ABC")
        body = json.dumps(post(1, text, home="https://x.example")).encode()
        if chance.random() < 0.7:
            fields["WARC-Payload-Digest"] = f"sha1:{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"
        records.append(record("response", home + path, at, http(200, body), fields))
        made.append((rid, home + path, at, body))
    return records


def _revisit(
    chance: random.Random, uri: str, at: str, fields: dict[str, str], of: tuple[str, str, str, bytes]
) -> bytes:
    rid, refers, when, body = of
    # Where ids are no names, only a digest says which answer is meant, whichever of them came first.
    said = {"WARC-Payload-Digest": f"sha1:{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"}
    more = {"WARC-Refers-To": rid, "WARC-Refers-To-Target-URI": refers, "WARC-Refers-To-Date": when}
    chosen = {**said, **{name: value for name, value in more.items() if chance.random() < 0.6}}
    chosen = chosen if chance.random() < 0.9 else {}
    return record("revisit", uri, at, http(200, b""), {**fields, "WARC-Profile": PROFILE, **chosen})


def _distinct(records: Sequence[bytes]) -> set[tuple[Any, ...]]:
    """What of the records must be held: of answers the address, second and body; of revisits also the id."""
    found = set()
    for one in records:
        head, _, rest = one.partition(b"\r\n\r\n")
        named = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
        about = (named["WARC-Target-URI"], named["WARC-Date"])
        body = rest.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
        revisit = named["WARC-Type"] == "revisit"
        found.add((*about, named["WARC-Record-ID"].strip("<>") if revisit else body))
    return found


def _held(root: Path) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for one in answers_in(root):
        revisit = one.capture.record_type == "revisit"
        said = one.headers.ids("WARC-Record-ID")[0] if revisit else b"".join(one.payload())
        found.append((one.capture.url, one.capture.captured_at, said))
    return found


def _kill(root: Path, after: int, paths: Sequence[Path]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(
        [sys.executable, "-c", KILLED, str(after), str(root), *map(str, paths)], env=environment, check=False
    )


SEEDS = range(int(os.environ.get("WPARCHIVE_IMPORT_SEEDS", "2")))


@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_is_distinct_is_held_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    records = _records(chance)
    files = [write(tmp_path, f"file-{number}", [info(), *records[number::4]]) for number in range(4)]
    ends = []
    for turn in range(2):
        root = tmp_path / str(turn)
        order = chance.sample(files, len(files))
        _kill(root, chance.randint(0, 2), order[:2])
        for part in (order[:1], order[1:3], order[2:]):
            take(root, *part)
        held = _held(root)
        assert {*held} == _distinct(records)
        assert len(held) == len({*held})
        assert rows(root, "SELECT count(*), count(DISTINCT capture) FROM captures") == [(len(held), len(held))]
        assert [site.answers for site in take(root, *files).sites if site.answers] == []
        before = dump(root)
        index(Archive(root), rebuild=True)
        assert dump(root) == before
        assert unsound(root) == []
        ends.append(_told(root))
    assert ends[0] == ends[1]


def _told(root: Path) -> Any:
    """What is told of each capture, whatever its name: what it stands for, and whether that is sure."""
    query = (
        "SELECT c.url, c.captured_at, c.record_type, c.body_sha256, c.status, c.flags, r.body_sha256 "
        "FROM captures c LEFT JOIN captures r ON r.capture = c.refers_to"
    )
    return sorted(map(repr, rows(root, query)))
