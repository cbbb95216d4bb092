"""A fake site that is crawled, changes, and is crawled again."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fakewp import FakeWordPress

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options
from wparchive.fleet.local import crawl_all
from wparchive.index import index, logical_dump
from wparchive.store import Archive

SIZES = {"posts": 40, "media": 6, "comments": 12, "users": 3, "terms": 12, "pages": 4, "books": 5}


class Crawled:
    """An archive of a fake site; `site` is the site, `first` the ids that it began with, `observed` what the last run saw.

    `quiet` are posts without comments, attachments and passwords; `busy` is one with comments and attachments.
    """

    def __init__(self, root: Path, *, full: bool = False, **options: Any) -> None:
        self.archive = Archive(root)
        self.site = FakeWordPress(**{**SIZES, **options})
        self.full = full
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.first = {kind: self.site.ids(kind) for kind in ("post", "page", "book", "attachment", "category")}
        content = self.site.site
        busy = {one.post for one in content.comments.values()} | {one.parent for one in content.posts.values()}
        self.busy = next(one.parent for one in content.posts.values() if one.file and content.posts.get(one.parent))
        self.quiet = [one for one in self.first["post"] if one not in busy and not content.posts[one].password]

    def __enter__(self) -> Self:
        self.site.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.__exit__(kind, error, trace)

    def crawl(self, url: str = "", *, full: bool | None = None, scope: str = "site", **settings: Any) -> RunReport:
        """Crawl and index the site (or what is at `url`) in this process, as `full` as the archive is made to be."""
        config = SiteConfig(
            url=url or self.site.url,
            settings=Settings(**{"retries": 0, "pages": "none", "inventory": False, **settings}),
        )
        (result,) = crawl_all(
            self.archive,
            [config],
            Options(scope=scope, full=self.full if full is None else full, debug=True),
            index=True,
            stop=threading.Event(),
            emit=lambda event, fields: self.events.append((event, dict(fields))),
        )
        return result.report

    def rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """The rows of a query on `archive.db`."""
        with closing(sqlite3.connect(self.archive.database)) as conn:
            return conn.execute(query, given).fetchall()

    def observed(self, run: str | None = None) -> set[tuple[str, int, str]]:
        """(type, id, change) of each observation of `run`, the latest by default."""
        latest = run or self.rows("SELECT last_run FROM sites")[0][0]
        found = self.rows("SELECT type, wp_id, change FROM observations WHERE run = ?", latest)
        assert len(found) == len(set(found))
        return set(found)

    def equals_rebuilt(self) -> bool:
        """Whether a database made from the WARCs alone is the same."""
        before = list(logical_dump(self.archive.database))
        index(self.archive, rebuild=True)
        return before == list(logical_dump(self.archive.database))
