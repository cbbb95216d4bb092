"""What the page of a plug-in's item says of it beside its text: when an event is, what a product costs, what was rated."""

from wparchive.browse.queries.item import Item

__all__ = ["details_of"]

_NAMED = {
    "events": {
        "Starts": "start",
        "Ends": "end",
        "Time zone": "timezone",
        "Venue": "venue",
        "Organizer": "organizer",
        "Cost": "cost",
    },
    "products": {
        "SKU": "sku",
        "Price": "price",
        "Regular price": "regular_price",
        "Sale price": "sale_price",
        "Stock": "stock",
        "Left": "stock_left",
        "Rating": "rating",
    },
    "reviews": {"Product": "product_name", "Reviewer": "reviewer", "Rating": "rating", "Written": "date"},
}
_MONEY = ("price", "regular_price", "sale_price")


def details_of(item: Item) -> list[tuple[str, str]]:
    """Return labels and values of what is known of an item of events, products or reviews as it is now."""
    found = []
    for label, column in _NAMED.get(item.table.name, {}).items():
        value = item.row.get(column)
        if value in (None, ""):
            continue
        text = f"{value:,.2f}" if column in _MONEY and isinstance(value, int | float) else str(value)
        money = column in _MONEY and item.row.get("currency")
        found.append((label, f"{text} {item.row['currency']}" if money else text))
    return found
