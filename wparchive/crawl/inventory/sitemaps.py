"""Walk a site's sitemaps: those that robots.txt names, else where core and plug-ins put them; indexes level by level."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from wparchive.crawl.inventory.asking import Asker, Found, Ground
from wparchive.urls import host_of, join, url_key
from wparchive.wordpress.inventory.addresses import sitemap_guesses
from wparchive.wordpress.inventory.documents import Document

__all__ = ["SitemapWalk"]

_MOST_FILES, _MOST_URLS, _DEEPEST = 2_000, 2_000_000, 5
_TOGETHER = 20

Take = Callable[[Found, Document], None]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A sitemap to ask for, when its index says that it was modified, and how many indexes lead to it."""

    url: str
    lastmod: str | None = None
    depth: int = 0


class SitemapWalk:
    """The walk over all sitemaps of one site. `take` is called with each and what it holds, read anew or not.

    `again` are sitemaps that an earlier run could not read; they are asked for even if no index is read that names them.
    Those whose keys are in `late` come after the others of their level, so that they hold up none.
    `elsewhere` counts sitemaps that indexes name on hosts that are neither the site's own nor named by robots.txt.
    """

    def __init__(
        self,
        ground: Ground,
        asker: Asker,
        take: Take,
        again: Collection[str] = (),
        late: Collection[str] = frozenset(),
    ) -> None:
        self._again, self._late = again, late
        self._ground, self._asker, self._take = ground, asker, take
        self._seen: set[str] = set()
        self._urls = 0
        self._hosts = {_host(url) for url in ground.own} - {""}
        self.elsewhere = 0
        self.gaps: list[tuple[str, str]] = []

    def run(self) -> None:
        """Ask for every sitemap that may have changed."""
        level = self._roots()
        while level:
            level.sort(key=lambda one: url_key(one.url) in self._late)
            level = [child for wanted in _batches(level) for child in self._children(wanted)]
        for wanted in _batches([_Wanted(url, depth=_DEEPEST) for url in self._again if self._is_new(url)]):
            level += self._children(wanted)

    def _roots(self) -> list[_Wanted]:
        """Return the sitemaps to begin with: if robots.txt names none, the first place where there is one."""
        named = [
            join(f"{self._ground.home.rstrip('/')}/", url) for url in self._ground.network.sitemaps(self._ground.home)
        ]
        self._hosts |= {_host(url) for url in named} - {""}
        if named := [url for url in named if url_key(url)]:
            return [_Wanted(url) for url in named if self._is_new(url)]
        for url in sitemap_guesses(self._ground.home, plain=self._ground.plain):
            self._is_new(url)
            (found,) = self._asker.ask("sitemap", [(url, None)])
            document = self._asker.document(found.held)
            self._take(found, document)
            if found.outcome == "failed" or document.cut:
                self._gap(found.url, document.cut or found.reason)
            if document.form or found.outcome == "failed":
                return list(self._within(_Wanted(url), found, document))
        return []

    def _is_new(self, url: str) -> bool:
        key = url_key(url)
        new = bool(key) and key not in self._seen
        self._seen.add(key)
        return new

    def _children(self, wanted: list[_Wanted]) -> Iterator[_Wanted]:
        """Ask for some sitemaps, and yield those that they name."""
        answers = self._asker.ask("sitemap", [(one.url, one.lastmod) for one in wanted])
        for one, found in zip(wanted, answers, strict=True):
            document = self._asker.document(None if found.outcome == "rests" else found.held)
            self._take(found, document)
            if found.outcome == "failed":
                self._gap(found.url, found.reason)
            yield from self._within(one, found, document)

    def _within(self, one: _Wanted, found: Found, document: Document) -> Iterator[_Wanted]:
        self._urls += len(document.urls)
        if document.cut:
            self._gap(found.url, document.cut)
        for child in document.children:
            url = join(found.url, child.url)
            if _host(url) not in self._hosts:
                self.elsewhere += 1
            elif one.depth >= _DEEPEST:
                self._gap(found.url, f"indexes of sitemaps lie more than {_DEEPEST} deep: the rest isn't read")
                return
            elif len(self._seen) >= _MOST_FILES or self._urls >= _MOST_URLS:
                most = f"{_MOST_FILES:,} sitemaps or {_MOST_URLS:,} URLs"
                self._gap(found.url, f"more than {most}: the rest isn't read")
                return
            elif self._is_new(url):
                yield _Wanted(url, child.lastmod, one.depth + 1)

    def _gap(self, url: str, reason: str) -> None:
        if (url, reason) not in self.gaps:
            self.gaps.append((url, reason))


def _host(url: str) -> str:
    return host_of(url).removeprefix("www.")


def _batches(level: list[_Wanted]) -> Iterator[list[_Wanted]]:
    for at in range(0, len(level), _TOGETHER):
        yield level[at : at + _TOGETHER]
