"""The items in responses that were stored, by id; the last few responses stay parsed."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from wparchive.crawl.context import Context
from wparchive.errors import DamagedError
from wparchive.wordpress.payload.document import Document, items
from wparchive.wordpress.payload.payload import read

__all__ = ["StoredItems", "by_id"]

_RESPONSES: Final = 6  # kept in memory


class StoredItems:
    """Reads responses of one site's captures again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._read: OrderedDict[str, Mapping[int, dict[str, Any]]] = OrderedDict()

    def of(self, capture: str) -> Mapping[int, dict[str, Any]]:
        """Return the items in a stored response; none when it can't be read."""
        if capture not in self._read:
            self._read[capture] = by_id(self._context.engine.recent.document(capture) or self._stored(capture))
            if len(self._read) > _RESPONSES:
                self._read.popitem(last=False)
        # The least recently used response is dropped first.
        self._read.move_to_end(capture)
        return self._read[capture]

    def _stored(self, capture: str) -> Document:
        found = self._context.store.log.capture(capture)
        try:
            return read(self._context.store.read(found).body().data if found else b"")
        except DamagedError:  # `verify` names the damage
            return read(b"")


def by_id(document: Document) -> dict[int, dict[str, Any]]:
    """Return the items of a document by id."""
    return {item.id: item.value for item in items(document) if item.id is not None}
