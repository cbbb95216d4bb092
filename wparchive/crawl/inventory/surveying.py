"""When a run reads sitemaps and feeds, and what for."""

from collections.abc import Callable

from wparchive.crawl.context import Context
from wparchive.crawl.holdings import RunHoldings
from wparchive.crawl.inventory.asking import Ground
from wparchive.crawl.inventory.inventory_report import InventoryReport
from wparchive.crawl.inventory.survey import Survey
from wparchive.crawl.links.link_account import LinkAccount
from wparchive.crawl.pages.archive_pages import fetch_pages
from wparchive.crawl.pages.page_report import PageReport
from wparchive.crawl.plan import Plan
from wparchive.crawl.report import Failure
from wparchive.crawl.session import Session
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome
from wparchive.wordpress.routes import Root, RootForm

__all__ = ["Surveying"]

# States of WordPress sites whose REST API shows nothing: their feeds may.
_WITHOUT_API = (SiteState.CLOSED, SiteState.NO_CONTENT_API)
_POSTS, _COMMENTS = "/wp/v2/posts", "/wp/v2/comments"


class Surveying:
    """The part of a run that reads sitemaps and feeds; does nothing where the settings or the run's mode say so."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survey: Survey | None = None
        self.report = InventoryReport()

    @property
    def failures(self) -> list[Failure]:
        """What could not be read."""
        return self._survey.failures if self._survey else []

    @property
    def doubts(self) -> list[str]:
        """What could not be understood, a fault of ours."""
        return self._survey.doubts if self._survey else []

    @property
    def shown(self) -> str:
        """What is held of a site without a usable REST API, in a few words; "" if nothing is."""
        shows = self._survey is not None and self._survey.shows
        return "what its feeds show is held, which is a part" if shows else ""

    def closed(self, found: Discovery, pages: PageReport) -> None:
        """Read what a site without a usable REST API shows otherwise, its `pages` among it."""
        if not self._wanted() or found.state not in _WITHOUT_API:
            return
        survey = self._begin(found, None)
        try:
            survey.sitemaps()
            survey.feeds(("posts", "comments"))
        finally:
            survey.record()
        context = _without_api(self._session, found)
        self.fetch(context, pages)
        survey.doubts += context.holdings.doubts

    def fetch(self, context: Context, pages: PageReport) -> None:
        """Fetch the pages that the REST API doesn't list, as far as the budget of `pages` goes."""
        survey = self._survey
        found = survey.pages() if survey else None
        if survey and found:
            survey.leave(1)  # in case that something ends the run here
            left = fetch_pages(context, found.wanted, pages)
            found.settle()
            self.report.uncovered = found.count
            survey.leave(left if context.settings.pages != "none" else len(found.wanted))

    def around(self, found: Discovery, plan: Plan, archive_items: Callable[[], None]) -> None:
        """Archive a site's items with `archive_items`, and read its sitemaps and feeds.

        In an incremental run the sitemaps come first, since they may tell what was modified.
        """
        if not self._wanted():
            archive_items()
            return
        survey = self._begin(found, plan.context.root)
        early = self._session.mode == "incremental"
        try:
            if early:
                survey.sitemaps()
                plan.newer = survey.newer
            archive_items()
            if not early:
                survey.sitemaps()
            survey.feeds(_refused(plan))
        finally:
            survey.record()

    def _wanted(self) -> bool:
        return self._session.job.site.settings.inventory and self._session.mode != "post"

    def _begin(self, found: Discovery, root: Root | None) -> Survey:
        session, page = self._session, found.page
        job = session.job
        plain = root is not None and root.form is RootForm.QUERY
        ground = Ground(
            engine=session.engine,
            store=session.store,
            network=job.network,
            memory=session.memory,
            settings=job.site.settings,
            now=job.seams.now,
            home=found.home,
            own=(found.home, *((root.base, *root.aliases) if root else ())),
            page=(page.url_final, page.body) if page else None,
            plain=plain,
            full=job.options.full,
        )
        self._survey = Survey(ground, self.report)
        return self._survey


def _refused(plan: Plan) -> tuple[str, ...]:
    """Return the tables that the REST API doesn't fill, since it refuses their listing."""
    outcomes = {proof.route: proof.outcome for proof in plan.proofs}
    named = (("posts", _POSTS), ("comments", _COMMENTS))
    return tuple(table for table, route in named if outcomes.get(route) is ListingOutcome.REFUSED)


def _without_api(session: Session, found: Discovery) -> Context:
    """Return what fetching pages takes where there is no REST API."""
    root = found.root or Root(f"{found.home.rstrip('/')}/wp-json/", RootForm.PRETTY)
    index = found.index or RestIndex.parse({"namespaces": [], "routes": {}})
    assert index is not None
    holdings = RunHoldings(())
    job = session.job
    return Context(
        engine=session.engine,
        store=session.store,
        network=job.network,
        memory=session.memory,
        settings=job.site.settings,
        emit=session.emit,
        now=job.seams.now,
        mode=session.mode,
        home=found.home,
        root=root,
        index=index,
        collections=[],
        holdings=holdings,
        links=LinkAccount(root, holdings),
    )
