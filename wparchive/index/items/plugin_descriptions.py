"""What the tables of plug-ins' items and their columns mean, for their readers; `index/descriptions.py` has the others."""

__all__ = ["PLUG_IN_COLUMNS", "PLUG_IN_TABLES_SAY"]

PLUG_IN_TABLES_SAY = {
    "events": "Events of calendars such as The Events Calendar, as last seen; past and coming ones.",
    "products": "Products of a WooCommerce shop, as strangers see them.",
    "reviews": "Reviews of a shop's products.",
    "entries": "Items of all other plug-ins: venues, groups, activity, whatever they list; `type` says which.",
}
"""Table → what its rows are."""

PLUG_IN_COLUMNS = {
    "events": {
        "start": "When it begins, in the event's own time.",
        "end": "When it ends, in the event's own time.",
        "start_utc": "When it begins, UTC, as the plug-in states it.",
        "end_utc": "When it ends, UTC, as the plug-in states it.",
        "timezone": "The time zone of start and end.",
        "all_day": "1 if it lasts all day.",
        "cost": "What it costs, as shown.",
        "currency": "The currency's code or sign.",
        "venue": "The name of the place.",
        "venue_id": "Id of the place.",
        "venue_item": "The place, as an item.",
        "organizer": "Who organises it; several names with commas.",
        "website": "The event's own address, as the site names it.",
    },
    "products": {
        "sku": "The shop's number for it.",
        "price": "What it costs now, in units of the currency.",
        "regular_price": "What it costs when not reduced.",
        "sale_price": "The reduced price.",
        "currency": "The currency's code.",
        "on_sale": "1 if the price is reduced.",
        "stock": "in-stock, on-backorder or out-of-stock.",
        "stock_left": "How many are left, where the shop says so.",
        "rating": "The mean of its reviews' stars, as the shop states it.",
        "reviews": "How many reviews it has, as the shop states it.",
        "product_type": "simple, variable, grouped, external or a plug-in's own.",
        "picture": "The address of its first picture.",
    },
    "reviews": {
        "reviewer": "The name that was given.",
        "product": "Id of the product.",
        "product_item": "The product, as an item.",
        "product_name": "The product's name when the review was read.",
        "rating": "Stars, from 1 to 5.",
        "verified": "1 if the shop says that the reviewer bought it.",
    },
}
"""Table → column → what it says, where a column doesn't mean the same everywhere."""
