"""What columns mean in the tables of what a site shows beside its REST API."""

from collections.abc import Mapping
from typing import Final

__all__ = ["BEYOND_REST"]

BEYOND_REST: Final[Mapping[str, Mapping[str, str]]] = {
    "pages": {
        "type": "The type of the item that it is the page of; empty if no item names it.",
        "payload_sha256": "The version of the item at that time, as in versions.",
        "verdict": "What came instead of the page (paywall, consent, challenge, login, protected, geoblock, soft-404, redirect, "
        "not-html, missing, error, unknown), or why nothing came; empty if it is the page.",
        "agrees": "1 if it shows what the API says of its item; 0 if two looks found that it doesn't; empty if not known.",
        "reason": "Why it is judged so, in words.",
        "final_url": "The address that answered, after redirects.",
        "text_sha256": "Digest of the visible text of the page.",
        "canonical": "The address on another host that the page names as its own; empty if it names none, or several.",
    },
    "page_differences": {
        "kind": "missing on the page, added there, changed, or title.",
        "capture": "The capture of the page, which is the observation's `after`.",
        "item_says": "The passage as the API has it.",
        "page_shows": "What the page shows in its place.",
    },
    "page_files": {
        "page": "The page, or the stylesheet, that names the file.",
        "role": "stylesheet, script, font, image, icon, preload or manifest.",
    },
    "inventory": {
        "source": "sitemap or feed.",
        "document": "The sitemap or feed that names it.",
        "lastmod": "When that says it was modified: UTC, or a day.",
        "last_seen": "When a document that names it was last read.",
        "key": "What all spellings of the URL have in common.",
        "item": "The item whose page it is, or to which it leads; empty if the REST API lists none.",
        "elsewhere": "1 if it is on another host than the site and the document.",
    },
    "inventory_documents": {
        "source": "sitemap or feed: what it was asked for as.",
        "form": "urlset, sitemapindex, text, rss or atom; empty if it is none of these.",
        "entries": "How many URLs it names.",
        "fault": "Why it was not read, or not to its end.",
        "last_seen": "When it was last asked for.",
        "read_at": "When it was last read; not each answer says it anew.",
    },
}
"""Table and column → its meaning, where that of the column's name in other tables doesn't say it."""
