"""The description of a table, and of a table of items."""

from dataclasses import dataclass

__all__ = ["ITEM", "PARENTS", "Generated", "ItemTable", "Table", "item_key"]

PARENTS = {"site": "sites", "run": "runs", "capture": "captures", "item": "items"}
"""Columns that refer to a table wherever they occur; each is that table's own key."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A column that SQLite computes from others when it is read: it takes no room beside an index on it."""

    name: str
    expression: str
    refers_to: str = ""


ITEM = "site || '/' || substr(type, instr(type, ':') + 1) || '/' || wp_id"
"""The SQL of an item's key, for tables with an index by its parts: there a reference would have to be counted by reading all."""


def item_key(name: str = "item", kind: str = "type", wp_id: str = "wp_id") -> Generated:
    """Return the column `name` with the key `SITE/TYPE/ID` of an item, NULL for the id 0: a row of `items`.

    `kind` is the SQL of its type. Datasette follows references of a single column only.
    """
    slug = kind if kind.startswith("'") else f"substr({kind}, instr({kind}, ':') + 1)"  # without `taxonomy:`
    key = f"site || '/' || {slug} || '/' || {wp_id}"
    return Generated(name, key if wp_id == "wp_id" else f"CASE WHEN {wp_id} != 0 THEN {key} END", "items")


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `spelled` lists its columns: `name` (text) or `name:TYPE`, long ones last.

    `extra` are references beyond PARENTS, by column. `indexes` holds the columns of each index (`partial` those of an
    index over the rows that meet a condition, `unique` the column that no two rows share), `search` those of the
    full-text search. A table without `rowid` is stored by its key.
    """

    name: str
    key: tuple[str, ...]
    spelled: str
    extra: tuple[tuple[str, str], ...] = ()
    rowid: bool = True
    indexes: tuple[str, ...] = ()
    partial: tuple[tuple[str, str], ...] = ()
    unique: str = ""
    generated: tuple[Generated, ...] = ()
    search: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """Column → SQLite type, in order; generated columns are excluded."""
        return {name: kind or "TEXT" for name, _, kind in (word.partition(":") for word in self.spelled.split())}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order; generated columns are excluded."""
        return tuple(self.types)

    @property
    def references(self) -> dict[str, str]:
        """Column → the table that it refers to."""
        own = {name: table for name, table in PARENTS.items() if name in self.columns and table != self.name}
        return {**own, **dict(self.extra)}

    @property
    def fts(self) -> str:
        """The name of its full-text table; Datasette finds it through its content table."""
        return f"{self.name}_fts"

    @property
    def grams(self) -> str:
        """The name of the full-text table of its rows in scripts without spaces (see `wordpress.unspaced`)."""
        return f"{self.name}_grams"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTable(Table):
    """A table of items, and everything special about them, for rows, catalogue, history, comparison and search.

    All its items have the type `only`, or `type_column` contains their post type or taxonomy. `title`, `content` and
    `excerpt` are the columns that a version keeps under these names; the HTML of the columns in `pointing` is searched
    for outbound URLs. `type_field` is the JSON field with the type, where several types share one counter of ids.
    """

    type_column: str = ""
    only: str = ""
    title: str
    content: str
    excerpt: str = ""
    pointing: tuple[str, ...] = ()
    type_field: str = ""

    @property
    def type(self) -> str:
        """The SQL expression for the type: its column, or the constant."""
        return self.type_column or f"'{self.only}'"

    @property
    def counts_revisions(self) -> bool:
        """Whether its rows state how many revisions WordPress keeps of an item."""
        return "revision_count" in self.columns
