"""Which site an answer belongs to: the address that answered, and two addresses as one only where both say so."""

from collections.abc import Callable, Mapping

from wparchive.intake.shelf import Shelf
from wparchive.naming import site_key

__all__ = ["choose", "homes_of", "join_homes"]

_MUTUAL = (
    "SELECT a.site, a.other FROM claims a JOIN claims b ON b.site = a.other AND b.other = a.site WHERE a.site < a.other "
    "ORDER BY a.site, a.other"
)
_COUNTED = "SELECT site, count(*) FROM answers WHERE kind = '' GROUP BY site"


class _Joining:
    """Addresses that become one site; each has at most one folder in the archive, and keeps it."""

    def __init__(self, counts: Mapping[str, int], folders: Mapping[str, str]) -> None:
        self._counts, self._folders = counts, dict(folders)
        self.leads: dict[str, str] = {}

    def leader(self, site: str) -> str:
        while site in self.leads:
            site = self.leads[site]
        return site

    def folder(self, site: str) -> str | None:
        return self._folders.get(self.leader(site))

    def join(self, one: str, other: str) -> bool:
        """Make two one; return False if the archive has each by itself."""
        first, second = self.leader(one), self.leader(other)
        if first == second or not (self._counts.get(first) and self._counts.get(second)):
            return True
        held = {self._folders[site] for site in (first, second) if site in self._folders}
        if len(held) > 1:
            return False
        kept, joined = sorted((first, second), key=lambda site: (-self._counts[site], site))
        self.leads[joined] = kept
        self._folders.update(dict.fromkeys((kept,), *held) if held else {})
        return True


def join_homes(shelf: Shelf, folder_at: Callable[[str], str | None]) -> Mapping[str, list[str]]:
    """Give the answers of addresses that name each other one site, and those of addresses that have one folder.

    An index, its items or a redirect may name any home, so the word of one side alone joins nothing. `folder_at` returns the
    folder that the archive has for an address: two that have one each keep them. Returns for each such folder the others.
    """
    homes = [
        (str(site), str(home))
        for site, home in shelf.rows("SELECT DISTINCT site, home FROM answers ORDER BY site, home")
    ]
    folders = {site: folder for site, home in homes if (folder := folder_at(home))}
    joining = _Joining(dict(map(tuple, shelf.rows(_COUNTED))), folders)
    first: dict[str, str] = {}
    for site, folder in folders.items():
        joining.join(first.setdefault(folder, site), site)
    apart: dict[str, list[str]] = {}
    for one, other in list(shelf.rows(_MUTUAL)):
        if not joining.join(one, other):
            pair = joining.folder(one) or "", joining.folder(other) or ""
            for folder, another in (pair, pair[::-1]):
                apart[folder] = sorted({another, *apart.get(folder, ())})
    for site in joining.leads:
        for table in ("answers", "documents"):
            query = f"UPDATE OR IGNORE {table} SET site = ? WHERE site = ?"  # noqa: S608 - our own
            shelf.do(query, joining.leader(site), site)
    return apart


def choose(shelf: Shelf, wanted: set[str]) -> None:
    """Skip the answers of all sites but those with these keys, each by any of its addresses; of none where `wanted` is empty."""
    if wanted:
        homes = [(str(site), str(home)) for site, home in shelf.rows("SELECT DISTINCT site, home FROM answers")]
        kept = {site for site, home in homes if site in wanted or site_key(home) in wanted}
        for site in {site for site, _ in homes} - kept:
            shelf.do("UPDATE answers SET skipped = 'other-site' WHERE site = ?", site)


def homes_of(shelf: Shelf, site: str) -> list[str]:
    """Return the addresses at which a site's API answered, the most used first."""
    query = "SELECT home FROM answers WHERE site = ? AND kind = '' GROUP BY home ORDER BY count(*) DESC, home"
    return [str(home) for (home,) in shelf.rows(query, site)]
