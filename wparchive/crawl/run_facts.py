"""What a run puts on record of itself and of its site: the facts `start`, `site` and `end`."""

from dataclasses import asdict
from typing import Any

from wparchive.config import Settings
from wparchive.crawl.report import RunReport
from wparchive.version import __version__
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["end_fact", "site_fact", "start_fact"]


def start_fact(mode: str, target: str, user_agent: str, settings: Settings | None = None) -> dict[str, Any]:
    """What a run sets out to do, and with what."""
    given = asdict(settings) if settings else {}
    return {
        "mode": mode,
        "target": target,
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()},
        "wparchive": __version__,
        "user_agent": user_agent,
    }


def site_fact(found: Discovery, state: SiteState, version: str | None, robots: str) -> dict[str, Any]:
    """What the site turned out to be; `robots` is what is done about its robots.txt."""
    root, index = found.root, found.index
    return {
        "home": found.home,
        "root": root.url if root else None,
        "root_form": str(root.form) if root else None,
        "aliases": list(root.aliases) if root else [],
        "name": index.name if index else None,
        "description": index.description if index else None,
        "timezone": index.timezone if index else None,
        "state": str(state),
        "wordpress_version": version,
        "reason": found.reason,
        "moved_from": found.moved_from,
        "evidence": list(found.evidence),
        "robots": robots,
    }


def end_fact(report: RunReport, *, resumable: bool) -> dict[str, Any]:
    """How the run ended; a `resumable` one is gone on with by the next."""
    return {
        "outcome": report.outcome,
        "exit_code": int(report.exit_code),
        "state": str(report.state),
        "reason": report.reason,
        **asdict(report.tally),
        "gaps": report.gaps,
        "links": dict(report.links),
        "files": dict(report.files),
        "resumable": resumable,
        "old_answers": report.old_answers,
        "oldest": report.oldest,
    }
