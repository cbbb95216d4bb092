"""Two sites beyond posts: one whose REST API is closed, so that only its feed shows anything; one with plug-ins' lists."""

import json
import threading
from pathlib import Path
from typing import Any

from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import error
from fakewp.simulator.http import Answer, Request

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.crawl.seams import Seams
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.store import Archive

__all__ = ["HIDDEN", "make_beyond_posts"]

SIZES = {"posts": 3, "pages": 1, "books": 0, "media": 0, "comments": 1, "users": 1, "terms": 2}
HIDDEN = "/landing/spring-fair/"
"""The path of a page that only a sitemap names."""
_PAGED = {"page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 10}}
_EVENT = {
    "id": 31,
    "title": "Harbour fair",
    "url": "https://fair.example/31",
    "description": "<p>Stalls on the quay.</p>",
    "start_date": "2026-12-05 10:00:00",
    "end_date": "2026-12-05 18:00:00",
    "utc_start_date": "2026-12-05 09:00:00",
    "utc_end_date": "2026-12-05 17:00:00",
    "cost": "5 €",
    "venue": {"id": 4, "venue": "North Quay"},
}
_PRODUCT = {
    "id": 41,
    "name": "Oilskin coat",
    "permalink": "https://shop.example/coat",
    "sku": "OIL-41",
    "description": "<p>Keeps the rain out.</p>",
    "prices": {"price": "12950", "regular_price": "12950", "currency_code": "EUR", "currency_minor_unit": 2},
    "is_in_stock": True,
}
_REVIEW = {
    "id": 51,
    "product_id": 41,
    "product_name": "Oilskin coat",
    "reviewer": "Ines",
    "review": "<p>Dry through three gales.</p>",
    "rating": 5,
    "date_created_gmt": "2026-11-01T10:00:00",
}
_OFFERS = [{"id": number, "title": f"Offer {number}"} for number in range(1, 36)]
_LISTS: dict[str, list[dict[str, Any]]] = {
    "/tribe/events/v1/events": [_EVENT],
    "/wc/store/v1/products": [_PRODUCT],
    "/wc/store/v1/products/reviews": [_REVIEW],
    "/deals/v1/offers": _OFFERS,
}


def _shut(site: FakeWordPress, _options: object, request: Request, route: str | None) -> Answer | None:
    if route is not None:
        return error(401, "rest_cannot_view", "Closed.")
    if request.target != "/feed/":
        return None
    said = (
        f'<?xml version="1.0"?><rss version="2.0"><channel><link>{site.url}</link><item><title>Fog on the quay</title>'
        f"<link>{site.url.rstrip('/')}/2026/fog/</link><pubDate>Mon, 02 Nov 2026 07:08:09 +0000</pubDate><guid>urn:fog</guid>"
        "<description>Ships wait.</description></item></channel></rss>"
    )
    return Answer(200, [("Content-Type", "text/xml")], said.encode())


def _plugged(site: FakeWordPress, _options: object, request: Request, route: str | None) -> Answer | None:
    if request.target == "/wp-sitemap.xml":
        head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        text = f"{head}<url><loc>{site.url.rstrip('/')}{HIDDEN}</loc></url></urlset>"
        return Answer(200, [("Content-Type", "text/xml")], text.encode())
    if route not in _LISTS:
        return None
    page, size = (int(str(request.params.get(name, default))) for name, default in (("page", 1), ("per_page", 10)))
    value: Any = _LISTS[route][(page - 1) * size : page * size]
    headers = [("Content-Type", "application/json"), ("X-WP-Total", str(len(_LISTS[route])))]
    headers.append(("X-WP-TotalPages", str(-(-len(_LISTS[route]) // size))))
    if "tribe" in route:
        value = {"events": value, "total": 1, "total_pages": 1}
    return Answer(200, headers, json.dumps(value).encode(), value)


def _named(site: FakeWordPress, _options: object, _request: Request, _route: str | None, given: Answer) -> Answer:
    if isinstance(given.document, dict) and "namespaces" in given.document:
        entry = {"methods": ["GET"], "endpoints": [{"methods": ["GET"], "args": _PAGED}]}
        given.document["namespaces"] = [*given.document["namespaces"], "tribe/events/v1", "wc/store/v1", "deals/v1"]
        ones = [f"{path}/(?P<id>[\\d]+)" for path in _LISTS]
        given.document["routes"] = {**given.document["routes"], **dict.fromkeys([*_LISTS, *ones], entry)}
        given.body = site.core.encode(given.document)
    return given


def make_beyond_posts(folder: Path) -> None:
    """Crawl both sites once: `shut` and `plugged`."""
    FAULTS["shut"], FAULTS["plugged"] = Fault(says="", before=_shut), Fault(says="", before=_plugged, after=_named)
    try:
        with (
            FakeWordPress(faults=["shut"], address="127.0.0.1", **SIZES) as shut,
            FakeWordPress(faults=["plugged"], address="127.0.0.2", **SIZES) as plugged,
        ):
            settings = Settings(retries=0, media="none", pages="none", inventory=True)
            sites = [
                SiteConfig(name=n, url=s.url, settings=settings) for n, s in (("shut", shut), ("plugged", plugged))
            ]
            stop = threading.Event()
            crawl_all(Archive(folder), sites, Options(full=True), index=True, stop=stop, emit=quiet, seams=Seams())
    finally:
        del FAULTS["shut"], FAULTS["plugged"]
