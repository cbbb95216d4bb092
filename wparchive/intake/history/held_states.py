"""What the revisits show that stand for answers of earlier imports: these are read again for it, few as they are."""

from wparchive.errors import DamagedError
from wparchive.intake.history.item_states import states_in
from wparchive.intake.shelf import Shelf
from wparchive.store import SiteFolder, StoredExchange, exchanges

__all__ = ["learn_held_states"]

_REVISITS = (
    'SELECT a.n, a.route, k.file, k."offset" FROM answers a JOIN known k ON k.site = a.site AND k.id = a.held '
    "WHERE a.site = ? AND a.type = 'revisit' AND a.skipped IS NULL AND a.target IS NULL AND a.kind = '' AND a.status = 200 "
    'AND k."offset" IS NOT NULL'
)


def learn_held_states(shelf: Shelf, folder: SiteFolder, site: str) -> None:
    """Note the items in the answers that the archive holds already and that revisits of a site stand for."""
    for row in list(shelf.rows(_REVISITS, site)):
        entry = next(exchanges(folder.path / row["file"], row["offset"]), None)
        if not isinstance(entry, StoredExchange):
            continue
        try:
            states = b"" if entry.capture.truncated else states_in(entry.body().data, row["route"])
        except DamagedError:
            continue
        shelf.do("UPDATE answers SET states = ? WHERE n = ?", states, row["n"])
