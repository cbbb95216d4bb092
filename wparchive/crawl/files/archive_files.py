"""Download the media files that a run's captures name."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from wparchive.crawl.context import Context
from wparchive.crawl.files.download import FileTask
from wparchive.crawl.files.outcomes import FileReport
from wparchive.crawl.files.second_readings import SecondReadings
from wparchive.crawl.files.wanted import Library
from wparchive.store import SiteStore
from wparchive.wordpress.age import moment

__all__ = ["archive_files"]

_MEMO = "files"  # the capture log's note of when all files were last checked


def archive_files(context: Context, report: FileReport) -> None:
    """Fetch the files that the run's captures name, by policy; `report` is filled in the process.

    An incremental run requests only those that are new, missing, or due by `sweep_every`, a full run all. Of volatile
    files it only checks that they exist, until they are due.
    """
    store, settings, now = context.store, context.settings, context.now()
    memo = _Memo.of(store)
    policy = f"{settings.media}{' linked' if settings.linked else ''}"
    oldest = now - timedelta(days=settings.sweep_every)
    due = memo.is_due(policy, oldest)
    light = context.mode == "incremental"
    library = Library(context, whole=light and due)
    readings = SecondReadings(store, context.memory.states.moving_files())
    task = FileTask(library.wanted(), context, report, readings, oldest)
    try:
        context.engine.run([task])
    finally:
        task.record()
    for doubt in library.doubts:
        report.fail("/", doubt)
    for host, count in library.limited.items():
        report.counts["limited"] += count
        store.fact(f"files:limit:{host}", {"limited": [{"host": host, "count": count}]})
    # A run over one post hasn't checked all files.
    if context.mode != "post":
        swept = memo.swept if light and not due else now
        _Memo(policy, bool(report.gaps or report.unsure), swept).keep(store)


@dataclass(frozen=True, slots=True)
class _Memo:
    """When all files were last checked, by which policy, and whether some were missing; a lost memo costs requests."""

    policy: str = ""
    open: bool = True
    swept: datetime = datetime(1, 1, 1, tzinfo=UTC)

    @classmethod
    def of(cls, store: SiteStore) -> "_Memo":
        value = json.loads(store.log.get(_MEMO) or "{}")
        return cls(str(value.get("policy")), value.get("open") is not False, moment(str(value.get("swept"))))

    def is_due(self, policy: str, oldest: datetime) -> bool:
        """Return whether all files have to be checked again, because of the time or of another policy."""
        # Another policy may want files of items that were captured long ago.
        return self.policy != policy or self.open or self.swept <= oldest

    def keep(self, store: SiteStore) -> None:
        store.log.set(_MEMO, json.dumps({**asdict(self), "swept": self.swept.isoformat()}))
