"""The Atom file: what is new is put before what is there, and the oldest entries beyond the newest few go."""

import json
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from wparchive.ask.presenting.pages import FEED_END, change_entry, feed_entry, feed_head, paragraph
from wparchive.fleet.notify.destinations import AtomFile
from wparchive.fleet.notify.message import Message, event_lines
from wparchive.fleet.notify.undelivered import Undelivered

__all__ = ["add_to_feed"]

_LARGEST = 64 << 20
# Only an entry's own tags are written so: in texts they are escaped.
_ENTRY = re.compile(r"<entry>\n<id>(?P<id>[^<]*)</id>\n.*?</entry>\n", re.DOTALL)
_OURS = re.compile(
    r'<\?xml version="1\.0" encoding="utf-8"\?>\n<feed xmlns="http://www\.w3\.org/2005/Atom">\n<id>urn:uuid:'
)


def add_to_feed(message: Message, atom: AtomFile) -> None:
    """Write the file with `message` in it, whole or not at all; an entry that is there already isn't written twice.

    Raises Undelivered where another file has that name, OSError where it can't be written.
    """
    entries = {match["id"]: match[0] for match in _ENTRY.finditer(_held(atom.path))}
    fresh = {ident: entry for ident, entry in _entries(message) if ident not in entries}
    if not fresh:
        return
    kept = [*fresh.values(), *entries.values()][: atom.entries]
    _replace(atom.path, "".join([feed_head(f"file {atom.path}", message.at), *kept, FEED_END]))


def _entries(message: Message) -> Iterator[tuple[str, str]]:
    for event in reversed(message.events):
        ident = uuid.uuid5(uuid.NAMESPACE_URL, f"wparchive:event:{json.dumps(asdict(event))}").urn
        first, *rest = event_lines(event)
        yield ident, feed_entry(ident, first, event.at, event.kind, "".join(map(paragraph, [first, *rest])))
    for change in message.changes:
        yield change.id, change_entry(change, message.at)
    if message.more:
        ident, what = f"{message.id}", f"{message.more:,} more changes"
        yield ident, feed_entry(ident, what, message.at, "more", paragraph(f"{what}: see wparchive changes"))


def _held(path: Path) -> str:
    """What is in the file now; "" when there is none."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Undelivered("not an ordinary file; name another")
            held = file.read(_LARGEST).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    if held and not _OURS.match(held):
        raise Undelivered("holds something else than a feed of wparchive; name another file")
    return held


def _replace(path: Path, feed: str) -> None:
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.new")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "w", encoding="ascii"
        ) as file:
            if mode is not None:  # the server that publishes it may still read it
                os.fchmod(file.fileno(), mode)
            file.write(feed)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
