"""Facts that no run writes: any JSON value at any place of any fact costs itself, no other row, no run and no rebuild."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from archives import COLLECTIONS, HOME, ROOT, SITE, World, post
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wparchive.audit import verify
from wparchive.crawl.incremental.memory import Memory
from wparchive.store import SiteStore

PROOF = {"route": "/wp/v2/posts", "type": "post", "stated": 1, "held": 1, "withheld": 0, "pages": 1, "reason": ""}
GAP = {"first": 1, "last": 2, "reason": "lost"}
CHANGE = {
    "type": "post",
    "id": 1,
    "change": "edited",
    "fields": ["title"],
    "before": "a",
    "after": "b",
    "confirmed": "c",
    "route": "/wp/v2/posts",
    "form": "list",
    "moved": ["hits"],
}
FACTS: dict[str, Any] = {
    "start": {
        "mode": "full", "target": HOME, "settings": {"noise": ["post:hits"]}, "wparchive": "0", "user_agent": "t",
        "crawl": "20261122040001-aaaaaaaa", "started_at": "2026-11-22T04:00:01Z", "continues": None,
    },
    "site": {
        "home": HOME, "root": f"{ROOT}/", "root_form": "pretty", "aliases": [HOME], "name": "Example", "state": "ok",
        "timezone": "UTC", "address": HOME, "addresses": [HOME], "targets": [HOME], "moved_from": None,
    },
    "collections": COLLECTIONS[:4],
    "listing:/wp/v2/posts": {
        **PROOF, "outcome": "complete", "verified": True, "how": "walk", "ids": "1-3,7", "slugs": ["a"], "gaps": [GAP],
        "capture": None,
    },
    "failures": [{"route": "/wp/v2/posts/9", "reason": "500"}],
    "answers": {"/wp/v2/posts/8": "refused"},
    "volatile:1": {"post": ["post:hits"]},
    "changes:1": [CHANGE],
    "files:1": {"files": [{"url": f"{HOME}a.jpg", "role": "full", "media": 4, "problem": "gap", "reason": "500"}]},
    "files:limit:example.net": {"limited": [{"host": "example.net", "count": 3}]},
    "trace:1": {"type": "post", "wp_id": 1, "url": f"{HOME}x.jpg", "outcome": "found", "media": 3, "traced_at": "x"},
    "made-good": [["warc/a.warc.gz", 1, 2]],
    "end": {
        "outcome": "complete", "exit_code": 0, "state": "ok", "requests": 1, "captures": 1, "revisits": 0, "bytes": 1,
        "gaps": 0, "finished_at": "2026-11-22T04:10:00Z", "reason": "", "resumable": False,
    },
}  # fmt: skip

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1 << 63, 10**4000, float("nan"), float("inf"), 1e-9, "9999-12-31T23:59:59Z", "0001-01-01"]),
    st.sampled_from(["", "\ud800", "a\0b", "\x1b[2J\n", "1-9223372036854775807", "../../x", "complete", "a" * 3000]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just("\ud800"), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values inside `value`, itself first."""
    yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """`value` with `new` at `path`."""
    if not path:
        return new
    copy = deepcopy(value)
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = new
    return copy


PLACES = [(name, path) for name, fact in FACTS.items() for path in places(fact)]


def crafted(root: Path, name: str, path: tuple[Any, ...], new: Any) -> World:
    """An archive of a sound run, one with that fact, and a sound one."""
    world = World(root)
    for number in range(3):
        run = world.run()
        run.site()
        run.get("/wp/v2/posts", [post(1), post(2 + number)])
        if number == 1:
            for other, value in FACTS.items():
                run.fact(other, put(value, path, new) if other == name else value)
        if number != 1 or name != "end":
            run.end()
        else:
            run.store.close()
        world.index()
    return world


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
@example(("listing:/wp/v2/posts", ("ids",)), "1-9223372036854775807")
@example(("site", ("root",)), [])
def test_any_value_at_any_place_of_a_fact(place: tuple[str, tuple[Any, ...]], new: Any) -> None:
    """The items of all runs are there, a rebuild gives the same, and the next crawl can begin."""
    with TemporaryDirectory() as folder:
        world = crafted(Path(folder) / "archive", *place, new)
        assert world.rows("SELECT wp_id FROM posts ORDER BY 1") == [(1,), (2,), (3,), (4,)]
        list(verify(world.archive))
        before = world.dump()
        with SiteStore.open(world.archive, SITE, clock=world.clock) as store:
            Memory(store.folder, store.log).learn()
            assert store.log.seen.known("/wp/v2/posts").keys() == {1, 2, 3, 4}
        with SiteStore.open(world.archive, SITE, clock=world.clock) as store:
            assert store.renewed == ""
        assert world.rebuilt() == before
