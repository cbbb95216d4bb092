"""How values look on a page: times, sizes, digests, kinds of change. Everything that it returns is escaped."""

from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

__all__ = ["KINDS", "Kind", "bytes_of", "day", "kind", "number", "short", "when"]


class Kind(NamedTuple):
    """A kind of change: its label, its sign, and the class that colours both."""

    label: str
    sign: str
    css: str


KINDS = {
    "silently_edited": Kind("changed silently", "◆", "silent"),
    "deleted": Kind("deleted", "✕", "gone"),
    "unpublished": Kind("unpublished", "⊘", "gone"),
    "restored": Kind("restored", "↺", "back"),
    "edited": Kind("edited", "✎", "edit"),
    "appeared": Kind("new", "+", "new"),
    "page_differs": Kind("page differs", "≠", "silent"),
    "copied": Kind("stands elsewhere too", "⧉", "quiet"),
    "site_changed": Kind("changed with the whole site", "▤", "quiet"),
    "fields_changed": Kind("other fields changed", "⋯", "quiet"),
    "markup_changed": Kind("markup changed", "‹›", "quiet"),
}
"""What a change is called and how it is marked, the strongest first: colour, sign and word, since none is enough alone."""


def kind(change: str) -> Kind:
    """Return how a kind of change is shown; one that is unknown is shown as it is written."""
    return KINDS.get(change) or Kind(change.replace("_", " "), "•", "quiet")


def _moment(value: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None


def day(value: str | None) -> str:
    """Return the date of a time, as `5 Nov 2026`."""
    moment = _moment(value)
    return f"{moment.day} {moment:%b %Y}" if moment else (value or "")


def when(value: str | None, *, seconds: bool = False) -> Markup:
    """Return a time as `5 Nov 2026 09:30`; an unreadable one as it is written."""
    moment = _moment(value)
    if moment is None:
        return escape(value or "unknown")
    clock = f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    return Markup('<time datetime="{}">{} <span class="clock">{}</span></time>').format(value, day(value), clock)


def number(value: int | None) -> str:
    """Return a number with thousands marked; "" for none."""
    return "" if value is None else f"{value:,}"


def bytes_of(value: int | None) -> str:
    """Return a size as people read it: `146 kB`."""
    if value is None:
        return "unknown size"
    size = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError(value)


def short(digest: str | None) -> str:
    """Return the beginning of a digest or capture's id, enough to tell it from others."""
    return (digest or "").removeprefix("urn:uuid:").removeprefix("sha256:")[:12]
