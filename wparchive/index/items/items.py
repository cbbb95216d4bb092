"""Items found in a response, and what is derived from them without access to the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wparchive.index.items.catalogue import Identity
from wparchive.index.items.outbound import MOST_PLACES, Outbound, outbound
from wparchive.index.items.post_terms import post_terms
from wparchive.index.items.rows import BUILDERS, Row, counted, is_read_in_part
from wparchive.index.schema import ITEM_TABLES
from wparchive.model import Privilege
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.languages.fields import Translation, language_of, translations_of
from wparchive.wordpress.payload.document import Item, own_links
from wparchive.wordpress.reading import READ
from wparchive.wordpress.values import clean, loads

__all__ = ["Built", "Found", "Source", "find"]

_COUNTED = frozenset(table.name for table in ITEM_TABLES.values() if table.counts_revisions)
_LONGEST = 4000
_written = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Source:
    """The capture from which an item was read; `partial` if it shows selected fields only.

    `taxonomies` are the site's, by the item's field that lists its terms. `age` is the age of the response in seconds.
    `imported`: another tool made it, so it may be older than what was read before; `dated` is its server's time. `language`
    is that of a list in one language. `via` is what showed its items if not the REST API.
    """

    capture: str
    seen: str
    privilege: str = Privilege.ANONYMOUS
    partial: bool = False
    taxonomies: Mapping[str, str] = field(default_factory=dict)
    age: int = 0
    imported: bool = False
    language: str = ""
    via: str | None = None
    dated: str | None = None

    @property
    def sighting(self) -> Row:
        """The columns with the capture and its time."""
        return {"first_seen": self.seen, "last_seen": self.seen, "capture": self.capture}


class Built(NamedTuple):
    """An item's row, the taxonomy and id of each of its terms, the places to which its HTML refers, its translations.

    `in_part` means that the item was too long to be read in full, so there is more.
    """

    row: Row
    terms: list[tuple[str, int]]
    outbound: list[Outbound]
    in_part: bool
    translations: list[Translation]


@dataclass(slots=True)
class Found:
    """One item of a response; `digest` is None if only selected fields are shown, `revisions` if links are hidden.

    What a feed shows is a part of an item too, but always the same one, so that it has a digest.

    If it is `left`, it has only its text so far, see `complete`.
    """

    who: Identity
    raw: str
    digest: str | None = None
    revisions: tuple[int | None, int | None] | None = None
    links: str | None = None
    value: dict[str, Any] | None = None
    built: Built | None = None
    left: bool = False

    def complete(self, source: Source, noise: Noise) -> "Found":
        """Return the item as `find` does."""
        return find(self.who, Item(loads(self.raw), self.raw), source, noise) if self.left else self

    @property
    def fields(self) -> dict[str, Any]:
        """The item's JSON object."""
        return loads(self.raw) if self.value is None else self.value

    def build(self, source: Source, noise: Noise) -> Built:
        """Return what is written if the item is new or has changed."""
        if self.built is None:
            item = self.fields
            row = BUILDERS[self.who.table](item, noise)
            row["raw"] = self.raw
            row["payload_sha256"] = self.digest
            row["language"] = clean(language_of(item)) or source.language or None
            row["text_sha256"] = text_sha256(item, noise) if self.digest else None
            whole = not source.partial
            terms = list(post_terms(item, source.taxonomies)) if whole else []
            places = list(outbound(self.who.table, row)) if whole else []
            # No text is longer than the JSON that it is in.
            in_part = (len(self.raw) > READ and is_read_in_part(item)) or len(places) > MOST_PLACES
            others = translations_of(item) if whole else []
            self.built = Built(row, terms, places[:MOST_PLACES], in_part, others)
        return self.built

    def pack(self) -> None:
        """Drop what can be derived again from `raw`, before the item is sent to another process."""
        self.value = None


def find(who: Identity, item: Item, source: Source, noise: Noise) -> Found:
    """Return an item with what shows whether it has changed."""
    links, raw = item.value.get("_links"), clean(item.raw)
    return Found(
        who=who,
        raw=raw,
        digest=None if source.partial and not source.via else payload_sha256(item.value, noise),
        revisions=counted(item.value) if links and who.table in _COUNTED else None,
        links=_links_in(raw, item.value) if links else None,
        value=item.value,
    )


def _links_in(raw: str, value: Mapping[str, Any]) -> str:
    """Return the text of an item's `_links`, unchanged if possible."""
    text = own_links(raw, value)
    # What only the tolerant reader accepts (raw control characters, numbers with too many digits) is encoded again.
    return text if text.isprintable() and 0 < len(text) < _LONGEST else _written(value["_links"])
