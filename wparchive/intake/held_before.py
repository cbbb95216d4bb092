"""What the archive holds already of a site, so that nothing is taken twice: records, answers, and what revisits refer to."""

from wparchive.intake.shelf import Row, Shelf
from wparchive.store import SiteFolder, StoredExchange, exchanges
from wparchive.store.warc.names import is_import

__all__ = ["learn_held", "leave_out_doubles"]

_PUT = "INSERT OR IGNORE INTO known VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROWS = (
    "SELECT n, id, uri, at, payload, type, private FROM answers WHERE site = ? AND skipped IS NULL "
    'ORDER BY substr(at, 1, 19), source, "offset"'
)
_MET, _MEET = "SELECT n FROM met WHERE site = ? AND what = ?", "INSERT OR IGNORE INTO met VALUES (?, ?, ?)"
_SKIP = "UPDATE answers SET skipped = ?, target = ?, held = ? WHERE n = ?"


def learn_held(shelf: Shelf, folder: SiteFolder, site: str, *, own: bool) -> None:
    """Note what earlier imports of a site hold; with `own` also what its crawls do, for files that we wrote ourselves."""
    for path in folder.warcs():
        if not own and not is_import(path):
            continue
        for entry in exchanges(path):
            if isinstance(entry, StoredExchange):
                shelf.do_many(_PUT, _known(site, entry))


def _known(site: str, entry: StoredExchange) -> list[tuple[object, ...]]:
    capture = entry.capture
    file = capture.warc.partition("/")[2]
    about = (capture.payload_sha256, capture.body_sha256, capture.payload_size, capture.status, capture.mime)
    answer = (site, capture.capture, _plain(capture.url), capture.captured_at, *about, file, capture.offset)
    others = [record.record_id for record in entry.records if record.record_id != capture.capture]
    return [answer, *((site, one, None, None, None, None, None, None, None, file, None) for one in others)]


def leave_out_doubles(shelf: Shelf, site: str) -> None:
    """Skip the answers of a site that it holds already, and those that are twice in these files; what stands for them is noted.

    The same answer under http and https at one date is one; the other address is kept with it.
    """
    for row in shelf.rows(_ROWS, site):
        held = shelf.one("SELECT id FROM known WHERE site = ? AND id = ?", site, row["id"]) or _held(shelf, site, row)
        if held:
            shelf.do(_SKIP, "held", None, held, row["n"])
            continue
        same = f"{row['at']} {row['payload'] or row['id']} {_plain(row['uri'])}"
        if number := shelf.one(_MET, site, row["id"]):
            shelf.do(_SKIP, "twice", number, None, row["n"])
        elif number := shelf.one(_MET, site, same):
            shelf.do(_SKIP, "twice", number, None, row["n"])
            shelf.do("UPDATE answers SET private = max(private, ?) WHERE n = ?", row["private"], number)
            shelf.do("UPDATE answers SET also = ? WHERE n = ? AND uri != ?", row["uri"], number, row["uri"])
        else:
            shelf.do_many(_MEET, [(site, what, row["n"]) for what in (row["id"], same)])


def _held(shelf: Shelf, site: str, row: Row) -> object:
    """Return the id of the answer of the same address, date and payload that is held."""
    if row["type"] != "response":
        return None
    query = "SELECT id FROM known WHERE site = ? AND uri = ? AND at = ? AND payload = ?"
    return shelf.one(query, site, _plain(row["uri"]), row["at"], row["payload"])


def _plain(uri: str) -> str:
    """Return an address without its scheme: http and https are one."""
    return uri.partition("://")[2] or uri
