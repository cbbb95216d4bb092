"""`wparchive serve`: Datasette on an archive, with the plug-in and what is shipped about its tables set up."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from wparchive.browse.fleet.plugin import FleetPages
from wparchive.browse.fleet.shelf import Library, Shelf
from wparchive.errors import UsageError
from wparchive.index.database.opening import refuse_outdated
from wparchive.index.shipped import config_of, metadata_of
from wparchive.store import Archive

__all__ = ["serve", "serve_fleet"]

_SETTINGS = {
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 500,
    "default_page_size": 50,
    "truncate_cells_html": 300,
    "max_csv_mb": 0,
}


def serve(
    archive: Archive, *, host: str = "127.0.0.1", port: int = 8001, private: bool = False, browser: bool = False
) -> None:
    """Serve the archive until it is interrupted; `private` also shows what only credentials showed.

    Never immutable, because a crawl may write while it is read. Raises UsageError: no database yet, or `private` for a
    host that others can reach; StorageError and DamagedError for a database that must be indexed first.
    """
    if not archive.database.is_file():
        raise UsageError(f"{archive.database}: there is no database yet; run `wparchive crawl` or `wparchive index`")
    if private and not _is_loopback(host):
        raise UsageError(
            f"--private shows what was read with a password, so it is only for this machine, not for {host}"
        )
    refuse_outdated(archive.database)
    with _configured(archive, private=private) as files:
        _run(archive.database, files, host, port, browser=browser)


def serve_fleet(library: Library, folder: Path, *, host: str, port: int, browser: bool) -> None:
    """Serve the catalogue of a fleet and the archives of its sites until it is interrupted; `folder` keeps the last ones read."""
    from datasette.plugins import pm

    with _written({}, {"plugins": {"wparchive": {"fleet": "/fleet"}}}) as files:
        pages = FleetPages(Shelf(library, folder))
        pm.register(pages, name="wparchive-fleet")
        try:
            _run(library.catalogue, files, host, port, browser=browser)
        finally:
            pm.unregister(pages)


def _run(database: Path, files: list[str], host: str, port: int, *, browser: bool) -> None:
    from datasette.cli import cli

    settings = [word for name, value in _SETTINGS.items() for word in ("--setting", name, str(value))]
    words = ["serve", str(database), "--host", host, "--port", str(port), *files, *settings]
    cli.main(args=[*words, *(["--open"] if browser else [])], prog_name="datasette", standalone_mode=False)


@contextmanager
def _configured(archive: Archive, *, private: bool) -> Iterator[list[str]]:
    """Write the configuration of an archive into a temporary folder; yield the arguments that name it."""
    plugin = {"home": True, "private": private, "archives": {archive.database.stem: str(archive.root.resolve())}}
    name = archive.database.stem
    with _written(metadata_of(name), {**config_of(name), "plugins": {"wparchive": plugin}}) as words:
        yield words


@contextmanager
def _written(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[list[str]]:
    """Write metadata and configuration as this Datasette reads them; yield the arguments that name the files."""
    with tempfile.TemporaryDirectory(prefix="wparchive-serve-") as folder:
        if version("datasette").startswith("0."):
            files = {"--metadata": {**config, **metadata}}
        else:
            files = {"--metadata": dict(metadata), "--config": dict(config)}
        words = []
        for option, value in files.items():
            path = Path(folder) / f"{option.strip('-')}.json"
            path.write_text(json.dumps(value), encoding="utf-8")
            words += [option, str(path)]
        yield words


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
