"""Push what a turn captured: WARCs, the capture log, and last the head, whose swap commits all of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wparchive.crawl.report import RunReport
from wparchive.errors import RemoteError, StorageError, SwappedError, TakenError, WparchiveError
from wparchive.fleet.manifest import Head, Part, StoredFile, fold, listed_among, write_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.turns.claims import Claim
from wparchive.fleet.turns.scratch import Mark, frontier_packed
from wparchive.fleet.uploader import Uploader
from wparchive.store import Archive, SiteFolder, deed_of
from wparchive.store.warc.names import is_finished

__all__ = ["Pushed", "push"]

_STATES_KEPT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of a turn's captures: `left` are files that could not be pushed, each with the reason.

    When it is `fenced`, another worker owns the site, and nothing of this turn is in its head. `stored` are bytes.
    """

    generation: int
    fenced: bool = False
    left: Mapping[str, str] = field(default_factory=dict)
    stored: int = 0
    changed: bool = False
    home: str | None = None
    held: Mapping[str, int] = field(default_factory=dict)


def push(
    archive: Archive,
    claimed: Claim,
    head: Head | None,
    etag: str | None,
    report: RunReport,
    uploader: Uploader,
    store: ObjectStore,
    *,
    changed: bool,
) -> Pushed:
    """Send what isn't in the store yet, and swap in the head of this turn. Raises StorageError for this disk only."""
    folder = archive.site(claimed.site)
    before = head.generation if head else 0
    try:
        for path in _unlisted(folder, head, store):
            uploader.take(path)
    except RemoteError as error:
        return Pushed(generation=before, left={"HEAD.json": str(error)}, changed=changed, held=_held(report))
    sent = uploader.finish()
    if sent.taken:
        return Pushed(generation=before, fenced=True)
    about = {
        "stored": sum(one.size for one in sent.up.values()),
        "changed": changed,
        "home": next(iter(deed_of(folder).addresses), None),
        "held": _held(report),
    }
    if sent.left:
        return Pushed(generation=before, left=sent.left, **about)  # type: ignore[arg-type]
    try:
        bare = _head(claimed, head, report, sent.up, before + 1, _held(report))
        made = _with_state(archive, claimed, bare, head, store)
        if made is None:
            return Pushed(generation=before, **about)  # type: ignore[arg-type]
        write_head(store, claimed.site, fold(store, claimed.site, made, _this_month(), keep=set(sent.up)), etag)
    except (SwappedError, TakenError):
        return Pushed(generation=before, fenced=True)
    except RemoteError as error:
        return Pushed(generation=before, left={"HEAD.json": str(error)}, **about)  # type: ignore[arg-type]
    Mark(claimed.site, claimed.url, before + 1, claimed.epoch, report.run, report.outcome).write(archive.root)
    _forget_states(store, claimed.site)
    return Pushed(generation=before + 1, **about)  # type: ignore[arg-type]


def _unlisted(folder: SiteFolder, head: Head | None, store: ObjectStore) -> list[Path]:
    """Return the finished WARCs here that no commit has listed; those of months that are over may still lie here."""
    paths = {path.relative_to(folder.path).as_posix(): path for path in folder.warcs() if is_finished(path.name)}
    listed = listed_among(store, folder.name, head, paths.keys()) if head else set()
    return [path for name, path in paths.items() if name not in listed]


def _head(
    claimed: Claim,
    head: Head | None,
    report: RunReport,
    up: Mapping[str, StoredFile],
    generation: int,
    held: Mapping[str, int],
) -> Head:
    return Head(
        url=claimed.url,
        generation=generation,
        epoch=claimed.epoch,
        run=report.run,
        outcome=report.outcome,
        files={**(head.files if head else {}), **up},
        months=head.months if head else {},
        held=held or (head.held if head else {}),
    )


def _with_state(archive: Archive, claimed: Claim, made: Head, before: Head | None, store: ObjectStore) -> Head | None:
    """Push the capture log, and name it in the head; a site that was never answered has none.

    One that the turn's full disk has left unreadable isn't pushed: the log of the head `before` is named again, which lacks
    what is new as if it were adopted. Returns None where there is nothing to commit then.
    """
    folder = archive.site(claimed.site)
    if not folder.frontier.is_file():
        return made
    try:
        data = frontier_packed(folder)
    except WparchiveError:
        return replace(made, state=before.state if before else None) if made.files else None
    key = f"state/{made.generation}-{made.epoch}.frontier.zst"
    store.put_new(f"{claimed.site}/{key}", data)
    return replace(made, state=Part(key, hashlib.sha256(data).hexdigest()))


def _forget_states(store: ObjectStore, site: str) -> None:
    """Delete all but the last few capture logs; what can't be deleted now is deleted by a later turn."""
    try:
        names = [one.key for one in store.list(f"{site}/state")]
        numbered = sorted(
            names, key=lambda key: [int(part) for part in key.rpartition("/")[2].partition(".")[0].split("-")]
        )
        for name in numbered[:-_STATES_KEPT]:
            store.delete(name)
    except (StorageError, ValueError):
        return


def _held(report: RunReport) -> dict[str, int]:
    """Return how many items the run's listings proved to hold, by route."""
    return {proof.route: proof.held for proof in report.proofs if proof.held is not None}


def _this_month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"
