"""`wparchive serve`."""

from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.errors import ExitCode, UsageError

__all__ = ["command"]


@click.command(epilog="Example: wparchive serve -a archive --open")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="The port to listen on.")
@click.option("--private", is_flag=True, help="Also show what only credentials showed; on this machine only.")
@click.option("--open", "browser", is_flag=True, help="Open a browser.")
@common
def command(folder: Path, host: str, port: int, private: bool, browser: bool, silent: bool) -> int:
    """Browse the archive with Datasette: what changed, what vanished, articles as they were, and the evidence."""
    del silent
    try:
        from wparchive.browse.serving import serve
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed; run: pip install 'wparchive[browse]'") from None
    from wparchive.store import Archive

    serve(Archive(folder), host=host, port=port, private=private, browser=browser)
    return ExitCode.COMPLETE
