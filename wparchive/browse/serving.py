"""`wparchive serve`: Datasette on an archive, with the plug-in and what is shipped about its tables set up."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.index.shipped import config_of, metadata_of
from wparchive.store import Archive

__all__ = ["serve"]

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
    host that others can reach.
    """
    from datasette.cli import cli

    if not archive.database.is_file():
        raise UsageError(f"{archive.database}: there is no database yet; run `wparchive crawl` or `wparchive index`")
    if private and not _is_loopback(host):
        raise UsageError(
            f"--private shows what was read with a password, so it is only for this machine, not for {host}"
        )
    with _configured(archive, private=private) as files:
        settings = [word for name, value in _SETTINGS.items() for word in ("--setting", name, str(value))]
        words = ["serve", str(archive.database), "--host", host, "--port", str(port), *files, *settings]
        cli.main(args=[*words, *(["--open"] if browser else [])], prog_name="datasette", standalone_mode=False)


@contextmanager
def _configured(archive: Archive, *, private: bool) -> Iterator[list[str]]:
    """Write the configuration into a temporary folder; yield the arguments that name it."""
    plugin = {"home": True, "private": private, "archives": {archive.database.stem: str(archive.root.resolve())}}
    name = archive.database.stem
    with tempfile.TemporaryDirectory(prefix="wparchive-serve-") as folder:
        if version("datasette").startswith("0."):
            files = {"--metadata": {**metadata_of(name), "plugins": {"wparchive": plugin}}}
        else:
            files = {"--metadata": metadata_of(name), "--config": {**config_of(name), "plugins": {"wparchive": plugin}}}
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
