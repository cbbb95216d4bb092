"""Values of shapes that nobody sends on purpose: read in one way by all, wherever in the program they are read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import collections, is_unread
from wparchive.wordpress.payload.decoding import DEEPEST
from wparchive.wordpress.payload.document import objects, skims
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Root, RootForm, Route
from wparchive.wordpress.unlisted import candidates
from wparchive.wordpress.values import date, loads

ROOT = Root("http://127.0.0.1/wp-json/", RootForm.PRETTY)
DIGITS = "9" * 5000


def nested(depth: int, before: str = "[", behind: str = "]") -> bytes:
    return (before * depth + "1" + behind * depth).encode()


def depth_of(value: Any) -> int:
    depth = 0
    while isinstance(value, list | dict):
        value, depth = ([*(value if isinstance(value, list) else value.values()), None][-2], depth + 1)
    return depth


def within(frames: int, function: Callable[[], Any]) -> Any:
    return within(frames - 1, function) if frames else function()


@pytest.mark.parametrize("ends", [("[", "]"), ('{"a":', "}"), ('{"a[":"]", "b":[', "]}")])
@pytest.mark.parametrize("depth", [DEEPEST // 2 - 1, DEEPEST * 3 // 2, 450, 800, 100_000])
def test_how_deep_a_body_is_read_hangs_on_itself_alone(depth: int, ends: tuple[str, str]) -> None:
    """Not on where in the program that is: crawl, index and a rebuild must agree. What is deeper is null, and flagged."""
    body = b'[{"id":1},' + nested(depth, *ends) + b"]"
    plain = read(body)
    for frames in (1, 100, 300):
        assert within(frames, lambda: read(body)) == plain
    assert isinstance(plain.value, list) and plain.value[0] == {"id": 1}
    levels = 1 + depth * (2 if ":[" in ends[0] else 1)
    assert depth_of(plain.value) == (levels if levels <= DEEPEST else DEEPEST)
    assert ("too-deep" in plain.flags) == (levels > DEEPEST)


def test_brackets_in_texts_are_no_depth() -> None:
    """A text of brackets, ever so many, is read as it stands."""
    for text in ("[" * 5000, "]" * 5000 + "[" * 5000, "[{" * 300_000):
        document = read(json.dumps([{"id": 1, "content": text}]).encode())
        assert (document.value, document.flags) == ([{"id": 1, "content": text}], ())


def test_numbers_of_any_length_come_back_from_what_was_read() -> None:
    """What is taken up again (links by their shape, a row's own JSON) has the numbers that it had at first."""
    body = f'[{{"id":7,"_links":{{"self":[{{"href":"/7","count":{DIGITS}}}]}}}}]'
    (skim,) = skims(read(body.encode()))
    assert skim.links == {"self": [{"href": "/7", "count": DIGITS}]}
    assert loads(skim.text) == skim.links
    assert loads(f'{{"a":{DIGITS},"b":12}}') == {"a": DIGITS, "b": 12}
    with pytest.raises(ValueError, match="Expecting"):
        loads("{,}")


def test_half_characters_are_no_routes() -> None:
    """Nobody can ask for them; in a date they are cleaned, as everything that is stored."""
    for path in ("/wp/v2/\ud800", "/wp\udfff/v2/posts", "/\ud83d"):
        with pytest.raises(ValueError, match="ask"):
            Route.of(path)
        assert ROOT.route_to(f"/wp-json{path}") is None
    assert date("2024-01-01\ud800") == "2024-01-01\ufffd"


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"post": {"x": 1}, "p\ud800": {"x": 1}, "": {"slug": "y"}, "no": 5}, ["post", "p\ufffd", ""]),
        ([{"slug": "post"}, {"name": "page"}, {"id": 5}, 5, {}, {"slug": {}}], ["post", "page", "5"]),
        (["x", None], []),
        ("post", []),
        (None, []),
    ],
)
def test_a_document_lists_what_it_names(document: object, names: list[str]) -> None:
    """By the keys of a map, or in a list by what each says itself: crawl and index count the same."""
    assert [one.key for one in objects(read(json.dumps(document).encode()))] == names


LISTED = {"args": {"per_page": {}}, "methods": ["GET"]}
INDEX = RestIndex.parse(
    {
        "namespaces": ["wp/v2", "\ud800", 5],
        "routes": {
            route: {"endpoints": [LISTED]}
            for base in ("/wp/v2/pages", "/wp/v2/\ud800", "/wp/v2/../users", "/x/y/z", "", "/")
            for route in (base, f"{base}/(?P<id>[\\d]+)")
        },
    }
)


@pytest.mark.parametrize("odd", [5, "x", None, [], ["post"], {"x": 1}])
def test_a_list_of_types_of_which_a_part_is_odd_is_not_the_whole(odd: object) -> None:
    """What the index shows beyond it is looked at; the sound entries stand. Routes of the index that nobody can ask for don't."""
    assert INDEX is not None
    types = {"post": {"rest_base": "posts"}, "page": odd}
    found = collections(INDEX, types, {}, ROOT)
    assert is_unread(types, {}, found)
    assert "/wp/v2/posts" in {one.route for one in found}
    assert list(candidates(INDEX, [one.route for one in found])) == ["/wp/v2/pages", "/x/y/z"]
    for whole in (list(types.values()), "types", None, 5):
        assert is_unread(whole, {}, collections(INDEX, whole, {}, ROOT))
    sound = {"post": {"rest_base": "posts"}, "page": {"rest_base": "pages"}}
    assert not is_unread(sound, [], collections(INDEX, sound, [], ROOT))
