"""Takes what else foreign files hold of the sites whose REST answers are in them: pages, sitemaps, feeds, and their requests.

Which sites there are is known only when all files are read, so what may belong to one was noted by its place, and is read
here. Nothing is raised for what a file holds.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from wparchive.http1.message import is_success
from wparchive.intake.foreign.interest import PAGE, REQUEST
from wparchive.intake.foreign.scan import LARGEST, Taken
from wparchive.intake.foreign.strict import BrokenRecordError, Packing
from wparchive.intake.judging.foreign_answers import Answer, fault_of, filled, got_from, opened, revisit_of
from wparchive.intake.judging.judge import judge_request
from wparchive.intake.judging.privileged import address_shows, head_shows, page_shows
from wparchive.intake.shelf import Row, Shelf
from wparchive.naming import site_key
from wparchive.store.warc.fields import bare
from wparchive.urls import url_key
from wparchive.wordpress.inventory.documents import read_document

__all__ = ["take_beside"]

_HOMES = "SELECT DISTINCT home FROM answers"
_FORMS: Mapping[str, str] = {"urlset": "sitemap", "sitemapindex": "sitemap", "rss": "feed", "atom": "feed"}


def take_beside(shelf: Shelf, packing: Callable[[int], Packing], now: datetime) -> None:
    """Put the pages, sitemaps and feeds of the sites on the shelf on it too; `packing` returns that of a source."""
    homes = {site_key(home): str(home) for (home,) in shelf.rows(f"{_HOMES} ORDER BY home")}
    hosts = sorted({key.partition("/")[0] for key in homes})
    for note in shelf.noted(hosts):
        if (home := _home_of(str(note["uri"]), homes)) and (taken := _read(packing(note["source"]), note)):
            if note["what"] == REQUEST:
                if asked := judge_request(taken):
                    shelf.ask(note["source"], asked)
            elif answer := _judged(taken, note["what"], home, now):
                shelf.put(note["source"], answer)


def _home_of(uri: str, homes: Mapping[str, str]) -> str:
    """Return the home below which an address lies, the nearest of several; empty if there is none."""
    key = site_key(uri)
    while key and key not in homes:
        key = key.rpartition("/")[0]
    return homes.get(key, "")


def _read(packing: Packing, note: Row) -> Taken | None:
    """Return the noted record; None if it isn't whole, which the scan has named."""
    try:
        found = packing.record(note["offset"], LARGEST)
    except BrokenRecordError:
        return None
    return Taken(note["offset"], found.length, found.fields, found.block, found.exact)


def _judged(taken: Taken, what: str, home: str, now: datetime) -> Answer | None:
    """Return a page, sitemap or feed; None for what is none, wasn't answered, or can't be tied to a time."""
    fields = taken.fields
    url = url_key(bare(fields.get("WARC-Target-URI")))
    if not url or taken.block is None or fault_of(fields, now):
        return None
    answer = opened(taken, home, "")
    answer.private = address_shows(answer.uri)
    if answer.type == "revisit":
        revisit_of(answer, fields, taken.block)
        return _named(answer, "page" if what == PAGE else "sitemap" if "sitemap" in url else "feed", url)
    got = got_from(fields, taken.block)
    if isinstance(got, str) or not is_success(got.head.status):
        return None
    filled(answer, fields, got)
    answer.private = answer.private or head_shows(got.head) or (what == PAGE and page_shows(got.text))
    if what == PAGE:
        return _named(answer, "page", url) if "html" in answer.mime else None
    form = _FORMS.get(read_document([bytes(got.text)]).form)
    return _named(answer, form, url) if form else None


def _named(answer: Answer, kind: str, url: str) -> Answer:
    answer.kind, answer.route = kind, f"PAGE {url}" if kind == "page" else f"{kind} {url}"
    return answer
