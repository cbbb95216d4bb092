"""The table of contents of a package: its sites, their items by date, and their captures, in pages that stay small."""

import sqlite3
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice

from wparchive.export.wacz.item_versions import ItemVersions
from wparchive.export.wacz.reading_copies import document, short
from wparchive.export.wacz.reading_records import CONTENTS, address

__all__ = ["Page", "contents_pages"]

Page = tuple[str, str, str]
"""Address, title, HTML."""

_ON_A_PAGE = 1_000
_CAPTURES = "captures.html"  # no type is called so, since slugs have no dots
_NOTE = (
    "<p>What follows are reading copies, made from the captures in this file. The evidence is the captures, which stand "
    "beside them byte for byte as in the archive.</p>"
)


def contents_pages(items: ItemVersions, sites: Iterable[str], title: str, *, whole: bool) -> Iterator[Page]:
    """Yield the table of contents, and the lists that it leads to.

    `whole` says that all runs are in the package: then the lists tell what is gone from a site.
    """
    names = list(sites)
    newest = max(20, _ON_A_PAGE // max(len(names), 1))
    body = "".join(_of_site(items, site, newest, whole) for site in names)
    yield CONTENTS, title, document(title, f"<h1>{escape(title)}</h1>{_NOTE}{body}")
    for site in names:
        for kind, count in items.counts(site).items():
            rows = (_item(row, whole) for row in items.listed(site, kind))
            yield from _list((site, kind), "", f"{site}: {kind}", count, rows)
        captures = map(_capture, items.captured(site))
        yield from _list((site,), _CAPTURES, f"{site}: captures", items.captured_count(site), captures)


def _of_site(items: ItemVersions, site: str, newest: int, whole: bool) -> str:
    counts = items.counts(site)
    kinds = [f'<a href="{address(site, kind, "")}">{escape(kind)}</a> ({count:,})' for kind, count in counts.items()]
    captures = f'<a href="{address(site, _CAPTURES)}">captures</a> ({items.captured_count(site):,})'
    rows = "".join(_item(row, whole) for row in items.newest(site, newest))
    return f"<h2>{escape(site)}</h2><p>{' · '.join([*kinds, captures])}</p><table>{rows}</table>"


def _list(parts: tuple[str, ...], last: str, title: str, count: int, rows: Iterator[str]) -> Iterator[Page]:
    """The pages of one list of `count` rows."""
    addresses = [address(*parts, _numbered(last, number)) for number in range(max(1, -(-count // _ON_A_PAGE)))]
    for number, here in enumerate(addresses):
        steps = [(CONTENTS, "Contents")]
        steps += [(addresses[number - 1], "Newer")] if number else []
        steps += [(addresses[number + 1], "Older")] if number + 1 < len(addresses) else []
        way = " · ".join(f'<a href="{url}">{word}</a>' for url, word in steps)
        told = f"{title}, page {number + 1} of {len(addresses)}" if len(addresses) > 1 else title
        table = f"<table>{''.join(islice(rows, _ON_A_PAGE))}</table>"
        yield here, told, document(told, f"<p>{way}</p><h1>{escape(told)}</h1>{table}<p>{way}</p>")


def _numbered(last: str, number: int) -> str:
    stem = last.removesuffix(".html") or "page"
    return f"{stem}-{number + 1}.html" if number else last


def _item(row: sqlite3.Row, whole: bool) -> str:
    gone = f" <em>({escape(short(row['gone']))})</em>" if whole and row["gone"] else ""
    title = escape(short(row["title"]) or row["item"])
    link = f'<a href="{address(*row["item"].split("/"))}">{title}</a>'
    return f'<tr><td>{escape(short(row["date"], 10))}</td><td dir="auto">{link}{gone}</td></tr>'


def _capture(row: sqlite3.Row) -> str:
    status = escape(short(row["status"] or "no answer"))
    link = f'<a href="{escape(row["url"])}">{escape(short(row["url"]))}</a>'
    web = row["url"].lower().startswith(("http://", "https://"))
    shown = link if web else escape(short(row["url"]))
    return f"<tr><td>{escape(short(row['captured_at'], 19))}</td><td>{status} {shown}</td></tr>"
