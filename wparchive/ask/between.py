"""What differs between any two states of one item: versions as they were seen, and WordPress's own revisions."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wparchive.ask.history import Evidence, History, Revision, Version
from wparchive.ask.version_texts import VersionTexts, changed_words
from wparchive.errors import UsageError
from wparchive.index.database.opening import reading
from wparchive.model import timestamp
from wparchive.store import Archive
from wparchive.wordpress.prose import Row

__all__ = ["Between", "State", "between"]

_NUMBER = re.compile(r"(v|r)?([0-9]{1,19})", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"(?:urn:uuid:)?([0-9a-f-]{4,36})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """One side: a `version` with its number, or a `revision` with its id; `modified_gmt` is what WordPress says (UTC)."""

    kind: str
    number: int
    first_seen: str
    last_seen: str
    modified_gmt: str | None
    title: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Between:
    """What leads from `before` to `after`, by field, in words."""

    item: str
    before: State
    after: State
    changes: dict[str, list[Row]]


def between(archive: Archive, found: History, one: str, other: str) -> Between:
    """Compare two states of the item with this history.

    Each is named by a version's number (`2`, `v2`), a revision's id (`r1234`), `first`, `last`, a date (what stood then) or
    how the id of its capture begins. Raises UsageError for any other name.
    """
    states = [_named(found, name) for name in (one, other)]
    with reading(archive.database) as db:
        before, after = (_texts(db, found, state) for state in states)
    return Between(
        item=f"{found.site}/{found.type}/{found.wp_id}",
        before=_state(states[0]),
        after=_state(states[1]),
        changes=changed_words(before, after),
    )


def _named(found: History, name: str) -> Version | Revision:
    text = name.strip()
    if not found.versions:
        raise UsageError(f"--between {name}: no version of this item is held")
    if text.casefold() in ("first", "last"):
        return found.versions[-(text.casefold() == "last")]
    if number := _NUMBER.fullmatch(text):
        state = _numbered(found, number[1], int(number[2]))
    elif _DAY.match(text):
        state = _standing(found.versions, name, text)
    else:
        state = None
    state = state or _captured(found, text)
    if state is None:
        revisions = ", ".join(f"r{one.wp_id}" for one in found.revisions[-3:])
        held = f"versions 1 to {len(found.versions)}{f' and revisions, as {revisions}' if revisions else ''}"
        raise UsageError(
            f"--between {name}: no such version; there are {held}; first, last, a date and a capture's id name one too"
        )
    return state


def _numbered(found: History, kind: str | None, number: int) -> Version | Revision | None:
    versions = {one.number: one for one in found.versions}
    revisions = {one.wp_id: one for one in found.revisions}
    if kind:
        return versions.get(number) if kind in "vV" else revisions.get(number)
    return versions.get(number) or revisions.get(number)


def _standing(versions: Sequence[Version], name: str, text: str) -> Version:
    """Return the version that stood at a moment; a day without a time means its end, a time without a zone UTC."""
    try:
        moment = datetime.fromisoformat(f"{text}T23:59:59.999999" if _DAY.fullmatch(text) else text)
        until = timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise UsageError(f"--between {name}: no time; write a date as 2026-11-27 or 2026-11-27T09:30Z") from None
    stood = [one for one in versions if one.first_seen <= until]
    if not stood:
        raise UsageError(f"--between {name}: the item was first seen later, at {versions[0].first_seen[:19]}Z")
    return max(stood, key=lambda one: one.last_seen if one.last_seen <= until else until)


def _captured(found: History, text: str) -> Version | Revision | None:
    """Return the one version or revision whose evidence has an id that begins so."""
    digits = wanted[1].replace("-", "").lower() if (wanted := _ID.fullmatch(text)) else "?"
    every: tuple[Version | Revision, ...] = (*found.versions, *found.revisions)
    held = [one for one in every if one.evidence and _digits(one.evidence.capture).startswith(digits)]
    if len(held) > 1:
        names = ", ".join(f"{'v' if isinstance(one, Version) else 'r'}{_state(one).number}" for one in held)
        raise UsageError(f"--between {text}: this capture shows more than one of them; name one of {names}")
    return held[0] if held else None


def _digits(capture: str) -> str:
    return capture.removeprefix("urn:uuid:").replace("-", "").lower()


def _texts(db: sqlite3.Connection, found: History, state: Version | Revision) -> dict[str, str]:
    if isinstance(state, Version):
        key: tuple[object, ...] = (found.site, found.type, found.wp_id, state.payload_sha256)
        query = "SELECT * FROM versions WHERE site = ? AND type = ? AND wp_id = ? AND payload_sha256 = ?"
    else:
        key, query = (found.site, state.wp_id), "SELECT * FROM revisions WHERE site = ? AND wp_id = ?"
    return VersionTexts(db).of(db.execute(query, key).fetchone())


def _state(one: Version | Revision) -> State:
    kind, number = ("version", one.number) if isinstance(one, Version) else ("revision", one.wp_id)
    return State(kind, number, one.first_seen, one.last_seen, one.modified_gmt, one.title, one.evidence)
