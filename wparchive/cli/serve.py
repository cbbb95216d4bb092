"""`wparchive serve`."""

import socket
from pathlib import Path

import click

from wparchive.cli.options import common, names_archive
from wparchive.cli.values import ConfigFile, Whole
from wparchive.errors import ExitCode, UsageError

__all__ = ["command"]


@click.command(epilog="Example: wparchive serve -a archive --open")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=Whole(0, 65535), default=8001, show_default=True, help="The port to listen on.")
@click.option("--private", is_flag=True, help="Also show what only credentials showed; on this machine only.")
@click.option("--open", "browser", is_flag=True, help="Open a browser.")
@click.option(
    "--fleet", type=ConfigFile(), metavar="FILE", help="In place of an archive: the fleet of this configuration."
)
@common
def command(folder: Path, host: str, port: int, private: bool, browser: bool, fleet: Path | None, silent: bool) -> int:
    """Browse the archive with Datasette: what changed, what vanished, articles as they were, and the evidence.

    With --fleet the sites of a fleet: what is due, late or dead, and the archive of each site when it is asked for.
    """
    del silent
    try:
        from wparchive.browse.serving import serve
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed; run: pip install 'wparchive[browse]'") from None
    from wparchive.store import Archive

    _refuse_taken(host, port)
    if fleet is not None:
        _serve_fleet(fleet, host, port, private=private, browser=browser)
        return ExitCode.COMPLETE
    serve(Archive(folder), host=host, port=port, private=private, browser=browser)
    return ExitCode.COMPLETE


def _serve_fleet(config: Path, host: str, port: int, *, private: bool, browser: bool) -> None:
    from wparchive.browse.serving import serve_fleet
    from wparchive.fleet.joining.library import FleetLibrary
    from wparchive.fleet.queue.fleet_file import load_fleet

    if private or names_archive():
        raise UsageError(
            f"--fleet shows what is in the store, so it doesn't go with {'--private' if private else '--archive'}"
        )
    file = load_fleet(config)
    with FleetLibrary(file) as library:
        serve_fleet(library, file.scratch / "reading", host=host, port=port, browser=browser)


def _refuse_taken(host: str, port: int) -> None:
    """Raise UsageError where nothing can listen at `host` and `port`; an empty host would mean every address there is."""
    if not host.strip():
        raise UsageError("--host is empty; name the address to listen on, as in --host 127.0.0.1")
    try:
        for family, kind, proto, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, proto) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
                one.bind(address)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "no name of a host"
        raise UsageError(f"--host {host} --port {port}: {why}; name another address or port") from None
