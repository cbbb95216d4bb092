"""Which site an answer belongs to: the address that answered, and two addresses as one only where both say so."""

from wparchive.intake.shelf import Shelf
from wparchive.naming import site_key

__all__ = ["choose", "homes_of", "join_homes"]

_MUTUAL = (
    "SELECT a.site, a.other FROM claims a JOIN claims b ON b.site = a.other AND b.other = a.site WHERE a.site < a.other"
)
_COUNTED = "SELECT site, count(*) FROM answers WHERE kind = '' GROUP BY site"


def join_homes(shelf: Shelf) -> None:
    """Give the answers of addresses that name each other one site.

    An index, its items or a redirect may name any home, so the word of one side alone joins nothing.
    """
    counts = dict(map(tuple, shelf.rows(_COUNTED)))
    leads: dict[str, str] = {}

    def leader(site: str) -> str:
        while site in leads:
            site = leads[site]
        return site

    for one, other in shelf.rows(_MUTUAL):
        first, second = leader(one), leader(other)
        if first != second and counts.get(first) and counts.get(second):
            kept, joined = sorted((first, second), key=lambda site: (-counts[site], site))
            leads[joined] = kept
    for site in leads:
        for table in ("answers", "documents"):
            shelf.do(f"UPDATE OR IGNORE {table} SET site = ? WHERE site = ?", leader(site), site)  # noqa: S608 - our own


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
