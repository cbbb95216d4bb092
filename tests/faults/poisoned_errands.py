"""What is asked of poisoned sites beside a whole crawl: one post, files that hang elsewhere, where a picture comes from."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from crawling import IMPATIENT, Crawling, Ended
from fakewp import FakeWordPress

from wparchive.ask.hot_links import hot_links
from wparchive.crawl.files import trace as tracing
from wparchive.crawl.seams import Seams
from wparchive.index import index

__all__ = ["abroad", "embed", "errands"]

OUTCOMES = {"found", "unnamed", "closed", "no-api", "refused", "failed", "no-upload"}


def abroad(other: FakeWordPress) -> dict[str, Any]:
    """The settings of a crawl that also fetches what content takes from `other`."""
    return {"linked": True, "allow_origin": (other.url.rstrip("/"),)}


def embed(site: FakeWordPress, other: FakeWordPress) -> None:
    """Let the last post of `site`, which is never poisoned, take a few pictures from `other`."""
    images = "".join(f'<img src="{other.url}wp-content/uploads/2024/02/picture-{n}.png">' for n in (1, 2, 3))
    site.site.posts[site.ids("post")[-1]].content += images


def errands(
    crawling: Crawling, site: FakeWordPress, other: FakeWordPress, last: Ended, *, clean: bool
) -> Iterator[str]:
    """What goes wrong when single posts are archived, and the pictures of one are traced; `clean`: the API's root is."""
    first, number = site.ids("post")[0], site.ids("post")[-1]
    page = site.core.pages.urls.home + f"/?p={number}"
    for target, sound in ((f"/wp/v2/posts/{number}", clean), (f"/wp/v2/posts/{first}", False), (page, False)):
        url = target if target == page else site.url_of(target)
        ended = crawling(url, scope="post", media="all", **abroad(other))
        if ended.code not in ((0, 3) if sound else (0, 2, 3, 7)):
            yield f"post {target}: exit {ended.code}: {ended.report.reason}"
    if last.report.site and last.rows("SELECT 1 FROM posts WHERE type = 'post' AND wp_id = ?", number):
        yield from _traced(crawling, f"{last.report.site}/post/{number}", other)


def _traced(crawling: Crawling, key: str, other: FakeWordPress) -> Iterator[str]:
    archive, faults = crawling.archive, list[str]()
    item, home, links = hot_links(archive.database, key)
    found = [tracing.Embedding(item.site, item.type, item.wp_id, link.url) for link in links if link.upload]
    if not found:
        return
    settings = replace(IMPATIENT, allow_origin=abroad(other)["allow_origin"])
    traces = tracing.trace(
        archive,
        found,
        home,
        settings,
        stop=threading.Event(),
        emit=lambda event, fields: faults.append(str(fields)) if event == "fault" else None,
        seams=Seams(clock=crawling.hurry, sleep=crawling.hurry.sleep),
    )
    with archive.lock(item.site):
        index(archive, [item.site])
    yield from (f"trace: {one}" for one in faults)
    odd = {one.outcome for one in traces} - OUTCOMES
    if odd or len(traces) != len(found):
        yield f"trace: {len(found)} asked, {len(traces)} told, {odd}"
