"""What an actor may see, as Datasette decides it: databases, and the tables that pages take things from.

Datasette 0.65 and 1.0 differ in how a permission is asked for and in nothing else that is used of them.
"""

from typing import Any

from wparchive.index.schema import ITEM_TABLES

__all__ = ["closed_tables", "may"]

_SIDE = (
    *ITEM_TABLES,
    *("revisions", "media_files", "pictures", "links", "outbound", "post_terms"),
    *("versions", "observations", "captures", "listings", "gaps", "runs", "sites", "traces", "objects", "items"),
    *("pages", "page_differences", "page_files", "inventory", "inventory_documents", "coverage", "sources"),
    *("translations", "languages", "collections", "kinship", "clusters", "copied"),
)


async def may(datasette: Any, actor: Any, database: str, table: str | None = None) -> bool:
    """Return whether `actor` may see a database, or a table in it."""
    if hasattr(datasette, "allowed"):  # 1.0
        from datasette.resources import DatabaseResource, TableResource

        if table is None:
            return bool(
                await datasette.allowed(action="view-database", resource=DatabaseResource(database), actor=actor)
            )
        return bool(await datasette.allowed(action="view-table", resource=TableResource(database, table), actor=actor))
    from datasette import Forbidden

    asked: list[Any] = [("view-database", database), "view-instance"]
    try:
        await datasette.ensure_permissions(actor, [("view-table", (database, table)), *asked] if table else asked)
    except Forbidden:
        return False
    return True


async def closed_tables(datasette: Any, actor: Any, database: str) -> frozenset[str]:
    """Return the side tables that `actor` may not see; to ask Datasette for one takes milliseconds, and there are many."""
    if not hasattr(datasette, "allowed"):
        if _alike(datasette):
            return frozenset() if await may(datasette, actor, database, _SIDE[0]) else frozenset(_SIDE)
        seen = set()
    else:  # 1.0; a database that was just opened may be missing in its list
        found = await datasette.allowed_resources("view-table", actor, parent=database, limit=1000)
        seen = {one.child for one in found.resources}
    return frozenset(
        [table for table in _SIDE if table not in seen and not await may(datasette, actor, database, table)]
    )


def _alike(datasette: Any) -> bool:
    """Return whether nothing tells tables apart, by Datasette 0.65: no rule for one of them, and no plug-in that decides."""
    from datasette.plugins import DEFAULT_PLUGINS, pm

    deciding = (*pm.hook.permission_allowed.get_hookimpls(), *pm.hook.get_metadata.get_hookimpls())
    if any(one.plugin_name not in DEFAULT_PLUGINS for one in deciding):
        return False
    told = datasette.metadata()
    given = [told, *(told.get("databases") or {}).values()]
    return not any("allow" in (rules or {}) for one in given for rules in ((one or {}).get("tables") or {}).values())
