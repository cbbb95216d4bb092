"""What a table of `archive.db` is, and those of items: one entry for each, with all that sets its items apart.

Creation, rows, catalogue, writing, search, status, lookup, history, comparison and views read the entries, so that a column is
a word here and its rule in `items.rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wparchive.wordpress.type_names import PREFIXES

__all__ = ["ITEM_TABLES", "PARENTS", "TYPE_OF", "ItemTable", "Table", "of_type"]

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
    """A table of items, whose rows have `site`, `wp_id` and the columns of `_HELD`.

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

    @property
    def kin(self) -> tuple[str, ...]:
        """The tables in which an item of another type may have an id that one of this table had before."""
        alike = (table for table in ITEM_TABLES.values() if self.type_field and table.type_field == self.type_field)
        return tuple(table.name for table in alike if table is not self or not self.only)


_HELD = (
    "payload_sha256 text_sha256 first_seen last_seen gone gone_since missing_since privilege partial:INTEGER capture"
)

ITEM_TABLES: dict[str, ItemTable] = {
    table.name: table
    for table in (
        ItemTable(
            name="posts",
            key=("site", "type", "wp_id"),
            spelled="site type wp_id:INTEGER title slug status date date_gmt modified modified_gmt author:INTEGER "
            "featured_media:INTEGER parent:INTEGER sticky:INTEGER protected:INTEGER link guid "
            f"revision_count:INTEGER predecessor_version:INTEGER {_HELD} excerpt text content raw",
            indexes=("type", "status", "author", "date_gmt", "modified_gmt", "slug", "link", "capture"),
            search=("title", "text"),
            type_column="type",
            title="title",
            content="content",
            excerpt="excerpt",
            pointing=("content", "excerpt"),
            type_field="type",
        ),
        ItemTable(
            name="media",
            key=("site", "wp_id"),
            spelled="site wp_id:INTEGER title slug alt_text mime_type media_type source_url original_url post:INTEGER "
            "width:INTEGER height:INTEGER filesize:INTEGER credit copyright status author:INTEGER link date date_gmt "
            f"modified modified_gmt {_HELD} caption description text raw",
            indexes=("mime_type", "site post", "source_url", "date_gmt", "capture"),
            search=("title", "text"),
            only="attachment",
            title="title",
            content="description",
            excerpt="caption",
            pointing=("caption",),  # the theme makes a description, around the file itself
            type_field="type",
        ),
        ItemTable(
            name="comments",
            key=("site", "wp_id"),
            spelled="site wp_id:INTEGER post:INTEGER parent:INTEGER author:INTEGER author_name author_url date date_gmt "
            f"status comment_type link {_HELD} text content raw",
            indexes=("site post", "author_name", "date_gmt", "status", "capture"),
            search=("author_name", "text"),
            only="comment",
            title="author_name",
            content="content",
            pointing=("content",),
        ),
        ItemTable(
            name="terms",
            key=("site", "taxonomy", "wp_id"),
            spelled=f"site taxonomy wp_id:INTEGER name slug parent:INTEGER count:INTEGER link {_HELD} description raw",
            indexes=("taxonomy", "slug", "capture"),
            type_column="taxonomy",
            title="name",
            content="description",
            type_field="taxonomy",
        ),
        ItemTable(
            name="users",
            key=("site", "wp_id"),
            spelled=f"site wp_id:INTEGER name slug url link {_HELD} description raw",
            indexes=("slug", "capture"),
            only="user",
            title="name",
            content="description",
        ),
    )
}


def of_type(table: str, *, alias: str = "") -> str:
    """The condition that an item of `table` is of the type :type, as `type_names` spells it."""
    column = ITEM_TABLES[table].type_column
    prefix = PREFIXES.get(table, "")
    return f"{alias and f'{alias}.'}{column} = replace(:type, '{prefix}', '')" if column else ":type IS NOT NULL"


def _called(table: ItemTable) -> str:
    """SQL for the type of a row of `table`, as `type_names` spells it on its site."""
    if not (prefix := PREFIXES.get(table.name)):
        return table.type
    return (
        f"coalesce((select c.type from collections c where c.site = {table.name}.site "  # noqa: S608 - our own names
        f"and c.type = '{prefix}' || {table.name}.{table.type} limit 1), {table.type})"
    )


TYPE_OF: Mapping[str, str] = {
    **{table.name: _called(table) for table in ITEM_TABLES.values()},
    "revisions": "'revision'",
}
"""What an archive holds of a site stands in these tables; SQL for the type of each row."""
