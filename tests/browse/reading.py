"""A reading room as readers meet it: a real Datasette on an archive, in this process and on a port of loopback at once."""

import asyncio
import fcntl
import json
import socket
import sqlite3
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

from wparchive.index.shipped import config_of, metadata_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Datasette imports is Datasette's business
    import uvicorn
    from datasette.app import Datasette
    from datasette.version import __version__

__all__ = ["FIRST_LINE", "PREFIX", "Page", "Reading", "made_once", "rows"]

PREFIX = "/-/wparchive"
FIRST_LINE = __version__.startswith("0.")
"""Whether this is Datasette 0.65, which takes its configuration from its metadata."""


class Reading:
    """Datasette on databases, with the plug-in; a context manager. `url` is where it is served, without a slash.

    `closed` names what nobody but root may see: a database, or a table of the first one. `plugin` is the plug-in's
    configuration.
    """

    def __init__(self, *databases: Path, closed: tuple[str, ...] = (), plugin: Mapping[str, Any] | None = None) -> None:
        self.databases = databases
        self._options = _options(databases, closed, dict(plugin or {}))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._wait(self._serving)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, what: Any) -> Any:
        async def waited() -> Any:
            return await what

        return asyncio.run_coroutine_threadsafe(waited(), self._loop).result(120)

    async def _start(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.datasette = Datasette([str(path) for path in self.databases], **self._options)
            await self.datasette.invoke_startup()
            config = uvicorn.Config(self.datasette.app(), log_level="error", access_log=False)
        door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        self._server = uvicorn.Server(config)
        self._serving = self._loop.create_task(self._server.serve(sockets=[door]))
        while not self._server.started:
            await asyncio.sleep(0.01)

    def get(self, path: str, *, root: bool = False, **more: Any) -> Any:
        """What Datasette answers to a stranger, or to root; redirects aren't followed."""
        cookies = {"ds_actor": self.datasette.sign({"a": {"id": "root"}}, "actor")} if root else {}

        async def asked() -> Any:
            return await self.datasette.client.get(path, cookies=cookies, **more)

        return self._wait(asked())

    def page(self, path: str, status: int = 200, **more: Any) -> "Page":
        """A page of ours below the prefix; fails if its status is another."""
        answer = self.get(path if path.startswith("/-/") else f"{PREFIX}{path}", **more)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
        return Page(answer.text)

    def rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """The rows of a query on the first database."""
        return rows(self.databases[0], query, *given)

    def one(self, query: str, *given: object) -> Any:
        """The first column of the first row."""
        return self.rows(query, *given)[0][0]


def rows(database: Path, query: str, *given: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(sqlite3.connect(database)) as conn:
        return conn.execute(query, given).fetchall()


def _options(databases: tuple[Path, ...], closed: tuple[str, ...], plugin: dict[str, Any]) -> dict[str, Any]:
    """What `wparchive serve` would configure, for the line of Datasette that is installed."""
    root = {"id": "root"}
    name = databases[0].stem if databases else "none"
    described, configured = metadata_of(name), config_of(name)
    told = described if FIRST_LINE else configured
    for one in closed:
        if one in (path.stem for path in databases):
            told["databases"].setdefault(one, {})["allow"] = root
        else:
            told["databases"][name]["tables"].setdefault(one, {})["allow"] = root
    told["plugins"] = {"wparchive": plugin}
    settings = {"truncate_cells_html": 300, "default_page_size": 50}
    more = {} if FIRST_LINE else {"config": configured}
    return {"metadata": described, "settings": settings, **more}


class Page(HTMLParser):
    """A page's HTML, read: its elements in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._said: list[str] = []
        self.feed(html)
        self.text = " ".join("".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that name."""
        return [given for name, given in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [href for given in self.all("a") if (href := given.get("href"))]

    def link(self, part: str) -> str:
        """The first link that has `part` in its address."""
        found = [link for link in self.links if part in link]
        assert found, f"no link with {part} among {self.links}"
        return found[0]


def made_once(shared: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that whichever process comes first fills with `make`; the others wait for it."""
    shared.mkdir(parents=True, exist_ok=True)
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made.json").exists():
            folder.mkdir()
            make(folder)
            (folder / "made.json").write_text(json.dumps(name))
    return folder
