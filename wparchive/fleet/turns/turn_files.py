"""Pushes what could not be pushed when its turn ended: the store was away, or refused it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode, WparchiveError
from wparchive.fleet.manifest import read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.turns.claims import Claim
from wparchive.fleet.turns.pushing import push
from wparchive.fleet.turns.scratch import Mark, Scratch
from wparchive.fleet.uploader import Uploader
from wparchive.store import Archive
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["push_unsent"]

_PATIENCE: Final = 20.0  # seconds for one file: the worker tries again at its next round

_OURS = "SELECT 1 AS ours FROM fleet.sites WHERE site = %s AND epoch = %s AND job IS NULL"
_PUSHED = """
    UPDATE fleet.sites SET generation = %(generation)s, note = '',
        index_due_at = coalesce(index_due_at, fleet.now() + interval '1 day')
    WHERE site = %(site)s AND epoch = %(epoch)s"""


def push_unsent(fleet: FleetFile, root: Path, say: Callable[[str], None]) -> None:
    """Push every folder in `unsent/` of the scratch at `root`; what another turn has overtaken is set aside.

    Raises StorageError when the database or this disk fails; a store that is still away is told to `say`.
    """
    scratch = Scratch(root)
    for folder in scratch.unsent():
        mark = Mark.read(folder)
        try:
            if mark is None or not _push(fleet, folder, mark):
                scratch.set_aside(folder, folder.name)
                say(f"{folder.name}: overtaken by another turn; its files are kept for `wparchive fleet check --adopt`")
            else:
                scratch.set_sent(folder, folder.name)
                say(f"{folder.name}: pushed at last")
        except WparchiveError as error:
            say(f"{folder.name}: still not pushed: {error}")
            return


def _push(fleet: FleetFile, folder: Path, mark: Mark) -> bool:
    """Push and commit one folder; False when another turn has committed since, or runs now."""
    store = ObjectStore(fleet.store)
    private = ObjectStore(fleet.private_store) if fleet.private_store else None
    head, etag = read_head(store, mark.site) or (None, None)
    with connect(fleet.database) as conn:
        ours = conn.execute(_OURS, (mark.site, mark.epoch)).fetchone()
    if not ours or (head.generation if head else 0) != mark.generation:
        return False
    archive = Archive(folder)
    claimed = Claim(mark.site, mark.url, mark.epoch, mark.generation, "", 0, 0, 0, 0, {})
    report = RunReport(site=mark.site, run=mark.run, mode="", state=SiteState.PARTIAL, exit_code=ExitCode(mark.code))
    with Uploader(archive.site(mark.site), store, private, patience=_PATIENCE) as uploader:
        pushed = push(archive, claimed, head, etag, report, uploader, store, changed=True)
    if pushed.left:
        raise WparchiveError("; ".join(sorted(set(pushed.left.values()))))
    if pushed.fenced:
        return False
    with connect(fleet.database) as conn:
        conn.execute(_PUSHED, {"site": mark.site, "epoch": mark.epoch, "generation": pushed.generation})
    return True
