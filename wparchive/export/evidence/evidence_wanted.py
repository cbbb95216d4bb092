"""What belongs into an evidence package: the versions, changes and captures of one item, or of one change of it."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wparchive.ask.change_keys import change_id
from wparchive.ask.finding.item_keys import item_called
from wparchive.ask.history import Evidence, History, history
from wparchive.ask.lookup import ItemKey, capture_of, find_item
from wparchive.errors import UsageError
from wparchive.export.evidence.kin_wanted import KinPicture, KinWanted, kin_count, kin_pictures, kin_wanted
from wparchive.index.database.opening import reading
from wparchive.model import Capture, Privilege
from wparchive.store import Archive

__all__ = ["Wanted", "change_wanted", "item_wanted"]

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_OBSERVED = "SELECT rowid, * FROM observations"
_COPIED = "SELECT -rowid AS rowid, *, 'copied' AS change, NULL AS confirmed FROM copied"
_FILES = "SELECT capture, latest FROM media_files WHERE site = ? AND media = ? AND sha256 IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The history to show, the captures that bear it out by id, and the runs that made them.

    `change` is the number of the one change that it is of. `hidden` counts the captures that were left out because only
    credentials showed them. `kin` are other articles that share text with it, `more_kin` how many are left out, `pictures`
    those that articles of other sites show too.
    """

    item: ItemKey
    history: History
    captures: Mapping[str, Capture]
    change: int | None = None
    hidden: int = 0
    kin: Sequence[KinWanted] = ()
    more_kin: int = 0
    pictures: Sequence[KinPicture] = ()

    @property
    def runs(self) -> list[str]:
        """The runs that made the captures, in order."""
        return sorted({one.run for one in self.captures.values()})

    @property
    def listings(self) -> set[tuple[str, str]]:
        """The listings that lack the item, each by its run and route."""
        pages = (self.captures[one.capture] for one in self.history.absence if one.kind == "listing")
        return {(one.run, (one.route or "").partition("?")[0]) for one in pages}


def item_wanted(archive: Archive, key: str, *, private: bool = False, with_kin: bool = False) -> Wanted:
    """Return what is held of the item that `key` names: all versions and all changes. Raises UsageError and DamagedError.

    `with_kin`: also the other articles that share text or pictures with it, with the captures of both sides.
    """
    item = find_item(archive.database, key)
    wanted = _wanted(archive, item, history(archive, str(item)), private=private)
    return _with_kin(archive, wanted) if with_kin else wanted


def _with_kin(archive: Archive, wanted: Wanted) -> Wanted:
    with reading(archive.database) as db:
        found, pictures = list(kin_wanted(db, wanted.item)), kin_pictures(db, wanted.item)
        sides = {one.capture for each in found for one in (each.own, each.other)}
        sides.update(capture for one in pictures for capture in one.captures)
        held = {name: capture_of(db, name) for name in sorted(sides - wanted.captures.keys())}
        count = kin_count(db, wanted.item)
    shown = {name: one for name, one in held.items() if one.privilege is Privilege.ANONYMOUS}
    captures = {**wanted.captures, **shown}
    kin = [one for one in found if {one.own.capture, one.other.capture} <= captures.keys()]
    shown_pictures = [one for one in pictures if captures.keys() >= {*one.captures}]
    return replace(wanted, captures=captures, kin=kin, more_kin=count - len(kin), pictures=shown_pictures)


def change_wanted(archive: Archive, change: str, *, private: bool = False) -> Wanted:
    """Return what bears out one change: the states before and after it.

    `change` is its number, as the table `observations` has it (`rowid`), or its id, as `changes --json` has it. Raises
    UsageError and DamagedError. Of `copied`, the captures of both items.
    """
    with reading(archive.database) as db:
        row = _observed(db, change)
        item = item_called(db, row["site"], row["type"], row["wp_id"])
    if item is None:
        raise UsageError(f"--change {change}: its item isn't in archive.db; run `wparchive index`")
    whole = history(archive, str(item))
    only = _met(whole, row) if row["change"] == "copied" else _only(whole, row)
    wanted = _wanted(archive, item, only, private=private)
    return replace(wanted, change=row["rowid"])


def _observed(db: sqlite3.Connection, change: str) -> sqlite3.Row:
    if _NUMBER.fullmatch(change):
        row = db.execute(f"{_OBSERVED} WHERE rowid = ?", (int(change),)).fetchone()
    else:
        every = (one for rows in (_OBSERVED, _COPIED) for one in db.execute(rows))
        row = next((one for one in every if change_id(one) == change), None)
    if row is None:
        raise UsageError(f"--change {change}: no such change; `wparchive changes --json` has the id of each")
    found: sqlite3.Row = row
    return found


def _only(whole: History, row: sqlite3.Row) -> History:
    """Return the part of a history that one change is made of."""
    named = {row["before"], row["after"], row["confirmed"]} - {None}
    noticed = [
        one
        for one in whole.observations
        if one.run == row["run"] and one.change == row["change"] and _id(one.after) == row["after"]
    ]
    ends = row["change"] in ("deleted", "unpublished")
    # The version before is the last that was seen; its capture needn't be the one in which it was seen first.
    later = [number for number, one in enumerate(whole.versions) if _id(one.evidence) == row["after"]]
    at = later[0] if later else len(whole.versions)
    kept = whole.versions[max(at - 1, 0) : at + 1] if row["change"] != "appeared" else whole.versions[at : at + 1]
    kept = kept or [one for one in whole.versions if _id(one.evidence) in named]
    if kept:  # the version before it isn't shown, so neither is what became of that
        kept[0] = replace(kept[0], changes={})
    return replace(whole, versions=kept, observations=noticed, absence=whole.absence if ends else [], revisions=[])


def _met(whole: History, row: sqlite3.Row) -> History:
    """Return the part of a history that shows the version which stood on another site before, with captures of both."""
    kept = [replace(one, changes={}) for one in whole.versions if one.payload_sha256.startswith(row["version"])]
    noticed = [one for one in whole.observations if one.kin and _id(one.after) == row["after"]]
    return replace(whole, versions=kept, observations=noticed, absence=[], revisions=[])


def _id(evidence: Evidence | None) -> str | None:
    return evidence.capture if evidence else None


def _wanted(archive: Archive, item: ItemKey, found: History, *, private: bool) -> Wanted:
    with reading(archive.database) as db:
        held = {one: capture_of(db, one) for one in dict.fromkeys(_named(found))}
        if item.table == "media":
            files = (one for row in db.execute(_FILES, (item.site, item.wp_id)) for one in row if one)
            held |= {one: capture_of(db, one) for one in files}
    shown = {name: one for name, one in held.items() if private or one.privilege is Privilege.ANONYMOUS}
    if not shown:
        raise UsageError(f"{item}: only credentials showed it; --private exports it all the same")
    if not private:
        found = _public(found, shown)
    return Wanted(item, found, shown, hidden=len(held) - len(shown))


def _named(found: History) -> Iterator[str]:
    every: list[Evidence | None] = [one.evidence for one in found.versions]
    every += [one.evidence for one in found.revisions]
    for seen in found.observations:
        every += [seen.before, seen.after, seen.confirmed]
    yield from (one.capture for one in [*every, *found.absence] if one)


def _public(found: History, shown: Mapping[str, Capture]) -> History:
    """Return what of a history only captures in `shown` bear out."""

    def is_shown(*evidence: Evidence | None) -> bool:
        return all(one is None or one.capture in shown for one in evidence)

    versions = [one for one in found.versions if one.evidence and is_shown(one.evidence)]
    return replace(
        found,
        title=versions[-1].title if versions else "",  # the item's own may be one that only credentials showed
        versions=versions,
        revisions=[one for one in found.revisions if one.evidence and is_shown(one.evidence)],
        observations=[one for one in found.observations if is_shown(one.before, one.after, one.confirmed)],
        absence=[one for one in found.absence if is_shown(one)],
    )
