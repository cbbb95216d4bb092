"""The pages of a fleet as a plug-in of the one Datasette that serves it."""

import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode

from datasette import hookimpl
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Response

from wparchive.browse.addresses import Addresses
from wparchive.browse.fleet.figures import SHOWN, listed, one_site, overview
from wparchive.browse.fleet.shelf import CATALOGUE, Shelf
from wparchive.browse.may_see import may
from wparchive.browse.render import look
from wparchive.browse.static_files import static_url
from wparchive.browse.web import SAFE, Refused, answered, policy
from wparchive.errors import WparchiveError

__all__ = ["FleetPages"]

_T = TypeVar("_T")
_TIME = 2000  # ms of SQL for one page
_LONGEST = 200  # characters of what is looked for


@dataclass(frozen=True, slots=True)
class _Places:
    """Makes the addresses of the pages of a fleet."""

    prefix: str

    def page(self, name: str = "", **query: object) -> str:
        given = {key: value for key, value in query.items() if value not in (None, "")}
        return f"{self.prefix}{f'/{name}' if name else ''}{f'?{urlencode(given)}' if given else ''}"

    def site(self, site: str, deed: str = "site") -> str:
        return f"{self.prefix}/{deed}/{quote(site, safe='')}"


class FleetPages:
    """The hooks; `shelf` has the archives that are open."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.__name__ = "wparchive.browse.fleet"  # Datasette lists its plug-ins by the names of their modules

    @hookimpl
    def startup(self, datasette: Any) -> None:
        """Open what was open before."""
        self._shelf.reopen(datasette)

    @hookimpl
    def register_routes(self) -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
        """Return the addresses below `/fleet`, and the front page."""
        pages = {
            r"^/$": self._home,
            r"^/fleet/?$": self._overview,
            r"^/fleet/sites$": self._sites,
            r"^/fleet/site/(?P<site>[^/]+)$": self._site,
            r"^/fleet/read/(?P<site>[^/]+)$": self._read,
        }
        return [(pattern, _answering(page)) for pattern, page in pages.items()]

    @hookimpl
    def menu_links(self, datasette: Any, actor: Any) -> Callable[[], Awaitable[list[dict[str, str]]]]:
        """Return the entry for the main menu."""

        async def links() -> list[dict[str, str]]:
            seen = await may(datasette, actor, CATALOGUE)
            return [{"href": _places(datasette).page(), "label": "Fleet"}] if seen else []

        return links

    async def _home(self, request: Any, datasette: Any) -> Any:
        del request
        return Response.redirect(_places(datasette).page())

    async def _overview(self, request: Any, datasette: Any) -> Any:
        found = await _ask(datasette, request, overview)
        return await self._page(request, datasette, "fleet.html", {**found, "here": ""})

    async def _sites(self, request: Any, datasette: Any) -> Any:
        given = {
            name: str(request.args.get(name) or "")[:_LONGEST].strip() for name in ("q", "show", "network", "after")
        }
        if given["show"] not in SHOWN:
            raise Refused(400, "There is no such list of sites.")
        wanted = {"show": given["show"], "words": given["q"], "network": given["network"]}
        found, more = await _ask(datasette, request, lambda conn: listed(conn, **wanted, after=given["after"]))
        to = _places(datasette)
        kept = {"q": given["q"], "network": given["network"]}
        chips = [
            (label, to.page("sites", show=name, **kept), name == given["show"], None)
            for name, (label, _) in SHOWN.items()
        ]
        context = {
            "here": "sites",
            "sites": found,
            "given": given,
            "chips": chips,
            "more": to.page("sites", show=given["show"], after=more, **kept) if more else "",
        }
        return await self._page(request, datasette, "fleet_sites.html", context)

    async def _site(self, request: Any, datasette: Any) -> Any:
        site = await _known(datasette, request)
        return await self._page(request, datasette, "fleet_site.html", {"here": "sites", "site": site})

    async def _read(self, request: Any, datasette: Any) -> Any:
        """Fetch the archive of a site, if it isn't here, and lead into its reading room."""
        site = await _known(datasette, request)
        name = site["site"]
        try:
            opened = await self._shelf.open(datasette, name, site["indexed"]) if site["indexed"] else False
        except WparchiveError as error:
            raise Refused(503, f"The archive of this site can't be fetched now: {error}.") from None
        if not opened:
            raise Refused(
                404, "There are no rows of this site in the store yet; its turn to be indexed comes within a day."
            )
        return Response.redirect(str(datasette.urls.path(f"/-/wparchive/@{quote(name, safe='')}/")))

    async def _page(self, request: Any, datasette: Any, template: str, context: dict[str, Any]) -> Any:
        nonce = secrets.token_urlsafe(16)
        addresses = Addresses(str(datasette.urls.path("/-/wparchive")), str(datasette.urls.database(CATALOGUE)))
        shown = {
            **context,
            "u": addresses,
            "to": _places(datasette),
            "look": look,
            "nonce": nonce,
            "static": lambda name: static_url(addresses, name),
            "room": None,
            "trouble": self._shelf.library.trouble,
        }
        html = await datasette.render_template(f"wparchive/{template}", shown, request)
        return Response.html(html, headers={**SAFE, "Content-Security-Policy": policy(nonce)})


def _answering(page: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def view(request: Any, datasette: Any) -> Any:
        return await answered(lambda: page, request, datasette)

    view.__name__ = f"wparchive_fleet{page.__name__}"
    return view


def _places(datasette: Any) -> _Places:
    return _Places(str(datasette.urls.path("/fleet")))


async def _ask(datasette: Any, request: Any, query: Callable[[sqlite3.Connection], _T]) -> _T:
    """Run `query` on the catalogue, for whoever may see it. Raises Refused, after two seconds of SQL too."""
    if not await may(datasette, request.actor, CATALOGUE):
        raise Refused(403, "You may not see this fleet.")

    def limited(conn: sqlite3.Connection) -> _T:
        with sqlite_timelimit(conn, _TIME):
            return query(conn)

    try:
        found: _T = await datasette.databases[CATALOGUE].execute_fn(limited)
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        raise Refused(503, "This took longer than two seconds; narrow it down, or try again.") from None
    return found


async def _known(datasette: Any, request: Any) -> dict[str, Any]:
    name = unquote(request.url_vars["site"])
    found = await _ask(datasette, request, lambda conn: one_site(conn, name))
    if found is None:
        raise Refused(404, "This site is not in the fleet.")
    return found
