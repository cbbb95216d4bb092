"""SQL for the type of items: a condition on it, and an expression that returns it."""

from collections.abc import Mapping

from wparchive.index.schema import ITEM_TABLES
from wparchive.index.table import ItemTable
from wparchive.wordpress.type_names import PREFIXES

__all__ = ["TYPE_OF", "kin", "of_type"]


def kin(table: str) -> tuple[str, ...]:
    """Return the tables in which an item of another type may have the same id; WordPress counts their ids together."""
    own = ITEM_TABLES[table]
    alike = (one for one in ITEM_TABLES.values() if own.type_field and one.type_field == own.type_field)
    return tuple(one.name for one in alike if one is not own or not own.only)


def of_type(table: str, *, alias: str = "") -> str:
    """Return the SQL condition that an item of `table` has the type :type, as in `type_names`."""
    column = ITEM_TABLES[table].type_column
    prefix = PREFIXES.get(table, "")
    return f"{alias and f'{alias}.'}{column} = replace(:type, '{prefix}', '')" if column else ":type IS NOT NULL"


def _called(table: ItemTable) -> str:
    """Return the SQL expression for the type of a row of `table`, as `type_names` spells it on its site."""
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
"""The tables with the items of a site, each with the SQL expression for the type of its rows."""
