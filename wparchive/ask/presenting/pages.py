"""Changes as an Atom feed (RFC 4287) and as one HTML page that loads nothing and runs nothing.

Both are written in ASCII, other characters as references, so that they are right in whatever encoding they are stored.
"""

import html
import re
import uuid
from collections.abc import Iterable, Iterator
from itertools import chain

from wparchive.ask.changes import Change
from wparchive.ask.presenting.lines import place, shown_time, when
from wparchive.ask.presenting.marks import LONGEST
from wparchive.events import told
from wparchive.urls import Fault, parse
from wparchive.wordpress import prose

__all__ = ["FEED_END", "as_atom", "as_html", "change_entry", "feed_entry", "feed_head", "paragraph", "place_changed"]

_NO_CHARACTERS = re.compile("[\ufffe\uffff]")  # of XML 1.0; control characters are gone before
FEED_END = "</feed>\n"
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">
<title>Changes</title>
<style>
body { font: 1rem/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
article { border-top: 1px solid #999; padding: .5rem 0 }
h2 { font-size: 1.1rem; margin: 0 }
ins { background: #cfc; color: #040 }
del { background: #fdd; color: #600 }
.evidence { font-size: .8rem; color: #555 }
</style></head><body><h1>Changes</h1>
"""


def as_atom(found: Iterable[Change], about: str, looked: str) -> Iterator[str]:
    """A feed of changes, newest first, in pieces; the same feed for the same words `about` its content.

    Each entry has the id of its change. `looked` is when the sites were last looked at, which dates a feed without
    entries, and a change whose time isn't known.
    """
    each = iter(found)
    first = next(each, None)
    yield feed_head(about, (first and first.seen_at) or looked)
    for change in chain([first] if first else [], each):
        yield change_entry(change, looked)
    yield FEED_END


def feed_head(about: str, updated: str, links: str = "") -> str:
    """The beginning of the feed `about` something; entries follow, and FEED_END. `links` are elements of its own."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{uuid.uuid5(uuid.NAMESPACE_URL, f'wparchive:changes:{about}').urn}</id>\n<title>Changes</title>\n"
        f"<updated>{updated}</updated>\n<author><name>wparchive</name></author>\n{links}"
    )


def change_entry(change: Change, looked: str) -> str:
    """The entry of a feed for one change."""
    link = f'<link rel="alternate" href="{_text(change.link)}"/>\n' if _is_web(change.link) else ""
    title = f"{change.kind.replace('_', ' ')}: {change.title or change.item}"
    return feed_entry(change.id, title, change.seen_at or looked, change.kind, _body(change), link)


def feed_entry(ident: str, title: str, updated: str, category: str, body: str, link: str = "") -> str:
    """An entry of a feed; `body` is HTML and `link` an element, all else text."""
    return (
        f"<entry>\n<id>{_text(ident)}</id>\n<title>{_text(title, 300)}</title>\n<updated>{updated}</updated>\n{link}"
        f'<category term="{_text(category)}"/>\n<content type="html">{html.escape(body)}</content>\n</entry>\n'
    )


def as_html(found: Iterable[Change], above: str = "") -> Iterator[str]:
    """One page, in pieces; the HTML `above` stands before the changes."""
    yield f"{_HEAD}{above}"
    none = "" if above else "<p>Nothing was noticed.</p>\n"
    for change in found:
        none = ""
        title = _text(change.title or change.item, 300)
        if _is_web(change.link):
            title = f'<a rel="noreferrer noopener nofollow" href="{_text(change.link)}">{title}</a>'
        yield (
            f'<article id="{_text(change.id)}">\n<h2>{title}</h2>\n'
            f"<p><time>{shown_time(change.seen_at)}</time> <strong>{_text(change.kind.replace('_', ' '))}</strong></p>\n"
            f"{_body(change)}</article>\n"
        )
    yield f"{none}</body></html>\n"


def _body(change: Change) -> str:
    """Words, times and evidence, as HTML."""
    parts = [f"<p>{_text(change.item)}</p>\n"]
    if change.reason:
        parts.append(f"<p>{_text(change.reason)}</p>\n")
    for name, rows in change.distinct_words.items():
        places = "".join(f"<li>{place_changed(row)}</li>\n" for row in prose.changed(rows))
        parts.append(f"<p>{_text(name)}: {_text(prose.tally(rows))}</p>\n<ul>\n{places}</ul>\n")
    if change.fields and not change.words:
        parts.append(f"<p>fields: {_text(', '.join(change.fields))}</p>\n")
    parts.append(f"<p>{_text(when(change))}</p>\n")
    places = "<br>\n".join(f"{name}: {_text(place(one))}" for name, one in change.evidence)
    return "".join([*parts, f'<p class="evidence">{places}</p>\n'])


def paragraph(text: str, most: int = 1_000) -> str:
    """`text` as a paragraph of HTML."""
    return f"<p>{_text(text, most)}</p>\n"


def place_changed(row: prose.Row) -> str:
    """One place of an article that changed, with a few words around; nothing in it is loaded or leads out."""
    moved = "moved: " if row.change == "moved" else ""
    words = "" if row.change == "formatted" else prose.as_html(prose.in_context(row.pieces), text=_long_text)
    return moved + "<br>\n".join(filter(None, [words, *(_text(note) for note in row.notes)]))


def _long_text(text: str) -> str:
    return _text(text, LONGEST)


def _is_web(link: str | None) -> bool:
    return isinstance(link, str) and len(link) < 2_000 and link.isascii() and not isinstance(parse(link), Fault)


def _text(value: object, most: int = 1_000) -> str:
    """`value` as text or as an attribute's value, in HTML and XML alike."""
    text = html.escape(_NO_CHARACTERS.sub("\ufffd", told(value, most)))
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
