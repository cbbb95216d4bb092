"""What an import tells: a value for each file, and one for each site in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wparchive.errors import ExitCode, worst
from wparchive.intake.foreign.scan import Gap
from wparchive.intake.shelf import Shelf
from wparchive.wordpress.canonical_routes import lists_all

__all__ = ["FileTold", "ImportResult", "SiteTold", "site_told"]

_BOUNDS = (
    "SELECT count(*) AS answers, min(at) AS first, max(at) AS last, sum(private) AS private, "
    "sum(truncated IS NOT NULL) AS cut FROM answers WHERE site = ? AND skipped IS NULL AND kind = ''"
)
_DOUBLES = "SELECT skipped, count(*) FROM answers WHERE site = ? AND skipped IN ('held', 'twice') GROUP BY skipped"
_BESIDE = "SELECT kind, count(*) FROM answers WHERE site = ? AND skipped IS NULL AND kind != '' GROUP BY kind"
_ROUTES = (
    "SELECT route, max(stated), count(*) FROM answers WHERE site = ? AND skipped IS NULL AND kind = '' GROUP BY route"
)
_MOST_ROUTES = 200


@dataclass(frozen=True, slots=True)
class FileTold:
    """A foreign file, or one of the WARCs in it: its records, why answers in it weren't taken, what is damaged.

    `skipped` also counts, as `unread-…`, answers that were taken though their bodies can't be read. `damage` has the places of
    both as far as something is wrong with them, the first thousand. `fault` says why it couldn't be read at all. `source` is
    its number among the sources of the import.
    """

    name: str
    format: str = ""
    size: int = 0
    software: str = ""
    records: int = 0
    taken: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    damage: Sequence[Gap] = ()
    fault: str = ""
    code: ExitCode = ExitCode.COMPLETE
    source: int = -1


@dataclass(slots=True)
class SiteTold:
    """A WordPress site in foreign files: its addresses, how many answers, from when to when, and by list.

    `site` is its name in the archive, empty where nothing was written. `routes` has the answers of each list, and the largest
    number of items that one of them stated. `held` counts what the archive has already, `twice` what is in these files more than
    once. `beside` counts its pages, sitemaps and feeds. `lost` counts revisits that refer to nothing that is there, `named`
    answers whose record id is that of another answer, so that they were given a name. `apart` are sites of the archive that
    call themselves one site with this one, while the archive has each by itself. `exposed` counts answers that the archive
    took as anybody's, and that these files show to have been made with credentials.
    """

    key: str
    homes: Sequence[str]
    answers: int
    first: str
    last: str
    private: int = 0
    cut: int = 0
    held: int = 0
    twice: int = 0
    exposed: int = 0
    apart: list[str] = field(default_factory=list)
    lost: int = 0
    named: int = 0
    routes: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    site: str = ""
    runs: Sequence[str] = ()
    fault: str = ""
    code: ExitCode = ExitCode.COMPLETE


@dataclass(slots=True)
class ImportResult:
    """What came of an import; `hint` says what the extra would add, where it isn't installed.

    `passed` are files in folders that seem to be web archives by their names, but aren't called as a WARC or a WACZ is.
    """

    files: list[FileTold] = field(default_factory=list)
    sites: list[SiteTold] = field(default_factory=list)
    hint: str = ""
    passed: list[str] = field(default_factory=list)

    @property
    def code(self) -> ExitCode:
        """The exit code: the worst of all files and sites."""
        codes = [one.code for one in self.files] + [one.code for one in self.sites]
        codes += [ExitCode.INCOMPLETE for one in self.files if one.damage]
        codes += [ExitCode.INCOMPLETE for one in self.sites if one.lost]
        if not self.sites and all(code is ExitCode.COMPLETE for code in codes):
            codes = [ExitCode.NO_API]
        return worst(codes)


def site_told(shelf: Shelf, site: str, homes: Sequence[str]) -> SiteTold:
    """Return what the shelf holds of a site."""
    row = next(shelf.rows(_BOUNDS, site))
    doubles: dict[str, int] = dict(map(tuple, shelf.rows(_DOUBLES, site)))
    routes: dict[str, tuple[int, int | None]] = {}
    for route, stated, count in shelf.rows(_ROUTES, site):
        path = route.partition("?")[0]
        path = path if not path.rpartition("/")[2].isdecimal() else path.rpartition("/")[0] + "/ID"
        before = routes.get(path, (0, None))
        if path in routes or len(routes) < _MOST_ROUTES:
            whole = stated if lists_all(route) else None  # a search states what it found
            routes[path] = (before[0] + count, max(filter(None, (before[1], whole)), default=None))
    return SiteTold(
        site,
        homes,
        row["answers"],
        row["first"] or "",
        row["last"] or "",
        private=row["private"] or 0,
        cut=row["cut"] or 0,
        held=doubles.get("held", 0),
        twice=doubles.get("twice", 0),
        routes=routes,
        beside=dict(map(tuple, shelf.rows(_BESIDE, site))),
    )
