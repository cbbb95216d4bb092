"""One run over one site: discover, plan, walk, account for every link, commit."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

from wparchive.apart import apart
from wparchive.config import SiteConfig
from wparchive.crawl.discover import Discovered, discover_new_site, discover_site
from wparchive.crawl.files.archive_files import archive_files
from wparchive.crawl.files.outcomes import FileReport
from wparchive.crawl.identity import as_known, check_names, known_as, name_of, stranger
from wparchive.crawl.incremental.confirming import confirm_changes
from wparchive.crawl.inventory.surveying import Surveying
from wparchive.crawl.links.post import check_target
from wparchive.crawl.pages.archive_pages import archive_pages, new_report
from wparchive.crawl.pages.second_looks import read_again
from wparchive.crawl.plan import Plan, make_plan
from wparchive.crawl.private import PrivateRun, credentials_for
from wparchive.crawl.report import STOPS, RunReport, code_of, end_fact, site_fact, state_after
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.crawl.session import Invocation, Job, Options, Session, begin, open_store, prepare
from wparchive.errors import CutShort, ExitCode, WparchiveError
from wparchive.events import Emit
from wparchive.store import Archive, SiteStore, deed_of
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.rest_index import RestIndex, wordpress_version
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome, Proof
from wparchive.wordpress.routes import Root

__all__ = ["Invocation", "Options", "Run", "crawl_site"]

After = Callable[[str], None]

_CONFIRMATIONS, _CONFIRMATIONS_IN_FULL = 20, 200  # requests that a run may spend on second readings
_TRIES = 4  # runs after which a crawl that gets no further behind a wall isn't resumed again


def crawl_site(
    archive: Archive,
    site: SiteConfig,
    options: Options,
    *,
    stop: threading.Event,
    emit: Emit,
    after: After,
    seams: Seams = MACHINE,
    invocation: Invocation | None = None,
) -> RunReport:
    """Archive one site as far as it allows, and return the report; `after` is called with its name while it is locked.

    Runs in other threads share the `invocation`.

    Raises LockedError when another run holds the site, UsageError when the credentials don't work, StorageError when
    nothing can be written.
    """
    if options.scope == "post":
        check_target(site.url)
    check_names(archive, [site])
    known = known_as(archive, site)
    with ExitStack() as stack:
        invocation = invocation or Invocation()
        job = prepare(
            stack, archive, site, options, known=known, stop=stop, emit=emit, seams=seams, invocation=invocation
        )
        if known:  # opened first: what a killed run has requested is replied to from its WARCs
            store = open_store(stack, job, known)
            return _run(stack, job, store, None, after)
        discovered = discover_new_site(job.requester, job.network, site.url)
        name = _name_for(archive, site, discovered)
        if name is None:
            return _unheard(job, discovered)
        return _run(stack, job, open_store(stack, job, name), discovered, after)


def _run(stack: ExitStack, job: Job, store: SiteStore, discovered: Discovered | None, after: After) -> RunReport:
    """Execute the run with an open store; what was `discovered` before it was open is stored first."""
    try:
        session = begin(stack, job, store, discovered.exchanges if discovered else [])
        report = Run(session, discovered or discover_site(session.engine.get, job.network, job.site.url)).execute()
    except Exception:  # what was captured is indexed all the same
        with suppress(WparchiveError, OSError):
            # First, so that the files are finished when they are indexed.
            store.close()
        after(store.site)
        raise
    after(store.site)
    return report


def _name_for(archive: Archive, site: SiteConfig, discovered: Discovered) -> str | None:
    """Return the name for a new site; None for one that sent no response, of which nothing is stored."""
    if discovered.found:
        return name_of(archive, site, discovered.found)
    if discovered.heard:  # discovery failed, but the responses are evidence
        return site.name or archive.name_for(site.url)
    known = archive.find_site(site.url)
    return (site.name or known) if known else None


def _unheard(job: Job, discovered: Discovered) -> RunReport:
    """Return the report of a run without any response."""
    return RunReport(
        site=job.site.name or job.archive.name_for(job.site.url),
        run="",
        mode="post" if job.options.scope == "post" else "full",
        state=discovered.state,
        exit_code=discovered.stopped.exit_code if discovered.stopped else code_of(discovered.state),
        reason=str(discovered.stopped or "") or discovered.reason or "it gave no answer at all",
        tally=job.requester.tally,
        seconds=job.seconds,
    )


class Run:
    """One run over a site whose store is open, from discovery's result to the report."""

    def __init__(self, session: Session, discovered: Discovered) -> None:
        self._session = session
        self._job = session.job
        self._store = session.store
        self._discovered = discovered
        self._state = discovered.state
        self._plan: Plan | None = None
        self._files = FileReport()
        self._pages = new_report(session.memory, session.job.site.settings.pages)
        self._surveying = Surveying(session)

    def execute(self) -> RunReport:
        """Execute the run; whatever ends it, what was fetched is committed and the end is recorded."""
        stopped: WparchiveError | None = None
        try:
            reason = self._crawl()
            code = self._verdict()
            if code is ExitCode.NO_API and self._plan:
                reason = "; ".join(filter(None, (self._plan.closed, self._surveying.shown)))
        except STOPS as error:
            stopped, code, reason = error, error.exit_code, str(error)
            self._state = state_after(error, self._state)
        if self._discovered.new and not self._discovered.found:
            self._note({"home": self._job.site.url, "state": str(self._state)}, None)
        return self._finish(code, reason, stopped)

    def _crawl(self) -> str:
        """Do the work; returns why there was none to do, or ""."""
        job, discovered = self._job, self._discovered
        if discovered.stopped:
            raise discovered.stopped
        if discovered.found is None:
            return discovered.reason
        if trouble := stranger(job.archive, self._store.site, job.site, discovered.found):
            self._state = SiteState.MOVED
            return trouble
        found = as_known(job.archive, self._store.site, discovered.found)
        self._state = found.state
        self._describe(found)  # early, so that the next run finds the site even if this one is killed
        if found.root is None or found.index is None:
            self._surveying.closed(found, self._pages)
            return "; ".join(filter(None, (found.reason, self._surveying.shown)))
        if trouble := job.network.adopt(self._session.engine.get, found.root):
            self._state = SiteState.BROKEN
            return trouble
        self._session.emit(
            "discovered", {"site": self._store.site, "root": found.root.url, "form": str(found.root.form)}
        )
        self._archive_site(found, found.root, found.index)
        return found.reason if found.state is SiteState.MOVED else ""

    def _archive_site(self, found: Discovery, root: Root, index: RestIndex) -> None:
        """Archive what the plan names, by the run's mode; in any case the WordPress version is recorded at the end."""
        plan = self._plan = make_plan(self._session, found, root, index)
        private = self._private(root, plan)
        self._store.fact("collections", plan.facts())
        try:
            self._surveying.around(found, plan, lambda: self._archive_items(found, plan))
            if private:
                self._session.memory.learn()
                private.revisions(plan.with_revisions)
                if plan.context.settings.drafts:
                    private.drafts(plan.with_revisions)
            archive_files(plan.context, self._files)
            archive_pages(plan.context, self._pages, only=found.item if self._session.mode == "post" else None)
            self._surveying.fetch(plan.context, self._pages)
        finally:
            with apart(plan.follower.holdings.doubts.append, "version"):
                self._describe(found, wordpress_version(index, plan.samples, generator=found.generator))

    def _archive_items(self, found: Discovery, plan: Plan) -> None:
        """Archive what the site lists, and read again what differs without a new modification time."""
        mode = self._session.mode
        if mode == "post":
            plan.archive_post(found)
        elif mode == "incremental":
            plan.archive_changes()
        else:
            plan.archive_site()
        if mode != "post":
            read_again(plan.context)
        most = _CONFIRMATIONS_IN_FULL if mode == "full" else _CONFIRMATIONS
        confirm_changes(plan.context, Noise.of(plan.context.settings.noise), most=most)

    def _private(self, root: Root, plan: Plan) -> PrivateRun | None:
        """Return the authenticated part of the run, its credentials checked; None without credentials."""
        job = self._job
        if not job.secret:
            return None
        job.network.fetcher.authorise(credentials_for(job.site, job.secret, root))
        private = PrivateRun(plan.follower)
        private.check()
        return private

    def _verdict(self) -> ExitCode:
        """Return the exit code of a run that wasn't stopped."""
        plan = self._plan
        if plan is None:
            return code_of(self._state)
        if plan.closed:
            self._state = SiteState.CLOSED
            return ExitCode.NO_API
        whole = all(proof.outcome in (ListingOutcome.COMPLETE, ListingOutcome.REFUSED) for proof in plan.proofs)
        if whole and not plan.failures and not self._files.gaps and not self._surveying.failures:
            return ExitCode.COMPLETE
        self._state = SiteState.PARTIAL if self._state is SiteState.OK else self._state
        return ExitCode.INCOMPLETE

    def _describe(self, found: Discovery, version: str | None = None) -> None:
        """Record what the site is, as far as it is known by now."""
        self._note(site_fact(found, self._state, version, self._job.network.robots_policy), found.address or None)

    def _note(self, fact: dict[str, Any], address: str | None) -> None:
        """Record `fact` as the site's, with all addresses at which it has responded so far."""
        job = self._job
        deed = deed_of(self._store.folder)
        # A URL that only led to a known site, and that the operator didn't name it by, isn't one of its targets.
        made_by = job.options.scope == "site" and (job.site.name or not deed.targets)
        deed = deed.with_run(job.site.url if made_by else "", address)
        self._store.fact("site", {**fact, "address": address, "addresses": deed.addresses, "targets": deed.targets})

    def _finish(self, code: ExitCode, reason: str, stopped: WparchiveError | None) -> RunReport:
        store, plan, emit = self._store, self._plan, self._session.emit
        proofs: list[Proof] = plan.write_proofs(reason or "the run ended") if plan else []
        if store.losses.open and code is ExitCode.COMPLETE:
            if self._session.mode in ("full", "incremental"):
                store.fact("made-good", store.losses.made_good())
            if store.losses.damaged:
                code = ExitCode.INCOMPLETE  # this once: what only the lost records held can't be captured again
        report = replace(self._report(code, reason, proofs), cut_short=isinstance(stopped, CutShort))
        for proof in proofs:
            for gap in proof.gaps:
                where = f"{gap.first} to {gap.last or 'the end'}"
                emit("gap", {"site": store.site, "route": proof.route, "where": where, "reason": gap.reason})
        for doubt in (*self._session.memory.doubts, *self._surveying.doubts):  # they cost requests, not items
            emit("fault", {"site": store.site, "traceback": doubt})
        end = end_fact(report, resumable=self._resumable(code, stopped))
        store.finish(end)
        emit("run-finished", {"site": store.site, "run": store.run, **end})
        return report

    def _report(self, code: ExitCode, reason: str, proofs: list[Proof]) -> RunReport:
        store, plan, requester = self._store, self._plan, self._job.requester
        return RunReport(
            site=store.site,
            run=store.run,
            mode=self._session.mode,
            state=self._state,
            exit_code=code,
            reason=reason,
            tally=requester.tally,
            proofs=proofs,
            links=plan.links() if plan else Counter(),
            files=self._files.counts,
            pages=self._pages,
            inventory=self._surveying.report,
            failures=(*(plan.failures if plan else ()), *map(str, self._surveying.failures), *self._files.failures),
            languages=plan.languages.entries if plan else (),
            plug_ins=plan.plug_ins if plan else "",
            unlisted=self._files.gaps - len(self._files.failures),
            damage=[
                f"{store.site}/{one.file}: {one.length:,} bytes from offset {one.offset} on"
                for one in store.losses.damaged
            ],
            old_answers=requester.freshness.answers,
            oldest=requester.freshness.oldest,
            seconds=self._job.seconds,
        )

    def _resumable(self, code: ExitCode, stopped: WparchiveError | None) -> bool:
        """Whether the next run resumes this crawl."""
        store = self._store
        tries = sum(run.crawl == store.crawl for run in store.log.runs())
        walled = code is ExitCode.REFUSED and (self._job.requester.walls.gained > 0 or tries < _TRIES)
        # Without working credentials nothing was done, so an unfinished crawl still is.
        held_up = code is ExitCode.USAGE and self._session.resumed is not None
        return isinstance(stopped, CutShort) or code is ExitCode.INTERRUPTED or walled or held_up
