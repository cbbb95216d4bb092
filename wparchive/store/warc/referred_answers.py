"""Chooses the response that a revisit stands for, by all that it says of it: an id, an address and a time, a digest.

The choice follows from the responses that are there, never from the order in which they came. Tools differ in what they
state: WARC 1.1, 5.7, 5.9 and 5.13 to 5.15; Heritrix names no id, old ones only a digest; digests come in hex or base32.
"""

import base64
import binascii
import hashlib
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from threading import Lock
from typing import NamedTuple

__all__ = ["Answers", "Held", "Sought", "digest_key", "digests_of", "id_key", "plain", "second"]

_SECONDS = len("2026-01-01T00:00:00")
_ALGORITHMS = ("md5", "sha1", "sha256", "sha384", "sha512")
_SIZES = {name: hashlib.new(name, usedforsecurity=False).digest_size for name in _ALGORITHMS}
# A tool that digests the empty block of a revisit states nothing of its response.
_OF_NOTHING = frozenset(f"{name}:{hashlib.new(name, b'', usedforsecurity=False).hexdigest()}" for name in _ALGORITHMS)
_HEX = re.compile("[0-9a-fA-F]+")
_SCHEMA = """
    PRAGMA journal_mode = OFF;
    CREATE TABLE answers (file TEXT, offset INTEGER, name TEXT, id TEXT, uri TEXT, at TEXT, digest TEXT, private INTEGER);
    CREATE INDEX by_name ON answers (name);
    CREATE INDEX by_id ON answers (id);
    CREATE INDEX by_uri ON answers (uri, at);
    CREATE INDEX by_digest ON answers (digest, uri);
    CREATE INDEX by_file ON answers (file);
"""
_FOUND = "SELECT file, offset, name, id, uri, at, digest, private FROM answers WHERE "
_NEAREST = " ORDER BY private, at <= :before DESC, iif(at <= :before, at, NULL) DESC, at, name, file, offset LIMIT 1"
_BY_DIGEST = (f"{_FOUND} digest = :digest AND uri IN (:uri, :own) {_NEAREST}", f"{_FOUND} digest = :digest {_NEAREST}")


class Held(NamedTuple):
    """A response, by its place, the name by which it is known, and what a revisit may say of it (`Sought`).

    `digest` may be several, with spaces between them.
    """

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

    Ids are spelled as by `id_key`, addresses as by `plain`, times as by `second`, digests as by `digest_key`. Where the
    `name` by which the archive knows it is given, nothing else counts.
    """

    id: str = ""
    uri: str = ""
    at: str = ""
    digest: str = ""
    own: str = ""
    before: str = ""
    name: str = ""


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


def digests_of(stated: str, sha256: str, sha1: str) -> str:
    """Return the digests of a response: what its record states, and what was computed of it, each in hex or empty."""
    computed = (f"{name}:{value}" for name, value in (("sha256", sha256), ("sha1", sha1)) if value)
    return " ".join(dict.fromkeys(filter(None, map(digest_key, (stated, *computed)))))


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
        rows = (one._replace(digest=digest) for one in answers for digest in one.digest.split() or [""])
        self._db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def forget(self, file: str) -> None:
        """Remove the responses of a file."""
        self._db.execute("DELETE FROM answers WHERE file = ?", (file,))

    def find(self, sought: Sought) -> tuple[Held, bool] | None:
        """Return the response, and whether it is known by its digest alone; None if it isn't there, or may be any of several."""
        if sought.name:
            return next(((one, False) for one in self._rows("name = ?", sought.name)), None)
        found = [*self._rows("id = ?", sought.id)] if sought.id else []
        if sought.uri and sought.at:
            found += self._rows("uri = ? AND at = ?", sought.uri, sought.at)
        digests: dict[Held, set[str]] = {}
        for one in found:
            digests.setdefault(one._replace(digest=""), set()).add(one.digest)
        likely = {one: likeness for one, made in digests.items() if (likeness := _likeness(sought, one, made))}
        if likely:
            most = max(likely.values())
            return _surest(sought, {one: digests[one] for one, likeness in likely.items() if likeness == most})
        for query in _BY_DIGEST if sought.digest else ():
            if row := self._db.execute(query, sought._asdict()).fetchone():
                return Held(*row), True
        return None

    def _rows(self, where: str, *values: str) -> Iterable[Held]:
        return (Held(*row) for row in self._db.execute(f"{_FOUND} {where} ORDER BY file, offset LIMIT 3000", values))


def _likeness(sought: Sought, held: Held, digests: Collection[str]) -> tuple[int, ...]:
    """Return how much of what a revisit says is true of a response, comparable; empty if that can't be the one.

    One with another digest isn't meant, whatever its id: some tools give one id to several.
    """
    by_id = bool(sought.id) and held.id == sought.id
    by_place = bool(sought.uri and sought.at) and (held.uri, held.at) == (sought.uri, sought.at)
    alike = _alike(sought.digest, digests)
    if alike is False:
        return ()
    return by_id + by_place + bool(alike), by_id, held.uri == (sought.uri or sought.own)


def _alike(stated: str, digests: Collection[str]) -> bool | None:
    """Return whether one of the digests is the stated one; None where none can be compared with it."""
    comparable = [one for one in digests if stated and one.partition(":")[0] == stated.partition(":")[0]]
    return stated in comparable if comparable else None


def _surest(sought: Sought, likely: Mapping[Held, set[str]]) -> tuple[Held, bool] | None:
    """Return the one to take; None where several may differ, as where a tool gave one id to all."""
    same = set.intersection(*likely.values()) - {""}
    if len({one.name for one in likely}) > 1 and not same:
        return None
    return min(likely, key=lambda one: (one.private, one.at > sought.before, one.at, one.uri, one.name)), False
