"""What every page needs: which archive is asked for, whether one may see it, its data within a time, and its answer."""

import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote, unquote

from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Response

from wparchive.ask.kinship.sides import TABLES as KIN_TABLES
from wparchive.browse.addresses import Addresses
from wparchive.browse.may_see import closed_tables, may
from wparchive.browse.render import look
from wparchive.browse.static_files import static_url
from wparchive.index.schema import ITEM_TABLES, ROW_RULES, stamp_of
from wparchive.store import Archive
from wparchive.store.sqlite import open_read_only
from wparchive.wordpress.changes.differences import ChangeKind

__all__ = [
    "SAFE",
    "Refused",
    "Room",
    "answered",
    "archives",
    "fleet_of",
    "framed",
    "not_found",
    "opened",
    "policy",
]

_T = TypeVar("_T")
_TABLES = {"captures", "posts", "versions", "observations", "listings", "items"}
_TIME = 2000  # ms that the queries of one page may take
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "X-DNS-Prefetch-Control": "off",
}
"""Headers of every answer."""


class Refused(Exception):
    """An answer that isn't the page: an HTTP status, and a sentence for the reader."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def not_found(what: str) -> NoReturn:
    """Raise Refused for something that this archive does not hold."""
    raise Refused(404, f"{what} is not in this archive.")


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of our own pages. Archived bytes are on our origin, so `'self'` is no permission."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self'; frame-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )


def framed(datasette: Any) -> str:
    """Return what an address of a picture must hold for it to be shown in the frame of what was sent.

    A sandbox makes of the frame a stranger to our own origin, to whom pictures are closed; other strangers can't sign.
    """
    return str(datasette.sign("frame", "wparchive"))


@dataclass(frozen=True, slots=True)
class Room:
    """One archive, opened for one request. `addresses` makes links to its pages, `args` are the query's parameters."""

    datasette: Any
    request: Any
    database: Any
    root: Path
    addresses: Addresses
    with_private: bool
    closed: frozenset[str]  # side tables that this actor may not see

    @property
    def args(self) -> Any:
        """The query's parameters."""
        return self.request.args

    def var(self, name: str) -> str:
        """Return a part of the address, decoded; "" if it isn't there."""
        return unquote(self.request.url_vars.get(name) or "")

    async def ask(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run `query` with a read-only connection in one thread. Raises Refused after 2 seconds of SQL, or for old rows."""

        def limited(conn: sqlite3.Connection) -> _T:
            try:
                with sqlite_timelimit(conn, _TIME):
                    return query(conn)
            except (sqlite3.OperationalError, LookupError) as error:
                # What an older wparchive made lacks tables and columns.
                if "interrupted" in str(error) or stamp_of(conn).rules >= ROW_RULES:
                    raise
            raise Refused(
                503, "An older wparchive made this archive's database; `wparchive index` brings it up to date."
            )

        try:
            found: _T = await self.database.execute_fn(limited)
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            raise Refused(503, "This took longer than two seconds; narrow it down, or try again.") from None
        return found

    @property
    def archive(self) -> Archive:
        """The archive's folder, with its WARCs if they are beside the database."""
        return Archive(self.root)

    def sees(self, table: str) -> bool:
        """Return whether the actor may see a side table; a page says where it leaves something out."""
        return table not in self.closed

    @property
    def closed_items(self) -> tuple[str, ...]:
        """The tables of items that the actor may not see, wherever else their texts stand."""
        return tuple(sorted(self.closed & ITEM_TABLES.keys()))

    @property
    def closed_kinds(self) -> tuple[str, ...]:
        """The kinds of changes whose words stand in tables that the actor may not see."""
        return tuple(str(kind) for kind, tables in _MADE_OF.items() if not all(map(self.sees, tables)))

    async def page(
        self, template: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return the page made from `template` under the nonce policy."""
        nonce = secrets.token_urlsafe(16)
        shown = {
            **context,
            "u": self.addresses,
            "look": look,
            "nonce": nonce,
            "static": lambda name: static_url(self.addresses, name),
            "room": self,
            "fleet": fleet_of(self.datasette),
        }
        html = await self.datasette.render_template(f"wparchive/{template}", shown, self.request)
        return Response.html(
            html, status=status, headers={**SAFE, "Content-Security-Policy": policy(nonce), **(headers or {})}
        )


def archives(datasette: Any) -> dict[str, Path]:
    """Return the databases of this Datasette that are archives of ours, each with the folder of its WARCs."""
    config = (datasette.plugin_config("wparchive") or {}).get("archives") or {}
    found = {}
    for name, database in datasette.databases.items():
        if name not in ("_internal", "_memory") and database.path and _is_archive(str(database.path)):
            found[name] = Path(config.get(name) or Path(database.path).parent)
    return found


def fleet_of(datasette: Any) -> str:
    """Return the address of the fleet's page where this Datasette is on a fleet, whose archives come and go; else ""."""
    return str((datasette.plugin_config("wparchive") or {}).get("fleet") or "")


_known: dict[tuple[str, int], bool] = {}


def _is_archive(path: str) -> bool:
    """Whether the file has our tables; asked once for each file, since other databases may be large and many."""
    try:
        key = (path, Path(path).stat().st_ino)
    except OSError:
        return False
    if key not in _known:
        try:
            with closing(open_read_only(Path(path))) as conn:
                names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        except (sqlite3.Error, OSError):
            return False
        _known[key] = names >= _TABLES
    return _known[key]


_MADE_OF = {
    ChangeKind.PAGE_DIFFERS: ("pages", "page_differences"),
    ChangeKind.COPIED: ("copied", *KIN_TABLES),
}


async def opened(request: Any, datasette: Any, *tables: str) -> Room:
    """Return the archive that the request names, or the only one. Raises Refused: no archive, or a main table is closed."""
    found = archives(datasette)
    named = unquote(request.url_vars.get("db") or "")
    if not found or (named and named not in found) or (not named and fleet_of(datasette)):
        raise Refused(404, "There is no such archive here, or it isn't open now.")
    name = named or next(iter(found))
    if not await may(datasette, request.actor, name):
        raise Refused(403, "You may not see this archive.")
    closed = await closed_tables(datasette, request.actor, name)
    if closed & set(tables):
        raise Refused(403, "You may not see what this page is made from.")
    prefix = datasette.urls.path("/-/wparchive" + (f"/@{quote(named, safe='')}" if named else ""))
    config = datasette.plugin_config("wparchive") or {}
    return Room(
        datasette=datasette,
        request=request,
        database=datasette.databases[name],
        root=found[name],
        addresses=Addresses(str(prefix), str(datasette.urls.database(name))),
        with_private=config.get("private") is True,
        closed=closed,
    )


async def answered(handler: Callable[[], Callable[..., Awaitable[Any]]], request: Any, datasette: Any) -> Any:
    """Return the answer of a page's handler, or a page of ours that says why there is none."""
    try:
        return await handler()(request, datasette)
    except Refused as refused:
        nonce = secrets.token_urlsafe(16)
        addresses = Addresses(str(datasette.urls.path("/-/wparchive")), "")
        context = {
            "message": refused.message,
            "status": refused.status,
            "u": addresses,
            "look": look,
            "nonce": nonce,
            "static": lambda name: static_url(addresses, name),
            "room": None,
            "fleet": fleet_of(datasette),
        }
        html = await datasette.render_template("wparchive/refused.html", context, request)
        return Response.html(html, status=refused.status, headers={**SAFE, "Content-Security-Policy": policy(nonce)})
