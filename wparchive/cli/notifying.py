"""Where a crawl reports what is new besides its own lines; see `fleet.notify`."""

import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from wparchive.cli.options import debugging, print_error

if TYPE_CHECKING:
    from wparchive.fleet.notify.notifier import Notifier
    from wparchive.fleet.notify.settings import Notices

__all__ = ["notifier_for"]


def notifier_for(folder: Path, notices: "Notices", stop: Event, *, prints: bool) -> "Notifier":
    """The notifier of the archive in `folder`; its warnings go to stderr; what is to be printed waits unless `prints`."""
    from wparchive.fleet.notify.notifier import Notifier
    from wparchive.store import Archive

    write = _write if prints else None
    return Notifier(Archive(folder), notices, warn=print_error, write=write, stop=stop, debug=debugging())


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()  # only what is written counts as sent
