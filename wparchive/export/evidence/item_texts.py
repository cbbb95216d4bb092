"""An item as the site sent it, to the byte: where it stands in the body of a record."""

import json
from dataclasses import dataclass
from typing import Any

from wparchive.model import Capture
from wparchive.seal.proof.commitments import elements
from wparchive.store import Archive, StoredExchange

__all__ = ["ItemText", "item_text"]

_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class ItemText:
    """Where the JSON of the item `wp_id` stands in a decoded body: `length` bytes from `start`.

    `element` is its place in a list. `answer` is the exchange with the body: of a revisit the one that it refers to.
    """

    wp_id: int
    answer: StoredExchange
    body: bytes
    start: int
    length: int
    element: int | None

    @property
    def data(self) -> bytes:
        """The item's JSON."""
        return self.body[self.start : self.start + self.length]

    def value(self) -> dict[str, Any]:
        """Return what it says."""
        value: dict[str, Any] = json.loads(self.data)
        return value


def item_text(archive: Archive, capture: Capture, wp_id: int) -> ItemText | None:
    """Return where the item `wp_id` stands in what `capture` holds.

    None where it can't be cut out: the body had to be mended to be read, or was cut off. Raises DamagedError.
    """
    answer = archive.response(capture).answer
    body = answer.body()
    if body.flags:
        return None
    if places := elements(body.data):
        for number, (start, end) in enumerate(places):
            if _is_item(body.data[start:end], wp_id):
                return ItemText(wp_id, answer, body.data, start, end - start, number)
        return None
    text = body.data.strip(_SPACE)
    start = len(body.data) - len(body.data.lstrip(_SPACE))
    return ItemText(wp_id, answer, body.data, start, len(text), None) if _is_item(text, wp_id) else None


def _is_item(text: bytes, wp_id: int) -> bool:
    # So begins every item of WordPress's own; a check in plain sh can see it.
    if not text.startswith(b'{"id":%d,' % wp_id):
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("id") == wp_id
