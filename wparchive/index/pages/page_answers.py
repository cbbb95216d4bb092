"""What one captured response shows about a page, or about a file that pages are shown with. Plain values, for another process."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.index.files.file_answers import problem_of
from wparchive.store import StoredExchange
from wparchive.wordpress.pages.page_audit import Answer
from wparchive.wordpress.pages.page_requisites import Requisite, of_page, of_stylesheet, page_text
from wparchive.wordpress.values import clean, integer

__all__ = ["PageAnswer", "read_page"]

_PAGE, _SHEET = 8 << 20, 4 << 20  # bytes that are read
_OF_ONE = 1_000  # files of one page or stylesheet


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a response shows: `page` says whether it was asked for as a page, else it is for one.

    `problem` is that of its transfer, None for a good one; `names` are the files that it names, by URL: role, None if it
    can't be read (a 304 says that they are as they were). `type` and `wp_id` are those of the page's item, `whole` is what
    its verdict is made of: for a page that came, whatever it says.
    """

    page: bool
    url: str
    final_url: str
    capture: str
    captured_at: str
    status: int | None
    problem: str | None
    type: str | None
    wp_id: int | None
    names: dict[str, str] | None
    whole: Answer | None = None


def read_page(stored: StoredExchange) -> PageAnswer | None:
    """Return what the exchange `stored`, of kind page or requisite, shows; None for an attempt that others followed."""
    capture = stored.capture
    if not capture.final:
        return None
    about = {name.removeprefix("about-"): value for name, value in capture.extra.items() if name.startswith("about-")}
    answer = PageAnswer(
        page=capture.kind == "page",
        url=clean(capture.extra.get("target-url") or capture.url),
        final_url=clean(capture.url),
        capture=capture.capture,
        captured_at=capture.captured_at,
        status=capture.status,
        problem=problem_of(capture),
        type=clean(about["type"]) if "type" in about else None,
        wp_id=integer(about.get("id")),
        names=None,
    )
    try:
        return replace(answer, **(_page(stored, answer) if answer.page else _sheet(stored, about.get("role", ""))))
    except DamagedError:  # the referenced response is lost; `verify` reports it
        return answer


def _page(stored: StoredExchange, answer: PageAnswer) -> dict[str, Any]:
    """Return what the response for a page has to say. Raises DamagedError."""
    capture, head = stored.capture, stored.head
    if head is None or head.status == 304:
        return {}
    body = stored.body(_PAGE).data
    html = is_success(head.status) and "html" in capture.mime
    names = _names(of_page(page_text(body, head.get("content-type")), capture.url)) if html else None
    return {"names": names, "whole": Answer(answer.url, capture.url, head, body)}


def _sheet(stored: StoredExchange, role: str) -> dict[str, Any]:
    """Return what a stylesheet names. Raises DamagedError."""
    capture, head = stored.capture, stored.head
    if head is None or not is_success(head.status):
        return {}
    if role != "stylesheet":
        return {"names": {}}
    return {"names": _names(of_stylesheet(page_text(stored.body(_SHEET).data, head.get("content-type")), capture.url))}


def _names(found: Iterator[Requisite]) -> dict[str, str]:
    names: dict[str, str] = {}
    for one in islice(found, _OF_ONE):
        names.setdefault(clean(one.url), one.role)
    return names
