"""What one captured response shows about a page, or about a file that pages are shown with. Plain values, for another process."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.index.files.file_answers import problem_of
from wparchive.store import StoredExchange
from wparchive.wordpress.pages.page_requisites import Requisite, of_page, of_stylesheet, page_text
from wparchive.wordpress.values import clean, integer

__all__ = ["PageAnswer", "read_page"]

_PAGE, _SHEET = 8 << 20, 4 << 20  # bytes that are read
_OF_ONE = 1_000  # files of one page or stylesheet


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a response shows: `page` says whether it was asked for as a page, else it is for one.

    `verdict` is None for what was asked for, else what came instead; `names` are the files that it names, by URL: role,
    None if it can't be read (a 304 says that they are as they were). `type` and `wp_id` are those of the page's item.
    """

    page: bool
    url: str
    final_url: str
    capture: str
    captured_at: str
    status: int | None
    verdict: str | None
    type: str | None
    wp_id: int | None
    names: dict[str, str] | None


def read_page(stored: StoredExchange) -> PageAnswer | None:
    """Return what the exchange `stored`, of kind page or requisite, shows; None for an attempt that others followed."""
    capture = stored.capture
    if not capture.final:
        return None
    about = {name.removeprefix("about-"): value for name, value in capture.extra.items() if name.startswith("about-")}
    page = capture.kind == "page"
    return PageAnswer(
        page=page,
        url=clean(capture.extra.get("target-url") or capture.url),
        final_url=clean(capture.url),
        capture=capture.capture,
        captured_at=capture.captured_at,
        status=capture.status,
        verdict=problem_of(capture),
        type=clean(about["type"]) if "type" in about else None,
        wp_id=integer(about.get("id")),
        names=_names(stored, "page" if page else about.get("role", "")),
    )


def _names(stored: StoredExchange, role: str) -> dict[str, str] | None:
    capture, head = stored.capture, stored.head
    if not is_success(capture.status) or head is None:
        return None
    found: Iterator[Requisite] = iter(())
    try:
        if role == "page" and "html" in capture.mime:
            found = of_page(page_text(stored.body(_PAGE).data, head.get("content-type")), capture.url)
        elif role == "stylesheet":
            found = of_stylesheet(page_text(stored.body(_SHEET).data, head.get("content-type")), capture.url)
    except DamagedError:  # the referenced response is lost; `verify` reports it
        return None
    names: dict[str, str] = {}
    for one in islice(found, _OF_ONE):
        names.setdefault(clean(one.url), one.role)
    return names
