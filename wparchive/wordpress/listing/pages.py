"""The pages of a listing: how a range of it is requested, and what came back."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wparchive.http1.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.discovery.signals import header_links
from wparchive.wordpress.judgement import Judgement, Meaning, judge_fetched, says_none
from wparchive.wordpress.payload.document import Document, Skim, elements, skims
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.values import integer

__all__ = ["Page", "PageReply", "Spelling", "read_reply"]

_ORDER = ("orderby", "order")
_LEAST = 10  # rows; core's default page size
_FEW = 5  # most consecutive broken items that are distinguished
# Fields that core returns without rendering. They remain available when an item's text breaks the page.
_METADATA = (
    "id,date,date_gmt,guid,modified,modified_gmt,slug,status,type,link,title,author,featured_media,parent,menu_order,"
    "comment_status,ping_status,sticky,template,format,categories,tags,media_type,mime_type,media_details,source_url,"
    "alt_text,post,author_name,author_url,count,name,taxonomy,url,_links"
)


@dataclass(frozen=True, slots=True, order=True)
class Page:
    """A request of the walk: `size` rows from `offset`, counted from 0. `retries` None leaves that to the retry policy."""

    offset: int
    size: int
    again: int = 0
    fields: str = ""
    by: str = "page"
    retries: int | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def key_suffix(self) -> str:
        """The suffix of a target's key that distinguishes a repeated reading of a page from the first."""
        return f" again={self.again}" if self.again else ""


@dataclass(slots=True)
class Spelling:
    """How ranges of a list are requested: by page number where possible, by offset where the route accepts one.

    `numbers` is False where all pages by number turned out to be the same, or where there are none: `names` are the
    route's parameters for the page (or `offset`) and for the number of rows.
    """

    params: tuple[tuple[str, str], ...]
    offsets: bool
    names: tuple[str, str] = ("page", "per_page")
    numbers: bool = True
    # Counts requests with the same parameters, so that a repeated reading gets a key of its own.
    _asked: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Request by offset where pages have no numbers."""
        if self.names[0] == "offset":
            self.offsets, self.numbers = True, False

    def page(self, offset: int, size: int, *, retries: int | None = None, fields: str = "") -> Page:
        """Return the page of `size` rows from `offset`; with `fields`, only the metadata of its items.

        Without offsets, the page is made smaller until a page of its size begins at `offset`.
        """
        by = "page" if self.numbers or not self.offsets else "offset"
        if by == "page" and offset % size:
            by = "offset" if self.offsets else by
            while by == "page" and offset % size:
                size -= 1
        place = ("offset", str(offset)) if by == "offset" else (self.names[0], str(offset // size + 1))
        params = ((self.names[1], str(size)), place, *self.params, *((("_fields", _METADATA),) if fields else ()))
        return Page(offset, size, self._times(params), fields, by, retries, params)

    @property
    def falling(self) -> bool | None:
        """Whether ids descend in the requested order; None when the order is not by id."""
        given = dict(self.params)
        return given.get("order") == "desc" if given.get("orderby") == "id" and "order" in given else None

    def turned(self) -> "Spelling":
        """Return the spelling that requests the same list in reverse order."""
        order = "asc" if self.falling else "desc"
        params = tuple((name, order if name == "order" else value) for name, value in self.params)
        return Spelling(params, self.offsets, self.names)

    def chosen(self, ids: Sequence[int], place: int) -> Page:
        """Return a page with the items of these ids, as far as the list has them; they lie at `place` or later."""
        params = (("per_page", str(len(ids))), ("include", ",".join(map(str, ids))), *self.params)
        return Page(place, len(ids), self._times(params), by="ids", params=params)

    def whole(self, size: int) -> Page:
        """Return a request for the whole list at once; `size` is only a guess."""
        return Page(0, size, self._times(self.params), by="none", params=self.params)

    def drop(self, *names: str) -> None:
        """Stop sending these parameters. Without `orderby` and `order`, the server's own order applies."""
        self.params = tuple(pair for pair in self.params if pair[0] not in names)

    def plainer(self, size: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield plainer forms of the request (page size, parameters to omit) for a firewall that objects to a parameter."""
        yield size // 2, ()
        named = {name for name, _ in self.params}
        if "_fields" in named:
            yield size, ("_fields",)
        if not named.isdisjoint(_ORDER):
            yield size, ("_fields", *_ORDER)
            yield _LEAST, ("_fields", *_ORDER)

    def _times(self, params: tuple[tuple[str, str], ...]) -> int:
        """Return how often the same parameters were requested before."""
        again = self._asked.get(params, 0)
        self._asked[params] = again + 1
        return again


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """The reply to a page request.

    `items` are the rows with content, at `places` in the page; `empties` counts rows without content (`[]`).
    `next_page` is the page number in the Link header's `next`, 0 without one. `broken` are the places in the page of
    items that are not valid JSON, provided that each broken stretch is one item. `size` is the length of the text in
    characters.
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
        """Whether the server says that there are no (more) items: by an error code, or an empty body and a total of 0.

        Status 204 says so too, unless the same reply counts items.
        """
        return says_none(self.answer) or (self.bare and not self.total and self._counts_none)

    @property
    def _counts_none(self) -> bool:
        return self.total == 0 or self.answer.status == _NO_CONTENT

    def broken_of(self, expected: int | None) -> tuple[int, ...] | None:
        """Return the places of the broken items of a page that should have `expected` rows; None if they are unknown.

        A single broken stretch may be several items. With several stretches, the missing items cannot be attributed.
        """
        sound = len(self.items) + self.empties
        lost = len(self.broken) if expected is None else expected - sound
        if lost <= len(self.broken):  # a total smaller than what is shown is not credible
            return self.broken
        few = len(self.broken) == 1 and 1 < lost <= _FEW
        return tuple(range(self.broken[0], self.broken[0] + lost)) if few else None


_NO_CONTENT = 204
_PAGE_NUMBER = re.compile(r"(?:^|&)page=([^&]*)")
_SOME_PAGE = 1 << 31  # stands for a `next` link without a page number


def read_reply(
    head: Head | None,
    body: bytes | None,
    *,
    capture: str | None,
    verdict: Verdict = Verdict.ANSWERED,
    reason: str = "",
    document: Document | None = None,
) -> PageReply:
    """Build a PageReply from a response. `document` is its parsed body, if it was parsed already.

    `verdict` and `reason` come from the Fetched. `capture` is None only when no exchange took place.
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
        total=_first(_stated(head, "x-wp-total"), document.total),
        total_pages=_first(_stated(head, "x-wp-totalpages"), document.pages),
        next_page=_next_page(head) or document.next_page,
        items=found,
        places=[place for place, one in enumerate(rows or ()) if one],
        empties=len(rows or ()) - len(found) - len(document.broken),
        broken=document.broken,
        flags=document.flags,
        size=len(document.text),
        capture=capture,
        verdict=verdict,
    )


def _first(stated: int | None, enclosed: int | None) -> int | None:
    """Return the number in a header, else the one in the envelope of the list."""
    return enclosed if stated is None else stated


def _stated(head: Head, name: str) -> int | None:
    number = integer(re.split(r"[,;]", head.get(name))[0].strip())
    return number if number is not None and number >= 0 else None


def _next_page(head: Head) -> int:
    """Return the page number in the Link header's `next`. The link is never followed, so its host does not matter."""
    for link in header_links("", head):
        if "next" in link.get("rel", "").lower().replace("'", " ").split():
            query = link["href"].replace("&amp;", "&").partition("?")[2]
            # Without parsing all of it: it repeats the hundreds of ids of a request.
            return integer((_PAGE_NUMBER.findall(query) or [""])[-1]) or _SOME_PAGE
    return 0
