"""HEAD says what a site's archive consists of: read strictly, written the same each time, and small for ever."""

import json
from dataclasses import replace
from typing import Any

import pytest

from wparchive.errors import DamagedError, SwappedError, UsageError
from wparchive.fleet.manifest import (
    Head,
    Index,
    Part,
    StoredFile,
    fold,
    listed_among,
    listed_files,
    month_of,
    read_head,
    read_index,
    read_month,
    write_head,
    write_index,
)
from wparchive.fleet.objects import ObjectStore

ONE = StoredFile(10, "a" * 64)
SITE = "example.org"


def warc(stamp: str, folder: str = "warc") -> str:
    return f"{folder}/wparchive-{SITE}-{stamp}-00000.warc.gz"


HEAD = Head(
    url="https://example.org/",
    generation=3,
    epoch=5,
    run="20261127120000-0a1b2c3d",
    outcome="complete",
    state=Part("state/3-5.frontier.zst", "b" * 64),
    files={warc("20261127120000"): ONE, warc("20261127120000", "warc/private"): ONE},
    months={"2026-10": Part("manifests/2026-10.2-4.json", "c" * 64)},
    held={"post": 250},
)


def test_what_is_written_is_read() -> None:
    assert Head.parse(HEAD.serialise()) == HEAD
    assert Head.parse(Head(url="").serialise()) == Head(url="")
    assert HEAD.serialise() == Head.parse(HEAD.serialise()).serialise()
    index = Index(generation=3, key="index/3.archive.db.zst", sha256="d" * 64)
    assert Index.parse(index.serialise()) == index


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(HEAD.serialise()), **values}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, HEAD.serialise()[:-1],
        changed(version="1"), changed(more=1), changed(generation=-1), changed(generation=True), changed(generation="3"),
        changed(url=None), changed(files=[]), changed(files={"warc/../../x.warc.gz": {"size": 1, "sha256": "a" * 64}}),
        changed(files={"/warc/x.warc.gz": {"size": 1, "sha256": "a" * 64}}),
        changed(files={"warc/x.warc.gz": {"size": 1}}), changed(files={"warc/x.warc.gz": {"size": 1, "sha256": "A" * 64}}),
        changed(files={"warc/x.warc.gz": {"size": 1.5, "sha256": "a" * 64}}), changed(months={"2026": {}}),
        changed(months={"2026-10": {"key": "../other/HEAD.json", "sha256": "a" * 64}}), changed(state={}),
        changed(state={"key": "/state", "sha256": "a" * 64}), changed(held={"post": "many"}),
    ],
)  # fmt: skip
def test_what_no_commit_writes_is_damaged(data: bytes) -> None:
    """Whoever guessed would take files for lost."""
    with pytest.raises(DamagedError, match="fleet check"):
        Head.parse(data)


def test_what_a_newer_wparchive_wrote_is_left_alone() -> None:
    with pytest.raises(UsageError, match="newer"):
        Head.parse(changed(version=2, more={}))


def test_of_two_commits_on_one_head_the_second_is_refused(objects: ObjectStore) -> None:
    assert read_head(objects, SITE) is None
    write_head(objects, SITE, Head(url="u"), None)
    head, etag = read_head(objects, SITE) or (HEAD, "")
    write_head(objects, SITE, replace(head, generation=1, epoch=2), etag)
    with pytest.raises(SwappedError):
        write_head(objects, SITE, replace(head, generation=1, epoch=1), etag)
    assert read_head(objects, SITE)[0].epoch == 2  # type: ignore[index]
    index = Index(generation=1, key="index/1.archive.db.zst", sha256="d" * 64)
    write_index(objects, SITE, index, None)
    assert read_index(objects, SITE)[0] == index  # type: ignore[index]


def test_months_that_are_over_leave_head(objects: ObjectStore) -> None:
    """New files stay until the next turn, files without a date for ever; a late one joins its month."""
    names = [warc(stamp) for stamp in ("20260930235959", "20261001000000", "20261101000000")] + [
        "warc/import/x.warc.gz"
    ]
    head = Head(url="u", files=dict.fromkeys(names, ONE))
    moved = fold(objects, SITE, head, "2026-11", keep={names[0]})
    assert [*moved.files] == [names[0], *names[2:]]
    assert [*moved.months] == ["2026-10"]
    again = fold(
        objects, SITE, replace(moved, generation=1, files={**moved.files, warc("20261002000000"): ONE}), "2026-11"
    )
    assert [*again.files] == names[2:]
    assert [*again.months] == ["2026-10", "2026-09"]
    assert [*read_month(objects, SITE, again.months["2026-10"])] == [names[1], warc("20261002000000")]
    assert {*listed_files(objects, SITE, again)} == {*names, warc("20261002000000")}
    assert fold(objects, SITE, again, "2026-11") == again
    assert listed_among(objects, SITE, again, [names[1], names[2], warc("20260931000000")]) == {names[1], names[2]}


def test_a_worker_that_was_fenced_does_not_block_the_months_of_the_next(objects: ObjectStore) -> None:
    """It may have written a manifest with files of its own."""
    head = Head(url="u", generation=2, epoch=7, files={warc("20261001000000"): ONE})
    fold(objects, SITE, replace(head, files={**head.files, warc("20261031235959"): ONE}), "2026-11")
    ours = fold(objects, SITE, replace(head, epoch=8), "2026-11")
    assert [*listed_files(objects, SITE, ours)] == [warc("20261001000000")]


def test_a_month_that_was_altered_is_not_believed(objects: ObjectStore) -> None:
    head = fold(objects, SITE, Head(url="u", files={warc("20261001000000"): ONE}), "2026-11")
    key = f"{SITE}/{head.months['2026-10'].key}"
    objects.delete(key)
    with pytest.raises(DamagedError, match="missing, and HEAD"):
        listed_files(objects, SITE, head)
    objects.put_new(key, b'{"version": 1, "files": {}}')
    with pytest.raises(DamagedError, match="altered, and HEAD"):
        listed_files(objects, SITE, head)


def test_the_month_of_a_file_is_that_in_which_its_run_began() -> None:
    assert month_of(warc("20261127120000")) == "2026-11"
    assert month_of("warc/import/other.warc.gz") == ""
