"""What the archive holds already of a site, so that nothing is taken twice: records, answers, and what revisits refer to."""

from collections.abc import Callable, Collection

from wparchive.intake.identity.record_names import given_name
from wparchive.intake.shelf import Row, Shelf
from wparchive.model import Privilege
from wparchive.store import SiteFolder, StoredExchange, exchanges
from wparchive.store.warc.names import is_import
from wparchive.store.warc.referred_answers import digests_of, plain, second

__all__ = ["learn_held", "leave_out_doubles"]

_COLUMNS = ("site", "id", "record", "type", "route", "uri", "at", "payload", "body", "size", "status", "mime", "digest")
_PUT = f"INSERT OR IGNORE INTO known VALUES ({', '.join('?' * (len(_COLUMNS) + 3))})"  # noqa: S608 - our own
_ROWS = (
    "SELECT n, id, uri, at, payload, body, route, type, private, digest, refers_id FROM answers "
    'WHERE site = ? AND skipped IS NULL ORDER BY substr(at, 1, 19), source, "offset"'
)
_HELD = "SELECT id FROM known INDEXED BY known_uri WHERE site = ? AND uri = ? AND at = ? AND payload = ?"
# The indexes are named, as SQLite would search all of the site. Of the same record again the address may be spelled
# otherwise, the time be to the second, the body without content coding.
_HELD_RECORD = (
    "SELECT id FROM known INDEXED BY known_record WHERE site = ? AND record = ? AND type = ? AND route = ? "
    "AND substr(at, 1, 19) = ? AND (type = 'revisit' OR body = ?)"
)
_TAKEN = "SELECT 1 FROM known WHERE id = :id UNION ALL SELECT 1 FROM known WHERE site = :site AND record = :id LIMIT 1"
_MET, _MEET = "SELECT n FROM met WHERE site = ? AND what = ?", "INSERT OR IGNORE INTO met VALUES (?, ?, ?)"
_SKIP = "UPDATE answers SET skipped = ?, target = ?, held = ? WHERE n = ?"


def learn_held(shelf: Shelf, folder: SiteFolder, site: str, *, own: bool) -> None:
    """Note what earlier imports of a site hold; with `own` also what its crawls do, for files that we wrote ourselves."""
    rights = folder.with_rights()
    for path in folder.warcs():
        if not own and not is_import(path):
            continue
        for entry in exchanges(path):
            if isinstance(entry, StoredExchange):
                shelf.do_many(_PUT, _known(site, entry, rights))


def _known(site: str, entry: StoredExchange, rights: Collection[str]) -> list[tuple[object, ...]]:
    capture = entry.capture
    file = capture.warc.partition("/")[2]
    record = "".join(entry.headers.ids("WARC-Record-ID")[:1])
    about = (capture.payload_sha256, capture.body_sha256, capture.payload_size, capture.status, capture.mime)
    digest = digests_of(
        entry.headers.get("WARC-Payload-Digest"), capture.payload_sha256, capture.extra.get("payload-sha1", "")
    )
    private = int(capture.privilege is not Privilege.ANONYMOUS or capture.capture in rights)
    named = (site, capture.capture, record, capture.record_type, capture.key)
    answer = (*named, plain(capture.url), capture.captured_at, *about, digest, private, file, capture.offset)
    others = [record.record_id for record in entry.records if record.record_id != capture.capture]
    nothing = [None] * (len(_COLUMNS) - 3)
    return [answer, *((site, one, one, *nothing, private, file, None) for one in others)]


def leave_out_doubles(shelf: Shelf, site: str, elsewhere: Callable[[str], bool]) -> int:
    """Skip the answers of a site that it holds already, and those that are twice in these files; what stands for them is noted.

    The same answer under http and https at one date is one; the other address is kept with it. An answer whose record id
    is that of another one, also of another site (`elsewhere` says whether one has it), is given a name; returns how many.
    """
    named = 0
    knows = shelf.one("SELECT 1 FROM known LIMIT 1") is not None
    for row in shelf.rows(_ROWS, site):
        if held := knows and _held(shelf, site, row):
            shelf.do(_SKIP, "held", None, held, row["n"])
            continue
        again, same = _spelled(row)
        if number := shelf.one(_MET, site, again) or shelf.one(_MET, site, same):
            shelf.do(_SKIP, "twice", number, None, row["n"])
            shelf.do("UPDATE answers SET private = max(private, ?) WHERE n = ?", row["private"], number)
            shelf.do("UPDATE answers SET also = ? WHERE n = ? AND uri != ?", row["uri"], number, row["uri"])
            continue
        shelf.do_many(_MEET, [(site, what, row["n"]) for what in (again, same)])
        named += _named(shelf, site, row, elsewhere)
    return named


def _held(shelf: Shelf, site: str, row: Row) -> object:
    """Return the id of the same answer, if it is held: by its record, or its address, date and payload."""
    about = (row["id"], row["type"], row["route"], second(row["at"]), row["body"])
    held = shelf.one(_HELD_RECORD, site, *about)
    if held or row["type"] != "response":
        return held
    return shelf.one(_HELD, site, plain(row["uri"]), row["at"], row["payload"])


def _spelled(row: Row) -> tuple[str, str]:
    """Return what is the same in all copies of an answer: its record, and what it is."""
    again = " ".join((row["id"], row["type"], second(row["at"]), row["body"], row["route"]))
    return again, f"{row['at']} {row['payload'] or row['id']} {plain(row['uri'])}"


def _named(shelf: Shelf, site: str, row: Row, elsewhere: Callable[[str], bool]) -> bool:
    """Give an answer a name of its own if its record id is taken; return whether it is."""
    taken = shelf.one("SELECT 1 FROM named WHERE id = ?", row["id"])
    taken = taken or shelf.one(_TAKEN, {"id": row["id"], "site": site}) or elsewhere(row["id"])
    name = given_name(row) if taken else row["id"]
    shelf.do("INSERT OR IGNORE INTO named VALUES (?)", name)
    if taken:
        shelf.do("UPDATE answers SET id = ?, record = ? WHERE n = ?", name, row["id"], row["n"])
    return bool(taken)
