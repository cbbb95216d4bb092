"""Finds the answer that each revisit stands for: by its id, by address and date, or by its payload.

Sources: WARC 1.1, 5.7 and 6.7; Heritrix, warcprox and warcio.js each state another part of it.
"""

import json
from collections.abc import Iterator

from wparchive.intake.shelf import Row, Shelf
from wparchive.model import BY_DIGEST, LOST
from wparchive.store.warc.referred_answers import Answers, Held, Sought, digest_key, digests_of, id_key, plain, second

__all__ = ["resolve"]

_REVISITS = "SELECT * FROM answers WHERE site = ? AND type = 'revisit' AND skipped IS NULL"
_HELD = "SELECT id, record, uri, at, digest, private FROM known WHERE site = ? AND type = 'response'"
# A double stands for the answer that is kept, and a revisit may know that only by what the double says.
_FOUND = """
    SELECT coalesce(b.id, a.held, a.id) AS id, coalesce(a.record, a.id) AS record, a.uri, a.at, a.digest, a.payload, a.sha1,
      max(a.private, coalesce(b.private, 0)) AS private
    FROM answers a LEFT JOIN answers b ON b.n = a.target
    WHERE a.site = ? AND a.type = 'response' AND (a.skipped IS NULL OR a.skipped IN ('held', 'twice'))"""
_ABOUT = "id, payload, body, size, status, mime"
_NEW = f"SELECT n, {_ABOUT} FROM answers WHERE site = ? AND id = ? AND skipped IS NULL"  # noqa: S608 - our own
_OLD = f'SELECT NULL AS n, {_ABOUT}, file, "offset" FROM known WHERE site = ? AND id = ?'  # noqa: S608
_TAKE = (
    "UPDATE answers SET target = ?, held = ?, payload = ?, body = ?, size = ?, status = coalesce(status, ?), "
    "mime = iif(mime = '', ?, mime), private = max(private, ?) WHERE n = ?"
)
_WRITTEN = "INSERT OR IGNORE INTO written VALUES (?, ?, ?, ?)"


def resolve(shelf: Shelf, site: str) -> int:
    """Tie each revisit of a site to the answer that it stands for; return how many refer to none that is there."""
    rows = list(shelf.rows(_REVISITS, site))
    answers = Answers()
    if rows:
        answers.add(_answers(shelf, site))
    return sum(not _tie(shelf, row, answers) for row in rows)


def _answers(shelf: Shelf, site: str) -> Iterator[Held]:
    for query in (_HELD, _FOUND):
        for row in shelf.rows(query, site):
            digest = digests_of(row["digest"], row["payload"], row["sha1"]) if query is _FOUND else row["digest"]
            about = (plain(row["uri"]), second(row["at"]), digest, bool(row["private"]))
            yield Held("", 0, row["id"], id_key(row["record"]), *about)


def _tie(shelf: Shelf, row: Row, answers: Answers) -> bool:
    digest, before = digest_key(row["digest"]), second(row["at"])
    where = (plain(row["refers_uri"]), second(row["refers_at"]), digest, plain(row["uri"]), before)
    found = answers.find(Sought(id_key(row["refers_id"] or ""), *where))
    kept = _kept(shelf, row["site"], found[0].name) if found else None
    if found is None or kept is None:
        _flag(shelf, row, LOST)
        return False
    if found[1]:
        _flag(shelf, row, BY_DIGEST)
    about = (kept["payload"], kept["body"], kept["size"], kept["status"], kept["mime"], found[0].private)
    shelf.do(_TAKE, kept["n"], kept["id"], *about, row["n"])
    return True


def _kept(shelf: Shelf, site: str, name: str) -> Row | None:
    """Return the answer that is known by a name, in these files or before."""
    if new := next(shelf.rows(_NEW, site, name), None):
        return new
    old = next(shelf.rows(_OLD, site, name), None)
    if old:
        shelf.do(_WRITTEN, site, name, old["file"], old["offset"])
    return old


def _flag(shelf: Shelf, row: Row, flag: str) -> None:
    shelf.do("UPDATE answers SET flags = ? WHERE n = ?", json.dumps([*json.loads(row["flags"]), flag]), row["n"])
