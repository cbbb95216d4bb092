"""One site by itself, as any engine for many sites runs it: several at once, and none stops the others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loopback import HeldPort

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.demo.server import ReplayedSite
from wparchive.errors import ExitCode
from wparchive.events import quiet
from wparchive.fleet.local import SiteResult, crawl_one
from wparchive.store import Archive


def test_sites_crawled_at_once_share_an_archive_and_a_dead_one_costs_only_itself(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")

    def crawled(site: SiteConfig) -> SiteResult:
        return crawl_one(archive, site, Options(), index=True, stop=threading.Event(), emit=quiet)

    with ReplayedSite("pretty") as pretty, ReplayedSite("plain") as plain, HeldPort() as nobody:
        sites = [
            SiteConfig(url=url, name=name, settings=Settings(contact="test@example.org", retries=1))
            for url, name in ((pretty.url, "pretty"), (nobody.url, "dead"), (plain.url, "plain"))
        ]
        with ThreadPoolExecutor(3) as engine:
            first, gone, last = engine.map(crawled, sites)
    assert (first.report.exit_code, last.report.exit_code) == (ExitCode.COMPLETE, ExitCode.COMPLETE)
    assert first.held == last.held and first.held["post"] > 0
    assert gone.report.exit_code not in (ExitCode.COMPLETE, ExitCode.ERROR) and not gone.held
