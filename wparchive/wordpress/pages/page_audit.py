"""What the API says of an item against what its page shows: one answer, with what it rests on.

`differs` is said only of a page that is the item's, where words of the article are missing, others or more, and nothing else that
is known explains it: a wall, further pages, a script that loads the rest, an older version that the archive holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from wparchive.http1.message import Head
from wparchive.urls import host_of, join, same_host
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.pages.article import Article
from wparchive.wordpress.pages.page_difference import Found, compare_page
from wparchive.wordpress.pages.page_evidence import Evidence
from wparchive.wordpress.pages.page_text import PageText, decode_page, read_page
from wparchive.wordpress.pages.page_title import Difference, Kind
from wparchive.wordpress.pages.page_verdict import PageKind, PageVerdict, page_verdict
from wparchive.wordpress.pages.page_words import words_of
from wparchive.wordpress.pages.visibility import Sight, is_loaded_later
from wparchive.wordpress.values import clean

__all__ = ["DOUBTFUL", "Answer", "Audited", "Standing", "audit_page", "text_digest"]


class Standing(StrEnum):
    """How a page stands to its item."""

    SAME = "same"
    DIFFERS = "differs"
    OLDER = "older"  # it shows an older version that is held
    UNKNOWN = "unknown"


DOUBTFUL = frozenset((Standing.DIFFERS, Standing.OLDER))
"""Where a page says something else than its item does now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request for the page `asked`: the URL that answered, its head and its decoded body."""

    asked: str
    final: str
    head: Head | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Audited:
    """What a page is and how it stands to its item; `reason` says why in a line, `version` is the older one that it shows.

    `text_sha256` is over the words that the page shows. `canonical` is the address on another host that it names as its own; ""
    if it names none, or several.
    """

    verdict: PageVerdict
    standing: Standing
    reason: str
    text_sha256: str
    found: Found | None = None
    differences: tuple[Difference, ...] = ()
    version: str = ""
    canonical: str = ""


def audit_page(
    answer: Answer, article: Article | None, noise: Noise, older: Sequence[tuple[str, Article]] = ()
) -> Audited:
    """Judge a page, and compare it with its item if it is one's; `older` are its former versions by name, newest first."""
    html = decode_page(answer.head, answer.body)
    page = read_page(html)
    found = compare_page(article, page, html, noise) if article else None
    verdict = _verdict(answer, page, article, found)
    digest, canonical = text_digest(page), _canonical(answer, page) if verdict.kind is PageKind.OK else ""
    if article is None or found is None:
        return Audited(verdict, Standing.UNKNOWN, "no item's page", digest, canonical=canonical)
    differences = _lasting(page, found, answer.final)
    standing, reason = _standing(article, page, verdict, found, differences)
    version = ""
    if standing is Standing.DIFFERS and differences:
        shown = next((name for name, one in older if _shows(one, page, html, noise)), None)
        if shown is not None:
            standing, version, reason = Standing.OLDER, shown, "the page shows an older version that is held"
    told = differences if standing in DOUBTFUL and verdict.kind is PageKind.OK else ()
    return Audited(verdict, standing, reason, digest, found, told, version, canonical)


def _verdict(answer: Answer, page: PageText, article: Article | None, found: Found | None) -> PageVerdict:
    if answer.head is None:
        return PageVerdict(PageKind.UNKNOWN, "no answer")
    return page_verdict(Evidence(answer.asked, answer.final, answer.head, answer.body, page, article, found))


def _canonical(answer: Answer, page: PageText) -> str:
    urls = {clean(join(answer.final, href)) for href in page.canonicals if href}
    url = urls.pop() if len(urls) == 1 else ""
    hosts = [host_of(one).removeprefix("www.") for one in (url, answer.final)]
    return url if all(hosts) and hosts[0] != hosts[1] and len(url) <= _LONGEST else ""


def text_digest(page: PageText) -> str:
    """Return the SHA-256 of the words that a page shows."""
    digest = sha256()
    for one in page.passages:
        if one.sight is Sight.SHOWN and (words := words_of(one.text)):
            digest.update(" ".join(words).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


_COMPARED = frozenset((PageKind.OK, PageKind.GEOBLOCK))
_HALF = 0.5
_LONGEST = 2048  # characters of an address


def _lasting(page: PageText, found: Found, url: str) -> tuple[Difference, ...]:
    """Return what differs, without what further pages, a script or a frame may bring."""
    if not found.differences:
        return ()
    framed = (found.share or 0) < _HALF and any(_is_own_frame(tag, url) for tag in page.tags.get("iframe", ()))
    if framed or found.paged or any(is_loaded_later(name) for node in page.nodes for name in node.names):
        return tuple(one for one in found.differences if one.kind is not Kind.MISSING)
    return found.differences


def _is_own_frame(tag: Mapping[str, str], url: str) -> bool:
    """Return whether a frame may show the article: a document of the site's own that is no preview of another article."""
    if "wp-embedded-content" in tag.get("class", "").lower().split():
        return False
    source = tag.get("src", "")
    return "srcdoc" in tag or (bool(source) and same_host(join(url, source), url))


def _standing(
    article: Article, page: PageText, verdict: PageVerdict, found: Found, differences: Sequence[Difference]
) -> tuple[Standing, str]:
    if article.protected:
        return Standing.UNKNOWN, "a password hides its text"
    if page.cut:
        return Standing.UNKNOWN, "the page is too long to be read whole"
    if verdict.kind is PageKind.GEOBLOCK:
        return Standing.DIFFERS, "the page says that it isn't available from where it was read"
    if not found.said:
        if differences and verdict.kind in _COMPARED:
            return Standing.DIFFERS, "the page is headed otherwise"
        return (
            (Standing.SAME, "it has no text but its title") if found.title else (Standing.UNKNOWN, "no text to compare")
        )
    if not found.differences and (found.share or 0) >= _HALF:
        return _whole(found)
    if verdict.kind not in _COMPARED:
        return Standing.UNKNOWN, f"{verdict.kind}: {verdict.reason}"
    if not differences:
        return Standing.UNKNOWN, "the rest may be on further pages or in a frame, or wait for a script or a click"
    if not found.placed:
        return Standing.UNKNOWN, "nothing says where the article is on the page"
    return Standing.DIFFERS, _how(found, differences)


def _whole(found: Found) -> tuple[Standing, str]:
    """Judge a page that has all of the text: whoever reads it isn't shown what is hidden, or waits in a script."""
    if unseen := found.hidden + found.scripts:
        reason = f"{unseen:,} of its {found.said:,} words are on the page, but hidden or in a script"
        return Standing.UNKNOWN, reason
    return Standing.SAME, "all its passages are there"


def _how(found: Found, differences: Sequence[Difference]) -> str:
    kinds = {one.kind for one in differences}
    if kinds == {Kind.MISSING} and found.first:
        return f"the page shows the beginning: {found.shown:,} of {found.said:,} words"
    if kinds == {Kind.ADDED}:
        return "the page shows more within the article"
    if kinds == {Kind.TITLE}:
        return "the page is headed otherwise"
    if not found.shown:
        return "the page shows another text in its place"
    return "the page shows other words"


def _shows(article: Article, page: PageText, html: str, noise: Noise) -> bool:
    """Return whether a page shows an older version: all its passages, word by word, and its title."""
    found = compare_page(article, page, html, noise)
    return found.said > 0 and found.title is not False and not found.differences and (found.share or 0) >= _HALF
