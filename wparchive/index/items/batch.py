"""What the items of one response change, collected before it is written."""

from dataclasses import dataclass, field
from typing import NamedTuple

from wparchive.index.items.items import Found, Source
from wparchive.index.items.rows import Row
from wparchive.model import Privilege
from wparchive.wordpress.changes.noise import Noise

__all__ = ["Batch", "Known", "Old"]

Tuples = list[tuple[object, ...]]


class Known(NamedTuple):
    """What the existing row of an item contains."""

    digest: str | None
    partial: int
    privilege: str
    gone: str | None
    revisions: tuple[int | None, int | None]
    until: str = ""  # when it was last seen, or shown to be gone
    language: str | None = None
    seen: str = ""

    def stood(self, source: Source) -> str:
        """How much of what `source` shows the public had seen before: nothing (`private`), `part`, or the `whole`."""
        if self.privilege != Privilege.ANONYMOUS:
            return "private"
        return "part" if self.partial and not (source.via and self.digest) else "whole"


class Old(NamedTuple):
    """An item's previous state, and its capture."""

    capture: str | None = None
    raw: str | None = None


@dataclass(slots=True)
class Batch:
    """What is to be written for the items of one table and type in one response."""

    site: str
    table: str
    type: str
    source: Source
    noise: Noise
    rows: list[Row] = field(default_factory=list)
    merged: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    waiting: Tuples = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    older: list[Row] = field(default_factory=list)
    still_gone: list[Row] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    same: Tuples = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    terms: Tuples = field(default_factory=list)
    outbound: Tuples = field(default_factory=list)
    translations: Tuples = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    renewed: list[Row] = field(default_factory=list)

    def key(self, wp_id: int) -> Row:
        return {"site": self.site, "type": self.type, "wp_id": wp_id}

    def wait(self, item: Found, known: Known | None, links: str | None, old: Old) -> None:
        """Queue an item for the end of the run, with its links and what its row said before."""
        stood, before, gone = (known.stood(self.source), known.digest, known.gone) if known else ("nothing", None, None)
        shown_by = self.source.capture
        key = (self.site, self.type, item.who.wp_id)
        captures = (None if self.source.partial else shown_by, shown_by, old.capture)
        self.waiting.append((*key, self.table, int(known is None), stood, before, gone, *captures, links, old.raw))
