"""What the schema says of a table, and of a table of items."""

from dataclasses import dataclass

__all__ = ["PARENTS", "ItemTable", "Table"]

PARENTS = {"site": "sites", "run": "runs", "capture": "captures"}
"""The columns that point at a table wherever they stand; each is that table's own key."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `spelled` are its columns: `name` (text) or `name:TYPE`, long ones last.

    `extra` are references beyond PARENTS, by column; `indexes` the columns of each index, `search` those of its full-text
    search. A table without `rowid` is laid out by its key.
    """

    name: str
    key: tuple[str, ...]
    spelled: str
    extra: tuple[tuple[str, str], ...] = ()
    rowid: bool = True
    indexes: tuple[str, ...] = ()
    search: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """Column → SQLite's type of it, in order; generated ones left out."""
        return {name: kind or "TEXT" for name, _, kind in (word.partition(":") for word in self.spelled.split())}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order; generated ones left out."""
        return tuple(self.types)

    @property
    def references(self) -> dict[str, str]:
        """Column → the table that it points at."""
        own = {name: table for name, table in PARENTS.items() if name in self.columns and table != self.name}
        return {**own, **dict(self.extra)}

    @property
    def fts(self) -> str:
        """The table of its full-text search; Datasette finds it by its content table."""
        return f"{self.name}_fts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTable(Table):
    """A table of items, with all that sets these apart: rows, catalogue, history, comparison and search read it here.

    Its items are all of the type `only`, or `type_column` has their post type or taxonomy. `title`, `content` and `excerpt` are
    the columns that a version keeps under these names; `pointing` are those whose HTML is read for outbound URLs.
    `type_field` is the JSON field that tells the type, where items of several types have their ids from one counter.
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
        """SQL for what stands in the type's column, or would."""
        return self.type_column or f"'{self.only}'"

    @property
    def counts_revisions(self) -> bool:
        """Whether its rows say how many revisions WordPress keeps of an item."""
        return "revision_count" in self.columns
