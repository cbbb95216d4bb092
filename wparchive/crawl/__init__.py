"""A run over one site: plan, fetch, store, read links and listings, commit. Writes only WARCs and the capture log."""

import threading
from typing import TYPE_CHECKING

from wparchive.callable import make_callable
from wparchive.config import Settings, SiteConfig
from wparchive.events import Emit, quiet

if TYPE_CHECKING:
    from wparchive.crawl.report import RunReport
    from wparchive.store import Archive

__all__ = ["crawl"]


def crawl(
    archive: "Archive",
    url: str,
    settings: Settings | None = None,
    *,
    full: bool = False,
    stop: threading.Event | None = None,
    emit: Emit = quiet,
) -> "RunReport":
    r"""Archive the site that `url` belongs to as WARC and return a report; `index` then makes the archive readable.

    `url` may be that of a site, an article, or anything in the REST API. A second crawl fetches what has changed since;
    `full` fetches everything again. Setting `stop` ends it early: what was captured stays, and the next crawl resumes.
    Raises LockedError, UsageError (the credentials don't work), StorageError (nothing can be written).

    >>> report = crawl(Archive("archive"), "https://example.org/", Settings(media="none"))
    >>> report.outcome, report.gaps
    ('complete', 0)
    """
    from wparchive.crawl.run import Options, crawl_site  # importing this package must not load the HTTP libraries

    site = SiteConfig(url=url, settings=settings or Settings())
    return crawl_site(
        archive,
        site,
        Options(full=full),
        stop=stop or threading.Event(),
        emit=emit,
        after=lambda _: None,
    )


# `wparchive.crawl(...)` has to work although this package has the same name.
make_callable(__name__, crawl)
