"""Builds one row from one object of a plug-in: an event, a product, a review, or an entry of any other kind.

Nothing here raises for a site's data: a field with a wrong type becomes NULL, and all of it is in `raw`. Fields follow
the documentation of The Events Calendar's REST API, of WooCommerce's Store API, and of BuddyPress.
"""

from collections.abc import Callable, Mapping
from typing import Any

from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.text import plain, visible_text
from wparchive.wordpress.values import boolean, clean, date, integer, mapping, members, text_of

__all__ = ["PLUG_IN_BUILDERS"]

Row = dict[str, Any]
Fields = Mapping[str, Any]


def _html(item: Fields, *names: str) -> str | None:
    """Return the HTML of the first of these fields that has any; None if none has."""
    found = (clean(text_of(item.get(name))) for name in names)
    return next(filter(None, found), None)


def _plain(item: Fields, *names: str) -> str | None:
    found = _html(item, *names)
    return plain(found) if found else found


def _text(item: Fields, *names: str) -> str | None:
    """Return the first of these fields that is text, a number as text; None if none is."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value:
            return clean(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def _date(item: Fields, *names: str) -> str | None:
    return next(filter(None, (date(item.get(name)) for name in names)), None)


def _flag(value: object) -> int | None:
    found = boolean(value)
    return None if found is None else int(found)


def _number(value: object) -> float | None:
    """Return a number, or text that is one, as far as it is finite."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) < _LARGEST else None


_LARGEST = 1e15


def _visible(noise: Noise, *pieces: str | None) -> str:
    """Return the visible text of pieces of HTML; repeated text occurs once."""
    lines: list[str] = []
    for piece in pieces:
        text = visible_text(noise.denoised(piece)) if piece else ""
        if text and not any(text[:80] in line for line in lines):
            lines.append(text)
    return "\n".join(lines)


def _named(value: object, name: str) -> str | None:
    """Return the names of an embedded item, or of several, as one text."""
    found = [_plain(one, name, "title", "name") for one in (members([value], dict) or members(value, dict))]
    return ", ".join(filter(None, found)) or None


def event(item: Fields, noise: Noise) -> Row:
    """Return a row of `events`; its times are the site's own, those in `_utc` are UTC as the plug-in states them."""
    content, excerpt = _html(item, "description", "content"), _html(item, "excerpt")
    venue, organizer = item.get("venue"), item.get("organizer")
    place = _named(venue, "venue")
    return {
        "title": _plain(item, "title", "name"),
        "slug": _text(item, "slug"),
        "status": _text(item, "status"),
        "start": _date(item, "start_date", "start"),
        "end": _date(item, "end_date", "end"),
        "start_utc": _date(item, "utc_start_date"),
        "end_utc": _date(item, "utc_end_date"),
        "timezone": _text(item, "timezone"),
        "all_day": _flag(item.get("all_day")),
        "cost": _plain(item, "cost"),
        "currency": _text(mapping(item.get("cost_details")), "currency_code", "currency_symbol"),
        "venue": place,
        "venue_id": integer(mapping(venue).get("id")),
        "organizer": _named(organizer, "organizer"),
        "website": _text(item, "website"),
        "author": _text(item, "author"),
        "link": _text(item, "url", "link"),
        "date": _date(item, "date"),
        "date_gmt": _date(item, "date_utc", "date_gmt"),
        "modified": _date(item, "modified"),
        "modified_gmt": _date(item, "modified_utc", "modified_gmt"),
        "excerpt": excerpt,
        "text": "\n".join(filter(None, (_visible(noise, content, excerpt), place))),
        "content": content,
    }


def product(item: Fields, noise: Noise) -> Row:
    """Return a row of `products`; prices are in the currency's main unit, as the shop's minor unit says."""
    prices = mapping(item.get("prices"))
    content, excerpt = _html(item, "description"), _html(item, "short_description", "summary")
    pictures = members(item.get("images"), dict)
    return {
        "title": _plain(item, "name", "title"),
        "slug": _text(item, "slug"),
        "sku": _text(item, "sku"),
        **{name: _price(prices, name) for name in ("price", "regular_price", "sale_price")},
        "currency": _text(prices, "currency_code"),
        "on_sale": _flag(item.get("on_sale")),
        "stock": _stock(item),
        "stock_left": integer(item.get("low_stock_remaining")),
        "rating": _number(item.get("average_rating")),
        "reviews": integer(item.get("review_count")),
        "product_type": _text(item, "type"),
        "parent": integer(item.get("parent")),
        "picture": _text(pictures[0], "src") if pictures else None,
        "link": _text(item, "permalink", "link"),
        "excerpt": excerpt,
        "text": _visible(noise, content, excerpt),
        "content": content,
    }


def _price(prices: Fields, name: str) -> float | None:
    """Return a price from its smallest units: 1105 with two decimals is 11.05."""
    value, unit = _number(prices.get(name)), integer(prices.get("currency_minor_unit"))
    return None if value is None or unit is None or not 0 <= unit <= 6 else round(value / 10**unit, unit)


def _stock(item: Fields) -> str | None:
    """Return in-stock, on-backorder or out-of-stock; None where the shop doesn't say."""
    if boolean(item.get("is_on_backorder")):
        return "on-backorder"
    there = boolean(item.get("is_in_stock"))
    return None if there is None else "in-stock" if there else "out-of-stock"


def review(item: Fields, noise: Noise) -> Row:
    """Return a row of `reviews`."""
    content = _html(item, "review", "content")
    return {
        "reviewer": _plain(item, "reviewer", "author_name"),
        "product": integer(item.get("product_id")),
        "product_name": _plain(item, "product_name"),
        "rating": _number(item.get("rating")),
        "verified": _flag(item.get("verified")),
        "date": _date(item, "date_created", "date"),
        "date_gmt": _date(item, "date_created_gmt", "date_gmt"),
        "link": _text(item, "product_permalink", "link"),
        "text": _visible(noise, content),
        "content": content,
    }


def entry(item: Fields, noise: Noise) -> Row:
    """Return a row of `entries`: whatever a plug-in lists, as far as its fields have the usual names."""
    content = _html(item, "content", "description", "text", "message", "body")
    excerpt = _html(item, "excerpt", "summary", "short_description")
    return {
        "title": _plain(item, "title", "name", "venue", "organizer", "label", "subject"),
        "slug": _text(item, "slug"),
        "status": _text(item, "status"),
        "author": _text(item, "author", "author_name", "user_id", "creator_id", "author_id"),
        "parent": integer(item.get("parent") or item.get("parent_id")),
        "link": _text(item, "link", "permalink", "url"),
        "date": _date(item, "date", "date_created", "created_at"),
        "date_gmt": _date(item, "date_gmt", "date_utc", "date_created_gmt"),
        "modified": _date(item, "modified", "date_modified", "updated_at"),
        "modified_gmt": _date(item, "modified_gmt", "modified_utc"),
        "excerpt": excerpt,
        "text": _visible(noise, content, excerpt),
        "content": content,
    }


PLUG_IN_BUILDERS: Mapping[str, Callable[[Fields, Noise], Row]] = {
    "events": event,
    "products": product,
    "reviews": review,
    "entries": entry,
}
