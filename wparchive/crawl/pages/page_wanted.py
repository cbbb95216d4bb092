"""Pages to fetch, and how each is requested."""

from dataclasses import dataclass
from typing import Final

from wparchive.config import Settings
from wparchive.crawl.engine.conditional import conditions as unless_changed
from wparchive.model import Capture, Target
from wparchive.store import PageMark, SiteStore
from wparchive.urls import origin, url_key

__all__ = ["LARGEST_PAGE", "PageWanted", "conditions", "of_item"]

LARGEST_PAGE: Final = 8 << 20  # bytes of a page: parsing takes several times as much memory
_HTML: Final = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A page to fetch: of an item, if `about` says so, or of none.

    `version` stands for the state of the page that is wanted, by whatever tells one state from the next; the page of a
    version is fetched once. `about` are further fields of its metadata record.
    """

    url: str
    version: str = ""
    about: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The identity of its captures; "" if the URL can't be requested."""
        url = url_key(self.url)
        return f"PAGE {url} {self.version}".rstrip() if url else ""

    def target(self, store: SiteStore, settings: Settings, home: str, *, again: bool) -> Target:
        """Return the target; `again`: a page that was captured before is asked for by its validators."""
        url = url_key(self.url)
        spelled = () if self.url == url else (("url", self.url),)
        return Target(
            url=url,
            key=self.key,
            kind="page",
            hops=1,
            headers=(_HTML, *(conditions(store, self.key) if again else ())),
            max_body=min(settings.max_body, LARGEST_PAGE),
            retries=None if origin(url) == origin(home) else 1,
            about=(*self.about, *spelled),
        )


def of_item(mark: PageMark) -> PageWanted:
    """Return the page of an item's newest version."""
    about = {"collection": mark.collection, "id": str(mark.id), "type": mark.type, "version": mark.version}
    return PageWanted(mark.link, mark.version, tuple(about.items()))


def conditions(store: SiteStore, key: str) -> tuple[tuple[str, str], ...]:
    """Return the headers that avoid a transfer when what was captured as `key` by an earlier crawl is unchanged."""
    held: Capture | None = store.log.file_before(key, "")
    if held is None or held.crawl == store.crawl:
        return ()
    return unless_changed(held)
