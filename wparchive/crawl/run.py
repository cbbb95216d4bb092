"""One run over one site: discover, plan, walk, account for every link, commit."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from wparchive.apart import apart
from wparchive.config import Settings, SiteConfig
from wparchive.crawl.discover import find_site
from wparchive.crawl.engine.engine import Engine
from wparchive.crawl.engine.limits import CutShort, RunLimits
from wparchive.crawl.engine.stop import Halt
from wparchive.crawl.files.download import archive_files
from wparchive.crawl.files.outcomes import FileReport
from wparchive.crawl.identity import as_known, check_names, known_as, name_of, stranger
from wparchive.crawl.incremental.confirming import confirm_changes
from wparchive.crawl.incremental.memory import Memory
from wparchive.crawl.incremental.resume import settle_mode
from wparchive.crawl.network import Network
from wparchive.crawl.plan import Plan, make_plan
from wparchive.crawl.post import check_target
from wparchive.crawl.private import PrivateRun, credentials_for
from wparchive.crawl.report import RunReport, Tally
from wparchive.crawl.run_facts import end_fact, site_fact, start_fact
from wparchive.errors import ExitCode, Interrupted, RefusedError, UsageError, WparchiveError
from wparchive.events import Emit, LogFile, fan_out
from wparchive.fetch import Credentials, load_secret
from wparchive.fetch.guard import public
from wparchive.store import Archive, SiteStore, deed_of
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.rest_index import Index, wordpress_version
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome, Proof
from wparchive.wordpress.routes import Root

__all__ = ["Options", "crawl_site"]

After = Callable[[str], None]

_CONFIRMATIONS, _CONFIRMATIONS_IN_FULL = 20, 200  # requests that a run may spend on reading twice what differs

_TRIES = 4  # runs over one crawl, after which one that stands before a wall and gets no further isn't gone on with
_STATE_CODES = {
    SiteState.CLOSED: ExitCode.NO_API,
    SiteState.NOT_WORDPRESS: ExitCode.NO_API,
    SiteState.NO_CONTENT_API: ExitCode.NO_API,
    SiteState.BLOCKED: ExitCode.REFUSED,
    SiteState.MOVED: ExitCode.INCOMPLETE,
    SiteState.BROKEN: ExitCode.INCOMPLETE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one invocation asks beyond a site's settings; `secrets` is the folder that password files are named from."""

    scope: str = "site"
    full: bool = False
    skip_locked: bool = False
    debug: bool = False
    secrets: Path = field(default_factory=Path.cwd)


def crawl_site(
    archive: Archive, site: SiteConfig, options: Options, *, stop: threading.Event, emit: Emit, after: After
) -> RunReport:
    """Archive one site as far as it lets us, and say how that ended; `after` is called with its name while it is locked.

    Raises LockedError when another run holds the site, UsageError when the credentials don't work, StorageError when
    nothing can be written.
    """
    with ExitStack() as stack:
        run = _Run(archive, site, options, stop, emit, stack)
        try:
            report = run.execute()
        except Exception:
            run.abandon(after)
            raise
        if report.run:
            after(report.site)
        return report


class _Run:
    """The state of one run, from the first request to the report."""

    def __init__(
        self, archive: Archive, site: SiteConfig, options: Options, stop: threading.Event, emit: Emit, stack: ExitStack
    ) -> None:
        if options.scope == "post":
            check_target(site.url)
        self._archive = archive
        self._site = site
        self._settings: Settings = site.settings
        self._options = options
        self._emit = emit
        self._stack = stack
        self._began = time.monotonic()
        self._secret = load_secret(site.settings, options.secrets)
        self._tally = Tally()
        deadline = None if self._settings.max_time is None else self._began + self._settings.max_time
        halt = Halt(stop, deadline)
        check_names(archive, [site])
        self._name = known_as(archive, site)
        self._network = stack.enter_context(
            closing(Network(site.url, site.settings, stop=halt, emit=emit, was_private=self._was_private))
        )
        if (
            self._secret
        ):  # nobody gets it before the API's root is known, but a site may have kept it from an earlier run
            self._network.fetcher.authorise(Credentials(self._settings.user or "", self._secret, root_url=""))
        self._engine = stack.enter_context(
            closing(
                Engine(
                    self._network.fetcher,
                    workers=self._settings.concurrency,
                    limits=RunLimits(self._settings.max_requests, deadline),
                    stop=stop,
                    emit=emit,
                    tally=self._tally,
                )
            )
        )
        self._store: SiteStore | None = None
        self._mode = "post" if options.scope == "post" else "full"
        self._state = SiteState.OK
        self._plan: Plan | None = None
        self._files = FileReport()
        self._continued: str | None = None  # the crawl that this run goes on with
        self._cut_short = False

    def _was_private(self) -> bool | None:
        """Whether the site's first answer in the archive came from a private address; None when there is none yet."""
        peer = self._archive.first_peer(self._name) if self._name else None
        return None if peer is None else not public(ip_address(peer))

    def execute(self) -> RunReport:
        """Do the run; whatever ends it, what was fetched is committed and the ending is on record."""
        if self._name:
            self._open(self._name)
        code, reason = ExitCode.COMPLETE, ""
        try:
            reason = self._crawl()
            code = self._verdict()
            if code is ExitCode.NO_API and self._plan:
                reason = self._plan.closed
        except CutShort as error:
            self._cut_short = True
            code, reason = ExitCode.INCOMPLETE, str(error)
            self._state = SiteState.PARTIAL if self._state is SiteState.OK else self._state
        except (Interrupted, RefusedError, UsageError) as error:
            code, reason = error.exit_code, str(error)
            self._state = SiteState.BLOCKED if isinstance(error, RefusedError) else self._state
        if self._store is None and not self._engine.heard and not self._archive.find_site(self._site.url):
            return self._unheard(code, reason)
        if self._store is None:  # nothing was learnt of the site, but what it answered is evidence
            url = self._site.url
            known = None if self._engine.heard else self._archive.find_site(url)
            self._open(self._site.name or known or self._archive.name_for(url))
            self._note({"home": url, "state": str(self._state)}, None)
        return self._finish(code, reason)

    def _unheard(self, code: ExitCode, reason: str) -> RunReport:
        """The report of a run that nothing answered: of an unknown site it leaves nothing behind."""
        name = self._site.name or self._archive.name_for(self._site.url)
        said = reason or "it gave no answer at all"
        return RunReport(
            site=name, run="", mode=self._mode, state=self._state, exit_code=code, reason=said, tally=self._tally,
            seconds=time.monotonic() - self._began,
        )  # fmt: skip

    def abandon(self, after: After) -> None:
        """Index what a run holds that couldn't go on; what stopped it is raised by the caller, not by this."""
        if self._store is not None:
            with suppress(WparchiveError, OSError):
                self._store.close()
            after(self._store.site)

    def _open(self, name: str) -> SiteStore:
        """Lock the site, recover what a killed run left, and begin the run's records."""
        archive = self._archive
        self._stack.enter_context(archive.lock(name))
        settings = self._settings
        store = self._stack.enter_context(
            closing(
                SiteStore.open(
                    archive,
                    name,
                    clock=lambda: datetime.now(UTC),
                    info={"http-header-user-agent": self._network.user_agent, "robots": self._network.robots_policy},
                    rotate_at=settings.rotate,
                    payload_digest=settings.payload_digest,
                    dedup=settings.dedup,
                )
            )
        )
        self._name, self._store = name, store
        log = self._stack.enter_context(closing(LogFile(store.folder.runs / f"{store.run}.jsonl")))
        self._emit = fan_out(self._emit, log)
        self._network.emit = self._engine.emit = self._emit
        self._memory = self._stack.enter_context(closing(Memory(store.folder)))
        if store.losses.fresh:
            self._memory.forget()
        self._memory.learn(lost=bool(store.losses.open))
        if self._mode != "post":
            self._mode, self._continued = settle_mode(store.log, self._memory, full=self._options.full)
        start = start_fact(self._mode, self._site.url, self._network.user_agent, settings)
        store.begin(start, crawl=self._continued)
        if store.renewed:
            self._emit("notice", {"text": store.renewed})
        for recovery in store.recovered:
            fields = {"site": name, "adopted": recovery.adopted, "torn": recovery.torn_bytes}
            self._emit("recovered", fields)
        self._emit("run-started", {"site": name, "run": store.run, "mode": self._mode, "url": self._site.url})
        if self._continued:
            self._emit("resumed", {"site": name, "crawl": self._continued})
        self._engine.attach(store)
        self._network.keep_in(store.folder.path)
        return store

    def _crawl(self) -> str:
        """The work itself; returns why there was none to do, or an empty string."""
        if trouble := self._network.read_robots(self._engine, self._site.url):
            self._state = SiteState.BROKEN
            return trouble
        found = find_site(self._engine, self._site.url)
        self._state = found.state
        if self._store is None and not self._engine.heard:
            return found.reason
        if self._store is None:
            self._open(name_of(self._archive, self._site, found))
        assert self._name is not None
        if trouble := stranger(self._archive, self._name, self._site, found):
            self._state = SiteState.MOVED
            return trouble
        found = as_known(self._archive, self._name, found)
        self._state = found.state
        self._describe(found)  # now, so that the next run finds one that is killed
        if found.root is None or found.index is None:
            return found.reason
        if trouble := self._network.adopt(self._engine, found.root):
            self._state = SiteState.BROKEN
            return trouble
        self._emit("discovered", {"site": self._name, "root": found.root.url, "form": str(found.root.form)})
        self._archive_site(found, found.root, found.index)
        return found.reason if found.state is SiteState.MOVED else ""

    def _archive_site(self, found: Discovery, root: Root, index: Index) -> None:
        """Archive what the plan names, by the run's mode; whatever ends that, the version that its items tell is on record."""
        assert self._store is not None
        plan = self._plan = make_plan(self._engine, self._store, found, self._settings, self._emit, self._memory)
        private = self._private(root)
        self._store.fact("collections", plan.facts())
        try:
            if self._options.scope == "post":
                plan.archive_post(found)
            elif self._mode == "incremental":
                plan.archive_changes(self._memory, datetime.now(UTC), self._tally)
            else:
                plan.archive_site(self._memory)
            self._confirm(plan)
            if private:
                self._memory.learn()
                private.revisions(plan.with_revisions, self._memory)
                if self._settings.drafts:
                    private.drafts(plan.with_revisions)
            self._archive_files(found, root)
        finally:
            with apart(plan.account.ledger.doubts.append, "version"):
                self._describe(found, wordpress_version(index, plan.samples, generator=found.generator))

    def _confirm(self, plan: Plan) -> None:
        """Read once more what differs without saying when it was modified."""
        most = _CONFIRMATIONS_IN_FULL if self._mode == "full" else _CONFIRMATIONS
        confirm_changes(plan.account, self._memory, plan.collections, Noise.of(self._settings.noise), most=most)

    def _archive_files(self, found: Discovery, root: Root) -> None:
        """The files behind what the run captured, by policy."""
        assert self._store is not None and self._plan is not None
        archive_files(
            self._engine,
            self._store,
            self._network,
            self._settings,
            self._files,
            home=found.home,
            homes=(root.url, root.base, *root.aliases),
            media=[one.route for one in self._plan.collections if one.kind.table == "media"],
            moving=self._memory.states.moving_files(),
            mode=self._mode,
            now=datetime.now(UTC),
        )

    def _private(self, root: Root) -> PrivateRun | None:
        """The authenticated part of the run, its credentials checked; None without any."""
        if not self._secret or not self._plan:
            return None
        self._network.fetcher.authorise(credentials_for(self._site, self._secret, root))
        private = PrivateRun(self._plan.account, self._network, self._settings.user or "")
        private.check()
        return private

    def _verdict(self) -> ExitCode:
        """How a run that came to its end ended."""
        plan = self._plan
        if plan is None:
            return _STATE_CODES.get(self._state, ExitCode.INCOMPLETE)
        if plan.closed:
            self._state = SiteState.CLOSED
            return ExitCode.NO_API
        whole = all(proof.outcome in (ListingOutcome.COMPLETE, ListingOutcome.REFUSED) for proof in plan.proofs)
        if whole and not plan.failures and not self._files.gaps:
            return ExitCode.COMPLETE
        self._state = SiteState.PARTIAL if self._state is SiteState.OK else self._state
        return ExitCode.INCOMPLETE

    def _describe(self, found: Discovery, version: str | None = None) -> None:
        """Put on record what the site is, as far as that is known by now."""
        self._note(site_fact(found, self._state, version, self._network.robots_policy), found.address or None)

    def _note(self, fact: dict[str, Any], address: str | None) -> None:
        """Put `fact` on record as the site's, with all addresses at which it answered so far."""
        assert self._store is not None
        deed = deed_of(self._store.folder)
        # What leads to a known site, and isn't named for it by the operator, is nothing of the site's.
        made_by = self._options.scope == "site" and (self._site.name or not deed.targets)
        deed = deed.with_run(self._site.url if made_by else "", address)
        self._store.fact("site", {**fact, "address": address, "addresses": deed.addresses, "targets": deed.targets})

    def _finish(self, code: ExitCode, reason: str) -> RunReport:
        store, plan = self._store, self._plan
        assert store is not None
        proofs: list[Proof] = plan.write_proofs(reason or "the run ended") if plan else []
        lost = store.losses.open
        if lost and code is ExitCode.COMPLETE:
            if self._mode in ("full", "incremental"):
                store.fact("made-good", store.losses.made_good())
            code = ExitCode.INCOMPLETE  # this once: what only the lost records held, nobody can hold again
        report = RunReport(
            site=store.site,
            run=store.run,
            mode=self._mode,
            state=self._state,
            exit_code=code,
            reason=reason,
            tally=self._tally,
            proofs=proofs,
            links=plan.links() if plan else Counter(),
            files=self._files.counts,
            failures=(*(plan.failures if plan else ()), *self._files.failures),
            unlisted=self._files.gaps - len(self._files.failures),
            damage=[f"{store.site}/{one.file}: {one.length:,} bytes from offset {one.offset} on" for one in lost],
            old_answers=self._engine.freshness.answers,
            oldest=self._engine.freshness.oldest,
            seconds=time.monotonic() - self._began,
        )
        for proof in proofs:
            for gap in proof.gaps:
                where = f"{gap.first} to {gap.last or 'the end'}"
                self._emit("gap", {"site": store.site, "route": proof.route, "where": where, "reason": gap.reason})
        for doubt in self._memory.doubts:  # it costs requests, not items
            self._emit("fault", {"site": store.site, "traceback": doubt})
        end = end_fact(report, resumable=self._resumable(code))
        store.finish(end)
        self._emit("run-finished", {"site": store.site, "run": store.run, **end})
        return report

    def _tries(self) -> int:
        """How many runs have worked on this crawl."""
        store = self._store
        return sum(run.crawl == store.crawl for run in store.log.runs()) if store else 0

    def _resumable(self, code: ExitCode) -> bool:
        """Whether the next run goes on with this crawl."""
        walled = code is ExitCode.REFUSED and (self._engine.walls.gained > 0 or self._tries() < _TRIES)
        stopped = self._cut_short or code is ExitCode.INTERRUPTED or walled
        # Without working credentials nothing was done, so what was unfinished before still is.
        return stopped or (code is ExitCode.USAGE and self._continued is not None)
