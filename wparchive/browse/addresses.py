"""Makes the addresses of the pages, below `/-/wparchive`."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

__all__ = ["Addresses"]


def _query(values: dict[str, object]) -> str:
    given = {name.rstrip("_"): value for name, value in values.items() if value not in (None, "", False)}
    return f"?{urlencode(given)}" if given else ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of one archive's pages: `prefix` is the path of the overview, `data` that of Datasette's own tables."""

    prefix: str
    data: str

    def page(self, name: str = "", **query: object) -> str:
        """Return the address of a page by its name: `changes`, `vanished`, `search` …; "" is the overview."""
        return f"{self.prefix}/{name}{_query(query)}"

    def item(self, item: str, tab: str = "", **query: object) -> str:
        """Return the address of an item, given as SITE/TYPE/ID, or of one of its tabs."""
        return f"{self.prefix}/item/{quote(item, safe='/')}{f'/{tab}' if tab else ''}{_query(query)}"

    def frame(self, item: str, **query: object) -> str:
        """Return the address of an item's content as it was sent."""
        return f"{self.prefix}/frame/{quote(item, safe='/')}{_query(query)}"

    def capture(self, capture: str, part: str = "", **query: object) -> str:
        """Return the address of a capture; `part` is `raw`, `body` or `record`."""
        name = quote(capture.removeprefix("urn:uuid:"), safe="")
        return f"{self.prefix}/capture/{name}{f'/{part}' if part else ''}{_query(query)}"

    def file(self, sha256: str, part: str = "", **query: object) -> str:
        """Return the address of a file by its digest; `part` is `bytes`."""
        return f"{self.prefix}/file/{quote(sha256)}{f'/{part}' if part else ''}{_query(query)}"

    def url(self, url: str) -> str:
        """Return the page about an address of the web, which is never linked itself."""
        return f"{self.prefix}/url?{urlencode({'u': url})}"

    def site(self, site: str, **query: object) -> str:
        """Return the address of a site's page."""
        return f"{self.prefix}/site/{quote(site, safe='')}{_query(query)}"

    def uncovered(self, site: str, **query: object) -> str:
        """Return the address of the page of what no list of a site's REST API has."""
        return f"{self.prefix}/site/{quote(site, safe='')}/uncovered{_query(query)}"

    def run(self, run: str) -> str:
        """Return the address of a run's page."""
        return f"{self.prefix}/run/{quote(run, safe='')}"

    def person(self, site: str, wp_id: int) -> str:
        """Return the address of an author's page."""
        return f"{self.prefix}/person/{quote(site, safe='')}/{wp_id}"

    def table(self, name: str, **query: object) -> str:
        """Return Datasette's own page of a table."""
        return f"{self.data}/{name}{_query(query)}"
