"""A list that is broken in one item costs that item: the others are read as they stand, and its place is known."""

import json
from typing import Any

import pytest

from wparchive.http1.message import Head
from wparchive.wordpress.listing import Sweep, read_reply
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.payload.payload import read


def item(wp_id: int, content: str = "text", **fields: Any) -> str:
    links = {"self": [{"href": f"http://x/wp-json/wp/v2/posts/{wp_id}"}]}
    value = {"id": wp_id, "content": {"rendered": content}, "on": True, **fields, "_links": links}
    return json.dumps(value, separators=(",", ":"))


BREAKS = {
    "an attribute's quotes that nobody escaped": lambda text: text.replace("text", '<img loading="lazy">'),
    "a literal of another language": lambda text: text.replace("true", "True"),
    "a missing colon": lambda text: text.replace('"on":', '"on"'),
    "an unquoted key": lambda text: text.replace('"on"', "on"),
    "a missing value": lambda text: text.replace("true", ""),
    "a comma too many": lambda text: text.replace("true", "true,"),
    "a missing bracket": lambda text: text.replace('"text"}', '"text"'),
    "a bracket too many": lambda text: text.replace('"text"}', '"text"}}'),
    "a notice of PHP in the midst": lambda text: text.replace('"on"', '<b>Warning</b>: x in <b>/a.php</b><br />"on"'),
    "a single backslash": lambda text: text.replace("text", "C:\\path"),
}


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_broken_item_costs_one_item(how: str, place: int) -> None:
    """Wherever it stands, the others are sound, each with its own text, and the place of the broken one is named."""
    texts = [item(wp_id) for wp_id in (1, 2, 3, 4, 5)]
    texts[place] = BREAKS[how](texts[place])
    document = read(f"[{','.join(texts)}]\n".encode())
    assert (document.broken, document.flags) == ((place,), ("broken",))
    assert [one.raw for one in items(document)] == [text for at, text in enumerate(texts) if at != place]


@pytest.mark.parametrize("between", [",,", "", " ", ",\n,"])
def test_what_stands_between_items_costs_none(between: str) -> None:
    """Commas that are missing or doubled are no items."""
    document = read(f"[{between.join(item(wp_id) for wp_id in (1, 2, 3))}]".encode())
    assert [one.id for one in items(document)] == [1, 2, 3]
    assert document.broken == ()


def test_lists_inside_a_broken_item_are_not_taken_for_items_of_the_list() -> None:
    """What is nested has ids and even links of its own; it ends where the list doesn't."""
    nested = f"[{item(70)},{item(71)},{item(72)}]"
    broken = item(2).replace('"on":true', f'"on":True,"related":{nested},"terms":[{{"id":8}},{{"id":9}}]')
    document = read(f"[{item(1)},{broken},{item(3)}]".encode())
    assert [one.id for one in items(document)] == [1, 3]
    assert document.broken == (1,)


def test_what_is_no_item_stays_in_its_place() -> None:
    """Null and empty elements count as elements still."""
    document = read(f"[null,{BREAKS['a missing colon'](item(1))},{item(2)},[],{item(3)}]".encode())
    assert document.broken == (1,)
    assert [one.id for one in items(document)] == [2, 3]
    assert isinstance(document.value, list)
    assert len(document.value) == 5


@pytest.mark.parametrize(
    "body",
    [
        f"[{item(1)},{item(2)[:40]}",  # cut off
        f"[{item(1)},{item(2)[:40]}] and more",
        "[" + BREAKS["a missing colon"](item(1)) + "]",  # nothing sound
        "[" + BREAKS["a missing colon"](item(1)) + ',{"id":2}]',  # no item like any other
        '{"a":tru}',
        "[" * 3000,
        "[" + '{"id":1,x},' * 2000 + item(5) + "]",
    ],
)
def test_what_cannot_be_taken_apart_is_no_json(body: str) -> None:
    """A list that was cut off, or of which nothing is sure, is asked for again as a whole."""
    document = read(body.encode())
    assert (document.ok, document.value, list(items(document))) == (False, None, [])


def test_places_in_a_page_count_what_shows_nothing_and_what_is_broken() -> None:
    """An item without an id is a gap at its own place, whatever stands before it."""
    nameless = item(3).replace('"id":3', '"id":null')
    body = f"[null,{item(1)},{nameless},{BREAKS['a missing colon'](item(2))},{item(4)}]"
    head = Head(200, "", "HTTP/1.1", (("Content-Type", "application/json"), ("X-WP-Total", "5")))
    sweep = Sweep("/wp/v2/posts", "post")
    (page,) = sweep.wanted(9)
    sweep.feed(page, read_reply(head, body.encode(), capture="x"))
    asked = sweep.wanted(9)
    assert [(one.offset, one.size) for one in asked] == [(3, 1)]
    assert sweep.ids == {1, 4}
    sweep.abandon("stopped")
    assert [(gap.first, gap.last) for gap in sweep.proof().gaps] == [(3, 3), (4, 4)]


@pytest.mark.parametrize(
    ("total", "asked"),
    [("3", [(1, 1)]), ("1", [(1, 1)]), ("4", [(1, 1), (2, 1)]), ("30", [(0, 100)]), (None, [(1, 1)])],
)
def test_a_broken_stretch_is_as_many_items_as_the_total_lacks(total: str | None, asked: list[tuple[int, int]]) -> None:
    """A total that is less than what is shown says nothing; one that is far more leaves open which items are broken."""
    body = f"[{item(1)},{BREAKS['a missing colon'](item(2))},{item(3)}]"
    headers = (("Content-Type", "application/json"), *((("X-WP-Total", total),) if total else ()))
    sweep = Sweep("/wp/v2/posts", "post")
    (page,) = sweep.wanted(1)
    sweep.feed(page, read_reply(Head(200, "", "HTTP/1.1", headers), body.encode(), capture="x"))
    first = sweep.wanted(1)
    second = sweep.wanted(1) if len(asked) > 1 else []
    for page in first if len(asked) > 1 else []:  # of one page a part at a time
        sweep.feed(page, read_reply(Head(200, "", "HTTP/1.1", headers), f"[{item(2)}]".encode(), capture="x"))
        second = sweep.wanted(1)
    assert [(one.offset, one.size) for one in (*first, *second)] == asked
    assert ({1, 3} <= sweep.ids) is (total != "30")
