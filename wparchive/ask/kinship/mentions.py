"""How the text of an article names another, or its site, in whatever version: by links, files or in plain words.

Whoever copied says so in this way, and so does whoever was copied: nothing follows but that neither can be called the first
for what else is held of it.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from wparchive.ask.kinship.articles import Article, Articles, bare_host
from wparchive.ask.kinship.sightings import BESIDE
from wparchive.kinship.claims import Mention
from wparchive.kinship.texts import article_text
from wparchive.wordpress.inventory.places import number_of, place_of
from wparchive.wordpress.text import references

__all__ = ["mentions"]

_MOST = 40  # versions that are read
_MOST_LINKS = 2_000  # of one version
_MOST_KNOWN = 50  # of which it is asked whether they are of other articles
_SHOWN = 200  # characters of an address in a reason
_CONTENTS = """
    SELECT first_seen, coalesce(content, ''), coalesce(excerpt, '') FROM versions
    WHERE item = :item AND privilege = 'anonymous'
    AND EXISTS (SELECT 1 FROM json_each(:hosts) WHERE instr(lower(content), value) OR instr(lower(excerpt), value))
    ORDER BY first_seen, payload_sha256 LIMIT :most"""
_BESIDE = f"""
    SELECT p.link, p.guid, p.wp_id FROM ({BESIDE}) k JOIN posts p ON p.item = k.item WHERE p.privilege = 'anonymous'"""  # noqa: S608
_NAMED = "SELECT url FROM inventory WHERE item = ? AND NOT elsewhere ORDER BY url LIMIT 20"
_KNOWN = """
    SELECT EXISTS (SELECT 1 FROM json_each(:links) n JOIN posts p ON p.link = n.value WHERE p.site = :site)
    OR EXISTS (SELECT 1 FROM posts WHERE site = :site AND wp_id = :number)"""
_MOBILE = re.compile(r"^(?:m|amp|mobile)\.")
_END = re.compile("[/?#]")


class _Sought(NamedTuple):
    """What is looked for: the hosts of a site, where it begins, and the keys of addresses at which the article stands or stood.

    `is_apart` says that none of the hosts is the other side's, too.
    """

    hosts: frozenset[str]
    home: str
    places: frozenset[str]
    is_apart: bool

    def is_article(self, place: str) -> bool:
        """Whether this is an address of the article, or of one of its pages."""
        return place in self.places or any(place.startswith((f"{one}/", f"{one}#")) for one in self.places)

    def is_site(self, place: str) -> bool:
        """Whether this is an address of the site."""
        host = _END.split(place, maxsplit=1)[0]
        is_within = place == self.home or place.startswith((f"{self.home}/", f"{self.home}?"))
        return self.is_apart and host in self.hosts and (is_within or "/" not in self.home)


class _Found(NamedTuple):
    """What was found: in words; an address of the site that may be of another article, "" where that doesn't matter."""

    words: str
    of_article: bool
    url: str = ""


def mentions(articles: Articles, one: Article, other: Article) -> Iterator[Mention]:
    """Yield how the text of `one` names the other article, by the first version that does; else how it names its site."""
    contents = _contents(articles, one.item, other.hosts)
    if not contents:
        return
    sought = _sought(articles, one, other)
    others = _Others(articles, other)
    of_site: Mention | None = None
    for since, *html in contents:
        for found in (*_linked(sought, one.link or "", html), *_written(sought, html)):
            mention = Mention(f"its text, as held since {since}, {found.words}", found.of_article)
            if found.of_article:
                yield mention
                return
            if of_site is None and not others.has(found.url):
                of_site = mention
    if of_site:
        yield of_site


def _sought(articles: Articles, one: Article, other: Article) -> _Sought:
    home = place_of(other.home) or min(other.hosts, default="")
    urls = [
        other.link or "",
        other.guid,
        *(url or "" for held in articles.versions(other.item) for url in (held.link, held.guid)),
    ]
    urls += [url for (url,) in articles.db.execute(_NAMED, (other.item,)).fetchall()]
    numbers = [other.wp_id]
    about = {"other": one.item, "site": other.site}
    for link, guid, wp_id in map(tuple, articles.db.execute(_BESIDE, about).fetchall()):
        urls += [link or "", guid or ""]
        numbers.append(wp_id)
    places = {place_of(url) for url in urls if bare_host(url) in other.hosts}
    places |= {f"{home}?{name}={number}" for number in numbers for name in ("p", "page_id")}
    alike = {"", home, *other.hosts}
    return _Sought(other.hosts, home, frozenset(places - alike), other.hosts.isdisjoint(one.hosts))


def _contents(articles: Articles, item: str, hosts: frozenset[str]) -> list[tuple[str, str, str]]:
    """The versions whose HTML has one of the hosts anywhere: few have."""
    spelled = sorted({each for host in hosts for each in (host, _unicode(host))})
    about = {"item": item, "hosts": json.dumps(spelled), "most": _MOST}
    return [tuple(row) for row in articles.db.execute(_CONTENTS, about)]


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _linked(sought: _Sought, base: str, html: list[str]) -> Iterator[_Found]:
    """What its links and files name: the article, or its site."""
    for each in islice((found for part in html for found in references(part, base)), _MOST_LINKS):
        place = _MOBILE.sub("", place_of(each.url))
        if not (sought.is_article(place) or sought.is_site(place)):
            place = _within(sought, each.url)
        how, shown = "links to" if each.element == "a" else "shows a file of", each.url[:_SHOWN]
        if sought.is_article(place):
            yield _Found(f"{how} the other article: {shown}", of_article=True)
        elif sought.is_site(place):
            yield _Found(f"{how} the other's site: {shown}", of_article=False, url=each.url)


def _within(sought: _Sought, url: str) -> str:
    """The key of the address of the site that stands in another, as an archive's, a proxy's or a redirection's."""
    behind = unquote(unquote(url)).partition("://")[2].lower()
    for host in sought.hosts:
        if found := re.search(rf"/(?:www\.)?({re.escape(host)}(?=[/?#&]|$)[^\s&]*)", behind):
            return place_of(f"https://{found[1]}")
    return ""


def _written(sought: _Sought, html: list[str]) -> Iterator[_Found]:
    """What it names in plain words; a host without a dot is a word."""
    text = article_text(*html).lower()
    for host in (one for one in sought.hosts if "." in one):
        for spelled in {host, _unicode(host)}:
            for found in re.finditer(
                rf"(?<![\w.@-])(?:www\.)?{re.escape(spelled)}(?![\w-]|\.\w)(?:/[^\s<>\"')\]]*)?", text
            ):
                place = place_of(f"https://{found[0].rstrip('.,;:!')}")
                if sought.is_article(place):
                    yield _Found(f"names the other article: {found[0][:_SHOWN]}", of_article=True)
                elif sought.is_site(place):
                    yield _Found(f"names the other's site: {found[0][:_SHOWN]}", of_article=False)


class _Others:
    """Knows what addresses of a site are of another article that is held; not those to which the one looked for links, too."""

    def __init__(self, articles: Articles, other: Article) -> None:
        self._articles, self._other, self._asked = articles, other, 0

    def has(self, url: str) -> bool:
        """Whether this is one; of so many links to a site that they can't all be looked up, none is."""
        self._asked += 1
        if not url or self._asked > _MOST_KNOWN:
            return False
        place = place_of(url)
        ends = [f"{www}{place}{slash}" for www in ("", "www.") for slash in ("", "/")]
        links = [url, *(f"{scheme}://{end}" for scheme in ("http", "https") for end in ends)]
        about = {"links": json.dumps(links), "site": self._other.site, "number": number_of(url)[0]}
        return bool(self._articles.db.execute(_KNOWN, about).fetchone()[0]) and place not in self._linked

    @cached_property
    def _linked(self) -> set[str]:
        """The addresses to which the article's own text links."""
        contents = _contents(self._articles, self._other.item, self._other.hosts)
        html = (part for _, *parts in contents for part in parts)
        found = (each for part in html for each in references(part, self._other.link or ""))
        return {place_of(each.url) for each in islice(found, _MOST_LINKS)}
