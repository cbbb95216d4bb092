"""The address of the held file that stands for a picture."""

import sqlite3

from wparchive.ask.finding.held_file import file_of
from wparchive.browse.addresses import Addresses

__all__ = ["address_of"]


def address_of(
    conn: sqlite3.Connection, addresses: Addresses, url: str, at: str, *, width: int = 1200, frame: str = ""
) -> str:
    """Return our own address of a picture: the held file, or the page that stands in for what is not held.

    `frame` is what lets the frame of what was sent show it.
    """
    found = file_of(conn, url, at)
    return addresses.file(found[0], "bytes", w=width, frame=frame) if found else addresses.page("absent", u=url)
