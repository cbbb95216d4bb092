"""Reading copies: a version of an item as a page for people, which says where the evidence is.

The HTML is a site's, so it is cleaned; without nh3 (the extra `browse`) its text alone is shown. Pictures keep their
addresses, or that of the original where only this is held, so that a viewer shows the captured files.
"""

import sqlite3
from html import escape
from importlib.util import find_spec

from wparchive.ask.finding.held_file import file_of
from wparchive.ask.presenting.clean import Places, clean
from wparchive.ask.version_texts import seen
from wparchive.export.wacz.reading_records import CONTENTS

__all__ = ["ReadingCopies", "document", "short"]

_STYLE = (
    "body{max-width:44rem;margin:1.5rem auto;padding:0 1rem;font:1.05rem/1.55 system-ui,sans-serif;color:#1a1a1a;"
    "background:#fff;overflow-wrap:anywhere}"
    "aside{border:2px solid #8a5a00;background:#fff8e6;padding:.6rem 1rem;font-size:.9rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.5rem 0 0}dd{margin:0}"
    "img{max-width:100%;height:auto}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.15rem .6rem .15rem 0}td:first-child{white-space:nowrap;width:1%}"
    "a{color:#0b57a4}"
)


class ReadingCopies:
    """Makes the pages; `db` gives rows by name, and finds the files that stand for pictures."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._cleans = find_spec("nh3") is not None

    def page(self, row: sqlite3.Row) -> str:
        """Return the page of a version, a row of `ItemVersions.versions`."""
        title = short(row["title"]) or row["item"]
        told = {
            "Item": escape(row["item"]),
            "Address": _link(row["link"]),
            "Published": escape(short(row["date"])),
            "Modified": escape(short(row["modified_gmt"])),
            "Captured": escape(short(row["captured_at"])),
            "From": _link(row["url"]),
            "Capture": escape(short(row["capture"])),
            "Record": escape(f"{row['warc'].rpartition('/')[2]}, at byte {row['offset']:,} in the archive"),
        }
        facts = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in told.items() if value)
        head = f"<aside><strong>Reading copy; the evidence is the capture.</strong><dl>{facts}</dl></aside>"
        text = self._shown(row) or "<p>(no text)</p>"
        back = f'<p><a href="{CONTENTS}">Contents</a></p>'
        shown = f'<h1 dir="auto">{escape(title)}</h1><article dir="auto">{text}</article>'
        return document(title, f"{back}{head}{shown}")

    def text(self, row: sqlite3.Row) -> str:
        """Return what a reader sees of a version, for search."""
        return "\n".join(filter(None, seen(_texts(row))))

    def pictures(self, row: sqlite3.Row) -> set[tuple[str, str]]:
        """Return (address, digest) of each held file that is shown on the page of a version."""
        found: set[tuple[str, str]] = set()
        self._shown(row, found)
        return found

    def _shown(self, row: sqlite3.Row, pictures: set[tuple[str, str]] | None = None) -> str:
        texts = _texts(row)
        del texts["title"]
        if not self._cleans:
            lines = "\n".join(seen(texts)).split("\n")
            return "".join(f"<p>{escape(line)}</p>" for line in lines if line)

        def picture(url: str) -> str:
            held = file_of(self._db, url, row["last_seen"] or "")
            if held and pictures is not None:
                pictures.add((held[1], held[0]))
            return held[1] if held else url

        places = Places(link=lambda url: url, picture=picture, base=str(row["link"] or ""), outside=True)
        return "\n".join(filter(None, (clean(html, places).html for html in texts.values())))


def document(title: str, body: str) -> str:
    """Return a whole page; `title` is text, `body` HTML."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f"<!doctype html><html><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>"


def short(value: object, most: int = 300) -> str:
    """Return a text out of the archive on one line, cut after `most` characters."""
    return " ".join(str(value or "").split())[:most]


def _texts(row: sqlite3.Row) -> dict[str, str]:
    """Title, and the text: the excerpt only stands for content where there is none, since it mostly repeats it."""
    content = row["content"] or row["excerpt"] or ""
    return {"title": row["title"] or "", "content": content}


def _link(url: object) -> str:
    """A link to an address as the site gives it, which may be anything."""
    text = str(url or "")
    web = text.lower().startswith(("http://", "https://"))
    return f'<a href="{escape(text)}">{escape(short(text))}</a>' if web else escape(short(text))
