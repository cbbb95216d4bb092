"""What the archive took as anybody's, and a later file shows to have been made with rights: by its request or by a copy."""

from collections.abc import Callable, Iterator

from wparchive.intake.judging.judge import home_of
from wparchive.intake.runs import ImportRun
from wparchive.intake.shelf import Shelf
from wparchive.naming import site_key
from wparchive.store import SiteFolder
from wparchive.store.modes import own_file

__all__ = ["exposing_run", "sites_asked"]

# Of an untied request, the answer of its address and second counts, as among the answers of one import.
_EXPOSED = """
    SELECT k.file, k.id, k.at FROM known k WHERE k.site = :site AND NOT k.private AND k.at IS NOT NULL AND (
      k.id IN (SELECT held FROM answers WHERE site = :site AND skipped = 'held' AND private)
      OR (k.record, k.uri) IN (SELECT t.id, substr(r.uri, instr(r.uri, '://') + 3) FROM ties t JOIN requests r ON r.n = t.owner
        WHERE t.kind = 'request' AND r.private)
      OR (k.uri, substr(k.at, 1, 19)) IN (SELECT substr(uri, instr(uri, '://') + 3), substr(at, 1, 19) FROM requests
        WHERE private))
    ORDER BY k.at, k.id"""
_ASKED = "SELECT DISTINCT uri FROM requests WHERE private ORDER BY uri"
_SITES = "SELECT DISTINCT site FROM answers WHERE kind = ''"


def exposing_run(shelf: Shelf, folder: SiteFolder, site: str) -> tuple[ImportRun, int] | None:
    """Return a run without captures that says which held answers of a site were made with rights, and how many; None for none.

    Other users of the machine don't see the WARCs with these any more.
    """
    found = [tuple(row) for row in shelf.db.execute(_EXPOSED, {"site": site})]
    if not found:
        return None
    said = [[file, capture] for file, capture, _ in found]
    for file in {file for file, _ in said}:
        own_file(folder.path / file)
    return ImportRun(site, True, found[0][2], found[-1][2], states={"with_rights": said}), len(found)


def sites_asked(shelf: Shelf, site_at: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """Yield key and address of the sites in the archive of which these files have only requests, made with rights."""
    known = {str(site) for (site,) in shelf.rows(_SITES)}
    for (uri,) in list(shelf.rows(_ASKED)):
        if (home := home_of(str(uri))) and (key := site_key(home)) not in known and site_at(home):
            known.add(key)
            yield key, home
