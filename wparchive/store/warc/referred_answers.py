"""Chooses the response that a revisit stands for, by all that it says of it: an id, an address and a time, a digest.

The choice follows from the responses that are there, never from the order in which they came. Tools differ in what they
state: WARC 1.1, 5.7, 5.9 and 5.13 to 5.15; Heritrix names no id, old ones only a digest; digests come in hex or base32.
"""

import base64
import binascii
import hashlib
import re
import sqlite3
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

__all__ = ["Answers", "Held", "Sought", "digest_key", "id_key", "plain", "second"]

_SECONDS = len("2026-01-01T00:00:00")
_ALGORITHMS = ("md5", "sha1", "sha256", "sha384", "sha512")
_SIZES = {name: hashlib.new(name, usedforsecurity=False).digest_size for name in _ALGORITHMS}
# A tool that digests the empty block of a revisit states nothing of its response.
_OF_NOTHING = frozenset(f"{name}:{hashlib.new(name, b'', usedforsecurity=False).hexdigest()}" for name in _ALGORITHMS)
_HEX = re.compile("[0-9a-fA-F]+")
_SCHEMA = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE answers (file TEXT, offset INTEGER, name TEXT, id TEXT, uri TEXT, at TEXT, digest TEXT, private INTEGER);
    CREATE INDEX by_id ON answers (id);
    CREATE INDEX by_uri ON answers (uri, at);
    CREATE INDEX by_digest ON answers (digest, uri);
    CREATE INDEX by_file ON answers (file);
"""
_FOUND = "SELECT file, offset, name, id, uri, at, digest, private FROM answers WHERE "
_NEAREST = " ORDER BY private, at <= :before DESC, iif(at <= :before, at, NULL) DESC, at, name, file, offset LIMIT 1"
_BY_DIGEST = (f"{_FOUND} digest = :digest AND uri IN (:uri, :own) {_NEAREST}", f"{_FOUND} digest = :digest {_NEAREST}")


class Held(NamedTuple):
    """A response, by its place, the name by which it is known, and what a revisit may say of it (`Sought`)."""

    file: str
    offset: int
    name: str
    id: str
    uri: str
    at: str
    digest: str
    private: bool = False


class Sought(NamedTuple):
    """What a revisit says of its response, empty where it says nothing; `own` and `before` are its own address and time.

    Ids are spelled as by `id_key`, addresses as by `plain`, times as by `second`, digests as by `digest_key`.
    """

    id: str = ""
    uri: str = ""
    at: str = ""
    digest: str = ""
    own: str = ""
    before: str = ""


def id_key(record_id: str) -> str:
    """Return a record id as it compares: UUIDs are spelled in either case (RFC 9562, 4)."""
    return record_id.lower() if record_id[:9].lower() == "urn:uuid:" else record_id


def plain(uri: str) -> str:
    """Return an address without its scheme: http and https are one."""
    return uri.partition("://")[2] or uri


def second(date: str) -> str:
    """Return a date to the second: some tools write more of it, others don't; empty for less."""
    return date[:_SECONDS] if len(date) >= _SECONDS else ""


def digest_key(stated: str) -> str:
    """Return a digest as it compares, whether stated in hex or base32; empty for none, and for that of no bytes at all."""
    name, colon, value = stated.strip().rpartition(":")
    name, value = name.strip().lower().replace("-", ""), value.strip().rstrip("=")
    if not value:
        return ""
    for one in (name,) if colon else _ALGORITHMS:
        if (size := _SIZES.get(one)) and (digits := _digits(value, size)):
            key = f"{one}:{digits}"
            return "" if key in _OF_NOTHING else key
    return f"{name}:{value}"


def _digits(value: str, size: int) -> str:
    """Return a digest of that size in hex; empty if it isn't one."""
    if len(value) == 2 * size and _HEX.fullmatch(value):
        return value.lower()
    if len(value) != -(-size * 8 // 5):
        return ""
    try:
        found = base64.b32decode(value.upper() + "=" * (-len(value) % 8))
    except binascii.Error:
        return ""
    return found.hex() if len(found) == size else ""


class Answers:
    """The responses among which the one of a revisit is chosen."""

    def __init__(self) -> None:
        # "" names a temporary file, which SQLite removes.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self.lock = Lock()

    def add(self, answers: Iterable[Held]) -> None:
        """Add responses; one may be added again as it is spelled elsewhere."""
        self._db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", answers)

    def forget(self, file: str) -> None:
        """Remove the responses of a file."""
        self._db.execute("DELETE FROM answers WHERE file = ?", (file,))

    def find(self, sought: Sought) -> tuple[Held, bool] | None:
        """Return the response, and whether it is known by its digest alone; None if it isn't there."""
        found = [*self._rows("id = ?", sought.id)] if sought.id else []
        if sought.uri and sought.at:
            found += self._rows("uri = ? AND at = ?", sought.uri, sought.at)
        if likely := [(likeness, one) for one in found if (likeness := _likeness(sought, one))]:
            return max(likely)[1], False
        for query in _BY_DIGEST if sought.digest else ():
            if row := self._db.execute(query, sought._asdict()).fetchone():
                return Held(*row), True
        return None

    def _rows(self, where: str, *values: str) -> Iterable[Held]:
        return (Held(*row) for row in self._db.execute(f"{_FOUND} {where} ORDER BY file, offset LIMIT 1000", values))


def _likeness(sought: Sought, held: Held) -> tuple[object, ...]:
    """Return how much of what a revisit says is true of a response, comparable; empty if that can't be the one.

    A digest that isn't the stated one counts against it, unless its id and address are: tools compute digests otherwise.
    """
    by_id = bool(sought.id) and held.id == sought.id
    placed = bool(sought.uri and sought.at)
    by_place = placed and (held.uri, held.at) == (sought.uri, sought.at)
    of_address = held.uri == (sought.uri or sought.own)
    alike = _alike(sought.digest, held.digest)
    if alike is False and not (by_id and (by_place or (of_address and not placed))):
        return ()
    agreed, named = by_id + by_place + bool(alike), id_key(held.name) == sought.id
    return agreed, by_id, of_address, named, not held.private, held.name, held.file, held.offset


def _alike(stated: str, held: str) -> bool | None:
    """Return whether two digests are the same; None where they can't be compared."""
    comparable = bool(stated) and stated.partition(":")[0] == held.partition(":")[0]
    return stated == held if comparable else None
