"""What each reader of a stranger's bytes costs at n and at 4n: `python tests/benchmarks/growth.py [WORD ...]`.

Every regular expression of the package (`patterns.py` makes the inputs that could hurt each) and every parser, in processes of
their own. A ratio well above 4 is a cost that grows faster than its input. Times are of the processor; memory is the peak of
what 4n took, the input aside. With words only the rows whose names hold one of them are shown; without any, all are counted
and those printed whose ratio is above 5 or that took half a second.
"""

import contextlib
import gzip
import io
import os
import re
import resource
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

import patterns

from wparchive.fetch.robots import Robots
from wparchive.http1.message import Head, dechunk, decode, parse_head
from wparchive.index.files.filetypes import dimensions, ends, has_script, sniff
from wparchive.index.files.pictures import available, look
from wparchive.index.items.outbound import outbound
from wparchive.index.items.rows import post
from wparchive.store.warc.fact_json import fact_value
from wparchive.store.warc.fields import parse_block, parse_header
from wparchive.store.warc.referred_answers import Sought
from wparchive.store.warc.refers_to import find_referred
from wparchive.store.warc.resync import walk
from wparchive.urls import join, parse, url_key
from wparchive.wordpress.changes.differences import compare
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.changes.volatile import described
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.discovery.signals import read_rsd, read_signals
from wparchive.wordpress.files.attachment_files import files_of, unwrapped, upload_of
from wparchive.wordpress.judgement import is_challenge, judge
from wparchive.wordpress.kinds import collections
from wparchive.wordpress.links.aims import aim, links_of
from wparchive.wordpress.listing.idranges import parsed
from wparchive.wordpress.payload.document import entries, items, skims
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.prose import html_diff, text_diff
from wparchive.wordpress.routes import root_at, split_root
from wparchive.wordpress.text import references, visible_text

M = 1 << 20
_LATE = 20  # seconds that a case may take
_SHORT = 10_000  # characters, for expressions
ROOT = root_at("http://x.test/wp-json/")
OK = Head(200, "", "HTTP/1.1", (("Content-Type", "application/json"),))
PACKED = Head(200, "", "HTTP/1.1", (("Content-Encoding", "gzip"),))


class Case(NamedTuple):
    """What is read, by what, and how an input of about `n` characters is made; the last at most `most`."""

    name: str
    function: Callable[[Any], object]
    build: Callable[[int], Any]
    most: int


def _item(html: str) -> dict[str, Any]:
    links = {"self": [{"href": "http://x.test/wp-json/wp/v2/posts/1"}]}
    return {"id": 1, "type": "post", "link": "http://x.test/a", "content": {"rendered": html}, "_links": links}


def _json(body: bytes) -> None:
    document = read(body)
    skims(document)
    for _ in items(document):
        pass
    for _ in entries(document):
        pass
    judge(OK, body, document)


def _row(html: str) -> None:
    row = post(_item(html), NOISE)
    for _ in outbound("posts", row):
        pass


def _aims(value: dict[str, Any]) -> None:
    assert ROOT is not None
    for link in links_of(value):
        aim(link, ROOT)


def _kinds(count: int) -> None:
    index = RestIndex.parse({"namespaces": ["wp/v2"], "routes": {f"/a{n}/(?P<id>x)": {} for n in range(count)}})
    assert index is not None
    assert ROOT is not None
    collections(index, {f"t{n}": {"slug": f"t{n}"} for n in range(count)}, {}, ROOT)


def _run(pieces: bytes, times: int) -> bytes:
    return pieces * (times // len(pieces) + 1)


_BODIES: dict[str, tuple[bytes, bytes, bytes]] = {
    f"json {before[:12]!r} {piece!r}": (before, piece, after)
    for before, piece, after in (
        *(
            (b"x ", piece, b"")
            for piece in (b"[", b"{", b'["', b"[1,", b"[NaN,", b'[{"a":1},', b"\x00[", b'"[', b"[0] ")
        ),
        *(
            (b"[", piece, b"0]")
            for piece in (b"1,", b'"",', b"{},", b"[],", b"NaN,", b"-Infinity,", b'{"id":1},', b"1")
        ),
        *((b'["', piece, b'"]') for piece in (b"a", b"\\", b'\\"', b"\x01", b"\\u0001", b"\\ud800", b"[", b'","')),
        *(
            (b"", piece, b"")
            for piece in (b" ", b"\xef\xbb\xbf", b"[", b'{"a":', b"1", b'"', b"\xff", b"<html>", b"\\")
        ),
        *((b"[{x,", piece, b"]") for piece in (b'{"id":1},', b'{"id":1,"a":', b'{"id":1,"a":[', b"1,", b"]", b'"id":')),
        (b"{", b'"1":{},', b'"1":{}}'),
        (b'[{"id":1,"_links":{"author":[', b'{"href":"http://x.test/wp-json/wp/v2/users/1"},', b"0]}}]"),
        (b"[", b'{"_links":{"author":[{"href":"http://x.test/wp-json/wp/v2/users/1"}]}},', b"0]"),
    )
}
_HTML = (
    *(
        "<img>",
        "<img src=a>",
        "<a href='b'>",
        "<p>",
        "a<br>",
        "&amp;",
        "&a",
        "&#",
        "a\n",
        " ",
        "<",
        "<!--",
        "<!-- -",
        "<script>",
    ),
    *(
        "<a ",
        "<a b=c>",
        "<p class='wp-container-1'>",
        "<p class='gallery-icon ",
        "<p style='url(",
        "<div class='sharedaddy'>",
    ),
    *(
        "<style>",
        "<noscript ",
        "mailto:%6a",
        "<a data-cfemail='00",
        "/wp-json/wp/v2/posts",
        "%2Fwp-json%2Fwp%2Fv2%2Fposts%3F",
    ),
    *(
        "<a href='x?v=1&",
        "<input type=hidden ",
        "nonce : ",
        "<img srcset='a,",
        "<img srcset=',",
        "wpforms-1-field_1-container' ",
    ),
)
_URLS = (
    "a",
    "/",
    "/../",
    "%2e/",
    "\\",
    "?",
    "&a=",
    "@",
    ":",
    ".",
    "xn--",
    "é",
    "[",
    "/wp-json",
    "/wp/v2/",
    "/sites/a",
    "%",
    "-1x1",
)


def _parsers() -> Iterator[Case]:
    for name, (before, piece, after) in _BODIES.items():
        yield Case(name, _json, lambda n, b=before, p=piece, a=after: b + _run(p, n) + a, 4 * M)
    for piece in _HTML:
        for name, function in (("text", visible_text), ("row", _row), ("noise", NOISE.denoised)):
            for start in ("", "<p "):
                yield Case(f"{name} {start}{piece}", function, lambda n, p=piece, s=start: s + p * (n // len(p)), 2 * M)
        yield Case(
            f"references {piece}",
            lambda html: [*references(html, "http://x.test/")],
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )
        yield Case(
            f"digests {piece}",
            lambda html: (payload_sha256(_item(html)), text_sha256(_item(html))),
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )
        yield Case(
            f"compare {piece}",
            lambda html: compare(_item(html), _item(html[::-1]), NOISE),
            lambda n, p=piece: p * (n // len(p)),
            M,
        )
        yield Case(
            f"described {piece}",
            lambda html: described(_item(html), _item(f"<p>{html}"), NOISE, "posts"),
            lambda n, p=piece: p * (n // len(p)),
            M,
        )
        yield Case(
            f"front page {piece}",
            lambda html: read_signals("http://x.test/", None, html.encode()),
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )
        yield Case(
            f"rsd {piece}",
            lambda html: read_rsd("http://x.test/", html.encode()),
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )
        yield Case(
            f"challenge {piece}",
            lambda html: is_challenge(Head(403, "", "", ()), html.encode()),
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )
        yield Case(
            f"sniff {piece}",
            lambda html: (sniff(html.encode()), has_script(html.encode())),
            lambda n, p=piece: p * (n // len(p)),
            1 << 17,
        )
    for piece in _URLS:
        for start in (
            "http://x.test/",
            "http://",
            "https://a.res.cloudinary.com/",
            "http://x.test/wp-content/uploads/",
        ):
            for function in (
                parse,
                url_key,
                split_root,
                unwrapped,
                upload_of,
                lambda url: join("http://x.test/a/", url),
            ):
                name = getattr(function, "__name__", "join").replace("<lambda>", "join")
                yield Case(f"{name} {start}{piece}", function, lambda n, s=start, p=piece: s + p * (n // len(p)), M)
    yield from _others()
    yield from _of_archives()
    yield from _of_pictures()


def _walked(data: bytes) -> int:
    """How many records and stretches of damage there are in a WARC of these bytes."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return sum(1 for _ in walk(Path(file.name), 0, lambda member: member.offset))


def _referred(data: bytes) -> None:
    """Look for what isn't there, and for one of many of one URI and date."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        find_referred([Path(file.name)], Sought(name="urn:uuid:none"))
        find_referred([Path(file.name)], Sought(uri="x.test/", at="2026-01-01T00:00:00", digest="sha1:none"))


def _record(fields: bytes, block: bytes = b"") -> bytes:
    head = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n%bContent-Length: %d\r\n\r\n"
    return gzip.compress(head % (fields, len(block)) + block + b"\r\n\r\n", mtime=0)


def _of_archives() -> Iterator[Case]:
    """WARCs, facts and references out of an archive that a stranger made."""
    dated = b"WARC-Target-URI: http://x.test/\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
    for name, piece in (
        ("magic", b"\x1f\x8b\x08"),
        ("empty", gzip.compress(b"", mtime=0)),
        ("version alone", gzip.compress(b"WARC/1.1\r\n", mtime=0)),
        ("no end of its head", gzip.compress(b"WARC/1.1\r\n" + b"a: b\r\n" * 2000, mtime=0)),
        ("cut", _record(dated, b"a" * 1000)[:-9]),
        ("whole", _record(dated)),
        ("a length without an end", _record(b"Content-Length: " + b"9" * 5000 + b"\r\n")),
    ):
        yield Case(f"gzip members {name}", _walked, lambda n, p=piece: _run(p, n), M)
    yield Case("references of one URI and date", _referred, lambda n: _run(_record(dated), n), M)
    for before, piece, after in (
        (b"[", b"1,", b"1]"),
        (b"[", b'"\\ud800",', b"1]"),
        (b"[", b"1e400,", b"1]"),
        (b"[", b"NaN,", b"1]"),
        (b"[", b"9" * 4000 + b",", b"1]"),
        (b"", b"[", b""),
        (b"", b'{"a":', b""),
        (b'"', b"\\u0000", b'"'),
    ):
        yield Case(f"fact {piece[:12]!r}", fact_value, lambda n, b=before, p=piece, a=after: b + _run(p, n) + a, 4 * M)
    for piece in (
        '<api apiLink="',
        "<api name='WP-API' apiLink='http://x.test/wp-json/' />",
        "<api ",
        "<rsd><service>",
    ):
        yield Case(
            f"rsd {piece[:20]}",
            lambda xml: read_rsd("http://x.test/", xml.encode()),
            lambda n, p=piece: p * (n // len(p)),
            2 * M,
        )


_SPACES = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def _png(xmp: bytes) -> bytes:
    from PIL import Image, PngImagePlugin

    info, out = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode("latin-1"))
    Image.new("L", (8, 8)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def _jpeg(marker: bytes, start: bytes, data: bytes) -> bytes:
    """A JPEG with `data` in as many segments as it takes."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "JPEG")
    pieces = [start + data[at : at + 60_000] for at in range(0, len(data), 60_000)]
    segments = b"".join(marker + struct.pack(">H", len(piece) + 2) + piece for piece in pieces)
    return out.getvalue()[:2] + segments + out.getvalue()[2:]


def _of_pictures() -> Iterator[Case]:
    """Whom EXIF, IPTC and XMP name."""
    if not available():
        return
    for before, piece, after in (
        ("", "<dc:a>", ""),
        ("", "<dc:a/>", ""),
        ("<dc:creator>", "<rdf:li>a</rdf:li>", "</dc:creator>"),
        ("", "<dc:creator>a</dc:creator>", ""),
        ("<dc:creator>", "a ", "</dc:creator>"),
        ("<!--", "-", "-->"),
        ("", "&amp;", ""),
    ):
        yield Case(
            f"XMP {piece}",
            look,
            lambda n, b=before, p=piece, a=after: _png(f"<x {_SPACES}>{b}{p * (n // len(p))}{a}</x>".encode()),
            1_000_000,
        )
        nested = "<dc:creator>" if piece == "<dc:a>" else ""
        if nested:
            yield Case(
                "XMP one within another",
                look,
                lambda n: _png(f"<x {_SPACES}>{'<dc:creator>' * (n // 25)}{'</dc:creator>' * (n // 25)}</x>".encode()),
                1_000_000,
            )
    iptc, exif = b"\x1c\x02\x50\x00\x01a", b"\x3b\x01\x02\x00\x01\x00\x00\x00a\x00\x00\x00"
    yield Case(
        "IPTC", look, lambda n: _jpeg(b"\xff\xed", b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\xea\x60", _run(iptc, n)), M
    )
    yield Case(
        "IPTC headers", look, lambda n: _jpeg(b"\xff\xed", b"Photoshop 3.0\x00", _run(b"8BIM\0\0\0\0\0\0\0\0", n)), M
    )
    yield Case("EXIF", look, lambda n: _jpeg(b"\xff\xe1", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", _run(exif, n)), M)


def _others() -> Iterator[Case]:
    lines = (b" a\n", b"a: b\n", b"a:", b"\n", b"\r", b": \n", b"Link: <", b"\x80: b\n")
    for line in lines:
        yield Case(f"head {line!r}", parse_head, lambda n, p=line: b"HTTP/1.1 200 OK\na: b\n" + _run(p, n), 1 << 18)
        yield Case(f"WARC header {line!r}", parse_header, lambda n, p=line: b"WARC/1.1\na: b\n" + _run(p, n), M)
        yield Case(f"WARC fields {line!r}", parse_block, lambda n, p=line: b"a: b\n" + _run(p, n), M)
    for piece in ("<", "<a>;", "<a>; a=", '<a>; a="', "; ", "<a>;a "):
        yield Case(
            f"Link {piece}",
            lambda value: read_signals("http://x.test/", Head(200, "", "", (("Link", value),)), b""),
            lambda n, p=piece: p * (n // len(p)),
            1 << 18,
        )
    for chunk in (b"1\r\na\r\n", b"1", b"\n", b"0" * 100, b"0;", b"40\r\n" + b"a" * 64 + b"\r\n"):
        yield Case(f"chunks {chunk!r}", lambda data: [*dechunk([data])], lambda n, p=chunk: _run(p, n), 4 * M)
        yield Case(
            f"chunks a byte at a time {chunk!r}",
            lambda data: [*dechunk(data[at : at + 1] for at in range(len(data)))],
            lambda n, p=chunk: _run(p, n),
            M,
        )
        yield Case(f"gzip {chunk!r}", lambda data: decode([data], PACKED, 64 * M), lambda n, p=chunk: _run(p, n), 4 * M)
    for line in (
        "User-agent: a\n",
        "User-agent: *\n",
        "Disallow: /a*\n",
        "Disallow: /" + "*a" * 50 + "$\n",
        "Allow: ",
        "#",
        "*",
    ):
        yield Case(
            f"robots {line[:20]!r}",
            lambda text: Robots.parse(text.encode(), 200, "wparchive/1").allowed(
                "http://x.test/" + "a" * 100, "wparchive"
            ),
            lambda n, p=line: p * (n // len(p)),
            1 << 19,
        )
    for before, after in (
        ("a\n", "b\n"),
        ("a ", "b "),
        ("a. ", "b. "),
        ("ab", "ba"),
        ("\u6e2f", "\u52a1"),
        ("1,", "2 "),
    ):
        yield Case(
            f"diff of text {before!r} {after!r}",
            lambda texts: text_diff(*texts),
            lambda n, a=before, b=after: (a * (n // len(a)), (b + a) * (n // len(b + a))),
            M,
        )
    for before, after in (
        ("a<br>", "b<br>"),
        ("<b>a", "<i>a"),
        ("<b>", "</b>"),
        ("<a href=/x>a", "<a href=/y>a"),
        ("<tr><td>a<td>b", "<tr><td>b"),
        ("<td>", "<tr>"),
        ("<td><p>", "<p></td>"),
        ("<ul><li>a", "<blockquote>a"),
        ("<pre>\n a", "\n"),
        ("<img src=/a.png>", "<img src=/b.png>"),
        ("<img src='/a-1x1.png'", "<iframe src=x>"),
        ("<p>one two three four five six seven eight", "<p>eight seven six five four three two one"),
        ("<", "</"),
        ("<!--", "-->"),
    ):
        yield Case(
            f"diff of HTML {before!r} {after!r}",
            lambda texts: html_diff(*texts),
            lambda n, a=before, b=after: (a * (n // len(a)), (b + a) * (n // len(b + a))),
            M,
        )
    yield Case(
        "diff of text, lines all different",
        lambda n: text_diff("".join(f"{one}\n" for one in range(n)), "".join(f"{one}\n" for one in range(n, 0, -1))),
        lambda n: n // 8,
        M,
    )
    yield Case(
        "links, one item",
        _aims,
        lambda n: {
            "_links": {"author": [{"href": f"http://x.test/wp-json/wp/v2/users/{one}"} for one in range(n // 50)]}
        },
        8 * M,
    )
    yield Case(
        "links, many relations",
        _aims,
        lambda n: {
            "_links": {f"r{one}": [{"href": f"http://x.test/wp-json/wp/v2/a{one}/1"}] for one in range(n // 60)}
        },
        8 * M,
    )
    yield Case("types and routes", _kinds, lambda n: n // 60, 4 * M)
    yield Case(
        "sizes of a picture",
        lambda item: [*files_of(item)],
        lambda n: {
            "id": 1,
            "source_url": "http://x.test/a.png",
            "media_details": {"sizes": {f"s{one}": {"file": f"a{one}.png"} for one in range(n // 40)}},
        },
        4 * M,
    )
    yield Case("ranges of ids", parsed, lambda n: "1-9," * (n // 4) + "1", 4 * M)
    for mime, piece in (
        ("image/jpeg", b"\xff\xc4\x00\x02"),
        ("image/jpeg", b"\xff\xff"),
        ("image/avif", b"ispe"),
        ("image/svg+xml", b"<svg "),
        ("image/svg+xml", b"<svg width="),
        ("image/webp", b"RIFF"),
    ):
        start = b"\xff\xd8" if mime == "image/jpeg" else b""
        yield Case(
            f"dimensions {mime} {piece!r}",
            lambda data, m=mime: (dimensions(m, data), ends(m, data, data[-4096:], len(data))),
            lambda n, p=piece, s=start: s + _run(p, n),
            1 << 17,
        )


def _expressions() -> Iterator[Case]:
    for one in patterns.expressions():
        for before, body, end in patterns.attacks(one.pattern):
            forms = [lambda n, a=before, b=body, c=end: a + b * (n // len(b)) + c]
            forms += [lambda n, a=before, b=body, c=end: (a + b) * (n // len(a + b)) + c] if before else []
            forms += [lambda n, a=before, c=end: a * (n // len(a)) + c] if before else []
            for build in forms:
                yield Case(f"re {one.name}", lambda text, one=one: _match(one, text), build, 4 * _SHORT)


def _match(one: patterns.Expression, text: Any) -> None:
    if not one.seeks:
        one.pattern.match(text)
        one.pattern.fullmatch(text)
        return
    for _ in one.pattern.finditer(text):
        pass


class _LateError(Exception):
    pass


def _late(_signal: int, _frame: object) -> None:
    raise _LateError


def _seconds(case: Case, size: int) -> float:
    given = case.build(size)
    signal.setitimer(signal.ITIMER_PROF, _LATE if case.most > 4 * _SHORT else 2)
    began = time.process_time()
    try:
        case.function(given)
    except _LateError:
        return float("inf")
    except Exception as error:  # noqa: BLE001 - a table, not a test: what it raised is shown
        print(f"{case.name}: {error!r:.200}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - began


def _measured(case: Case) -> tuple[float, float, int]:
    """Seconds at a quarter and at all of its most, and megabytes at that."""
    small = _seconds(case, case.most // 4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = _seconds(case, case.most)
    if large > 5 * small and large > 0.02:
        small = min(small, _seconds(case, case.most // 4))
        large = min(large, _seconds(case, case.most))
    return small, large, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10


def _apart(case: Case) -> tuple[float, float, int]:
    """The same in a process of its own, for its memory."""
    come, go = os.pipe()
    if not (child := os.fork()):
        with contextlib.suppress(BaseException):
            os.write(go, repr(_measured(case)).encode())
        os._exit(0)
    os.close(go)
    said = b"".join(iter(lambda: os.read(come, 1000), b"")).decode().replace("inf", "1e999")
    os.close(come)
    os.waitpid(child, 0)
    numbers = re.findall(r"[-\d.e]+", said)
    return (
        (float(numbers[0]), float(numbers[1]), int(numbers[2]))
        if len(numbers) == 3
        else (float("inf"), float("inf"), 0)
    )


def main(words: list[str]) -> None:
    """Print the table, each row when it is known."""
    signal.signal(signal.SIGPROF, _late)
    count = rows = 0
    chosen = (
        case for case in chain(_parsers(), _expressions()) if not words or any(word in case.name for word in words)
    )
    for name, cases in groupby(chosen, lambda case: case.name):
        # An expression has many inputs: its row is the one that cost most.
        found = [_measured(case) if name.startswith("re ") else _apart(case) for case in cases]
        count, rows = count + len(found), rows + 1
        small, large, memory = max(found, key=lambda one: one[1])
        ratio = large / max(small, 1e-6)
        if words or large > 0.5 or (ratio > 5 and large > 0.02):
            print(
                f"{small:8.3f} s {large:8.3f} s  x{ratio:6.1f} {memory:5} MB  {name.encode('unicode_escape').decode()}",
                flush=True,
            )
    print(f"{count} inputs, {rows} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
