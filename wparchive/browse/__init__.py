"""The Datasette plug-in: a reading room for what sites said, when, and what proves it.

Only the hooks stand here, because every Datasette of the environment imports this module: pages are imported when they
are first asked for, and a Datasette without an archive of ours shows nothing of it.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from datasette import hookimpl

__all__: list[str] = []

_PREFIX = r"^/-/wparchive(?:/@(?P<db>[^/]+))?"
_ITEM = r"/(?P<site>[^/]+)/(?P<type>.+)/(?P<id>-?\d{1,19})"
# Pages by address; each module of `pages` has a coroutine `page(request, datasette)`.
_PAGES = {
    "/?": "watching.overview",
    r"/changes(?P<format>\.atom|\.json)?": "watching.changes",
    "/vanished": "watching.vanished",
    "/kinship": "watching.takings",
    "/search": "watching.search",
    "/pictures": "files.pictures",
    r"/file/(?P<sha256>[0-9a-f]{64})": "files.file",
    r"/file/(?P<sha256>[0-9a-f]{64})/bytes": "files.file_bytes",
    "/people": "reading.people",
    r"/person/(?P<site>[^/]+)/(?P<id>-?\d{1,19})": "reading.person",
    "/sources": "files.sources",
    "/runs": "proof.runs",
    r"/run/(?P<run>[^/]+)": "proof.run",
    r"/site/(?P<site>[^/]+)": "reading.site",
    r"/site/(?P<site>[^/]+)/uncovered": "reading.uncovered",
    rf"/item{_ITEM}(?:/(?P<tab>timeline|changes|kin|json|links|pictures|comments|evidence))?": "reading.item",
    rf"/frame{_ITEM}": "reading.frame",
    r"/capture/(?P<capture>[^/]+)": "proof.capture",
    r"/capture/(?P<capture>[^/]+)/(?P<part>raw|body|record)": "proof.capture_bytes",
    "/url": "reading.url",
    "/absent": "reading.absent",
    "/seen": "watching.seen",
    r"/static/(?P<digest>[0-9a-f]+)/(?P<name>[\w.-]+)": "files.static",
    "/.*": "reading.nowhere",
}


def _route(name: str) -> Callable[..., Awaitable[Any]]:
    async def view(request: Any, datasette: Any) -> Any:
        from wparchive.browse.web import answered

        return await answered(lambda: import_module(f"wparchive.browse.pages.{name}").page, request, datasette)

    view.__name__ = f"wparchive_{name.rpartition('.')[2]}"
    return view


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    """Return the addresses below `/-/wparchive`, and the front page where `wparchive serve` asks for it."""
    home = (
        [("^/$", _route("watching.home"))] if (datasette.plugin_config("wparchive") or {}).get("home") is True else []
    )
    return [*home, *((f"{_PREFIX}{pattern}$", _route(name)) for pattern, name in _PAGES.items())]


@hookimpl
def menu_links(datasette: Any, actor: Any) -> Any:
    """Return the menu's entry, if there is an archive that the actor may see."""
    return _hooks("menu_links", datasette, actor)


@hookimpl
def homepage_actions(datasette: Any, actor: Any) -> Any:
    """Return the same for the front page of Datasette 1.0."""
    return _hooks("menu_links", datasette, actor)


@hookimpl
def database_actions(datasette: Any, actor: Any, database: str) -> Any:
    """Return the entry in the menu of an archive's database."""
    return _hooks("database_links", datasette, actor, database)


@hookimpl
def row_actions(datasette: Any, actor: Any, database: str, table: str, row: Any) -> Any:
    """Return the entry in the menu of a row that is an item or a capture (1.0)."""
    return _hooks("row_links", datasette, actor, database, table, row)


@hookimpl
def render_cell(value: Any, column: str, table: str, database: str, datasette: Any) -> Any:
    """Return a cell with links to our pages, and long texts cut; None leaves it to Datasette."""
    return _hooks("cell", datasette, database, table, column, value)


def _hooks(name: str, *given: Any) -> Any:
    from wparchive.browse import hooks

    return getattr(hooks, name)(*given)
