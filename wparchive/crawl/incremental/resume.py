"""How a run goes on from those before it: with which unfinished crawl, and whether it reads all or only what changed."""

from wparchive.crawl.incremental.memory import Memory
from wparchive.store import CaptureLog

__all__ = ["settle_mode"]


def settle_mode(log: CaptureLog, memory: Memory, *, full: bool) -> tuple[str, str | None]:
    """The mode of a run over a whole site, and the crawl that it goes on with, if any; `full` asks for all again."""
    crawl = _unfinished(log, memory)
    mode = memory.mode_of(crawl) if crawl else None
    if mode == "full" or (mode == "incremental" and not full):
        return mode, crawl
    return "incremental" if memory.recall("complete") and not full else "full", None


def _unfinished(log: CaptureLog, memory: Memory) -> str | None:
    """The crawl of the last run over the site, when that was killed or stopped; runs over one post don't count."""
    for run in reversed(log.runs()):
        if not memory.of_one_post(run.run):
            return run.crawl if run.resumable or not run.finished_at else None
    return None
