"""Which terms an item has: the rows of `post_terms`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wparchive.wordpress.values import clean, integer, mapping, members

__all__ = ["post_terms"]

_TERM_FIELDS = {"categories": "category", "tags": "post_tag"}
# The collection's base is also the field's name: `.../wp/v2/genres?post=5`, `?rest_route=%2Fwp%2Fv2%2Fgenres&post=5`.
_TERM_VIEW = re.compile(r"(?:/|%2F)([\w-]+)[?&]post=", re.IGNORECASE)


def post_terms(item: Mapping[str, Any], taxonomies: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield taxonomy and id of every term of the item; its `wp:term` links name the taxonomies.

    Without such links, the site's `taxonomies` (field → slug) do.
    """
    links = mapping(item.get("_links")).get("wp:term")
    fields = {**_TERM_FIELDS, **({} if links else taxonomies)}
    for link in members(links, dict):
        taxonomy, href = link.get("taxonomy"), link.get("href")
        if isinstance(taxonomy, str) and isinstance(href, str) and (found := _TERM_VIEW.search(href)):
            fields[found[1]] = clean(taxonomy)
    for name, taxonomy in fields.items():
        for value in members(item.get(name), object):
            term_id = integer(value)
            if term_id is not None:
                yield taxonomy, term_id
