"""One turn of one site, in a process of its own: crawl for a while, push what is new, and commit it with one swap."""

from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from wparchive.config import SiteConfig, merged
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options, crawl_site
from wparchive.errors import DamagedError, ExitCode, RemoteError, WparchiveError
from wparchive.events import LogFile
from wparchive.fleet.manifest import Head, read_head
from wparchive.fleet.objects import ObjectStore, RemoteWarcs
from wparchive.fleet.queue.engine import BIG, INDEX, Job
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.networks import UNKNOWN, network_of, networks_by_port, system_look_up
from wparchive.fleet.queue.rhythm import Next, next_turn
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.results import failed
from wparchive.fleet.turns.child import guarded, listen
from wparchive.fleet.turns.claims import Claim, Ended, claim, give_back, looked_after, patiently, rest
from wparchive.fleet.turns.pushing import Pushed, push
from wparchive.fleet.turns.resting import asked_rest, resting_meanwhile
from wparchive.fleet.turns.scratch import Mark, Scratch
from wparchive.fleet.uploader import Uploader
from wparchive.store import Archive, CaptureLog
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["run_job", "run_turn"]

_SOON: Final = 60.0  # seconds
_UNSENT: Final = 3_600.0  # seconds
_BIGGER = 4  # times the memory, for sites whose turns died


def run_job(fleet: FleetFile, job: Job, worker: str, scratch: Path) -> None:
    """Do a job, in the process that was forked for it; ends with exit code 0 unless the turn itself failed."""
    guarded(fleet.memory * (_BIGGER if job.queue == BIG else 1))
    stop = Event()
    listen(stop)
    if job.queue == INDEX:
        from wparchive.fleet.turns.index_turn import run_index

        run_index(fleet, job, scratch)
        return
    claimed = patiently(stop)(claim, fleet.database, job, worker)
    if claimed is not None:
        # A site may have moved: it counts where it is now.
        network = network_of(claimed.url, fleet.networks, system_look_up, by_port=networks_by_port())
        here = claimed if network == UNKNOWN else replace(claimed, network=network)
        run_turn(fleet, here, Scratch(scratch), stop)


def run_turn(fleet: FleetFile, claimed: Claim, scratch: Scratch, stop: Event) -> None:
    """Crawl the site of a claim, push what is new, commit it, and give the claim back.

    What can't be pushed is kept in the scratch. Where the store fails before anything is captured, the site is due again
    in a minute. Raises StorageError when the database is away for too long.
    """
    store = ObjectStore(fleet.store)
    private = ObjectStore(fleet.private_store) if fleet.private_store else None
    try:
        head, etag = read_head(store, claimed.site) or (None, None)
        if head and head.epoch >= claimed.epoch:
            patiently(stop)(_overtaken, fleet, claimed, head)
            return
        root = scratch.open(claimed.site, claimed.url, head, claimed.epoch, store)
    except WparchiveError as error:
        patiently(stop)(give_back, fleet, claimed, _not_begun(claimed, error))
        return
    remote = RemoteWarcs(root, claimed.site, head, store, private) if head else None
    archive = Archive(root, remote=remote)
    sending = Uploader(archive.site(claimed.site), store, private, stop=stop)
    with looked_after(fleet.database, claimed, stop), sending as uploader:
        before = _seen(archive, claimed.site)
        report = _crawled(archive, fleet, claimed, stop, uploader)
        changed = before != _seen(archive, claimed.site)
        pushed = push(archive, claimed, head, etag, report, uploader, store, changed=changed)
    ended = _concluded(claimed, archive, scratch, report, pushed)
    patiently(stop)(give_back, fleet, claimed, ended)


def _not_begun(claimed: Claim, error: WparchiveError) -> Ended:
    """Return how a turn ended that could not begin: the site isn't to blame, and nothing of it was asked."""
    if isinstance(error, RemoteError) or not isinstance(error, DamagedError):
        following = Next(_SOON, claimed.pace, claimed.failures)
    else:
        following = next_turn(
            error.exit_code, every=claimed.every, every_max=claimed.every_max, pace=claimed.pace,
            changed=False, cut_short=False, answered=True, failures=claimed.failures,
        )  # fmt: skip
    code = int(error.exit_code)
    return Ended("not-begun", code, following, claimed.generation, reason=str(error))


def _crawled(archive: Archive, fleet: FleetFile, claimed: Claim, stop: Event, uploader: Uploader) -> RunReport:
    """Crawl for at most one turn; a failure becomes a report, so that what was captured is pushed all the same."""
    site = _configured(fleet, claimed)
    try:
        with closing(LogFile(archive.root / "turn.jsonl", lambda: datetime.now(UTC))) as log:
            return crawl_site(
                archive,
                site,
                Options(on_finished=uploader.take, secrets=Path.cwd()),
                stop=stop,
                emit=resting_meanwhile(claimed.url, log, partial(rest, fleet.database, claimed.network)),
                after=lambda _name: None,
            )
    except MemoryError:
        raise  # a death: three make the site one for workers with more
    except Exception as error:  # noqa: BLE001 - as above
        return failed(site, error)


def _configured(fleet: FleetFile, claimed: Claim) -> SiteConfig:
    where = f"the settings of {claimed.site}"
    settings = merged(fleet.settings, {**claimed.settings}, where)
    limit = float(fleet.turn) if settings.max_time is None else min(settings.max_time, float(fleet.turn))
    return SiteConfig(url=claimed.url, name=claimed.site, settings=replace(settings, max_time=limit))


def _seen(archive: Archive, name: str) -> str:
    """Learn from the WARCs that are new here, since the next turn may be another machine's; return a digest of the items."""
    folder = archive.site(name)
    if not folder.frontier.is_file():
        return ""
    with suppress(WparchiveError, OSError):
        log = CaptureLog(folder.frontier, name)
        try:
            Memory(folder, log).learn()
            return log.seen.digest()
        finally:
            log.close()
    return ""


def _overtaken(fleet: FleetFile, claimed: Claim, head: Head) -> None:
    """Give back a site whose head is of a later owner than the database knows: it was restored from an older copy."""
    with connect(fleet.database) as conn:
        conn.execute(
            "UPDATE fleet.sites SET epoch = %s, generation = %s, job = NULL, lock = NULL WHERE site = %s AND epoch = %s",
            (head.epoch, head.generation, claimed.site, claimed.epoch),
        )


def _concluded(claimed: Claim, archive: Archive, scratch: Scratch, report: RunReport, pushed: Pushed) -> Ended:
    """Return how the turn ended and what follows; keeps what could not be pushed, or may not be any more."""
    refused = report.exit_code is ExitCode.REFUSED
    asked = asked_rest(archive, claimed.site, report.run, datetime.now(UTC)) if refused else 0.0
    if pushed.fenced:
        scratch.set_aside(scratch.site(claimed.site), claimed.site)
        again = Next(_SOON, claimed.pace, claimed.failures)
        why = "another owner of the site has committed: what was captured is kept aside"
        return Ended("fenced", int(ExitCode.LOCKED), again, pushed.generation, reason=why)
    if pushed.left:
        ended = (report.run, report.outcome, int(report.exit_code))
        Mark(claimed.site, claimed.url, pushed.generation, claimed.epoch, *ended).write(scratch.site(claimed.site))
        scratch.set_unsent(claimed.site)
    following = next_turn(
        report.exit_code,
        every=claimed.every,
        every_max=claimed.every_max,
        pace=claimed.pace,
        changed=pushed.changed,
        cut_short=report.only_cut_short or report.cut_short,
        answered=bool(report.run) and report.state is not SiteState.BROKEN,
        failures=claimed.failures,
        retry_after=asked,
    )
    if pushed.left:  # whoever begins before they are pushed would fetch it all again
        following = replace(following, due_in=max(following.due_in, _UNSENT))
    return _ended(report, pushed, following)


def _ended(report: RunReport, pushed: Pushed, following: Next) -> Ended:
    unsent = "could not be pushed: " + "; ".join(sorted(set(pushed.left.values()))) if pushed.left else ""
    return Ended(
        outcome="unsent" if unsent else report.outcome,
        code=int(ExitCode.STORAGE if unsent else report.exit_code),
        following=following,
        generation=pushed.generation,
        changed=pushed.changed,
        home=pushed.home,
        requests=report.tally.requests,
        bytes=report.tally.bytes,
        stored=pushed.stored,
        reason=unsent or report.reason,
        held=pushed.held,
    )
