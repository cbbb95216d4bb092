"""The pages of a listing: how a stretch of it is asked for, and what came back."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from wparchive.http1.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.discovery.signals import header_links
from wparchive.wordpress.judgement import Judgement, Meaning, judge_fetched, says_none
from wparchive.wordpress.payload.document import Document, elements
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.payload.skimming import Skim, skims
from wparchive.wordpress.values import integer

__all__ = ["Page", "PageReply", "Spelling", "read_reply"]

_ORDER = ("orderby", "order")
_LEAST = 10  # rows of a page that is asked for without saying how many
_FEW = 5  # broken items in one stretch
# What is left of an item whose text breaks the page: all that core doesn't have to render.
_METADATA = (
    "id,date,date_gmt,guid,modified,modified_gmt,slug,status,type,link,title,author,featured_media,parent,menu_order,"
    "comment_status,ping_status,sticky,template,format,categories,tags,media_type,mime_type,media_details,source_url,"
    "alt_text,post,author_name,author_url,count,name,taxonomy,url,_links"
)


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """A request of the walk: `size` rows from `offset` (counted from 0). `retries` None leaves that to the policy."""

    offset: int
    size: int
    again: int = 0
    fields: str = ""
    by: str = "page"
    retries: int | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def key_suffix(self) -> str:
        """What tells a second reading of the same page from the first in a target's key."""
        return f" again={self.again}" if self.again else ""


@dataclass(slots=True)
class Spelling:
    """How stretches of one list are asked for: by number where that can be, by offset where the route takes one.

    `numbers` is off where pages by number turned out to be all the same.
    """

    params: tuple[tuple[str, str], ...]
    offsets: bool
    numbers: bool = True
    _asked: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)

    def page(self, offset: int, size: int, *, retries: int | None = None, fields: str = "") -> Page:
        """The page of `size` rows from `offset` on; of fewer rows, where without offsets none of that size begins there.

        With `fields`, only the metadata of its items.
        """
        by = "page" if self.numbers or not self.offsets else "offset"
        if by == "page" and offset % size:
            by = "offset" if self.offsets else by
            while by == "page" and offset % size:
                size -= 1
        place = ("offset", str(offset)) if by == "offset" else ("page", str(offset // size + 1))
        params = (("per_page", str(size)), place, *self.params, *((("_fields", _METADATA),) if fields else ()))
        return Page(offset, size, self._times(params), fields, by, retries, params)

    @property
    def falling(self) -> bool | None:
        """Whether ids fall in the order that is asked for; None when it isn't asked for by id."""
        given = dict(self.params)
        return given.get("order") == "desc" if given.get("orderby") == "id" and "order" in given else None

    def turned(self) -> "Spelling":
        """How the same list is asked for from its other end."""
        order = "asc" if self.falling else "desc"
        params = tuple((name, order if name == "order" else value) for name, value in self.params)
        return Spelling(params, self.offsets)

    def chosen(self, ids: Sequence[int], place: int) -> Page:
        """The items of these ids, as far as the list has them; they lie somewhere from `place` on."""
        params = (("per_page", str(len(ids))), ("include", ",".join(map(str, ids))), *self.params)
        return Page(place, len(ids), self._times(params), by="ids", params=params)

    def whole(self, size: int) -> Page:
        """The whole list in one request, `size` being a mere guess."""
        return Page(0, size, self._times(self.params), by="none", params=self.params)

    def drop(self, *names: str) -> None:
        """Ask without these parameters from now on: without `orderby` and `order` it is the server's own order."""
        self.params = tuple(pair for pair in self.params if pair[0] not in names)

    def plainer(self, size: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Plainer forms of the same, for a firewall that takes offence at a parameter: rows of a page, and what to leave out."""
        yield size // 2, ()
        named = {name for name, _ in self.params}
        if "_fields" in named:
            yield size, ("_fields",)
        if not named.isdisjoint(_ORDER):
            yield size, ("_fields", *_ORDER)
            yield _LEAST, ("_fields", *_ORDER)

    def _times(self, params: tuple[tuple[str, str], ...]) -> int:
        """How often the same was asked for before."""
        again = self._asked.get(params, 0)
        self._asked[params] = again + 1
        return again


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """What came back for a page. `empties` counts elements that show nothing (`[]`), `items` are the others, at `places`.

    `next_page` is the number of the page that the Link header calls the next, 0 when it calls none so. `broken` are the places
    in the page of items that aren't JSON, as far as each such stretch is one item. `size` is how many characters it came to.
    """

    answer: Judgement
    total: int | None = None
    total_pages: int | None = None
    next_page: int = 0
    items: Sequence[Skim] = ()
    places: Sequence[int] = ()
    empties: int = 0
    broken: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    size: int = 0
    capture: str | None = None
    verdict: Verdict = Verdict.ANSWERED

    @property
    def bare(self) -> bool:
        """Whether this is a success without a body."""
        return self.answer.meaning is Meaning.NOT_JSON and "empty" in self.flags

    @property
    def none_there(self) -> bool:
        """Whether the server says in its own way that it has no (more) items: an error code, or no body and a total of 0.

        A status 204 says so too, unless it counts items in the same breath.
        """
        return says_none(self.answer) or (self.bare and not self.total and self._counts_none)

    @property
    def _counts_none(self) -> bool:
        return self.total == 0 or self.answer.status == _NO_CONTENT

    def broken_of(self, expected: int | None) -> tuple[int, ...] | None:
        """The places of the broken items when the page should have `expected` rows; None when they can't be told.

        A single broken stretch may be several items; of several stretches nobody could say which.
        """
        sound = len(self.items) + self.empties
        lost = len(self.broken) if expected is None else expected - sound
        if lost <= len(self.broken):  # a total of less than what is shown is none
            return self.broken
        few = len(self.broken) == 1 and 1 < lost <= _FEW
        return tuple(range(self.broken[0], self.broken[0] + lost)) if few else None


_NO_CONTENT = 204
_SOME_PAGE = 1 << 31  # the number of a next page that isn't named by number


def read_reply(
    head: Head | None,
    body: bytes | None,
    *,
    capture: str | None,
    verdict: Verdict = Verdict.ANSWERED,
    reason: str = "",
    document: Document | None = None,
) -> PageReply:
    """Make a PageReply of an answer; `document` is its body as read, when it was.

    `verdict` and `reason` are those of the Fetched; `capture` is None only when nothing at all was exchanged.
    """
    if head is None or body is None or verdict not in (Verdict.ANSWERED, Verdict.FAILED):
        answer = judge_fetched(verdict, head, body, reason=reason)
        return PageReply(answer=answer, capture=capture, verdict=verdict)
    document = read(body) if document is None else document
    answer = judge_fetched(verdict, head, body, document, reason)
    found, rows = skims(document), elements(document)
    if answer.ok and rows is None:
        answer = Judgement(Meaning.NOT_JSON, head.status, reason=f"{head.status}, not a list")
    return PageReply(
        answer=answer,
        total=_stated(head, "x-wp-total"),
        total_pages=_stated(head, "x-wp-totalpages"),
        next_page=_next_page(head),
        items=found,
        places=[place for place, one in enumerate(rows or ()) if one],
        empties=len(rows or ()) - len(found) - len(document.broken),
        broken=document.broken,
        flags=document.flags,
        size=len(document.text),
        capture=capture,
        verdict=verdict,
    )


def _stated(head: Head, name: str) -> int | None:
    number = integer(re.split(r"[,;]", head.get(name))[0].strip())
    return number if number is not None and number >= 0 else None


def _next_page(head: Head) -> int:
    """The page that a `Link` calls the next; where that lies, on this host or another, doesn't matter: it is never followed."""
    for link in header_links("", head):
        if "next" in link.get("rel", "").lower().replace("'", " ").split():
            query = link["href"].replace("&amp;", "&").partition("?")[2]
            return integer(dict(parse_qsl(query)).get("page", "")) or _SOME_PAGE
    return 0
