"""Builds one row from one JSON object: a builder per table returns every column that the item itself determines.

Nothing here raises for a site's data: a field with a wrong type becomes NULL. Fields follow core's
`prepare_item_for_response` methods; times and HTML stay as WordPress wrote them, titles and names become plain text.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from wparchive.http1.message import Head
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import Capture
from wparchive.wordpress.age import dated
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.judgement import Judgement
from wparchive.wordpress.reading import is_long
from wparchive.wordpress.text import plain, visible_text
from wparchive.wordpress.values import boolean, clean, date, first_link, integer, members, text_of

__all__ = [
    "BUILDERS",
    "Row",
    "capture_row",
    "counted",
    "is_read_in_part",
    "object_row",
    "post_terms",
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
    return {
        **_dates(item),
        **_texts(item, "slug", "status", "link"),
        **_integers(item, "author", "featured_media", "parent"),
        "title": _plain(item, "title"),
        "sticky": _flag(item.get("sticky")),
        "protected": _flag(_part(item.get("content"), "protected")),
        "guid": sent(item, "guid"),
        "revision_count": count,
        "predecessor_version": predecessor,
        "excerpt": excerpt,
        "text": _visible(noise, content, excerpt),
        "content": content,
    }


def media(item: Fields, noise: Noise) -> Row:
    """Return a row of `media`; `original_url` is the uploaded file if WordPress shows a scaled copy of it."""
    details = item.get("media_details")
    caption, description = sent(item, "caption"), sent(item, "description")
    texts = _texts(item, "slug", "alt_text", "mime_type", "media_type", "source_url", "status", "link")
    source, original, meta = texts["source_url"], _text(_part(details, "original_image")), _part(details, "image_meta")
    return {
        **_dates(item),
        **texts,
        **_integers(item, "post", "author"),
        **{name: integer(_part(details, name)) for name in ("width", "height", "filesize")},
        **{name: _text(_part(meta, name)) or None for name in ("credit", "copyright")},
        "title": _plain(item, "title"),
        "original_url": f"{source.rpartition('/')[0]}/{original}" if source and original else source,
        "post_item": None,  # known at the end of the run
        "caption": caption,
        "description": description,
        "text": "\n".join(filter(None, (texts["alt_text"], _visible(noise, caption, description)))),
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
}


def version(table: str, row: Row) -> Row:
    """Return the version columns of an item's row."""
    named = ITEM_TABLES[table]
    return {
        **{name: row.get(name) for name in ("modified_gmt", "revision_count", "predecessor_version")},
        "title": row.get(named.title),
        "content": row.get(named.content),
        "excerpt": row.get(named.excerpt),
    }


def object_row(item: Fields) -> Row:
    """Return a row of `objects`: something without a table of its own, such as a type or a menu location."""
    return {"name": _plain(item, "name") or _plain(item, "title") or _plain(item, "description")}


_TERM_FIELDS = {"categories": "category", "tags": "post_tag"}
# The collection's base is also the field's name: `.../wp/v2/genres?post=5`, `?rest_route=%2Fwp%2Fv2%2Fgenres&post=5`.
_TERM_VIEW = re.compile(r"(?:/|%2F)([\w-]+)[?&]post=", re.IGNORECASE)


def post_terms(item: Fields, taxonomies: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield taxonomy and id of every term of the item; its `wp:term` links name the taxonomies.

    Without such links, the site's `taxonomies` (field → slug) do.
    """
    links = _part(item.get("_links"), "wp:term")
    fields = {**_TERM_FIELDS, **({} if links else taxonomies)}
    for link in members(links, dict):
        taxonomy, href = link.get("taxonomy"), link.get("href")
        if isinstance(taxonomy, str) and isinstance(href, str) and (found := _TERM_VIEW.search(href)):
            fields[found[1]] = clean(taxonomy)
    for name, taxonomy in fields.items():
        for value in members(item.get(name), object):
            term_id = integer(value)
            if term_id is not None:
                yield taxonomy, term_id


_HTML = ("title", "name", "content", "excerpt", "caption", "description", "guid", "author_name")


def is_read_in_part(item: Fields) -> bool:
    """Return whether a field is too long to be read in full: its column is complete, but not its text and places."""
    return any(is_long(text_of(item.get(name))) for name in _HTML)


_AS_CAPTURED = (
    *(
        "capture",
        "site",
        "method",
        "route",
        "kind",
        "captured_at",
        "status",
        "record_type",
        "refers_to",
        "warc",
        "offset",
    ),
    *("length", "truncated", "verdict", "payload_size"),
)
_OR_NULL = ("run", "crawl", "mime", "body_sha256")
_as_captured, _or_null = attrgetter(*_AS_CAPTURED), attrgetter(*_OR_NULL)


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
    every = (*capture.flags, *(flag for flag in flags if flag not in capture.flags))
    return {
        **dict(zip(_AS_CAPTURED, _as_captured(capture), strict=True)),
        **{name: value or None for name, value in zip(_OR_NULL, _or_null(capture), strict=True)},
        **_meaning(answer),
        "url": clean(capture.url),
        "key": clean(capture.key),
        "payload_digest": f"sha256:{capture.payload_sha256}" if capture.payload_sha256 else None,
        "privilege": str(capture.privilege),
        "final": int(capture.final),
        "flags": json.dumps(every) if every else None,
        "error": capture.extra.get("error") or capture.extra.get("reason"),
        "dated": dated(head) if head else None,
        "age": age or None,
    }


def _meaning(answer: Judgement | None) -> Row:
    return {"answer": str(answer.meaning), "code": answer.code or None} if answer else {"answer": None, "code": None}
