"""Which type the items in a table are of: SQL that asks for one, and SQL that tells it."""

from collections.abc import Mapping

from wparchive.index.schema import ITEM_TABLES
from wparchive.index.table import ItemTable
from wparchive.wordpress.type_names import PREFIXES

__all__ = ["TYPE_OF", "kin", "of_type"]


def kin(table: str) -> tuple[str, ...]:
    """The tables in which an item of another type may have the id of one in `table`: their ids come from one counter."""
    own = ITEM_TABLES[table]
    alike = (one for one in ITEM_TABLES.values() if own.type_field and one.type_field == own.type_field)
    return tuple(one.name for one in alike if one is not own or not own.only)


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
