"""Lists that plug-ins wrap in an object are read as lists, to the byte; whatever else looks like one stays what it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.http1.message import Head
from wparchive.wordpress.judgement import judge
from wparchive.wordpress.payload.document import elements, items
from wparchive.wordpress.payload.payload import read

ITEM = {"id": 7, "title": "a"}


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ({"events": [ITEM], "total": 23, "total_pages": 3, "rest_url": "x"}, (23, 3, 0)),
        ({"events": [ITEM], "next_rest_url": "https://elsewhere.example/?page=2&per_page=50"}, (None, None, 2)),
        ({"success": True, "data": {"items": [ITEM], "pagination": {"total": 4}}}, (4, None, 0)),
        ({"data": [ITEM], "meta": {"total": "5", "last_page": 2}}, (5, 2, 0)),
        ({"events": [], "total": 0, "total_pages": 0}, (0, 0, 0)),
        ({"filters": [], "events": [ITEM], "total": 1}, (1, None, 0)),
    ],
)
def test_a_list_in_an_envelope(value: dict[str, Any], stated: tuple[int | None, int | None, int]) -> None:
    """Items and what the envelope states of their number; a link to the next page gives its number and is never followed."""
    document = read(json.dumps(value).encode())
    assert (document.total, document.pages, document.next_page) == stated
    assert [item.id for item in items(document)] in ([7], [])


@pytest.mark.parametrize(
    "value",
    [
        {"id": 7, "children": [ITEM], "total": 1},
        {"code": "rest_forbidden", "message": "no", "data": {"status": 403, "items": [ITEM], "total": 1}},
        {"events": [ITEM]},
        {"events": [ITEM], "venues": [ITEM], "total": 2},
        {"events": [{"word": "a"}], "total": 1},
        {"events": [ITEM, 3], "total": 2},
        {"routes": {}, "namespaces": [], "list": [ITEM], "total": 1},
        {"events": [ITEM], "total": -1},
        {"events": [ITEM], "total": {"value": 3}},
    ],
)
def test_what_is_no_envelope_stays_as_it_is(value: dict[str, Any]) -> None:
    """An item, an error, an index, two lists, a list that nothing counts or whose members have no ids."""
    document = read(json.dumps(value).encode())
    assert document.value == value
    assert elements(document) is None


def test_the_list_in_an_envelope_of_core() -> None:
    """Core names its headers as it sends them, numbers or words, and an empty map is a list to PHP."""
    headers = {"X-WP-Total": 23, "x-wp-totalpages": "12", "Allow": "GET"}
    document = read(json.dumps({"body": [ITEM, {"id": 8}], "status": 200, "headers": headers}).encode())
    assert (document.total, document.pages) == (23, 12)
    assert [(item.id, json.loads(item.raw)) for item in items(document)] == [(7, ITEM), (8, {"id": 8})]
    assert read(b'{"status": 200, "headers": [], "body": []}').value == []


def test_the_item_in_an_envelope_of_core_keeps_its_bytes() -> None:
    sent = '{ "id" :7, "title":"\\u00a3" ,"n":1.50 }'
    (item,) = items(read(f'{{"body":  {sent},"status":200,"headers":[]}}'.encode()))
    assert (item.id, item.raw) == (7, sent)


@pytest.mark.parametrize("status", [404, 401])
def test_an_error_in_an_envelope_of_core_is_that_error_and_proves_no_deletion(status: int) -> None:
    error = {"code": "rest_post_invalid_id", "message": "no", "data": {"status": status}}
    document = read(json.dumps({"body": error, "status": status, "headers": {}}).encode())
    assert document.value == error
    judged = judge(Head(200, "OK", "HTTP/1.1", ()), None, document)
    assert (judged.ok, judged.gone) == (False, "")


@pytest.mark.parametrize(
    "value",
    [
        {"body": [ITEM], "status": 302, "headers": {}},
        {"body": [ITEM], "status": "ok", "headers": {}},
        {"body": [ITEM], "status": 200, "headers": "x"},
        {"body": [ITEM], "status": 200, "headers": {}, "id": 3},
        {"body": "text", "status": 200, "headers": {}},
        {"body": [ITEM], "status": 200},
    ],
)
def test_what_only_looks_like_an_envelope_of_core_stays_as_it_is(value: dict[str, Any]) -> None:
    assert read(json.dumps(value).encode()).value == value


def test_an_item_in_an_envelope_keeps_its_bytes() -> None:
    """The row's `raw` is what was sent, with its spaces, order and escapes."""
    sent = '{ "id" :7, "title":"\\u00a3" ,"n":1.50 }'
    body = f'{{"skip": {{"events": [1]}}, "events" : [ {sent} , {{"id": 8}}], "total": 2}}'
    document = read(body.encode())
    assert [document.text[start:end] for start, end in document.spans] == [sent, '{"id": 8}']


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "data", "events", "total", "meta", "next", "x", "body", "status", "headers"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_nothing_in_an_envelope_breaks_the_reader(value: Any) -> None:
    """As many spans as members, each of them the member itself."""
    document = read(json.dumps(value).encode())
    for item, (start, end) in zip(elements(document) or (), document.spans, strict=False):
        assert item == json.loads(document.text[start:end])


def test_a_deep_envelope_is_read_in_time(must_end: None) -> None:
    """A body of nested envelopes costs no more than its length."""
    body = b'{"data":' * 20_000 + b"[]" + b"}" * 20_000
    read(body)
    wide = json.dumps({"events": [{"id": n} for n in range(20_000)], "total": 20_000}).encode()
    assert len(read(wide).spans) == 20_000
