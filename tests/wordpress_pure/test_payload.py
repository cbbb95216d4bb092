"""Bodies as they come: salvaged, flagged, exact, bounded."""

import gzip
import json
import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.http1.message import Head
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.judgement import judge
from wparchive.wordpress.links.aims import aim, links_of
from wparchive.wordpress.links.link_shapes import LinkShapes
from wparchive.wordpress.listing import read_reply
from wparchive.wordpress.payload.document import entries, items, skims
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Root, RootForm
from wparchive.wordpress.text import references
from wparchive.wordpress.values import boolean, clean, date, integer, text_of, utc

DATA = Path(__file__).parent / "data"
REAL = sorted(DATA.glob("*.json"))
POSTS = (DATA / "posts-pretty.json").read_bytes()


@pytest.mark.parametrize(
    ("body", "value", "flags"),
    [
        (b'[{"id":1}]', [{"id": 1}], ()),
        (b' \r\n{"a":[]}\n', {"a": []}, ()),
        (b"[]", [], ()),
        (b"null", None, ()),
        (b'"x"', "x", ()),
        (b'\xef\xbb\xbf[{"id":1}]', [{"id": 1}], ("bom",)),
        (b'\xef\xbb\xbf\n\xef\xbb\xbf\xef\xbb\xbf[{"id":1}]', [{"id": 1}], ("bom",)),
        ('[{"id":1}]'.encode("utf-16"), [{"id": 1}], ("utf-16",)),
        (b'<br />\n<b>Warning</b>: Undefined key [0] in {closure}() <br />\n[{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b'Notice: [] to string\n{"id":1}', {"id": 1}, ("junk-before",)),
        (b'<?php echo 1; [{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b'[{"id":1}]<!-- cached by x [1] -->', [{"id": 1}], ("junk-after",)),
        (b'\xef\xbb\xbfNotice\n{"id":1}</html>', {"id": 1}, ("bom", "junk-before", "junk-after")),
        (b'[][{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b'{}\n[{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b"{}[]", [], ("junk-before",)),
        (b'[1,2] [{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b'{"debug":true}\n{"a":1}[{"id":1},{"id":2}]\n', [{"id": 1}, {"id": 2}], ("junk-before",)),
        (b'{"debug":true}{"namespaces":[]}<!-- -->', {"namespaces": []}, ("junk-before", "junk-after")),
        (b'[][{"id":NaN}]', [{"id": None}], ("nan", "junk-before")),
        (b'0[{"id":1}]', [{"id": 1}], ("junk-before",)),
        (b'true {"id":1}', {"id": 1}, ("junk-before",)),
        (b'"x" Notice: y [{"id":1}]0', [{"id": 1}], ("junk-before", "junk-after")),
        (b'[{"id":1}][{"id":2},{"id":3}]', [{"id": 1}], ("junk-after",)),
        (b'{"id":1}{"profile":[{"id":2}]}', {"id": 1}, ("junk-after",)),
        (b'{"post":{"slug":"post"}}[{"id":2}]', {"post": {"slug": "post"}}, ("junk-after",)),
        (b'[]<script>log([{"id":2}])</script>', [], ("junk-after",)),
        (b"[][]", [], ("junk-after",)),
        (b"[]0", [], ("junk-after",)),
        (b"0 [1", None, ("not-json",)),
        (b'{"a":NaN,"b":-Infinity}', {"a": None, "b": None}, ("nan",)),
        (b'{"a":"\xff"}', {"a": "\ufffd"}, ("invalid-utf8",)),
        (b'{"a":"\\ud800"}', {"a": "\ud800"}, ()),
        (b'{"a":9223372036854775807}', {"a": 9223372036854775807}, ()),
        (b"", None, ("empty", "not-json")),
        (b" \n", None, ("empty", "not-json")),
        (b'[{"id":1},{"id":', None, ("not-json",)),
        (b'<!DOCTYPE html><script>var x = {"id":1}</script>', None, ("not-json",)),
        (b'<html><script type="application/ld+json">[{"id":1}]</script></html>', None, ("not-json",)),
        (b"Hello world", None, ("not-json",)),
        (b"null and void", None, ("not-json",)),
        (b"[1,2", None, ("not-json",)),
    ],
)
def test_reading(body: bytes, value: object, flags: tuple[str, ...]) -> None:
    document = read(body)
    assert (document.value, document.flags) == (value, flags)
    assert document.ok is ("not-json" not in flags)


def test_integer_of_any_length_is_kept() -> None:
    document = read(b'{"a":' + b"9" * 5000 + b',"b":123456789012345678901}')
    assert document.value == {"a": "9" * 5000, "b": 123456789012345678901}
    assert document.flags == ("huge-int",)


@pytest.mark.parametrize(
    ("body", "flag"),
    [
        (b"[" + b"1," * 500_000 + b"1]", "too-many-values"),
        (b"[" + b'"",' * 500_000 + b'""]', "too-many-values"),
        (b'["' + b"x" * (50 << 20) + b'"]', "too-big"),
        (b'["' + "🚀".encode() * (4 << 20) + b'"]', "too-big"),
    ],
)
def test_bombs_are_named(body: bytes, flag: str) -> None:
    document = read(body)
    assert not document.ok
    assert flag in document.flags


@pytest.mark.parametrize("deep", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000])
def test_what_lies_too_deep_is_cut_out_and_the_rest_is_read(deep: bytes) -> None:
    document = read(b'[{"id":7,"x":' + deep + b',"slug":"a"},{"id":8}]')
    assert document.flags == ("too-deep",)
    (first, second) = items(document)
    assert (first.id, first.value["slug"], second.id) == (7, "a", 8)
    assert json.loads(first.raw) == first.value


def test_json_that_was_gzipped_once_too_often_is_read() -> None:
    document = read(gzip.compress(b'[{"id":7}]'))
    assert (document.value, document.flags) == ([{"id": 7}], ("gzip",))
    assert not read(gzip.compress(b'[{"id":7}]')[:12]).ok


def test_raw_line_breaks_in_strings_are_accepted() -> None:
    assert read(b'[{"id":7,"slug":"a\nb"}]').value == [{"id": 7, "slug": "a\nb"}]


def test_commas_and_brackets_in_prose_are_no_values() -> None:
    body = b'["' + b"a,b[c]{d}," * 200_000 + b'"]'
    assert read(body).ok


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("kind", ["dicts", "strings", "keys", "emoji", "lists"])
def test_memory_stays_under_200_mb_for_any_body(kind: str) -> None:
    """The largest bodies that a limit of 32 MB lets through, each read in a process of its own."""
    script = f"""
import re
from wparchive.wordpress.payload.payload import read
body = {{
    "dicts": b"[" + b'{{"a":0}},' * 190_000 + b"0]",
    "strings": b"[" + b'"abcdefg",' * 390_000 + b"0]",
    "keys": b"{{" + b",".join(b'"%d":1' % n for n in range(390_000)) + b"}}",
    "emoji": b'["' + "\U0001f680".encode() * 3_000_000 + b'"]',
    "lists": b"[" + b"[[]]," * 130_000 + b"0]" + b" " * (30 << 20),
}}[{kind!r}]
document = read(body)
# Not ru_maxrss: that one begins with the size of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]
print(peak, document.ok)
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert int(out[0]) < 200_000
    assert out[1] == "True"


def test_items_keep_their_exact_source() -> None:
    body = b' [ {"id": 1, "a": 1.10} , [], null, {"id":"2"} ] '
    found = list(items(read(body)))
    assert [item.raw for item in found] == ['{"id": 1, "a": 1.10}', '{"id":"2"}']
    assert [item.id for item in found] == [1, 2]


def test_single_item_and_its_source() -> None:
    (item,) = items(read(b'\xef\xbb\xbf {"id":7,"b":1.50}\n'))
    assert (item.id, item.raw) == (7, '{"id":7,"b":1.50}')


def test_error_object_is_no_item() -> None:
    assert list(items(read(b'{"code":"rest_no_route","message":"x","data":{"status":404}}'))) == []


def test_filtered_list_printed_as_a_map_is_a_list() -> None:
    assert [item.id for item in items(read(b'{"0":{"id":5},"2":{"id":6}}'))] == [5, 6]


def test_entries_of_a_map_and_of_the_empty_array_that_stands_for_one() -> None:
    assert [(entry.key, entry.value) for entry in entries(read(b'{"post":{"slug":"post"},"x":[]}'))] == [
        ("post", {"slug": "post"})
    ]
    assert list(entries(read(b"[]"))) == []
    assert "post" in {entry.key for entry in entries(read((DATA / "types-pretty.json").read_bytes()))}


def put_together(text: str, shapes: LinkShapes) -> str:
    """The pieces of a text of links with its numbers between them."""
    shape, numbers = shapes.take_apart(text)
    return "".join(piece for pair in zip(shape.pieces, [*numbers, ""], strict=True) for piece in pair)


@pytest.mark.parametrize("path", [path for path in REAL if path.read_bytes()[:2] == b"[{"], ids=lambda path: path.name)
def test_links_that_core_writes_have_a_shape(path: Path) -> None:
    """The shape and its numbers are the text of the links; a link is understood by them as by the links themselves."""
    found = skims(read(path.read_bytes()))
    assert found
    for skim in found:
        assert json.loads(skim.text) == skim.links
        assert put_together(skim.text, LinkShapes(ROOT)) == skim.text


NESTED = [
    '{"id":1,"authors":[{"id":1,"_links":{"self":[{"href":"http://x/users/1"}]}}],"_links":{"self":[{"href":"http://x/posts/1"}]}}',
    '{"id":1,"_links":{"self":[{"href":"http://x/posts/1"}]},"y":1}',
    '{"id":1,"_links":{"self":[{"href":"http://x/posts/1","_links":{}}]}}',
    '{"id":1, "_links": {"self":[{"href":"http://x/posts/1"}]}}',
    '{"id":1,"_links":[]}',
    '{"id":"1","_links":{}}',
]


@pytest.mark.parametrize("item", NESTED)
def test_links_of_other_places_and_spellings_are_read_without_a_shape(item: str) -> None:
    """Only the item's own links, standing last and only once, are taken by their text."""
    (skim,) = skims(read(f"[{item}]".encode()))
    links = json.loads(item)["_links"]
    assert (skim.id, skim.links) == (1, links if isinstance(links, dict) else {})
    assert not skim.text or json.loads(skim.text) == links


@pytest.mark.parametrize("odd", ["", '"x":[{"href":"http://x/9"}],', '"y":[{"href":"http://x/posts?p=0"}],', '"z":7,'])
def test_a_shape_that_came_often_is_taken_apart_as_before(odd: str) -> None:
    """Shapes that are frequent are read by an expression of their own; an item unlike the others is read as before."""
    items = [
        f'{{"id":{n},"_links":{{{odd if n == 90 else ""}"self":[{{"href":"http://x/posts/{n}"}}],'
        f'"author":[{{"href":"http://x/users/{n % 7 + 1}"}}]}}}}'
        for n in range(1, 120)
    ]
    shapes = LinkShapes(ROOT)
    for skim in skims(read(f"[{','.join(items)}]".encode())):
        assert put_together(skim.text, shapes) == skim.text


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), ("-5", -5), (5.0, None), (True, None), ("5.0", None), (1 << 63, None), ((1 << 63) - 1, (1 << 63) - 1),
     ("9" * 30, None), (None, None), ([], None), ("٣", None), (" 5", None)],
)  # fmt: skip
def test_integers_are_exact_or_nothing(value: object, number: int | None) -> None:
    assert integer(value) == number


def test_coercers_take_any_type() -> None:
    for value in (None, [], {}, 1, 1.5, True, "x", {"rendered": []}, {"rendered": "r"}, [[]]):
        assert isinstance(text_of(value), str)
        assert boolean(value) in (True, False, None)
        assert date(value) is None or isinstance(value, str)
        assert utc(value) is None


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2025-07-04T01:02:03", "2025-07-04T01:02:03Z"),
        ("1901-01-01 00:00:00", "1901-01-01T00:00:00Z"),
        ("-0001-11-30T00:00:00", None),
        ("0000-00-00T00:00:00", None),
        ("2025-02-30T00:00:00", None),
        ("soon", None),
    ],
)
def test_dates(written: str, known: str | None) -> None:
    assert utc(written) == known
    assert date(written) == written


def test_clean_text_can_be_stored() -> None:
    assert clean("a\ud800b\0c🚀é") == "a\ufffdb\ufffdc🚀é"
    clean("a\ud800").encode()


def test_deep_and_odd_items_have_digests() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for item in ({"id": 1, "x": deep}, {"id": "\ud800", "content": "\ud800"}, {1: 2, "b": None}, {}):  # type: ignore[dict-item]
        assert len(payload_sha256(item)) == len(text_sha256(item)) == 64  # type: ignore[arg-type]


ROOT = Root("http://127.0.0.1:8081/wp-json/", RootForm.PRETTY)


def everything(body: bytes, status: int = 200, *, links: bool = False) -> None:
    """All that is done with a body before it reaches the index; must not raise."""
    document = read(body)
    head = Head(status, "", "HTTP/1.1", (("Content-Type", "application/json"), ("X-WP-Total", "3")))
    judge(head, body)
    judge(head, body, document)
    skims(document)
    read_reply(head, body, capture="x")
    for item in (*items(document), *entries(document)):
        payload_sha256(item.value)
        text_sha256(item.value)
        clean(item.raw).encode()
        for link in links_of(item.value) if links else ():
            aim(link, ROOT)
        for name in ("content", "excerpt"):
            list(references(text_of(item.value.get(name)), "http://x.test/"))


def mutate(body: bytes, chance: random.Random) -> bytes:
    """One to six damages of kinds that are seen in the wild, and of kinds that aren't."""
    for _ in range(chance.randint(1, 6)):
        body = damage(body, chance)
    return body


def damage(body: bytes, chance: random.Random) -> bytes:
    at, other = sorted((chance.randrange(len(body) + 1), chance.randrange(len(body) + 1)))
    token = chance.choice(TOKENS)
    kinds = (
        lambda: body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
        lambda: body[:at] + body[at + chance.randint(1, 40) :],
        lambda: body[:at],
        lambda: body[:at] + body[at : at + 200] * 3 + body[at:],
        lambda: body[:at] + token + body[at:],
        lambda: body[:at] + token + body[at + 3 :],
        lambda: token + body,
        lambda: body + token,
        lambda: body[other:] + body[:at],
        lambda: body.replace(chance.choice(WORDS), token, chance.randint(1, 3)),
    )
    return chance.choice(kinds)()


WORDS = [
    b'"id":',
    b'"_links":',
    b'"rendered":',
    b"[",
    b"{",
    b"]",
    b"}",
    b",",
    b'"',
    b"\\",
    b"self",
    b":",
    b"<",
    b">",
    b"=",
]
TOKENS = [
    b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"null", b"[]", b"{}", b'"', b"\\ud800", b"\\u0000", b"\0", b"\xff\xfe",
    b"\xef\xbb\xbf", b"<br /><b>Warning</b>: x[0] {", b"<!-- x -->", b"<?php", b"[" * 3000, b'{"a":' * 2000, b"]}",
    b',"_links":{', b'"id":', b'"id":"x",', b'"id":99999999999999999999,', b"<a href='", b"<script>", b"&#x110000;",
    b"url(", "🚀".encode(), b"\xf0\x9f",
    b'},{"id":1,', b"class=\\\"sharedaddy\\\"", b"<div>", b"-0001-11-30T00:00:00", b"true", b"e5", b"\r\n", b"gallery-", b"%2F",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(REAL), st.integers(0, 1 << 32), st.sampled_from([200, 200, 400, 404, 500, 301, 0]))
def test_mutated_real_responses_never_crash(path: Path, seed: int, status: int) -> None:
    everything(mutate(path.read_bytes()[:20_000], random.Random(seed)), status)


if __name__ == "__main__":
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    sources = [path.read_bytes() for path in REAL]
    for _ in range(int(sys.argv[1])):
        everything(mutate(chance.choice(sources), chance), chance.choice((200, 200, 400, 404, 500)), links=True)
    print(
        f"{sys.argv[1]} mutated responses, no crash; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most"
    )
