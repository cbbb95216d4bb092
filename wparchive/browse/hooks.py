"""What the plug-in adds to Datasette's own pages: menu entries, and cells that lead to our pages."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from datasette.utils import tilde_encode
from markupsafe import Markup

from wparchive.browse.addresses import Addresses
from wparchive.browse.may_see import may
from wparchive.browse.render import look
from wparchive.browse.web import archives, fleet_of

__all__ = ["addresses_of", "cell", "database_links", "menu_links", "row_links"]

Links = list[dict[str, str]]

_CAPTURES = frozenset(
    ("capture", "before", "after", "latest", "refers_to", "article_capture", "confirmed", "proof", "last_held")
)
_ITEMS = frozenset(("item", "post_item", "author_item", "picture_item", "parent_item", "media_item"))
_LONG = frozenset(("content", "raw", "text", "excerpt", "caption", "description", "settings", "tags"))
_FILES = frozenset(("media_files", "pictures", "same_picture"))
_CUT = 240


def addresses_of(datasette: Any, database: str) -> Addresses:
    """Return the addresses of an archive's pages; the first archive's need no name in them, unless archives come and go."""
    found = list(archives(datasette))
    alone = bool(found) and found[0] == database and not fleet_of(datasette)
    named = "" if alone else f"/@{quote(database, safe='')}"
    return Addresses(str(datasette.urls.path(f"/-/wparchive{named}")), str(datasette.urls.database(database)))


def menu_links(datasette: Any, actor: Any) -> Callable[[], Awaitable[Links]]:
    """Return the entry for the main menu."""

    async def links() -> Links:
        seen = [name for name in archives(datasette) if await may(datasette, actor, name)]
        label = "Reading room" if len(seen) == 1 else "Reading room: {}"
        return [{"href": addresses_of(datasette, name).page(), "label": label.format(name)} for name in seen]

    return links


def database_links(datasette: Any, actor: Any, database: str) -> Callable[[], Awaitable[Links]]:
    """Return the entry for a database's menu."""

    async def links() -> Links:
        if database not in archives(datasette) or not await may(datasette, actor, database):
            return []
        return [{"href": addresses_of(datasette, database).page(), "label": "Reading room"}]

    return links


def row_links(datasette: Any, actor: Any, database: str, table: str, row: Any) -> Callable[[], Awaitable[Links]]:
    """Return the entry for a row's menu: the page of the item or capture."""

    async def links() -> Links:
        if database not in archives(datasette) or not await may(datasette, actor, database, table):
            return []
        to, names = addresses_of(datasette, database), row.keys()
        if "item" in names and row["item"]:
            return [{"href": to.item(_value(row["item"])), "label": "Read it"}]
        if "capture" in names and row["capture"]:
            return [{"href": to.capture(_value(row["capture"])), "label": "Evidence"}]
        return []

    return links


def _value(value: Any) -> Any:
    """Return a value without the label that Datasette puts around one that refers to a row."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def cell(datasette: Any, database: str, table: str | None, column: str, value: Any) -> Markup | None:
    """Return a cell of an archive's table as we show it."""
    label = value.get("label") if isinstance(value, dict) else None
    plain = _value(value)
    if not isinstance(plain, str) or not plain or database not in archives(datasette):
        return None
    return _linked(addresses_of(datasette, database), table, column, plain, label) or _cut(column, plain)


def _linked(to: Addresses, table: str | None, column: str, value: str, label: Any) -> Markup | None:
    if column in _CAPTURES and value.startswith("urn:"):
        return _link(to.capture(value), label or look.short(value), value) + _row(to, "captures", value, label)
    if column in _ITEMS and value.count("/") >= 2:
        return _link(to.item(value), label or value, value) + _row(to, "items", value, label)
    if column == "sha256" and table in _FILES:
        return _link(to.file(value), look.short(value), value)
    return None


def _row(to: Addresses, table: str, value: str, label: Any) -> Markup:
    """Return the link to Datasette's own row, where it would have made one."""
    if label is None:
        return Markup("")
    return Markup(' <a href="{}/{}" title="The row">→</a>').format(to.table(table), tilde_encode(value))


def _cut(column: str, value: str) -> Markup | None:
    if column.endswith(("sha256", "digest")):
        return Markup('<span title="{}">{}</span>').format(value, look.short(value))
    if column in _LONG and len(value) > _CUT:
        return Markup("{}… <em>{:,} characters</em>").format(value[:_CUT], len(value))
    return None


def _link(address: str, text: Any, title: str) -> Markup:
    return Markup('<a href="{}" title="{}">{}</a>').format(address, title, text)
