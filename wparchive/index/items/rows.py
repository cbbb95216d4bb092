"""Builds one row from one JSON object: a builder per table returns every column that the item itself determines.

Nothing here raises for a site's data: a field with a wrong type becomes NULL. Fields follow core's
`prepare_item_for_response` methods; times and HTML stay as WordPress wrote them, titles and names become plain text.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from wparchive.http1.message import Head, whole_number
from wparchive.index.items.plugin_rows import PLUG_IN_BUILDERS
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import Capture
from wparchive.wordpress.age import dated
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.judgement import Judgement
from wparchive.wordpress.reading import is_long
from wparchive.wordpress.text import plain, visible_text
from wparchive.wordpress.values import boolean, clean, date, first_link, integer, mapping, text_of

__all__ = [
    "BUILDERS",
    "Row",
    "capture_row",
    "counted",
    "is_read_in_part",
    "object_row",
    "revision",
    "sent",
    "version",
]

Row = dict[str, Any]
Fields = Mapping[str, Any]


def sent(item: Fields, name: str) -> str | None:
    """Return the HTML or text of a field (a string, or an object with `rendered`); None if it is missing."""
    return clean(text_of(item[name])) if item.get(name) is not None else None


def _plain(item: Fields, name: str) -> str | None:
    found = sent(item, name)
    return plain(found) if found else found


def _text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _flag(value: object) -> int | None:
    found = boolean(value)
    return None if found is None else int(found)


def _part(value: object, name: str) -> Any:
    """Return a member of a map. PHP encodes an empty map as a list, and plug-ins return anything."""
    return value.get(name) if isinstance(value, dict) else None


def counted(item: Fields) -> tuple[int | None, int | None]:
    """Return how many revisions WordPress keeps, and the newest one's id; both change without the item changing."""
    count = integer(first_link(item, "version-history").get("count"))
    return count, integer(first_link(item, "predecessor-version").get("id"))


def _dates(item: Fields) -> Row:
    return {name: date(item.get(name)) for name in ("date", "date_gmt", "modified", "modified_gmt")}


def _texts(item: Fields, *names: str) -> Row:
    return {name: _text(item.get(name)) for name in names}


def _integers(item: Fields, *names: str) -> Row:
    return {name: integer(item.get(name)) for name in names}


def _visible(noise: Noise, *pieces: str | None) -> str:
    """Return the visible text of pieces of HTML, without injected blocks; repeated text occurs once."""
    lines: list[str] = []
    for piece in pieces:
        text = visible_text(noise.denoised(piece)) if piece else ""
        if text and not any(text[:80] in line for line in lines):
            lines.append(text)
    return "\n".join(lines)


def post(item: Fields, noise: Noise) -> Row:
    """Return a row of `posts`: a post, a page, or an item of any custom type."""
    content, excerpt = sent(item, "content"), sent(item, "excerpt")
    count, predecessor = counted(item)
    get = item.get
    return {
        "date": date(get("date")),
        "date_gmt": date(get("date_gmt")),
        "modified": date(get("modified")),
        "modified_gmt": date(get("modified_gmt")),
        "title": _plain(item, "title"),
        "slug": _text(get("slug")),
        "status": _text(get("status")),
        "author": integer(get("author")),
        "featured_media": integer(get("featured_media")),
        "parent": integer(get("parent")),
        "sticky": _flag(get("sticky")),
        "protected": _flag(_part(get("content"), "protected")),
        "link": _text(get("link")),
        "guid": sent(item, "guid"),
        "revision_count": count,
        "predecessor_version": predecessor,
        "excerpt": excerpt,
        "text": _visible(noise, content, excerpt),
        "content": content,
    }


def media(item: Fields, noise: Noise) -> Row:
    """Return a row of `media`; `original_url` is the uploaded file if WordPress shows a scaled copy of it."""
    get, details = item.get, mapping(item.get("media_details"))
    caption, description = sent(item, "caption"), sent(item, "description")
    alt_text, source, original = _text(get("alt_text")), _text(get("source_url")), _text(details.get("original_image"))
    meta = details.get("image_meta")
    return {
        "date": date(get("date")),
        "date_gmt": date(get("date_gmt")),
        "modified": date(get("modified")),
        "modified_gmt": date(get("modified_gmt")),
        "title": _plain(item, "title"),
        "slug": _text(get("slug")),
        "alt_text": alt_text,
        "mime_type": _text(get("mime_type")),
        "media_type": _text(get("media_type")),
        "source_url": source,
        "original_url": f"{source.rpartition('/')[0]}/{original}" if source and original else source,
        "post": integer(get("post")),
        "post_item": None,  # known at the end of the run
        "width": integer(details.get("width")),
        "height": integer(details.get("height")),
        "filesize": integer(details.get("filesize")),
        "credit": _text(_part(meta, "credit")) or None,
        "copyright": _text(_part(meta, "copyright")) or None,
        "status": _text(get("status")),
        "author": integer(get("author")),
        "link": _text(get("link")),
        "caption": caption,
        "description": description,
        "text": "\n".join(filter(None, (alt_text, _visible(noise, caption, description)))),
    }


def comment(item: Fields, noise: Noise) -> Row:
    """Return a row of `comments`."""
    content = sent(item, "content")
    return {
        **_integers(item, "post", "parent", "author"),
        **_texts(item, "author_url", "status", "link"),
        "post_item": None,  # known at the end of the run
        "author_name": _plain(item, "author_name"),
        "date": date(item.get("date")),
        "date_gmt": date(item.get("date_gmt")),
        "comment_type": _text(item.get("type")),
        "text": _visible(noise, content),
        "content": content,
    }


def term(item: Fields, _noise: Noise) -> Row:
    """Return a row of `terms`."""
    named = {"name": _plain(item, "name"), "description": sent(item, "description")}
    return named | _texts(item, "slug", "link") | _integers(item, "parent", "count")


def user(item: Fields, _noise: Noise) -> Row:
    """Return a row of `users`."""
    return {"name": _plain(item, "name"), "description": sent(item, "description")} | _texts(
        item, "slug", "url", "link"
    )


def revision(item: Fields) -> Row:
    """Return a row of `revisions`, which are WordPress's own."""
    return {
        **_dates(item),
        **_integers(item, "parent", "author"),
        "slug": _text(item.get("slug")),
        "title": _plain(item, "title"),
        "excerpt": sent(item, "excerpt"),
        "content": sent(item, "content"),
    }


BUILDERS: Mapping[str, Callable[[Fields, Noise], Row]] = {
    "posts": post,
    "media": media,
    "comments": comment,
    "terms": term,
    "users": user,
    **PLUG_IN_BUILDERS,
}


_VERSION = ("date_gmt", "modified_gmt", "guid", "revision_count", "predecessor_version")


def version(table: str, row: Row) -> Row:
    """Return the version columns of an item's row."""
    named = ITEM_TABLES[table]
    return {
        **{name: row.get(name) for name in _VERSION},
        "title": row.get(named.title),
        "content": row.get(named.content),
        "excerpt": row.get(named.excerpt),
    }


def object_row(item: Fields) -> Row:
    """Return a row of `objects`: something without a table of its own, such as a type or a menu location."""
    return {"name": _plain(item, "name") or _plain(item, "title") or _plain(item, "description")}


_HTML = (
    *("title", "name", "content", "excerpt", "caption", "description", "guid", "author_name"),
    *("short_description", "review", "text", "message"),
)


def is_read_in_part(item: Fields) -> bool:
    """Return whether a field is too long to be read in full: its column is complete, but not its text and places."""
    return any(is_long(text_of(item.get(name))) for name in _HTML)


def capture_row(
    capture: Capture,
    flags: tuple[str, ...] = (),
    answer: Judgement | None = None,
    head: Head | None = None,
    age: int = 0,
) -> Row:
    """Return the row of `captures` for `capture`; `flags` come from reading it, `answer` is its meaning.

    `head` is the response head of an API response, `age` its age in seconds.
    """
    return {
        "capture": capture.capture,
        "site": capture.site,
        "run": capture.run or None,
        "method": capture.method,
        "url": clean(capture.url),
        "route": capture.route,
        "kind": capture.kind,
        "captured_at": capture.captured_at,
        "status": capture.status,
        "mime": capture.mime or None,
        "body_sha256": capture.body_sha256 or None,
        "payload_digest": f"sha256:{capture.payload_sha256}" if capture.payload_sha256 else None,
        "record_type": capture.record_type,
        "refers_to": capture.refers_to,
        "warc": capture.warc,
        "offset": capture.offset,
        "length": capture.length,
        "privilege": str(capture.privilege),
        "truncated": capture.truncated,
        "flags": _flags(capture.flags, flags),
        "verdict": capture.verdict,
        **_meaning(answer),
        "final": int(capture.final),
        "crawl": capture.crawl or None,
        "key": clean(capture.key),
        "payload_size": capture.payload_size,
        "error": capture.extra.get("error") or capture.extra.get("reason"),
        "dated": dated(head) if head else None,
        "age": age or None,
        **_origin(capture.extra),
    }


def _origin(extra: Mapping[str, str]) -> Row:
    """Return where another tool's capture comes from, and whose clock its time is; all None for our own."""
    texts = {name: extra.get(name) for name in ("source", "clock", "also")}
    places = {name: whole_number(extra.get(name.replace("_", "-"), "")) for name in ("source_offset", "source_length")}
    return {**texts, "source_name": extra.get("source-name"), **places}


def _flags(known: tuple[str, ...], read: tuple[str, ...]) -> str | None:
    """Return the flags of a capture and those from reading it, each once, as a JSON list; None without any."""
    every = (*known, *(flag for flag in read if flag not in known)) if read else known
    return json.dumps(every) if every else None


def _meaning(answer: Judgement | None) -> Row:
    return {"answer": str(answer.meaning), "code": answer.code or None} if answer else {"answer": None, "code": None}
