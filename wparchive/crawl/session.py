"""What a run works with: first its network, then, once discovery has named the site, that site's store."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

from wparchive.config import SiteConfig
from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.engine.requester import Requester
from wparchive.crawl.engine.stop import Budget, Halt
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.network import Network
from wparchive.crawl.report import start_fact
from wparchive.crawl.seams import Seams, Ticking
from wparchive.events import Emit, LogFile, fan_out
from wparchive.fetch import Credentials, Hosts, load_secret
from wparchive.fetch.guard import public
from wparchive.model import Fetched
from wparchive.store import Archive, CaptureLog, LoggedRun, SiteStore

__all__ = ["Invocation", "Job", "Options", "Session", "begin", "open_store", "prepare"]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the runs of one invocation share, from any thread: their requests, and the limits on hosts and addresses."""

    budget: Budget = field(default_factory=Budget)
    hosts: Hosts = field(default_factory=Hosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one invocation beyond a site's settings; password files are relative to `secrets`.

    `sealed` is the archive's newest seal, which each run's first record names; {} when there is none. `on_finished` is
    called with each WARC of a run that is finished, by the thread that writes them.
    """

    scope: str = "site"
    full: bool = False
    skip_locked: bool = False
    debug: bool = False
    secrets: Path = field(default_factory=Path.cwd)
    sealed: Mapping[str, object] = field(default_factory=dict, hash=False)
    on_finished: Callable[[Path], None] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A site to crawl, before it is known in which folder it is stored; `began` is on the clock of `seams`."""

    archive: Archive
    site: SiteConfig
    options: Options
    seams: Seams
    ticking: Ticking  # the clock of `seams`
    emit: Emit
    began: float
    secret: str | None
    network: Network
    requester: Requester

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return self.seams.clock() - self.began


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A run over a site whose store is open; `emit` writes to the site's log too.

    `mode` is full, incremental or post; `resumed` is the crawl that the run resumes, if any.
    """

    job: Job
    store: SiteStore
    memory: Memory
    engine: Engine
    emit: Emit
    mode: str
    resumed: str | None


def prepare(
    stack: ExitStack,
    archive: Archive,
    site: SiteConfig,
    options: Options,
    *,
    known: str | None,
    stop: threading.Event,
    emit: Emit,
    seams: Seams,
    invocation: Invocation,
) -> Job:
    """Set up the network for a site, which the archive may have as `known`; `stack` closes it."""
    settings, began = site.settings, seams.clock()
    ticking = Ticking(seams.now)
    seams = replace(seams, now=ticking)
    secret = load_secret(settings, options.secrets)
    halt = Halt(
        stop,
        seconds=settings.max_time,
        max_requests=settings.max_requests,
        budget=invocation.budget,
        clock=seams.clock,
    )

    def was_private() -> bool | None:
        peer = archive.first_peer(known) if known else None
        return None if peer is None else not public(ip_address(peer))

    network = Network(
        site.url, settings, stop=halt, seams=seams, was_private=was_private, hosts=invocation.hosts, emit=emit
    )
    stack.callback(network.close)
    if secret:  # not sent before the API's root is known, but the site may echo it from an earlier run
        network.fetcher.authorise(Credentials(settings.user or "", secret, root_url=""))
    requester = Requester(fetcher=network.fetcher, halt=halt, emit=emit)
    stack.callback(lambda: halt.end(requester.tally.requests))
    return Job(
        archive=archive, site=site, options=options, seams=seams, ticking=ticking, emit=emit, began=began,
        secret=secret, network=network, requester=requester,
    )  # fmt: skip


def open_store(stack: ExitStack, job: Job, name: str) -> SiteStore:
    """Lock the site called `name`, and recover what a killed run left. Raises LockedError, StorageError."""
    archive, network, settings = job.archive, job.network, job.site.settings
    stack.enter_context(archive.lock(name))
    info = {"http-header-user-agent": network.user_agent, "robots": network.robots_policy}
    store = stack.enter_context(
        closing(
            SiteStore.open(
                archive,
                name,
                clock=job.seams.now,
                info=info,
                rotate_at=settings.rotate,
                payload_digest=settings.payload_digest,
                dedup=settings.dedup,
                on_finished=job.options.on_finished,
            )
        )
    )
    job.ticking.follow(store.log.last_between)
    return store


def begin(stack: ExitStack, job: Job, store: SiteStore, exchanges: list[Fetched]) -> Session:
    """Write the run's first records, and store the `exchanges` that were made before there was a store."""
    log = stack.enter_context(closing(LogFile(store.folder.runs / f"{store.run}.jsonl", job.seams.now)))
    emit, site, network = fan_out(job.emit, log), job.site, job.network
    memory = Memory(store.folder, store.log)
    # What was learnt from lost records isn't held any more.
    if store.losses.fresh:
        memory.forget()
    memory.learn(lost=bool(store.losses.open))
    mode, resumed = "post", None
    if job.options.scope != "post":
        mode, resumed = _mode(store.log, full=job.options.full)
    sealed = {"sealed": job.options.sealed} if job.options.sealed else {}
    store.begin(start_fact(mode, site.url, network.user_agent, site.settings) | sealed, crawl=resumed)
    _tell_beginning(emit, store, mode, site.url, resumed)
    requester = replace(job.requester, emit=emit)
    network.fetcher.emit = emit
    engine = stack.enter_context(
        closing(Engine(requester, store, workers=site.settings.concurrency, clock=job.seams.clock))
    )
    memory.parsed = engine.recent.document
    for fetched in exchanges:
        engine.keep(fetched)
    exchanges.clear()  # their bodies would stay in memory for the whole run
    # On the disk of the WARCs, so that a very large body can become one without a copy.
    network.keep_in(store.folder.path)
    return Session(job=job, store=store, memory=memory, engine=engine, emit=emit, mode=mode, resumed=resumed)


def _tell_beginning(emit: Emit, store: SiteStore, mode: str, url: str, resumed: str | None) -> None:
    emit("run-started", {"site": store.site, "run": store.run, "mode": mode, "url": url})
    if store.renewed:
        emit("notice", {"text": store.renewed})
    for recovery in store.recovered:
        emit("recovered", {"site": store.site, "adopted": recovery.adopted, "torn": recovery.torn_bytes})
    if resumed:
        emit("resumed", {"site": store.site, "crawl": resumed})


def _mode(log: CaptureLog, *, full: bool) -> tuple[str, str | None]:
    """Return the mode of a run over a whole site, and the crawl that it resumes, if any; `full` was asked for."""
    runs = log.runs()
    crawl = _unfinished(runs)
    mode = _last_mode(crawl, runs)
    # An unfinished crawl is resumed in its own mode; only `full` replaces an incremental one.
    if mode == "full" or (mode == "incremental" and not full):
        return mode, crawl
    return "incremental" if log.seen.walked() and not full else "full", None


def _unfinished(runs: Sequence[LoggedRun]) -> str | None:
    """Return the crawl of the last run over the site, if that was killed or stopped; runs over one post don't count."""
    last = next((run for run in reversed(runs) if run.mode != "post"), None)
    return last.crawl if last and (last.resumable or not last.finished_at) else None


def _last_mode(crawl: str | None, runs: Sequence[LoggedRun]) -> str | None:
    """Return the mode in which `crawl` was last run.

    A trace doesn't count: it asks other hosts, and leaves an unfinished crawl as it was.
    """
    return next((run.mode for run in reversed(runs) if run.crawl == crawl and run.mode != "trace"), None)
