"""An item is cut out of its answer as it was sent, to the byte, whatever else is wrong with the answer."""

import json
from typing import Any

import pytest

from wparchive.wordpress.payload.cutting import item_as_sent

ITEM = b'{ "id":2 , "title":{"rendered":"a, \\"]}\\u00e9 \xe6\xb8\xaf"},\n "n":1.0 }'
FIRST, LAST = b'{"id":1,"list":[{"id":2,"x":"}"}]}', b'{"id":3}'


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b"[" + FIRST + b" , " + ITEM + b",\r\n" + LAST + b"]", ITEM),
        (ITEM, ITEM),
        (b"\n" + ITEM + b"\n", ITEM),
        (b"\xef\xbb\xbf[" + ITEM + b"]", ITEM),
        (b"<br />Notice: x in [y] {z}\n[" + FIRST + b"," + ITEM + b"]", ITEM),
        (b'{"0":' + FIRST + b',"2":' + ITEM + b"}", ITEM),
        (b"[" + FIRST + b',{"id":2,"t":"a\x07b"},' + LAST + b"]", b'{"id":2,"t":"a\x07b"}'),
        (b"[" + FIRST + b',{"id":2,"n":NaN},' + LAST + b"]", b'{"id":2,"n":NaN}'),
        (b"[" + FIRST + b',{"id":2,"t":"a\xff\xfeb"},' + LAST + b"]", b'{"id":2,"t":"a\xff\xfeb"}'),
        (b'[{"id":2,"a":1},' + LAST + b',{"id":2,"a":2}]', b'{"id":2,"a":2}'),
        (b"[" + FIRST + b',{"id":2,"n":' + b"9" * 5000 + b"}]", b'{"id":2,"n":' + b"9" * 5000 + b"}"),
        (b'[{"id":1,"t":"x"},{"id":9,"t":"a"b"},{"id":2,"t":"y" }]', b'{"id":2,"t":"y" }'),
        (("[" + ITEM.decode() + "]").encode("utf-16"), ITEM.decode().encode("utf-16-le")),
    ],
)
def test_the_bytes_that_were_sent(body: bytes, sent: bytes) -> None:
    """Spaces, escapes, numbers and faults stay as they were."""
    assert item_as_sent(body, 2) == sent


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"code":"rest_forbidden"}', b'[{"id":"2x"}]', FIRST]
)
def test_an_answer_without_it(body: bytes) -> None:
    """What is nested in another item isn't it."""
    assert item_as_sent(body, 2) is None


def test_every_item_of_a_list() -> None:
    """Each is what a JSON reader sees in its place."""
    items: list[dict[str, Any]] = [{"id": n, "t": "x" * n, "nested": [{"id": n + 1}]} for n in range(1, 60)]
    body = json.dumps(items, indent=1).encode()
    assert [json.loads(item_as_sent(body, n) or b"") for n in range(1, 60)] == items
