"""Faults of bodies: what stands around the JSON, what is odd in it, and how it is coded."""

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any

from fakewp.faults_base import Fault, Options, changed, due
from fakewp.simulator.http import Answer, Request

__all__ = ["BODY", "bomb"]

_NOTICE = b"<br />\n<b>Notice</b>:  Undefined index: views [1] in <b>/srv/www/x/x.php</b> on line <b>12</b><br />\n"
_WRONG: tuple[tuple[str, Any], ...] = (
    ("title", None),
    ("content", []),
    ("excerpt", 0),
    ("slug", {}),
    ("link", False),
    ("date", 5),
    ("modified_gmt", None),
    ("author", "3"),
    ("featured_media", "none"),
    ("_links", "x"),
    ("_links", []),
    ("_links", {"self": "x", "author": [None, 7, {"href": 9}]}),
    ("meta", False),
    ("status", ["publish"]),
    ("type", 7),
    ("guid", "http://example.org/?p=1"),
    ("categories", "1,2"),
    ("tags", None),
    ("sticky", "yes"),
    ("title", {"rendered": 12}),
    ("content", {"rendered": None, "protected": "no"}),
    ("class_list", {"0": "post"}),
    ("parent", []),
)
_DEEP = 3000


def _edit(change: Any) -> Any:
    """An `after` that rewrites the bytes of JSON answers."""

    def after(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
        if answer.document is None or answer.status != 200 or not due(site, options, request, route):
            return None
        return change(answer, options)  # type: ignore[no-any-return]

    return after


def _items(change: Any) -> Any:
    """An `after` that changes each item of JSON answers."""

    def after(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
        if answer.document is None or answer.status != 200 or route == "/" or not due(site, options, request, route):
            return None
        return changed(site, answer, change)

    return after


def _around(before: bytes = b"", behind: bytes = b"") -> Any:
    return _edit(lambda answer, _: replace(answer, body=before + answer.body + behind))


def _coded(name: str, code: Any) -> Any:
    def change(answer: Answer, _: Options) -> Answer:
        return replace(answer, headers=[*answer.headers, ("Content-Encoding", name)], body=code(answer.body))

    return _edit(change)


def _first_title(old: bytes, new: bytes) -> Any:
    """Put `new` before the first title."""
    return _edit(lambda answer, _: replace(answer, body=answer.body.replace(old, old + new, 1)))


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def bomb(size: int) -> bytes:
    """A gzip stream of about `size` bytes of blanks in a JSON list, made without holding them."""
    step = b" " * (1 << 24)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b"["), packer.flush(zlib.Z_FULL_FLUSH)]
    check, length = zlib.crc32(b"["), 1
    block = packer.compress(step) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(max(size // len(step), 1)):
        parts.append(block)
        check, length = zlib.crc32(step, check), length + len(step)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts.append(last.compress(b"]") + last.flush())
    tail = zlib.crc32(b"]", check).to_bytes(4, "little") + ((length + 1) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"".join(parts) + tail


def _bomb(answer: Answer, options: Options) -> Answer:
    data = options.setdefault("_data", {}).setdefault(options["size"], None) or bomb(options["size"])
    options["_data"][options["size"]] = data
    return replace(answer, headers=[*answer.headers, ("Content-Encoding", "gzip")], body=data)


def _nan(answer: Answer, _: Options) -> Answer:
    return replace(
        answer, body=answer.body.replace(b'"status":', b'"score":NaN,"low":-Infinity,"high":Infinity,"status":')
    )


def _big(n: int, item: dict[str, Any]) -> None:
    item["meta"] = {
        "twitter": 9223372036854775807,
        "beyond": 18446744073709551616,
        "huge": 10**60 + n,
        "exact": 9007199254740993,
    }


def _zero_dates(n: int, item: dict[str, Any]) -> None:
    if n % 10 == 3 and "date" in item:
        item |= {"date": "-0001-11-30T00:00:00", "date_gmt": "-0001-11-29T21:57:56", "modified": "1901-01-01T00:00:00"}
    if n % 10 == 4 and "date_gmt" in item:
        item |= {"date_gmt": None, "modified_gmt": None}


def _empty_maps(n: int, item: dict[str, Any]) -> None:
    for name in ("meta", "media_details", "_embedded", "acf", "title" if n % 2 else "guid"):
        if name in item or name == "acf":
            item[name] = [] if n % 3 else False


def _wrong_types(n: int, item: dict[str, Any]) -> None:
    name, value = _WRONG[int(item["id"]) % len(_WRONG)]
    if name in item:
        item[name] = value


def _string_ids(n: int, item: dict[str, Any]) -> None:
    item["id"] = str(item["id"])


def _dead_items(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    """A filter threw items out: `[]` stands in their place."""
    if not isinstance(answer.document, list) or not due(site, options, request, route):
        return None
    document = [[] if n % 25 == 7 else item for n, item in enumerate(answer.document)]
    return replace(answer, document=document, body=site.core.encode(document))


def _asked(site: Any, options: Options, request: Request, route: str | None) -> Request | None:
    """The site understands its parameters in its own way."""
    params = dict(request.params)
    options["change"](params, route)
    return replace(request, params=params)


def _rewritten(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    """A plug-in has its way with each item: which answer this is and whether it shows the item alone are told to it."""
    if answer.document is None or answer.status != 200 or route == "/" or not due(site, options, request, route):
        return None
    options["answers"] = options.get("answers", 0) + 1
    alone = (route or "").rpartition("/")[2].isdecimal()
    return changed(site, answer, lambda _, item: options["change"](item, options["answers"], alone))


def _deep(answer: Answer, _: Options) -> Answer:
    nest = b"[" * _DEEP + b"]" * _DEEP
    return replace(answer, body=answer.body.replace(b'"status":', b'"nest":' + nest + b',"status":', 1))


def _huge(answer: Answer, options: Options) -> Answer:
    text = json.dumps([{"id": 1, "content": {"rendered": "x" * 1000}}])[1:-1].encode()
    return replace(answer, body=b"[" + b",".join([text] * (options["size"] // len(text))) + b"]")


POSTS = {"route": "/wp/v2/posts"}
BODY = {
    "asked": Fault(
        says="The parameters of a request and its route are given to `change`.",
        ask=_asked,
        options={"change": lambda params, route: None},
    ),
    "rewritten": Fault(
        says="Each item is given to `change`(item, number of the answer, whether it stands alone).",
        after=_rewritten,
        options={"change": lambda item, number, alone: None},
    ),
    "notice-before": Fault(says="A PHP notice stands before the JSON.", after=_around(before=_NOTICE)),
    "comment-after": Fault(
        says="A cache plug-in's HTML comment stands after the JSON.",
        after=_around(behind=b"\n<!-- Cached page generated by X on 2025-06-01 -->\n"),
    ),
    "bom": Fault(
        says="Two byte order marks and blank lines stand before the JSON.",
        after=_around(before=b"\xef\xbb\xbf\xef\xbb\xbf\r\n\r\n"),
    ),
    "gzip-lie": Fault(says="Content-Encoding says gzip, the body isn't.", after=_coded("gzip", lambda data: data)),
    "deflate": Fault(says="The body is deflate with a zlib header.", after=_coded("deflate", zlib.compress)),
    "deflate-raw": Fault(says="The body is deflate without a zlib header.", after=_coded("deflate", _raw_deflate)),
    "gzip-twice": Fault(
        says="The body is gzipped twice, the header says so.",
        after=_coded("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    ),
    "gzip-twice-lie": Fault(
        says="The body is gzipped twice, the header says once.",
        after=_coded("gzip", lambda data: gzip.compress(gzip.compress(data))),
    ),
    "gzip-cut": Fault(
        says="The gzip stream ends early, HTTP is whole.", after=_coded("gzip", lambda data: gzip.compress(data)[:-20])
    ),
    "unknown-coding": Fault(
        says="Content-Encoding is one that nobody knows.", after=_coded("x-snappy", lambda data: data)
    ),
    "bomb": Fault(
        says="Posts answer a gzip bomb of `size` (1 GiB) of JSON blanks.",
        after=_edit(_bomb),
        options={**POSTS, "size": 1 << 30},
    ),
    "huge": Fault(
        says="Posts answer a body of `size` (100 MB), uncompressed JSON.",
        after=_edit(_huge),
        options={**POSTS, "size": 100_000_000},
    ),
    "bad-utf8": Fault(
        says="Bytes that are no UTF-8 stand in the first title.",
        after=_first_title(b'"title":{"rendered":"', b"\xff\xfe\xc3( "),
    ),
    "lone-surrogates": Fault(
        says="A lone surrogate stands in the first title.",
        after=_first_title(b'"title":{"rendered":"', b"\\ud83d \\udc00 "),
    ),
    "control": Fault(
        says="Escape sequences and NUL stand in the first title.",
        after=_first_title(b'"title":{"rendered":"', b"\\u001b[31m\\u0000\\u0007 "),
    ),
    "nan": Fault(says="NaN, Infinity and -Infinity stand in the JSON.", after=_edit(_nan)),
    "big-ids": Fault(says="`meta` holds integers of 64 bits and more.", after=_items(_big)),
    "zero-dates": Fault(says="Dates such as -0001-11-30, 1901 and null.", after=_items(_zero_dates)),
    "empty-maps": Fault(says="[] and false stand for maps.", after=_items(_empty_maps)),
    "wrong-types": Fault(
        says="In each post another field has a wrong type, `_links` among them.",
        after=_items(_wrong_types),
        options=dict(POSTS),
    ),
    "string-ids": Fault(says="Ids are strings of digits.", after=_items(_string_ids), options=dict(POSTS)),
    "dead-items": Fault(says="[] stands in the place of some posts.", after=_dead_items, options=dict(POSTS)),
    "deep": Fault(says="A value nested 3,000 deep stands in the JSON.", after=_edit(_deep), options=dict(POSTS)),
}
